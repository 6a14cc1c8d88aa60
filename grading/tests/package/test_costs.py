"""What tells a loop from array operations: costs, the yardsticks beside them, and what of a result is taken."""

import functools
import itertools
import threading
import time
from collections import namedtuple

import numpy as np
import pytest

from cs231n import _asked, _costs, _shortcuts, _yardsticks
from cs231n._shortcuts import read_shortcuts
from cs231n._source import hands_on_functions
from cs231n.classifiers.k_nearest_neighbor import KNearestNeighbor
from cs231n.classifiers.linear_svm import svm_loss_naive, svm_loss_vectorized
from cs231n.classifiers.softmax import softmax_loss_naive, softmax_loss_vectorized
from cs231n.testing import CheckFailed, assert_adds_up, assert_by_hand, assert_vectorized

LOSSES = {"svm": (svm_loss_naive, svm_loss_vectorized), "softmax": (softmax_loss_naive, softmax_loss_vectorized)}


def loss_call(function):
    rng = np.random.default_rng()
    return lambda n: (function, (rng.normal(size=(4, 3)), rng.normal(size=(n, 4)), rng.integers(3, size=n), 0.0))


def busy(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def least(*measures, until, times=40):
    """The least of each, measured in turn: a slow moment of one is none of all. Ends once `until` holds."""
    found = [float("inf")] * len(measures)
    for _ in range(times):
        found = [min(before, measure()) for before, measure in zip(found, measures, strict=True)]
        if until(*found):
            break
    return found


@pytest.mark.parametrize("name", LOSSES)
def test_the_reference_loops_cost_fifty_times_what_the_reference_without_loops_does(name):
    looped, vectorized = (functools.partial(lambda call: _costs._cost(call, 4096)[0], loss_call(function))
                          for function in LOSSES[name])
    arrays, calls = (functools.partial(measure, 4096)
                     for measure in (_yardsticks.array_operations, _yardsticks.call_for_each_row))

    def apart(looped, vectorized, arrays, calls):
        return looped > 50 * vectorized and vectorized < _costs.TIMES_ARRAYS * arrays and looped > 2 * calls
    found = least(looped, vectorized, arrays, calls, until=apart)
    assert apart(*found), found


@pytest.mark.parametrize("name", LOSSES)
def test_the_references_are_told_apart(name):
    looped, vectorized = (_costs.judge(loss_call(function)) for function in LOSSES[name])
    assert looped.looped and not vectorized.looped and not vectorized.doubtful


@pytest.mark.parametrize("slow", [{0, 1}, {2, 3}, {0, 1, 2, 3}])
def test_a_slow_moment_of_the_yardsticks_passes_no_loop(monkeypatch, slow):
    calls, looped = itertools.count(), _yardsticks._looped
    monkeypatch.setattr(_yardsticks, "_looped", lambda *args: looped(*args) * (20 if next(calls) in slow else 1))
    assert _costs.judge(loss_call(LOSSES["svm"][0])).looped


def test_a_slow_moment_of_what_is_judged_makes_no_loop(monkeypatch):
    calls, cost = itertools.count(), _costs._cost

    def slowly(make_call, n):
        seconds, call = cost(make_call, n)
        return seconds * (80 if next(calls) < 4 else 1), call
    monkeypatch.setattr(_costs, "_cost", slowly)
    assert not _costs.judge(loss_call(LOSSES["svm"][1])).looped


def test_beside_what_costs_as_little_as_array_operations_no_loop_is_measured(monkeypatch):
    measured, looped = [], _yardsticks._looped
    monkeypatch.setattr(_yardsticks, "_looped", lambda *args: measured.append(args) or looped(*args))
    verdict = _costs.judge(lambda n: (np.sum, (np.ones((n, 4)),)))
    assert not verdict.looped and not verdict.doubtful and not measured
    assert _costs.judge(loss_call(LOSSES["svm"][0])).looped and measured


def test_the_three_distances_are_told_apart_along_each_axis():
    def looped(name, **sizes):
        def call(n):
            shape = {"num_test": 3, "num_train": 3, "D": 4} | {size: n for size in sizes}
            neighbor = KNearestNeighbor()
            neighbor.train(np.random.randn(shape["num_train"], shape["D"]), np.zeros(shape["num_train"], dtype=int))
            return getattr(neighbor, name), (np.random.randn(shape["num_test"], shape["D"]),)
        return _costs.judge(call, calls=11).looped

    axes = ({"num_test": 0}, {"num_train": 0}, {"D": 0})
    assert [looped("compute_distances_two_loops", **axis) for axis in axes] == [True, True, False]
    assert [looped("compute_distances_one_loop", **axis) for axis in axes] == [True, False, False]
    assert [looped("compute_distances_no_loops", **axis) for axis in axes] == [False, False, False]


def test_the_time_of_other_threads_counts_and_waiting_does_not():
    def threaded(x):
        thread = threading.Thread(target=busy, args=(0.05,))
        thread.start()
        thread.join()
        return x
    def waits(x):
        threading.Event().wait(0.05)
        return x
    assert _costs.measured(threaded, (1.0,))[0] > 0.04
    waited, = least(lambda: _costs.measured(waits, (1.0,))[0], until=lambda seconds: seconds < 0.02)
    assert waited < 0.02


def test_a_fixed_cost_of_the_first_call_is_not_charged():
    seen = []
    def warms_up(W, X, y, reg):
        if not seen:
            seen.append(busy(0.2))
        return softmax_loss_vectorized(W, X, y, reg)
    assert not _costs.judge(loss_call(warms_up)).looped


def test_what_a_call_does_to_its_arguments_nobody_else_sees():
    X = np.ones((5, 2))
    _costs.measured(lambda X: X.fill(0), (X,))
    assert X.all()


def test_arrays_of_all_pairs_are_no_loop():
    """They cost too much, but next to nothing where there are few rows."""
    verdict = _costs.judge(lambda n: (lambda x: np.diag(np.outer(x, x) + x), (np.random.rand(n),)))
    assert not verdict.looped and verdict.doubtful and verdict.n == _costs.SIZES[0]


def test_a_loop_beside_such_arrays_is_one():
    def both(x, rows):
        most = np.diag(np.outer(x, x) + x)
        for i in range(len(x)):
            most[i:i + 1] + np.exp(rows[i]).sum()
        return most

    def call(n):
        return both, (np.random.rand(n), np.random.rand(n, 4))
    assert _costs.judge(call, loops=True).looped


class Subclass(np.ndarray):
    pass


@pytest.mark.parametrize("value", [
    3, 2.5, True, None, np.float32(1), np.int64(2), np.ones(3), np.ones((2, 2), dtype=bool), (1.0, np.ones(2)), [[1,
    2], [3]],
    {"W": np.ones(2)}, np.ma.masked_less(np.ones(2), 0),
])
def test_plain_data_is_taken(value):
    assert type(_costs.plain(value)) is type(value)


def test_a_named_tuple_is_taken_for_what_it_holds():
    class Lies(namedtuple("Lies", "loss dW")):
        def __iter__(self):
            raise AssertionError("it is not asked")
        __getitem__ = __len__ = __iter__

    taken = _costs.plain(Lies(1.0, [2]))
    assert type(taken) is tuple and taken == (1.0, [2])
    with pytest.raises(_costs.NotPlain):
        _costs.plain(Lies(1.0, iter([])))


@pytest.mark.parametrize("value", [
    np.ones(2).view(Subclass), (1.0, np.ones(2).view(Subclass)), np.array([object()]), iter([1]), (v for v in [1]),
    map(abs, [1]),
    type("Float", (float,), {})(1.0), type("List", (list,), {})([1]), type("Dict", (dict,), {})(), object(), len,
    type("Later", (), {"__array__": lambda self, dtype=None, copy=None: np.ones(2)})(),
])
def test_what_could_compute_when_it_is_read_is_not_taken(value):
    with pytest.raises(_costs.NotPlain):
        _costs.plain(value)
    with pytest.raises(CheckFailed, match="cannot be taken"):
        assert_vectorized(lambda n: (lambda x: value, (np.ones(n),)), grows="rows")


@pytest.mark.parametrize("seconds", [1 / 64, 1 / 100])
def test_a_clock_that_ticks_slowly_tells_them_apart_as_well(monkeypatch, seconds):
    """As on Windows, where processor time is told in 64ths of a second."""
    monkeypatch.setattr(_yardsticks, "TICK", seconds)
    monkeypatch.setattr(_costs, "_CLOCKS", tuple(lambda clock=clock: clock() // seconds * seconds
                                                 for clock in _costs._CLOCKS[:2]) + _costs._CLOCKS[2:])
    looped, vectorized = (_costs.judge(loss_call(function), loops="naive" in function.__name__).looped
                          for function in LOSSES["softmax"])
    assert looped and not vectorized


# What is right for few must hold for many


@pytest.mark.parametrize("spoil", [
    lambda loss, dW, n: (0.0, np.zeros_like(dW)) if n > 100 else (loss, dW),
    lambda loss, dW, n: (loss, dW) if n < 16 else (loss * 1.01, dW),
    lambda loss, dW, n: (loss, dW if n < 5000 else dW[::-1]),
], ids=["idle", "slightly", "reversed"])
def test_a_loss_of_many_images_that_is_not_that_of_its_halves_is_told(spoil):
    def spoiled(W, X, y, reg):
        return spoil(*svm_loss_vectorized(W, X, y, reg), len(X))
    _, (W, X, y, _) = loss_call(None)(8192)
    with pytest.raises(CheckFailed, match="neither the mean nor the sum"):
        assert_adds_up(spoiled, W, X, y, spoiled(W, X, y, 0.0))


@pytest.mark.parametrize("factor", [1, 7000], ids=["mean", "sum"])
def test_a_loss_that_is_a_mean_or_a_sum_adds_up(factor):
    def scaled(W, X, y, reg):
        loss, dW = softmax_loss_vectorized(W, X, y, reg)
        return (loss, dW) if factor == 1 else (loss * len(X), dW * len(X))
    _, (W, X, y, _) = loss_call(None)(8192)
    few = assert_adds_up(scaled, W, X, y, scaled(W, X, y, 0.0))
    assert np.allclose(few[0], scaled(W, X[:64], y[:64], 0.0)[0])


# Shortcuts


@pytest.mark.parametrize("task, text, found", [
    ("distances", "from scipy.spatial.distance import cdist\ndef f(x): return cdist(x, x)",
     "scipy.spatial.distance.cdist"),
    ("distances", "import scipy.spatial as s\ndef f(x): return s.distance_matrix(x, x)",
     "scipy.spatial.distance_matrix"),
    ("distances", "from scipy.spatial import distance\ndef f(x): return distance.cdist(x, x)",
     "scipy.spatial.distance.cdist"),
    ("distances", "from scipy.spatial.distance import *\ndef f(x): return cdist(x, x)", "scipy.spatial.distance.cdist"),
    ("distances", "def f(x):\n    from sklearn.metrics.pairwise import euclidean_distances as e\n    return e(x, x)",
     "sklearn.metrics.pairwise.euclidean_distances"),
    ("distances", "import torch\ndef f(x): return torch.cdist(x, x)", "torch.cdist"),
    ("distances", "from scipy.spatial.distance import cdist\ndef g(x): return cdist(x, x)\ndef f(x): return g(x)",
     "scipy.spatial.distance.cdist"),
    ("softmax", "import scipy.special\ndef f(x): return scipy.special.softmax(x, axis=1)", "scipy.special.softmax"),
    ("softmax", "from scipy.special import log_softmax as ls\ndef f(x): return ls(x)", "scipy.special.log_softmax"),
    ("softmax", "from scipy.special import logsumexp\ndef f(x): return logsumexp(x)", "scipy.special.logsumexp"),
    ("svm", "import jax\ndef f(x): return jax.grad(abs)(x)", "jax.grad"),
    ("svm", "import torch.nn.functional as F\ndef f(x): return F.relu(x)", "torch.nn.functional.relu"),
    ("distances", "from scipy.spatial import distance as d\ndef f(x): return d.cdist(x, x)",
     "scipy.spatial.distance.cdist"),
    ("distances", "from scipy.spatial import distance\nd = distance\ne = d\ndef f(x): return e.cdist(x, x)",
     "scipy.spatial.distance.cdist"),
    ("distances", "import scipy.spatial as s\ndef f(x):\n    d = s.distance\n    return d.cdist(x, x)",
     "scipy.spatial.distance.cdist"),
    ("distances", "import scipy\ndef f(x): return getattr(scipy.spatial.distance, 'cd' + 'ist')(x, x)",
     "scipy.spatial.distance.cdist"),
    ("distances",
     "import importlib\nd = importlib.import_module('scipy.spatial.distance')\ndef f(x): return d.cdist(x, x)",
     "scipy.spatial.distance.cdist"),
    ("distances", "def f(x): return __import__('scipy.spatial.distance').spatial.distance.cdist(x, x)",
     "scipy.spatial.distance.spatial.distance.cdist"),
    ("distances", "import sys\ndef f(x): return sys.modules['scipy.spatial.distance'].cdist(x, x)",
     "scipy.spatial.distance.cdist"),
    ("distances", "import scipy.spatial as s\ndef f(x): return vars(s.distance)['cdist'](x, x)",
     "scipy.spatial.distance.cdist"),
    ("distances", "import scipy.spatial as s\ndef f(x): return s.distance.__dict__['cdist'](x, x)",
     "scipy.spatial.distance.cdist"),
    ("distances", "from functools import partial\nfrom scipy.spatial.distance import cdist\ng = partial(cdist)\n"
     "def f(x): return g(x, x)", "scipy.spatial.distance.cdist"),
    ("softmax", "import keras\ndef f(x): return keras.ops.softmax(x)", "keras.ops.softmax"),
    ("distances", "from scipy.spatial.distance import _distance_pybind as d\ndef f(x): return d.cdist_euclidean(x, x)",
     "scipy.spatial.distance._distance_pybind.cdist_euclidean"),
    ("distances", "from scipy.spatial.distance import _METRICS as m\ndef f(x): return m['euclidean'].cdist_func(x, x)",
     "scipy.spatial.distance._METRICS"),
    ("distances", "from scipy.interpolate import Rbf\ndef f(x): return Rbf._call_norm(Rbf, x, x)",
     "scipy.interpolate.Rbf._call_norm"),
    ("softmax", "from scipy.special._logsumexp import _logsumexp as s\ndef f(x): return s(x)",
     "scipy.special._logsumexp._logsumexp"),
])
def test_what_does_the_whole_task_is_found_by_name(task, text, found):
    whole, part = read_shortcuts(text, "f", task)
    assert [name for _, name in whole] == [found] and part == []


def assert_logsumexp_is_found(text):
    """In f of a module that knows it as lse."""
    whole, _ = read_shortcuts(f"from scipy.special import logsumexp as lse\n{text}", "f", "softmax")
    assert {name for _, name in whole} == {"scipy.special.logsumexp"}


@pytest.mark.parametrize("text", [
    "known = []\nknown.append(lse)\ndef f(x): return known[0](x)",
    "known = []\nknown += [lse]\ndef f(x): return known[0](x)",
    "known = {}\nknown['a'] = lse\ndef f(x): return known['a'](x)",
    "known = []\ndef add(value): known.append(value)\nadd(lse)\ndef f(x): return known[0](x)",
    "known = []\nlist(map(known.append, [lse]))\ndef f(x): return known[0](x)",
    "def f(x): return f.own(x)\nsetattr(f, 'own', lse)",
    "for own in (lse,): pass\ndef f(x): return own(x)",
    "with open(lse) as own: pass\ndef f(x): return own(x)",
    "(own := lse)\ndef f(x): return own(x)",
    "match lse:\n    case own: pass\ndef f(x): return own(x)",
    "other = (own := lse)\ndef f(x): return own(x)",
    "assert (own := lse)\ndef f(x): return own(x)",
    "def fill():\n    global own\n    own = lse\nfill()\ndef f(x): return own(x)",
    "class E(Exception): pass\ndef thrown():\n    e = E()\n    e.own = lse\n    raise e\n"
    "try: thrown()\nexcept E as e: own = e.own\ndef f(x): return own(x)",
    "known = []\ndef fill(): known.append(lse)\nfill()\ndef f(x): return known[0](x)",
    "class A: own = None\ndef fill(): setattr(A, 'own', lambda x: lse(x))\nfill()\ndef f(x): return A.own(x)",
    "class B: own = None\nclass A:\n    def __set_name__(self, owner, name): B.own = lse\nclass C: x = A()\n"
    "def f(x): return B.own(x)",
    "class B: own = None\ndef fill(made): B.own = lse\n@fill\nclass C: pass\ndef f(x): return B.own(x)",
    "known = []\n__name__ = '__main__'\nif __name__ == '__main__':\n    print(known.append(lse))\n"
    "def f(x): return known[0](x)",
    "known = []\n__name__ = '__main__'\ndef fill(): known.append(lse)\nif __name__ == '__main__':\n    fill()\n"
    "def f(x): return known[0](x)",
    "known = []\nglobals().update(__name__='__main__')\nif __name__ == '__main__':\n    print(known.append(lse))\n"
    "def f(x): return known[0](x)",
    "def f(x): return isinstance(x, (own := lse)) or own(x)",
    "def isinstance(x, kind): return kind(x)\ndef f(x): return isinstance(x, lse)",
])
def test_what_a_module_keeps_of_a_library_while_it_is_loaded_is_found(text):
    assert_logsumexp_is_found(text)


@pytest.mark.parametrize("text", [
    "import cs231n.layers as me\nme.f = g",
    "import sys\nsys.modules[__name__].f = g",
    "import sys\nsetattr(sys.modules[__name__], 'f', g)",
    "globals()['f'] = g",
    "vars().update(f=g)",
    "import importlib\nme = importlib.import_module('cs231n.layers')\nme.f = g",
    "kept = (f := g)",
    "class A:\n    global f\n    f = g",
    "del f\ndef __getattr__(name): return g",
    "import builtins\nbuiltins.abs = lse",
    "import sys\nimport threading\n"
    "threading.Timer(0, lambda: sys.modules[__name__].__dict__.update(f=g)).start()",
    "from unittest import mock\nmock.patch.object(sys, 'f', g).start()",
    "import operator\nknown, own = [0], lse\noperator.setitem(known, 0, g)",
])
def test_what_is_put_in_the_place_of_a_function_unseen_is_read_too(text):
    whole, _ = read_shortcuts("from scipy.special import logsumexp as lse\ndef g(x): return lse(x)\n"
                              f"def f(x): return abs(x)\n{text}", "f", "softmax")
    assert "scipy.special.logsumexp" in {name for _, name in whole}


def test_a_library_that_an_object_keeps_under_another_name_is_found():
    assert_logsumexp_is_found("import operator\nknown = [0]\nown = lse\noperator.setitem(known, 0, own)\n"
                              "def f(x): return known[0](x)")


@pytest.mark.parametrize("text", [
    "import cs231n.classifiers.softmax as me\nme.f = my_dist", "import sys\nsetattr(sys.modules['a'], 'f', my_dist)",
])
def test_what_another_module_puts_in_the_place_of_a_function_is_read_too(monkeypatch, text):
    other = f"from scipy.spatial.distance import cdist\ndef my_dist(x): return cdist(x, x)\n{text}"
    monkeypatch.setattr(_shortcuts, "module_text", lambda name: {"cs231n.layers": other}.get(name, ""))
    whole, _ = read_shortcuts("from cs231n import layers\ndef f(x): return x", "f", "distances")
    assert whole == [(1, "scipy.spatial.distance.cdist in cs231n.layers")]


def test_what_nobody_can_read_counts_as_a_library_s(monkeypatch):
    assert "too long, or too deep" in read_shortcuts(None, "f", "softmax")[0][0][1]
    monkeypatch.setattr(_shortcuts, "module_text", lambda name: None if name == "cs231n.layers" else "")
    for text in ("from cs231n.layers import g\ndef f(x): return g(x)", "import cs231n.layers\ndef f(x): return x"):
        assert "too deep, to be read in cs231n.layers" in read_shortcuts(text, "f", "softmax")[0][0][1]


@pytest.mark.parametrize("text", [
    "class A:\n    def __matmul__(self, x): return lse(x)\ndef f(x): return A() @ x",
    "class A:\n    def __neg__(self): return lse(self.x)\nclass B(A): x = 1\nb = B()\ndef f(x): return -b",
    "class A:\n    __rmul__ = lse\ndef f(x):\n    a = A()\n    return x * a",
    "class M(type):\n    def __getattr__(self, name): return lse\nclass A(metaclass=M): pass\n"
    "def f(x): return A.own(x)",
])
def test_what_a_class_does_for_an_operator_is_read(text):
    assert_logsumexp_is_found(text)


@pytest.mark.parametrize("text", [
    "def test(): print(logsumexp([1]))\ntest()\ndef f(x): return x",
    "def bench():\n    for g in (f, logsumexp): print(g([1]))\nif __name__ == '__main__':\n    bench()\n"
    "def f(x): return x",
    "class A:\n    def __repr__(self): return str(logsumexp([1]))\ndef f(x): return x",
    "def f(x): return x\nprint(abs(f(1) - logsumexp([1, 2])))",
    "def f(x): return x\nif __name__ == '__main__':\n    assert f(1) == logsumexp([1])",
    "seen = []\nfor i in range(3):\n    print(logsumexp([i]))\ndef f(x):\n    for i in x: seen.append(i)",
    "import timeit\nimport inspect\nprint(timeit.timeit('1'), inspect.stack())\n"
    "def f(x): return timeit.default_timer()",
    "def f(x): return x\nif __name__ == '__main__':\n    print(max(f, logsumexp), [logsumexp])",
    "def g(x): return logsumexp(x)\ndef f(x): return x\ndef h(x):\n    if (y := x): del x\n    return y",
    "import pickle, inspect, timeit\ndef f(x): return x\nif __name__ == '__main__':\n    print(max((f, logsumexp)))",
    "import sys\ndef f(x): return x\nif __name__ == '__main__':\n    print(sys.modules, vars(f), logsumexp([1]))",
    "def f(x): return x\nif __name__ == '__main__':\n    globals()['f'] = logsumexp",
    "class A:\n    def set(self, x): self.x = x\ndef g(x): return logsumexp(x)\ndef f(x): return x",
])
def test_a_module_that_is_compared_with_a_library_hands_nothing_to_it(text):
    assert read_shortcuts(f"from scipy.special import logsumexp\n{text}", "f", "softmax") == ([], [])


@pytest.mark.parametrize("task, text", [
    ("distances", "from scipy.spatial.distance import cdist\ndef f(x): return x"),
    ("distances", "from scipy.spatial.distance import cdist\ndef f(x): return x\ndef other(x): return cdist(x, x)"),
    ("softmax", "from scipy.special import softmax\ndef f(x): return x"),
    ("softmax", "def softmax(x): return x\ndef f(x): return softmax(x)"),
    ("svm", "try:\n    import torch\nexcept ImportError:\n    torch = None\ndef f(x): return x"),
    ("distances", "from scipy import stats\ndef f(x): return stats.mode(x)"),
    ("distances", "import scipy\ndef f(x): return x * (scipy.__version__ > '1')"),
    ("svm", "from scipy.special import _basic\ndef f(x): return _basic.comb(x, 2)"),
    ("distances", "def f(x): 'no cdist here'"),
    ("softmax", "from scipy.special import softmax\ndef f(x):\n    softmax = x / x.sum()\n    return softmax"),
    ("softmax", "from scipy.special import softmax\ndef f(softmax): return softmax"),
    ("softmax", "from scipy.special import softmax\ndef f(x): return [softmax for softmax in x]"),
    ("distances", "from scipy.spatial.distance import cdist\ndef f(x):\n    cdist = x @ x.T\n    return cdist"),
    ("distances", "from cs231n.nowhere import dist\ndef f(x): return dist(x)"),
])
def test_what_is_imported_and_not_used_is_no_shortcut(task, text):
    assert read_shortcuts(text, "f", task) == ([], [])


ELSEWHERE = {
    "cs231n.layers": "import scipy.spatial.distance as d\nfrom cs231n.classifiers.helpers import deep\n\n"
                     "def my_dist(x): return d.cdist(x, x)\n\ndef plain(x): return x\n\n"
                     "class H:\n    def go(self, x): return d.cdist(x, x)\n    def stay(self, x): return x\n",
    "cs231n.classifiers.helpers":
        "def deep(x):\n    from scipy.spatial.distance import cdist as c\n    return c(x, x)\n",
    "cs231n.answering": "import scipy.spatial.distance as d\ndef __getattr__(name): return d.cdist\n",
}


@pytest.mark.parametrize("text", [
    "from cs231n.layers import my_dist\ndef f(x): return my_dist(x)",
    "from ..layers import my_dist as m\ndef f(x): return m(x)",
    "from cs231n.layers import *\ndef f(x): return my_dist(x)",
    "import cs231n.layers\ndef f(x): return cs231n.layers.my_dist(x)",
    "from cs231n import layers as l\ndef f(x): return l.my_dist(x)",
    "import cs231n.classifiers.helpers as h\ndef g(x): return h.deep(x)\ndef f(x): return g(x)",
    "from .helpers import deep\ndef f(x): return deep(x)",
    "from cs231n.layers import deep\ndef f(x): return deep(x)",
    "from cs231n.layers import H\ndef f(x): return H().go(x)",
    "from cs231n.layers import H\nclass A(H):\n    def f(self, x): return self.go(x)",
    "import importlib\ndef f(x): return importlib.import_module('cs231n.layers').my_dist(x)",
    "import cs231n.answering as a\ndef f(x): return a.own(x, x)",
])
def test_a_helper_is_followed_into_another_module(monkeypatch, text):
    monkeypatch.setattr(_shortcuts, "module_text", lambda name: ELSEWHERE.get(name, ""))
    whole, part = read_shortcuts(text, "A.f" if "class A" in text else "f", "distances")
    assert {name.partition(" in ")[0] for _, name in whole} == {"scipy.spatial.distance.cdist"} and part == []
    assert all(" in cs231n." in name for _, name in whole)


@pytest.mark.parametrize("text", [
    "def f(x):\n    a = lib = scipy.spatial\n    return lib.distance.cdist(x, x)",
    "def f(x):\n    lib: object = scipy.spatial\n    return lib.distance.cdist(x, x)",
    "def f(x):\n    lib, = scipy.spatial,\n    return lib.distance.cdist(x, x)",
    "def f(x):\n    for lib in (scipy.spatial.distance,):\n        return getattr(lib, 'tsidc'[::-1])(x, x)",
    "def f(x): return [lib.distance.cdist(x, x) for lib in [scipy.spatial]][0]",
    "def f(x): return (lib := scipy.spatial).distance.cdist(x, x)",
    "def f(x): return (x is None or scipy.spatial).distance.cdist(x, x)",
    "def f(x): return (scipy.spatial if len(x) else x).distance.cdist(x, x)",
    "def f(x, lib=scipy.spatial): return lib.distance.cdist(x, x)",
    "LIBRARIES = {'far': scipy.spatial}\ndef f(x): return LIBRARIES['far'].distance.cdist(x, x)",
    "def library(): return scipy.spatial\ndef f(x): return library().distance.cdist(x, x)",
    "class Library:\n    far = scipy.spatial\ndef f(x): return Library.far.distance.cdist(x, x)",
    "def f(x): return f.lib.distance.cdist(x, x)\nf.lib = scipy.spatial",
    "def f(x):\n    match scipy.spatial:\n        case object(distance=object(cdist=far)): return far(x, x)",
    "def f(x): return scipy.spatial.distance.__getattribute__('cd' + 'ist')(x, x)",
    "def f(x): return scipy.spatial.distance.__getattribute__('tsidc'[::-1])(x, x)",
    "from cs231n.testing import scipy as s\ndef f(x): return s.spatial.distance.cdist(x, x)",
    "import cs231n.testing as t\ndef f(x): return t.scipy.spatial.distance.cdist(x, x)",
    "from cs231n.demos.regions import cdist as far\ndef f(x): return far(x, x)",
    "from scipy.interpolate import Rbf\ndef f(x): return Rbf(*x.T, x[0])._call_norm(x.T, x.T)",
    "from scipy import interpolate\ndef f(x):\n    made = interpolate.Rbf(*x.T, x[0])\n    return made(*x.T)",
])
def test_a_library_by_another_road_than_its_name_is_found(text):
    assert read_shortcuts(f"import scipy.spatial\n{text}", "f", "distances")[0]


@pytest.mark.parametrize("text", [
    "A.f.__code__ = far.__code__",
    "A.f.__defaults__ = (distance.cdist,)",
    "A.f.__kwdefaults__['way'] = distance.cdist",
    "A.f.__kwdefaults__.update(way=distance.cdist)",
    "A.f.__closure__[0].cell_contents = distance.cdist",
    "def asked(self, name): return distance.cdist\nA.__getattribute__ = asked",
    "class A:\n    def f(self, x): return x\n    def __getattribute__(self, name): return distance.cdist",
    "class Base:\n    def __getattribute__(self, name): return distance.cdist\n"
    "class A(Base):\n    def f(self, x): return x",
])
def test_what_makes_another_method_of_a_method_is_read_too(text):
    before = "from scipy.spatial import distance\ndef far(self, x): return distance.cdist(x, x)\n"
    assert read_shortcuts(f"{before}class A:\n    def f(self, x): return x\n{text}", "A.f", "distances")[0]


@pytest.mark.parametrize("text", [
    "try:\n    import scipy\nexcept ImportError:\n    scipy = None\n"
    "def f(x): return x if scipy is None or not scipy else x.T",
    "import scipy.special as special\nlib = special\ndef f(x): return lib.xlogy(x, x)",
    "import scipy.special\ndef f(x):\n    assert scipy.special\n    return x",
    "from cs231n.testing import np\ndef f(x): return np.sqrt(x)",
    "import scipy.special\nclass Net:\n    def __init__(self): self._x = 1\n    def cdist(self, x): return x @ x.T\n"
    "    def f(self, x): return self.cdist(x) * self._x",
    "from collections import namedtuple\nimport scipy\nPair = namedtuple('Pair', 'a b')\n"
    "def f(x): return Pair(x, x)._replace(a=x)._asdict()",
])
def test_a_library_that_is_asked_whether_it_is_there_or_renamed_does_no_task(text):
    assert read_shortcuts(text, "Net.f" if "Net" in text else "f", "distances") == ([], [])


@pytest.mark.parametrize("text", [
    "from cs231n.layers import my_dist, plain\ndef f(x): return plain(x)",
    "from cs231n.layers import *\ndef f(x): return plain(x)",
    "from cs231n.layers import H\ndef f(x): return H().stay(x)",
    "import cs231n.layers\ndef f(x): return x\ndef other(x): return cs231n.layers.my_dist(x)",
])
def test_what_another_module_has_and_the_function_does_not_use_is_no_shortcut(monkeypatch, text):
    monkeypatch.setattr(_shortcuts, "module_text", lambda name: ELSEWHERE.get(name, ""))
    assert read_shortcuts(text, "f", "distances") == ([], [])


@pytest.mark.parametrize("text, said", [
    ("import scipy.special\nf = getattr(scipy.special, 'pxemusgol'[::-1])", "getattr"),
    ("import scipy.special as s\ndef f(x): return vars(s)['log' + x](x)", "vars"),
    ("import sys\ndef f(x): return sys.modules[chr(115) + 'cipy'].special.logsumexp(x)", "sys.modules"),
    ("import scipy\nimport operator\nhow = operator.attrgetter('special.logsumexp')\ndef f(x): return how(scipy)(x)",
     "operator.attrgetter"),
    ("import pickle\nhow = pickle.loads(b'...')\ndef f(x): return how(x)", "pickle.loads"),
    ("import pkgutil\ndef f(x): return pkgutil.resolve_name('scipy.special:' + x)", "pkgutil.resolve_name"),
    ("import numpy as np\nhow = np.load('how.npy', allow_pickle=True)\ndef f(x): return how(x)", "numpy.load"),
    ("from numpy import testing\nhow = []\ntesting.measure('how.append(1)')\ndef f(x): return how[0](x)",
     "numpy.testing.measure"),
    ("def f(x): return eval('__imp' + 'ort__')('scipy.special').special.logsumexp(x)", "eval"),
    ("import importlib\ndef f(x): return importlib.import_module('.'.join(['scipy', 'special'])).logsumexp(x)",
     "importlib.import_module"),
    ("import scipy.special as s\ndef g(where, x): return where.logsumexp(x)\ndef f(x): return g(s, x)",
     "scipy.special, which is handed on"),
    ("import numpy\nimport scipy\ndef fill(a, b): a.sinc = b.special.logsumexp\nfill(numpy, scipy)\n"
     "def f(x): return numpy.sinc(x)", "scipy, which is handed on"),
    ("import scipy.special as s\nfor name in dir(s): globals()['how'] = name\ndef f(x): return how(x)", "how"),
    ("def f(x): return xrange(x)", "xrange"),
    ("import inspect as look\ndef f(x): return look.getmodule(x)", "inspect.getmodule"),
    ("import inspect\ndef f(x): return inspect.currentframe().f_globals['g'](x)", "inspect.currentframe"),
    ("import sys\ndef f(x): return sys._getframe().f_back.f_locals", "sys._getframe"),
])
def test_a_function_that_is_found_by_a_name_that_nobody_can_read_counts_as_a_library_s(text, said):
    assert any(said in what for _, what in read_shortcuts(text, "f", "softmax")[0])


@pytest.mark.parametrize("text", [
    "class Net:\n    def f(self, x): return getattr(self, 'layer' + x)(vars(self)['a'], self.__dict__)",
    "import numpy\nimport sys\ndef f(x):\n    return getattr(numpy, 'exp')(x), sys.modules['numpy'], globals()['f']",
    "def f(x):\n    try: return x\n    except OSError as error: return error, __name__, [y for y in x if (z := y)], z",
    "from math import *\ndef f(x): return exp(x)",
    "import scipy\nimport scipy.special as s\nprint(scipy, dir(s), hasattr(s, 'expit'))\ndef f(x): return s.expit(x)",
    "import sys\nif sys.version_info[0] < 3:\n    range = xrange\ndef f(x): return range(x)",
    "try:\n    range = xrange\nexcept NameError:\n    pass\ndef f(x): return range(x)",
    "text = unicode if str is bytes and PY2 else str\nPY2 = False\ndef f(x): return text(x)",
    "def f(x):\n    code = x.T\n    return code.shape",
    "import inspect\ndef f(x):\n    inspect = x.T\n    return inspect.shape",
    "import inspect\ndef f(x): return inspect.signature(f)",
    "import inspect\ndef f(x): print(inspect.currentframe().f_code.co_name, x.shape)",
    "import sys\ndef f(x): print(sys._getframe(1).f_back.f_lineno)",
    "try:\n    import torch\nexcept ImportError:\n    torch = None\n"
    "def f(x): return x.numpy() if torch and (torch.is_tensor(x) or isinstance(x, torch.Tensor)) else x",
])
def test_what_can_be_read_is_no_library_s(text):
    name = "Net.f" if "class" in text else "f"
    assert read_shortcuts(text, name, "softmax") == ([], [])


def test_a_part_costs_points_where_the_assignment_asks_for_it(monkeypatch):
    monkeypatch.setattr(_asked, "BY_HAND", ("distances",))
    with pytest.raises(CheckFailed, match=r"(?s)hands its task to a library.*numpy.linalg.norm"):
        assert_by_hand(by_norm, "distances")


def hands_on(X):
    from scipy.spatial.distance import cdist
    return cdist(X, X)


def by_norm(X):
    return np.linalg.norm(X[:, None] - X, axis=2)


def test_the_whole_task_handed_on_fails_and_a_part_is_said(capsys):
    with pytest.raises(CheckFailed,
        match=r"(?s)hands its task to a library.*scipy.spatial.distance.cdist \(test_costs"):
        assert_by_hand(hands_on, "distances")
    assert_by_hand(by_norm, "distances")
    assert "numpy.linalg.norm" in capsys.readouterr().out


@pytest.mark.parametrize(("body", "handed"), [
    ("train = rows(x)\n    return train.T", False),                     # a variable, whatever else has that name
    ("return table.train(x)", False),
    ("return apply(rows, x)", True),
    ("return apply(table.train, x)", True),
    ("return (lambda one: one)(x)", True),
])
def test_a_function_that_is_handed_on_is_told_from_a_variable_of_its_name(body, handed):
    text = ("class Table:\n    def train(self, x):\n        return x\n\ndef rows(x):\n    return x\n\n"
            f"def task(x, table, apply):\n    {body}\n")
    assert hands_on_functions(text, "task") is handed


def test_printing_an_array_costs_nothing(capsys):
    def prints(x):
        for _ in range(40):
            print(x)
        return x

    def quiet(x):
        for _ in range(40):
            print()
        return x
    X = np.random.rand(900)
    loud, silent = least(lambda: _costs.measured(prints, (X,))[0], lambda: _costs.measured(quiet, (X,))[0],
                         until=lambda loud, silent: loud < 9 * silent)
    assert loud < 9 * silent and capsys.readouterr().out == ""
    print("as ever")
    assert capsys.readouterr().out == "as ever\n"


def test_the_text_of_an_array_is_short_while_costs_are_measured_whatever_a_module_has_set():
    with np.printoptions(threshold=10**9):
        assert _costs.measured(lambda x: len(f"{x} {x!r}"), (np.arange(5000.0),))[1] < 200
        assert len(str(np.arange(5000))) > 20000
