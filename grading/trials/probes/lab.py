"""What probes of cs231n/classifiers/fc_net.py ask about the training lab's part: batch normalization and dropout."""

from importlib import import_module

import numpy as np

from grading.trials.probes.common import given, remembered
from grading.trials.probes.stages import way_back


def make_net(name, sizes, **settings):
    """An untrained net with these numbers of units."""
    kind = getattr(import_module("cs231n.classifiers.fc_net"), name)
    if name == "TwoLayerNet":
        return kind(input_dim=sizes[0], hidden_dim=sizes[1], num_classes=sizes[2], **settings)
    return kind(list(sizes[1:-1]), input_dim=sizes[0], num_classes=sizes[-1], **settings)


TWO_LAYERS = {"A": (4, 6, 3), "B": (6, 3, 5)}                         # numbers of units of the nets of two layers


def weights(seed, sizes, N):
    """(params, X, y), weights such that every layer has units on and off, and scores have both signs."""
    rng = np.random.default_rng(seed)
    params = {}
    for layer, (num_in, num_out) in enumerate(zip(sizes[:-1], sizes[1:]), start=1):
        params[f"W{layer}"] = rng.normal(size=(num_in, num_out))
        params[f"b{layer}"] = rng.choice([-1.0, 1.0], size=num_out) * rng.uniform(0.3, 1.0, size=num_out)
    return params, rng.normal(size=(N, sizes[0])), rng.permutation(np.arange(N) % sizes[-1])


def nets(cases):
    """(params, X, y) of the nets whose loss is asked, by case; cases: name -> numbers of units."""
    return {case: weights(91 + number, sizes, 5 + number) for number, (case, sizes) in enumerate(cases.items())}


def if_known(make, tell):
    """What is told of a net; ... where the class has no such argument, as before the training lab."""
    try:
        net = make()
    except TypeError as error:
        if "unexpected keyword" in str(error):
            return ...
        raise
    return tell(net)


def normalized(data, cases):
    """Aspects of a net with batch normalization; the parameters are those of the other aspects."""
    norms, every = {}, cases | {"equal": (6, 5, 5, 3)}              # where another layer's arrays fit
    data = data | {"equal": weights(181, every["equal"], 6)}
    for number, (case, sizes) in enumerate(every.items()):
        rng = np.random.default_rng(171 + number)
        for layer, size in enumerate(sizes[1:-1], start=1):
            norms[case, f"gamma{layer}"] = rng.choice([-1.0, 1.0], size=size) * rng.uniform(0.7, 1.6, size=size)
            norms[case, f"beta{layer}"] = rng.uniform(0.2, 0.9, size=size)

    def ask(case, tell, reg=0.0):
        def make():
            return make_net("FullyConnectedNet", every[case], normalization="batchnorm", reg=reg, dtype="float64")

        def filled(net):
            for key, value in data[case][0].items():
                net.params[key] = value.copy()
            for (one, key), value in norms.items():
                if one == case:
                    net.params[key] = value.copy()
            return tell(net, data[case][1].copy(), data[case][2].copy())

        return if_known(make, filled)

    @remembered
    def trained(case, reg=0.0):
        return ask(case, lambda net, X, y: given(net.loss(X, y)), reg)

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
            return np.asarray(given(net.loss(X)))

        return ask(case, tell)

    def more(case):
        found = [trained(case, reg) for reg in (0.0, 0.7)]
        return ... if found[0] is ... else float(np.ravel(found[1][0])[0] - np.ravel(found[0][0])[0])

    def used(case):
        """Which bn_params a mini-batch has changed, where there are more than hidden layers."""
        def tell(net, X, y):
            net.bn_params += [{"mode": "train"} for _ in range(2)]
            net.loss(X, y)
            return np.array([float("running_mean" in one) for one in net.bn_params])

        return ask(case, tell)

    for case, depth in zip(every, ("one layer", "two layers", "three layers", "equal layers")):
        yield f"training/normalized, {depth}: loss", lambda case=case: (
            ... if trained(case) is ... else float(np.ravel(trained(case)[0])[0]))
        yield f"training/normalized, {depth}: scores", lambda case=case: tested(case, 2)
    for word in ("gamma", "beta", "W"):
        yield f"training/normalized: gradients of {word}", lambda word=word: [gradients(case, word) for case in cases]
        yield f"training/normalized: penalty of {word}", lambda word=word: [added(case, word) for case in cases]
    yield "training/normalized: names of the gradients", lambda: [
        ... if trained(case) is ... else " ".join(sorted(trained(case)[1])) for case in cases]
    yield "training/normalized: bn_params in use", lambda: [used(case) for case in cases]
    yield "training/normalized: penalty", lambda: [more(case) for case in cases]
    yield "~training/normalized: scores before", lambda: [tested(case, 0) for case in cases]


