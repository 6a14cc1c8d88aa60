"""Probes of cs231n/arrays.py."""

from importlib import import_module

import numpy as np

from grading.trials.probes.common import changed, each, grows, kind_of_loop, remembered


def _function(name):
    return getattr(import_module("cs231n.arrays"), name)


def _asked(name, cases):
    """call(which): what the function returns for copies of a case; inputs(which): what of the case it has changed."""
    @remembered
    def call(which):
        return np.asarray(_function(name)(*[array.copy() for array in cases[which]]), dtype=float)

    def inputs(which):
        arrays = [array.copy() for array in cases[which]]
        _function(name)(*arrays)
        return changed(cases[which], arrays)

    return call, inputs


_rng = np.random.default_rng(81)
COLUMNS = {"A": (_rng.normal(size=(7, 4)) * [1, 3, 0.5, 2] + [0, 2, -5, 1],), "B": (_rng.normal(size=(4, 6)) + 2,),
           "square": (_rng.normal(size=(5, 5)),),
           "whole": (_rng.integers(-9, 10, size=(6, 3)),),
           "constant": (np.array([[3.0, 1.0], [3.0, -4.0], [3.0, 2.5], [3.0, 0.0]]),)}


def standardize(seed):
    call, inputs = _asked("standardize", COLUMNS)
    yield "Z", lambda: [call(which) for which in "AB"]
    yield "Z for whole numbers", lambda: call("whole")
    yield "constant column", lambda: call("constant")[:, 0]
    yield "~beside a constant column", lambda: call("constant")[:, 1]
    yield "~square", lambda: call("square")
    yield "inputs changed", lambda: inputs("A")


LABELS = {"A": (_rng.normal(size=(6, 4)), np.array([3, 0, 2, 1, 1, 2])),
          "square": (_rng.normal(size=(4, 4)), np.array([2, 3, 0, 0])),
          "B": (_rng.normal(size=(3, 7)), np.array([6, 0, 4]))}


def pick(seed):
    call, inputs = _asked("pick", LABELS)
    yield "right", lambda: each([lambda which=which: call(which) for which in "AB"])
    yield "shape", lambda: [str(call(which).shape) for which in "AB"]
    yield "~square", lambda: call("square")
    yield "inputs changed", lambda: inputs("A")


PAIRS = {"A": (_rng.normal(size=(5, 4)) + 1, _rng.normal(size=(3, 4))),
         "square": (_rng.normal(size=(4, 4)), _rng.normal(size=(4, 4)) - 1),
         "B": (_rng.normal(size=(2, 6)), _rng.normal(size=(7, 6)))}


def manhattan(seed):
    call, inputs = _asked("manhattan", PAIRS)
    yield "distances", lambda: [call(which) for which in "AB"]
    yield "~square", lambda: call("square")
    yield "inputs changed", lambda: inputs("A")

    def growth(axis):
        def arguments(n):
            rng = np.random.default_rng(82)
            return rng.normal(size=(n if axis == 0 else 3, 2)), rng.normal(size=(n if axis == 1 else 3, 2))

        return grows(lambda n: _function("manhattan"), arguments)

    yield "loop", lambda: [growth(axis) for axis in (0, 1)]
    yield "~kind of loop", lambda: kind_of_loop(_function("manhattan"))


PROBES = {"standardize": standardize, "pick": pick, "manhattan": manhattan}
