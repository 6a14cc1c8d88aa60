"""Activations of hidden units: a family of functions of one number, and maxout, which chooses among several.

A forward function returns its output and a cache, in a form of your own; the backward function of the same name takes
that cache, and dout, the gradient of the loss with respect to the output.
"""

import numpy as np

KINDS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu")


def activation_forward(x, kind):
    """An activation, forward, element by element.

    Inputs:
    - x: float, any shape
    - kind: which one
      - "sigmoid": 1 / (1 + exp(-x))
      - "tanh": (exp(x) - exp(-x)) / (exp(x) + exp(-x))
      - "relu": x where x > 0, else 0
      - "leaky_relu": x where x > 0, else 0.01 * x
      - "elu": x where x > 0, else exp(x) - 1

    Returns (out, cache):
    - out: float, shape of x
    - cache: what activation_backward needs

    x may be of any size: the result is finite for x = 1000 and x = -1000 too. x is not modified.
    Raises ValueError for an unknown kind.
    Source: CS231n notes, "Neural networks, part 1", commonly used activation functions; Clevert et al. 2016 (ELU).
    """
    if kind not in KINDS:
        raise ValueError(f"activation_forward: kind is {kind!r}; choose one of {', '.join(KINDS)}")

    ### BEGIN SOLUTION
    negative = np.minimum(x, 0)                       # what exp gets cannot overflow
    if kind == "sigmoid":
        small = np.exp(-np.abs(x))
        out = np.where(x > 0, 1, small) / (1 + small)
    elif kind == "tanh":
        out = np.tanh(x)
    elif kind == "relu":
        out = np.maximum(0, x)
    elif kind == "leaky_relu":
        out = np.where(x > 0, x, 0.01 * x)
    else:
        out = np.where(x > 0, x, np.expm1(negative))
    return out, (out, kind)
    ### END SOLUTION


def activation_backward(dout, cache):
    """An activation, backward.

    Inputs:
    - dout: gradient of the loss with respect to out, float, any shape
    - cache: from activation_forward

    Returns:
    - dx: gradient of the loss with respect to x, shape of dout

    All five slopes can be told from out: that of the sigmoid is out * (1 - out), that of tanh 1 - out**2, that of ELU
    below zero out + 1. Where x is exactly 0, any slope between those on both sides will do.
    """
    ### BEGIN SOLUTION
    out, kind = cache
    if kind == "sigmoid":
        slope = out * (1 - out)
    elif kind == "tanh":
        slope = 1 - out**2
    elif kind == "relu":
        slope = np.where(out > 0, 1, 0)
    elif kind == "leaky_relu":
        slope = np.where(out > 0, 1, 0.01)
    else:
        slope = np.where(out > 0, 1, out + 1)
    return dout * slope
    ### END SOLUTION


def maxout_forward(x):
    """Maxout, forward: each unit is the largest of its pieces.

    For N examples, K pieces per unit and M units:

    Inputs:
    - x: the pieces, float, shape (N, K, M); x[n, :, m] are the pieces of unit m

    Returns (out, cache):
    - out: float, shape (N, M)
    - cache: what maxout_backward needs

    x is not modified.
    Source: Goodfellow et al. 2013, "Maxout networks".
    """
    ### BEGIN SOLUTION
    out = x.max(axis=1)
    return out, x
    ### END SOLUTION


def maxout_backward(dout, cache):
    """Maxout, backward: the piece that was the largest gets all, the others nothing.

    For N examples, K pieces per unit and M units:

    Inputs:
    - dout: gradient of the loss with respect to out, float, shape (N, M)
    - cache: from maxout_forward

    Returns:
    - dx: gradient of the loss with respect to x, shape (N, K, M)

    Of pieces that are equally large, any may get it, or each a share.
    """
    ### BEGIN SOLUTION
    x = cache
    largest = x.argmax(axis=1)[:, np.newaxis]         # (N, 1, M)
    dx = np.zeros_like(x)
    np.put_along_axis(dx, largest, dout[:, np.newaxis], axis=1)
    return dx
    ### END SOLUTION
