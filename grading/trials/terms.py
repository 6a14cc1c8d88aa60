"""What a wrong answer is made of, read off it where no known mistake fits: its terms and their factors, what it lacks.

Every sentence says what is there and what should be; where the form leaves a doubt, nothing is said.
"""

from collections.abc import Iterable
from itertools import product

import numpy as np

from grading.trials import kept, norms, rates, starts, stopped
from grading.trials.figures import factor
from grading.trials.matching import Answers, leaves
from grading.trials.matching import numbers as array_of

# None altogether; in the first place of several; in another one.
_NOTHING, _FIRST_NOTHING, _NONE = ["e", "Nothing"], ["e", "FirstNothing"], ["s", "a NoneType"]
_CACHE_FIRST = ["e", "CacheFirst"]
_UNBOUND = ["e", "UnboundLocalError"]
_PARTS = ("dx", "dw", "db", "dgamma", "dbeta", "mean", "std", "best", "trained", "gain", "error")    # of several
_POWERS = (0, 1, -1, 2, -2, 0.5, -0.5, 1.5, -1.5, 3, -3)          # of the root
_EXAMPLES = (5.0, 6.0, 7.0)                 # that the nets of a probe get
_LAYERS = (2.0, 3.0, 4.0)                   # that they have
_OTHER_BETA = {"m": "beta2 in m", "v": "beta1 in v"}                    # of Adam, which should not tell
_GATES = ("the term of dout itself", "what comes back by the mean", "what comes back by the variance")


def read(function: str, answers: Answers, reference: Answers, aspects: Iterable[str]) -> list[dict[str, str]]:
    """Sentences on these aspects of a function, none of which is explained: {"kind", "says", "read"}."""
    aspects = {aspect for aspect in aspects if aspect in answers and not aspect.startswith("~")}
    none = {aspect for aspect in aspects if any(leaf in (_NOTHING, _FIRST_NOTHING) for leaf in leaves(answers[aspect]))}
    found = _nothing(function, answers, none) if none else []
    rest = aspects - none
    for reading in (_cache_first, _unbound, _loops, _no_part, _keys, starts.read, _gates, norms.read, kept.read,
                    _memories, _momentum, rates.read, _penalties, _law):
        found += reading(answers, reference, rest) if rest else []
    return [{"kind": "mistake", "says": says, "read": again} for says, again in found]


def _nothing(function: str, answers: Answers, none: set[str]) -> list[tuple[str, str]]:
    """Where None comes back: always, in one mode, for some kinds of activation."""
    if _asked(answers) <= none | stopped.raising(answers):
        first = any(leaf == _FIRST_NOTHING for aspect in none for leaf in leaves(answers[aspect]))
        return [(f"None is returned in place of {_first_part(function)}." if first else
                 f"{function} returns None: a line with return is missing, or what it returns has not been computed.",
                 "the docstring, under Returns")]
    if all("at test time" in aspect or aspect.endswith("scores") for aspect in none):
        return [("At test time None is returned: the output of that case is missing.", "the docstring, under Returns")]
    kinds = sorted({aspect.replace(",", "").split()[0] for aspect in none})
    if function.startswith("activation_"):
        return [(f"For {' and '.join(kinds)} None is returned: that case has not been written.",
                 "the docstring: the five kinds")]
    return _in_place_of([aspect for aspect in _PARTS if aspect in none and all(
        leaf == _NOTHING for leaf in leaves(answers[aspect]))])


def _asked(answers: Answers) -> set[str]:
    """The aspects of what a function returns."""
    return {aspect for aspect in answers if aspect[0] != "~" and aspect != "inputs changed"}


def _first_part(function: str) -> str:
    """What comes first of what a function returns."""
    if function.endswith("_forward"):
        return "the output"
    if "_backward" in function:
        return "dx"
    return {"gp_posterior": "the mean", "accuracy_gain": "the gain", "successive_halving": "the setting that is chosen"
            }.get(function, "the loss" if function.endswith(".loss") else "the new weights")


def _in_place_of(parts: list[str]) -> list[tuple[str, str]]:
    *others, last = parts or [""]
    return [(f"None is returned in place of {', '.join(others)}{' and ' * bool(others)}{last}.",
             "the docstring, under Returns")] if parts else []


