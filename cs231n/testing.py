"""The checks of the notebooks: what numpy.testing is for numpy, for losses, gradients and distances.

A check returns None, or raises CheckFailed with a message that says where, what was found, what was expected, and what
to look at next. Errors of the checked code itself pass unchanged.

Throughout, `name` is what the message calls the checked value, as in "dW", and `look_at` is its last line, a hint.
"""

import copy

import numpy as np

from cs231n._counting import CountingStopped, interpreted_events, read_loops, source_of
from cs231n._messages import CheckFailed, at, describe, fail, guess_pattern, hint, name_of, number, places
from cs231n._slopes import Slopes, root_mean_square

__all__ = [
    "CheckFailed", "assert_agreement", "assert_close", "assert_finite", "assert_gradient", "assert_labels",
    "assert_shape", "assert_vectorized", "fresh", "interpreted_events",
]

# By the size of the coarsest float, in bytes: relative tolerance, and absolute for where zero is expected. float32
# knows seven digits, but a square root of a difference of sums of squares, as in kNN, keeps about three of them.
TOLERANCE = {2: (5e-2, 1e-3), 4: (2e-3, 1e-6), 8: (1e-6, 1e-12)}


def fresh(*values):
    """Return deep copies of the values, as a tuple: what one call changes in place, the next does not see."""
    return copy.deepcopy(values)


def assert_close(found, expected, name, *, like=(), rtol=None, look_at=""):
    """Check a number, or an array of any shape, against the expected one.

    Passes if the shapes agree up to axes of length 1 and, for every entry,
    |found - expected| <= rtol * max(|expected|, root mean square of expected).

    - like: arrays whose precision the result inherits, such as the inputs
    - rtol: 1e-6 by default; never less than 2e-3 where a float32 is involved, 5e-2 for float16
    """
    __tracebackhide__ = True
    expected = _expected(expected, name)
    found = _array(found, name)
    _check_shape(found, expected.shape, name, look_at)
    assert_finite(found, name)

    rtol, atol = _tolerance([found, expected, *like], rtol)
    shape = found.shape
    found, expected = found.astype(np.float64).reshape(expected.shape), expected.astype(np.float64)
    size = root_mean_square(expected)
    allowed = rtol * np.maximum(np.abs(expected), size) + atol
    with np.errstate(over="ignore"):
        error = np.abs(found - expected)
        worst = np.argmax(error / allowed) if error.size else 0
    if np.all(error <= allowed):
        return
    one, other = found.flat[worst], expected.flat[worst]
    off = f"{np.sum(error > allowed)} of {error.size} entries, by up to {error.max():.2g}"
    fail(
        f"{at(name, np.unravel_index(worst, shape))} is wrong.",
        ("found", number(one, other)),
        ("expected", number(other, one)),
        ("off", f"{off} (the expected entries are about {size:.2g} in size)" if error.size > 1 else ""),
        ("pattern", guess_pattern(found, expected, allowed / 10)),
        ("look at", look_at),
    )


def assert_shape(found, shape, name):
    """Check that an array has exactly this shape."""
    __tracebackhide__ = True
    _check_shape(_array(found, name), tuple(shape), name, exact=True)


def assert_finite(found, name):
    """Check that no entry of an array, or that number, is nan or infinite."""
    __tracebackhide__ = True
    found = _array(found, name)
    bad = ~np.isfinite(found)
    if not bad.any():
        return
    first = np.unravel_index(np.argmax(bad), bad.shape)
    nan = np.sum(np.isnan(found))
    fail(
        f"{at(name, first)} is not a finite number.",
        ("found", str(found[first])),
        ("off", f"{nan} entries are nan, {np.sum(bad) - nan} infinite, of {bad.size}" if bad.size > 1 else ""),
        ("look at",
         "what gives nan: 0/0, inf - inf, 0 * inf, the log or square root of a negative number" if nan else
         "what gives inf: exp of a large number (subtract the maximum first), log(0), a division by zero"),
    )


