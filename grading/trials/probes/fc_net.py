"""Probes of cs231n/classifiers/fc_net.py: one skeleton for both nets.

The parameters are the probe's own, so that no mistake in __init__ shows in loss.
"""

from importlib import import_module

import numpy as np

from grading.engine.probing import Rough
from grading.trials.probes.common import changed, remembered


def _net(name, sizes, **settings):
    """An untrained net with these numbers of units."""
    kind = getattr(import_module("cs231n.classifiers.fc_net"), name)
    if name == "TwoLayerNet":
        return kind(input_dim=sizes[0], hidden_dim=sizes[1], num_classes=sizes[2], **settings)
    return kind(list(sizes[1:-1]), input_dim=sizes[0], num_classes=sizes[-1], **settings)


def _weights(seed, sizes, N):
    """(params, X, y), weights such that every layer has units on and off, and scores have both signs."""
    rng = np.random.default_rng(seed)
    params = {}
    for layer, (num_in, num_out) in enumerate(zip(sizes[:-1], sizes[1:]), start=1):
        params[f"W{layer}"] = rng.normal(size=(num_in, num_out))
        params[f"b{layer}"] = rng.choice([-1.0, 1.0], size=num_out) * rng.uniform(0.3, 1.0, size=num_out)
    return params, rng.normal(size=(N, sizes[0])), rng.permutation(np.arange(N) % sizes[-1])


def loss(name, cases):
    """Probe of loss; cases: name -> numbers of units."""
    data = {case: _weights(91 + number, sizes, 5 + number) for number, (case, sizes) in enumerate(cases.items())}

    def probe(seed):
        settings = {} if name == "TwoLayerNet" else {"dtype": "float64"}

        def net(case, reg, only=""):
            made = _net(name, cases[case], reg=reg, **settings)
            for key, value in data[case][0].items():
                made.params[key] = value.copy() if only in ("", key) else np.zeros_like(value)
            return made

        @remembered
        def scores(case):
            return np.asarray(net(case, 0.0).loss(data[case][1].copy()))

        @remembered
        def trained(case, reg, only=""):
            return net(case, reg, only).loss(data[case][1].copy(), data[case][2].copy())

        def gradient(case, reg, key, only=""):
            return np.asarray(trained(case, reg, only)[1][key])

        def penalties(case, letter):
            """For each parameter of this letter the penalty it has by itself, over reg times its sum of squares."""
            return [(float(np.ravel(trained(case, 0.7, key)[0])[0]) - float(np.ravel(trained(case, 0.0, key)[0])[0]))
                    / (0.7 * np.sum(value**2)) for key, value in data[case][0].items() if key[0] == letter]

        def slopes(case, letter):
            return [gradient(case, 0.7, key) - gradient(case, 0.0, key) for key in data[case][0] if key[0] == letter]

        yield "scores", lambda: [scores(case) for case in cases]
        yield "data loss", lambda: [trained(case, 0.0)[0] for case in cases]
        for letter, word in (("W", "weights"), ("b", "biases")):
            for layer in range(1, max(map(len, cases.values()))):
                key = f"{letter}{layer}"
                yield f"gradient of {key}", lambda key=key: [gradient(case, 0.0, key) for case in cases
                                                             if key in data[case][0]]
            yield f"penalty of {word}", lambda letter=letter: [penalties(case, letter) for case in cases]
            yield f"penalty in the gradients of {word}", lambda letter=letter: [slopes(case, letter) for case in cases]
        def small(letter):
            """What a small reg adds over what it should, and the same of a large one; ... for nothing."""
            found = []
            for reg in (2e-4, 0.7):
                one, other = (net(first, strength, "W1") for strength in (reg, 0.0))
                with_it, without = (made.loss(data[first][1].copy(), data[first][2].copy()) for made in (one, other))
                found.append(float(np.ravel(with_it[0])[0] - np.ravel(without[0])[0]) / reg if letter == "loss" else
                             float(np.sum(np.asarray(with_it[1]["W1"]) - np.asarray(without[1]["W1"]))) / reg)
            return found[0] / found[1] if abs(found[1]) > 1e-6 else ...

        first = next(iter(cases))
        yield "small reg in the loss", lambda: small("loss")
        yield "small reg in the gradients", lambda: small("gradients")
        yield "~whole penalty", lambda: trained(first, 2.0)[0] - trained(first, 0.0)[0]
        yield "names of the gradients", lambda: sorted(trained(first, 0.0)[1])

        def images():
            """What it makes of examples of several axes, less what it makes of them as rows."""
            X = data[first][1]
            return np.asarray(net(first, 0.0).loss(X.reshape(len(X), 2, -1).copy())) - scores(first)

        yield "~images", images

        def inputs():
            one, X, y = net(first, 0.7), data[first][1].copy(), data[first][2].copy()
            one.loss(X, y)
            before = [*data[first][0].values(), *data[first][1:]]
            return changed(before, [*[np.asarray(one.params[key]) for key in data[first][0]], X, y])

        yield "inputs changed", inputs
        if name == "FullyConnectedNet":
            yield from _normalized(data, cases)
            yield from _dropped()

    return probe


