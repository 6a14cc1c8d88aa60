"""What the text of a submission says: where a function is, and how much of its module the counting process gets."""

import ast
import tracemalloc

import pytest

from cs231n._counting import read_loops
from grading.engine import reading
from grading.engine.reading import needed, source

LAYERS = "import numpy as np\n\ndef affine(x):\n    return x\n\ndef relu(x):\n    return np.maximum(0, x)\n"


def texts(**modules):
    return {f"cs231n.{name.replace('_dot_', '.')}": text for name, text in modules.items()}


def names(text):
    return [node.name for node in ast.parse(text).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]


def run(chosen, module, name):
    """The function, from the chosen texts alone."""
    namespace = {}
    exec(compile(chosen[module], module, "exec"), namespace)
    return namespace[name]


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


# What is counted


def test_a_module_of_array_code_is_whole_and_one_that_is_no_python_is_left_out():
    chosen, escaped = needed(texts(layers=LAYERS, broken="def ("), "cs231n.layers", ["relu"])
    assert chosen == texts(layers=LAYERS) and escaped == []


def test_of_a_module_that_could_reach_the_interpreter_there_is_what_a_function_needs():
    text = (
        "import os, sys\nimport numpy as np\nLIMIT, UNUSED = 2, os\nTABLE = {}\nTABLE['a'] = 1\n"
        "def helper(x): return x * LIMIT\ndef wanted(x): return helper(x) + TABLE['a']\n"
        "def other(x):\n    sys.settrace(None)\n    return x\n"
    )
    chosen, _ = needed(texts(layers=text), "cs231n.layers", ["wanted"])
    assert names(chosen["cs231n.layers"]) == ["helper", "wanted"] and "sys" not in chosen["cs231n.layers"]
    assert run(chosen, "cs231n.layers", "wanted")(3) == 7


@pytest.mark.parametrize(
    "body",
    [
        "import sys\n    sys.settrace(None)",
        "os.environ",
        "getattr(x, 'y')",
        "x.__globals__",
        "__import__('sys').settrace(None)",
        "exec('1')",
    ],
)
def test_a_function_that_could_reach_the_interpreter_itself_is_told(body):
    _, escaped = needed(
        texts(layers=f"import os\ndef wanted(x):\n    {body}\n    return x\n"), "cs231n.layers", ["wanted"]
    )
    assert escaped


def test_every_name_that_comes_from_another_such_module_is_there():
    known = texts(
        layers="import os\ndef affine(x): return x + 1\ndef relu(x): return 2 * x\ndef unused(x): return os\n",
        nets="import os\nfrom cs231n.layers import affine, relu\ndef f(): return os\n"
        "def loss(x): return relu(affine(x))\n",
    )
    chosen, escaped = needed(known, "cs231n.nets", ["loss"])
    assert (
        names(chosen["cs231n.layers"]) == ["affine", "relu"]
        and names(chosen["cs231n.nets"]) == ["loss"]
        and not escaped
    )


def test_a_star_brings_what_the_importing_module_asks_for():
    """The course's own files begin like this."""
    known = texts(
        layers="import os\nfrom .layer_utils import *\ndef affine(x): return shift(x)\ndef unused(x): return os\n",
        layer_utils="import os\ndef shift(x): return x + 1\ndef lost(): return os\n",
        nets="import os\nfrom cs231n.layers import *\ndef loss(x): return affine(x)\ndef f(): return os\n",
    )
    chosen, escaped = needed(known, "cs231n.nets", ["loss"])
    assert names(chosen["cs231n.layers"]) == ["affine"] and names(chosen["cs231n.layer_utils"]) == ["shift"]
    assert not escaped


def test_modules_that_need_each_other_end():
    known = texts(
        a="import os\nfrom .b import g\ndef f(x): return g(x)\ndef h(x): return x\n",
        b="import os\nfrom .a import h\ndef g(x): return h(x)\n",
    )
    chosen, _ = needed(known, "cs231n.a", ["f"])
    assert names(chosen["cs231n.a"]) == ["f", "h"] and names(chosen["cs231n.b"]) == ["g"]


def test_a_long_chain_of_functions_takes_no_time_that_grows_with_its_cube():
    """3,000 functions took minutes, in the process that decides."""
    text = (
        "import os\nleft = os\n"
        + "".join(f"def f{n}(x): return f{n + 1}(x)\n" for n in range(3000))
        + "def f3000(x): return x\n"
    )
    chosen, escaped = needed(texts(layers=text), "cs231n.layers", ["f0"])
    assert len(names(chosen["cs231n.layers"])) == 3001 and escaped == []


def test_a_module_of_many_statements_is_read_as_well():
    text = "import os\n" + "".join(f"y = {n}\n" for n in range(4000)) + "def f(x): return y\n"
    assert needed(texts(layers=text), "cs231n.layers", ["f"])[0]["cs231n.layers"].count("y = ") == 4000


@pytest.mark.parametrize(
    "text",
    ["", "\0", "def (", "(" * 5000, "x = " + "-" * 50_000 + "1", "\ud800"],
    ids=["empty", "null", "syntax", "deep", "deeper", "half"],
)
def test_text_that_cannot_be_parsed_is_left_out(text):
    chosen, escaped = needed(texts(layers=text, optim=LAYERS), "cs231n.layers", ["f"])
    assert "cs231n.optim" in chosen and chosen.get("cs231n.layers", "") == "" and escaped == []
    assert reading.source(texts(layers=text), ("cs231n.layers", "f"), None) is not None


def test_loops_are_looked_for_with_memory_that_grows_with_the_text():
    """A name bound 3,000 times is one name: else 200 KB of text keep the process that decides busy for long."""
    text = "".join(f"y = {n}\n" for n in range(3000)) + "def f(x): return y\n"
    tracemalloc.start()
    try:
        assert read_loops(text, "f") == ([], [])
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
