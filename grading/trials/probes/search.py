"""Probes of cs231n/search.py."""

from importlib import import_module

import numpy as np

from grading.trials.probes.common import changed, given, remembered


def _function(name):
    return getattr(import_module("cs231n.search"), name)


def _asked(name, cases):
    """call(which): what the function returns for copies of a case; inputs(which): what of the case it has changed."""
    @remembered
    def call(which):
        arrays = [np.copy(one) if isinstance(one, np.ndarray) else one for one in cases[which]]
        return given(_function(name)(*arrays))

    def inputs(which):
        arrays = [np.copy(one) if isinstance(one, np.ndarray) else one for one in cases[which]]
        _function(name)(*arrays)
        return changed(cases[which], arrays)

    return call, inputs


def _numbers(found):
    return np.asarray(given(found), dtype=float)


_rng = np.random.default_rng(83)
RANGES = {"mixed": (_rng.uniform(0.1, 0.9, size=(4, 4)), np.array([1e-3, -1.5, 20.0, 0.0]),
                    np.array([0.1, 2.5, 500.0, 0.9]), np.array([True, False, True, False])),
          "linear first": (_rng.uniform(0.1, 0.9, size=(2, 3)), np.array([-2.0, 0.01, 1.0]), np.array([1.0, 8.0, 1e3]),
                           np.array([False, True, True])),
          "all": (_rng.uniform(0.1, 0.9, size=(3, 2)), np.array([0.5, 2.0]), np.array([40.0, 300.0]),
                  np.array([True, True]))}


def to_settings(seed):
    call, inputs = _asked("to_settings", RANGES)
    for d, which in enumerate(("a logarithmic column", "a linear column", "another logarithmic column",
                               "another linear column")):
        yield which, lambda d=d: _numbers(call("mixed"))[:, d]
    yield "linear first", lambda: [_numbers(call("linear first"))[:, d] for d in range(3)]
    yield "~all logarithmic", lambda: call("all")
    yield "inputs changed", lambda: inputs("mixed")


def _table(N, R):
    """Accuracies without ties; the best in the end start badly."""
    table = (1 + _rng.permutation(N * R).reshape(N, R)) / (N * R + 1)
    table[:3, 0] -= 1.0
    table[:3, 1:] += 1.0
    return table


TABLES = {"thirds": (_table(28, 4), np.array([1, 3, 9, 27]), 3), "quarters": (_table(17, 3), np.array([2, 7, 12]), 4),
          "halves": (_table(11, 3), np.array([1, 2, 5]), 2), "few": (_table(4, 3), np.array([3, 4, 8]), 5),
          "last": (_table(12, 2), np.array([2, 6]), 2)}


def successive_halving(seed):
    call, inputs = _asked("successive_halving", TABLES)
    yield "trained", lambda: [_numbers(call(which)[1]) for which in ("thirds", "quarters", "last")]
    yield "best", lambda: [_numbers(call(which)[0]) for which in ("thirds", "quarters", "last")]
    yield "trained, by halves", lambda: _numbers(call("halves")[1])
    yield "~best, by halves", lambda: _numbers(call("halves")[0])
    yield "trained, of a few", lambda: _numbers(call("few")[1])
    yield "best of a few", lambda: _numbers(call("few")[0])
    yield "inputs changed", lambda: inputs("thirds")


PLACES = {"A": (_rng.uniform(size=(4, 3)), _rng.uniform(size=(5, 3)), 0.8, 1.7),
          "square": (_rng.uniform(size=(3, 2)), _rng.uniform(size=(3, 2)), 1.3, 0.6),
          "line": (_rng.uniform(size=(3, 1)), _rng.uniform(size=(4, 1)), 0.45, 1.0),
          "defaults": (_rng.uniform(size=(2, 2)), _rng.uniform(size=(3, 2)))}


