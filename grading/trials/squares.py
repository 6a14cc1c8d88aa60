"""Which terms a wrong distance is made of, read off it: factors and powers are tried where no known mistake fits."""

from collections.abc import Iterable
from itertools import product

import numpy as np

from grading.trials.matching import EXACT, Answers, leaves
from grading.trials.matching import numbers as array_of
from grading.trials.probes.k_nearest_neighbor import IMAGES

_FACTORS = np.array(list(product((-2, -1, 0, 1, 2), (-4, -2, -1, 0, 1, 2, 4), (-2, -1, 0, 1, 2))), dtype=float)
_PLAIN = ("Under the root stands {}", "dists is {}")
_RIGHT = "Under the root stands |x|^2 - 2 x.t + |t|^2"


def read(function: str, answers: Answers, aspects: Iterable[str]) -> list[dict[str, str]]:
    """A sentence on the distances: {"kind", "says", "read"}; x is a test image, t a training image."""
    if not function.startswith("KNearestNeighbor.compute_distances") or "distances" not in aspects:
        return []
    told = [array_of(one) for one in leaves(answers["distances"])]
    if len(told) != 2 or any(one is None or np.isinf(one).any() or not np.nan_to_num(one).any() for one in told):
        return []
    if only := _few_pixels(told):
        return [{"kind": "mistake", "says": f"Only {only} of each image counts; the distance takes all values.",
                 "read": "which values of an image X[i] and X[i, j] stand for"}]
    if says := _other_places(told) or _times(told):
        return [{"kind": "mistake", "says": says, "read": "the docstring, under Returns"}]
    turned = [one.shape for one in told] == [(len(T), len(X)) for X, T in (IMAGES["A"], IMAGES["B"])]
    told, found = [one.T if turned else one for one in told], set()
    for own, test, train in (("|x|^2", "|x|^2", "|t|^2"), ("sum(x)^2", "sum(x)^2", "sum(t)^2"),
                             ("sum(x)", "sum(x)", "sum(t)"), ("|x|", "|x|", "|t|")):
        one, other = (_fitting(array, IMAGES[which], own) for array, which in zip(told, "AB", strict=True))
        both = one & other
        plain = {tuple(sign * factor for factor in factors) for words, factors in both if words in _PLAIN
                 for sign in (1.0, -1.0)}
        found |= {words.format(_written(factors, (test, "x.t", train))) for words, factors in both
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
        ("what stands behind the first value", slice(1, None)), ("what stands before the last value", slice(None, -1)))
        for square in (np.sum((X[:, np.newaxis, part] - T[:, part]) ** 2, axis=2),) for values in (
            square, np.sqrt(square)) if _near(values, array)}
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
            if all(_near(moved(one, axis), array) for one, array in zip(right, told, strict=True)):
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


def _near(values: np.ndarray, told: np.ndarray) -> bool:
    return values.shape == told.shape and np.allclose(values, told, rtol=0, atol=EXACT / 10 * np.nanmax(np.abs(told)))


def _fitting(told: np.ndarray, images: tuple[np.ndarray, np.ndarray], own: str) -> set[tuple[str, tuple]]:
    """(words, factors of the three terms) for all that gives what was told of these images."""
    X, T = images
    one, other = ({"|x|^2": np.sum(part**2, axis=1), "sum(x)^2": part.sum(axis=1) ** 2, "sum(x)": part.sum(axis=1),
                   "|x|": np.sqrt(np.sum(part**2, axis=1))}[own] for part in (X, T))
    if told.shape != (len(X), len(T)):
        return set()
    terms = np.stack([np.broadcast_to(one[:, np.newaxis], told.shape), X @ T.T, np.broadcast_to(other, told.shape)])
    under = np.tensordot(_FACTORS, terms, 1)                          # (factors, num_test, num_train)
    with np.errstate(invalid="ignore"):
        ways = {_PLAIN[0]: np.sqrt(under), "Under the root stands the absolute value of {}": np.sqrt(np.abs(under)),
                "Under the root stands {}, where that is not negative": np.sqrt(np.maximum(under, 0)),
                _PLAIN[1]: under, "dists is the absolute value of {}": np.abs(under),
                "dists is {}, where that is not negative": np.maximum(under, 0)}
    found = set()
    for words, values in ways.items():
        near = np.isclose(values, told, rtol=0, atol=EXACT / 10 * np.nanmax(np.abs(told)), equal_nan=True)
        fitting = [tuple(factors) for factors in _FACTORS[near.all(axis=(1, 2))].tolist()]
        found |= {(words, factors) for factors in fitting      # an absolute value leaves the sign open: one of two
                  if "absolute" not in words or factors[1] < 0 or factors[1] == 0 and factors[0] > 0}
    return found


def _written(factors: tuple[float, ...], names: tuple[str, ...]) -> str:
    parts = [(factor, f"{abs(factor):.3g} {name}".removeprefix("1 "))
             for factor, name in zip(factors, names, strict=True) if factor]
    first = "-" * (parts[0][0] < 0) + parts[0][1]
    return " ".join([first, *(f"{'-' if factor < 0 else '+'} {words}" for factor, words in parts[1:])])
