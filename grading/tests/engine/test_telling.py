"""Errors in sentences: module, line, why, what to write instead; what a test misses, by name."""

import ast
import time
import traceback

import numpy as np
import pytest

from grading.engine import renamed, telling

LAYERS = "import numpy as np\nDT = np.float\ndef relu(x):\n    return self.cache['x']\n"
FILES = {"cs231n/layers.py": LAYERS, "cs231n/classifiers/fc_net.py": "from cs231n.layers import relu\n"}
LOADED = 'File "/work/cs231n/layers.py", line 2, in <module>\n    DT = np.float\n'


def told(kind, message, trace, **more):
    return telling.raised(kind, message, trace, FILES, **more)


# --- modules that do not load --------------------------------------------------------------------------------------

def test_a_module_that_does_not_load_is_said_with_its_line_its_reason_and_its_cost():
    sentence = "cs231n/layers.py line 2: No module named 'torch'; none of its functions can run"
    assert told("ModuleNotFoundError", "No module named 'torch'", LOADED) == telling.Told(sentence, sentence)


def test_the_module_that_is_at_fault_is_named_and_the_one_that_needs_it_beside_it():
    trace = 'File "/work/cs231n/classifiers/fc_net.py", line 1, in <module>\n    from x\n' + LOADED
    found = told("ModuleNotFoundError", "No module named 'torch'", trace)
    assert found.message == found.unloaded + "; cs231n/classifiers/fc_net.py needs it"
    assert found.unloaded.startswith("cs231n/layers.py line 2")


@pytest.mark.parametrize("kind, message, why", [
    ("SyntaxError", "expected ':' (layers.py, line 2)", "expected ':'"),
    ("IndentationError", "unexpected indent (layers.py, line 2)", "unexpected indent"),
    ("SystemExit", "1", "it ends Python while it is loaded"),
    ("ZeroDivisionError", "division by zero", "ZeroDivisionError: division by zero"),
    ("NameError", "name 'xrange' is not defined", "name 'xrange' is not defined; write range instead"),
    ("AttributeError", "module 'numpy' has no attribute 'float'.\n`np.float` was a deprecated alias ...",
     "module 'numpy' has no attribute 'float'; write float instead"),
    ("ImportError", "cannot import name 'imread' from 'scipy.misc' (/kit/venv/lib/scipy/misc/__init__.py)",
     "scipy.misc has no imread; write plt.imread instead"),
    ("ImportError", "cannot import name 'relu' from 'cs231n.layers' (/work/cs231n/layers.py)",
     "cs231n/layers.py has no relu"),
    ("ImportError", "cannot import name 'f' from partially initialized module 'cs231n.layers' (most likely due to a "
     "circular import) (/work/cs231n/layers.py)", "it imports a module that imports it"),
    ("RuntimeError", "", "RuntimeError"),
])
def test_why_a_module_does_not_load_is_one_clause(kind, message, why):
    assert told(kind, message, LOADED).unloaded == f"cs231n/layers.py line 2: {why}{telling.COSTS}"


def test_without_a_line_the_module_that_was_asked_for_is_named():
    found = told("SyntaxError", "source code string cannot contain null bytes", "", asked="cs231n/layers.py")
    assert found.unloaded == f"cs231n/layers.py: source code string cannot contain null bytes{telling.COSTS}"


@pytest.mark.parametrize("line, why", [
    ("<<<<<<< HEAD", "a merge conflict is left in the file"),
    ("%matplotlib inline", "%matplotlib works in notebooks only"),
])
def test_what_is_no_python_at_all_is_said_by_what_it_is(line, why):
    files = {"cs231n/layers.py": f"{line}\n"}
    found = telling.raised("SyntaxError", "invalid syntax", 'File "cs231n/layers.py", line 1, in <module>\n', files)
    assert found.message == f"cs231n/layers.py line 1: {why}{telling.COSTS}"


