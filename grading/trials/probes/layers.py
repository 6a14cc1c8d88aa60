"""Probes of cs231n/layers.py."""

from importlib import import_module

import numpy as np

from grading.trials.probes.common import changed, each, remembered
from grading.trials.probes.losses import layer_loss


def _layer(name):
    return getattr(import_module("cs231n.layers"), name)


def _affine_data(seed, shape, M):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=shape), rng.normal(size=(int(np.prod(shape[1:])), M)), rng.normal(size=M),
            rng.normal(size=(shape[0], M)))


AFFINE = {"A": _affine_data(61, (5, 4), 3), "B": _affine_data(62, (3, 6), 7),
          "images": _affine_data(63, (4, 2, 3, 2), 5), "square": _affine_data(64, (4, 4), 4)}


def affine_forward(seed):
    @remembered
    def call(which):
        x, w, b = (array.copy() for array in AFFINE[which][:3])
        return _layer("affine_forward")(x, w, b)

    def weights_alone(which):
        """Out less what a layer of zeros gives: the biases' part."""
        x, w, b, _ = AFFINE[which]
        return np.asarray(_layer("affine_forward")(x.copy(), np.zeros_like(w), b.copy())[0])

    yield "out", lambda: [np.asarray(call(which)[0]) - weights_alone(which) for which in "AB"]
    yield "biases in out", lambda: [weights_alone(which) for which in "AB"]
    yield "out for images", lambda: np.asarray(call("images")[0]) - weights_alone("images")
    yield "~square", lambda: call("square")[0]

    def cached(which, part):
        return np.asarray(call(which)[1][part], dtype=float)

    for part, name in enumerate(("x", "w", "b")):
        yield f"{name} in the cache", lambda part=part: cached("A", part)
    yield "x of images in the cache", lambda: cached("images", 0)

    def inputs():
        before = AFFINE["images"][:3]
        arrays = [array.copy() for array in before]
        _layer("affine_forward")(*arrays)
        return changed(before, arrays)

    yield "inputs changed", inputs


def affine_backward(seed):
    @remembered
    def call(which):
        x, w, b, dout = (array.copy() for array in AFFINE[which])
        return _layer("affine_backward")(dout, (x, w, b))

    for part, name in enumerate(("dx", "dw", "db")):
        yield name, lambda part=part: [call(which)[part] for which in "AB"]
    for part, name in enumerate(("dx", "dw", "db")):
        yield f"{name} of images", lambda part=part: call("images")[part]
    yield "~square", lambda: list(call("square"))

    def inputs():
        x, w, b, dout = (array.copy() for array in AFFINE["images"])
        _layer("affine_backward")(dout, (x, w, b))
        return changed(AFFINE["images"], (x, w, b, dout))

    yield "~inputs changed", inputs


X = np.array([[-2.0, -0.4, 0.3], [0.7, 1.6, 5.0], [-7.0, 2.5, -0.01], [0.9, -1.2, 30.0]])
DOUT = np.array([[0.5, -1.5, 2.5], [-0.7, 1.1, -4.0], [3.0, 0.2, -0.6], [-6.0, -0.9, 8.0]])


def relu_forward(seed):
    @remembered
    def call(which):
        return _layer("relu_forward")(X.copy() if which == "X" else X.reshape(2, 3, 2).copy())

    yield "where x is positive", lambda: np.asarray(call("X")[0])[X > 0]
    yield "where x is negative", lambda: np.asarray(call("X")[0])[X < 0]
    yield "out", lambda: call("X")[0]
    yield "~three axes", lambda: call("axes")[0]

    def gate():
        """Whether the cache still tells where x was positive."""
        return (np.asarray(call("X")[1], dtype=float) > 0).astype(float)

    yield "cache", gate
    yield "~kind of cache", lambda: type(call("X")[1]).__name__
    yield "~cache itself", lambda: np.maximum(0, np.asarray(call("X")[1], dtype=float))


def relu_backward(seed):
    def call(x, dout):
        return np.asarray(_layer("relu_backward")(dout.copy(), x.copy()))

    yield "dx", lambda: call(X, DOUT)
    yield "~three axes", lambda: call(X.reshape(2, 3, 2), DOUT.reshape(2, 3, 2))
    yield "~dout alike", lambda: each([lambda: call(X, np.ones_like(X)), lambda: call(X, -np.ones_like(X))])


PROBES = {
    "affine_forward": affine_forward,
    "affine_backward": affine_backward,
    "relu_forward": relu_forward,
    "relu_backward": relu_backward,
    "svm_loss": layer_loss("svm_loss", softmax=False),
    "softmax_loss": layer_loss("softmax_loss", softmax=True),
}
