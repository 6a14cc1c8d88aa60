"""Which code counts as vectorized: specimens of loops in disguise, and of honest code, judged by assert_vectorized.

Every specimen computes the right values (checked here), so that only the way it works differs, and what it costs.
"""
# ruff: noqa: B905, C4, E721, RET, SIM  the specimens are written as students write

import collections
import copy
import functools
import itertools
import math
import operator
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import reduce as fold

import numpy as np
import pytest
import scipy.sparse
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy import apply_along_axis as along
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from cs231n._counting import Probe
from cs231n._source import read_loops, source_of
from cs231n.testing import CheckFailed, assert_vectorized, interpreted_events

D, C, REG = 4, 3, 0.3      # few: the library for matrix products takes one thread
LOOPS, HONEST, CHEAP = [], [], []
CALL_NUMBER = itertools.count()       # no two calls have the same values

pytestmark = pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")


def loop(kind):
    return lambda function: LOOPS.append((kind, function.__name__)) or function


# Not told firmly, and so not at all: for a row these cost 0.1 to 2 microseconds, honest code up to 1.5: np.vstack of
# a column 0.9, blocks of sixteen images 0.7 to 1.1, blocks with einsum 1.4 (a specimen at 0.9 of
# the limit, a starmap of a ufunc, is not here: either verdict is fair). Both grow with n alike, whatever n is, and
# few columns leave honest code its share for each call too. Steps would tell them, and are the suspect's own word:
# they are believed only of a loop over single entries that stands in the source.
def cheap(kind):
    """A loop in C over what is there already, which costs about what array operations cost: it is noted at most."""
    return lambda function: CHEAP.append((kind, function.__name__)) or function


def honest(kind):
    return lambda function: HONEST.append((kind, function.__name__)) or function


# Calls of size n, and the right answers


METHODS = []          # of Neighbors, given to it at the end of this file's specimens


class Neighbors:
    """Its methods, the specimens of kind "train" and "test", return distances (num_test, num_train)."""

    def train(self, X, y):
        self.X_train, self.y_train = X, y


def make_call(kind, name, n):
    """A call of a specimen of size n: (function, args)."""
    rng = np.random.default_rng([n, next(CALL_NUMBER)])
    if kind in ("train", "test"):
        knn = Neighbors()
        num_test, num_train = (3, n) if kind == "train" else (n, 3)
        knn.train(rng.normal(size=(num_train, D)), rng.integers(0, C, num_train))
        return getattr(knn, name), (rng.normal(size=(num_test, D)),)
    if kind == "affine":
        return globals()[name], (rng.normal(size=(n, 2, 3)), rng.normal(size=(6, 2)), rng.normal(size=2))
    X, y = rng.normal(size=(n, D)), rng.integers(0, C, n)
    return globals()[name], (rng.normal(size=(D, C)), X, y, REG)


def right_answer(kind, function, args):
    if kind in ("train", "test"):
        return cdist(args[0], function.__self__.X_train)
    if kind == "affine":
        x, w, b = args
        return x.reshape(len(x), -1) @ w + b
    W, X, y, reg = args
    scores = X @ W
    picked = scores[np.arange(len(y)), y][:, None]
    if kind == "svm":
        losses = np.maximum(0, scores - picked + 1).sum(axis=1) - 1
    else:
        losses = logsumexp(scores, axis=1) - picked[:, 0]
    return losses.mean() + reg * np.sum(W**2)


GROWS = {
    "train": "the number of training rows", "test": "the number of test rows", "svm": "the number of examples",
    "softmax": "the number of examples", "affine": "the number of examples",
}


CALLS = {"train": 11, "test": 11}     # of a loop over pairs, with three of them for each of n


def judge(kind, name):
    assert_vectorized(lambda n: make_call(kind, name, n), grows=GROWS[kind], calls=CALLS.get(kind, 5))


def method(function):
    """A specimen as a method, as KNearestNeighbor has them."""
    METHODS.append(function)
    return function


def norm(a, b):
    return np.sqrt(np.sum((a - b) ** 2))


# Loops in disguise: nearest neighbors


@loop("train")
@loop("test")
@method
def two_loops(self, X):
    dists = np.zeros((len(X), len(self.X_train)))
    for i in range(len(X)):
        for j in range(len(self.X_train)):
            dists[i, j] = np.sqrt(np.sum((X[i] - self.X_train[j]) ** 2))
    return dists


@loop("test")
@method
def one_loop(self, X):
    dists = np.zeros((len(X), len(self.X_train)))
    for i in range(len(X)): dists[i] = np.sqrt(np.sum((X[i] - self.X_train) ** 2, axis=1))  # noqa: E701
    return dists


@loop("train")
@method
def delegates_to_a_loop(self, X):
    return self.two_loops(X)


@loop("train")
@loop("test")
@method
def list_comprehension(self, X):
    return np.array([[norm(x, t) for t in self.X_train] for x in X])


@loop("test")
@method
def comprehension_of_c_calls(self, X):
    return np.sqrt(np.array([((x - self.X_train) ** 2).sum(1) for x in X]))