def _if_known(make, tell):
    """What is told of a net; ... where the class has no such argument, as before the training lab."""
    try:
        net = make()
    except TypeError as error:
        if "unexpected keyword" in str(error):
            return ...
        raise
    return tell(net)


def _normalized(data, cases):
    """Aspects of a net with batch normalization; the parameters are those of the other aspects."""
    norms = {}
    for number, (case, sizes) in enumerate(cases.items()):
        rng = np.random.default_rng(171 + number)
        for layer, size in enumerate(sizes[1:-1], start=1):
            norms[case, f"gamma{layer}"] = rng.choice([-1.0, 1.0], size=size) * rng.uniform(0.7, 1.6, size=size)
            norms[case, f"beta{layer}"] = rng.uniform(0.2, 0.9, size=size)

    def ask(case, tell, reg=0.0):
        def make():
            return _net("FullyConnectedNet", cases[case], normalization="batchnorm", reg=reg, dtype="float64")

        def filled(net):
            for key, value in data[case][0].items():
                net.params[key] = value.copy()
            for (one, key), value in norms.items():
                if one == case:
                    net.params[key] = value.copy()
            return tell(net, data[case][1].copy(), data[case][2].copy())

        return _if_known(make, filled)

    @remembered
    def trained(case, reg=0.0):
        return ask(case, lambda net, X, y: net.loss(X, y), reg)

    def gradients(case, word, reg=0.0):
        found = trained(case, reg)
        return found if found is ... else np.concatenate([
            np.ravel(found[1][f"{word}{layer}"]) for layer in range(1, len(cases[case]) - (word != "W"))])

    def added(case, word):
        """What a penalty adds to these gradients."""
        found = [gradients(case, word, reg) for reg in (0.0, 0.7)]
        return ... if found[0] is ... else found[1] - found[0]

    def tested(case, steps):
        def tell(net, X, y):
            for step in range(steps):
                net.loss(X * (step + 1) + step, y)
            return np.asarray(net.loss(X))

        return ask(case, tell)

    def more(case):
        found = [trained(case, reg) for reg in (0.0, 0.7)]
        return ... if found[0] is ... else float(np.ravel(found[1][0])[0] - np.ravel(found[0][0])[0])

    for case, depth in zip(cases, ("one layer", "two layers", "three layers")):
        yield f"training/normalized, {depth}: loss", lambda case=case: (
            ... if trained(case) is ... else float(np.ravel(trained(case)[0])[0]))
        yield f"training/normalized, {depth}: scores", lambda case=case: tested(case, 2)
    for word in ("gamma", "beta", "W"):
        yield f"training/normalized: gradients of {word}", lambda word=word: [gradients(case, word) for case in cases]
        yield f"training/normalized: penalty of {word}", lambda word=word: [added(case, word) for case in cases]
    yield "training/normalized: names of the gradients", lambda: [
        ... if trained(case) is ... else " ".join(sorted(trained(case)[1])) for case in cases]
    yield "training/normalized: penalty", lambda: [more(case) for case in cases]
    yield "~training/normalized: scores before", lambda: [tested(case, 0) for case in cases]


