"""Probes of cs231n/activations.py."""

from importlib import import_module

import numpy as np

from grading.trials.probes.common import changed, given, is_array, output, remembered

KINDS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu")
BELOW, ABOVE = np.array([[-3.0, -1.1], [-0.4, -0.05]]), np.array([[0.07, 0.6], [1.7, 2.5]])
DOUT = np.array([[0.5, -1.5], [2.5, -0.7]])
_rng = np.random.default_rng(71)
PIECES = {"A": _rng.normal(size=(4, 3, 5)), "B": _rng.normal(size=(3, 5, 2)) - 2, "square": _rng.normal(size=(3, 3, 3))}
DOUTS = {which: _rng.normal(size=(len(x), x.shape[2])) + 0.2 for which, x in PIECES.items()}


def _function(name):
    return getattr(import_module("cs231n.activations"), name)


def activation_forward(seed):
    @remembered
    def call(kind, side):
        x = {"below": BELOW, "above": ABOVE, "far": np.array([-900.0, 900.0])}[side].copy()
        return np.asarray(given(_function("activation_forward")(x, kind))[0])

    for kind in KINDS:
        for side in ("below", "above"):
            yield f"{kind} {side} 0", lambda kind=kind, side=side: call(kind, side)
        yield f"~{kind} far out", lambda kind=kind: call(kind, "far")
        yield f"{kind}, finite far out", lambda kind=kind: float(np.isfinite(call(kind, "far")).all())

    def inputs(kind):
        handed = np.concatenate([BELOW, ABOVE])
        _function("activation_forward")(handed, kind)
        return float(changed([np.concatenate([BELOW, ABOVE])], [handed])[0])

    yield "inputs changed", lambda: np.array([inputs(kind) for kind in KINDS])


def activation_backward(seed):
    @remembered
    def call(kind, side, sign=1.0):
        x = {"below": BELOW, "above": ABOVE}[side].copy()
        cache = _function("activation_forward")(x, kind)[1]
        return np.asarray(given(_function("activation_backward")(sign * DOUT, cache)))

    for kind in KINDS:
        for side in ("below", "above"):
            yield f"{kind} {side} 0", lambda kind=kind, side=side: call(kind, side)
        yield f"~{kind}, other sign", lambda kind=kind: [call(kind, side, -2.0) for side in ("below", "above")]


def maxout_forward(seed):
    def call(which):
        x = PIECES[which]
        return output(_function("maxout_forward")(x.copy()), lambda first, second: is_array(
            second, DOUTS[which].shape) and not is_array(first, DOUTS[which].shape))

    for which, name in (("A", "three pieces"), ("B", "five negative pieces")):
        yield name, lambda which=which: call(which)
    yield "~square", lambda: call("square")
    yield "~shape", lambda: np.array(call("A").shape)

    def inputs():
        handed = PIECES["A"].copy()
        _function("maxout_forward")(handed)
        return changed([PIECES["A"]], [handed])

    yield "inputs changed", inputs


def maxout_backward(seed):
    def call(which):
        cache = _function("maxout_forward")(PIECES[which].copy())[1]
        return np.asarray(given(_function("maxout_backward")(DOUTS[which].copy(), cache)))

    for which, name in (("A", "three pieces"), ("B", "five negative pieces")):
        yield name, lambda which=which: call(which)
    yield "~square", lambda: call("square")


PROBES = {"activation_forward": activation_forward, "activation_backward": activation_backward,
          "maxout_forward": maxout_forward, "maxout_backward": maxout_backward}
