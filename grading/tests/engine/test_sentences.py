"""Thirty kinds of broken submissions through the real engine: each is told in a sentence that helps, without a path."""

import re

import pytest
from conftest import check, notebook, solution
from sandboxed import folders

from grading.desk.pages import Clean
from grading.engine import plan, run
from grading.engine.processes import Submission
from grading.engine.run import NOTE
from grading.engine.sandbox import probe
from grading.engine.telling import COSTS
from grading.engine.worker import Worker

CALL = "{name}.f(1)"
UNPACKED = "loss, dW = {name}.f(1)"
WRONG = "from cs231n.testing import assert_close\nassert_close(1.0, 2.0, 'loss')"
KEY = "grads = {name}.f(1)\ngrads['b1']"

# name of the module -> (its text, the test's call, outcome, message)
UNLOADED = {
    "torch_": ("import numpy\nimport torch\n", "line 2: No module named 'torch'"),
    "syntax": ("def f(x)\n    return x\n", "line 1: expected ':'"),
    "indent": ("def f(x):\n    y = 1\n      return y\n", "line 3: unexpected indent"),
    "tabs": ("def f(x):\n    if x:\n\treturn 1\n", "line 3: inconsistent use of tabs and spaces in indentation"),
    "printed": ("print 'hello'\n", "line 1: Missing parentheses in call to 'print'. Did you mean print(...)?"),
    "merged": ("def f(x):\n    return x\n<<<<<<< HEAD\n", "line 3: a merge conflict is left in the file"),
    "magic": ("%matplotlib inline\ndef f(x):\n    return x\n", "line 1: %matplotlib works in notebooks only"),
    "old_numpy": ("import numpy as np\nDT = np.float\n", "line 2: module 'numpy' has no attribute 'float'; "
                                                          "write float instead"),
    "old_scipy": ("from scipy.misc import imread\n", None),
    "pickled": ("import cPickle\n", "line 1: No module named 'cPickle'; write pickle instead"),
    "beside": ("from layers import *\n", "line 1: No module named 'layers'"),
    "undefined": ("X = undefined_thing\n", "line 1: name 'undefined_thing' is not defined"),
    "divides": ("def g():\n    return 1 / 0\ng()\n", "line 3: ZeroDivisionError: division by zero"),
    "exits": ("import sys\nsys.exit(1)\n", "line 2: it ends Python while it is loaded"),
    "asserts": ("assert False\n", "line 1: AssertionError"),
    "path": ("raise ValueError(__file__)\n", "line 1: ValueError: cs231n/path.py"),
    "lacking": ("from cs231n.broken import nothing\n", "line 1: cs231n/broken.py has no nothing"),
    "circle": ("from cs231n.circle_too import g\nf = 1\n", None),
    "nul": ("\0", None),
}
RAISED = {
    "not_there": ("", CALL, "AttributeError: cs231n/not_there.py has no f"),
    "arguments": ("def f():\n    return 1\n", CALL, "TypeError: f() takes 0 positional arguments but 1 was given"),
    "key": ("def f(x):\n    config = {}\n    return config['velocity']\n", CALL,
            "KeyError: config has no key 'velocity' (cs231n/key.py line 3)"),
    "items": ("def f(x):\n    return {}.iteritems()\n", CALL,
              "AttributeError: 'dict' object has no attribute 'iteritems'; write .items() instead "
              "(cs231n/items.py line 2)"),
    "ranges": ("def f(x):\n    return xrange(x)\n", CALL,
               "NameError: name 'xrange' is not defined; write range instead (cs231n/ranges.py line 2)"),
    "where": ("def f(x):\n    raise ValueError(__file__)\n", CALL,
              "ValueError: cs231n/where.py (cs231n/where.py line 2)"),
    "file": ("def f(x):\n    return open('/work/data/x.npy')\n", CALL,
             "FileNotFoundError: [Errno 2] No such file or directory: '.../x.npy' (cs231n/file.py line 2)"),
    "folder": ("import os\ndef f(x):\n    raise ValueError(os.getcwd() + '/a/b.txt')\n", CALL,
               "ValueError: .../b.txt (cs231n/folder.py line 3)"),
    "silent": ("def f(x):\n    assert x == 2\n", CALL,
               "AssertionError, without a message (cs231n/silent.py line 2): assert x == 2"),
    "deep": ("def f(x):\n    raise RecursionError('too deep')\n", CALL,
             "RecursionError: too deep (cs231n/deep.py line 2)"),
    "product": ("import numpy as np\ndef f(x):\n    return np.ones((2, 3)) @ np.ones((4, 2))\n", CALL,
                "ValueError: the shapes of a product do not fit: np.ones((2, 3)) @ np.ones((4, 2)), where "
                "np.ones((2, 3)) is (2, 3) and np.ones((4, 2)) is (4, 2) (cs231n/product.py line 3)"),
    "looped": ("import numpy as np\ndef f(x):\n    W, X, s = np.ones((4, 3)), np.ones((5, 4)), np.ones(3)\n"
               "    for i in range(5):\n        W[:, i] += s\n", CALL,
               "ValueError: the shapes do not fit each other: W[:, i] += s, where W[:, i] is (4,) and s is (3,) "
               "(cs231n/looped.py line 5)"),
    "nothing": ("def f(x):\n    pass\n", UNPACKED, "nothing.f returned None; 2 values are expected: loss, dW"),
    "three": ("def f(x):\n    return 1, 2, 3\n", UNPACKED,
              "three.f returned too many values; 2 values are expected: loss, dW"),
    "one": ("def f(x):\n    return 1.0\n", UNPACKED, "one.f returned one float; 2 values are expected: loss, dW"),
    "lost_key": ("def f(x):\n    return {'W1': 1, 'W2': 2}\n", KEY, "grads has no 'b1'; it has 'W1', 'W2'"),
    "words": ("def f(x):\n    return 'a'\n", "{name}.f(1) - 1",
              "what the submission returned does not fit here: a text in place of numbers"),
    "stub": ("def f(x):\n    raise NotImplementedError('f is not implemented yet')\n", CALL,
             "NotImplementedError: f is not implemented yet"),
}
HELP = {"broken": "", "circle_too": "from cs231n.circle import f\ng = 1\n"}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The graded notebook with a cell for each of them."""
    sandbox = probe()
    if sandbox.level == "none":
        pytest.skip(f"no sandbox here: {sandbox.why}")
    texts = {name: kind[0] for name, kind in (UNLOADED | RAISED).items()} | HELP
    calls = {name: CALL for name in UNLOADED} | {name: kind[1] for name, kind in RAISED.items()}
    made = notebook(solution("own", "def half(x):\n    return x.nothing\n"), check("half", "half(2)"),
                    check("best", "best_k + 1"), check("wrong", WRONG), *[
        check(name, f"from cs231n import {name}\n{call.format(name=name)}") for name, call in calls.items()])
    submission = Submission({f"cs231n/{name}.py": text.encode() for name, text in texts.items()},
                            {f"cs231n.{name}": text for name, text in texts.items()})
    with Worker(sandbox, *folders(tmp_path_factory.mktemp("kit"))) as worker:
        run.grade(worker, [(made, plan.make(made))], submission, 10.0)
    Clean().preprocess(made, {})
    return {one.id: one for one in made.cells}


def note(graded, name):
    return graded[name].metadata[NOTE]


@pytest.mark.parametrize("name", [name for name, kind in UNLOADED.items() if kind[1]])
def test_a_module_that_does_not_load_is_told_with_its_line_and_its_cost(graded, name):
    why = UNLOADED[name][1]
    sentence = f"cs231n/{name}.py{'' if why.startswith(':') else ' '}{why}{COSTS}"
    assert note(graded, name) == {"outcome": "error", "message": sentence, "unloaded": sentence}


def test_what_old_scipy_had_a_circle_and_null_bytes_are_told_too(graded):
    assert re.match(r"cs231n/nul\.py(: | line 1: ).*null bytes", note(graded, "nul")["unloaded"])
    assert note(graded, "old_scipy")["message"].startswith("cs231n/old_scipy.py line 1: ")
    assert "instead" in note(graded, "old_scipy")["message"]
    assert "it imports a module that imports it" in note(graded, "circle")["message"]


@pytest.mark.parametrize("name", RAISED)
def test_what_a_function_raises_or_returns_is_told_in_words(graded, name):
    told = note(graded, name)
    assert (told["outcome"], told["message"]) == ("error", RAISED[name][2])


def test_a_cell_of_the_notebook_is_told_by_its_number(graded):
    assert note(graded, "half")["message"] == (
        "AttributeError: 'int' object has no attribute 'nothing' (Cell In[1] line 2)")
    assert note(graded, "best")["message"] == (
        "the notebook has no best_k: the cell that makes it is missing, or stopped before that")


def test_no_message_and_no_traceback_shows_a_path_of_the_machine(graded):
    path = re.compile(r"(?<![\w.~])/(?:work|kit|usr|tmp|home|root|opt)/|site-packages|ipykernel_")
    for name, one in graded.items():
        shown = [str(one.get("outputs", "")), one.metadata.get(NOTE, {}).get("message", "")]
        assert [text for text in shown if path.search(re.sub(r"\x1b\[[\d;]*m", "", text))] == [], name


def test_a_traceback_ends_with_the_same_sentence_as_the_message(graded):
    for name in (*UNLOADED, *RAISED):
        assert graded[name].outputs[-1].traceback[-1] == note(graded, name)["message"], name


def test_a_failed_check_is_shown_as_in_a_students_own_notebook(graded):
    shown = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(graded["wrong"].outputs[-1]["traceback"]))
    assert re.fullmatch(r"Cell In\[\d+\], line 2\n    assert_close\(1\.0, 2\.0, 'loss'\)\n\n"
                        r"CheckFailed: loss is wrong\.\n  found     1\n  expected  2\n"
                        r"  pattern   it is half the expected value", shown), shown
