"""What to do is said where the submission's own text bears it out, and nowhere else."""

import numpy
import pytest

from grading.engine import advice, renamed, telling

KNN = """import numpy as np


class Nearest:
    def train(self, X, y):
        self.y_train = y

    def votes(dists, k):
        return 1


def predict(self, dists, k=1):
    loss = 0
    return los
"""
FILES = {"cs231n/layers.py": "import numpy as np\n\ndef affine_forward(x, w, b):\n    return x\n",
         "cs231n/classifiers/knn.py": KNN}
AT = "cs231n/classifiers/knn.py"


@pytest.mark.parametrize("kind, message, told", [
    ("NameError", "name 'los' is not defined", "; is loss meant?"),
    ("NameError", "name 'np' is not defined", "; write import numpy as np at the top of the file"),
    ("NameError", "name 'xrange' is not defined", "; write range instead"),
    ("NameError", "name 'something_else' is not defined", ""),
    ("NameError", "name 'y_train' is not defined", "; write self.y_train"),
    ("AttributeError", "'Nearest' object has no attribute 'ytrain'", "; is y_train meant?"),
    ("AttributeError", "'Nearest' object has no attribute 'Y_train'", "; is y_train meant?"),
    ("AttributeError", "'Nearest' object has no attribute 'shape'", ""),
    ("AttributeError", "'Nearest' object has no attribute 'predict'",
     "; predict stands outside of the class Nearest: is it indented as the other methods are?"),
    ("TypeError", "Nearest.votes() got multiple values for argument 'k'", "; self is missing as its first argument"),
    ("TypeError", "Nearest.train() takes 3 positional arguments but 4 were given", ""),
    ("ModuleNotFoundError", "No module named 'layers'", "; write cs231n.layers instead"),
    ("ModuleNotFoundError", "No module named 'torch'", ""),
    ("ModuleNotFoundError", "No module named 'cs231n.my_helpers'",
     "; modules besides the assignment's are not taken: put what it has into this one"),
    ("EOFError", "EOF when reading a line", "; input() waits for somebody who types, and nobody is there: take it out"),
    ("BdbQuit", "", "; a debugger was started: take it out"),
    ("SystemExit", "None", "; exit() or sys.exit() ends the program: take it out"),
    ("SyntaxError", "invalid character '\u201c' (U+201C)",
     "; type it again on the keyboard: it was copied from a formatted text"),
    ("ValueError", "something", ""),
])
def test_an_error_comes_with_what_to_do(kind, message, told):
    assert advice.of(kind, message, FILES, AT) == told


@pytest.mark.parametrize("text, told", [
    ('{\n "cells": [\n  {"cell_type": "code"}]}', "the file is a notebook"),
    ("<!DOCTYPE html><html>", "the file is a web page"), ("<html>", "the file is a web page"),
    ("a\0b", "the file has null bytes"), ("%PDF-1.4", "the file is a PDF"),
    ("{'a': 1}", ""), ("x = 1 < 2", ""), ("", ""), (KNN, ""),
])
def test_a_file_that_is_no_python_is_told_by_what_it_is(text, told):
    assert advice.nature(text).startswith(told) and bool(advice.nature(text)) == bool(told)


def test_a_module_without_the_name_that_is_asked_for_has_perhaps_nearly_that_name():
    assert advice.lacking("affine_forwards", FILES["cs231n/layers.py"]) == "; it has affine_forward: is that it?"
    assert advice.lacking("adam", FILES["cs231n/layers.py"]) == advice.lacking("adam", None) == ""
    assert advice.lacking("adam", " \n") == "; the file is empty"


@pytest.mark.parametrize("message, told", [
    ("operands could not be broadcast together with shapes (2,3) (2,) (2,3)", "arrays of shapes (2, 3) and (2,) do not "
     "fit each other; keepdims=True in a sum, mean or maximum leaves a column"),
    ("operands could not be broadcast together with shapes (2,3) (4,3)",
     "arrays of shapes (2, 3) and (4, 3) do not fit each other"),
    ("shapes (2,2) and (3,2) not aligned: 2 (dim 1) != 3 (dim 0)",
     "a product of arrays of shapes (2, 2) and (3, 2) does not fit"),
    ("cannot access local variable 'loss' where it is not associated with a value", "loss is used before it is set"),
])
def test_what_python_says_in_its_own_words_is_said_in_plain_ones(message, told):
    trace = f'  File "/work/{AT}", line 13, in predict\n'
    assert telling.raised("ValueError", message, trace, FILES).message == f"ValueError: {told} ({AT} line 13)"


def test_a_very_long_name_or_file_costs_no_time():
    files = {AT: " ".join(f"name_{number}" for number in range(60_000))}
    assert advice.of("NameError", f"name '{'x' * 10_000}' is not defined", files, AT) == ""
    assert advice.of("NameError", "name 'name_59999x' is not defined", files, AT) == ""


@pytest.mark.parametrize("code, told", [
    ("np.zeros(2, dtype=np.float)", "float"), ("np.zeros(2, dtype=np.int)", "int"),
    ("np.product([1, 2])", "np.prod"), ("import scipy.misc\nscipy.misc.imread", "plt.imread"),
    ("from scipy.misc import imread", "plt.imread"),
    ("for i in xrange(3): pass", "range"), ("iter([1]).next()", "next(x)"), ("(n for n in [1]).next()", "next(x)"),
    ("{}.iteritems()", ".items()"), ("{}.has_key(1)", "key in the dictionary"),
    ("from sklearn.cross_validation import KFold", None), ("import cPickle", "pickle"),
    ("import pickle\npickle.loads(b'U\\x01\\xe9.')", "latin1"), ("map(int, '12')[0]", "list(...)"),
    ("{1: 2}.keys()[0]", "list(...)"), ("range(3) + [1]", "list(...)"), ("np.zeros(4 / 2)", "//"),
    ("range(4 / 2)", "//"), ("try:\n    pass\nexcept ValueError, e:\n    pass", "except Error as error:"),
    ("import itertools\nitertools.izip", "zip"), ("import string\nstring.maketrans", "str.maketrans"),
    ("import sys\nsys.maxint", "sys.maxsize"), ("reduce(max, [1])", "functools.reduce"),
])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_old_code_means_is_said_by_the_word_of_today(code, told):
    with pytest.raises(Exception) as raised:
        exec(compile(code, "old", "exec"), {"np": numpy})
    if told is None:
        return                                             # a library that is not here: only its name can be told
    assert told in renamed.instead(str(raised.value)), raised.value


@pytest.mark.parametrize("code", ["import six.moves\nfrom six.moves import xrange, cPickle, range\nlist(xrange(3))",
                                  "from past.builtins import xrange", "from builtins import range"])
def test_what_bridges_the_two_pythons_works(code):
    exec(compile(code, "old", "exec"), {})