def kernel(seed):
    call, inputs = _asked("kernel", PLACES)
    yield "K", lambda: _numbers(call("A"))
    yield "square K", lambda: _numbers(call("square"))
    yield "~on a line", lambda: _numbers(call("line"))
    yield "~defaults", lambda: _numbers(call("defaults"))

    def law():
        """K where the places are one, then the factor and the power of r in its exponent; raises for another form."""
        radii = np.array([0.0, 0.3, 0.6, 1.2])
        K = np.ravel(_numbers(_function("kernel")(np.zeros((1, 2)), radii[:, np.newaxis] * [0.6, 0.8], 0.8, 1.7)))
        exponents = -np.log(K[1:] / K[0])
        power = np.log2(exponents[1] / exponents[0])
        if not np.allclose(exponents, exponents[0] * (radii[1:] / radii[1])**power, rtol=1e-4):
            raise ValueError("it has another form")
        return np.array([K[0], exponents[0] / radii[1]**power, power])

    yield "~law", law
    yield "inputs changed", lambda: inputs("A")


def _measured(N, D, M, *numbers):
    return _rng.uniform(size=(N, D)), _rng.normal(size=N) + 0.7, _rng.uniform(size=(M, D)), *numbers


MEASURED = {"A": _measured(6, 2, 4, 0.7, 1.6, 0.4), "B": _measured(3, 3, 5, 1.1, 0.7, 0.25),
            "square": _measured(4, 1, 4, 0.35, 1.3, 0.6), "defaults": _measured(3, 2, 2)}


def gp_posterior(seed):
    call, inputs = _asked("gp_posterior", MEASURED)

    def part(which, at):
        found = _numbers(call(which)[at])
        return np.nan_to_num(found, nan=-1.0)

    for at, what in enumerate(("mean", "std")):
        yield what, lambda at=at: [part(which, at) for which in "AB"]
        yield f"~{what}, square", lambda at=at: part("square", at)
        yield f"~{what}, defaults", lambda at=at: part("defaults", at)
    yield "inputs changed", lambda: inputs("A")


HOPES = {"A": (np.array([0.1, 0.5, 0.32, 0.44, 0.2]), np.array([0.2, 0.1, 0.3, 0.05, 0.15]), 0.4),
         "B": (np.array([-3.0, 1.0, 2.5, -0.5]), np.array([2.0, 1.5, 0.7, 1.1]), -0.2),
         "certain": (np.array([0.9, 0.3]), np.array([0.0, 0.0]), 0.6),
         "level": (np.array([0.6, 0.7]), np.array([0.0, 0.2]), 0.6),
         "beside": (np.array([0.9, 0.3, 0.7]), np.array([0.0, 0.0, 0.2]), 0.6)}


def expected_improvement(seed):
    call, inputs = _asked("expected_improvement", HOPES)
    yield "improvement", lambda: [_numbers(call(which)) for which in "AB"]
    yield "certain", lambda: _numbers(call("certain"))
    yield "certain to be the same", lambda: np.nan_to_num(_numbers(call("level"))[0], nan=-1.0)
    yield "~beside a certain one", lambda: _numbers(call("beside"))[2]
    yield "inputs changed", lambda: inputs("A")


def _pairs(*counts):
    kinds = np.repeat(np.arange(4), counts)                  # right both times, now, before, never
    return np.isin(kinds, (0, 1)), np.isin(kinds, (0, 2))


IMAGES = {"up": _pairs(5, 6, 2, 4), "down": _pairs(7, 1, 5, 6), "level": _pairs(2, 3, 3, 1)}


def accuracy_gain(seed):
    call, inputs = _asked("accuracy_gain", IMAGES)
    for at, what in enumerate(("gain", "error")):
        yield what, lambda at=at: [_numbers(call(which)[at]) for which in ("up", "down")]
        yield f"~{what}, level", lambda at=at: _numbers(call("level")[at])
    yield "inputs changed", lambda: inputs("up")


PROBES = {"to_settings": to_settings, "successive_halving": successive_halving, "kernel": kernel,
          "gp_posterior": gp_posterior, "expected_improvement": expected_improvement, "accuracy_gain": accuracy_gain}
