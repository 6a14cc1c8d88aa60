"""Probes of cs231n/classifiers/fc_net.py: one skeleton for both nets.

The parameters are the probe's own, so that no mistake in __init__ shows in loss.
"""

from importlib import import_module

import numpy as np

from grading.engine.probing import Rough
from grading.trials.probes.common import changed, given, remembered
from grading.trials.probes.lab import TWO_LAYERS, dropped, make_net, nets, normalized, normalized_init, weights

EQUAL = (4, 4, 4, 4, 3)


def loss(name, cases):
    """Probe of loss; cases: name -> numbers of units."""
    data = nets(cases)

    def probe(seed):
        settings = {} if name == "TwoLayerNet" else {"dtype": "float64"}

        def net(case, reg, only=""):
            made = make_net(name, cases[case], reg=reg, **settings)
            for key, value in data[case][0].items():
                made.params[key] = value.copy() if only in ("", key) else np.zeros_like(value)
            return made

        @remembered
        def scores(case):
            return np.asarray(given(net(case, 0.0).loss(data[case][1].copy())))

        @remembered
        def trained(case, reg, only=""):
            return given(net(case, reg, only).loss(data[case][1].copy(), data[case][2].copy()))

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

        def equal_layers():
            """Scores of a net whose layers have as many units as inputs: any layer may get what another one needs."""
            params, X, _ = weights(201, EQUAL, 6)
            made = make_net(name, EQUAL, **settings)
            made.params.update({key: value.copy() for key, value in params.items()})
            return np.asarray(given(made.loss(X)))

        yield "inputs changed", inputs
        if name == "FullyConnectedNet":
            yield "~equal layers", equal_layers
            yield from normalized(data, cases)
            yield from dropped()

    return probe


def init(name, cases, kinds=("plain",)):
    """Probe of __init__; cases: numbers of units."""

    def probe(seed):
        def arrays(sizes, weight_scale, kind):
            seed()
            settings = {} if name == "TwoLayerNet" else {"initialization": kind, "dtype": "float64"}
            params = make_net(name, sizes, weight_scale=weight_scale, **settings).params
            return {key: np.array(params[key], dtype=float) for key in sorted(params)}

        def kind_of_bias(one, scale):
            """0 for zeros, 1 for weight_scale, 2 for another number, 3 for different ones."""
            return 3.0 if np.ptp(one) > 0 else 0.0 if not np.any(one) else 1.0 if np.allclose(one, scale) else 2.0

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
            yield f"kind of biases{label}", lambda which=which: np.array([
                kind_of_bias(one, scale) for sizes, scale, kind in which
                for key, one in made(sizes, scale, kind).items() if key[0] == "b" and key[1:].isdigit()])
            yield f"~biases{label}", lambda over=over: [Rough(np.array(sum(over(statistic, "b"), [])))
                                                        for statistic in (np.mean, np.std)]
            yield f"largest bias{label}", lambda over=over: np.array(sum(over(
                lambda one: float(np.abs(one).max() > 0), "b"), []))
            yield f"~biases{label}", lambda over=over: np.array(sum(over(          # the same for all, or -1
                lambda one: float(np.ravel(one)[0]) if np.ptp(one) == 0 else -1.0, "b"), []))
        yield "names", lambda: list(made(cases[0], 0.01, "plain"))

        def again():
            """Whether two nets made one after the other have the same weights."""
            one, other = (make_net(name, cases[0], weight_scale=1.0).params for _ in range(2))
            return [float(np.array_equal(one[key], other[key])) for key in ("W1", "W2")]

        yield "two nets", again

        def sizes_asked_for():
            asked = [4, 3]
            getattr(import_module("cs231n.classifiers.fc_net"), name)(asked, input_dim=5, num_classes=3)
            return float(asked != [4, 3])

        if name != "TwoLayerNet":
            yield "hidden_dims", sizes_asked_for

            def seeded(one, other):
                def weights_of(number):
                    params = make_net(name, (6, 5, 4), seed=number, weight_scale=1.0).params
                    return np.concatenate([np.ravel(params[key]) for key in ("W1", "W2")])

                return float(np.array_equal(weights_of(one), weights_of(other)))

            yield "~seed", lambda: [seeded(1, 1), seeded(1, 2)]
            yield from normalized_init(cases)

    return probe


PROBES = {
    "TwoLayerNet.__init__": init("TwoLayerNet", [(70, 60, 50), (50, 80, 40)]),
    "TwoLayerNet.loss": loss("TwoLayerNet", TWO_LAYERS),
    "FullyConnectedNet.__init__": init("FullyConnectedNet", [(90, 40, 120, 60), (80, 50, 30)],
                                       ("plain", "xavier", "he")),
    "FullyConnectedNet.loss": loss("FullyConnectedNet", {"A": (4, 6, 3), "B": (6, 5, 4, 3), "C": (4, 5, 6, 4, 3)}),
}