def assert_labels(found, expected, name, *, look_at=""):
    """Check labels or indices, whole numbers, of any shape. Their dtype does not matter: 3.0 is as good as 3."""
    __tracebackhide__ = True
    expected = _expected(expected, name)
    found = _array(found, name)
    _check_shape(found, expected.shape, name, look_at)
    shape, found = found.shape, found.reshape(expected.shape)
    off = np.flatnonzero(found != expected)
    if not off.size:
        return
    one, other = found.flat[off[0]], expected.flat[off[0]]
    indices = ", ".join(at("", np.unravel_index(i, shape)) for i in off[:6]) + (", ..." if off.size > 6 else "")
    fail(
        f"{at(name, np.unravel_index(off[0], shape))} is wrong.",
        ("found", f"{one}" + ("" if one == np.round(one) else ", not a whole number")),
        ("expected", f"{other}"),
        ("off", f"{off.size} of {found.size}: {indices}" if found.size > 1 else ""),
        ("look at", look_at),
    )


def assert_gradient(f, x, grad, name, *, dout=None, num_checks=None, rng=None, h=1e-5, rtol=1e-5, look_at=""):
    """Check an analytic gradient against centred differences of f.

    - f: f(x) is a number, or an array if dout is given; it gets a float64 copy of x
    - x: where the gradient is taken, float, any shape
    - grad: gradient at x of f, or of sum(f(x) * dout), shape of x
    - num_checks: how many coordinates to check, drawn by rng; None: all
    - rng: numpy.random.Generator; None: the same draw each time
    - h: step to either side; larger and smaller ones are tried where it disagrees
    - rtol: allowed difference, relative to the size (root mean square) of the slopes

    A coordinate at a kink, where the slopes to the left and right differ, is skipped; some must remain. If grad is
    float32, or f computes in float32, rtol and h grow accordingly.
    """
    __tracebackhide__ = True
    x = np.array(x, dtype=np.float64)
    grad = _array(grad, name)
    _check_shape(grad, x.shape, name, look_at)
    assert_finite(grad, name)
    rtol = _tolerance([grad], rtol)[0]
    shape, grad = grad.shape, grad.astype(np.float64).ravel()
    dout = np.array(1.0 if dout is None else dout, dtype=np.float64)

    def value(x):
        __tracebackhide__ = True
        value_name = f"{name} check: f(x)"
        found = _array(f(x), value_name)
        _check_shape(found, dout.shape, value_name)
        assert_finite(found, value_name)
        return found.astype(np.float64).reshape(dout.shape)

    checked = np.arange(x.size)
    if num_checks is not None and num_checks < x.size:
        rng = np.random.default_rng(231) if rng is None else rng
        checked = np.sort(rng.choice(x.size, num_checks, replace=False))
    measured, off, kinks = Slopes(value, x, dout, h).compare(grad, checked, rtol)
    if off.any():
        worst = np.argmax(np.where(off, np.abs(grad[checked] - measured), -1))
        one, other = grad[checked[worst]], measured[worst]
        allowed = 1e-4 * np.maximum(np.abs(measured), root_mean_square(measured))
        fail(
            f"{at(name, np.unravel_index(checked[worst], shape))} is not the slope of the function.",
            ("found", number(one, other)),
            ("expected", f"{number(other, one)}, the slope measured by centred differences"),
            ("off", f"{off.sum()} of {off.size} coordinates checked"),
            ("skipped", f"{kinks.sum()} of them, because of kinks" if kinks.any() else ""),
            ("pattern", guess_pattern(grad[checked], measured, allowed)),
            ("look at", look_at),
        )
    if off.size and kinks.all():
        fail(
            f"{name} cannot be checked: the function has a kink at each of {off.size} coordinates.",
            ("expected", "a coordinate at which the slopes to the left and to the right agree"),
            ("look at", look_at),
        )


