"""The checks of the notebooks: what numpy.testing is for numpy, for losses, gradients and distances.

A check returns None, or raises CheckFailed with a message that says where, what was found, what was expected, and what
to look at next. Errors of the checked code itself pass unchanged.

Throughout, `name` is what the message calls the checked value, as in "dW", and `look_at` is its last line, a hint.
"""

import copy
import re

import numpy as np

from cs231n import _shown, _together
from cs231n._counting import interpreted_events
from cs231n._messages import CheckFailed, at, counted, describe, fail, guess_pattern, name_of, number
from cs231n._slopes import Slopes, root_mean_square
from cs231n._values import as_array, as_expected, as_returned, assert_finite, check_shape, tolerances
from cs231n._workings import assert_by_hand, assert_vectorized, python_loop
from cs231n.gradient_check import relative_error

__all__ = [
    "CheckFailed", "assert_adds_up", "assert_agreement", "assert_by_hand", "assert_close", "assert_finite",
    "assert_gradient", "assert_labels", "assert_shape", "assert_unchanged", "assert_vectorized", "fresh",
    "interpreted_events", "judged", "near", "python_loop",
]

_shown.install()


def fresh(*values):
    """Return deep copies of the values, as a tuple: what one call changes in place, the next does not see."""
    return copy.deepcopy(values)


def assert_close(found, expected, name, *, like=(), rtol=None, look_at=""):
    """Check a number, or an array of any shape, against the expected one.

    Passes if the shapes agree up to axes of length 1 and, for every entry,
    |found - expected| <= rtol * max(|expected|, root mean square of expected).

    - like: arrays whose precision the result inherits, such as the inputs
    - rtol: 1e-6 by default; never less than 2e-3 where a float32 is involved, 5e-2 for float16, 1e-2 where only
      what is found is one
    """
    __tracebackhide__ = True
    expected = as_expected(expected, name)
    found = as_array(found, name)
    check_shape(found, expected.shape, name, look_at)
    assert_finite(found, name, look_at=look_at)

    rtol, atol = tolerances(found, [expected, *like], rtol)
    shape = found.shape
    found, expected = found.astype(np.float64).reshape(expected.shape), expected.astype(np.float64)
    size = root_mean_square(expected)
    allowed = rtol * np.maximum(np.abs(expected), size) + atol
    with np.errstate(over="ignore"):
        error = np.abs(found - expected)
        worst = np.argmax(error / allowed) if error.size else 0
    if np.all(error <= allowed):
        return
    worst = _hinted(look_at, error.reshape(shape) > allowed.reshape(shape), worst)
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


def assert_shape(found, shape, name, *, look_at=""):
    """Check that an array has exactly this shape."""
    __tracebackhide__ = True
    check_shape(as_array(found, name), tuple(shape), name, look_at, exact=True)


def near(found, expected, *, within):
    """`9.0012, right`: a number beside what it should be, in words. Fails for nothing; for a look at sizes.

    - within: what it may be off, relative to what is expected
    """
    try:
        found = float(np.squeeze(found))
    except (TypeError, ValueError):
        return f"WRONG: {describe(found)}, expected a number"
    if abs(found - expected) <= within * abs(expected):
        return f"{found:.4f}, right"
    return f"{found:.6g}, WRONG: expected {'about ' * (within > 1e-2)}{number(expected, found)}"


def judged(grad, measured):
    """`relative error 1.3e-10, right`: a gradient beside measured slopes, or another one, in words. Fails for nothing.

    As assert_gradient does, it goes by the size of the slopes: the relative error of one near 0 is mostly noise.
    """
    if np.shape(grad) != np.shape(measured):
        return f"WRONG: it has shape {np.shape(grad)}, expected {np.shape(measured)}"
    grad, measured = np.asarray(grad, dtype=float), np.asarray(measured, dtype=float)
    error = relative_error(grad, measured)
    off = np.abs(grad - measured) > 1e-5 * np.maximum(np.abs(measured), root_mean_square(measured)) + 1e-9
    off |= ~np.isfinite(grad)
    if not np.any(off):
        return f"relative error {error:.1e}, right"
    first = np.unravel_index(np.argmax(off), off.shape)
    return (f"relative error {error:.1e}, WRONG: {np.sum(off)} of {counted(off.size, 'entry')} off; "
            f"{at('', first) or 'it'} is {grad[first]:.6g}, expected {measured[first]:.6g}")


