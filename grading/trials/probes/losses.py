"""The losses of linear classifiers and of layers: one skeleton, so that the aspects are the same for all of them.

Data loss and data gradient are asked for without penalty, the penalty as what reg adds, so that no mistake in one of
them shows in another. An aspect with ~ only decides between entries that fit in all others.
"""

from importlib import import_module

import numpy as np

from grading.trials.probes.common import changed, each, finite, grows, kind_of_loop, remembered


def _data(seed, N, D, C):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(D, C)), rng.normal(size=(N, D)), rng.permutation(np.arange(N) % C)


DATA = {"A": _data(11, 6, 5, 4), "B": _data(12, 9, 3, 5), "square": _data(13, 4, 4, 4), "one": _data(14, 1, 3, 4),
        "many classes": _data(15, 20, 4, 13), "ten classes": _data(16, 7, 3, 10)}
# How W (D, C) and X (N, D) are handed over: as here, both transposed as in 2015, W alone transposed.
LAYOUTS = {1.0: lambda W, X: (W, X), 2.0: lambda W, X: (W.T, X.T), 3.0: lambda W, X: (W.T, X)}
# Scores of classes 0, 1, 2, for one example of class 2 whose probability is e**-25, e**-60 and e**-300.
TINY = (25.0, 60.0, 300.0)


def layout_of(function):
    """The layout that f(W, X, y, reg) expects: another than that of here only if it raises for it."""
    W, X, y = DATA["A"]
    for layout, arrange in LAYOUTS.items():
        try:
            found = function(*(array.copy() for array in arrange(W, X)), y.copy(), 0.7)
            if layout == 1.0 or np.shape(found[1]) == W.T.shape:
                return layout
        except Exception:
            continue
    return 1.0


def linear_loss(module, name, softmax, vectorized):
    """Probe of f(W, X, y, reg) -> (loss, dW), in whatever layout: what else is wrong shows all the same."""

    def probe(seed):
        theirs = getattr(import_module(module), name)
        layout = layout_of(theirs)
        yield "layout", lambda: layout

        def function(W, X, y, reg):
            found = theirs(*LAYOUTS[layout](W, X), y, reg)
            return found if layout == 1.0 else (found[0], np.asarray(found[1]).T)

        @remembered
        def call(which, reg):
            W, X, y = (array.copy() for array in DATA[which])
            return function(W, X, y, reg)

        def scored(scores, label):
            """The loss and its gradient for examples with these scores: X is the identity."""
            scores = np.array(scores)
            return function(scores, np.eye(len(scores)), np.array(label), 0.0)

        def added(which, reg, part):
            return np.asarray(call(which, reg)[part]) - np.asarray(call(which, 0.0)[part])

        three = [("A", 0.7), ("A", 2.0), ("B", 0.7)]
        yield "data loss", lambda: [call(which, 0.0)[0] for which in "AB"]
        yield "data gradient", lambda: [call(which, 0.0)[1] for which in "AB"]
        yield "penalty of the loss", lambda: [added(which, reg, 0) for which, reg in three]
        yield "penalty of the gradient", lambda: [added(which, reg, 1) for which, reg in three]
        yield "~square", lambda: list(call("square", 0.0))
        yield "~one example", lambda: list(call("one", 0.0))
        yield "~square with penalty", lambda: list(call("square", 0.5))
        yield "~many classes", lambda: list(call("many classes", 0.0))
        yield "~ten classes", lambda: list(call("ten classes", 0.0))

        def small(part, reg=1e-5):
            """What a small reg adds over what it should, and the same of a large one; ... for nothing."""
            W, X, y = DATA["A"]
            found = []
            for strength in (reg, 0.7):
                scale = strength**0.5
                with_it, without = (function(W / scale, X * scale, y.copy(), one)[part] for one in (strength, 0.0))
                more = np.asarray(with_it) - np.asarray(without)
                found.append(np.sum(more * (1.0 if part == 0 else W / scale)))
            return float(found[0] / found[1]) if abs(found[1]) > 1e-3 else ...

        yield "small reg in the loss", lambda: small(0)
        yield "small reg in the gradient", lambda: small(1)

        def inputs():
            before = [array.copy() for array in DATA["A"]]
            arrays = [array.copy() for array in before]
            function(*arrays, 0.7)         # with 0.5, W *= 2 * reg would change nothing
            return changed(before, arrays)

        yield "inputs changed", inputs
        if softmax:
            yield from _stability(scored)
        else:
            yield "~large scores", lambda: list(scored([[3e4, 1e4, 0.0], [1.0, 2.0, -4.0]], [1, 0]))
            yield "~width of the margin", lambda: _width(scored)
        if vectorized:
            def many(n):
                rng = np.random.default_rng(n)
                W, X = LAYOUTS[layout](rng.normal(size=(3, 4)), rng.normal(size=(n, 3)))
                return W, X, rng.integers(4, size=n), 0.1

            yield "loop", lambda: grows(lambda n: theirs, many)
            yield "~kind of loop", lambda: kind_of_loop(theirs, (name.replace("vectorized", "naive"),))

    return probe