@loop("test")
@method
def generator_into_stack(self, X):
    rows = (np.sqrt(((x - self.X_train) ** 2).sum(1)) for x in X)
    return np.stack(list(rows))


@loop("test")
@method
def own_generator(self, X):
    def rows():
        i = 0
        while i < len(X):
            yield np.sqrt(((X[i] - self.X_train) ** 2).sum(1))
            i += 1
    return np.array(list(rows()))


@loop("train")
@method
def map_of_a_lambda(self, X):
    return np.array(list(map(lambda t: np.sqrt(((X - t) ** 2).sum(1)), self.X_train))).T


@cheap("train")
@method
def map_of_a_bound_method(self, X):
    squares = (X**2).sum(1)[:, None] + (self.X_train**2).sum(1)
    return np.sqrt(squares - 2 * np.array(list(map(X.dot, self.X_train))).T)


@cheap("train")
@method
def map_over_indices(self, X):
    rows = map(self.X_train.__getitem__, range(len(self.X_train)))
    return np.sqrt(sum(np.square(X[:, None] - np.array(list(rows))).T)).T


@loop("test")
@method
def recursion(self, X):
    if len(X) == 1:
        return np.sqrt(((X - self.X_train) ** 2).sum(1))[None]
    half = len(X) // 2
    return np.concatenate([self.recursion(X[:half]), self.recursion(X[half:])])


@loop("test")
@method
def numpy_vectorize(self, X):
    rows, cols = np.indices((len(X), len(self.X_train)))
    return np.vectorize(lambda i, j: norm(X[i], self.X_train[j]))(rows, cols)


@loop("train")
@method
def vectorize_of_a_builtin(self, X):
    squares = ((X[:, None] - self.X_train) ** 2).sum(-1)
    return np.vectorize(math.sqrt)(squares)


@loop("train")
@method
def frompyfunc_of_a_builtin(self, X):
    squares = ((X[:, None] - self.X_train) ** 2).sum(-1)
    return np.frompyfunc(math.sqrt, 1, 1)(squares).astype(float)


@loop("test")
@method
def along_an_axis(self, X):
    return along(lambda x: np.sqrt(((x - self.X_train) ** 2).sum(1)), 1, X)


@loop("test")
@method
def along_an_axis_in_c(self, X):
    return along(np.linalg.norm, 2, X[:, None] - self.X_train)


@loop("test")
@method
def threads(self, X):
    dists = np.zeros((len(X), len(self.X_train)))

    def fill():
        for i in range(len(X)):
            dists[i] = np.sqrt(((X[i] - self.X_train) ** 2).sum(1))
    worker = threading.Thread(target=fill)
    worker.start()
    worker.join()
    return dists


@loop("test")
@method
def thread_pool(self, X):
    with ThreadPoolExecutor(2) as pool:
        return np.array(list(pool.map(functools.partial(row_of_distances, self.X_train), X)))


def row_of_distances(X_train, x):
    return np.sqrt(((x - X_train) ** 2).sum(1))


@loop("test")
@method
def split_into_rows(self, X):
    return np.concatenate(list(map(cdist, np.split(X, len(X)), itertools.repeat(self.X_train))))


@cheap("test")
@method
def nested_lists(self, X):
    pairs = zip(*itertools.product(X.tolist(), self.X_train.tolist()))
    return np.array(list(map(math.dist, *pairs))).reshape(len(X), -1)


# Loops in disguise: losses


def hinge(scores, y):
    return sum(max(0, s - scores[y] + 1) for j, s in enumerate(scores) if j != y)


@loop("svm")
def enumerate_loop(W, X, y, reg):
    loss = 0
    for i, x in enumerate(X):
        loss += np.maximum(0, np.delete(x @ W - x @ W[:, y[i]] + 1, y[i])).sum()
    return loss / len(X) + reg * np.sum(W**2)


@loop("svm")
def helper_per_row(W, X, y, reg):
    return sum(map(hinge, X @ W, y)) / len(X) + reg * np.sum(W**2)


@loop("svm")
def two_rows_at_a_time(W, X, y, reg):
    loss, i = 0, 0
    while i < len(X): loss += vectorized_hinge(W, X[i:i + 2], y[i:i + 2]).sum(); i += 2  # noqa: E701, E702
    return loss / len(X) + reg * np.sum(W**2)


def vectorized_hinge(W, X, y):
    scores = X @ W
    return np.maximum(0, scores - scores[range(len(y)), y][:, None] + 1).sum(axis=1) - 1


@cheap("svm")
def builtin_sum(W, X, y, reg):
    return sum(vectorized_hinge(W, X, y)) / len(X) + reg * np.sum(W**2)


@cheap("svm")
def reduce_over_rows(W, X, y, reg):
    return functools.reduce(operator.add, vectorized_hinge(W, X, y)) / len(X) + reg * np.sum(W**2)


@cheap("svm")
def reduce_by_another_name(W, X, y, reg):
    return fold(operator.add, np.array(vectorized_hinge(W, X, y))) / len(X) + reg * np.sum(W**2)


@cheap("svm")
def deque_as_a_motor(W, X, y, reg):
    losses = []
    collections.deque(map(losses.append, vectorized_hinge(W, X, y)), maxlen=0)
    return np.mean(losses) + reg * np.sum(W**2)


