"""Gradients of a net that are all multiplied by the same number, or by the same power of the number of examples."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from grading.trials.figures import factor, pairs_of
from grading.trials.matching import Answers, leaves
from grading.trials.matching import numbers as array_of

READ = "The gradients are the slopes of the loss that is returned: no factor comes in on the way."

_OF_DATA = ("gradient of ", "training/normalized: gradients of ")
_OF_PENALTY = ("penalty in the gradients of weights", "training/normalized: penalty of W")
_OF_LOSS = ("penalty of weights", "training/normalized, ", "training/normalized: penalty", "training/dropout: loss")
_NETS = {"TwoLayerNet.loss": [(5.0, 2.0), (6.0, 2.0)],                   # examples and layers of those of the probe
         "FullyConnectedNet.loss": [(5.0, 2.0), (6.0, 3.0), (7.0, 4.0)]}

_POWERS = {1: "{} times", -1: "1 / {} times", 2: "{}**2 times", -2: "1 / {}**2 times"}


@dataclass(frozen=True)
class Scaled:
    """What is said of it, and the answers without it, which may have other mistakes.

    - certain: whether it holds for all gradients; else only if known mistakes explain the rest
    """

    says: str
    answers: Answers
    certain: bool


def read(function: str, answers: Answers, reference: Answers) -> Iterator[Scaled]:
    """What all gradients have in common, the loss too; then what the last layer's have, the others being wrong besides.

    Nothing where that factor is 1.
    """
    nets, answers = _NETS.get(function), {aspect: told for aspect, told in answers.items() if aspect in reference}
    own = [aspect for aspect, told in answers.items() if aspect.startswith(_OF_DATA) and _is_known(told)]
    if not nets or not own:
        return
    told = {aspect: _factors(answers[aspect], reference[aspect], nets) for aspect in own}
    if None in told.values():
        last = [told[aspect] for aspect in _last(own)]
        if last and None not in last:
            yield from _scaled(answers, reference, own, sum(last, []), nets, divide=True)
        yield from _hidden_scaled(answers, reference, told)
        return
    for which in ("", "weights", "biases", "gamma", "beta"):
        these = [aspect for aspect in own if which in ("", _kind(aspect))]
        others = [times for aspect in told.keys() - set(these) for *_, times in told[aspect]]
        if these and np.allclose(others, 1, rtol=1e-3):
            yield from _scaled(answers, reference, these, sum((told[one] for one in these), []), nets, which)
    yield from _hidden_scaled(answers, reference, told)
    loss = _factors(answers.get("data loss", ["u"]), reference["data loss"], nets)
    if loss and np.allclose([times for ones in told.values() for *_, times in ones], 1, rtol=1e-3):
        yield from _loss_scaled(answers, reference, loss, nets)


def _hidden_scaled(answers: Answers, reference: Answers,
                   told: dict[str, list[tuple[float, float, float]] | None]) -> Iterator[Scaled]:
    """Where the gradients of the last layer are right: those of all other layers, of one factor.

    - told: of each gradient, what `_factors` says
    """
    of_layers = {aspect: found for aspect, found in told.items() if aspect[-1].isdigit()}
    if None in of_layers.values():
        return
    layers = [(int(aspect[-1]) == net[1], net) for aspect, found in of_layers.items() for net in found]
    hidden, last = [net for is_last, net in layers if not is_last], [net for is_last, net in layers if is_last]
    if not hidden or not last or not np.allclose([times for *_, times in last], 1, rtol=1e-3):
        return
    number, words = _common(hidden)
    others = [(answers[aspect], reference[aspect]) for aspect in told if aspect not in of_layers]
    if number and words and all(_only_times(*one, number) for one in others):
        yield Scaled(f"The data's gradients of all layers but the last are {words} what they should be.",
                     dict(answers) | {aspect: reference[aspect] for aspect in told}, True)


def _only_times(told: list, reference: list, number: float) -> bool:
    """Whether every number is right, or this many times what is right."""
    pairs = pairs_of(told, reference)
    return pairs is not None and all(
        np.all(np.isclose(one, other, rtol=1e-3) | np.isclose(one, number * other, rtol=1e-3)) for one, other in pairs)


def _loss_scaled(answers: Answers, reference: Answers, loss: list[tuple[float, float, float]],
                 nets: list[tuple[float, float]]) -> Iterator[Scaled]:
    """Where the gradients are right: the loss, with its penalty or without."""
    words = _common(loss)[1]
    penalty = _factors(answers.get("penalty of weights", ["u"]), reference["penalty of weights"], nets)
    whole = penalty is not None and _common(penalty)[1] == words
    if words:
        rest = dict(answers) | {aspect: reference[aspect] for aspect in answers if aspect in reference and
                                aspect.startswith(("data loss", *_OF_LOSS * whole))}
        how = "divided by the number of examples twice" if words == _POWERS[-1].format("N") else (
            f"{words} what it should be")
        yield Scaled(f"The {'loss' if whole else 'data loss'} is {how}.", rest, True)


def _is_known(told: list) -> bool:
    return all(leaf[0] != "u" for leaf in leaves(told))


def _kind(aspect: str) -> str:
    name = aspect.rpartition(" ")[2].rstrip("0123456789")
    return {"W": "weights", "b": "biases"}.get(name, name)


def _last(own: list[str]) -> list[str]:
    """The aspects of the deepest net's last layer."""
    layers = [int(aspect[-1]) for aspect in own if aspect[-1].isdigit()]
    return [aspect for aspect in own if aspect[-1] == str(max(layers, default=0))]


