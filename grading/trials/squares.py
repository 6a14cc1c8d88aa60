"""Which terms a wrong distance is made of, read off it: factors and powers are tried where no known mistake fits."""

from collections.abc import Iterable
from itertools import product

import numpy as np

from grading.trials.matching import EXACT, Answers, leaves, near
from grading.trials.matching import numbers as array_of
from grading.trials.probes.k_nearest_neighbor import IMAGES

_FACTORS = np.array(list(product((-2, -1, 0, 1, 2), (-4, -2, -1, 0, 1, 2, 4), (-2, -1, 0, 1, 2))), dtype=float)
_PLAIN = ("Under the root stands {}", "dists is {}")
_WAYS = {_PLAIN[0]: np.sqrt, "Under the root stands the absolute value of {}": lambda under: np.sqrt(np.abs(under)),
         "Under the root stands {}, where that is not negative": lambda under: np.sqrt(np.maximum(under, 0)),
         _PLAIN[1]: lambda under: under, "dists is the absolute value of {}": np.abs,
         "dists is {}, where that is not negative": lambda under: np.maximum(under, 0)}
# What may stand in place of the sum of an image's squares, which of them beside which; what in place of x.t.
_OWN = {"|x|^2": lambda part: np.sum(part**2, axis=1), "sum(x)^2": lambda part: part.sum(axis=1) ** 2,
        "sum(x)": lambda part: part.sum(axis=1), "|x|": lambda part: np.sqrt(np.sum(part**2, axis=1)),
        "mean(x^2)": lambda part: np.mean(part**2, axis=1),
        "the sum of |x|^2 of all": lambda part: np.full(len(part), np.sum(part**2))}
_PAIRS = [*((name, name) for name in _OWN), ("|x|^2", "sum(x)"), ("sum(x)", "|x|^2"), ("|x|^2", "|x|"),
          ("|x|", "|x|^2"), ("|x|^2", "mean(x^2)"), ("mean(x^2)", "|x|^2"),
          ("|x|^2", "sum(x)^2"), ("sum(x)^2", "|x|^2"),
          ("|x|^2", "the sum of |x|^2 of all"), ("the sum of |x|^2 of all", "|x|^2")]
_CROSS = {"x.t": lambda X, T: X @ T.T, "(x.t)^2": lambda X, T: (X @ T.T) ** 2,
          "|x| |t|": lambda X, T: np.outer(np.sqrt((X**2).sum(axis=1)), np.sqrt((T**2).sum(axis=1))),
          "sum(x) sum(t)": lambda X, T: np.outer(X.sum(axis=1), T.sum(axis=1)),
          "mean(x t)": lambda X, T: X @ T.T / X.shape[1], "x^2.t^2": lambda X, T: X**2 @ (T**2).T}
_TERMS = [*((own, "x.t") for own in _PAIRS), *((_PAIRS[0], cross) for cross in _CROSS if cross != "x.t")]
_RIGHT = "Under the root stands |x|^2 - 2 x.t + |t|^2"


def read(function: str, answers: Answers, aspects: Iterable[str]) -> list[dict[str, str]]:
    """A sentence on the distances: {"kind", "says", "read"}; x is a test image, t a training image."""
    if not function.startswith("KNearestNeighbor.compute_distances") or "distances" not in aspects:
        return []
    told = [array_of(one) for one in leaves(answers["distances"])]
    if len(told) != 2 or any(one is None or np.isinf(one).any() for one in told):
        return []
    if all(np.isnan(one).all() for one in told):
        return [{"kind": "mistake", "says": "All distances are nan, as the root of a negative number is: under the "
                 "root the two sums of squares are added, and the mixed sum is subtracted.",
                 "read": "expand (a - b)**2 once more"}] if function.endswith("no_loops") else []
    if not any(np.nan_to_num(one).any() for one in told) or any(np.isnan(one).all() for one in told):
        return []
    if only := _few_pixels(told):
        return [{"kind": "mistake", "says": f"Only {only} of each image counts; the distance takes all values.",
                 "read": "which values of an image X[i] and X[i, j] stand for"}]
    if says := _other_places(told) or _times(told):
        return [{"kind": "mistake", "says": says, "read": "the docstring, under Returns"}]
    turned = [one.shape for one in told] == [(len(T), len(X)) for X, T in (IMAGES["A"], IMAGES["B"])]
    told, found = [one.T if turned else one for one in told], set()
    for own, cross in _TERMS:
        test, train = own[0], own[1].replace("x", "t")
        one, other = (_fitting(array, IMAGES[which], own, cross) for array, which in zip(told, "AB", strict=True))
        both = one & other
        plain = {tuple(sign * factor for factor in factors) for words, factors in both if words in _PLAIN
                 for sign in (1.0, -1.0)}
        found |= {words.format(_written(factors, (test, cross, train))) for words, factors in both
                  if words in _PLAIN or factors not in plain}
    if len(found) != 1 or _RIGHT in found and not turned:
        return []
    also = "Rows and columns of dists are exchanged. " * turned
    return [{"kind": "mistake", "says": f"{also}{found.pop()}; the distance is the root of |x|^2 - 2 x.t + |t|^2, for "
             "a test image x and a training image t.", "read": "expand (a - b)**2 once more"}]


