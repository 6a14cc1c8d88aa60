"""Shapes that do not fit, in a student's function: the sentence names the operation, and the shapes that met in it."""

import linecache
import re
import sys
import textwrap
import types

import numpy as np
import pytest

from cs231n import _explained
from grading.release import assignment as assignments
from grading.trials import trial

ASSIGNMENT = assignments.load("assignment1")
CELLS = {cell.name: cell.source for cell in trial.test_cells(ASSIGNMENT)}
DOCUMENTED = '''"""A loss.

For N examples, D features and C classes:

Inputs:
- W: weights, float, shape (D, C)
- X: mini-batch, float, shape (N, D)
- y: labels, int, shape (N,)

Returns (loss, dW):
- loss: mean, float
- dW: gradient, shape (D, C)
"""'''
# A line of a function with W (4, 3), X (5, 4), s = X @ W, y (5,), dW like W and i = 2: what met in it.
LINES = {
    "X @ W.T": ("X is (5, 4)", "W.T is (3, 4)"),
    "X.dot(W.T)": ("X is (5, 4)", "W.T is (3, 4)"),
    "np.dot(W, X)": ("W is (4, 3)", "X is (5, 4)"),
    "X[i] @ W[i]": ("X[i] is (4,)", "W[i] is (3,)"),
    "X @ s": ("X is (5, 4)", "s is (5, 3)"),
    "X @ 3.0": ("X is (5, 4)",),
    "np.matmul(X, y[:2])": ("X is (5, 4)", "y[:2] is (2,)"),
    "s - s.max(axis=1)": ("s is (5, 3)", "s.max(axis=1) is (5,)"),
    "np.exp(s) / np.exp(s).sum(axis=1)": ("np.exp(s) is (5, 3)", "np.exp(s).sum(axis=1) is (5,)"),
    "np.sqrt(np.sum(X**2, axis=1) + np.sum(W**2, axis=1))": ("np.sum(X ** 2, axis=1) is (5,)", "axis=1) is (4,)"),
    "np.maximum(X, W)": ("X is (5, 4)", "W is (4, 3)"),
    "np.where(X > 0, s, 0)": ("X > 0 is (5, 4)", "s is (5, 3)"),
    "X - helper(y)": ("(5, 4)", "(7,)"),
    "dW += X": ("dW is (4, 3)", "X is (5, 4)"),
    "dW[:, y[i]] += s[i]": ("dW[:, y[i]] is (4,)", "s[i] is (3,)"),
    "dW[:, 0] = X[0][:2]": ("dW[:, 0] is (4,)", "X[0][:2] is (2,)"),
    "dW[0, 0] = X[0]": ("X[0] is (4,)",),
    "s[np.arange(3), y]": ("np.arange(3) is (3,)", "y is (5,)"),
    "s[np.arange(5), y] -= np.ones(3)": ("s[np.arange(5), y] is (5,)", "np.ones(3) is (3,)"),
    "X[y > 0][:, y > 0]": ("X[y > 0] is (3, 4)", "y > 0 is (5,)"),
    "W[np.arange(5), y]": ("W is (4, 3)", "np.arange(5) is (5,)"),
    "y[0, 1]": ("y is (5,)",),
    "s[5, 0]": ("s is (5, 3)",),
    "np.concatenate([X, W])": ("X is (5, 4)", "W is (4, 3)"),
    "np.hstack((X, y))": ("X is (5, 4)", "y is (5,)"),
    "np.stack([X[0], W[0]])": ("X[0] is (4,)", "W[0] is (3,)"),
    "X.reshape(4, 4)": ("X is (5, 4)",),
    "np.sum(y, axis=1)": ("y is (5,)",),
    "np.einsum('nd,cd->nc', X, W)": ("X is (5, 4)", "W is (4, 3)"),
    "float(X[0])": ("X[0] is (4,)",),
    "max(0, s[0])": ("s[0] is (3,)",),
    "np.array([X[0], y])": ("the parts of a list are not all of one shape", "np.array([X[0], y])", "X[0] is (4,)"),
    "s[np.arange(3), y] = 0": ("the positions in an index are of different lengths", "(3,) and (5,)"),
    "1 if X[0] > 0 else 0": ("X[0] is (4,)",),
}

