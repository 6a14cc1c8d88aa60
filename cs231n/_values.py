"""What checks take for values: arrays of finite numbers, of a shape, and as exact as their dtype."""

import numpy as np

from cs231n._messages import at, counted, describe, fail, hint

# By the size of the coarsest float, in bytes: relative tolerance, and absolute for where zero is expected. float32
# knows seven digits, but a square root of a difference of sums of squares, as in kNN, keeps about three of them.
TOLERANCE = {2: (5e-2, 1e-3), 4: (2e-3, 1e-6), 8: (1e-6, 1e-12)}
OWN_HALF = 1e-2, 1e-3          # for float16 that only the result is in: whoever returns it chose it

_NUMBERS = {bool, int, float, np.bool_, np.int64, np.int32, np.float64, np.float32}
_CAUSES = {
    "nan": "inf/inf (exp of a large number is inf), 0/0, "
           "inf - inf, 0 * inf, the log or square root of a negative number",
    "inf": "exp of a large number, log(0), a division by zero",
    "-inf": "log(0), as of a probability that has become 0; minus the exp of a large number",
}


def assert_finite(found, name, *, look_at=""):
    """Check that no entry of an array, or that number, is nan or infinite."""
    __tracebackhide__ = True
    found = as_array(found, name)
    bad = ~np.isfinite(found)
    if not bad.any():
        return
    first = np.unravel_index(np.argmax(bad), bad.shape)
    nan = int(np.sum(np.isnan(found)))
    infinite = int(np.sum(bad)) - nan
    off = ", ".join(f"{many} {what}" for many, what in ((nan, "nan"), (infinite, "infinite")) if many)
    fail(
        f"{at(name, first)} is not a finite number.",
        ("found", str(found[first])),
        ("off", f"{off} of {counted(bad.size, 'entry')}" if bad.size > 1 else ""),
        ("causes", _CAUSES[str(found[first])]),
        ("look at", look_at),
    )


def as_array(value, name):
    """A value as an array of numbers; fails if it is none."""
    __tracebackhide__ = True
    try:
        array = np.asarray(value)
        if array.dtype == object and {type(one) for one in array.flat} <= _NUMBERS:      # of numbers all the same
            array = np.array(array.tolist())
    except Exception:  # a ragged list, or whatever an object's __array__ raises
        array = None
    if array is None or array.dtype.kind not in "biuf":
        fail(
            f"{name} is not what can be compared with numbers.",
            ("found", describe(value)),
            ("expected", "a number or a numpy array of numbers"),
            ("look at", hint(value)),
        )
    return array


def as_expected(value, name):
    """The value to compare with, which in a notebook may be a student's own."""
    __tracebackhide__ = True
    array = as_array(value, f"expected {name}")
    assert_finite(array, f"expected {name}")
    return array


def check_shape(array, shape, name, look_at="", exact=False):
    """Fail unless the shapes agree: up to axes of length 1, or exactly."""
    __tracebackhide__ = True
    found, expected = ([n for n in s if n != 1 or exact] for s in (array.shape, shape))
    if found != expected:
        note = ", where axes of length 1 do not count" if 1 in array.shape and not exact else ""
        fail(
            f"{name} has the wrong shape.",
            ("found", f"{array.shape}"),
            ("expected", f"{shape}{note}"),
            ("pattern", "the axes are the other way round" if len(found) > 1 and found[::-1] == expected else ""),
            ("perhaps", "a sum or mean too much; or an array is returned alone, and taken apart row by row as if it "
             "were several values" if array.shape == tuple(shape[1:]) and shape else ""),
            ("factors", "write the shape of each factor beside the line that makes it"
             if max(array.ndim, len(shape)) > 1 else ""),
            ("look at", look_at),
        )


def tolerances(found, others, rtol):
    """(relative, absolute) tolerance for a result, beside arrays that it was computed from, or what is expected."""
    sizes = [a.dtype.itemsize if getattr(getattr(a, "dtype", None), "kind", "") == "f" else 8 for a in (found, *others)]
    coarsest = min([8, *sizes])
    default, atol = OWN_HALF if coarsest == 2 and 2 not in sizes[1:] else TOLERANCE[coarsest]
    return (default if rtol is None else rtol if coarsest == 8 else max(rtol, default)), atol


def as_returned(value, names, where):
    """A function's result as a tuple, one value per name; fails if there are not as many."""
    __tracebackhide__ = True
    if len(names) == 1 and not isinstance(value, tuple):
        return (value,)
    if not isinstance(value, (tuple, list)) or len(value) != len(names):
        fail(
            f"{where} does not return what it should.",
            ("found", describe(value)),
            ("expected", f"{', '.join(names)}: a tuple of {len(names)}"),
        )
    return tuple(value)
