"""A short slice of `python -m grading.tests.fuzz`: what found something before, and some inputs of a fixed seed."""

import fuzz
import pytest

from grading.engine import sandbox


@pytest.mark.parametrize("target, most", [("codec", 3000), ("notebook", 100)])
def test_spoilt_inputs_are_refused_in_words_or_read(target, most):
    done, found = fuzz.read_all(target, seed=7, most=most)
    assert done == most and not [(name, str(finding)) for name, _, finding in found]


def test_a_candidate_that_sends_what_it_likes_costs_itself_alone():
    if sandbox.probe().level == "none":
        pytest.skip("no sandbox here")
    done, found = fuzz.send_all(seed=7, most=2)
    assert done == 2 and not [(name, str(finding)) for name, _, finding in found]


@pytest.mark.parametrize("read", [lambda content: 1 / 0, lambda content: bytearray(b"x" * 150_000_000),
                                  lambda content: sum(range(40_000_000))], ids=["raises", "memory", "time"])
def test_what_an_input_may_not_do_is_found(read, monkeypatch):
    monkeypatch.setitem(fuzz.READERS, "codec", lambda: ([], read))
    monkeypatch.setattr(fuzz, "SECONDS", 0.1)
    monkeypatch.setattr(fuzz, "inputs", lambda *_: iter([("one", b"x"), ("two", b"y")]))
    done, found = fuzz.read_all("codec", seed=1)
    assert done == 2 and found
