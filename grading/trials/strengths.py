"""A penalty with a strength of its own, whatever reg is, read off what loss and gradient have without reg."""

from collections.abc import Iterable

import numpy as np

from grading.trials.figures import pairs_of
from grading.trials.matching import Answers
from grading.trials.probes.lab import TWO_LAYERS, nets
from grading.trials.probes.losses import DATA

_LINEAR = ("svm_loss_naive", "svm_loss_vectorized", "softmax_loss_naive", "softmax_loss_vectorized")


def read(function: str, answers: Answers, reference: Answers, aspects: Iterable[str]) -> list[dict[str, str]]:
    """Sentences on loss and gradient: {"kind", "says", "read"}."""
    aspects, found = set(aspects), []
    arrays = _arrays(function)
    if not arrays:
        return []
    whole = [np.array(sum(np.sum(one**2) for one in each.values())) for each in arrays]
    if "data loss" in aspects and aspects & {"penalty of the loss", "penalty of weights"} and (
            times := _times(answers["data loss"], reference["data loss"], whole)):
        found.append(f"The penalty in the loss is {times:.3g} * sum(W**2), whatever reg is.")
    names = {"data gradient": "W"} if function in _LINEAR else {f"gradient of {key}": key for key in arrays[0]}
    wrong = [aspect for aspect in names if aspect in aspects]
    each = {_times(answers[aspect], reference[aspect], [one[names[aspect]] for one in arrays]) for aspect in wrong}
    rounded = {round(times, 5) for times in each}
    if len(wrong) == len(names) and len(rounded) == 1 and rounded != {0.0} and aspects & {
            "penalty of the gradient", "penalty in the gradients of weights"}:
        found.append(f"The gradient of the penalty is {rounded.pop():.3g} * W, whatever reg is.")
    return [{"kind": "mistake", "says": says, "read": "where reg comes from"} for says in found]


def _arrays(function: str) -> list[dict[str, np.ndarray]]:
    """The weights of both inputs of the probe."""
    if function in _LINEAR:
        return [{"W": DATA[which][0]} for which in "AB"]
    made = nets(TWO_LAYERS).values() if function == "TwoLayerNet.loss" else ()
    return [{key: array for key, array in params.items() if key[0] == "W"} for params, _, _ in made]


def _times(told: list, reference: list, of: list[np.ndarray]) -> float:
    """How many times these arrays are there besides what should be; 0 for anything else."""
    pairs = pairs_of(told, reference)
    if pairs is None or len(pairs) != len(of) or any(not np.isfinite(one).all() for one, _ in pairs):
        return 0.0
    off = np.concatenate([(one - other).ravel() for one, other in pairs])
    arrays = np.concatenate([np.squeeze(one).ravel() for one in of])
    times = float(off @ arrays / (arrays @ arrays))
    return times if np.any(off) and np.abs(off - times * arrays).max() <= 1e-5 * np.abs(off).max() else 0.0