def _dropped():
    """Aspects of a net with dropout. Of a single example the gradients tell what each hidden unit has put out."""
    sizes = (6, 40, 30, 4)
    params, _, _ = _weights(191, sizes, 1)
    params |= {key: np.abs(params[key]) * 6 for key in ("b1", "b2")}      # most units are on
    X, y = np.random.default_rng(192).normal(size=(1, 6)), np.array([2])

    @remembered
    def call(test=False, number=0):
        def tell(net):
            for key, value in params.items():
                net.params[key] = value.copy() * (0.1 if key == "W3" else 1.0)
            return np.asarray(net.loss(X.copy())) if test else net.loss(X.copy(), y.copy())

        return _if_known(lambda: _net(
            "FullyConnectedNet", sizes, dropout_keep_ratio=0.25, dtype="float64", seed=1), tell)

    def about(tell):
        found = call()
        if found is ...:
            return ...
        grads = {key: np.asarray(value) for key, value in found[1].items()}
        slopes = [np.ravel(grads[f"b{layer}"]) for layer in (1, 2, 3)]
        inputs = []                                       # of each layer, as its gradients tell them
        for layer, slope in enumerate(slopes, start=1):
            place = np.argmax(np.abs(slope))
            inputs.append(grads[f"W{layer}"][:, place] / slope[place])
        return tell(float(np.ravel(found[0])[0]), slopes, inputs)

    def factors(layer):
        def tell(loss, slopes, inputs):
            z = inputs[layer - 1] @ params[f"W{layer}"] + params[f"b{layer}"]
            on = z > 0.1
            return np.unique(np.round(inputs[layer][on] / z[on], 4))[:5]

        return about(tell)

    def factors_back(layer):
        def tell(loss, slopes, inputs):
            full = (0.1 if layer == 2 else 1.0) * params[f"W{layer + 1}"] @ slopes[layer]
            return np.unique(np.round(slopes[layer - 1] / full, 4))[:5]

        return about(tell)

    def loss_off(loss, slopes, inputs):
        scores = 0.1 * inputs[2] @ params["W3"] + params["b3"]
        return round(loss - float(np.log(np.sum(np.exp(scores))) - scores[y[0]]), 6)

    def again():
        """Whether another net with the same seed has another loss."""
        one, other = call(), call(number=1)
        return ... if one is ... else float(np.ravel(one[0])[0] != np.ravel(other[0])[0])

    for layer in (1, 2):
        yield f"training/dropout: factors in layer {layer}", lambda layer=layer: factors(layer)
        yield f"training/dropout: factors in layer {layer} on the way back", lambda layer=layer: factors_back(layer)
    yield "training/dropout: inputs", lambda: about(lambda loss, slopes, inputs: np.round(inputs[0] / X[0], 4))
    yield "training/dropout: loss", lambda: about(loss_off)
    yield "training/dropout: scores at test time", lambda: call(True)
    yield "training/dropout: loss of another call", again

    def beside():
        """Of one normalized unit, -1 and 1 for two examples: whether losses come of dropping it last; and are one."""
        def make(seed=0):
            return _net("FullyConnectedNet", (1, 1, 2), dropout_keep_ratio=0.5, normalization="batchnorm",
                        dtype="float64", seed=seed)

        def tell(_):
            right = [np.mean(np.log1p(np.exp([-one, -other]))) for one in (0.0, 4.0) for other in (0.0, 8.0)]
            found = []
            for seed in range(8):
                net = make(seed)
                for key, value in (("W1", [[1.0]]), ("b1", [0.0]), ("gamma1", [1.0]), ("beta1", [3.0]),
                                   ("W2", [[1.0, 0.0]]), ("b2", [0.0, 0.0])):
                    net.params[key] = np.array(value)
                found.append(float(np.ravel(net.loss(np.array([[-9.0], [9.0]]), np.array([0, 0]))[0])[0]))
            last = all(np.isclose(right, one, atol=1e-3).any() for one in found)
            return [float(last), float(np.ptp(found) < 1e-9)]

        return _if_known(make, tell)

    yield "training/dropout: beside normalization", beside


def _normalized_init(cases):
    def ask(tell, normalization="batchnorm"):
        settings = {"normalization": normalization, "dtype": "float64"}
        found = [_if_known(lambda sizes=sizes: _net("FullyConnectedNet", sizes, **settings).params, tell)
                 for sizes in cases]
        return ... if any(one is ... for one in found) else found

    def names(params, words):
        return sorted(key for key in params if key.rstrip("0123456789") in words)

    for word in ("gamma", "beta"):
        yield f"training/names of {word}", lambda word=word: ask(lambda params: names(params, (word,)))
        yield f"training/{word}", lambda word=word: ask(lambda params: [
            [float(np.mean(params[key])), float(np.ptp(params[key]) > 0)] for key in names(params, (word,))])
        yield f"training/sizes of {word}", lambda word=word: ask(lambda params: [
            np.array(np.squeeze(params[key]).shape) for key in names(params, (word,))])
    yield "names without normalization", lambda: ask(lambda params: names(params, ("W", "b", "gamma", "beta")), None)


