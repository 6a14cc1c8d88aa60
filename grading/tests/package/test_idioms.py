"""Idioms of array code and of imports that no cost, no count and no reading may take for a loop, at several sizes.

Each line is what a correct solution may contain. X is (N, 4), W (4, 3), y (N,) with labels, scores X @ W, rows the
numbers 0 to N - 1, column one number per row.
"""

import importlib.util
import re

import numpy as np
import pytest

from cs231n.testing import assert_vectorized

EXPRESSIONS = """
scores[range(N), list(y)]
scores[list(range(N)), y]
scores[np.arange(N), y.tolist()]
scores[tuple([rows, y])]
scores[(rows, y)].reshape(-1, 1)
scores[rows, y][:, None] + scores
np.reshape(scores[rows, y], (N, 1))
np.array([scores[rows, y]]).T
np.matrix(scores[rows, y]).T
np.mat(column).T if hasattr(np, 'mat') else np.asmatrix(column).T
np.vstack(column)
np.vstack(np.max(scores, axis=1)) - scores
scores / np.vstack(np.sum(np.exp(scores), axis=1))
np.column_stack([column, column])
np.column_stack((np.ones(N), X))
np.hstack([X, np.ones((N, 1))])
np.vstack([X.T, np.ones(N)]).T
np.c_[X, np.ones(N)]
np.r_[X, X]
np.concatenate([X, X], axis=1)
np.append(X, np.ones((N, 1)), axis=1)
np.stack([column, column], axis=1)
np.dstack([X, X])
np.insert(X, 0, 1, axis=1)
np.tile(column, (3, 1)).T
np.tile(column[:, None], 3)
np.repeat(column, 3).reshape(N, 3)
np.repeat(column[:, None], 3, axis=1)
np.broadcast_to(column[:, None], (N, 3)) * scores
np.expand_dims(column, 1) * scores
column[..., np.newaxis] * scores
np.outer(column, np.ones(3))
column.reshape(-1, 1) @ np.ones((1, 3))
np.einsum('nd,dc->nc', X, W)
np.einsum('nd,nd->n', X, X)
np.einsum('ij,ij->i', X, X, optimize=True)
np.tensordot(X, W, axes=1)
np.dot(X, W)
X.dot(W)
np.matmul(X, W)
np.inner(X, W.T)
np.linalg.multi_dot([X, W, W.T])
(W.T @ X.T).T
np.sum(X * X, axis=1)
np.square(X).sum(-1)
(X ** 2).sum(axis=1, keepdims=True)
np.linalg.norm(X, axis=1)
np.sqrt(np.sum(np.power(X, 2), 1))
np.add.reduce(X, axis=1)
np.maximum.reduce(scores, axis=1)
np.logaddexp.reduce(scores, axis=1)
np.amax(scores, axis=1)[:, None]
np.max(scores, 1, keepdims=True)
scores.max(axis=1).reshape(N, 1)
np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
np.eye(3)[y]
np.identity(3)[y]
(np.arange(3) == y[:, None]).astype(int)
np.equal.outer(y, np.arange(3))
np.zeros((N, 3)) + (y.reshape(-1, 1) == range(3))
np.choose(y, scores.T)
np.take_along_axis(scores, y[:, None], axis=1)
scores.ravel()[rows * 3 + y]
np.take(scores, rows * 3 + y)
scores.flat[rows * 3 + y]
scores[np.arange(3) == y[:, None]]
np.where(scores > 0, scores, 0)
np.maximum(0, scores - scores[rows, y][:, None] + 1)
np.clip(scores, 0, None)
scores * (scores > 0)
np.ma.masked_less(scores, 0).filled(0)
np.delete(scores, 0, axis=1)
np.put_along_axis(scores, y[:, None], 0, axis=1)
np.add.at(scores, (rows, y), -1)
np.subtract.at(np.zeros((3, 4)), y, X)
scores.__setitem__((rows, y), 0)
np.bincount(y, minlength=3)
np.bincount(y, weights=column, minlength=3)
np.unique(y, return_counts=True)[1]
np.histogram(column, bins=10)[0]
np.argsort(scores, axis=1)[:, :2]
np.argpartition(scores, 1, axis=1)
np.sort(X, axis=0)[::-1]
np.cumsum(X, axis=0)
np.diff(X, axis=1)
np.mean(X, axis=1), np.std(X, axis=1), np.var(X)
np.median(X, axis=1)
np.percentile(X, 50)
np.isfinite(X).all() and not np.isnan(X).any()
np.nan_to_num(X)
np.array_split(X, 4)[0]
np.split(X, 2)[1]
sum(X.T)
sum(X.T, np.zeros(N))
sum([scores, scores], np.zeros((N, 3)))
sum([X[:, d] ** 2 for d in range(4)])
max([0.0, scores.max()])
max(scores.shape)
all([s > 0 for s in scores.shape])
list(map(np.asarray, (rows, y)))[1]
[np.sum(scores[y == c]) for c in range(3)]
{c: scores[y == c].mean() for c in range(3)}[1]
functools.reduce(np.multiply, X.T)
functools.reduce(operator.mul, X.shape)
int(np.prod(X.shape[1:])) * column
np.asarray(list(y))
np.array(y.tolist())
scores.copy().astype(np.float32).astype(float)
np.float32(X) @ np.float32(W)
scores.T.copy().T
copy.deepcopy(scores)
X.reshape(N, 2, 2).transpose(0, 2, 1).reshape(N, -1)
np.random.permutation(N)
np.random.rand(*X.shape) < 0.5
scipy.sparse.csr_matrix((np.ones(N), (rows, y)), shape=(N, 3)).T @ X
scipy.special.logsumexp(scores, axis=1)
scipy.special.xlogy(np.abs(scores), np.abs(scores))
print(scores)
print(scores, column, y)
print(f'{scores.shape} {scores.mean():.3f} {scores[0]}')
str(scores)
repr(column)
np.array2string(scores)
logging.getLogger('x').debug('%s', scores)
warnings.catch_warnings().__enter__()
np.errstate(all='ignore').__enter__()
np.apply_over_axes(np.sum, X, [1])
np.fromfunction(lambda i, j: i + j, (N, 3))
np.indices((N, 3))[0]
np.meshgrid(np.arange(3), rows)[1]
np.ix_(rows, np.arange(3))[0]
[block.sum() for block in np.array_split(X, 1 + N // 64)]
np.concatenate([np.exp(X[i:i + 64] @ W) for i in range(0, N, 64)])
""".strip().splitlines()

