"""What loops over images make of distances if they begin, end or store at another place, read off wrong distances."""

from collections.abc import Callable, Iterable, Iterator
from itertools import product

import numpy as np

from grading.trials.matching import Answers, leaves, near
from grading.trials.matching import numbers as array_of
from grading.trials.probes.k_nearest_neighbor import IMAGES

_PLACES: dict[str, Callable[[np.ndarray, np.ndarray, int, int], np.ndarray]] = {      # i, j, num_test, num_train
    "the first row": lambda i, j, n, m: i == 0, "the last row": lambda i, j, n, m: i == n - 1,
    "the first column": lambda i, j, n, m: j == 0, "the last column": lambda i, j, n, m: j == m - 1,
    "the first entry": lambda i, j, n, m: (i == 0) & (j == 0),
    "the last entry": lambda i, j, n, m: (i == n - 1) & (j == m - 1),
    "the entries with j = i": lambda i, j, n, m: i == j, "the entries with j >= i": lambda i, j, n, m: j >= i,
    "the entries with j > i": lambda i, j, n, m: j > i, "the entries with j <= i": lambda i, j, n, m: j <= i,
    "the entries with j < i": lambda i, j, n, m: j < i, "the entries with j != i": lambda i, j, n, m: j != i,
    "all rows but the first": lambda i, j, n, m: i > 0, "all rows but the last": lambda i, j, n, m: i < n - 1,
    "all columns but the first": lambda i, j, n, m: j > 0, "all columns but the last": lambda i, j, n, m: j < m - 1,
    "all but the first row and column": lambda i, j, n, m: (i > 0) & (j > 0),
    "all but the last row and column": lambda i, j, n, m: (i < n - 1) & (j < m - 1),
    "the first num_test columns": lambda i, j, n, m: j < n, "the first num_train rows": lambda i, j, n, m: i < m,
}


def read(function: str, answers: Answers, aspects: Iterable[str]) -> list[dict[str, str]]:
    """A sentence on the distances: {"kind", "says", "read"}."""
    if not function.startswith("KNearestNeighbor.compute_distances") or "distances" not in aspects:
        return []
    told = [array_of(one) for one in leaves(answers["distances"])]
    if len(told) != 2 or any(one is None or not np.isfinite(one).all() or not np.any(one) for one in told):
        return []
    each = [dict(_walks(*IMAGES[which])) for which in "AB"]
    found = [says for says in each[0] if says in each[1]
             and all(near(walked[says], one) for walked, one in zip(each, told, strict=True))] or _times(told)
    return [{"kind": "mistake", "says": found[0], "read": "what happens in each turn of the loops, line by line"}
            ] if len(found) == 1 else []


