"""Layers that nearly always come together, joined into one."""

from cs231n.layers import affine_backward, affine_forward, relu_backward, relu_forward


def affine_relu_forward(x, w, b):
    """Affine layer followed by a ReLU, forward.

    For N examples of any shape (d_1, ..., d_k), with D = d_1 * ... * d_k, and M outputs:

    Inputs:
    - x: mini-batch, float, shape (N, d_1, ..., d_k)
    - w: weights, float, shape (D, M)
    - b: biases, float, shape (M,)

    Returns (out, cache):
    - out: float, shape (N, M), never negative
    - cache: what affine_relu_backward needs
    """
    scores, affine_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(scores)
    return out, (affine_cache, relu_cache)


def affine_relu_backward(dout, cache):
    """Affine layer followed by a ReLU, backward.

    Inputs:
    - dout: gradient of the loss with respect to out, float, shape (N, M)
    - cache: from affine_relu_forward

    Returns (dx, dw, db), the gradient of the loss with respect to x, w and b, each in the shape of its array
    """
    affine_cache, relu_cache = cache
    dscores = relu_backward(dout, relu_cache)
    return affine_backward(dscores, affine_cache)
