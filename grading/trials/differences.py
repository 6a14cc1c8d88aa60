"""What can be said of a wrong answer that no known mistake gives: how it differs."""

import builtins
import re
from collections.abc import Iterable, Mapping

import numpy as np

from grading.trials import formulas
from grading.trials.figures import factor, pairs_of
from grading.trials.matching import Answers, Known, always_raises, leaves
from grading.trials.matching import numbers as array_of

_NICE = [sign * one for one in (0.25, 1 / 3, 0.5, 0.75, 1.5, 2.0, 3.0, 4.0, 5.0, 8.0, 10.0, 0.1, 0.2, 0.01, 100.0)
         for sign in (1, -1)] + [-1.0]

# Of the inputs that probes have for these functions: examples N, features D, classes C.
_SIZES = {"svm_": {"N": (6, 9), "D": (5, 3), "C": (4, 5)}, "softmax_": {"N": (6, 9), "D": (5, 3), "C": (4, 5)},
          "affine_backward": {"N": (5, 3)}, "TwoLayerNet.loss": {"N": (5, 6)},
          "FullyConnectedNet.loss": {"N": (5, 6, 7)}}
_SIZE_NAMES = {"N": "the number of examples", "D": "the number of features", "C": "the number of classes"}
_RAISED = "cannot be told"
_EXCEPTIONS = {name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, Exception)}
_EXCEPTIONS |= {"AxisError", "LinAlgError", "UFuncTypeError"}            # another name could hold what the probe asks
_OF_PROBES = {"Nothing": "is None", "FirstNothing": "is None", "CacheFirst": "comes back behind the cache"}
_WHAT = {
    "loop": "the number of Python steps", "rates": "the rate", "out": "the output", "t": "t", "m": "m", "v": "v",
    "dx": "dx", "dw": "dw", "db": "db", "labels": "the labels",
    "Z": "Z", "Z for whole numbers": "Z for whole numbers", "right": "right", "K": "K", "square K": "K",
    "mean": "mean", "std": "std", "trained": "trained", "trained, by halves": "trained, for eta = 2,",
    "trained, of a few": "trained, for few settings,", "best": "best", "best of a few": "best, for few settings,",
    "certain": "the improvement where std is 0",
    "certain to be the same": "the improvement where nothing is gained for certain",
    "a logarithmic column": "a logarithmic column", "another logarithmic column": "another logarithmic column",
    "a linear column": "a linear column", "another linear column": "another linear column",
    "linear first": "what comes out where linear columns come first", "dgamma": "dgamma", "dbeta": "dbeta",
    "dx where gamma is 1": "dx, where gamma is 1,", "dx with a large eps": "dx, for a large eps,",
    "normalized in training": "the normalized x in training",
    "normalized at test time": "the normalized x at test time",
    "large eps in training": "out, for a large eps,", "large eps at test time": "out at test time, for a large eps,",
    "eps by default": "out, for the eps by default,",
    "other momentum": "what stands in bn_param for a momentum of 0.3",
    "uphill": "the slope uphill", "downhill": "the slope downhill", "matrices": "the slope for matrices",
    "data": "data", "data beside a number": "data, beside a plain number,",
    "grad of the result": "the result's own grad",
    "two parents": "grad of one of two parents", "twice the same": "grad of a parent that stands twice",
    "what an earlier call has left": "what an earlier call has left in grad",
    "chain": "grad along a chain", "fork": "grad at a fork", "shortcut": "grad beside a shortcut",
    "shortcut first": "grad beside a shortcut", "three pieces": "what comes of three pieces",
    "five negative pieces": "what comes of five negative pieces", "planes": "the histogram of a gray plane",
    "first cell": "the first cell's histogram", "all cells": "the histogram of some cell",
    "a steeper plane": "the histogram of a steeper plane", "one function": "what one function alone gives",
    "gray": "the gray image", "from 0 to 1": "the histogram of an image from 0 to 1",
    "from xmin on": "the histogram from xmin on", "other numbers of bins": "the histogram with another number of bins",
    "where kept": "dx, where a number was kept,", "where dropped": "dx, where a number was dropped,",
    "at test time": "dx at test time",
    "inputs changed": "an array that was handed in", "clear votes": "the labels by a clear vote",
    "one neighbor": "the label, where one neighbor votes,", "all neighbors": "the labels, where all images vote,",
    "close images": "the labels, where all images are nearly as far,",
    "ties": "the labels in a tie", "large labels": "the labels, where they are large,",
    "what reg adds to the step": "what reg adds to the step", "where x is positive": "the output where x is positive",
    "where x is negative": "the output where x is negative",
    "steps that move W": "the number of steps that move W", "length of the step": "the step",
}

# A loss and its gradient; and what an entry on one of them says of the other: that it is right.
_OTHER_PART = [("data loss", "data gradient"), ("penalty of the loss", "penalty of the gradient"),
               ("penalty of weights", "penalty in the gradients of weights"),
               ("penalty of biases", "penalty in the gradients of biases")]