@cheap("svm")
def fill_by_setitem(W, X, y, reg):
    scores = X @ W
    picked = np.zeros_like(y, dtype=float)
    list(map(picked.__setitem__, range(len(y)), map(scores.item, range(len(y)), y)))
    losses = np.maximum(0, scores - picked[:, None] + 1).sum(axis=1) - 1
    return losses.mean() + reg * np.sum(W**2)


@cheap("softmax")
def python_floats(W, X, y, reg):
    exps = np.exp(X @ W)
    p = (exps[np.arange(len(y)), y] / exps.sum(axis=1)).tolist()
    return -sum(map(math.log, p)) / len(y) + reg * np.sum(W**2)


@cheap("softmax")
def python_floats_of_the_transpose(W, X, y, reg):
    exps = list(map(sum, zip(*np.exp(X @ W).T.tolist())))
    return np.mean(np.log(exps) - (X @ W)[np.arange(len(y)), y]) + reg * np.sum(W**2)


@cheap("softmax")
def flat_iterator(W, X, y, reg):
    exps = np.exp(X @ W)
    p = exps[np.arange(len(y)), y] / exps.sum(axis=1)
    return -sum(map(math.log, p.flat)) / len(y) + reg * np.sum(W**2)


@loop("softmax")
def class_with_a_call(W, X, y, reg):
    return np.mean(list(map(CrossEntropy(W), X, y))) + reg * np.sum(W**2)


class CrossEntropy:
    def __init__(self, W):
        self.W = W

    def __call__(self, x, label):
        scores = x @ self.W
        return np.log(np.sum(np.exp(scores))) - scores[label]


@loop("softmax")
def only_the_loss_in_a_list(W, X, y, reg):
    scores = X @ W
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return -sum([logs[i, y[i]] for i in range(len(y))]) / len(y) + reg * np.sum(W**2)


@loop("softmax")
def only_the_right_entries_by_while(W, X, y, reg):
    scores = X @ W
    right, i = np.zeros(len(y)), 0
    while i < len(y):
        right[i] = scores[i][y[i]]
        i += 1
    return (np.log(np.exp(scores).sum(axis=1)) - right).mean() + reg * np.sum(W**2)


@loop("softmax")
def only_the_right_entries_by_map(W, X, y, reg):
    scores = X @ W
    right = np.array(list(map(lambda row, label: row[label], scores, y)))
    return (np.log(np.exp(scores).sum(axis=1)) - right).mean() + reg * np.sum(W**2)


@honest("softmax")
def entries_of_classes_and_of_a_few_rows(W, X, y, reg):
    scores = X @ W
    right = np.zeros(len(y))
    for c in range(W.shape[1]):
        right[y == c] = scores[y == c, c]
    for i in range(min(3, len(y))):
        right[i] = scores[i, y[i]]
    assert all(right[i] == scores[i, y[i]] for i in range(min(50, len(y))))
    return (np.log(np.exp(scores).sum(axis=1)) - right).mean() + reg * np.sum(W**2)


@loop("softmax")
def exec_of_a_loop(W, X, y, reg):
    names = {"scores": X @ W, "y": y, "np": np, "loss": 0}
    exec("for s, k in zip(scores, y): loss += np.log(np.exp(s).sum()) - s[k]", names)
    return names["loss"] / len(y) + reg * np.sum(W**2)


@loop("softmax")
def vectorized_at_module_level(W, X, y, reg):
    exps = np.exp(X @ W)
    return -LOG(exps[np.arange(len(y)), y] / exps.sum(axis=1)).mean() + reg * np.sum(W**2)


LOG = np.vectorize(math.log)


@loop("softmax")
def dictionary(W, X, y, reg):
    losses = {i: np.log(np.exp(s).sum()) - s[k] for i, (s, k) in enumerate(zip(X @ W, y))}
    return sum(losses.values()) / len(y) + reg * np.sum(W**2)


@loop("softmax")
def walrus(W, X, y, reg):
    i, loss = -1, 0.0
    while (i := i + 1) < len(y):
        loss += logsumexp(X[i] @ W) - X[i] @ W[:, y[i]]
    return loss / len(y) + reg * np.sum(W**2)


@loop("softmax")
def trace_turned_off(W, X, y, reg):
    hide = getattr(sys, "set" + "trace")
    hide(None)
    return walrus(W, X, y, reg)


@loop("affine")
def row_by_row(x, w, b):
    return np.array([row.ravel() @ w + b for row in x])


@loop("affine")
def numpy_iterator(x, w, b):
    out = x.reshape(len(x), -1) @ w
    return np.array(list(map(operator.add, np.nditer(out.copy()), itertools.cycle(b)))).reshape(out.shape)


@cheap("affine")
def sorted_rows(x, w, b):
    rows = sorted(enumerate(x.reshape(len(x), -1) @ w + b), key=operator.itemgetter(0))
    return np.array(list(map(operator.itemgetter(1), rows)))


# Honest code: nearest neighbors


