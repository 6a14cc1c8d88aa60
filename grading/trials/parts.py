"""What an example may add to a loss or a gradient, wrong ways and right ones, for the inputs of the probes.

Words -> what there is: of a gradient, "what the score of the right class gets | what that of a wrong one gets".
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from grading.trials.probes.losses import DATA


class Case(NamedTuple):
    """One input of the probe: X (N, D), scores (N, C), and a mask (N, C) of the right classes."""

    X: np.ndarray
    scores: np.ndarray
    right: np.ndarray

    @property
    def own(self) -> np.ndarray:
        """The score of the right class, (N, 1)."""
        return self.scores[self.right][:, np.newaxis]


def case_of(which: str) -> Case:
    W, X, y = DATA[which]
    return Case(X, X @ W, y[:, np.newaxis] == np.arange(W.shape[1]))


def costs_of_images(case: Case, softmax: bool) -> np.ndarray:
    """What each image should add to the loss, (N,)."""
    if not softmax:
        return np.where(case.right, 0.0, np.maximum(0, case.scores - case.own + 1)).sum(axis=1)
    ahead = case.scores - case.own
    return np.log(np.exp(ahead).sum(axis=1))


def right_slopes(case: Case, softmax: bool) -> np.ndarray:
    """What the scores of each image should get, (N, C)."""
    ahead = case.scores - case.own
    if softmax:
        return np.exp(ahead) / np.exp(ahead).sum(axis=1, keepdims=True) - case.right
    active = (~case.right & (ahead + 1 > 0)) * 1.0
    return np.where(case.right, -active.sum(axis=1, keepdims=True), active)


_POSITIVE = ("its sum", "its mean", "the number of", "softmax")     # what stands for a probability


def costs(case: Case) -> dict[str, np.ndarray]:
    """What an example may add to the loss of a softmax, (N, 1)."""
    scores, largest = case.scores, case.scores.max(axis=1, keepdims=True)
    log_p = case.own - largest - np.log(np.exp(scores - largest).sum(axis=1, keepdims=True))
    p = np.exp(log_p)
    found = {"-p[y], without a logarithm,": -p, "p[y], without a logarithm and with another sign,": p,
             "1 / p[y], without a logarithm,": 1 / p, "(1 - p[y])**2": (1 - p) ** 2, "p[y] log(p[y])": p * log_p,
             "-p[y] log(p[y])": -p * log_p,
             "log(1 - p[y])": np.log(1 - p), "-log(1 - p[y])": -np.log(1 - p), "-log(p[y])**2": -(log_p**2),
             "log(p[y])**2": log_p**2, "log(p[y])": log_p,
             "-log10(p[y])": -log_p / np.log(10), "-log2(p[y])": -log_p / np.log(2),
             "log(sum of exp(s less the largest)) - s[y]": np.log(np.exp(scores - largest).sum(
                 axis=1, keepdims=True)) - case.own,
             "the sum of (p - one-hot)**2": _squares(case), "half the sum of (p - one-hot)**2": _squares(case) / 2,
             **_other_classes(case),
             "-log of 1 / (1 + exp(-s[y])), a sigmoid,": np.log(1 + np.exp(-case.own))}
    found |= {f"-log(q[y]), where q is {words},": -np.log(q[case.right][:, np.newaxis])
              for words, q in _no_probabilities(case) if any(part in words for part in _POSITIVE)}
    for words, own, of in ((", with s less the largest score,", case.own - largest, scores - largest),
                           ("", case.own, scores)):
        total = np.exp(of).sum(axis=1, keepdims=True)
        found |= {f"log(sum of exp(s)) + s[y]{words}": np.log(total) + own, f"-s[y]{words}": -own,
                  f"log(sum of exp(s)){words}": np.log(total), f"(sum of exp(s)) - s[y]{words}": total - own,
                  f"-s[y] log(sum of exp(s)){words}": -own * np.log(total),
                  f"log10(sum of exp(s)) - s[y]{words}": np.log10(total) - own,
                  f"log2(sum of exp(s)) - s[y]{words}": np.log2(total) - own,
                  f"log(1 + sum of exp(s)) - s[y]{words}": np.log(1 + total) - own,
                  f"-exp(s[y]){words}": -np.exp(own), f"-s[y] / log(sum of exp(s)){words}": -own / np.log(total),
                  f"log(sum of exp(s)) - exp(s[y]){words}": np.log(total) - np.exp(own)}
    return found


def _other_classes(case: Case) -> dict[str, np.ndarray]:
    """-log(p) of a class that is not the right one, and of all of them, (N, 1)."""
    ahead = case.scores - case.scores.max(axis=1, keepdims=True)
    log_p = ahead - np.log(np.exp(ahead).sum(axis=1, keepdims=True))
    y, rows = case.right.argmax(axis=1), np.arange(len(ahead))
    places = {"the last class": -1 + 0 * y, "the first class": 0 * y,
              "the class that the last image has": y[-1] + 0 * y, "the class that the next image has": np.roll(y, -1),
              "the class before its own": y - 1,
              "the least likely class": log_p.argmin(axis=1)}
    found = {f"-log(p) of {words}": -log_p[rows, place][:, np.newaxis] for words, place in places.items()}
    found["-log(p) of every class"] = -log_p.sum(axis=1, keepdims=True)
    wrong = np.where(case.right, 0.0, np.log1p(-np.exp(log_p)))
    found["-log(p[y]) and, for each wrong class, -log(1 - p)"] = -(log_p[case.right] + wrong.sum(axis=1))[:, np.newaxis]
    return found | {"-sum of p log(p), the entropy,": -(np.exp(log_p) * log_p).sum(axis=1, keepdims=True)}


def _squares(case: Case) -> np.ndarray:
    """The squares of a softmax's errors, added up, (N, 1)."""
    return (right_slopes(case, softmax=True) ** 2).sum(axis=1, keepdims=True)