def _scaled(answers: Answers, reference: Answers, own: list[str], factors: list[tuple[float, float, float]],
            nets: list[tuple[float, float]], which: str = "", divide: bool = False) -> Iterator[Scaled]:
    number, words = _common(factors)
    if not words or divide and not number:
        return
    rest = dict(answers) | {aspect: _divided(answers[aspect], number) if divide else reference[aspect]
                            for aspect in own}

    def as_well(*aspects: str) -> bool:
        found = [_factors(answers[aspect], reference[aspect], nets) for aspect in aspects
                 if aspect in answers and _is_known(answers[aspect])]
        return all(one is not None and _common(one)[1] == words for one in found)

    penalty, loss = as_well(*_OF_PENALTY) and which in ("", "weights"), not which and as_well("data loss")
    whole = loss and penalty and as_well("penalty of weights")
    rest |= {aspect: reference[aspect] for aspect in _OF_PENALTY if penalty and aspect in answers}
    rest |= {aspect: reference[aspect] for aspect in answers if aspect in reference and loss and aspect.startswith(
        ("data loss", *_OF_LOSS * whole))}
    said = (f"The gradients of {which}" if which in ("gamma", "beta") else
            f"The data's gradients of the {which}" if which and not penalty else
            f"The gradients of the {which}, the penalty's too," if which else "The loss and all gradients" if whole else
            "The data loss and its gradients" if loss else "All gradients, the penalty's too," if penalty else
            "The data's gradients")
    yield Scaled(f"{said} are {words} what they should be.", rest, not divide)


def _divided(told: list, number: float) -> list:
    """The answers, every number in them divided."""
    if told[0] == "l":
        return ["l", *[_divided(one, number) for one in told[1:]]]
    found = array_of(told)
    return told if found is None else [*told[:3], (found / number).tobytes()]


def _factors(told: list, reference: list, nets: list[tuple[float, float]]) -> list[tuple[float, float, float]] | None:
    """(N, L, what its gradients are multiplied by) for each net; the nets without this layer are the first ones."""
    if told[0] != "l" or len(told) != len(reference):
        return None
    found = [factor(one, other) for one, other in zip(told[1:], reference[1:], strict=True)]
    return None if None in found else [
        (*net, one) for net, one in zip(nets[-len(found):], found, strict=True)]


def _common(factors: list[tuple[float, float, float]]) -> tuple[float, str]:
    """The number, or 0 and the power of N or L, that all of them are; "" for several, and for 1."""
    examples, layers, found = np.array(factors).T
    if np.ptp(found) <= 1e-3 * np.abs(found).max():
        number = float(np.round(found.mean(), 4))
        return number, "" if abs(number - 1) < 1e-3 else f"{number:.4g} times"
    for name, sizes in (("N", examples), ("L", layers)):
        for power, words in _POWERS.items():
            rest = found / sizes**power
            if np.ptp(sizes) and np.ptp(rest) <= 1e-3 * np.abs(rest).max():
                number = float(np.round(rest.mean(), 4))
                words = words.format(name)
                return 0.0, words if abs(number - 1) < 1e-3 else f"{number:.4g} times {words}"
    return 0.0, ""
