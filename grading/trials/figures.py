"""Numbers of the student's, read off the answers: another factor, another margin, another epsilon, other weights."""

from collections.abc import Iterable

import numpy as np

from grading.trials import formulas
from grading.trials.matching import Answers, leaves
from grading.trials.matching import numbers as array_of
from grading.trials.probes.linear_classifier import ALIKE_W, ALIKE_X, ALIKE_Y

# Aspects of a penalty in the loss and in the gradient, the factor before reg * sum(W**2); of linear losses, of nets.
_PENALTIES = [("penalty of the loss", "penalty of the gradient", 1.0, "gradient"),
              ("penalty of weights", "penalty in the gradients of weights", 0.5, "gradients")]


def factor(told: list, reference: list) -> float | None:
    """The number that the reference's numbers are multiplied by, all by the same; None where there is no such."""
    pairs = pairs_of(told, reference)
    if pairs is None:
        return None
    ours = np.concatenate([one.ravel() for one, _ in pairs])
    theirs = np.concatenate([other.ravel() for _, other in pairs])
    if not np.isfinite(ours).all() or not np.isfinite(theirs).all() or not np.any(theirs) or not np.any(ours):
        return None
    found = float(ours @ theirs / (theirs @ theirs))
    return found if np.abs(ours - found * theirs).max() <= 1e-4 * np.abs(ours).max() else None


def pairs_of(told: list, reference: list) -> list[tuple[np.ndarray, np.ndarray]] | None:
    """(found, expected) for every part; None where one is no number or has another shape."""
    ours, theirs = leaves(told), leaves(reference)
    if len(ours) != len(theirs):
        return None
    pairs = [(array_of(one), array_of(other)) for one, other in zip(ours, theirs)]
    if any(one is None or other is None or one.shape != other.shape for one, other in pairs):
        return None
    return pairs


