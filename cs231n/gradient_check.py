"""Gradient checks: compare the gradient that backpropagation gives with one measured by finite differences.

A function f is evaluated with one coordinate of x moved by h to either side; the difference over 2 h approaches
the partial derivative, with an error of order h**2. x itself is moved, and put back, so f may also be a function
that ignores its argument and reads the same array elsewhere, such as the weights of a net.

A hinge or a ReLU has kinks, where the slopes to the left and to the right differ and no derivative exists. There,
finite differences and a correct analytic gradient disagree: see `is_kink`.

Source: CS231n notes, "Neural networks, part 3", gradient checks.
"""

import numpy as np


def relative_error(x, y):
    """Largest elementwise |x - y| / max(1e-8, |x| + |y|).

    Inputs:
    - x, y: numbers or arrays, of shapes that broadcast

    Returns:
    - error: float in [0, 1]; 0.0 for empty arrays, NaN if a value is NaN

    Below about 1e-7 is as good as it gets in float64; 1e-2 and more means a mistake.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    errors = np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))
    return float(np.max(errors, initial=0.0))


def eval_numerical_gradient(f, x, verbose=False, h=1e-5):
    """Numerical gradient of a function that returns a number.

    Inputs:
    - f: function of one array, returns a number
    - x: where to take the gradient, float64, any shape
    - verbose: print every partial derivative
    - h: step to either side

    Returns:
    - grad: float64, shape of x

    Raises TypeError if x is not a float64 array: the step would be rounded away.
    """
    grad = eval_numerical_gradient_array(f, x, 1.0, h)
    if verbose:
        for index in np.ndindex(x.shape):
            print(index, grad[index])
    return grad


def eval_numerical_gradient_array(f, x, df, h=1e-5):
    """Numerical gradient of a loss through a function that returns an array.

    Inputs:
    - f: function of one array, returns an array
    - x: where to take the gradient, float64, any shape
    - df: upstream gradient, of the loss with respect to f(x), shape of f(x)
    - h: step to either side

    Returns:
    - grad: gradient of the loss with respect to x, float64, shape of x

    Raises TypeError if x is not a float64 array: the step would be rounded away.
    """
    _check_float64(x, "eval_numerical_gradient_array")
    grad = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        grad[index] = _slope(f, x, index, df, h)
    return grad


def eval_numerical_gradient_blobs(f, inputs, output, h=1e-5):
    """Numerical gradients of a loss through a function that writes its output into a blob.

    A blob is any object with two arrays of one shape: vals, its values, and diffs, the gradient of the loss with
    respect to them.

    Inputs:
    - f: called as f(*inputs, output), sets output.vals
    - inputs: sequence of blobs, vals float64
    - output: blob, whose diffs are the upstream gradient
    - h: step to either side

    Returns:
    - grads: list with the gradient of the loss with respect to the vals of each input
    """

    def forward(_):
        f(*inputs, output)
        return output.vals

    return [eval_numerical_gradient_array(forward, blob.vals, output.diffs, h) for blob in inputs]


def eval_numerical_gradient_net(net, inputs, output, h=1e-5):
    """Numerical gradients of a loss through a net whose method forward() takes its blobs from where they are.

    Inputs, returns: as eval_numerical_gradient_blobs.
    """
    return eval_numerical_gradient_blobs(lambda *blobs: net.forward(), inputs, output, h)


def is_kink(f, x, index, df=1.0, h=1e-5):
    """Tell whether f has a kink within h of x, along one coordinate.

    Inputs:
    - f: function of one array, returns a number or an array
    - x: float64, any shape
    - index: tuple, the coordinate of x that is moved
    - df: upstream gradient if f returns an array, shape of f(x)
    - h: step to either side

    Returns bool.

    The sign of a kink is that the slopes to the left and to the right disagree. Curvature makes them disagree
    too, but then the gap shrinks in proportion to h; at a kink it does not.
    """
    _check_float64(x, "is_kink")
    here = _moved(f, x, index, 0.0)
    noise = 1e-12 + 1e-8 * np.sum(np.abs(here * df))  # what rounding does to a gap, with room to spare

    def slopes(step):
        left = np.sum((here - _moved(f, x, index, -step)) * df) / step
        right = np.sum((_moved(f, x, index, step) - here) * df) / step
        return left, right

    left, right = slopes(h)
    gap = right - left
    if not abs(gap) > max(noise, 1e-6 * max(abs(left), abs(right))):
        return False

    for fraction in (1 / 2, 1 / 4):
        left, right = slopes(fraction * h)
        if not abs((right - left) / gap - fraction) < 0.05:
            return True
    return False


def grad_check_sparse(f, x, analytic_grad, num_checks=10, h=1e-5, rng=None):
    """Compare an analytic gradient with a numerical one at a few coordinates, and print both.

    Inputs:
    - f: function of one array, returns a number
    - x: where to check, float64, any shape
    - analytic_grad: gradient of f at x, shape of x
    - num_checks: number of coordinates, all different; all of them if x has no more
    - h: step to either side
    - rng: numpy.random.Generator that draws the coordinates; None draws them from np.random, so that
      np.random.seed fixes them

    Each line ends with whether the two agree. A coordinate at which f has a kink is skipped, with a line that says so:
    a correct gradient may fail there.
    Raises TypeError if x is not a float64 array, ValueError if the gradient has another shape.
    """
    _check_float64(x, "grad_check_sparse")
    if np.shape(analytic_grad) != x.shape:
        raise ValueError(
            f"grad_check_sparse: the gradient has shape {np.shape(analytic_grad)}, but x has shape {x.shape}; "
            "a gradient has the shape of what it is taken with respect to"
        )

    rng = np.random if rng is None else rng
    noise = 1e-9 * max(1.0, abs(float(np.sum(_moved(f, x, (0,) * x.ndim, 0.0)))))     # of a difference, by rounding
    for flat in rng.choice(x.size, size=min(num_checks, x.size), replace=False):
        index = tuple(map(int, np.unravel_index(flat, x.shape)))
        if is_kink(f, x, index, h=h):
            print(f"skipped {index}: the slopes on its two sides differ, so there is a kink and no derivative")
            continue
        numeric, analytic = _slope(f, x, index, 1.0, h), analytic_grad[index]
        error = relative_error(numeric, analytic)
        verdict = "right" if error < 1e-5 or abs(numeric - analytic) < noise else "WRONG"
        print(f"numerical: {numeric:.6f} analytic: {analytic:.6f}, relative error: {error:.6e} ({verdict})")


def _moved(f, x, index, step):
    """f(x) with `step` added to x[index], as a float64 copy; x is put back whatever happens."""
    kept = x[index]
    x[index] = kept + step
    try:
        return np.array(f(x), dtype=np.float64)  # a copy, since f may return a view of x or reuse its output
    finally:
        x[index] = kept


def _slope(f, x, index, df, h):
    """Centered difference along one coordinate of x, weighted with the upstream gradient df."""
    return float(np.sum((_moved(f, x, index, h) - _moved(f, x, index, -h)) * df) / (2 * h))


def _check_float64(x, where):
    """Raise TypeError unless x is a float64 array, which alone can be moved by a tiny step in place."""
    if not isinstance(x, np.ndarray) or x.dtype != np.float64:
        found = f"an array of {x.dtype}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
        raise TypeError(f"{where}: x must be an array of float64, but it is {found}; use x.astype(np.float64)")