@honest("train")
@honest("test")
@method
def expanded_square(self, X):
    squares = np.sum(X**2, axis=1, keepdims=True) + np.sum(self.X_train**2, axis=1) - 2 * X.dot(self.X_train.T)
    return np.sqrt(squares)


@honest("train")
@honest("test")
@method
def broadcasting(self, X):
    return np.linalg.norm(X[:, np.newaxis, :] - self.X_train[np.newaxis], axis=-1)


@honest("train")
@honest("test")
@method
def scipy_distances(self, X):
    return cdist(X, self.X_train, "euclidean")


@honest("train")
@honest("test")
@method
def einsum_everywhere(self, X):
    xx = np.einsum("ij,ij->i", X, X, optimize=True)
    tt = np.einsum("ij,ij->i", self.X_train, self.X_train, optimize="optimal")
    xt = np.einsum("ik,jk->ij", X, self.X_train, optimize=np.einsum_path("ik,jk->ij", X, self.X_train)[0])
    return np.sqrt(xx[:, None] + tt - 2 * xt)


@honest("train")
@honest("test")
@method
def blocks_of_rows(self, X):
    dists = np.zeros((X.shape[0], self.X_train.shape[0]))
    size = 16
    for i in range(0, X.shape[0], size):
        rows = slice(i, min(i + size, X.shape[0]))
        block = X[rows]
        for j in range(0, self.X_train.shape[0], size):
            cols = slice(j, min(j + size, self.X_train.shape[0]))
            train = self.X_train[cols]
            xx = np.sum(np.square(block), axis=1, keepdims=True)
            tt = np.sum(np.square(train), axis=1)
            product = np.dot(block, train.T)
            squares = xx + tt
            squares -= 2 * product
            squares = np.maximum(squares, 0)
            dists[rows, cols] = np.sqrt(squares)
    return dists


@honest("train")
@honest("test")
@method
def blocks_with_einsum(self, X):
    T = self.X_train
    return np.concatenate([
        np.sqrt(np.einsum("ijk,ijk->ij", X[i:i + 16, None] - T, X[i:i + 16, None] - T, optimize=True))
        for i in range(0, len(X), 16)])


@honest("train")
@method
def one_loop_over_test_rows(self, X):
    dists = np.zeros((len(X), len(self.X_train)))
    for i in range(len(X)):
        dists[i, :] = np.sqrt(np.sum(np.square(self.X_train - X[i, :]), axis=1))
    return dists


@honest("train")
@honest("test")
@method
def in_place_with_out(self, X):
    dists = np.empty((len(X), len(self.X_train)))
    np.dot(X, self.X_train.T, out=dists)
    dists *= -2
    dists += np.square(X).sum(axis=1).reshape(-1, 1)
    np.add(dists, np.square(self.X_train).sum(axis=1), out=dists)
    dists[dists < 0] = 0
    return np.sqrt(dists, out=dists)


@honest("train")
@honest("test")
@method
def matrices(self, X):
    A, B = np.matrix(X), np.asmatrix(self.X_train)
    return np.asarray(np.sqrt(np.multiply(A, A).sum(1) + np.multiply(B, B).sum(1).T - 2 * A * B.T))


@honest("train")
@honest("test")
@method
def insists_on_plain_arrays(self, X):
    assert type(X) is np.ndarray and type(self.X_train) == np.ndarray
    return np.sqrt(((X[:, None] - self.X_train) ** 2).sum(axis=2))


@honest("train")
@method
def tiles_and_swaps(self, X):
    tiled = np.tile(self.X_train, (len(X), 1, 1))
    repeated = np.repeat(X, len(self.X_train), axis=0).reshape(tiled.shape)
    return np.sqrt(np.moveaxis((tiled - repeated) ** 2, -1, 0).sum(axis=0)).copy()


@honest("train")
@method
def loop_over_features(self, X):
    squares = 0
    for x, t in zip(X.T, self.X_train.T):
        squares = squares + np.subtract.outer(x, t) ** 2
    return np.sqrt(squares)


# Honest code: losses and layers


@honest("svm")
def ranges_as_indices(W, X, y, reg):
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[range(len(y)), list(y)].reshape(-1, 1) + 1)
    margins[range(len(y)), list(y)] = 0
    return np.sum(margins) / len(y) + reg * np.sum(W * W)


@honest("svm")
def labels_as_a_list(W, X, y, reg):
    labels = y.tolist()
    scores = X @ W
    margins = scores - scores[np.arange(len(labels)), labels][:, None] + 1
    margins[margins < 0] = 0
    return margins.sum() / len(labels) - 1 + reg * np.sum(W * W)


@honest("svm")
def one_hot(W, X, y, reg):
    hot = np.eye(W.shape[1])[y]
    scores = X @ W
    margins = np.where(hot == 1, 0, np.maximum(0, scores - (scores * hot).sum(axis=1, keepdims=True) + 1))
    return margins.sum(axis=1).mean() + reg * np.linalg.norm(W) ** 2


@honest("svm")
def choose(W, X, y, reg):
    scores = np.matmul(X, W)
    picked = np.choose(y, scores.T)[:, None]
    return np.clip(scores - picked + 1, 0, None).sum() / X.shape[0] - 1 + reg * (W**2).sum()


