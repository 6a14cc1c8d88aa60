"""What a wrong penalty of a linear loss is made of, read off it: sums and slopes that are met in its place."""

from collections.abc import Iterable, Mapping

import numpy as np

from grading.trials.matching import Answers, leaves
from grading.trials.matching import numbers as array_of
from grading.trials.parts import case_of, costs_of_images
from grading.trials.probes.losses import DATA

_ASKED = (("A", 0.7), ("A", 2.0), ("B", 0.7))        # the weights and regs that the probe asks with
_LINEAR = ("svm_loss_naive", "svm_loss_vectorized", "softmax_loss_naive", "softmax_loss_vectorized")


def read(function: str, answers: Answers, aspects: Iterable[str]) -> list[dict[str, str]]:
    """Sentences on the penalty of the loss and of the gradient, where they are wrong: {"kind", "says", "read"}."""
    if function not in _LINEAR:
        return []
    found = []
    if {"data loss", "penalty of the loss"} <= set(aspects) and _multiplied(function, answers):
        return [{"kind": "mistake", "says": "The penalty is multiplied with the data loss; it should be added to it.",
                 "read": "the two terms of L"}]
    if "penalty of the loss" in aspects and (words := _fitting(answers["penalty of the loss"], _sums)):
        found.append((f"The penalty in the loss is {words}; here it is reg * sum(W**2).".replace(",;", ";"),
                      "the penalty in the docstring"))
    if "penalty of the gradient" in aspects and (words := _fitting(answers["penalty of the gradient"], _slopes)):
        found.append((f"The gradient of the penalty is {words}; it should be 2 * reg * W.".replace(",;", ";"),
                      "the derivative of reg * w**2"))
    return [{"kind": "mistake", "says": says, "read": again} for says, again in found]


def _multiplied(function: str, answers: Answers) -> bool:
    """Whether the loss is the product of what should be added."""
    data, added = ([array_of(one) for one in leaves(answers[name])] for name in ("data loss", "penalty of the loss"))
    if len(added) != len(_ASKED) or any(one is None or one.size != 1 for one in (*data, *added)):
        return False
    if any(map(np.any, data)):
        return False
    should = [costs_of_images(case_of(which), function.startswith("softmax")).mean() * reg * np.sum(DATA[which][0] ** 2)
              for which, reg in _ASKED]
    return np.allclose([float(np.ravel(one)[0]) for one in added], should, rtol=1e-5)


def _fitting(told: list, ways) -> str:
    """The one way, with a factor of its own, that gives all that was told; "" where there is none, or more."""
    arrays = [array_of(one) for one in leaves(told)]
    if len(arrays) != len(_ASKED) or any(one is None or not np.isfinite(one).all() or not np.any(one)
                                         for one in arrays):
        return ""
    asked, found = [(reg, ways(DATA[which][0])) for which, reg in _ASKED], []
    for words in asked[0][1]:
        for power, strength in ((1, "reg * "), (2, "reg**2 * "), (0, "")):
            theirs = [np.squeeze(reg**power * values[words]) for reg, values in asked]
            if any(one.shape != other.shape for one, other in zip(arrays, theirs, strict=True)):
                continue
            ours, others = (np.concatenate([one.ravel() for one in each]) for each in (arrays, theirs))
            factor = float(ours @ others / (others @ others))
            if np.abs(ours - factor * others).max() <= 1e-5 * np.abs(ours).max():
                found.append(f"{factor:.4g} * {strength}{words}".removeprefix("1 * ").replace("-1 * ", "-"))
    return found[0] if len(found) == 1 else ""


def _sums(W: np.ndarray) -> Mapping[str, np.ndarray]:
    found = {"sum(|W|)": np.abs(W).sum(), "sum(W)": W.sum(), "sum(W)**2": W.sum() ** 2,
             "sqrt(sum(W**2))": np.sqrt((W**2).sum()), "sum(W**3)": (W**3).sum(), "sum(W**4)": (W**4).sum(),
             "sum(W[:-1]**2), without the last row,": (W[:-1] ** 2).sum(), "max(W**2)": (W**2).max(),
             "sum(W[1:]**2), without the first row,": (W[1:] ** 2).sum(), "sum(W**2)**2": (W**2).sum() ** 2,
             "sum(W[:, :-1]**2), without the last column,": (W[:, :-1] ** 2).sum(),
             "sum(W[:, 1:]**2), without the first column,": (W[:, 1:] ** 2).sum(), "mean(W**2)": (W**2).mean()}
    return {words: np.asarray(value) for words, value in found.items()}


def _slopes(W: np.ndarray) -> Mapping[str, np.ndarray]:
    def without(place) -> np.ndarray:
        left = W.copy()
        left[place] = 0
        return left

    ones = np.ones_like(W)
    return {"sign(W)": np.sign(W), "|W|": np.abs(W), "W**2": W**2, "W**3": W**3, "1": ones, "sum(W)": ones * W.sum(),
            "sum(W**2)": ones * (W**2).sum(), "W / sqrt(sum(W**2))": W / np.sqrt((W**2).sum()),
            "W, but for the last row,": without(np.s_[-1]), "W, but for the first row,": without(np.s_[0]),
            "W, but for the last column,": without(np.s_[:, -1]), "W, but for the first column,": without(np.s_[:, 0])}
