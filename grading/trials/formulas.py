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
        elif _LINEAR[function] and (said := _fitting(
                answers["data gradient"], [dict(_other_images(case, softmax)) for case in cases], cases)):
            found.append((f"In the gradient {said[0]}, i being the number of the image and j that of the class; it "
                          f"should be X[i].{said[1]}", "whose score it is that dW is the gradient of"))
        elif _LINEAR[function] and (said := _fitting(
                answers["data gradient"], [dict(_other_places(case, softmax)) for case in cases], cases)):
            found.append((f"In the gradient {said[0]}, i being the number of the image and j that of the class."
                          f"{said[1]}", "what i and j count, and what a label stands for"))
    return [{"kind": "mistake", "says": says, "read": again} for says, again in found]


def explained(function: str, answers: Answers, aspects: Iterable[str]) -> set[str]:
    """Which of these aspects `read` has a sentence on."""
    return {aspect for aspect in aspects if read(function, answers, {aspect})}


def _fitting(told: list, ways: list[dict[str, np.ndarray]], cases: list[Case]) -> tuple[str, str] | None:
    """(words, what is wrong with the mean) of the one formula that gives all that was told."""
    arrays = [array_of(one) for one in leaves(told)]
    if len(arrays) != len(cases) or any(one is None or not np.isfinite(one).all() or not np.any(one)
                                        for one in arrays):
        return None
    found = [(words, said) for words in ways[0].keys() & ways[1].keys() - set(_RIGHT) for said, power in _MEANS.items()
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
    found |= {f"-log(q[y]), where q is {words},": -np.log(q[case.right][:, np.newaxis])
              for words, q in _no_probabilities(case) if words.startswith("exp") and "sum" in words}
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
             "1 / (1 + exp(-s)) - 1": sigmoid - 1, "p - 2": p - 2, "2 p - 1": 2 * p - 1, "2 (p - 1)": 2 * (p - 1),
             "(p - 1) p (1 - p)": -p * (1 - p) ** 2, "p (1 - p)**2": p * (1 - p) ** 2}
    wrong = {"p": p, "-p": -p, "0": 0 * p, "p - 1": p - 1, "1 - p": 1 - p, "1": 1 + 0 * p, "p (1 - p)": p * (1 - p),
             "p (p - 1)": p * (p - 1), "-p p[y]": -p * own, "p p[y]": p * own, "log(p)": np.log(p), "p + 1": p + 1,
             "1 / (1 + exp(-s))": sigmoid, "2 p": 2 * p, "p**2 (1 - p)": p**2 * (1 - p), "p**2": p**2}
    for words, values in right.items():
        for others, theirs in wrong.items():
            yield f"{words} | {others}", np.where(case.right, values, theirs)


    for words, q in _no_probabilities(case):
        for right_words, values in (("q - 1", q - 1), ("q", q)):
            yield f"{right_words} | q, where q is {words}", np.where(case.right, values, q)


def _no_probabilities(case: Case) -> Iterator[tuple[str, np.ndarray]]:
    """What may stand in place of the probabilities of a softmax, (N, C)."""
    for less, of in (("", case.scores), (" less the largest", case.scores - case.scores.max(axis=1, keepdims=True))):
        exp = np.exp(of)
        yield f"exp(s{less}) / (its sum over the images)", exp / exp.sum(axis=0)
        yield f"exp(s{less}) / (its sum over all images and classes)", exp / exp.sum()
        yield f"exp(s{less})", exp
        yield f"s{less}", of