_ON_THE_OTHER = re.compile(r"(?:;|, while|, though|, as|, but(?= the gradient is a mean)) (?:only |in |to )?"
                           r"(?:the|its) (?:gradients?|loss)\b.*\.$| that the loss does not have\.$")

_OF_REG = ("penalty", "small reg")               # aspects of what reg adds
_OF_SIZE = (" scores", "tiny probability")       # aspects of scores of an unusual size
# Aspects whose being right tells where to look, and where not.
_PARTS = ("data loss", "data gradient", "penalty of the loss", "penalty of the gradient", "scores", "out", "cache",
          "dx", "dw", "db", "velocity", "m", "v", "t", "step")
_MANY = ("distances", "labels", "losses", "clear votes", "close images", "all neighbors", "ties", "large labels",
         "draws", "scores", "large scores", "very negative scores", "slopes", "features", "shares",
         "the two afterwards", "numbers of pixels", "shapes")
_MANY_BEGIN = ("factors", "gradients of", "normalized: gradients", "dropout: factors", "dropout: inputs")


def _called(aspect: str) -> str:
    """The words for an aspect, which may begin with its lesson: "training/normalized: loss" is one of a part."""
    aspect = aspect.rpartition("/")[2]
    part, _, what = aspect.rpartition(": ")
    if part.startswith(("normalized", "dropout")):
        kind = part.replace("normalized, ", "normalization and ").replace("normalized", "normalization")
        return f"the {what} of a net with {kind}"
    return _WHAT.get(aspect, f"the {aspect}")


def _are_many(aspect: str) -> bool:
    aspect = aspect.rpartition("/")[2]
    return aspect in _MANY or aspect.startswith(_MANY_BEGIN) or ": scores" in aspect


def _plural(what: str) -> str:
    what = what.replace(" its ", " their ").replace(" it should", " they should")
    return what.replace("is ", "are ", 1) if what.startswith("is ") else what.replace("has ", "have ", 1)


def beside(one: Known, wrong: set[str]) -> str:
    """What a mistake of the loss says, or of its gradient; no clause on the other one where that is wrong, too."""
    others = {there for pair in _OTHER_PART for here, there in (pair, pair[::-1]) if here in one.core} - one.core
    return _ON_THE_OTHER.sub(".", one.entry.says) if others & wrong else one.entry.says


def is_raised(says: str) -> bool:
    """Tell whether a sentence on a difference says no more than that an exception was raised."""
    return f"{_RAISED}, since" in says


def sentence(function: str, answers: Answers, reference: Answers, aspects: Iterable[str]) -> str:
    """A cautious sentence on how the answers differ in the first of these aspects of which something can be said.

    "" where the function raises whatever it is asked: what, the cells say.
    """
    if always_raises(answers):
        return ""
    sizes = next((sizes for name, sizes in _SIZES.items() if function.startswith(name)), {})
    aspects = [aspect for aspect in reference if aspect in set(aspects)]      # in the order of the probe
    said = [(aspect, "is changed" if aspect == "inputs changed" and answers[aspect][0] == "n" else
             _difference(answers[aspect], reference[aspect], sizes)) for aspect in aspects]
    said = [(aspect, "has another direction" if aspect == "length of the step" and "shape" in what else what)
            for aspect, what in said if aspect != "second call"]
    said = sorted([(aspect, what) for aspect, what in said if what],
                  key=lambda pair: (_RAISED in pair[1], pair[1] == "is wrong"))
    if said and said[0] == ("data gradient", "is wrong") and (where := _class(function, answers, reference)):
        said[0] = "data gradient", where
    parts = [f"{_called(aspect)} {_plural(what) if _are_many(aspect) else what}" for aspect, what in said[:1]]
    same = [aspect for aspect in reference if not aspect.startswith("~") and aspect not in aspects]
    if not parts:
        return "No known mistake fits."
    only = ""
    if any(not aspect.startswith("~") and aspect not in answers for aspect in reference):
        pass                                                  # nobody knows what is right of the rest
    elif all(aspect.startswith(_OF_REG) for aspect in aspects):
        only = " Without reg all is right."
    elif all(aspect.endswith(_OF_SIZE) and ": " not in aspect for aspect in aspects):
        only = " For scores of ordinary size all is right."
    elif aspects and all("images" in aspect for aspect in aspects) and same:
        only = " For examples of one axis all is right."
    elif right := [aspect for aspect in same if aspect in _PARTS and answers.get(aspect, ["u"])[0] != "u"]:
        named = [_called(aspect) for aspect in right]
        *others, last = named
        verb = "are" if others or right[-1] in _MANY else "is"
        only = f" Right {verb} {', '.join(others)}{' and ' * bool(others)}{last}."
    return f"No known mistake fits; for the inputs tried, {' and '.join(parts)}.{only}"