def init(name, cases, kinds=("plain",)):
    """Probe of __init__; cases: numbers of units."""

    def probe(seed):
        def arrays(sizes, weight_scale, kind):
            seed()
            settings = {} if name == "TwoLayerNet" else {"initialization": kind, "dtype": "float64"}
            params = _net(name, sizes, weight_scale=weight_scale, **settings).params
            return {key: np.array(params[key], dtype=float) for key in sorted(params)}

        made = remembered(arrays)
        for kind in kinds:
            which = [(sizes, scale, kind) for sizes in cases for scale in (0.01, 2.0)]

            def over(tell, letter, which=which):
                return [[tell(one) for key, one in made(*settings).items() if key[0] == letter] for settings in which]

            label = "" if kind == "plain" else f", {kind}"
            yield f"shapes{label}", lambda over=over: [over(lambda one: np.array(one.squeeze().shape), letter)
                                                       for letter in "Wb"]
            yield f"spread of weights{label}", lambda over=over: Rough(np.array(sum(over(np.std, "W"), [])))
            yield f"mean of weights{label}", lambda over=over: np.array(sum(over(
                lambda one: float(np.round(one.mean() / max(one.std(), 1e-12), 0)), "W"), []))
            yield f"weights that repeat{label}", lambda over=over: np.array(sum(over(
                lambda one: float(len(np.unique(one)) < one.size / 2), "W"), []))

            def alike(settings):
                """Whether the last layer's weights are those that the first begins with, up to their size."""
                params = made(*settings)
                first, last = params["W1"].ravel(), params[f"W{len(settings[0]) - 1}"].ravel()
                few = min(first.size, last.size)
                return float(np.allclose(first[:few] / first.std(), last[:few] / last.std(), rtol=0.1))

            yield f"layers that repeat{label}", lambda which=which, alike=alike: np.array([alike(one) for one in which])
            yield f"largest bias{label}", lambda over=over: np.array(sum(over(
                lambda one: float(np.abs(one).max() > 0), "b"), []))
            yield f"~biases{label}", lambda over=over: np.array(sum(over(          # the same for all, or -1
                lambda one: float(np.ravel(one)[0]) if np.ptp(one) == 0 else -1.0, "b"), []))
        yield "names", lambda: list(made(cases[0], 0.01, "plain"))

        def again():
            """Whether two nets made one after the other have the same weights."""
            one, other = (_net(name, cases[0], weight_scale=1.0).params for _ in range(2))
            return [float(np.array_equal(one[key], other[key])) for key in ("W1", "W2")]

        yield "two nets", again

        def sizes_asked_for():
            asked = [4, 3]
            getattr(import_module("cs231n.classifiers.fc_net"), name)(asked, input_dim=5, num_classes=3)
            return [float(one) for one in asked]

        if name != "TwoLayerNet":
            yield "hidden_dims", sizes_asked_for

            def seeded(one, other):
                def weights(number):
                    params = _net(name, (6, 5, 4), seed=number, weight_scale=1.0).params
                    return np.concatenate([np.ravel(params[key]) for key in ("W1", "W2")])

                return float(np.array_equal(weights(one), weights(other)))

            yield "~seed", lambda: [seeded(1, 1), seeded(1, 2)]
            yield from _normalized_init(cases)

    return probe


PROBES = {
    "TwoLayerNet.__init__": init("TwoLayerNet", [(70, 60, 50), (50, 80, 40)]),
    "TwoLayerNet.loss": loss("TwoLayerNet", {"A": (4, 6, 3), "B": (6, 3, 5)}),
    "FullyConnectedNet.__init__": init("FullyConnectedNet", [(90, 40, 120, 60), (80, 50, 30)],
                                       ("plain", "xavier", "he")),
    "FullyConnectedNet.loss": loss("FullyConnectedNet", {"A": (4, 6, 3), "B": (6, 5, 4, 3), "C": (4, 5, 6, 4, 3)}),
}