@honest("svm")
def take_along_axis(W, X, y, reg):
    scores = X @ W
    margins = scores - np.take_along_axis(scores, y[:, None], axis=1) + 1
    np.put_along_axis(margins, y[:, None], 0, axis=1)
    return margins[margins > 0].sum() / len(X) + reg * np.vdot(W, W)


@honest("svm")
def sparse_masks(W, X, y, reg):
    N = X.shape[0]
    mask = scipy.sparse.csr_matrix((np.ones(N), (np.arange(N), y)), shape=(N, W.shape[1]))
    scores = X @ W
    picked = mask.multiply(scores).sum(axis=1)
    margins = np.maximum(0, np.asarray(scores - picked + 1))
    counts = scipy.sparse.csr_matrix(margins > 0).sum(axis=1)
    assert counts.shape == (N, 1) and (mask.T @ X).shape == W.T.shape
    return margins.sum() / N - 1 + reg * np.sum(W**2)


@honest("svm")
def scatter_and_count(W, X, y, reg):
    scores = X @ W
    picked = scores.ravel()[y + np.arange(len(y)) * scores.shape[1]]
    margins = np.maximum(0, (scores.T - picked + 1).T)
    by_class = np.zeros(W.shape[1])
    np.add.at(by_class, y, margins.sum(axis=1) - 1)
    assert np.allclose(by_class, np.bincount(y, weights=margins.sum(axis=1) - 1, minlength=W.shape[1]))
    assert np.unique(y, return_counts=True)[1].sum() == len(y)
    return by_class.sum() / len(y) + reg * np.sum(W**2)


@honest("svm")
def sorted_and_masked(W, X, y, reg):
    order = np.argsort(y, kind="stable")
    scores = (X @ W)[order]
    mask = np.zeros(scores.shape, dtype=bool)
    mask[np.arange(len(y)), np.sort(y)] = True
    margins = np.maximum(0, scores[~mask].reshape(len(y), -1) - scores[mask][:, None] + 1)
    return margins.sum() / len(y) + reg * np.add.reduce(np.square(W), axis=None)


@honest("svm")
def loop_over_classes(W, X, y, reg):
    scores = X @ W
    picked = scores[np.arange(len(y)), y]
    loss = 0
    for c in range(W.shape[1]):
        loss += np.maximum(0, scores[:, c] - picked + 1)[y != c].sum()
    return loss / len(y) + reg * np.sum(W**2)


@honest("softmax")
def shifted(W, X, y, reg):
    scores = X @ W
    scores -= scores.max(axis=1, keepdims=True)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(p[np.arange(len(y)), y]))
    p[np.arange(len(y)), y] -= 1
    dW = np.dot(X.T, p) / len(y)
    dW += 2 * reg * W
    return loss + reg * np.sum(W**2)


@honest("softmax")
def scipy_logsumexp(W, X, y, reg):
    scores = X @ W
    return (logsumexp(scores, axis=1) - scores[range(len(y)), y]).mean() + reg * np.sum(W**2)


@honest("softmax")
def einsum_and_one_hot(W, X, y, reg):
    hot = (np.arange(W.shape[1]) == y[:, None]).astype(X.dtype)
    scores = np.einsum("nd,dc->nc", X, W)
    return np.mean(np.log(np.exp(scores).sum(1)) - np.einsum("nc,nc->n", scores, hot)) + reg * np.einsum("dc,dc", W, W)


@honest("softmax")
def local_helpers(W, X, y, reg):
    def log_softmax(scores):
        return scores - np.log(np.sum(np.exp(scores), axis=-1, keepdims=True))
    N, _ = X.shape
    rows, labels = map(np.asarray, (range(N), y))
    return -log_softmax(X @ W)[rows, labels].sum() / N + reg * np.sum(W**2)


@honest("softmax")
def float32(W, X, y, reg):
    scores = (X.astype(np.float32) @ W.astype(np.float32)).astype(np.float64)
    with np.errstate(all="ignore"):
        loss = -np.log(np.exp(scores)[np.arange(len(y)), y] / np.exp(scores).sum(1)).mean()
    return loss + reg * np.sum(W**2)


@honest("softmax")
def blocks_of_sixteen(W, X, y, reg):
    total = 0.0
    for start in range(0, len(X), 16):
        scores = X[start:start + 16] @ W
        labels = y[start:start + 16]
        rows = np.arange(len(labels))
        total += np.sum(np.log(np.sum(np.exp(scores), axis=1))) - np.sum(scores[rows, labels])
    return total / len(X) + reg * np.sum(W**2)


@honest("softmax")
def many_prints_and_shapes(W, X, y, reg):
    N, D_, C_ = X.shape[0], X.shape[1], W.shape[1]
    assert W.shape == (D_, C_), f"{X.shape} {W.shape}"
    print(N, X[0], X.mean())
    scores = X @ W
    return float(np.mean(np.log(np.exp(scores).sum(1)) - scores[np.arange(N), y])) + reg * np.sum(W**2)


@honest("affine")
def reshape_and_dot(x, w, b):
    return x.reshape(x.shape[0], np.prod(x.shape[1:])).dot(w) + b


