"""What an example adds to the loss of a net, or its scores get, where softmax is written by hand and wrong.

The formulas are those of a linear softmax; what the scores get is followed back through the right layers.
"""

import functools
from collections.abc import Iterable, Iterator

import numpy as np

from grading.trials.matching import EXACT, Answers, leaves
from grading.trials.matching import numbers as array_of
from grading.trials.parts import Case, costs, costs_of_images, right_slopes, slopes
from grading.trials.probes.lab import TWO_LAYERS, nets

_FUNCTION = "TwoLayerNet.loss"
_MEANS = {"": 1, " The division by N is missing.": 0, " It is divided by N twice.": 2}           # powers of 1 / N
_GRADIENTS = ("gradient of b2", "gradient of W2", "gradient of b1", "gradient of W1")
_RIGHT = "p - 1 | p"


def read(function: str, answers: Answers, reference: Answers, aspects: Iterable[str]) -> list[dict[str, str]]:
    """Sentences on the data loss and the gradients: {"kind", "says", "read"}.

    Nothing where the reference is another one, since a function that the net calls has a mistake of its own.
    """
    aspects, found = set(aspects), []
    if function != _FUNCTION or "scores" in aspects or not _is_right(reference):
        return []
    if "data loss" in aspects and (said := _loss(answers["data loss"])):
        found.append((f"An example adds {said[0]} to the loss; it should add -log(p[y]).{said[1]}",
                      "the formula of the softmax loss"))
    elif "data loss" in aspects and _averaged_twice(answers["data loss"]):
        found.append(("The data loss is divided by the number of examples twice.", "the mean in the softmax loss"))
    if aspects.intersection(_GRADIENTS) and (said := _gradient([answers.get(aspect, ["u"]) for aspect in _GRADIENTS])):
        right, wrong = said[0].split(" | ")
        found.append((f"In the gradient the score of the right class gets {right}, and that of a wrong class {wrong}; "
                      f"it should be p - 1 and p, p being the class's own probability.{said[1]}",
                      "the gradient of the softmax loss, class by class"))
    return [{"kind": "mistake", "says": says, "read": again} for says, again in found]


def _is_right(reference: Answers) -> bool:
    """Whether the gradient that everything follows from is that of a softmax."""
    cases = [case for case, *_ in _cases()]
    should = {"data loss": [np.array(costs_of_images(case, softmax=True).mean()) for case in cases],
              "gradient of b2": [right_slopes(case, softmax=True).sum(axis=0) / len(case.scores) for case in cases]}
    for aspect, right in should.items():
        told = [array_of(one) for one in leaves(reference.get(aspect, ["u"]))]
        if len(told) != len(right) or any(one is None or not _near(one, other)
                                          for one, other in zip(told, right, strict=True)):
            return False
    return True


def _loss(told: list) -> tuple[str, str] | None:
    """(words, what is wrong with the mean) of the one formula that gives the loss of both inputs."""
    arrays = [array_of(one) for one in leaves(told)]
    cases = [case for case, *_ in _cases()]
    if len(arrays) != len(cases) or any(one is None or one.size != 1 or not np.isfinite(one).all() for one in arrays):
        return None
    ways = [costs(case) for case in cases]
    return _one((words, said) for words in ways[0] for said, power in _MEANS.items()
                if all(_near(np.ravel(one), np.ravel(way[words].sum() / len(case.scores) ** power))
                       for one, way, case in zip(arrays, ways, cases, strict=True)))


def _averaged_twice(told: list) -> bool:
    arrays = [array_of(one) for one in leaves(told)]
    cases = [case for case, *_ in _cases()]
    means = [np.array(costs_of_images(case, softmax=True).mean() / len(case.scores)) for case in cases]
    return len(arrays) == len(cases) and all(
        one is not None and _near(one, other) for one, other in zip(arrays, means, strict=True))


def _gradient(told: list[list]) -> tuple[str, str] | None:
    """The same for the gradients, which are told in the order of `_GRADIENTS`."""
    arrays = [[array_of(one) for one in leaves(each)] for each in told]
    cases = _cases()
    if any(len(each) != len(cases) or any(one is None for one in each) for each in arrays):
        return None
    inputs = list(zip(cases, zip(*arrays, strict=True), strict=True))
    ways = [dict(slopes(case)) for case, *_ in cases]

    def fits(words: str, power: int) -> bool:
        return all(all(_near(one, should) for one, should in zip(
            ours, _way_back(way[words] / len(case.scores) ** power, case, X, params), strict=False))
                   for ((case, X, params), ours), way in zip(inputs, ways, strict=True))

    return _one((words, said) for words in ways[0] if words != _RIGHT and words in ways[1]
                for said, power in _MEANS.items() if fits(words, power))


def _one(found: Iterator[tuple[str, str]]) -> tuple[str, str] | None:
    all_found = list(found)
    return all_found[0] if len(all_found) == 1 else None


def _near(one: np.ndarray, other: np.ndarray) -> bool:
    other = np.squeeze(other) if other.ndim > 1 else other
    return one.shape == other.shape and bool(np.abs(one - other).max() <= EXACT / 10 * np.abs(other).max())


@functools.cache
def _cases() -> list[tuple[Case, np.ndarray, dict[str, np.ndarray]]]:
    """(hidden units and scores, X, parameters) of both inputs of the probe."""
    found = []
    for params, X, y in nets(TWO_LAYERS).values():
        hidden = np.maximum(0, X @ params["W1"] + params["b1"])
        scores = hidden @ params["W2"] + params["b2"]
        found.append((Case(hidden, scores, y[:, np.newaxis] == np.arange(scores.shape[1])), X, params))
    return found


def _way_back(slope: np.ndarray, case: Case, X: np.ndarray, params: dict[str, np.ndarray]) -> Iterator[np.ndarray]:
    """The gradients, in the order of `_GRADIENTS`, one after the other: mostly the first is enough."""
    yield slope.sum(axis=0)
    yield case.X.T @ slope
    hidden = slope @ params["W2"].T * (case.X > 0)
    yield hidden.sum(axis=0)
    yield X.T @ hidden
