"""What loops over the images leave if a line stands at another place, or overwrites what it should add to.

Each yields words and what comes out before the division by N: of a loss a number, of a gradient (D, C) or (N, C).
"""

from collections.abc import Iterator
from itertools import product

import numpy as np

from grading.trials.parts import Case, costs_of_images, right_slopes


def losses(case: Case, softmax: bool) -> Iterator[tuple[str, float]]:
    """Sentences on a loss, and what it is the sum of."""
    cost = costs_of_images(case, softmax)
    yield ("The cost of an image is not set to zero before the next one: each adds its own and that of all before it "
           "to the loss"), np.cumsum(cost).sum()
    if softmax:
        p = np.exp(case.scores - case.scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        yield "The image adds minus the logarithm of its largest probability to the loss, not of its right class's", (
            -np.log(p.max(axis=1)).sum())
        return
    hinges = np.maximum(0, case.scores - case.own + 1)
    wrong = hinges[~case.right]
    yield "The loss is overwritten by each hinge in turn: the last one stays", wrong[-1]
    active = wrong[wrong > 0]
    yield "The loss is overwritten by each active hinge in turn: the last one stays", active[-1] if active.size else 0.0
    yield "The loss is the mean of the active hinges; it should be their sum, divided by N", (
        len(hinges) * active.mean() if active.size else 0.0)
    for words, mask in _single(case):
        yield f"An image adds only the hinge of {words} to the loss", hinges[mask].sum()


def _single(case: Case) -> Iterator[tuple[str, np.ndarray]]:
    """One class of each image, or none, as a mask (N, C)."""
    (N, C), rows = case.scores.shape, np.arange(len(case.scores))
    hinges = np.where(case.right, -1.0, np.maximum(0, case.scores - case.own + 1))
    for words, classes in (("the last class that is not its own", C - 1 - case.right[:, -1]),
                           ("the wrong class that has the largest", hinges.argmax(axis=1)),
                           ("the class with the highest score (if that is a wrong one)", case.scores.argmax(axis=1))):
        mask = np.zeros((N, C), dtype=bool)
        mask[rows, classes] = True
        yield words, mask & ~case.right


def gradients(case: Case, softmax: bool) -> Iterator[tuple[str, np.ndarray]]:
    """Sentences on a gradient of W, and what it is the sum of, (D, C)."""
    yield from _carried(case, softmax)
    slope = right_slopes(case, softmax)
    yield "In the gradient x is missing: every row of dW gets the same numbers", np.broadcast_to(
        slope.sum(axis=0), (case.X.shape[1], slope.shape[1]))
    yield "The gradient is multiplied by the data loss", case.X.T @ slope * costs_of_images(case, softmax).mean()
    for theirs, own in product(("+=", "="), repeat=2):
        if (theirs, own) != ("+=", "+=") and (theirs, own, softmax) != ("=", "=", True):     # the last image is left
            yield _overwritten(theirs, own, softmax), _assigned(case, softmax, theirs, own)


def _carried(case: Case, softmax: bool) -> Iterator[tuple[str, np.ndarray]]:
    """Where the right class gets its part once, behind a loop, or with a count that goes on."""
    slope, last = right_slopes(case, softmax), np.zeros(len(case.X), dtype=bool)
    last[-1] = True
    rest = slope + case.right if softmax else np.where(case.right, 0.0, slope)
    own = rest - slope                                       # (N, C), what is subtracted at the right class
    yield ("The line for the right class stands behind the loop over the images: it counts for the last image only"), (
        case.X.T @ (rest - own * last[:, np.newaxis]))
    if not softmax:
        for words, mask in _single(case):
            few = rest * mask
            yield f"In the gradient an image adds only the hinge of {words}", case.X.T @ (
                few - few.sum(axis=1, keepdims=True) * case.right)
        behind = np.zeros_like(rest)
        behind[:, -1] = 1
        yield ("The line for the wrong classes stands behind the loop over the classes: it counts for the last class "
               "only, whatever its hinge"), case.X.T @ (behind - own)
        counts = np.cumsum(own.sum(axis=1))[:, np.newaxis] * case.right
        yield ("The number of active hinges is not set to zero for each image: the column of the right class gets that "
               "of all images so far"), case.X.T @ (rest - counts)


def _overwritten(theirs: str, own: str, softmax: bool) -> str:
    which = {("=", "+="): "the columns of the wrong classes are", ("+=", "="): "the column of the right class is",
             ("=", "="): "all columns are"}[theirs, own]
    return f"In the gradient {which} overwritten (=) where {'an image' if softmax else 'a hinge'} should be added (+=)"


def _assigned(case: Case, softmax: bool, theirs: str, own: str) -> np.ndarray:
    slope, y = right_slopes(case, softmax), case.right.argmax(axis=1)
    dW = np.zeros((case.X.shape[1], case.scores.shape[1]))

    def put(how: str, column: int, what: np.ndarray) -> None:
        dW[:, column] = what if how == "=" else dW[:, column] + what

    for i, x in enumerate(case.X):
        for j in range(dW.shape[1]):
            if softmax:
                put(own if j == y[i] else theirs, j, slope[i, j] * x)
            elif j != y[i] and slope[i, j]:
                put(theirs, j, x)
                put(own, y[i], -x)
    return dW