@honest("affine")
def sum_of_outer_products(x, w, b):
    flat = np.ascontiguousarray(x).reshape(len(x), -1)
    out = np.zeros((len(x), w.shape[1]))
    for k in range(w.shape[0]):
        out += np.outer(flat[:, k], w[k])
    out += b[np.newaxis, :]
    return out


@honest("affine")
def tensordot(x, w, b):
    return np.tensordot(x, w.reshape(2, 3, -1), axes=2) + b


@honest("affine")
def stacked_ones(x, w, b):
    flat = np.hstack([x.reshape(len(x), -1), np.ones((len(x), 1))])
    return flat @ np.vstack([w, b])


# The verdicts


def specimen_id(specimen):
    return "-".join(specimen)


@pytest.mark.parametrize("kind, name", LOOPS, ids=map(specimen_id, LOOPS))
def test_a_loop_in_disguise_is_caught(kind, name):
    function, args = make_call(kind, name, 64)
    if name != "trace_turned_off":
        np.testing.assert_allclose(function(*args), right_answer(kind, function, args), rtol=1e-6)
    with pytest.raises(CheckFailed):
        judge(kind, name)


for specimen in METHODS:
    setattr(Neighbors, specimen.__name__, specimen)


@pytest.mark.parametrize("kind, name", HONEST, ids=map(specimen_id, HONEST))
def test_honest_code_is_accepted(kind, name):
    function, args = make_call(kind, name, 64)
    np.testing.assert_allclose(function(*args), right_answer(kind, function, args), rtol=1e-5)
    judge(kind, name)


@pytest.mark.parametrize("kind, name", CHEAP, ids=map(specimen_id, CHEAP))
def test_a_loop_in_c_that_costs_as_little_as_array_operations_is_noted_at_most(kind, name, capsys):
    function, args = make_call(kind, name, 64)
    np.testing.assert_allclose(function(*args), right_answer(kind, function, args), rtol=1e-5)
    judge(kind, name)
    assert capsys.readouterr().out.count("Note: ") <= 1


# What stands around the count