def _walks(X: np.ndarray, T: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """(sentence, distances), of test images X and training images T."""
    squares = ((X[:, np.newaxis] - T) ** 2).sum(axis=2)
    n, m = squares.shape
    i, j = np.indices(squares.shape)
    yield from _filled(np.sqrt(squares), "")
    yield from _filled(squares, "; and the root is missing")
    for also, values in (("", np.sqrt), ("; and the root is missing", np.copy)):
        yield (f"The sum of squares is not set to zero for each pair of images: it goes on from one to the next{also}.",
               values(np.cumsum(squares).reshape(n, m)))
        yield (f"The sum of squares is not set to zero for each test image: it goes on down a column{also}.",
               values(np.cumsum(squares, axis=0)))
        for what, axis in (("training images: a row gets", 1), ("test images: a column gets", 0)):
            yield f"The squares are added up over all {what} one number{also}.", np.broadcast_to(
                values(squares.sum(axis=axis, keepdims=True)), squares.shape)
        yield (f"dists is overwritten in each turn of the loop: what is left are the distances of the last test "
               f"image{also}.", values(squares[-1]))
    right = np.sqrt(squares)
    for whose, row in (("the first training image", right[:, :1]), ("the last training image", right[:, -1:]),
                       ("the nearest training image", right.min(axis=1, keepdims=True)),
                       ("the farthest training image", right.max(axis=1, keepdims=True))):
        yield f"Every entry of a row is the distance to {whose}.", np.broadcast_to(row, right.shape)
    for whose, column in (("the first test image", right[:1]), ("the last test image", right[-1:])):
        yield f"All rows are the same: the distances of {whose}.", np.broadcast_to(column, right.shape)
    pixel = np.zeros_like(squares)
    for there in range(X.shape[1]):
        pixel = np.sqrt(pixel + (X[:, np.newaxis, there] - T[:, there]) ** 2)
    yield ("The root is taken inside the loop over the values of an image, again and again; it is taken once, of the "
           "whole sum."), pixel
    for words, values in (
            ("exp(-d)", np.exp(-right)), ("exp(-d**2)", np.exp(-squares)), ("1 / (1 + d)", 1 / (1 + right)),
            ("1 / d**2", 1 / squares), ("log(d)", np.log(right)), ("log(1 + d)", np.log1p(right)),
            ("exp(d)", np.exp(right)), ("1 - d", 1 - right), ("the largest d less d", right.max() - right)):
        yield f"dists holds {words}, d being the distance; it should be the distance itself.", values
    yield ("dists holds the standard deviations of the differences between two images; it should hold the roots of the "
           "sums of their squares."), (X[:, np.newaxis] - T).std(axis=2)
    yield from _changed(X, T)
    yield ("The root is taken of all of dists in each turn of the loop, again and again of the rows that were there.",
           squares ** (0.5 ** (n - i)))
    yield ("The root is taken of all of dists in each turn of the inner loop, again and again of what was there.",
           squares ** (0.5 ** (n * m - i * m - j)))


def _changed(X: np.ndarray, T: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Distances that are right, of images that are not those that came in."""
    ways = {"as they are": lambda images: images,
            "less their mean over all images": lambda images: images - images.mean(axis=0),
            "less their own mean": lambda images: images - images.mean(axis=1, keepdims=True),
            "divided by their length": lambda images: images / np.sqrt((images**2).sum(axis=1, keepdims=True)),
            "divided by 255": lambda images: images / 255, "cut to whole numbers": lambda images: images.astype(int)}
    for one, other in product(ways, repeat=2):
        if (one, other) != ("as they are", "as they are"):
            squares = ((ways[one](X)[:, np.newaxis] - ways[other](T)) ** 2).sum(axis=2)
            whose = f"all images {one}" if one == other else f"test images {one} and training images {other}"
            yield f"The distances are those of {whose}; nothing should be done to them before.", np.sqrt(squares)


def _times(told: list[np.ndarray]) -> list[str]:
    """Sentences on another measure of the differences, which may be multiplied by a number."""
    found = []
    for words, measure in _MEASURES.items():
        ratios = []
        for one, which in zip(told, "AB", strict=True):
            X, T = IMAGES[which]
            values = measure(np.abs(X[:, np.newaxis] - T))
            if one.shape != values.shape or not np.all(values):
                break
            ratios.append((one / values).ravel())
        else:
            factors = np.concatenate(ratios)
            if factors[0] and np.abs(factors - factors[0]).max() <= 1e-5 * abs(factors[0]):
                times = "" if abs(factors[0] - 1) < 1e-5 else f"{factors[0]:.3g} times "
                found.append(f"dists is {times}{words}, d being the difference of two images; it should be the root of "
                             "the sum of d**2.")
    return found


_MEASURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {       # of absolute differences (num_test, num_train, D)
    "the sum of the roots of |d|": lambda d: np.sqrt(d).sum(axis=2),
    "the root of the sum of |d|": lambda d: np.sqrt(d.sum(axis=2)),
    "the sum of |d|": lambda d: d.sum(axis=2), "the largest |d|": lambda d: d.max(axis=2),
    "the smallest |d|": lambda d: d.min(axis=2), "the sum of |d|**3": lambda d: (d**3).sum(axis=2),
    "the third root of the sum of |d|**3": lambda d: np.cbrt((d**3).sum(axis=2)),
    "the sum of d**4": lambda d: (d**4).sum(axis=2), "the root of the sum of d**4": lambda d: np.sqrt(
        (d**4).sum(axis=2)), "the sum of d**2": lambda d: (d**2).sum(axis=2),
    "the square of the sum of |d|": lambda d: d.sum(axis=2) ** 2, "the median of |d|": lambda d: np.median(d, axis=2),
    "the square of the sum of d**2": lambda d: (d**2).sum(axis=2) ** 2,
}


def _filled(right: np.ndarray, also: str) -> Iterator[tuple[str, np.ndarray]]:
    masks = {words: place(*np.indices(right.shape), *right.shape) for words, place in _PLACES.items()}
    for words, mask in masks.items():
        yield f"Only {words} of dists are filled, the rest stays 0{also}.".replace(
            " are filled", " is filled" if words in _ONE else " are filled"), np.where(mask, right, 0.0)


_ONE = {words for words in _PLACES if words.startswith(("the first ", "the last ")) and not words.endswith("s")}