# The same for slips that are none of shapes: words of the sentence.
SLIPS = {
    "np.zeros((X.shape, 3))": ("X.shape is a tuple of 2: int, int", "shape[0] is the first of them"),
    "helper(y).T[0] - K": ("there is no K",),
    "x_batch = Xs[i]": ("there is no Xs",),
    "scoers = 1; scores - 1": ("there is no scores", "scoers: is that what was meant?"),
    "late + 1; late = 2": ("late is used before it has a value",),
    "np.zero_like(W)": ("np has no zero_like", "np.zeros_like: is that"),
    "(X, y).reshape(5)": ("(X, y) has no reshape", "a tuple of 2: ndarray, ndarray", "out, cache = forward(x)"),
    "nothing = None; nothing * X": ("nothing is None", "a function without return gives None"),
    "helper * X": ("helper is a value of type function", "the parentheses"),
    "X ^ 2": ("** for a power",),
    "k = np.sort(s[0]); y[k]": ("k is an array of dtype float64, shape (3,)", "np.argsort and np.argmax give pos"),
    "np.max(0, s)": ("np.maximum and np.minimum compare two arrays",),
    "np.random.choice(X, 2)": ("X is an array of dtype float64, shape (5, 4)", "draw positions"),
    "y -= 0.5": ("y is an array of dtype int64, shape (5,)", "cannot take fractions in place"),
    "grads = {}; grads.W1": ("grads has no W1",),
    "grads = {'W1': X}; grads.W1": ("grads['W1']: an entry of a dictionary stands in brackets",),
    "grads = {'W1': X}; grads['b1']": ("grads has no key 'b1'", "the keys 'W1'"),
    "X(0)": ("the brackets: round ones call a function",),
    "f(W, X)": ("missing 1 required positional argument: 'y'", "the call, beside the def line"),
    "1 / 0": ("division by zero",),
}


def module(name, text):
    """A module of that name with this text, whose lines a traceback finds."""
    made, file = types.ModuleType(name), f"/student/{name.replace('.', '/')}.py"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    exec(compile(text, file, "exec"), vars(made))
    return made


def raised(function, *arguments):
    with pytest.raises(Exception) as found:
        function(*arguments)
    return found.value


@pytest.mark.parametrize("line", LINES)
def test_the_sentence_names_the_operation_and_the_shapes_that_met(line):
    body = f"{DOCUMENTED}\nhelper, i = lambda y: np.ones(7), 2\ns, dW = X @ W, np.zeros_like(W)\n{line}\n"
    text = f"import numpy as np\ndef f(W, X, y):\n{textwrap.indent(body, '    ')}"
    made = module("cs231n.classifiers.softmax", text)
    W, X = np.arange(12.0).reshape(4, 3), np.arange(1.0, 21).reshape(5, 4)
    error = raised(made.f, W, X, np.array([0, 1, 2, 1, 0]))
    message = " ".join(_explained.explained(error).split())
    assert message.startswith("f: ") and all(shape in message for shape in LINES[line]), message
    assert "came in W (4, 3) for (D, C), X (5, 4) for (N, D), y (5,) for (N,)" in message
    assert "to return dW (4, 3) for (D, C)" in message
    hint = "np.maximum and np.where work entry by" if "yes or no" in message else "the shape of each factor beside"
    assert hint in message, message
    assert all(shape in _explained.met(error) for shape in LINES[line])


@pytest.mark.parametrize("line", SLIPS)
def test_a_slip_that_is_none_of_shapes_is_told_with_what_it_met(line):
    body = f"helper, i, s = lambda y: np.ones(7), 2, X @ W\n{line}\n"
    made = module("cs231n.classifiers.softmax", f"import numpy as np\ndef f(W, X, y):\n{textwrap.indent(body, '    ')}")
    W, X = np.arange(12.0).reshape(4, 3), np.arange(1.0, 21).reshape(5, 4)
    message = " ".join(_explained.explained(raised(made.f, W, X, np.array([0, 1, 2, 1, 0]))).split())
    assert all(words in message for words in SLIPS[line]), message


# Wrong versions of the reference, met by the visible cells: (module, old, new, cell, shapes).
VERSIONS = [
    ("classifiers/linear_svm.py", "scores = X[i] @ W  #", "scores = W @ X[i]  #", "svm-naive-gradient_check", None),
    ("classifiers/linear_svm.py", "dW[:, j] += X[i]", "dW[j] += X[i]", "svm-naive-check",
     ("dW[j] is (4,)", "X[i] is (3,)")),
    ("classifiers/linear_svm.py", "X.T @ dscores", "X @ dscores", "svm-vectorized-check",
     ("X is (96, 4)", "dscores is (96, 3)")),
    ("classifiers/linear_svm.py", "scores[rows, y][:, np.newaxis]", "scores[rows, y]", "svm-vectorized-check",
     ("scores is (3, 4)", "scores[rows, y] is (3,)")),
    ("classifiers/linear_svm.py", "scores = X @ W  # (N, C)\n    margins", "scores = X.T @ W\n    margins",
     "svm-vectorized-check", ("X.T is (4, 96)", "W is (4, 3)")),
    ("classifiers/softmax.py", "scores.max(axis=1, keepdims=True)", "scores.max(axis=1)", "softmax-vectorized-check",
     ("scores is (2, 3)", "scores.max(axis=1) is (2,)")),
    ("classifiers/softmax.py", "np.exp(scores).sum(axis=1, keepdims=True)", "np.exp(scores).sum(axis=1)",
     "softmax-vectorized-check", ("scores is (2, 3)", "(2,)")),
    ("classifiers/k_nearest_neighbor.py", "[:, np.newaxis]", "", "knn-no_loops-check", ("dists is (2, 3)", "(2,)")),
    ("classifiers/k_nearest_neighbor.py", "X @ X_train.T", "X @ X_train", "knn-no_loops-check",
     ("X is (2, 2)", "X_train is (3, 2)")),
    ("classifiers/k_nearest_neighbor.py", "np.einsum(\"nd,nd->n\", diff, diff))", "np.sum(diff**2, axis=0))",
     "knn-one_loop-check", ("dists[i] is (3,)", "(2,)")),
    ("layers.py", "x.reshape(x.shape[0], -1) @ w + b", "x @ w + b", "two_layer_net-affine_forward-check",
     ("x is (2, 2, 2)", "w is (4, 3)")),
    ("layers.py", "dout @ w.T", "dout @ w", "two_layer_net-affine_backward-check", ("dout is (2, 2)", "w is (4, 2)")),
    ("layers.py", "x.reshape(x.shape[0], -1).T @ dout", "x.T @ dout", "two_layer_net-affine_backward-check", None),
]