def _other_images(case: Case, softmax: bool) -> Iterator[tuple[str, np.ndarray]]:
    """Gradients (D, C) that are right but for the images that are added: words, and what there is."""
    slope = dict((_slopes if softmax else _steps)(case))[_RIGHT[0 if softmax else 1]]
    (N, C), y = case.scores.shape, case.right.argmax(axis=1)
    if N < C:
        return
    places = {"X[i]": np.tile(np.arange(N)[:, np.newaxis], C), "X[j]": np.tile(np.arange(C), (N, 1)),
              "X[y[i]]": np.tile(y[:, np.newaxis], C), "X[0]": np.zeros((N, C), dtype=int),
              "X[-1]": np.full((N, C), N - 1)}
    wrong = np.where(case.right, 0.0, slope)
    for words, rows in places.items():
        added = np.einsum("nc,ncd->dc", wrong, case.X[rows])
        for own_words, own_rows in places.items():
            if softmax and own_words == "X[y[i]]":         # the class is the right one: it is X[j]
                continue
            own = np.zeros_like(added)
            for i in range(N):
                if softmax:
                    own[:, y[i]] += slope[i, y[i]] * case.X[own_rows[i, y[i]]]
                else:                                      # j is the class of the hinge
                    own[:, y[i]] -= wrong[i] @ case.X[own_rows[i]]
            says = f"{words} stands in every column" if words == own_words else (
                f"{own_words} stands in the column of the right class" if words == "X[i]" else
                f"{words} stands in the columns of the wrong classes" if own_words == "X[i]" else
                f"{words} stands in the columns of the wrong classes and {own_words} in that of the right class")
            if (words, own_words) != ("X[i]", "X[i]"):
                yield says, added + own


def _other_places(case: Case, softmax: bool) -> Iterator[tuple[str, np.ndarray]]:
    """Gradients (D, C) that are right but for the columns that something is added to: words, and what there is."""
    slope = dict((_slopes if softmax else _steps)(case))[_RIGHT[0 if softmax else 1]]
    (N, C), y = case.scores.shape, case.right.argmax(axis=1)
    if N < C:
        return
    j, of_image, of_class = np.arange(C), y[:, np.newaxis], np.tile(y[:C], (N, 1))
    if softmax:
        for words, mask in (("y[j] == y[i]", of_class == of_image), ("y[j] == j", of_class == j),
                            ("i == j", np.arange(N)[:, np.newaxis] == j), ("i == y[i]", np.arange(N) == y),
                            ("y[j] == i", of_class == np.arange(N)[:, np.newaxis])):
            mask = mask if mask.ndim == 2 else np.tile(mask[:, np.newaxis], C)
            yield f"1 is subtracted where {words}; it should be where j == y[i]", case.X.T @ (slope + case.right - mask)
        return
    wrong = np.where(case.right, 0.0, slope)
    columns = {"j": np.tile(j, (N, 1)), "y[i]": np.tile(of_image, C), "y[j]": of_class}
    for words, theirs in columns.items():
        for own_words, own in columns.items():
            if (words, own_words) != ("j", "y[i]"):
                added = np.zeros((case.X.shape[1], C))
                np.add.at(added.T, theirs, wrong[:, :, np.newaxis] * case.X[:, np.newaxis])
                np.add.at(added.T, own, -wrong[:, :, np.newaxis] * case.X[:, np.newaxis])
                yield (f"X[i] is added to column {words} for an active hinge, and subtracted from column {own_words}; "
                       "it should be added to column j and subtracted from column y[i]"), added


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
    found |= {f"max(0, s[j] - s[y] + 1) for each class j {words}": np.where(mask, hinge, 0.0)
              for words, mask in _few_classes(case)}
    return found | {f"{words} for each class j, the right one too": cost for words, cost in each.items()
                    if np.any(cost[case.right])}


def _few_classes(case: Case) -> Iterator[tuple[str, np.ndarray]]:
    """Some of the wrong classes, as a mask (N, C)."""
    j, y = np.arange(case.scores.shape[1]), case.right.argmax(axis=1)[:, np.newaxis]
    for words, mask in (("> y", j > y), ("< y", j < y), ("> 0 but y", j > 0), ("but y and the last", j < j[-1])):
        yield words, mask & ~case.right


def _steps(case: Case) -> Iterator[tuple[str, np.ndarray]]:
    """What the scores of an example may get by a hinge loss: "right | wrong" and (N, C)."""
    ahead = np.where(case.right, -1.0, case.scores - case.own)
    hinge, active = np.maximum(0, ahead + 1), (ahead + 1 > 0) * 1.0
    count = active.sum(axis=1, keepdims=True)
    classes = ahead.shape[1]
    for words, mask in _few_classes(case):
        few = active * mask
        yield (f"minus the number of active hinges with j {words} | 1 for an active hinge with j {words}",
               np.where(case.right, -few.sum(axis=1, keepdims=True), few))
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