def numbers(answers: Answers, reference: Answers, aspects: Iterable[str]) -> list[dict[str, str]]:
    """Sentences that read a number of the student's off the answers; only where the form leaves no doubt."""
    aspects, found = set(aspects), []

    def say(says: str, read: str, kind: str = "mistake") -> None:
        found.append({"kind": kind, "says": says, "read": read})

    by = {aspect: factor(answers[aspect], reference[aspect]) for aspect in aspects}
    powers = {part: _power_of_small_reg(answers, reference, part) for part in ("loss", "gradients")}
    for loss, slope, own, gradient in _PENALTIES:
        penalty = f"{own:.4g} * reg * sum(W**2)".removeprefix("1 * ")
        should = f"{2 * own:.4g} * reg * W".removeprefix("1 * ")
        if {loss, slope} <= aspects and by[loss] and by[slope] and abs(by[loss] - by[slope]) < 1e-3:
            if written := _with_power(own * by[loss], powers["loss"], powers["gradients"]):
                say(f"The penalty is {written} * sum(W**2), in the loss and in the {gradient}; here it is {penalty}.",
                    "the penalty in the docstring, and its derivative")
            continue
        if loss in aspects and not by[loss] and (power := _power_of_reg(answers[loss], reference[loss])):
            say(f"The penalty in the loss is {own:.4g} * reg**{power} * sum(W**2); here it is {penalty}.".replace(
                " 1 * ", " "), "the penalty in the docstring")
        if loss in aspects and by[loss] and (written := _with_power(own * by[loss], powers["loss"])):
            say(f"The penalty in the loss is {written} * sum(W**2); here it is {penalty}.",
                "the penalty in the docstring")
        if slope in aspects and by[slope] and (written := _with_power(2 * own * by[slope], powers["gradients"])):
            say(f"The gradient of the penalty is {written} * W; it should be {should}.",
                f"the derivative of {penalty.replace('sum(W**2)', 'w**2')}")
    concerned = {aspect for aspect in aspects if not aspect.startswith("~")}
    if "tiny probability" in concerned <= {"tiny probability", "data loss"}:
        told, right = ([array_of(one) for one in leaves(all_told["tiny probability"])]
                       for all_told in (answers, reference))
        if all(one is not None and one.size == 1 for one in told):
            *_, less, least = (float(np.ravel(one)[0]) for one in told)
            large = "data loss" in concerned                         # so large that ordinary probabilities show it
            if abs(less - least) < 1e-3 and 0 < least < (12 if large else float(np.ravel(right[-1])[0]) - 1) and (
                    not large or formulas.cut_off(answers["data loss"], np.exp(-least))):
                say(f"Probabilities below about {np.exp(-least):.1g} are raised to that, or it is added to them, "
                    f"before the logarithm is taken: no image costs more than {least:.3g}.",
                    "the last lines of the demo in \"What large scores do to exp\", softmax.ipynb")
    if margin := margin_of(answers, reference, aspects):
        say(f"The margin of a hinge is {margin:.3g}; here it is 1.", "the + 1 inside the hinge, svm.ipynb")
        if "data gradient" in aspects and (mean := formulas.mean_of_margin(answers["data gradient"], margin)):
            say(f"In the gradient:{mean}", "the factor 1/N in front of the sum in the formula of L, svm.ipynb")
    if "distances" in aspects and (power := _power(answers["distances"], reference["distances"])):
        say(f"The sum of squares is raised to the power {power:.3g}; the square root is the power 0.5.",
            "the formula of dists at the two loops")
    weights = array_of(answers.get("~weights", ["u"]))
    if "gray" in aspects and weights is not None and weights.size == 3:
        red, green, blue = (f"{one:.3g}" for one in weights)
        say(f"The weights of red, green and blue are {red}, {green} and {blue}; here they are 0.299, 0.587 and 0.114.",
            "\"From color to gray\" in features.ipynb")
    if "spread of weights" in aspects:
        told = array_of(answers["spread of weights"])
        if told is not None and told.size and 0 < told.max() < 1.5 * told.min():
            say(f"The weights have standard deviation {np.median(told):.1g}, whatever weight_scale is.",
                "weight_scale in the docstring of __init__")
        elif one := _fixed_spread(told, array_of(reference["spread of weights"])):
            say(f"{one[0]} has standard deviation {one[1]:.1g}, whatever weight_scale is.",
                "weight_scale in the docstring of __init__")
    if "length of the step" in aspects:
        told = [array_of(one) for one in leaves(answers["length of the step"])]
        if len(told) == 2 and all(one is not None and one.size == 1 for one in told):
            one, other = (float(np.ravel(each)[0]) for each in told)
            if any(abs(abs(one) - loss) < 1e-3 for loss in _losses_of_the_step()) and abs(one - other) < 1e-3 * one:
                say("The step is multiplied by the loss; it should be learning_rate * dW.",
                    "the update of W, svm.ipynb, \"Stochastic gradient descent\"")
            elif one and abs(one - other) < 1e-3 * abs(one):
                say(f"The step is {one:.3g} * learning_rate * dW; it should be learning_rate * dW.",
                    "the update of W, svm.ipynb, \"Stochastic gradient descent\"")
            first, second = one * 0.01, other * 0.2
            if first and abs(first - second) < 1e-3 * abs(first) and abs(first - 1) > 1e-3:
                say(f"The step is always {abs(first):.3g} times the gradient{', and uphill' * (first < 0)}, whatever "
                    "learning_rate is.", "learning_rate in the docstring of train")
            for power in (2, 3, 0.5):
                if np.allclose(np.divide([first, second], np.power([0.01, 0.2], power)), 1, rtol=1e-3):
                    times = {2: "twice", 3: "three times"}.get(power)
                    say(f"The learning rate is applied {times}: the step is learning_rate**{power} * dW." if times else
                        "The step has the root of the learning rate; it is learning_rate * dW.",
                        "the step: learning_rate * dW")
    if "batch size" in aspects:
        shares, handed = (array_of(next(iter(leaves(answers.get(aspect, ["u"]))), ["u"]))
                          for aspect in ("batch size", "images of a mini-batch"))
        if all(one is not None and one.size == 1 and np.isfinite(one).all() for one in (shares, handed)) and (
                np.ravel(shares) == np.ravel(handed)):
            say(f"Where batch_size is 7, the number of images in a mini-batch is {int(np.ravel(handed)[0])}.",
                "batch_size in the docstring of train")
    if "draws" in aspects and (never := _never_drawn(answers["draws"])):
        say(f"Of {never[1]} training images these are never drawn, counted from 0: {never[0]}.",
            "np.random.choice(a, size): a is the number of training images")
    if "what reg adds to the step" in aspects:
        told = array_of(answers.get("~reg of the losses", ["u"]))
        times = factor(answers["what reg adds to the step"], reference["what reg adds to the step"])
        if told is not None and told.shape == (2,) and times and abs(told[0]) < 1e-6 and (
                abs(told[1] / 0.5 - times) < 1e-3 * abs(times)):
            say(f"The loss is asked for with {times:.3g} times reg.", "reg in the docstring of train")
    if "epsilon" in aspects and aspects <= {"epsilon", "large epsilon", "gradient zero"}:
        told = [array_of(one) for one in leaves(answers["epsilon"])]
        if all(one is not None and one.size == 1 for one in told):
            values = [float(np.ravel(one)[0]) for one in told]
            if min(values) > 0 and max(values) / min(values) < 1.1:
                say(f"epsilon is always {values[0]:.2g}, whatever config says.", "epsilon in the docstring")
    if {one for one in aspects if one[0] != "~"} == {"inputs changed"} and np.any(array_of(answers["inputs changed"])):
        say("An array that was handed in is changed; the caller still needs it as it was.",
            "what the docstring says is not modified")
    return found


