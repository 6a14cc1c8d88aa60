"""What the text of a submission says: where a function is defined."""

import tracemalloc

import pytest

from cs231n._source import read_loops, read_stacks
from grading.engine import MAX_TEXT
from grading.engine.reading import source

LAYERS = "import numpy as np\n\ndef affine(x):\n    return x\n\ndef relu(x):\n    return np.maximum(0, x)\n"


def texts(**modules):
    return {f"cs231n.{name.replace('_dot_', '.')}": text for name, text in modules.items()}


# Where a function is defined


def test_a_function_is_read_where_the_test_has_it_from_whatever_the_process_claims():
    known = texts(layers=LAYERS, optim="def sgd(w): return w\n")
    assert source(known, ("cs231n.layers", "relu"), ("cs231n.optim", "sgd")) == (LAYERS, "relu", "layers.py")
    assert source(known, 7, ("cs231n.optim", "sgd"))[1:] == ("sgd", "optim.py")


@pytest.mark.parametrize(
    "text, moved",
    [
        ("from cs231n.layers import relu\n", "relu"),
        ("from .layers import relu\n", "relu"),
        ("from cs231n.layers import affine as relu\n", "affine"),
        ("try:\n    from .layers import relu\nexcept ImportError:\n    pass\n", "relu"),
    ],
)
def test_an_imported_function_is_read_where_it_comes_from(text, moved):
    assert source(texts(layers=LAYERS, nets=text), ("cs231n.nets", "relu"), None) == (LAYERS, moved, "layers.py")


@pytest.mark.parametrize(
    "target, claimed",
    [
        (7, None),
        (7, ("os", "system")),
        (7, ("cs231n.layers", 5)),
        (7, "cs231n.layers"),
        (None, ()),
        (("os", "system"), None),
        (("cs231n.layers",), None),
    ],
)
def test_what_no_submitted_text_defines_is_not_told(target, claimed):
    assert source(texts(layers=LAYERS), target, claimed) is None


def test_modules_that_import_from_each_other_in_a_circle_end():
    known = texts(a="from .b import f\n", b="from .a import f\n")
    assert source(known, ("cs231n.a", "f"), None) is not None


# Text of any kind


@pytest.mark.parametrize(
    "text",
    ["", "\0", "def (", "(" * 5000, "x = " + "-" * 50_000 + "1", "\ud800"],
    ids=["empty", "null", "syntax", "deep", "deeper", "half"],
)
def test_in_text_that_cannot_be_parsed_no_loop_is_seen(text):
    found, *rest = source(texts(layers=text), ("cs231n.layers", "f"), None)
    assert rest == ["f", "layers.py"] and found in (text, None)
    assert read_loops(found, "f") == ([], []) and read_stacks(found, "f") == 0


@pytest.mark.parametrize("text", ["x = 1\n" * MAX_TEXT, "x = " + "-" * 50_000 + "1"], ids=["long", "deep"])
def test_of_a_text_beyond_any_reason_it_is_told_that_nobody_can_read_it(text):
    """It may run all the same: what is in it is not known, which is not the same as nothing."""
    assert source(texts(layers=text), ("cs231n.layers", "f"), None)[0] is None


def test_a_text_that_is_no_python_runs_nowhere_and_hides_nothing():
    assert source(texts(layers="def ("), ("cs231n.layers", "f"), None)[0] == "def ("


def test_loops_are_looked_for_with_memory_that_grows_with_the_text():
    """A name bound 3,000 times is one name: else 200 KB of text keep the process that decides busy for long."""
    text = "".join(f"y = {n}\n" for n in range(3000)) + "def f(x): return y\n"
    tracemalloc.start()
    try:
        assert read_loops(text, "f") == ([], [])
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