@pytest.mark.parametrize("path, old, new, cell, shapes", VERSIONS, ids=[f"{one[3]}: {one[2]}" for one in VERSIONS])
def test_a_wrong_version_that_a_visible_cell_meets_is_told_with_both_shapes(path, old, new, cell, shapes, monkeypatch):
    name, source = f"cs231n.{path.removesuffix('.py').replace('/', '.')}", ASSIGNMENT.complete(path)
    assert old in source
    monkeypatch.setitem(sys.modules, name, module(name, source.replace(old, new)))
    linecache.cache["cell"] = len(CELLS[cell]), None, CELLS[cell].splitlines(keepends=True), "cell"
    with pytest.raises(Exception) as found:
        exec(compile(CELLS[cell], "cell", "exec"), {"__name__": "__main__"})
    message = " ".join((_explained.explained(found.value) or str(found.value)).split())
    assert all(shape in message for shape in shapes or ()), message
    assert len(re.findall(r"\([\d, ]+\)", message)) >= 2 and "write the shape of each factor" in message, message


# What came back, and what is not there: at a line of a check.

CHECK = "from cs231n.testing import assert_close\n"


@pytest.mark.parametrize("line, says, found", [
    ("loss, dW = nothing()", "nothing does not return what it should.", "None expected a tuple of 2: loss, dW"),
    ("loss, _ = number()", "number does not return what it should.", "a single value, of type float"),
    ("loss, dW = three()", "three does not return what it should.", "more values"),
    ("(a, b), (c, d) = (nothing() for _ in range(2))", "nothing does not return", "None"),
    ("grads['b1']", "grads has no key 'b1'.", "the keys 'W1', 'W2'"),
    ("(lambda: {})()[0]", "What came back from your code does not fit here.", "a dictionary without a key 0"),
    ("missing", "The notebook has no missing.", "the cell that makes it"),
    ("none - 1.0", "What came back from your code does not fit here.", "none is None"),
    ("'a' + array", "What came back from your code does not fit here.", ""),
    ("none.shape", "What came back from your code does not fit here.", "NoneType"),
])
def test_what_came_back_in_place_of_numbers_is_said_in_words(line, says, found):
    linecache.cache["cell"] = 1, None, (CHECK + line).splitlines(keepends=True), "cell"
    names = {"__name__": "__main__", "nothing": lambda: None, "number": lambda: 1.0, "three": lambda: (1, 2, 3),
             "grads": {"W1": 1, "W2": 2}, "none": None, "array": np.ones(3)}
    with pytest.raises(Exception) as error:
        exec(compile(CHECK + line, "cell", "exec"), names)
    message = " ".join(_explained.explained(error.value).split())
    assert message.startswith(says) and found in message


def test_factors_that_fit_are_not_said_not_to_because_one_is_masked():
    f = module("cs231n.classifiers.softmax", "def f(X, W):\n    return X @ W\n").f
    X = np.ma.masked_array(np.ones((5, 4)), mask=np.eye(5, 4) > 0)
    assert "X is (5, 4) and W is (3, 2)" in _explained.met(raised(f, X, np.ones((3, 2))))
    assert not _explained.met(raised(f, X, np.ones((4, 3))))


def test_what_needs_no_words_of_ours_has_none():
    linecache.cache["cell"] = 1, None, ["1 / 0\n"], "cell"
    for line, kind in (("1 / 0", ZeroDivisionError), ("{}['a']", KeyError)):      # no check: a cell of their own
        with pytest.raises(kind) as error:
            exec(compile(line, "cell", "exec"), {"__name__": "__main__"})
        assert _explained.explained(error.value) == "" == _explained.met(error.value)
    assert _explained.explained(ValueError("operands could not be broadcast together with shapes (5,3) (5,)")) == ""
