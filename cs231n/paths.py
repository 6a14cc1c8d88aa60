"""Slopes by way of all paths: a second way to what `Value.backward` does, right and slow.

Along a path from a result back to a number at its beginning, slopes multiply; over all paths, they add up. Where
numbers fork one after the other, the number of paths doubles with each: for a handful of gates only.
"""

import numbers

import numpy as np

from cs231n._messages import describe, fail


def path_slopes(value):
    """How fast a Value grows with each number that it was computed from at the beginning.

    Inputs:
    - value: a Value, with parents and slopes that its gates have set; nothing of it is changed

    Returns:
    - slopes: dict, data of a Value without parents -> slope with respect to it; those of equal data are added up

    Raises CheckFailed for what is no Value, or has not one slope for each parent.
    """
    __tracebackhide__ = True
    if not hasattr(value, "parents"):
        fail("A gate did not return a Value.", ("found", describe(value)),
             ("expected", "Value(data, parents, slopes)"), ("look at", "how the method add makes what it returns"))
    parents, own = tuple(value.parents), tuple(value.slopes)
    if len(parents) != len(own) or not all(isinstance(slope, (numbers.Real, np.bool_)) for slope in own):
        fail("A gate did not set one slope for each parent.",
             ("found", f"{len(parents)} parents, and slopes {', '.join(map(describe, own)) or '()'}"),
             ("expected", "as many slopes as parents, and each of them a number"),
             ("look at", "slopes are floats, such as other.data, and not Values, such as other"))
    if not parents:
        return {value.data: 1.0}
    found = {}
    for parent, slope in zip(parents, own, strict=True):
        for number, further in path_slopes(parent).items():
            found[number] = found.get(number, 0.0) + slope * further
    return found