def _few_pixels(told: list[np.ndarray]) -> str:
    """Which values of the images alone give these distances, squared or not; "" where that is not certain."""
    found = [{words for words, part in (
        ("the first value", slice(0, 1)), ("the last value", slice(-1, None)), ("the second value", slice(1, 2)),
        ("every second value", slice(None, None, 2)), ("every second value, from the second on,", slice(1, None, 2)),
        ("the first half", slice(0, X.shape[1] // 2)), ("the second half", slice(X.shape[1] // 2, None)),
        ("what stands behind the first value", slice(1, None)), ("what stands before the last value", slice(None, -1)))
        for square in (np.sum((X[:, np.newaxis, part] - T[:, part]) ** 2, axis=2),) for values in (
            square, np.sqrt(square)) if near(values, array)}
        for array, (X, T) in zip(told, (IMAGES["A"], IMAGES["B"]), strict=True)]
    both = found[0] & found[1]
    return both.pop() if len(both) == 1 else ""


def _other_places(told: list[np.ndarray]) -> str:
    """Whose distances rows or columns hold, where they are those of other images, moved by one or turned round."""
    right = [np.sqrt(np.sum((X[:, np.newaxis] - T) ** 2, axis=2)) for X, T in (IMAGES["A"], IMAGES["B"])]
    for axis, words in ((1, "Column j of dists holds the distances to training image"),
                        (0, "Row i of dists holds the distances of test image")):
        letter, last = ("j", "num_train") if axis else ("i", "num_test")
        for whose, moved in ((f"{letter} - 1", lambda one, axis: np.roll(one, 1, axis)),
                             (f"{letter} + 1", lambda one, axis: np.roll(one, -1, axis)),
                             (f"{last} - 1 - {letter}", np.flip)):
            if all(near(moved(one, axis), array) for one, array in zip(right, told, strict=True)):
                return f"{words} {whose}; it should be {letter}."
    return ""


def _times(told: list[np.ndarray]) -> str:
    """The number that every distance is multiplied by."""
    right = [np.sqrt(np.sum((X[:, np.newaxis] - T) ** 2, axis=2)) for X, T in (IMAGES["A"], IMAGES["B"])]
    if any(one.shape != other.shape for one, other in zip(told, right, strict=True)):
        return ""
    factors = np.concatenate([(one / other).ravel() for one, other in zip(told, right, strict=True)])
    if not np.allclose(factors, factors[0], rtol=1e-4, atol=0) or factors[0] == 0:
        return ""
    return f"Every distance is multiplied by {factors[0]:.3g}; it is the root of the sum of squares itself."


def _fitting(told: np.ndarray, images: tuple[np.ndarray, np.ndarray], own: tuple[str, str], cross: str
             ) -> set[tuple[str, tuple]]:
    """(words, factors of the three terms) for all that gives what was told of these images."""
    X, T = images
    if told.shape != (len(X), len(T)):
        return set()
    one, other = (_OWN[name](part) for name, part in zip(own, (X, T), strict=True))
    terms = np.stack(np.broadcast_arrays(one[:, np.newaxis], _CROSS[cross](X, T), other))
    terms, told, size = terms.reshape(3, -1), told.ravel(), np.nanmax(np.abs(told))
    found = set()
    with np.errstate(invalid="ignore"):
        for words, way in _WAYS.items():
            left = _FACTORS
            for part in (slice(0, 2), slice(None)):           # two entries rule out nearly all
                alike = np.isclose(way(left @ terms[:, part]), told[part], rtol=0, atol=EXACT / 10 * size,
                                   equal_nan=True)
                left = left[alike.all(axis=1)]
            found |= {(words, tuple(factors)) for factors in left.tolist()   # an absolute value leaves the sign open
                      if "absolute" not in words or factors[1] < 0 or factors[1] == 0 and factors[0] > 0}
    return found


def _written(factors: tuple[float, ...], names: tuple[str, ...]) -> str:
    parts = [(factor, f"{abs(factor):.3g} {name}".removeprefix("1 "))
             for factor, name in zip(factors, names, strict=True) if factor]
    first = "-" * (parts[0][0] < 0) + parts[0][1]
    return " ".join([first, *(f"{'-' if factor < 0 else '+'} {words}" for factor, words in parts[1:])])