@given(st.sampled_from(LOOPS + HONEST), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_counting_again_gives_the_same_number(specimen, n):
    if specimen[1] == "trace_turned_off":
        return
    function, args = make_call(*specimen, n)
    interpreted_events(function, args)  # caches and late imports are warm now
    assert interpreted_events(function, args) == interpreted_events(function, args)


def test_the_busiest_place_of_a_loop_is_its_line_and_of_blocks_a_fraction_of_it():
    function, args = make_call("test", "one_loop", 200)
    assert 200 <= interpreted_events(function, args) <= 203
    function, args = make_call("softmax", "blocks_of_sixteen", 320)
    assert 20 <= interpreted_events(function, args) <= 60


def test_arguments_and_attributes_are_left_as_they_were():
    def greedy(self, X):
        X[:] = 0
        self.seen, self.X_train = X[:3], self.X_train * 2
        self.y_train += 1
        self.params["W"] = self.params["W"][1:]
        self.params["new"] = self.params["b"]
    knn = Neighbors()
    knn.train(np.ones((5, 2)), np.arange(5))
    knn.kept, X, y = np.ones(3), np.ones((4, 2)), knn.y_train
    knn.params = {"W": np.ones((3, 2)), "b": np.ones(2)}
    kept, params, b = knn.kept, knn.params, knn.params["b"]
    interpreted_events(greedy.__get__(knn), (X,))
    assert np.all(X == 1)
    assert knn.kept is kept and knn.y_train is y and np.array_equal(y, np.arange(5) + 1)
    assert type(knn.X_train) is np.ndarray and np.all(knn.X_train == 2)
    assert knn.params is params and params["b"] is b and params["W"].shape == (2, 2) and params["new"].shape == (2,)
    assert not any(isinstance(value, Probe) for value in [*vars(knn).values(), *params.values()])


def test_the_trace_function_and_that_of_threads_are_put_back():
    def traced(frame, event, arg):
        return None
    before, before_in_threads = sys.gettrace(), threading.gettrace()
    threading.settrace(traced)
    sys.settrace(traced)
    try:
        interpreted_events(*make_call("test", "threads", 10))
        after, after_in_threads = sys.gettrace(), threading.gettrace()
        with pytest.raises(ZeroDivisionError):
            interpreted_events(lambda: 1 / 0, ())
        after_error = sys.gettrace()
    finally:
        sys.settrace(before)
        threading.settrace(before_in_threads)
    assert after is traced and after_in_threads is traced and after_error is traced


def test_an_error_of_the_function_comes_through_unchanged():
    class Odd(Exception):
        pass

    def raises_odd(X):
        raise Odd(X.shape)
    with pytest.raises(Odd, match=r"\(7, 2\)") as failure:
        assert_vectorized(lambda n: (raises_odd, (np.ones((7, 2)),)), grows="rows")
    assert failure.value.__context__ is None

    def stub(X):
        raise NotImplementedError("stub is not implemented yet")
    with pytest.raises(NotImplementedError, match="stub is"):
        assert_vectorized(lambda n: (stub, (np.ones((n, 2)),)), grows="rows")


CACHE = {}


def warms_up(X):
    if not CACHE:
        import decimal  # noqa: F401
        CACHE.update({i: math.sqrt(i) for i in range(3000)})
    return X.sum()


def test_a_first_call_that_imports_and_caches_is_no_loop():
    assert_vectorized(lambda n: (warms_up, (np.ones((n, 2)),)), grows="rows")


def test_the_message_names_the_growth_and_the_line():
    with pytest.raises(CheckFailed) as failure:
        judge("affine", "row_by_row")
    line = row_by_row.__code__.co_firstlineno + 2
    message = str(failure.value)
    assert message.startswith("row_by_row loops in Python over the number of examples.")
    assert " of processor time for " in message
    assert "257 times for 256" in message and f"line {line}: comprehension (test_counting.py)" in message


def test_a_disguise_is_named_with_its_line():
    with pytest.raises(CheckFailed) as failure:
        judge("train", "vectorize_of_a_builtin")
    line = vectorize_of_a_builtin.__code__.co_firstlineno + 4
    assert f"line {line}: numpy.vectorize" in str(failure.value)


def test_turning_the_trace_off_changes_nothing():
    with pytest.raises(CheckFailed, match=r"(?s)loops in Python over.*line \d+: while"):
        judge("softmax", "trace_turned_off")


# Reading the source


def disguised(text, name="f"):
    return [what for _, what in read_loops(text, name)[1]]


@pytest.mark.parametrize("text", [
    "import numpy as np\ndef f(x): return np.vectorize(abs)(x)",
    "import numpy\ndef f(x): return numpy.lib.apply_along_axis(abs, 0, x)",
    "from numpy import vectorize as fast\ndef f(x): return fast(abs)(x)",
    "from numpy import *\ndef f(x): return vectorize(abs)(x)",
    "def f(x):\n    from functools import reduce\n    return reduce(max, x)",
    "import functools as ft\ndef f(x): return ft.reduce(max, x)",
    "from past.builtins import reduce\ndef f(x): return reduce(max, x)",
    "from itertools import starmap\ndef g(x): return starmap(pow, x)\ndef f(x): return g(x)",
    "import numpy as np\ntry:\n    v = np.frompyfunc(abs, 1, 1)\nexcept OSError:\n    v = 0\ndef f(x): return v(x)",
    "import numpy as np\nclass A:\n    go = np.vectorize(abs)\n    def f(self, x): return self.go(x)",
    "import numpy as np\nclass A:\n    def __init__(self): np.nditer\ndef f(x): return A()",
    "import numpy as np\nv = getattr(np, 'vector' + 'ize')\ndef f(x): return v(abs)(x)",
])
def test_disguises_are_found_by_whatever_name(text):
    assert len(set(disguised(text) + disguised(text, "A.f"))) == 1


@pytest.mark.parametrize("text", [
    "import numpy as np\ndef f(x): return np.add.reduce(x) + np.logical_and.reduce(x)",
    "from numpy import add\ndef f(x): return add.reduce(x)",
    "import numpy as np\ndef f(x): return x.sum()\ndef g(x): return np.vectorize(abs)(x)",
    "def vectorize(x): return x\ndef f(x): return vectorize(x)",
    "class A:\n    def vectorize(self, x): return x\n    def f(self, x): return self.vectorize(x)",
    "def f(x):\n    'without np.vectorize or reduce'\n    return x  # np.vectorize",
    "from functools import reduce\ndef f(x): return x.sum()",
    "def f(x): return (",
    "",
])
def test_other_names_are_no_disguise(text):
    assert disguised(text) == [] == disguised(text, "A.f")


def test_a_function_without_source_is_judged_by_its_events_alone():
    names = {"np": np}
    exec("def quick(x): return np.vectorize(abs)(x) * 0 + x.sum()\n"
         "def slow(x): return [np.abs(v).sum() for v in x]", names)
    assert source_of(names["quick"]) is None and source_of(np.sum) is None and source_of(len) is None
    with pytest.raises(CheckFailed, match="loops in Python over rows"):
        assert_vectorized(lambda n: (names["slow"], (np.ones(n),)), grows="rows")
    assert_vectorized(lambda n: (np.sum, (np.ones(n),)), grows="rows")


# A Probe is an ndarray


def in_place(x):
    x = x.copy()
    x += 1
    x[x > 2] *= 2
    x[:, 0] = 7
    x[[0, 1], [1, 2]] -= 3
    x.flat[::5] = 0
    x.T.flat[1] = 9
    x.flat = x.flat[::-1].copy()
    np.fill_diagonal(x, 5)
    np.add.at(x, ([0, 0], [1, 1]), 1)
    np.maximum(x, 0, out=x)
    x.sort(axis=0)
    x.resize(x.shape)
    return x


EXPRESSIONS = {
    "arithmetic": lambda x: -x + 2 * x - x / 3 + x**2 % 5 // 2 + abs(x),
    "comparison": lambda x: (x > 0) & (x <= 1) | (x == x[0, 0]) ^ ~(x != 0),
    "matmul": lambda x: x @ x.T + x.dot(x.T) + np.dot(x, x.T) + np.matmul(x, x.T) + np.inner(x, x),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, x, optimize=True) + np.tensordot(x, x, axes=(1, 1)),
    "norms": lambda x: np.linalg.norm(x, axis=1) + np.linalg.norm(x) + np.linalg.norm(x, ord=1),
    "decompositions": lambda x: np.linalg.svd(x)[1] + np.linalg.eigvalsh(x.T @ x) + np.linalg.pinv(x)[:, 0],
    "reductions": lambda x: x.sum() + x.mean(0).max() + np.var(x) + np.prod(x, axis=1).min() + np.ptp(x) + np.median(x),
    "order": lambda x: np.argsort(x, axis=1)[:, :2] + np.argmax(x) + np.argpartition(x, 1)[:, :1] * 0 + x.argmin(),
    "indices": lambda x: x[[0, 2, 1]][:, ::-1][..., None][np.newaxis, 1:].squeeze() + x[x[:, 0].argsort()][:2],
    "masks": lambda x: np.where(x > 0, x, 0)[np.any(x > 0, axis=1)].sum() + x[x > 0].sum() + np.count_nonzero(x > 0),
    "selection": lambda x: np.take_along_axis(x, x.argmax(axis=1)[:, None], axis=1) + x[np.arange(5), [0, 1, 2, 0, 1]],
    "choose": lambda x: np.choose([0, 1, 2, 0, 1], x.T) + np.select([x[:, 0] > 0], [x[:, 1]], x[:, 2]),
    "stacking": lambda x: np.vstack([x, np.hstack([x[:, :1], x[:, 1:]])]) + np.concatenate([x, x]) + np.tile(x, 1)[0],
    "splitting": lambda x: np.stack(np.array_split(x, 5)).sum(axis=1) + np.repeat(x[:1], 5, axis=0) + np.roll(x, 1),
    "shapes": lambda x: x.reshape(-1, 5).T.ravel().reshape(x.shape) + x.swapaxes(0, 1).T + np.moveaxis(x, 0, 1).T,
    "flattened": lambda x: x.flatten() + x.ravel("K") + x.T.reshape(-1),
    "padding": lambda x: np.pad(x, 1)[1:-1, 1:-1] + np.broadcast_to(x[0], x.shape) + np.expand_dims(x, 0)[0],
    "counting": lambda x: np.bincount(np.digitize(x.ravel(), [0]), minlength=3) + np.histogram(x, 3)[0],
    "unique": lambda x: np.unique(np.round(x), return_counts=True)[1].sum() + np.isin(x, x[0]).sum(),
    "cumulative": lambda x: np.cumsum(x, axis=0) + np.diff(x, axis=0, prepend=0) + np.clip(x, -1, 1) + np.nan_to_num(x),
    "in place": in_place,
    "sparse": lambda x: scipy.sparse.csr_matrix(x > 0).T @ x + (scipy.sparse.coo_matrix(x).T @ x),
    "sparse indices": lambda x: scipy.sparse.csr_matrix((x[:, 0], (np.arange(5), [0, 1, 2, 0, 1]))).toarray(),
    "scipy": lambda x: cdist(x, x) + logsumexp(x, axis=1) + scipy.special.softmax(x, axis=1).sum(),
    "matrix": lambda x: np.asarray(np.asmatrix(x) * np.matrix(x).T),
    "masked": lambda x: np.ma.masked_less(x, 0).sum(axis=0).filled(0),
    "dtypes": lambda x: x.astype(np.float32).astype(np.int8, casting="unsafe") + np.asarray(x, np.float16).nbytes,
    "lists": lambda x: np.array(x.tolist()) + np.array(list(x)) + np.array([row for row in x]) + np.asarray([x, x])[0],
    "numbers": lambda x: float(x[0, 0]) + x.item(3) + int(x.max()) + x[1][2] + [10, 20, 30][x[0].argmax()] + len(x),
    "words": lambda x: f"{x[0, 0]:.3f} {x.sum():.3f} {x.shape} {x[0]} {x.dtype}",
    "ones": lambda x: np.zeros_like(x) + np.ones_like(x) + np.full_like(x, 2) + np.eye(5)[np.arange(5) % 5][:, :3],
    "meshes": lambda x: np.add.outer(x[:, 0], x[0]) + np.ix_(x[:, 0], x[0])[0] + np.meshgrid(x[0], x[:, 0])[0],
    "reduce": lambda x: np.add.reduce(x, axis=1) + np.logaddexp.reduce(x, 1) + np.maximum.accumulate(x, axis=1)[:, 0],
    "copies": lambda x: x.copy() + np.array(x) + np.ascontiguousarray(x.T).T + np.asfortranarray(x) + copy.deepcopy(x),
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_probe_computes_what_an_array_computes(name, order):
    x = np.array(np.random.default_rng(5).normal(size=(5, 3)), order=order)
    expected = EXPRESSIONS[name](x.copy(order="K"))
    found = EXPRESSIONS[name](x.copy(order="K").view(Probe))
    assert np.array_equal(np.asarray(found), np.asarray(expected))
