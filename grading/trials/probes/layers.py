"""Probes of cs231n/layers.py."""

from importlib import import_module

import numpy as np

from grading.engine.probing import Rough
from grading.trials.probes.common import changed, each, factors_of, given, is_array, output, remembered
from grading.trials.probes.losses import layer_loss


def _layer(name):
    return getattr(import_module("cs231n.layers"), name)


def _affine_data(seed, shape, M):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=shape), rng.normal(size=(int(np.prod(shape[1:])), M)), rng.normal(size=M),
            rng.normal(size=(shape[0], M)))


AFFINE = {"A": _affine_data(61, (5, 4), 3), "B": _affine_data(62, (3, 6), 7),
          "images": _affine_data(63, (4, 2, 3, 2), 5), "square": _affine_data(64, (4, 4), 4),
          "one": _affine_data(65, (1, 2, 3), 4)}


def affine_forward(seed):
    @remembered
    def call(which):
        x, w, b = (array.copy() for array in AFFINE[which][:3])
        return given(_layer("affine_forward")(x, w, b))

    def weights_alone(which):
        """Out less what a layer of zeros gives: the biases' part."""
        x, w, b, _ = AFFINE[which]
        return np.asarray(_layer("affine_forward")(x.copy(), np.zeros_like(w), b.copy())[0])

    yield "out", lambda: [np.asarray(call(which)[0]) - weights_alone(which) for which in "AB"]
    yield "biases in out", lambda: [weights_alone(which) for which in "AB"]
    yield "out for images", lambda: np.asarray(call("images")[0]) - weights_alone("images")
    yield "~square", lambda: call("square")[0]
    yield "~one example", lambda: call("one")[0]

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
        return given(_layer("affine_backward")(dout, (x, w, b)))

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
        return given(_layer("relu_forward")(X.copy() if which == "X" else X.reshape(2, 3, 2).copy()))

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
        return np.asarray(given(_layer("relu_backward")(dout.copy(), x.copy())))

    yield "dx", lambda: call(X, DOUT)
    yield "~three axes", lambda: call(X.reshape(2, 3, 2), DOUT.reshape(2, 3, 2))
    yield "~dout alike", lambda: each([lambda: call(X, np.ones_like(X)), lambda: call(X, -np.ones_like(X))])


def _norm_data(seed, N, D):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, D)) * rng.uniform(0.5, 3, size=D) + rng.uniform(1, 4, size=D)
    return (x, rng.choice([-1.0, 1.0], size=D) * rng.uniform(1.2, 2, size=D), rng.uniform(0.5, 2, size=D),
            rng.normal(size=(N, D)) + 0.5)


NORM = {"A": _norm_data(65, 5, 4), "B": _norm_data(66, 7, 3), "square": _norm_data(67, 4, 4)}


