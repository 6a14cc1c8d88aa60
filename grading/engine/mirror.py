"""What a call did to its arguments, done to the caller's: in another process it had copies of them."""

import types
from typing import Any

import numpy as np

_SIMPLE = (type(None), bool, int, float, str, bytes)


def mirror(ours: Any, theirs: Any, kind: type) -> None:
    """Do to arguments what the call did to its copies of them; `kind`: what stands for an object of the student's."""
    if type(ours) is np.ndarray and _alike(ours, theirs, kind):
        if ours.flags.writeable and not np.array_equal(ours, theirs, equal_nan=ours.dtype.kind in "fc"):
            ours[...] = theirs
    elif type(ours) is dict and type(theirs) is dict:
        for key in [key for key in ours if key not in theirs]:
            del ours[key]
        for key, value in theirs.items():
            if key in ours and _alike(ours[key], value, kind):
                mirror(ours[key], value, kind)
            else:
                ours[key] = value
    elif type(ours) is list and type(theirs) is list:
        for place, value in enumerate(theirs[:len(ours)]):
            if _alike(ours[place], value, kind):
                mirror(ours[place], value, kind)
            else:
                ours[place] = value
        ours[len(theirs):] = theirs[len(ours):]
    elif type(ours) is tuple and type(theirs) is tuple:
        for mine, new in zip(ours, theirs):
            mirror(mine, new, kind)


def _alike(ours: Any, theirs: Any, kind: type) -> bool:
    """Tell whether `theirs` can be written into `ours`; numbers, texts and tuples of other ones are replaced."""
    if type(ours) is types.FunctionType and isinstance(theirs, kind):
        return True                              # a given function: ours stays
    if type(ours) is not type(theirs):
        return False
    if type(ours) is np.ndarray:
        return ours.shape == theirs.shape and ours.dtype.newbyteorder("=") == theirs.dtype
    if type(ours) is tuple:
        return len(ours) == len(theirs) and all(
            mine == new if type(mine) in _SIMPLE and type(new) is type(mine) else _alike(mine, new, kind)
            for mine, new in zip(ours, theirs))
    return type(ours) in (dict, list) or isinstance(ours, kind)
