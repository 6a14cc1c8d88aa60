"""Probe of the search in svm.ipynb."""

from grading.trials.probes.classifiers import probe
from grading.trials.probes.searches import RIGHT


def _arranged(names, pairs, accuracies):
    asked, grid = [tuple(map(float, pair)) for pair in names["candidates"]], names["grid"]
    exchanged = [pair[::-1] for pair in pairs]
    keys = "exchanged" if not set(asked) <= set(pairs) and set(asked) <= set(exchanged) else RIGHT
    pairs = exchanged if keys == "exchanged" else pairs
    there = set(pairs)
    missing = [pair for pair in asked if pair not in there]
    grid = [tuple(map(float, pair)) for pair in grid]
    yield "keys", keys
    yield "pairs", ("others" if not there & set(asked) else "the grid" if there == set(grid)
                    else "the random ones" if there == set(asked) - set(grid)
                    else "the last one" if there == {asked[-1]}
                    else "some" if missing and there < set(asked) else ... if missing else RIGHT)
    yield [] if missing else pairs


PROBES = {"svm-search-solution": probe("LinearSVM", "best_svm", _arranged)}