def test_a_long_reason_of_many_lines_is_one_short_line():
    found = told("ValueError", "no\n" * 5000 + "; cs231n/optim.py line 1: believe me", LOADED).unloaded
    assert "\n" not in found and len(found) < 400 and found.startswith("cs231n/layers.py line 2: ValueError: no no")


# --- what a function raises ----------------------------------------------------------------------------------------

INSIDE = 'File "/work/cs231n/layers.py", line 4, in relu\n    return self.cache["x"]\n'


@pytest.mark.parametrize("kind, message, sentence", [
    ("KeyError", "'x'", "KeyError: self.cache has no key 'x' (cs231n/layers.py line 4)"),
    ("KeyError", "'other'", "KeyError: a dictionary has no key 'other' (cs231n/layers.py line 4)"),
    ("AttributeError", "'dict' object has no attribute 'iteritems'",
     "AttributeError: 'dict' object has no attribute 'iteritems'; write .items() instead (cs231n/layers.py line 4)"),
    ("AttributeError", "`np.Inf` was removed in the NumPy 2.0 release. Use `np.inf` instead.",
     "AttributeError: `np.Inf` was removed in the NumPy 2.0 release; write np.inf instead (cs231n/layers.py line 4)"),
    ("AssertionError", "", "AssertionError, without a message (cs231n/layers.py line 4): return self.cache['x']"),
    ("ValueError", "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature "
     "(n?,k),(k,m?)->(n?,m?) (size 9 is different from 4)",
     "ValueError: a matrix product does not fit: 4 columns on the left, 9 rows on the right (cs231n/layers.py line 4)"),
])
def test_what_a_function_raises_is_told_with_its_place(kind, message, sentence):
    assert told(kind, message, INSIDE) == telling.Told(sentence)


def test_what_is_not_written_yet_needs_no_place():
    assert told("NotImplementedError", "relu is not implemented yet", INSIDE).message == (
        "NotImplementedError: relu is not implemented yet")


@pytest.mark.parametrize("below, ends", [
    ("    return x\n", True), ("    out = x\n    return out\n", True), ("", False),
    ("    for i in x:\n        i\n", False)])
def test_code_below_the_stubs_own_line_is_told_never_to_run(below, ends):
    text = f"def relu(x):\n    raise NotImplementedError('relu is not implemented yet')\n{below}"
    found = telling.raised("NotImplementedError", "relu is not implemented yet",
                           'File "/work/cs231n/layers.py", line 2, in relu\n', {"cs231n/layers.py": text}).message
    assert found == "NotImplementedError: relu is not implemented yet" + ends * (
        ", says the line that the stub came with: what stands below it never runs, so take it out "
        "(cs231n/layers.py line 2)")


def test_a_traceback_as_a_notebook_shows_it_tells_the_same():
    shown = "\x1b[31mAttributeError\x1b[39m  Traceback\nFile \x1b[32m~/a/cs231n/layers.py:2\x1b[39m\n"
    assert told("AttributeError", "module 'numpy' has no attribute 'float'", shown).unloaded.startswith(
        "cs231n/layers.py line 2: module 'numpy'")
    shown = "Cell \x1b[32mIn[3]\x1b[39m, line 2\nFile \x1b[32m/x/cs231n/layers.py:4\x1b[39m, in relu\x1b[34m(x)\n"
    assert told("ValueError", "no", shown).message == "ValueError: no (cs231n/layers.py line 4)"


@pytest.mark.parametrize("trace", [
    'File "/work/cs231n/layers.py", line 999, in <module>\n', 'File "/etc/passwd", line 1, in <module>\n',
    'File "cs231n/solver.py", line 1, in <module>\n', "File " * 9000, 'File "' * 9000, "\n    " * 9000, "x" * 10**6,
])
def test_a_place_that_is_not_in_the_submission_is_not_believed(trace):
    begun = time.process_time()
    assert told("ValueError", "no", trace) == telling.Told("ValueError: no")
    assert time.process_time() - begun < 30