def _class(function: str, answers: Answers, reference: Answers) -> str:
    """Whether it is the column of the right class that is wrong, which is the first one of the probe's one example.

    Where the labels differ, the same has to show.
    """
    pairs = pairs_of(answers.get("~one example", ["u"]), reference["~one example"]) or []
    if len(pairs) != 2 or pairs[1][0].ndim != 2:
        return ""
    wrong = ~np.isclose(*pairs[1], rtol=1e-4, atol=1e-7).all(axis=0)
    off = formulas.slopes_off(function, answers.get("~square", ["u"]), reference["~square"])
    if off is None or (off[0] & (off[1] ^ wrong[0])).any():
        return ""
    if wrong[0] and not wrong[1:].any():
        return "is wrong in the column of the right class only"
    return "is wrong in the columns of the wrong classes only" if wrong.any() and not wrong[0] else ""


def _difference(told: list, reference: list, sizes: Mapping[str, tuple[int, ...]]) -> str:
    ours = leaves(told)
    if none := [_OF_PROBES[one[1]] for one in ours if one[0] == "e" and one[1] in _OF_PROBES]:
        return none[0]
    raised = {one[1] if one[1] in _EXCEPTIONS else "an exception of its own" for one in ours if one[0] == "e"}
    if raised:
        return f"{_RAISED}, since {' or '.join(sorted(raised))} is raised"
    times = factor(told, reference)
    if times is not None:
        if abs(times + 1) < 1e-3:
            return "has the wrong sign"
        if any(abs(times - nice) < 1e-3 * abs(nice) for nice in _NICE):
            return f"is {times:.3g} times what it should be"
    pairs = pairs_of(told, reference)
    if pairs is None:
        arrays = [(array_of(one), array_of(other)) for one, other in zip(ours, leaves(reference))]
        shapes = [(one.shape, other.shape) for one, other in arrays if one is not None and other is not None]
        if any(one == other[::-1] and one != other for one, other in shapes):
            turned = all(one is not None and one.T.shape == other.shape and np.allclose(one.T, other)
                         for one, other in arrays)
            return "is transposed" if turned else "has rows and columns exchanged"
        return "has another shape" if any(one != other for one, other in shapes) else ""
    if all(one.size and np.isnan(one).all() for one, _ in pairs):
        return "is nan throughout"
    if any(not np.isfinite(one).all() for one, _ in pairs):
        return "is not finite"
    if all(not np.any(one) for one, _ in pairs):
        return "is zero"
    if not any(np.any(other) for _, other in pairs):
        return "is not zero, as it should be"
    if all(one.ndim == 2 and one.shape[0] == one.shape[1] and np.allclose(one.T, other) for one, other in pairs):
        return "is transposed"
    lengths = [_same_factor(one, other) for one, other in pairs]
    if len(pairs) > 1 and all(lengths):
        for name, numbers_of in sizes.items():
            for power, words in ((1, "multiplied by {}"), (-1, "divided by {}"), (2, "multiplied by {}, squared"),
                                 (-2, "divided by {}, squared")):
                twice = len(lengths) == len(numbers_of) + 1              # the first inputs, with another reg
                each = [numbers_of[0], *numbers_of] if twice else numbers_of
                if len(each) == len(lengths) and np.allclose(
                        lengths, np.power(np.array(each, dtype=float), power), rtol=1e-3):
                    return f"is {words.format(_SIZE_NAMES[name])} where it should not be"
        if min(one.size for one, _ in pairs) > 3:
            return f"is multiplied by a number that is not always the same: {lengths[0]:.3g}, then {lengths[1]:.3g}"
    offset = np.concatenate([(one - other).ravel() for one, other in pairs])
    if offset.size > 2 and np.ptp(offset) < 1e-6 * max(1.0, np.abs(offset).max()):
        return f"is {abs(offset[0]):.3g} too {'large' if offset[0] > 0 else 'small'} everywhere"
    return _where(pairs)


def _same_factor(one: np.ndarray, other: np.ndarray) -> float | None:
    return factor(["n", list(one.shape), False, one.tobytes()], ["n", list(other.shape), False, other.tobytes()])


def _where(pairs: list[tuple[np.ndarray, np.ndarray]]) -> str:
    """Which row, column or entries differ, where it is not all of them."""
    for axis, word in ((1, "row"), (0, "column")):
        wrong = [(~np.isclose(one, other, rtol=1e-4, atol=1e-7)).any(axis=axis)
                 for one, other in pairs if one.ndim == 2]
        if wrong and len(wrong) == len(pairs):
            if all(one[-1] and not one[:-1].any() for one in wrong):
                return f"is wrong in its last {word} only"
            if all(one[0] and not one[1:].any() for one in wrong):
                return f"is wrong in its first {word} only"
    wrong = [~np.isclose(one, other, rtol=1e-4, atol=1e-7) for one, other in pairs if one.ndim == 2]
    for place, word in ((0, "first"), (-1, "last")):
        if wrong and len(wrong) == len(pairs) and not any(
                np.delete(np.delete(one, place, axis=0), place, axis=1).any() for one in wrong):
            return f"is wrong in its {word} row and {word} column only"
    equal_ones = np.concatenate([np.isclose(one, other, rtol=1e-4, atol=1e-7).ravel() for one, other in pairs])
    if equal_ones.size >= 8 and equal_ones.mean() >= 0.25:
        return f"is wrong in {int((~equal_ones).sum())} of {equal_ones.size} entries"
    return "is wrong"
