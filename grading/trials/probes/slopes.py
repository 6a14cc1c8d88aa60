"""Probes of cs231n/slopes.py. Gates are asked by themselves, and `backward` about graphs that no gate has made."""

from importlib import import_module

import numpy as np

from grading.trials.probes.common import changed


def _module():
    return import_module("cs231n.slopes")


_rng = np.random.default_rng(83)
DIRECTIONS = {name: (_rng.normal(size=shape), _rng.normal(size=shape) * length) for name, shape, length in
              (("A", (4,), 0.5), ("B", (6,), 3.0), ("matrix", (3, 4), 0.5), ("square", (3, 3), 2.0))}


def directional_slope(seed):
    def call(which, sign=1.0):
        grad, direction = DIRECTIONS[which]
        uphill = np.sign(np.sum(grad * direction))
        return _module().directional_slope(grad.copy(), direction * uphill * sign)

    yield "uphill", lambda: [call(which) for which in "AB"]
    yield "downhill", lambda: [call(which, -1.0) for which in "AB"]
    yield "matrices", lambda: [call(which) for which in ("matrix", "square")]

    def inputs():
        arrays = [array.copy() for array in DIRECTIONS["A"]]
        _module().directional_slope(*arrays)
        return changed(DIRECTIONS["A"], arrays)

    yield "inputs changed", inputs


def _path_slopes(value):
    return import_module("cs231n.paths").path_slopes(value)


def _knob(value, number):
    """A Value that follows another one, whose data is the number, one to one."""
    return _module().Value(value, (_module().Value(number),), (1.0,))


def _gate(name, pairs):
    """Aspects that all gates with two inputs have; pairs of numbers."""
    def ask(x, y, plain=False):
        a, b = _knob(x, 100.0), y if plain else _knob(y, 200.0)
        return a, b, getattr(a, name)(b)

    def slopes(x, y, plain=False):
        """Slopes with respect to x and y, in their order."""
        found = _path_slopes(ask(x, y, plain)[2])
        return [found.get(number, 0.0) for number in ([100.0] if plain else [100.0, 200.0])]

    def after():
        found = []
        for x, y in pairs:
            a, b, _ = ask(x, y)
            found += [a.data, b.data]
        return np.array(found)

    yield "data", lambda: np.array([ask(*pair)[2].data for pair in pairs])
    yield "slopes", lambda: np.array([slopes(*pair) for pair in pairs])
    yield "data beside a number", lambda: np.array([ask(*pair, True)[2].data for pair in pairs])
    yield "slope beside a number", lambda: np.array([slopes(*pair, True) for pair in pairs])
    yield "the two afterwards", after
    yield "~parents and slopes", lambda: [len(getattr(ask(*pairs[0])[2], kept)) for kept in ("parents", "slopes")]
    yield "~kinds of slopes", lambda: sorted({type(slope).__name__ for slope in ask(*pairs[0])[2].slopes})


def mul(seed):
    yield from _gate("mul", [(2.0, 5.0), (-3.0, 0.5), (4.0, -1.5), (-0.3, -7.0)])

    def squared():
        a = _knob(3.5, 100.0)
        return _path_slopes(a.mul(a)).get(100.0, 0.0)

    yield "~square of one", squared


def maximum(seed):
    yield from _gate("maximum", [(2.0, 5.0), (4.0, 3.0), (-6.0, 1.5), (1.25, -7.0), (-2.5, -0.75), (-0.25, -3.5)])

    def tied(value):
        a = _knob(value, 100.0)
        return _path_slopes(a.maximum(a)).get(100.0, 0.0)

    yield "equal numbers", lambda: np.array([tied(2.5), tied(-1.5)])


# Value number -> (parent, slope), ... ; the last one is the result
GRAPHS = {
    "chain": [(), ((0, 3.0),), ((1, -0.5),), ((2, 2.5),)],
    "two parents": [(), (), ((0, 3.0), (1, -0.7))],
    "fork": [(), ((0, 3.0),), ((0, -0.5),), ((1, 2.0), (2, 1.5))],
    "twice the same": [(), ((0, 3.0), (0, 0.25))],
    "shortcut": [(), ((0, 1.5),), ((1, 2.0), (0, -0.7)), ((2, 0.8), (1, 3.0))],
    "shortcut first": [(), ((0, 1.5),), ((0, -0.7), (1, 2.0)), ((1, 3.0), (2, 0.8))],
}


def backward(seed):
    def made(graph):
        values = []
        for number, parents in enumerate(GRAPHS[graph]):
            values.append(_module().Value(1.3 + number, tuple(values[one] for one, _ in parents),
                                          tuple(slope for _, slope in parents)))
        return values

    def grads(graph, left=0.0):
        values = made(graph)
        values[0].grad = left                        # as if by an earlier call
        values[-1].backward()
        return np.array([value.grad for value in values])

    yield "grad of the result", lambda: grads("chain")[-1]
    for graph in GRAPHS:
        yield graph, lambda graph=graph: grads(graph)[:-1]
    yield "what an earlier call has left", lambda: grads("two parents", 4.5) - grads("two parents")

    def data():
        values = made("fork")
        values[-1].backward()
        return np.array([value.data for value in values])

    yield "~data afterwards", data


PROBES = {"directional_slope": directional_slope, "Value.mul": mul, "Value.maximum": maximum,
          "Value.backward": backward}