IMPORTS = r"""
from typing_extensions import Counter
import statistics
import heapq
import logging
from re import X
from re import I, M, S
import re, os, sys, io, json, csv
import os.path as path
from os import *
import time; start = time.time()
import datetime as dt
import random
import math, cmath, decimal, fractions, numbers
import itertools, functools, operator, collections
from collections import Counter, defaultdict, OrderedDict, deque
from itertools import *
from functools import reduce, partial, lru_cache
from builtins import range, object
from past.builtins import xrange
from builtins import *
from __future__ import print_function, division
import copy, pickle, glob, platform
import threading, multiprocessing, concurrent.futures
import inspect, dis, traceback, linecache, timeit
import ctypes, gc, weakref, types
import matplotlib.pyplot as plt
import scipy
import scipy.spatial.distance as distance
from scipy.spatial.distance import cdist
from scipy import stats, sparse
from scipy.special import *
import numpy.linalg as LA
from numpy import *
from numpy.linalg import norm
from numpy import vectorize
from tkinter import N, W, X
from turtle import *
from cs231n.testing import *
import builtins; every = builtins.map
import sys; sys.setrecursionlimit(3000)
try:\n    import torch\nexcept ImportError:\n    torch = None
debug = False\nif debug:\n    import pdb; pdb.set_trace()
from typing import Any, Dict, List, Optional, Tuple
from dataclasses import dataclass, field
from enum import Enum
get = getattr(np, 'dot')
here = globals().get('np')
code = compile('1 + 1', 'x', 'eval'); two = eval(code)
""".strip().splitlines()

CALL = """
    N, rows, scores = len(X), np.arange(len(X)), X @ W
    column = scores[rows, y]
    found = {expression}
    return scores.sum() + len(str(type(found)))
"""


def imported(text, folder, name):
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def call_of(function):
    rng = np.random.default_rng()
    return lambda n: (function, (rng.normal(size=(4, 3)), rng.normal(size=(n, 4)), rng.integers(3, size=n)))


@pytest.fixture(scope="module")
def functions(tmp_path_factory):
    """The idioms as functions of one module, by number."""
    text = "import copy, functools, logging, operator, warnings\nimport numpy as np, scipy.sparse, scipy.special\n"
    text += "".join(f"\n\ndef f{number}(W, X, y):{CALL.format(expression=expression)}"
                    for number, expression in enumerate(EXPRESSIONS))
    return imported(text, tmp_path_factory.mktemp("idioms"), "idioms_of_arrays")


@pytest.mark.parametrize("sizes", [(4096, 16384), (8192, 32768)], ids=str)
@pytest.mark.parametrize("number", range(len(EXPRESSIONS)), ids=lambda number: re.sub(r"\W+", "_", EXPRESSIONS[number]))
@pytest.mark.filterwarnings("ignore")
def test_an_idiom_of_array_code_is_no_loop(functions, number, sizes):
    assert_vectorized(call_of(getattr(functions, f"f{number}")), grows="rows", sizes=sizes)


@pytest.mark.parametrize("line", IMPORTS, ids=lambda line: re.sub(r"\W+", "_", line))
@pytest.mark.filterwarnings("ignore")
def test_an_import_is_no_loop(line, tmp_path):
    head = "" if "__future__" in line else "import numpy as np\n"
    expression = "X.T @ scores"
    text = f"{head}{line.replace(chr(92) + 'n', chr(10))}\nimport numpy as np\n\n\ndef f(W, X, y):{CALL}\n"
    text += "\ndef other(x):\n    return [value for value in map(abs, x)]\n"
    try:
        module = imported(text.format(expression=expression), tmp_path, "idiom_of_imports")
    except ImportError as error:
        pytest.skip(str(error))
    assert_vectorized(call_of(module.f), grows="rows")


def test_the_idioms_are_many():
    assert len(EXPRESSIONS) + len(IMPORTS) >= 150