def _cache_first(answers: Answers, _reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """Output and cache in the wrong order, whatever the cache is made of."""
    first = {aspect for aspect in aspects if any(leaf == _CACHE_FIRST for leaf in leaves(answers[aspect]))}
    if first and first == _asked(answers):
        return [("The cache is returned first, then the output.", "the docstring, under Returns")]
    if first and all("at test time" in aspect for aspect in first):
        return [("At test time the cache is returned first, then the output.", "the docstring, under Returns")]
    return []


def _unbound(answers: Answers, _reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """A branch that uses a variable of the other one's."""
    raised = {aspect for aspect in aspects if any(leaf == _UNBOUND for leaf in leaves(answers[aspect]))}
    if not raised or not all("at test time" in aspect for aspect in raised):
        return []
    return [("At test time a variable is used that only training gives a value.", "the branch for test time, line by "
             "line")]


def _loops(answers: Answers, _reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """Along which axes of the images the Python steps of a function without loops grow in number."""
    told = [array_of(leaf) for leaf in leaves(answers["loop"])] if "loop" in aspects else []
    if len(told) != 3 or any(one is None or one.size != 1 for one in told):
        return []
    grows = [words for one, words in zip(told, ("test images", "training images", "values in an image"), strict=True)
             if np.ravel(one)[0]]
    return [(f"There is still a loop: the number of Python steps grows with the number of {' and of '.join(grows)}.",
             "Expand the square: a matrix product and two sums.")] if grows else []


def _no_part(answers: Answers, _reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """Which of several results is None."""
    return _in_place_of([words for words, aspect in (("the loss", "data loss"), ("the gradient", "data gradient"),
                                                *((part, part) for part in _PARTS))
                         if aspect in aspects and all(leaf == _NONE for leaf in leaves(answers[aspect]))])


def _keys(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """Parameters that grads has no entry for, those of a normalized net where the others have theirs."""
    name, where = "names of the gradients", ""
    if name not in aspects:
        name, where = f"training/normalized: {name}", "In a net with normalization "
    if name not in aspects or answers[name][0] != "l" or any(leaf[0] != "s" for leaf in leaves(answers[name])):
        return []                                                         # such as where scores come back in training
    theirs, should = ([leaf[1].split() for leaf in leaves(told[name])] for told in (answers, reference))
    if where and len(theirs) != len(should):
        return []
    nets = zip(theirs, should, strict=True) if where else [(sum(theirs, []), sum(should, []))]
    lacks = sorted({key for ours, wanted in nets for key in wanted if key not in ours})
    if not lacks:
        return []
    *others, last = lacks
    return [(f"{where}grads has no entry for {', '.join(others)}{' and ' * bool(others)}{last}: the way back does not "
             "reach these parameters, or stores their gradients under other names.", "the docstring, under Returns")]


def _gates(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """Of the gradient of batch normalization, which of its three terms is there, and how often.

    Nothing where the reference's terms are others: a way forward that is wrong has left another cache.
    """
    right = [array_of(one) for one in leaves(reference.get("~terms of dx", ["u"]))]
    if any(one is None or one.ndim != 2 or not np.allclose(one[:, :3], (1, -1, -1), rtol=1e-3) for one in right):
        return []
    told = answers.get("~terms of dx", ["u"])
    cases = [array_of(one) for one in told[1:]] if told[0] == "l" else []
    if "dx" not in aspects or not cases or any(one is None or one.ndim != 2 or one.shape[1] != 6 for one in cases):
        return []
    rows = np.concatenate(cases)
    factors, gamma, root, N = rows[:, :3] * (1, -1, -1), *rows[:, 3:].T
    found = []
    for words, values in zip(_GATES, factors.T):
        if np.allclose(values, 1, rtol=1e-3):
            continue
        times = "0" if np.abs(values).max() < 1e-4 else _written(values, gamma, root, N)
        if not times:
            return []
        found.append((words, times))
    lacks = [words for words, times in found if times == "0"]
    others = [(words, times) for words, times in found if times != "0"]
    if len(others) == 3 and len({times for _, times in others}) == 1:
        return [(f"dx is multiplied by {others[0][1]} where it should not be.", "the three ways from x to out")]
    says = [f"dx lacks {' and '.join(lacks)}"] if lacks else []
    says += [f"{words} has the wrong sign" if times == "-1" else f"{words} is multiplied by {times} where it should "
             "not be" for words, times in others]
    return [(f"In dx {'; '.join(says)}.".replace("In dx dx", "dx"), "the three ways from x to out")] if says else []


def _written(values: np.ndarray, gamma: np.ndarray, root: np.ndarray, N: np.ndarray) -> str:
    """The values as a number times powers of N, gamma and the root; "" for anything else."""
    if np.allclose(values, N / (N - 1), rtol=1e-3):
        return "N / (N - 1)"
    powers = sorted(product(_POWERS, (0, 1, -1), (0, 1, -1, 2)), key=lambda each: sum(map(abs, each)))
    for of_root, of_gamma, of_N in powers:
        rest = values / (root**of_root * gamma**of_gamma * N**of_N)
        if np.ptp(rest) <= 1e-3 * np.abs(rest).max():
            parts = [_power(name, power) for name, power in (("N", of_N), ("gamma", of_gamma), ("std", of_root))
                     if power]
            number = float(np.round(rest.mean(), 3))
            if abs(number - 1) > 1e-3 or not parts:
                parts = ["-"] * (number == -1 and bool(parts)) + [f"{number:.4g}"] * (number != -1 or not parts) + parts
            return " ".join(parts).replace("- ", "-")
    return ""


def _power(name: str, power: float) -> str:
    return name if power == 1 else f"{name}**{power:.3g}"


def _memories(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """What an update rule remembers, as a sum of what it has remembered and of the new gradient."""
    found = []
    for name, setting, old, new in (("cache", "decay_rate", "c", "g^2"), ("velocity", "momentum", "v", "lr g"),
                                    ("m", "beta1", "m", "g"), ("v", "beta2", "v", "g^2")):
        told, right = (array_of(one.get(f"~terms of {name}", ["u"])) for one in (answers, reference))
        if name not in aspects and f"{setting.replace('_', ' ')} in the {name}" not in aspects and (
                f"{setting} in {name}" not in aspects):
            continue
        if told is None or right is None or told.shape != (2, 2) or np.allclose(told, right, atol=2e-5):
            continue
        averages = np.allclose(right.sum(axis=1), 1)
        if averages and np.allclose(told[0], told[1], atol=2e-5) and abs(told[0].sum() - 1) < 1e-4 and (
                _OTHER_BETA.get(name) not in aspects):
            found.append((f"{setting} is always {told[0, 0]:.4g}, whatever config says.",
                          f"{setting} in the docstring"))
        else:
            found.append((f"The new {name} is {_sum(told[0], old, new)}; for the default settings it should be "
                          f"{_sum(right[0], old, new)}.", "the formula in the docstring"))
    return found


def _law(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """The form of a kernel that falls with a power of the distance."""
    told, right = (array_of(one.get("~law", ["u"])) for one in (answers, reference))
    if "K" not in aspects or told is None or right is None or told.shape != right.shape or (
            not np.isfinite(told).all() or np.allclose(told, right)):
        return []
    ours, theirs = (f"{start:.3g} exp({-slope:.3g} r^{power:.3g})" for start, slope, power in (told, right))
    return [(f"For length 0.8 and scale 1.7, K is {ours}; it should be {theirs}.", "the formula in the docstring")]


def _momentum(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """The step of a rule with momentum, by its two terms, where the velocity is right."""
    name = "~terms of the step"
    told, right = (array_of(one.get(name, ["u"])) for one in (answers, reference))
    if not {"step"} <= aspects <= {"step", "momentum in the step", "learning rate", "large gradients"}:
        return []
    if told is None or right is None or told.shape != (2, 2):
        return []
    (ours, _), (theirs, _) = told, right
    return [(f"With mu = 0.9 the weights move by {_sum(ours)}, v being the velocity before the step; it should be "
             f"{_sum(theirs)}.", "the formula in the docstring, with the first line put into the second")]


def _sum(factors: np.ndarray, old: str = "v", new: str = "lr g") -> str:
    before, added = (float(one) for one in factors)
    first = f"{before:.4g} {old}" if abs(before) > 1e-6 else ""
    if abs(added) < 1e-6:
        return first or "0"
    sign = ("- " if added < 0 else "+ " * bool(first))
    return f"{first} {sign}{abs(added):.4g} {new}".strip()


def _penalties(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """The factors of the deepest net's penalties, layer by layer, where they are not the same in all layers."""
    found = []
    for aspect, where, own, unit in (("penalty of weights", "the loss", 0.5, "reg * sum(W**2)"),
                                     ("penalty in the gradients of weights", "the gradients", 1.0, "reg * W")):
        told, right = answers.get(aspect, ["u"])[-1], reference.get(aspect, ["u"])[-1]
        if aspect not in aspects or told[:1] != ["l"] or len(told) != len(right):
            continue
        if by := _by_size(answers[aspect], reference[aspect]):
            found.append((f"The penalty in {where} is {by}.", "the penalty in the docstring"))
            continue
        arrays = [array_of(one) for one in told[1:]]
        factors = [None if array is None else factor(one, other) if np.any(array) else 0.0
                   for array, one, other in zip(arrays, told[1:], right[1:])]
        if None not in factors and len(set(np.round(factors, 3))) > 1 and all(map(_round, factors)):
            listed = ", ".join(f"{own * one:.3g}" for one in factors)
            found.append((f"The penalties in {where} of a net with {len(factors)} layers are {listed} times {unit}, "
                          f"layer by layer; each should be {own:.3g} times that.", "the penalty in the docstring"))
    return found


def _round(number: float) -> bool:
    """Whether it is one that somebody would write: what depends on the weights is not."""
    return any(abs(number * part - round(number * part)) < 1e-4 for part in (1, 3, 8, 100))


def _by_size(told: list, reference: list) -> str:
    """Whether three nets' penalties are multiplied or divided by their numbers of examples or of layers."""
    factors = [factor(one, other) for one, other in zip(told[1:], reference[1:])]
    if None in factors or len(factors) != len(_EXAMPLES):
        return ""
    return next((f"{words} the number of {what}" for power, words in ((1, "multiplied by"), (-1, "divided by"))
                 for what, sizes in (("examples; only the data loss is a mean", _EXAMPLES),
                                     ("layers; it should be added once for each of them", _LAYERS))
                 if np.allclose(factors, np.power(sizes, power), rtol=1e-3)), "")