def batchnorm_forward(seed):
    def forward(x, gamma, beta, bn_param):
        return output(_layer("batchnorm_forward")(x, gamma, beta, bn_param), lambda first, second: is_array(
            second, x.shape) and (isinstance(first, (tuple, list, dict)) or
                                  first is None and bn_param["mode"] == "test"))

    @remembered
    def call(which, mode="train", plain=True, eps=0.3, momentum=0.8, started=True):
        """(out, running mean and variance afterwards)."""
        x, gamma, beta, _ = (array.copy() for array in NORM[which])
        kept = {"mode": mode} | ({} if eps is None else {"eps": eps})
        kept |= {} if momentum is None else {"momentum": momentum}
        if started:
            kept |= {"running_mean": beta * 2 - 5, "running_var": gamma**2 * 0.7}
        if plain:
            gamma, beta = np.ones_like(gamma), np.zeros_like(beta)
        out = forward(x, gamma, beta, kept)
        return out, *(np.asarray(kept.get(f"running_{word}", -77.0)) for word in ("mean", "var"))

    for mode, word in (("train", "in training"), ("test", "at test time")):
        yield f"normalized {word}", lambda mode=mode: [call(which, mode)[0] for which in "AB"]
        yield f"scale and shift {word}", lambda mode=mode: [
            call(which, mode, False)[0] - call(which, mode)[0] for which in "AB"]
        yield f"running mean {word}", lambda mode=mode: [call(which, mode, False)[1] for which in "AB"]
        yield f"running variance {word}", lambda mode=mode: [call(which, mode, False)[2] for which in "AB"]
        yield f"large eps {word}", lambda mode=mode: call("A", mode, eps=2.0)[0] - call("A", mode)[0]
    yield "eps by default", lambda: forward(0.004 * NORM["A"][0], np.ones(4), np.zeros(4), {"mode": "train"})
    yield "other momentum", lambda: [call("A", plain=False, momentum=0.3)[part] for part in (1, 2)]
    yield "~momentum by default", lambda: [call("A", momentum=None)[part] for part in (1, 2)]
    yield "~running averages from the start", lambda: [call("A", started=False)[part] for part in (1, 2)]
    yield "~square", lambda: call("square", plain=False)[0]

    def lines(mode):
        """Of each column what is subtracted from x, and what that is divided by; then what they could be made of."""
        found = []
        for which, eps in (("A", 0.3), ("B", 0.3), ("A", 2.0)):
            x, gamma, beta, _ = NORM[which]
            out = call(which, mode, eps=eps)[0]
            for column in range(x.shape[1]):
                slope, start = np.polyfit(x[:, column], out[:, column], 1)
                if not np.allclose(slope * x[:, column] + start, out[:, column], rtol=1e-4, atol=1e-6):
                    raise ValueError("it is no straight line")
                found.append([-start / slope, 1 / slope, x[:, column].mean(), x[:, column].var(),
                              beta[column] * 2 - 5, gamma[column]**2 * 0.7, eps, len(x)])
        return np.array(found)

    def kept(part):
        """The factors of which a running average is made, for two momenta: of what it was, of the mini-batch's."""
        x, gamma, beta, _ = NORM["A"]
        terms = (beta * 2 - 5, x.mean(axis=0)) if part == 1 else (gamma**2 * 0.7, x.var(axis=0))
        return np.array([np.round(factors_of(call("A", plain=False, momentum=momentum)[part], terms, atol=1e-7), 6)
                         for momentum in (0.8, 0.3)])

    for part, word in ((1, "mean"), (2, "variance")):
        yield f"~terms of the running {word}", lambda part=part: kept(part)
    for mode, word in (("train", "in training"), ("test", "at test time")):
        yield f"~lines {word}", lambda mode=mode: lines(mode)

    def inputs():
        arrays = [array.copy() for array in NORM["A"][:3]]
        _layer("batchnorm_forward")(*arrays, {"mode": "train"})
        return changed(NORM["A"][:3], arrays)

    yield "inputs changed", inputs


def batchnorm_back(name):
    def probe(seed):
        @remembered
        def call(which, eps=0.3, plain=False):
            x, gamma, beta, dout = (array.copy() for array in NORM[which])
            gamma = np.ones_like(gamma) if plain else gamma
            cache = _layer("batchnorm_forward")(x, gamma, beta, {"mode": "train", "eps": eps})[1]
            return given(_layer(name)(dout, cache))

        for part, gradient in enumerate(("dx", "dgamma", "dbeta")):
            yield gradient, lambda part=part: [call(which)[part] for which in "AB"]
        yield "dx where gamma is 1", lambda: call("A", plain=True)[0]
        yield "dx with a large eps", lambda: call("A", eps=5.0)[0]
        yield "~square", lambda: list(call("square"))
        yield "~terms of dx", lambda: [_terms(which, call(which)[0]) for which in "AB"]

    return probe


def _terms(which, dx, eps=0.3):
    """Of each column of dx the factors before its three terms, then gamma, the root, N; raises where it has others."""
    x, gamma, _, dout = NORM[which]
    root = np.sqrt(x.var(axis=0) + eps)
    normalized, found = (x - x.mean(axis=0)) / root, []
    for column in range(x.shape[1]):
        slope, place = dout[:, column] * gamma[column] / root[column], normalized[:, column]
        terms = slope, np.full(len(x), slope.mean()), place * (slope * place).mean()
        factors = factors_of(dx[:, column], terms, atol=1e-6 * np.abs(dx).max())
        found.append([*np.round(factors, 5), gamma[column], root[column], len(x)])
    return np.array(found)