def dropped():
    """Aspects of a net with dropout. Of a single example the gradients tell what each hidden unit has put out."""
    widths = {"seeded": (6, 40, 30, 4), "equal": (6, 36, 36, 4)}          # equal: a cache of another layer fits
    every = {which: weights(191, sizes, 1)[0] for which, sizes in widths.items()}
    for each in every.values():
        each |= {key: np.abs(each[key]) * 6 for key in ("b1", "b2")}      # most units are on
    X, y = np.random.default_rng(192).normal(size=(1, 6)), np.array([2])

    @remembered
    def call(test=False, number=0, which="seeded"):
        def tell(net):
            for key, value in every[which].items():
                net.params[key] = value.copy() * (0.1 if key == "W3" else 1.0)
            return np.asarray(given(net.loss(X.copy()))) if test else given(net.loss(X.copy(), y.copy()))

        return if_known(lambda: make_net("FullyConnectedNet", widths[which], dropout_keep_ratio=0.25, dtype="float64",
                                         seed=1 if which == "seeded" else None), tell)

    def about(tell, which="seeded"):
        found = call(which=which)
        if found is ...:
            return ...
        grads = {key: np.asarray(value) for key, value in found[1].items()}
        slopes = [np.ravel(grads[f"b{layer}"]) for layer in (1, 2, 3)]
        inputs = []                                       # of each layer, as its gradients tell them
        for layer, slope in enumerate(slopes, start=1):
            place = np.argmax(np.abs(slope))
            inputs.append(grads[f"W{layer}"][:, place] / slope[place])
        return tell(float(np.ravel(found[0])[0]), slopes, inputs)

    params = every["seeded"]

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

    def other_units(loss, slopes, inputs):
        """For both hidden layers, whether units are dropped on one way that are kept on the other."""
        found = []
        for layer in (1, 2):
            z = inputs[layer - 1] @ every["equal"][f"W{layer}"] + every["equal"][f"b{layer}"]
            on = (z > 0.1) & (np.abs(every["equal"][f"W{layer + 1}"] @ slopes[layer]) > 1e-9)
            found.append(float(np.any((inputs[layer][on] != 0) != (slopes[layer - 1][on] != 0))))
        return found

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
    yield "training/dropout: units on both ways", lambda: about(other_units, "equal")
    yield "training/dropout: inputs", lambda: about(lambda loss, slopes, inputs: np.round(inputs[0] / X[0], 4))
    yield "training/dropout: loss", lambda: about(loss_off)
    yield "training/dropout: scores at test time", lambda: call(True)
    yield "training/dropout: loss of another call", again

    def inputs_dropped():
        try:
            return about(lambda loss, slopes, inputs: bool(np.any(inputs[0] == 0))) is True
        except Exception:
            return False

    def beside():
        """Of one normalized unit, -1 and 1 for two examples: whether losses come of dropping it last; are one.

        ... for losses that come neither of that nor of dropping it before the normalization, and where inputs are
        dropped, too, which moves these losses by itself.
        """
        def make(seed=0, normalization="batchnorm"):
            return make_net("FullyConnectedNet", (1, 1, 2), dropout_keep_ratio=0.5, normalization=normalization,
                            dtype="float64", seed=seed)

        def losses(normalization):
            found = []
            for seed in range(8):
                net = make(seed, normalization)
                for key, value in (("W1", [[1.0]]), ("b1", [0.0]), ("gamma1", [1.0]), ("beta1", [3.0]),
                                   ("W2", [[1.0, 0.0]]), ("b2", [0.0, 0.0])):
                    if normalization or key[0] in "Wb" and key != "beta1":
                        net.params[key] = np.array(value)
                found.append(float(np.ravel(net.loss(np.array([[-9.0], [9.0]]), np.array([0, 0]))[0])[0]))
            return found

        def tell(_):
            right = [np.mean(np.log1p(np.exp([-one, -other]))) for one in (0.0, 4.0) for other in (0.0, 8.0)]
            found = losses("batchnorm")
            earlier = [np.mean(np.log1p(np.exp([-one, -other]))) for one, other in ((2.0, 4.0), (3.0, 3.0))]
            last, before = (all(np.isclose(known, one, atol=1e-3).any() for one in found) for known in (right, earlier))
            if np.ptp(found) > 1e-9:
                return [float(last), 0.0] if last or before else ...
            return [float(last), 1.0 if np.ptp(losses(None)) > 1e-9 else 2.0]        # 2: nor is it without

        return ... if inputs_dropped() else if_known(make, tell)

    yield "training/dropout: beside normalization", beside

    def make_both():
        return make_net("FullyConnectedNet", (3, 6, 3), dropout_keep_ratio=0.5, normalization="batchnorm",
                        dtype="float64", seed=2)

    yield "training/dropout: way back beside normalization", lambda: ... if inputs_dropped() else if_known(
        make_both, lambda _: way_back(make_both))


def normalized_init(cases):
    def ask(tell, normalization="batchnorm"):
        """What is told of params, for each of the nets; tell gets those of a second net of the same kind, too."""
        settings = {"normalization": normalization, "dtype": "float64"}
        found = [if_known(lambda sizes=sizes: [make_net("FullyConnectedNet", sizes, **settings).params
                                               for _ in range(2)], lambda both: tell(*both)) for sizes in cases]
        return ... if any(one is ... for one in found) else found

    def start(one, other):
        """[the number that all of a layer begin as, 0]; else [0, 1], or [0, 2] where each net draws others."""
        if np.ptp(one) == 0:
            return [float(np.mean(one)), 0.0]
        return [0.0, 1.0 if np.array_equal(one, other) else 2.0]

    def names(params, words):
        return sorted(key for key in params if key.rstrip("0123456789") in words)

    for word in ("gamma", "beta"):
        yield f"training/names of {word}", lambda word=word: ask(lambda params, _: names(params, (word,)))
        yield f"training/{word}", lambda word=word: ask(lambda params, others: [
            start(params[key], others[key]) for key in names(params, (word,))])
        yield f"training/sizes of {word}", lambda word=word: ask(lambda params, _: [
            np.array(np.squeeze(params[key]).shape) for key in names(params, (word,))])
    yield "names without normalization", lambda: ask(
        lambda params, _: names(params, ("W", "b", "gamma", "beta")), None)