def _losses_of_the_step() -> tuple[float, float]:
    """The losses that the step is read off at, by either classifier."""
    scores, own = ALIKE_X[0] @ ALIKE_W, ALIKE_Y[0]
    hinges = np.maximum(0, scores - scores[own] + 1)
    return float(np.log(np.exp(scores).sum()) - scores[own]), float(hinges.sum() - 1)


def _never_drawn(told: list) -> tuple[str, int] | None:
    """(their numbers, how many there are), where some images are in no mini-batch, though these differ."""
    parts = [array_of(one) for one in leaves(told)]
    if len(parts) != 3 or any(one is None for one in parts) or np.any(parts[0]) or np.any(parts[1]):
        return None
    never = np.flatnonzero(parts[2])
    return (", ".join(map(str, never)), parts[2].size) if 0 < never.size < parts[2].size else None


def _fixed_spread(told: np.ndarray | None, right: np.ndarray | None) -> tuple[str, float] | None:
    """(the weights, their spread), where in all nets of two layers one layer has the same, and the other its own."""
    if told is None or right is None or told.shape != (8,) or right.shape != told.shape:
        return None
    told, right = told.reshape(4, 2), right.reshape(4, 2)
    for one, other in ((0, 1), (1, 0)):
        if np.allclose(told[:, other], right[:, other], rtol=0.1) and 0 < told[:, one].max() < 1.1 * told[:, one].min():
            return f"W{one + 1}", float(np.median(told[:, one]))
    return None


def _power_of_small_reg(answers: Answers, reference: Answers, part: str) -> float:
    """The power of reg with which a net's penalty grows between 2e-4 and 0.7; nan for none of a few."""
    told, right = (array_of(one.get(f"small reg in the {part}", ["u"])) for one in (answers, reference))
    if told is None or right is None or told.size != 1 or not np.ravel(told)[0] > 0:
        return 1.0 if told is None else np.nan
    power = 1 + float(np.log(np.ravel(told)[0] / np.ravel(right)[0]) / np.log(2e-4 / 0.7))
    return round(power, 1) if abs(power - round(power, 1)) < 1e-3 and round(power, 1) in (0.5, 1, 2, 3) else np.nan


def _with_power(factor_at_first: float, *powers: float) -> str:
    """A factor and reg, to the power that all have, where the factor holds for a reg of 0.7; "" for several powers."""
    if len(set(powers)) > 1 or np.isnan(powers[0]):
        return ""
    number = f"{factor_at_first / 0.7 ** (powers[0] - 1):.4g}"
    return f"{number} * reg" if powers[0] == 1 else f"{number} * reg**{powers[0]:g}".removeprefix("1 * ")


def _power_of_reg(told: list, reference: list) -> int:
    """The power of reg that stands in a linear loss's penalty, for regs of 0.7, 2 and 0.7; 0 for none but the first."""
    pairs = pairs_of(told, reference)
    if pairs is None or len(pairs) != 3 or any(one.size != 1 or not np.any(other) for one, other in pairs):
        return 0
    factors = [float(np.ravel(one)[0] / np.ravel(other)[0]) for one, other in pairs]
    return next((power for power in (2, 3) if np.allclose(factors, np.power([0.7, 2.0, 0.7], power - 1), rtol=1e-3)), 0)


def margin_of(answers: Answers, reference: Answers, aspects: Iterable[str]) -> float | None:
    """The margin of a hinge loss that has another one than 1."""
    told = array_of(answers.get("~width of the margin", ["u"]))
    if "data loss" not in aspects or told is None or told.size != 4 or told[0] < 1e-3 or abs(told[0] - 1) < 1e-3:
        return None
    return float(told[0]) if np.allclose(told - told[0], [0, 0, 0.5, 2], atol=1e-4) else None


def _power(told: list, reference: list) -> float | None:
    """The power of the squared distances that was taken instead of the root; None where it is no such power."""
    pairs = pairs_of(told, reference)
    if pairs is None or not all(np.isfinite(one).all() and (one > 0).all() for one, _ in pairs):
        return None
    ours, theirs = (np.log(np.concatenate([one[part].ravel() for one in pairs])) for part in (0, 1))
    power = float(ours @ theirs / (theirs @ theirs)) / 2
    return power if np.allclose(ours, 2 * power * theirs, rtol=1e-4) and abs(power - 0.5) > 1e-3 else None
