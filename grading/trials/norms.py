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
    starts = [0, *(np.flatnonzero(np.abs(np.diff(eps)) + np.abs(np.diff(N))) + 1), len(eps)]     # of the mini-batches
    of_all, spread = np.empty_like(mean), np.empty_like(mean)
    for one in (slice(*pair) for pair in zip(starts, starts[1:])):
        of_all[one], spread[one] = mean[one].mean(), var[one].mean() + mean[one].var()
    centers = {"0": 0 * mean, "mean": mean, "running_mean": running_mean, "the mean of all of x": of_all}
    divisors = {"1": 1 + 0 * var}
    for name, value in (("var", var), ("running_var", running_var), ("the variance over N - 1", var * N / (N - 1)),
                        ("the variance of all of x", spread), ("the mean of (x - the mean of all of x)**2",
                                                               var + (mean - of_all) ** 2)):
        divisors |= {name: value, f"{name} + eps": value + eps, f"sqrt({name})": np.sqrt(value),
                     f"sqrt({name} + eps)": np.sqrt(value + eps), f"sqrt({name}) + eps": np.sqrt(value) + eps,
                     f"sqrt({name} + eps) + eps": np.sqrt(value + eps) + eps, f"{name}**2": value**2,
                     f"sqrt({name} - eps)": np.sqrt(np.maximum(value - eps, 0))}

    def named(found: np.ndarray, table: dict[str, np.ndarray]) -> str:
        return next((words for words, values in table.items() if np.allclose(found, values, rtol=1e-3, atol=1e-5)), "")

    return named(less, centers), named(by, divisors) or _root(by, {
        "var": var, "running_var": running_var, "(the variance over N - 1)": var * N / (N - 1)}, eps)


_ROOTS = {0.5: "sqrt({})", 0.25: "the fourth root of {}", 1 / 3: "the third root of {}", 1.0: "{}", 1.5: "({})**1.5",
          2.0: "({})**2"}


def _root(by: np.ndarray, variances: dict[str, np.ndarray], eps: np.ndarray) -> str:
    """A root or power of a sum of variance, eps and a number, each with a factor of its own; "" for anything else."""
    if not np.isfinite(by).all() or (by <= 0).any():
        return ""
    tries = [(power, words, name, value) for power, words in _ROOTS.items() for name, value in variances.items()]
    tries += [(1.0, "{}", f"sqrt({name})", np.sqrt(value)) for name, value in variances.items()]
    for power, words, name, value in tries:
        sums = by ** (1 / power)
        terms = np.stack([value, eps, np.ones_like(eps)], axis=1)
        factors = np.round(np.linalg.lstsq(terms, sums, rcond=None)[0], 2)
        if factors[0] and np.allclose(terms @ factors, sums, rtol=1e-3):
            same = factors[0] if factors[0] == factors[1] and not factors[2] else 1.0
            parts = [term if factor == 1 else f"{factor:.3g} {term}".strip()
                     for factor, term in zip(factors / same, (name, "eps", ""), strict=True) if factor]
            sums = words.format(" + ".join(part or "1" for part in parts).replace("+ -", "- "))
            return sums if same == 1 else f"{same**power:.3g} times {sums}"
    return ""
