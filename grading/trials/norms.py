"""What batch normalization subtracts and divides by, read off its output where no known mistake fits."""

import numpy as np

from grading.trials.matching import Answers
from grading.trials.matching import numbers as array_of

_SHOULD = {"in training": ("mean", "sqrt(var + eps)"), "at test time": ("running_mean", "sqrt(running_var + eps)")}
_AVERAGES = "the running averages in the docstring"


def read(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """(sentence, what to read) for training and test time, where both can be told."""
    found = []
    for when, (mean, divisor) in _SHOULD.items():
        told = array_of(answers.get(f"~lines {when}", ["u"]))
        if not {f"normalized {when}", f"large eps {when}"} & aspects or told is None or told.ndim != 2:
            continue
        subtracted, divided = _written(told)
        if subtracted and divided and (subtracted, divided) != (mean, divisor):
            says = (f"{when.capitalize()} x less {subtracted} is divided by {divided}; it should be x less {mean}, "
                    f"divided by {divisor}.")
            found.append((says.replace("x less 0", "x"), "the formulas of batch normalization"))
    return found + _running(answers, reference, aspects)


def _running(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """What running averages are made of: of what they were, and of the mini-batch's mean or variance."""
    found, fixed = [], {}
    for word, short in (("mean", "mean"), ("variance", "var")):
        told, right = (array_of(one.get(f"~terms of the running {word}", ["u"])) for one in (answers, reference))
        if f"running {word} in training" not in aspects or told is None or right is None or told.shape != (2, 2):
            continue
        if np.allclose(told[0], told[1], atol=1e-4) and abs(told[0].sum() - 1) < 1e-4 and 0 < told[0, 0] < 1:
            fixed[word] = f"{told[0, 0]:.4g}"
            continue
        ours, theirs = (" + ".join(f"{factor:.3g} {name}" for factor, name in zip(row, (f"running_{short}", short))
                                   if abs(factor) > 1e-6).replace("+ -", "- ") or "0" for row in (told[0], right[0]))
        if ours != theirs:
            found.append((f"With momentum 0.8 the running {word} becomes {ours}; it should be {theirs}.", _AVERAGES))
    for value in sorted(set(fixed.values())):
        which = [word for word, own in fixed.items() if own == value]
        whose = "" if len(which) == 2 else f" of the running {which[0]}"
        found.append((f"The momentum{whose} is always {value}; bn_param may say otherwise.", _AVERAGES))
    return found


def _written(lines: np.ndarray) -> tuple[str, str]:
    """(what is subtracted, what that is divided by), in the words of the docstring; "" where it is something else."""
    less, by, mean, var, running_mean, running_var, eps, N = lines.T
    centers = {"0": 0 * mean, "mean": mean, "running_mean": running_mean}
    divisors = {"1": 1 + 0 * var}
    for name, value in (("var", var), ("running_var", running_var), ("the variance over N - 1", var * N / (N - 1))):
        divisors |= {name: value, f"{name} + eps": value + eps, f"sqrt({name})": np.sqrt(value),
                     f"sqrt({name} + eps)": np.sqrt(value + eps), f"sqrt({name}) + eps": np.sqrt(value) + eps,
                     f"{name}**2": value**2, f"sqrt({name} - eps)": np.sqrt(np.maximum(value - eps, 0))}

    def named(found: np.ndarray, table: dict[str, np.ndarray]) -> str:
        return next((words for words, values in table.items() if np.allclose(found, values, rtol=1e-3, atol=1e-5)), "")

    return named(less, centers), named(by, divisors)
