"""The passage of a function, in modules of any state."""

import pytest

from grading.desk.passages import of

WHOLE = '''
def loss(W):
    return 1


class Net:
    def loss(self, X):
        """Text
that is not indented.
        """
        def inner():
            pass
        return inner

    @staticmethod
    def last():
        return 3


def loss(W):
    return 2
'''


def test_a_function_a_method_and_of_two_the_one_that_counts():
    found = {name: (line, text) for name, line, text in of(WHOLE, ["loss", "Net.loss", "Net.last", "gone", "Net.gone"])}
    assert found["loss"] == (20, "def loss(W):\n    return 2")
    assert found["Net.last"] == (15, "@staticmethod\ndef last():\n    return 3")
    assert found["Net.loss"][0] == 7 and found["Net.loss"][1].endswith("return inner") and len(found) == 3


def test_a_module_that_is_no_python_is_read_by_its_indentation():
    broken = WHOLE.replace("def last():", "def last()")
    found = {name: line for name, line, _ in of(broken, ["Net.last", "Net.loss"])}
    assert found == {"Net.last": 16, "Net.loss": 7}


@pytest.mark.parametrize("source", ["", "\0", "(" * 100_000, "def f(:\n" * 20_000, "x = 1\n" * 50_000])
def test_of_a_hostile_module_there_is_nothing_to_show(source):
    assert list(of(source, ["loss", "Net.loss"])) == []