def assert_agreement(looped, vectorized, args, names=("loss", "dW"), *, expected=None, look_at=""):
    """Check that the looped and the vectorized version of a function return the same, each called with copies of args.

    - names: of the values they return; with one name, they return it bare
    - expected: what both should return, in the form of names; None if that is judged elsewhere

    Where looped is not implemented, or does not return `expected`, there is nothing to agree with. This is printed, and
    vectorized is compared with `expected` instead.
    """
    __tracebackhide__ = True
    found = _returned(vectorized(*fresh(*args)), names, name_of(vectorized))
    reference = expected = None if expected is None else _returned(expected, names, "expected")
    trouble = ""
    try:
        returned = _returned(looped(*fresh(*args)), names, name_of(looped))
        for value, right, name in zip(returned, expected or returned, names, strict=True):
            assert_close(value, right, f"{name_of(looped)}: {name}", like=args)
        reference = returned
    except NotImplementedError:
        trouble = "is not implemented yet"
    except Exception:
        if expected is None:
            raise
        trouble = "is not right itself yet"
    if trouble:
        print(f"{name_of(looped)} {trouble}: {name_of(vectorized)} was not compared with it.")
    for value, other, name in zip(found, reference or (), names, strict=False):
        assert_close(value, other, f"{name_of(vectorized)}: {name}", like=args, look_at=look_at)


def assert_vectorized(make_call, *, grows, sizes=(64, 128, 256), look_at=""):
    """Check that Python takes the same number of steps however large the input is. No clock is involved.

    - make_call: make_call(n) returns (function, args), a call of size n
    - grows: what n counts, in words, as in "the number of training rows"
    - sizes: increasing; all are run, the last two are compared

    Fails if the busiest place of the interpreted code is passed 0.5 times more, or more, for each unit of n, or if the
    function reaches a loop in disguise (np.vectorize, functools.reduce, ...) in its own module.
    """
    __tracebackhide__ = True
    counts, stopped = [], False
    for n in sizes:
        function, args = make_call(n)
        try:
            counts.append(interpreted_events(function, args))
        except CountingStopped:
            stopped = True
            break

    text, qualified_name, filename = source_of(function) or ("", "", "")
    loops, disguised = read_loops(text, qualified_name)
    if disguised or stopped:
        fail(
            f"{name_of(function)} hides its loops.",
            ("found", places(disguised, filename) or "Python's tracing turned off, by which its steps are counted"),
            ("expected", "operations on whole arrays; these work element by element, or stop the count"),
            ("look at", look_at),
        )
    if counts[-1] - counts[-2] >= 0.5 * (sizes[-1] - sizes[-2]):
        fail(
            f"{name_of(function)} loops in Python over {grows}.",
            ("found", f"its busiest line ran {counts[-2]} times for {sizes[-2]}, {counts[-1]} times for {sizes[-1]}"),
            ("expected", "the same number of steps for any size"),
            ("loops", places(loops, filename)),
            ("look at", look_at),
        )


def _array(value, name):
    """A value as an array of numbers; fails if it is none."""
    __tracebackhide__ = True
    try:
        array = np.asarray(value)
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


def _expected(value, name):
    """The value to compare with, which in a notebook may be a student's own."""
    __tracebackhide__ = True
    array = _array(value, f"expected {name}")
    assert_finite(array, f"expected {name}")
    return array


def _check_shape(array, shape, name, look_at="", exact=False):
    """Fail unless the shapes agree: up to axes of length 1, or exactly."""
    __tracebackhide__ = True
    found, expected = ([n for n in s if n != 1 or exact] for s in (array.shape, shape))
    if found != expected:
        note = ", where axes of length 1 do not count" if 1 in array.shape and not exact else ""
        fail(
            f"{name} has the wrong shape.",
            ("found", f"{array.shape}"),
            ("expected", f"{shape}{note}"),
            ("pattern", "the axes are the other way round" if found[::-1] == expected else ""),
            ("look at", look_at),
        )


def _tolerance(arrays, rtol):
    """(relative, absolute) tolerance for results computed from these arrays."""
    sizes = [a.dtype.itemsize for a in arrays if getattr(getattr(a, "dtype", None), "kind", "") == "f"]
    coarsest = min([8, *sizes])
    default, atol = TOLERANCE[coarsest]
    return (default if rtol is None else rtol if coarsest == 8 else max(rtol, default)), atol


def _returned(value, names, where):
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