def slopes(case: Case) -> Iterator[tuple[str, np.ndarray]]:
    """What the scores of an example may get by a softmax: "right | wrong" and (N, C)."""
    p = np.exp(case.scores - case.scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    own = p[case.right][:, np.newaxis]
    sigmoid = 1 / (1 + np.exp(-case.scores))
    right = {"p - 1": p - 1, "p": p, "1 - p": 1 - p, "-1": -1 + 0 * p, "1": 1 + 0 * p, "-p": -p, "p + 1": p + 1,
             "0": 0 * p, "p (1 - p)": p * (1 - p), "p (p - 1)": p * (p - 1), "p (1 - p) - 1": p * (1 - p) - 1,
             "-1 / p": -1 / p, "log(p)": np.log(p), "log(p) - 1": np.log(p) - 1,
             "1 / (1 + exp(-s)) - 1": sigmoid - 1, "p - 2": p - 2, "2 p - 1": 2 * p - 1, "2 (p - 1)": 2 * (p - 1),
             "p less the number of classes": p - p.shape[1], "p less the number of images": p - len(p),
             "(p - 1) p (1 - p)": -p * (1 - p) ** 2, "p (1 - p)**2": p * (1 - p) ** 2}
    wrong = {"p": p, "-p": -p, "0": 0 * p, "p - 1": p - 1, "1 - p": 1 - p, "1": 1 + 0 * p, "p (1 - p)": p * (1 - p),
             "p (p - 1)": p * (p - 1), "-p p[y]": -p * own, "p p[y]": p * own, "log(p)": np.log(p), "p + 1": p + 1,
             "p - p[y]": p - own, "1 / (1 + exp(-s))": sigmoid, "2 p": 2 * p,
             "p**2 (1 - p)": p**2 * (1 - p), "p**2": p**2}
    for words, values in right.items():
        for others, theirs in wrong.items():
            yield f"{words} | {others}", np.where(case.right, values, theirs)
    for words, place in (("class 0", 0), ("the last class", p.shape[1] - 1)):
        there = np.arange(p.shape[1]) != place
        yield f"p - 1, but nothing for {words} | p, but nothing for {words}", (p - case.right) * there
    label = case.right.argmax(axis=1)[:, np.newaxis]
    yield "p less the label | p less the label", p - label
    yield "p less the label | p", np.where(case.right, p - label, p)
    for words, of in (("exp(s)", case.scores), ("exp(s less the largest)", case.scores - case.scores.max(
            axis=1, keepdims=True))):
        total = np.exp(of).sum(axis=1, keepdims=True)
        yield f"({words} - 1) / (sum of {words}) | p", np.where(case.right, (np.exp(of) - 1) / total, p)
        yield f"{words} - 1 | p", np.where(case.right, np.exp(of) - 1, p)
    for words, q in _no_probabilities(case):
        for right_words, values in (("q - 1", q - 1), ("q", q)):
            yield f"{right_words} | q, where q is {words}", np.where(case.right, values, q)


def _no_probabilities(case: Case) -> Iterator[tuple[str, np.ndarray]]:
    """What may stand in place of the probabilities of a softmax, (N, C)."""
    exp = np.exp(case.scores)
    yield "exp(s) / (its sum over the wrong classes)", exp / np.where(case.right, 0.0, exp).sum(axis=1, keepdims=True)
    ahead = np.exp(case.scores - case.scores.max(axis=1, keepdims=True))
    yield "exp(s less the largest) / (its sum over this image and all before it)", (
        ahead / np.cumsum(ahead.sum(axis=1))[:, np.newaxis])
    for words, times in (("exp(s / 2)", 0.5), ("exp(2 s)", 2.0), ("exp(-s)", -1.0), ("2**s", np.log(2)),
                         ("10**s", np.log(10))):
        of = times * case.scores
        of = np.exp(of - of.max(axis=1, keepdims=True))
        yield f"{words} / (its sum over the classes)", of / of.sum(axis=1, keepdims=True)
    yield "exp(s less the largest) / (the number of classes)", ahead / ahead.shape[1]
    yield "exp(s) / (its mean)", ahead / ahead.mean(axis=1, keepdims=True)
    twice = np.exp(ahead / ahead.sum(axis=1, keepdims=True))
    yield "the softmax of the softmax", twice / twice.sum(axis=1, keepdims=True)
    small = np.exp(case.scores / np.abs(case.scores).max(axis=1, keepdims=True))
    yield "the softmax of s / max(|s|)", small / small.sum(axis=1, keepdims=True)
    for less, of in (("", case.scores), (" less the largest", case.scores - case.scores.max(axis=1, keepdims=True))):
        exp = np.exp(of)
        yield f"exp(s{less}) / (its sum over the images)", exp / exp.sum(axis=0)
        yield f"exp(s{less}) / (its sum over all images and classes)", exp / exp.sum()
        yield f"exp(s{less})", exp
        yield f"exp(s{less}) / (sum of s{less})", exp / of.sum(axis=1, keepdims=True)
        yield f"s{less}", of


def hinges(case: Case) -> dict[str, np.ndarray]:
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


def steps(case: Case) -> Iterator[tuple[str, np.ndarray]]:
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