def layer_loss(name, softmax):
    """Probe of f(x, y) -> (loss, dx)."""

    def probe(seed):
        function = getattr(import_module("cs231n.layers"), name)

        @remembered
        def call(which):
            W, X, y = DATA[which]
            return function(X @ W, y.copy())

        def scored(scores, label):
            return function(np.array(scores), np.array(label))

        yield "data loss", lambda: [call(which)[0] for which in "AB"]
        yield "data gradient", lambda: [call(which)[1] for which in "AB"]
        yield "~square", lambda: list(call("square"))
        yield "~one example", lambda: list(call("one"))
        yield "~many classes", lambda: list(call("many classes"))
        if not softmax:
            yield "~width of the margin", lambda: _width(scored)

        def inputs():
            x, y = DATA["A"][1] @ DATA["A"][0], DATA["A"][2].copy()
            arrays = [x.copy(), y.copy()]
            function(*arrays)
            return changed([x, y], arrays)

        yield "~inputs changed", inputs
        if softmax:
            yield from _stability(scored)

    return probe


def _width(scored):
    """What a wrong class costs that is as good as the right one, of 3 classes and of 5; then one ahead by 0.5, by 2."""
    def cost(classes, ahead):
        scores = np.full((classes, classes), ahead)
        scores[:, 0] = 0.0
        return float(scored(scores, [0] * classes)[0]) / (classes - 1)

    return np.array([cost(3, 0.0), cost(5, 0.0), cost(3, 0.5), cost(3, 2.0)])


def _stability(scored):
    """What happens where exp overflows or vanishes unless the scores are shifted.

    A shift of all scores of an example changes neither loss nor gradient: this is compared with the function's own
    answers for scores of ordinary size. For the tiny probabilities there is one example, so that no mean shows.
    """
    few, labels = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0], [2.0, 2.5, 1.0]]), [1, 0, 2]

    def shifted(*shifts):
        found = [np.asarray(part, dtype=float) for part in scored(few + np.array(shifts)[:, np.newaxis], labels)]
        own = [np.asarray(part, dtype=float) for part in scored(few, labels)]
        if not all(np.isfinite(part).all() for part in own):
            return ...
        return finite([np.round(one - other, 6) for one, other in zip(found, own)])

    yield "large scores", lambda: shifted(1e4, 1e4, 1e4)
    yield "very negative scores", lambda: shifted(-1e4, -1e4, -1e4)
    yield "~scores of different size", lambda: shifted(0.0, -2000.0, 1500.0)
    yield "~scores of some hundred", lambda: shifted(400.0, 400.0, 400.0)      # exp(400) is finite, exp(800) is not

    def far_behind(scores, label):
        """How far the loss is off, where the exponential of a distance between scores is infinite."""
        scores = np.array(scores)
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        right = np.mean(np.log(likely.sum(axis=1)) + scores.max(axis=1) - scores[np.arange(len(scores)), label])
        return finite([np.round(float(np.ravel(scored(scores, label)[0])[0]) - right, 3)])

    yield "~classes far behind", lambda: each([
        lambda: far_behind([[-716.0, 0.0, -1.0]], [1]), lambda: far_behind([[0.0, -1.0, -716.0]], [0]),
        lambda: far_behind([[0.0, -1.0, -716.0]], [2]), lambda: far_behind([[0.0, -1.0] + 60 * [-736.0]], [1]),
        lambda: far_behind([[0.0, -1.0, -300.0]], [0])])
    yield "~images far behind", lambda: each([
        lambda image=image, far=far: far_behind(few - far * (np.arange(3) == image)[:, np.newaxis], labels)
        for image, far in ((0, 716.0), (2, 716.0), (0, 1000.0))])
    yield "tiny probability", lambda: each([lambda low=low: scored([[0.0, -1.0, -low]], [2])[0] for low in TINY])
    yield "~tiny probability, gradient", lambda: each([lambda low=low: scored([[0.0, -1.0, -low]], [2])[1]
                                                       for low in TINY])
