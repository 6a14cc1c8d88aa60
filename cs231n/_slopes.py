"""Slopes of a function, measured by differences, compared with a gradient: for `testing.assert_gradient`."""

import numpy as np

from cs231n import _together
from cs231n.gradient_check import is_kink

FLOAT32_STEP, FLOAT32_RTOL = 3e-3, 1e-2  # differences of numbers with seven digits keep about two or three of them


class Slopes:
    """Slopes of F(x) = sum(f(x) * dout) along the coordinates of x, which are numbered as in x.flat.

    - f: f(x) is a float64 array, shape of dout; it may change what it is given, which is a copy
    - x: float64, any shape
    - dout: upstream gradient, float64; 1.0 if f returns a number
    - h: step to either side, for a function computed in float64; larger for one that rounds to float32 on the way
    - single: whether the gradient that they are compared with is float32
    """

    def __init__(self, f, x, dout, h, single=False):
        __tracebackhide__ = True
        self.f, self.x, self.dout = f, x, dout
        nearby = x + 1e-3 * np.sin(1 + np.arange(x.size)).reshape(x.shape)
        rounded = nearby.astype(np.float32).astype(np.float64)
        self.here, *found = _together.each(lambda point: f(point.copy()), (x, nearby, rounded))
        self.has_float32 = _are_float32(found)
        self.in_float32 = self._rounds_to_float32(*found)
        self.h = max(h, FLOAT32_STEP) if self.in_float32 else h
        eps = np.finfo(np.float32 if self.in_float32 else np.float64).eps
        size = 16 * np.sum(np.abs(self.here * dout))
        self.noise = eps * size                                   # what rounding may do to F(a) - F(b)
        # and to a gradient that should be 0, of terms that cancel, where F does not change at all
        self.rounding = size * np.finfo(np.float32).eps if single or self.has_float32 else 0.0

    def compare(self, grad, coordinates, rtol):
        """Compare with a gradient.

        Inputs:
        - grad: float64, shape (x.size,)
        - coordinates: K numbers of coordinates, int, shape (K,)
        - rtol: allowed difference, relative to the slope or, where that is larger, the root mean square of the K slopes

        Returns (measured, off, kinks):
        - measured: centered differences, float64, shape (K,)
        - off: where the gradient disagrees, bool, shape (K,)
        - kinks: where it disagrees as a right one may, since there is a kink, bool, shape (K,); never where off
        """
        rtol = max(rtol, FLOAT32_RTOL) if self.in_float32 else rtol
        steps = [(i, step) for i in coordinates for step in (self.h, -self.h)]
        beside = _together.each(lambda step: self._moved(*step), steps)
        changes = [self._change(before, after) for after, before in zip(beside[::2], beside[1::2], strict=True)]
        measured = np.array(changes) / (2 * self.h)
        size = root_mean_square(measured)

        def agrees(slope, grad, step):
            return abs(slope - grad) <= rtol * max(abs(slope), size) + self.noise / step + self.rounding

        off, kinks = np.zeros((2, len(coordinates)), dtype=bool)
        for k, i in enumerate(coordinates):
            if agrees(measured[k], grad[i], self.h):
                continue
            # A larger step is less noisy; a smaller one stays clear of a kink nearby, but is too noisy in float32.
            others = (10 * self.h,) if self.in_float32 else (10 * self.h, self.h / 10)
            if any(agrees(self._centred(i, step), grad[i], step) for step in others):
                continue
            kinks[k] = self._has_kink(i, measured[k] - grad[i])
            off[k] = not kinks[k]
        return measured, off, kinks

    def _has_kink(self, i, error):
        """Tell whether a kink may be why the measured slope has this error."""
        after, before = self._moved(i, self.h), self._moved(i, -self.h)
        gap = abs(self._change(self.here, after) - self._change(before, self.here)) / self.h
        if self.in_float32:  # too coarse for is_kink, so the whole error must lie between the slopes on the two sides
            return gap >= abs(error)
        if gap < 0.1 * abs(error):  # rounding may look like a tiny kink; two opposite ones may hide a part of the gap
            return False
        return is_kink(lambda x: self.f(x.copy()), self.x, np.unravel_index(i, self.x.shape), self.dout, self.h)

    def _centred(self, i, step):
        after, before = self._moved(i, step), self._moved(i, -step)
        return self._change(before, after) / (2 * step)

    def _change(self, before, after):
        return np.sum((after - before) * self.dout)

    def _moved(self, i, step):
        x = self.x.copy()
        x.flat[i] += step
        return self.f(x)

    def _rounds_to_float32(self, found, again):
        """If f rounds x to float32, then rounding it beforehand changes nothing, while a larger change does.

        If it rounds later, what it returns are numbers that float32 has.

        - found, again: f at a point near x, and at that point rounded
        """
        return (self.has_float32 or np.array_equal(found, again)) and not np.array_equal(again, self.here)


def _are_float32(values):
    """Tell whether all of these are numbers that float32 has."""
    with np.errstate(over="ignore"):
        return all(np.array_equal(one, one.astype(np.float32)) for one in values)


def root_mean_square(x):
    """sqrt(mean(x**2)), 0.0 for no entries; without overflow."""
    largest = np.max(np.abs(x), initial=0.0)
    return largest * np.sqrt(np.mean((x / largest) ** 2)) if largest > 0 else 0.0