def assert_labels(found, expected, name, *, look_at="", in_a_row=False):
    """Check labels or indices, whole numbers, of any shape. Their dtype does not matter: 3.0 is as good as 3.

    - in_a_row: a column is no row, as in a comparison with other labels; else axes of length 1 do not count
    """
    __tracebackhide__ = True
    expected = as_expected(expected, name)
    found = as_array(found, name)
    column = in_a_row and found.ndim > 1 and found.shape == (expected.size, 1) and found.size > 1
    table = "A column beside a row makes a table: y_pred == y would compare each label with each."
    check_shape(found, expected.shape, name, table if column else look_at, exact=column)
    shape, found = found.shape, found.reshape(expected.shape)
    off = np.flatnonzero(found != expected)
    if not off.size:
        return
    one, other = found.flat[off[0]], expected.flat[off[0]]
    indices = ", ".join(at("", np.unravel_index(i, shape)) for i in off[:6]) + (", ..." if off.size > 6 else "")
    fail(
        f"{at(name, np.unravel_index(off[0], shape))} is wrong.",
        ("found", _label(one) + ("" if one == np.round(one) else ", not a whole number")),
        ("expected", _label(other)),
        ("off", f"{off.size} of {found.size}: {indices}" if found.size > 1 else ""),
        ("look at", look_at),
    )


def assert_unchanged(found, before, names):
    """Check that arrays hold after a call what they held before it, whatever their shapes; names: "W X y"."""
    __tracebackhide__ = True
    for name, now, was in zip(names.split(), found, before, strict=True):
        if np.size(now) != np.size(was) or not np.allclose(np.ravel(now), np.ravel(was), rtol=1e-6, atol=1e-9):
            fail(
                f"{name} is no longer what it was before the call.",
                ("expected", "the same numbers as before: the docstring says that it is not modified"),
                ("look at", "what works in place: -=, *=, out=, sort(), assigned entries, a second name for an array"),
            )


