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
    only_grid = missing and all(tuple(map(float, pair)) in there for pair in grid)
    yield "keys", keys
    yield "pairs", RIGHT if not missing else "the grid" if only_grid and len(missing) == len(asked) - len(grid) else ...
    yield [] if missing else pairs


PROBES = {"svm-search-solution": probe("LinearSVM", "best_svm", _arranged)}