def dropout_forward(seed):
    x = np.where(np.arange(48000) % 3 == 0, -1.0, 1.0).reshape(800, 60) * np.linspace(0.5, 2, 60)

    @remembered
    def call(p, mode="train", number=0, **more):
        returned = _layer("dropout_forward")(x.copy(), {"p": p, "mode": mode} | more)
        return output(returned, lambda first, second: is_array(second, x.shape) and (
            np.array_equal(second, x) and not is_array(first, x.shape) if mode == "test" else
            is_array(first, x.shape) and np.allclose(second, first * x)))

    def factors(p, mode):
        """Factors other than 0 that stand before the numbers that come out, where these are few; else their spread."""
        found = np.unique(np.round(call(p, mode)[call(p, mode) != 0] / x[call(p, mode) != 0], 6))
        return found if len(found) < 4 else Rough(np.array([found.mean(), found.std(), len(found)]))

    seed()
    for mode, word in (("train", "in training"), ("test", "at test time")):
        yield f"share kept {word}", lambda mode=mode: Rough(np.array([np.mean(call(p, mode) != 0) for p in (0.3, 0.8)]))
        yield f"factors {word}", lambda mode=mode: [factors(p, mode) for p in (0.3, 0.8)]
    yield "same for all examples", lambda: float((np.ptp((call(0.3) != 0).astype(float), axis=0) == 0).all())
    yield "same for all units", lambda: float((np.ptp((call(0.3) != 0).astype(float), axis=1) == 0).all())
    yield "same in two calls", lambda: float(np.array_equal(call(0.3), call(0.3, number=1)))
    yield "same number in four calls", lambda: float(
        len({np.count_nonzero(call(0.3, number=number)) for number in range(4)}) == 1)
    yield "share kept by sign", lambda: Rough(np.array([np.mean(call(0.3)[x * sign > 0] != 0) for sign in (-1, 1)]))
    yield "share kept by place", lambda: Rough(np.array([np.mean(part != 0) for part in np.split(call(0.3), 4)]))
    yield "same with a seed", lambda: float(np.array_equal(call(0.3, seed=4), call(0.3, number=1, seed=4)))

    def inputs():
        handed = x.copy()
        _layer("dropout_forward")(handed, {"p": 0.5, "mode": "train"})
        return changed([x], [handed])

    yield "inputs changed", inputs


def dropout_backward(seed):
    x, dout = 1.5 + np.arange(40.0).reshape(8, 5) / 20, np.linspace(-3, 2, 40).reshape(8, 5)

    @remembered
    def call(p, mode, sign=1):
        """(mask of the way forward, dx)."""
        seed()
        out, cache = given(_layer("dropout_forward")(sign * x, {"p": p, "mode": mode}))
        return np.asarray(out) / (sign * x), np.asarray(given(_layer("dropout_backward")(dout.copy(), cache)))

    def where(p, kept, sign=1):
        mask, dx = call(p, "train", sign)
        chosen = (mask != 0) == kept
        return float(np.sum(dx[chosen])) / float(np.sum(dout[chosen]))

    yield "where kept", lambda: [where(p, True) for p in (0.4, 0.8)]
    yield "where dropped", lambda: [where(p, False) for p in (0.4, 0.8)]
    yield "where negative numbers are kept", lambda: where(0.4, True, -1)
    yield "at test time", lambda: call(0.4, "test")[1]
    yield "~shape", lambda: np.array(call(0.4, "train")[1].shape)


PROBES = {
    "affine_forward": affine_forward,
    "affine_backward": affine_backward,
    "relu_forward": relu_forward,
    "relu_backward": relu_backward,
    "batchnorm_forward": batchnorm_forward,
    "batchnorm_backward": batchnorm_back("batchnorm_backward"),
    "batchnorm_backward_alt": batchnorm_back("batchnorm_backward_alt"),
    "dropout_forward": dropout_forward,
    "dropout_backward": dropout_backward,
    "svm_loss": layer_loss("svm_loss", softmax=False),
    "softmax_loss": layer_loss("softmax_loss", softmax=True),
}
