"""Which gradients of a net are another multiple of what they should be, where its scores and its loss are right."""

from collections.abc import Iterable

import numpy as np

from grading.trials.figures import pairs_of
from grading.trials.matching import Answers

_EXAMPLES = {"TwoLayerNet.loss": (5, 6)}           # that the nets of the probe get
_PREFIX = "gradient of "
_MULTIPLES = {"{} the wrong sign": -1.0, "{} zero": 0.0, "{} half of what {} should be": 0.5,
              "{} twice what {} should be": 2.0}


def read(function: str, answers: Answers, reference: Answers, aspects: Iterable[str]) -> list[dict[str, str]]:
    """Sentences, one for each multiple, where every wrong gradient has one: {"kind", "says", "read"}."""
    aspects = set(aspects)
    wrong = sorted(aspect for aspect in aspects if aspect.startswith(_PREFIX))
    if function not in _EXAMPLES or not wrong or aspects & {"scores", "data loss"}:
        return []
    found: dict[str, list[str]] = {}
    for aspect in wrong:
        if not (words := _multiple(answers[aspect], reference[aspect], np.array(_EXAMPLES[function], dtype=float))):
            return []
        found.setdefault(words, []).append(aspect.removeprefix(_PREFIX))
    return [{"kind": "mistake", "says": _sentence(words, names), "read": "the way back, layer by layer, and its 1/N"}
            for words, names in found.items()]


def _sentence(words: str, names: list[str]) -> str:
    *others, last = names
    many = bool(others)
    verb = ("has", "have") if "sign" in words else ("is", "are")
    return (f"The data's gradient{'s' * many} of {', '.join(others)}{' and ' * many}{last} "
            f"{words.format(verb[many], 'they' if many else 'it')}.")


def _multiple(told: list, reference: list, examples: np.ndarray) -> str:
    """In words what the reference is multiplied by; "" for anything else."""
    pairs = pairs_of(told, reference)
    if pairs is None or len(pairs) != len(examples) or any(
            not np.isfinite(one).all() or not np.any(other) for one, other in pairs):
        return ""
    times = []
    for one, other in pairs:
        factor = float(np.sum(one * other) / np.sum(other * other))
        if np.abs(one - factor * other).max() > 1e-4 * np.abs(other).max():
            return ""
        times.append(factor)
    for words, power in (("{} multiplied by the number of examples where {} should not be", 1.0),
                         ("{} divided by the number of examples once too often", -1.0)):
        if np.allclose(times, examples**power, rtol=1e-3):
            return words
    return next((words for words, value in _MULTIPLES.items() if np.allclose(times, value, atol=1e-3)), "")