def assert_gradient(f, x, grad, name, *, dout=None, num_checks=None, rng=None, h=1e-5, rtol=1e-5, look_at=""):
    """Check an analytic gradient against centered differences of f.

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
    handed_in, x = x, np.array(x, dtype=np.float64)
    grad = as_array(grad, name)
    check_shape(grad, x.shape, name, look_at)
    assert_finite(grad, name, look_at=look_at)
    rtol = tolerances(grad, [handed_in], rtol)[0]
    shape, single, grad = grad.shape, grad.dtype == np.float32, grad.astype(np.float64).ravel()
    dout = np.array(1.0 if dout is None else dout, dtype=np.float64)

    def value(x):
        __tracebackhide__ = True
        value_name = f"{name} check: f(x)"
        found = as_array(f(x), value_name)
        check_shape(found, dout.shape, value_name)
        assert_finite(found, value_name)
        return found.astype(np.float64).reshape(dout.shape)

    checked = np.arange(x.size)
    if num_checks is not None and num_checks < x.size:
        rng = np.random.default_rng(231) if rng is None else rng
        checked = np.sort(rng.choice(x.size, num_checks, replace=False))
    measured, off, kinks = Slopes(value, x, dout, h, single).compare(grad, checked, rtol)
    if off.any():
        worst = np.argmax(np.where(off, np.abs(grad[checked] - measured), -1))
        one, other = grad[checked[worst]], measured[worst]
        allowed = 1e-4 * np.maximum(np.abs(measured), root_mean_square(measured))
        fail(
            f"{at(name, np.unravel_index(checked[worst], shape))} is not the slope of the function.",
            ("found", number(one, other)),
            ("expected", f"{number(other, one)}, the slope measured by centered differences"),
            ("off", f"{off.sum()} of {counted(off.size, 'coordinate')} checked" if off.size > 1 else ""),
            ("skipped", f"{kinks.sum()} of them, because of kinks" if kinks.any() else ""),
            ("pattern", guess_pattern(grad[checked], measured, allowed)),
            ("look at", look_at),
        )
    if off.size and kinks.all():
        fail(
            f"{name} cannot be checked: the function has a kink at {f'each of {off.size}' if off.size > 1 else 'its'} "
            f"coordinate{'s' * (off.size > 1)}.",
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
    found = as_returned(vectorized(*fresh(*args)), names, name_of(vectorized))
    reference = expected = None if expected is None else as_returned(expected, names, "expected")
    trouble = ""
    try:
        returned = as_returned(looped(*fresh(*args)), names, name_of(looped))
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
    known = expected is not None and not trouble
    for value, other, name in zip(found, reference or (), names, strict=False):
        try:
            assert_close(value, other, f"{name_of(vectorized)}: {name}", like=args, look_at=look_at)
        except CheckFailed as failure:
            beside = f"  beside    {name_of(looped)} is right here" if known else (
                "" if trouble else f"  beside    {name_of(looped)} has what is expected here; one of the two is wrong")
            raise CheckFailed("\n".join(filter(None, [str(failure), beside]))) from None


FEW = 64


def assert_adds_up(function, W, X, y, returned):
    """Check that a loss and its gradient of many images are the mean, or the sum, of what they are for their halves.

    - function: function(W, X, y, 0.0) returns (loss, dW); it is called for halves, and for halves of the first half
    - returned: what it returns for all images

    What is right for few images must hold for many. Images are cut in halves down to four. Returns (loss, dW) of the
    first FEW of them, where their number is a larger power of two: for four, a wrong function may be right by chance.
    """
    __tracebackhide__ = True
    def called(part):
        return as_returned(function(*fresh(W, X[part], y[part]), 0.0), ("loss", "dW"), name_of(function))

    few = returned = as_returned(returned, ("loss", "dW"), name_of(function))
    sizes = [len(X) >> times for times in range(len(X).bit_length()) if len(X) >> times >= 8]
    parts = [part for size in sizes for part in (slice(0, size // 2), slice(size // 2, size))]
    found = iter(_together.each(called, parts))
    for size in sizes:
        middle, halves = size // 2, (next(found), next(found))
        for name, whole, first, second in zip(("loss", "dW"), returned, *halves, strict=True):
            first, second = (as_array(value, name).astype(float) * part / size
                             for value, part in ((first, middle), (second, size - middle)))
            mean, whole = first + second, as_array(whole, name)
            allowed = 1e-3 * np.abs(mean).max()
            if whole.shape != mean.shape or not any(
                    np.allclose(whole, times * mean, rtol=1e-3, atol=times * allowed) for times in (1, 2)):
                fail(
                    f"{name} of {size} images is neither the mean nor the sum of what it is for its two halves.",
                    ("look at", "what depends on the number of images, and on which of them there are"),
                )
        returned = halves[0]
        few = returned if middle >= FEW else few
    return few


def _label(value):
    """A label as a whole number, if it is one."""
    is_whole = value.dtype.kind == "f" and np.isfinite(value) and value == np.round(value)
    return str(int(value) if is_whole else value)


def _hinted(look_at, off, worst):
    """The entry that a hint speaks of, as in "w[2, 0] meets ..." or "image 0 has ...", if it is off; else the worst.

    Entries are numbered as in x.flat.
    """
    for indices in re.findall(r"\w\[(\d+(?:, ?\d+)*)\]", look_at):
        index = tuple(map(int, indices.split(",")))
        if len(index) == off.ndim and all(np.less(index, off.shape)) and off[index]:
            return np.ravel_multi_index(index, off.shape)
    if off.ndim and re.search(r"\b([Ii]mage|[Ee]xample|[Rr]ow) 0\b|\b[Tt]he first\b", look_at) and off[0].any():
        return np.argmax(off)
    return worst
