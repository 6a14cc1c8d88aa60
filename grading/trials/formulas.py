"""What each example adds to a wrong loss or gradient, read off it: known formulas are tried where no entry fits.

A formula is said only if it gives the answers for all inputs of the probe, and no other one does.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from grading.trials.matching import EXACT, Answers, leaves
from grading.trials.matching import numbers as array_of
from grading.trials.probes.losses import DATA

_LINEAR = {"svm_loss_naive": True, "svm_loss_vectorized": True, "softmax_loss_naive": True,
           "softmax_loss_vectorized": True, "svm_loss": False, "softmax_loss": False}
_RIGHT = ("p - 1 | p", "minus the number of active hinges | 1 for an active hinge")
_MEANS = {"": 1.0, " The division by N is missing.": 0.0, " It is divided by N twice.": 2.0}    # powers of 1 / N


class Case(NamedTuple):
    """One input of the probe: X (N, D), scores (N, C), and a mask (N, C) of the right classes."""

    X: np.ndarray
    scores: np.ndarray
    right: np.ndarray

    @property
    def own(self) -> np.ndarray:
        """The score of the right class, (N, 1)."""
        return self.scores[self.right][:, np.newaxis]


def _case(which: str) -> Case:
    W, X, y = DATA[which]
    return Case(X, X @ W, y[:, np.newaxis] == np.arange(W.shape[1]))


def beside_margin(function: str, answers: Answers, aspects: Iterable[str], margin: float) -> list[dict[str, str]]:
    """What a hinge loss with another margin does to the mean in its gradient, if that is all that is wrong with it."""
    if function not in _LINEAR or "data gradient" not in aspects:
        return []
    cases = [_case(which) for which in "AB"]
    ways = [{words: case.X.T @ slope if _LINEAR[function] else slope
             for words, slope in _steps(case, margin) if words == _RIGHT[1]} for case in cases]
    said = _fitting(answers["data gradient"], ways, cases, right=True)
    return [{"kind": "mistake", "says": f"In the gradient: {said[1].strip()[0].lower()}{said[1].strip()[1:]}",
             "read": "the mean, in the loss and in the gradient"}] if said and said[1] else []


def read(function: str, answers: Answers, aspects: Iterable[str]) -> list[dict[str, str]]:
    """Sentences on the data loss and the data gradient, where they are wrong: {"kind", "says", "read"}."""
    wanted = {"data loss", "data gradient"} & set(aspects)
    if function not in _LINEAR or not wanted:
        return []
    cases, softmax = [_case(which) for which in "AB"], function.startswith("softmax")
    found = []
    if "data loss" in wanted:
        ways = [{words: cost.sum() for words, cost in (_costs if softmax else _hinges)(case).items()} for case in cases]
        if said := _fitting(answers["data loss"], ways, cases):
            should = "-log(p[y])" if softmax else "max(0, s[j] - s[y] + 1) for each wrong class j"
            found.append((f"An image adds {said[0]} to the loss; it should add {should}.{said[1]}",
                          "the formula of the loss of one example"))
    if "data gradient" in wanted:
        ways = [{words: case.X.T @ slope if _LINEAR[function] else slope
                 for words, slope in (_slopes if softmax else _steps)(case)} for case in cases]
        if said := _fitting(answers["data gradient"], ways, cases):
            what, times = ("column", "x times ") if _LINEAR[function] else ("score", "")
            right, wrong = said[0].split(" | ")
            should = "p - 1 and p, p being the class's own probability" if softmax else (
                "minus the number of active hinges and 1 for an active hinge")
            found.append((f"In the gradient the {what} of the right class gets {times}{right}, and that of a wrong "
                          f"class {times}{wrong}; it should be {should}.{said[1]}", "the gradient, class by class"))
    return [{"kind": "mistake", "says": says, "read": again} for says, again in found]


def explained(function: str, answers: Answers, aspects: Iterable[str]) -> set[str]:
    """Which of these aspects `read` has a sentence on."""
    return {aspect for aspect in aspects if read(function, answers, {aspect})}


def _fitting(told: list, ways: list[dict[str, np.ndarray]], cases: list[Case], right: bool = False
             ) -> tuple[str, str] | None:
    """(words, what is wrong with the mean) of the one formula that gives all that was told; right: that one, too."""
    arrays = [array_of(one) for one in leaves(told)]
    if len(arrays) != len(cases) or any(one is None or not np.isfinite(one).all() or not np.any(one)
                                        for one in arrays):
        return None
    tried = (ways[0].keys() & ways[1].keys()).difference(() if right else _RIGHT)
    found = [(words, said) for words in tried for said, power in _MEANS.items()
             if all(_equal(one, each[words] / len(case.X) ** power)
                    for one, each, case in zip(arrays, ways, cases, strict=True))]
    return found[0] if len(found) == 1 else None


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    other = np.squeeze(other)
    return one.shape == other.shape and bool(np.abs(one - other).max() <= EXACT / 10 * np.abs(other).max())


def cut_off(told: list, cut: float) -> bool:
    """Whether a data loss is that of probabilities raised to this, or of probabilities with this added."""
    arrays, cases = [array_of(one) for one in leaves(told)], [_case(which) for which in "AB"]
    if len(arrays) != 2 or any(one is None or one.size != 1 for one in arrays):
        return False
    p = [np.exp(case.own) / np.exp(case.scores).sum(axis=1, keepdims=True) for case in cases]
    return any(all(abs(float(np.ravel(one)[0]) + np.log(way(each)).mean()) < 1e-3 for one, each in zip(
        arrays, p, strict=True)) for way in (lambda p: np.maximum(p, cut), lambda p: p + cut))


def slopes_off(function: str, told: list, reference: list) -> tuple[np.ndarray, np.ndarray] | None:
    """(where the slope of a score is wrong, which are right classes), (N, C), for the square input of the probe."""
    arrays = [array_of(one) for one in (*leaves(told), *leaves(reference))]
    case = _case("square")
    if len(arrays) != 4 or any(one is None for one in arrays) or arrays[1].shape != case.scores.shape:
        return None
    off = arrays[1] - arrays[3]
    if _LINEAR[function]:
        off = np.linalg.solve(case.X.T, off)
    return np.abs(off) > 1e-4 * np.abs(off).max(), case.right


def _costs(case: Case) -> dict[str, np.ndarray]:
    """What an example may add to the loss of a softmax, (N, 1)."""
    scores, largest = case.scores, case.scores.max(axis=1, keepdims=True)
    log_p = case.own - largest - np.log(np.exp(scores - largest).sum(axis=1, keepdims=True))
    p = np.exp(log_p)
    found = {"-p[y], without a logarithm,": -p, "p[y], without a logarithm and with another sign,": p,
             "1 / p[y], without a logarithm,": 1 / p, "(1 - p[y])**2": (1 - p) ** 2, "p[y] log(p[y])": p * log_p,
             "-p[y] log(p[y])": -p * log_p,
             "log(1 - p[y])": np.log(1 - p), "-log(1 - p[y])": -np.log(1 - p), "-log(p[y])**2": -(log_p**2),
             "log(p[y])**2": log_p**2, "-log of 1 / (1 + exp(-s[y])), a sigmoid,": np.log(1 + np.exp(-case.own))}
    for words, own, of in ((", with s less the largest score,", case.own - largest, scores - largest),
                           ("", case.own, scores)):
        total = np.exp(of).sum(axis=1, keepdims=True)
        found |= {f"log(sum of exp(s)) + s[y]{words}": np.log(total) + own, f"-s[y]{words}": -own,
                  f"log(sum of exp(s)){words}": np.log(total), f"(sum of exp(s)) - s[y]{words}": total - own,
                  f"log10(sum of exp(s)) - s[y]{words}": np.log10(total) - own,
                  f"log2(sum of exp(s)) - s[y]{words}": np.log2(total) - own,
                  f"log(1 + sum of exp(s)) - s[y]{words}": np.log(1 + total) - own,
                  f"-exp(s[y]){words}": -np.exp(own), f"-s[y] / log(sum of exp(s)){words}": -own / np.log(total),
                  f"log(sum of exp(s)) - exp(s[y]){words}": np.log(total) - np.exp(own)}
    return found


def _slopes(case: Case) -> Iterator[tuple[str, np.ndarray]]:
    """What the scores of an example may get by a softmax: "right | wrong" and (N, C)."""
    p = np.exp(case.scores - case.scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    own = p[case.right][:, np.newaxis]
    sigmoid = 1 / (1 + np.exp(-case.scores))
    right = {"p - 1": p - 1, "p": p, "1 - p": 1 - p, "-1": -1 + 0 * p, "1": 1 + 0 * p, "-p": -p, "p + 1": p + 1,
             "0": 0 * p, "p (1 - p)": p * (1 - p), "p (p - 1)": p * (p - 1), "p (1 - p) - 1": p * (1 - p) - 1,
             "-1 / p": -1 / p, "log(p)": np.log(p), "log(p) - 1": np.log(p) - 1,
             "1 / (1 + exp(-s)) - 1": sigmoid - 1, "p - 2": p - 2}
    wrong = {"p": p, "-p": -p, "0": 0 * p, "p - 1": p - 1, "1 - p": 1 - p, "1": 1 + 0 * p, "p (1 - p)": p * (1 - p),
             "p (p - 1)": p * (p - 1), "-p p[y]": -p * own, "p p[y]": p * own, "log(p)": np.log(p), "p + 1": p + 1,
             "1 / (1 + exp(-s))": sigmoid}
    for words, values in right.items():
        for others, theirs in wrong.items():
            yield f"{words} | {others}", np.where(case.right, values, theirs)


def _hinges(case: Case) -> dict[str, np.ndarray]:
    """What an example may add to a hinge loss, (N, C), without the right class and with it."""
    ahead = case.scores - case.own
    hinge = np.maximum(0, ahead + 1)
    each = {"max(0, s[j] - s[y]) + 1": np.maximum(0, ahead) + 1, "s[j] - s[y] + 1": ahead + 1,
            "s[j] - s[y] + 1 where that is above 1, 0 elsewhere,": (ahead > 0) * (ahead + 1),
            "|s[j] - s[y] + 1|": np.abs(ahead + 1), "max(0, s[j] - s[y] + 1)**2": hinge**2,
            "max(0, s[j] - s[y] + 1)**2 / 2": hinge**2 / 2, "max(0, s[j] - s[y] - 1)": np.maximum(0, ahead - 1),
            "max(0, s[y] - s[j] + 1)": np.maximum(0, 1 - ahead),
            "1 for an active hinge": (hinge > 0) * 1.0, "max(0, s[j] + 1)": np.maximum(0, case.scores + 1),
            "max(0, s[j])": np.maximum(0, case.scores),
            "max(0, s[j] + s[y] + 1)": np.maximum(0, ahead + 2 * case.own + 1),
            "log(1 + exp(s[j] - s[y]))": np.log1p(np.exp(ahead))}
    found = {f"{words} for each wrong class j": np.where(case.right, 0.0, cost) for words, cost in each.items()}
    return found | {f"{words} for each class j, the right one too": cost for words, cost in each.items()
                    if np.any(cost[case.right])}


def _steps(case: Case, margin: float = 1.0) -> Iterator[tuple[str, np.ndarray]]:
    """What the scores of an example may get by a hinge loss: "right | wrong" and (N, C)."""
    ahead = np.where(case.right, -margin, case.scores - case.own)
    hinge, active = np.maximum(0, ahead + margin), (ahead + margin > 0) * 1.0
    count = active.sum(axis=1, keepdims=True)
    classes = ahead.shape[1]
    right = {"minus the number of active hinges": -count, "the number of active hinges": count, "0": 0 * count,
             "-1": 0 * count - 1, "1": 0 * count + 1, "-1 where any hinge is active": -1.0 * (count > 0),
             "1 where any hinge is active": (count > 0) * 1.0, "1 less the number of active hinges": 1 - count,
             "-1 less the number of active hinges": -1 - count, "minus the sum of the hinges": -hinge.sum(
                 axis=1, keepdims=True), "minus the number of wrong classes": 0 * count - classes + 1,
             "minus the number of classes": 0 * count - classes,
             "minus the share of the classes with active hinges": -count / classes,
             "minus the number of classes that are ahead": -(ahead > 0).sum(axis=1, keepdims=True),
             "minus the number of classes that are ahead by more than 1": -(ahead > 1).sum(axis=1, keepdims=True),
             "minus the number of hinges that are not active": count - classes + 1,
             "the sum of the hinges": hinge.sum(axis=1, keepdims=True), "minus twice the sum of the hinges":
             -2 * hinge.sum(axis=1, keepdims=True), "minus twice the number of active hinges": -2 * count}
    wrong = {"1 for an active hinge": active, "-1 for an active hinge": -active, "0": 0 * ahead, "1": 1 + 0 * ahead,
             "-1": -1 + 0 * ahead, "its hinge": hinge, "twice its hinge": 2 * hinge, "minus its hinge": -hinge,
             "1 where it is ahead of the right class": (ahead > 0) * 1.0,
             "1 where it is ahead by more than 1": (ahead > 1) * 1.0,
             "1 for a hinge that is not active": 1 - active, "its score": case.scores,
             "its score for an active hinge": active * case.scores,
             "2 for an active hinge": 2 * active, "the number of active hinges": count + 0 * ahead,
             "1 less the number of active hinges, for an active one": active * (1 - count)}
    for words, values in right.items():
        for others, theirs in wrong.items():
            yield f"{words} | {others}", np.where(case.right, values, theirs)
