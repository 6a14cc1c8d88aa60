"""What dropout multiplies the numbers by that it keeps, read off them where no known mistake fits."""

import numpy as np

from grading.trials.matching import Answers, leaves
from grading.trials.matching import numbers as array_of

_P = np.array([0.3, 0.8])                                          # of the probe of dropout_forward
_FACTORS = {"1 / sqrt(p)": _P**-0.5, "sqrt(p)": _P**0.5, "1 / p**2": _P**-2, "p": _P, "p**2": _P**2, "1 - p": 1 - _P,
            "1 / (1 - p)": 1 / (1 - _P), "1 / sqrt(1 - p)": (1 - _P) ** -0.5, "1 / (1 + p)": 1 / (1 + _P),
            "1": 1 + 0 * _P, "1 + p": 1 + _P, "-1 / p": -1 / _P, "(1 - p) / p": (1 - _P) / _P,
            "p / (1 - p)": _P / (1 - _P)}


def read(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """(sentence, what to read) where what is kept in training has a factor of its own, or test time drops, too."""
    return _factors(answers, aspects) + _at_test_time(answers, reference, aspects)


def _at_test_time(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    told, right = (array_of(answered.get("share kept at test time", ["u"])) for answered in (answers, reference))
    if "share kept at test time" not in aspects or told is None or right is None or told.shape != (2,):
        return []
    if not np.allclose(right, 1) or not np.allclose(told, _P, rtol=0.1):
        return []
    return [("Units are dropped at test time too.", "the docstring: test time")]


def _factors(answers: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    if "factors in training" not in aspects or "share kept in training" in aspects:
        return []
    told = [array_of(leaf) for leaf in leaves(answers["factors in training"])]
    if len(told) != 2 or any(one is None or one.size != 1 for one in told):
        return []
    found = np.array([float(one) for one in told])
    words = next((words for words, values in _FACTORS.items() if np.allclose(found, values, rtol=1e-4)), "")
    if not words and np.ptp(found) < 1e-6:
        words = f"{found[0]:.4g}, whatever p is"
    words = words or f"{found[0]:.4g} for p = 0.3 and by {found[1]:.4g} for p = 0.8"
    if words == "1":
        return [("What is kept is not divided by p.", "the docstring: what is kept")]
    return [(f"What is kept is multiplied by {words}; it should be by 1 / p.", "the docstring: what is kept")]