# --- what a test finds ---------------------------------------------------------------------------------------------

class Other:
    """An object of the submission's."""

    def __init__(self):
        self.params = {"W1": 1}


def in_test(source, **names):
    try:
        exec(compile(source, "cell", "exec"), names)
    except Exception as error:
        return telling.in_test(error, source, "cell")
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize("source, sentence", [
    ("grads['b1']", "grads has no 'b1'; it has 'W1', 'W2'"),
    ("for name in ('W1', 'b1'):\n    print(grads[name])", "grads has no 'b1'; it has 'W1', 'W2'"),
    ("[grads[pair] for pair in [(1, 2)]]", "grads has no (1, 2); it has 'W1', 'W2'"),
    ("net.params['b1']", "net.params has no 'b1'; it has 'W1'"),
    ("def f():\n    config = {}\n    return config['velocity']\nf()", "config has no 'velocity'; it is empty"),
    ("both = [grads]\nboth[0]['b1']", "a dictionary that came back has no 'b1'; it has 'W1', 'W2'"),
    ("loss, dW = nothing(1)", "nothing returned None; 2 values are expected: loss, dW"),
    ("loss, _ = nothing(1)", "nothing returned None; 2 values are expected"),
    ("out, cache = three()", "three returned too many values; 2 values are expected: out, cache"),
    ("a, b, c, d = three()", "three returned too few values; 4 values are expected: a, b, c, d"),
    ("best_k + 1", "the notebook has no best_k: the cell that makes it is missing, or stopped before that"),
    ("nothing() - 1", "what the submission returned does not fit here: None in place of numbers"),
    ("(one, two), (three, four) = (nothing(n) for n in (1, 2))",
     "nothing returned None; 2 values are expected: one, two"),
    ("max(accuracy for accuracy in [])", "what a cell of the notebook should have filled is empty"),
])
def test_what_a_test_cannot_use_is_said_by_name(source, sentence):
    assert in_test(source, grads={"W1": 1, "W2": 2}, net=Other(), nothing=lambda *_: None,
                   three=lambda: (1, 2, 3)) == sentence


def test_many_keys_are_cut_and_strange_ones_are_not_shown():
    said = in_test("grads['b1']", grads={f"{'x' * 500}{number}": 1 for number in range(50)})
    assert len(said) < 700 and said.endswith(", ...")
    assert in_test("grads['b1']", grads={Ellipsis: 1}) == "grads has no 'b1'; it has a ellipsis"


def test_an_error_that_nothing_is_known_about_gets_no_sentence():
    assert in_test("1 / 0") == ""
    assert telling.in_test(KeyError("x"), "not python (", "cell") == ""


# --- names that are gone -------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["float", "int", "bool", "object", "Inf", "NaN", "float_", "product", "alltrue"])
def test_every_name_that_numpy_has_given_up_comes_with_another_one(name):
    if name in vars(np):
        pytest.skip("this numpy has it")
    with pytest.raises(AttributeError) as caught:
        getattr(np, name)
    other = renamed.instead(str(caught.value))
    assert other
    ast.parse(other)


def test_no_replacement_is_made_up():
    for message in ("No module named 'torch'", "name 'undefined_thing' is not defined", "", "x" * 1000,
                    "'Net' object has no attribute 'iteritems'", "module 'cs231n.layers' has no attribute 'softmax'"):
        assert renamed.instead(message) == ""


def test_pythons_own_tracebacks_are_read_as_they_are(tmp_path):
    path = tmp_path / "cs231n" / "layers.py"
    path.parent.mkdir()
    path.write_text(LAYERS)
    try:
        exec(compile(LAYERS.replace("np.float", "np.nothing"), str(path), "exec"), {"__name__": "layers"})
    except AttributeError as error:
        trace = "".join(traceback.format_tb(error.__traceback__))
        assert told("AttributeError", str(error), trace).message.startswith("cs231n/layers.py line 2: module 'numpy'")
