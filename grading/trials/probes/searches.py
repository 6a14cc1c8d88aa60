"""What the results of a search say of how it was made: readings of what a cell has left, in words.

An aspect of a cell is RIGHT, or one of a few readings, or ... where nobody can tell. Two readings that fit alike are
none. The same words stand in the catalogue of cells, where an entry says by which readings it is known.
"""

from importlib import import_module

import numpy as np

RIGHT = "right"
FEW = 3                          # numbers, of which nothing can be said


def trainings_of(model):
    return import_module("cs231n.compared").trainings_of(model)


def only(*fitting):
    """The one reading of (reading, whether it fits) that fits; ... if there is another, or none."""
    found = list(dict.fromkeys(reading for reading, fits in fitting if fits))
    return found[0] if len(found) == 1 else ...


def are_shares(values, size, digits=1e-3):
    """Tell whether all values are whole numbers over `size`, up to rounding."""
    return bool(np.abs(values * size - np.round(values * size)).max() < digits)


def scale(values, size):
    """(reading, fractions) of accuracies on `size` images: fractions, percent, numbers of images, or none of them."""
    if not np.isfinite(values).all() or values.min() < 0:
        return ..., values
    if values.max() <= 1:
        return RIGHT, values
    percent, counts = are_shares(values / 100, size), are_shares(values, 1) and values.max() <= size
    if percent and values.max() <= 100 and not (counts and are_shares(values / 100, 1)):
        return "percent", values / 100
    if counts or percent or len(values) < FEW:
        return ("numbers of images", values / size) if counts else (..., values)
    sums = any(are_shares(values, whole) for whole in (size, 100))                       # or rounded to two digits
    others = values.max() <= 100 and any(are_shares(values / 100, few) for few in range(2, 1001))
    rounded = are_shares(values / 100, size, 6e-4 * size)
    return ... if sums or others or rounded else "no accuracies", values


def shares(values, size, runs=(1,), **others):
    """What the values are shares of: of `size` images, of as many as one of the others has, or of a few.

    The smallest number of images of which all are shares is the likeliest. runs: how many results may make a mean.
    """
    if are_shares(values, size, 6e-4 * size):
        return RIGHT
    if len(values) < FEW:
        return ...
    if are_shares(values, 100) and are_shares(values, size, 5.01e-3 * size):
        return ...                               # they may be rounded to two digits
    likely = {few: "shares of a few images" for few in range(2, size)} | {run * size: RIGHT for run in runs}
    likely |= {other: f"shares of the {name} images" for name, other in others.items() if other % size or other > size}
    return next((reading for images, reading in sorted(likely.items()) if are_shares(values, images)),
                "no shares of images")


def same(one, other):
    return bool(np.all(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)) < 1e-6))
