"""Layers of a neural network: what each computes on the way forward, and what it passes back.

A forward function returns its output and a cache. The backward function of the same layer takes that cache and
dout, the gradient of the loss with respect to the output, and returns the gradient with respect to each input.
The two losses at the end stand last in the chain, so each returns its value and its gradient together.
"""

import numpy as np


def affine_forward(x, w, b):
    """Affine (fully connected) layer, forward: each example becomes a row, times w, plus b.

    For N examples of any shape (d_1, ..., d_k), with D = d_1 * ... * d_k, and M outputs:

    Inputs:
    - x: mini-batch, float, shape (N, d_1, ..., d_k)
    - w: weights, float, shape (D, M)
    - b: biases, float, shape (M,)

    Returns (out, cache):
    - out: float, shape (N, M)
    - cache: (x, w, b), with x in the shape it came in

    Inputs are not modified.
    Source: CS231n notes, "Neural networks, part 1", layer-wise organization.
    """
    ### BEGIN SOLUTION
    out = x.reshape(x.shape[0], -1) @ w + b
    cache = (x, w, b)
    return out, cache
    ### END SOLUTION


def affine_backward(dout, cache):
    """Affine (fully connected) layer, backward.

    For N examples of shape (d_1, ..., d_k), with D = d_1 * ... * d_k, and M outputs:

    Inputs:
    - dout: gradient of the loss with respect to out, float, shape (N, M)
    - cache: (x, w, b) from affine_forward

    Returns (dx, dw, db), the gradient of the loss with respect to
    - x: shape (N, d_1, ..., d_k), like x itself
    - w: shape (D, M)
    - b: shape (M,); the checks take (1, M) too, since axes of length 1 do not count

    Every example adds to dw and db: these are sums over the mini-batch, not means. The shapes leave only one way
    to multiply. x, w and b are not modified; dout may be overwritten.
    Source: CS231n notes, "Backpropagation, intuitions", gradients for vectorized operations.
    """
    ### BEGIN SOLUTION
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db
    ### END SOLUTION


def relu_forward(x):
    """Rectified linear unit (ReLU), forward: max(0, x), element by element.

    Inputs:
    - x: float, any shape

    Returns (out, cache):
    - out: float, shape of x
    - cache: x

    x may be overwritten with out, if the cache still tells where x was positive.
    Source: CS231n notes, "Neural networks, part 1", commonly used activation functions.
    """
    ### BEGIN SOLUTION
    out = np.maximum(0, x)
    cache = x
    return out, cache
    ### END SOLUTION


def relu_backward(dout, cache):
    """Rectified linear unit (ReLU), backward.

    Inputs:
    - dout: gradient of the loss with respect to out, float, any shape
    - cache: x from relu_forward, float, shape of dout

    Returns:
    - dx: gradient of the loss with respect to x, shape of x

    Where x is exactly 0 the slope is a matter of convention, and 0 is the usual one. It is the sign of x that
    counts, not the sign of dout. dout may be overwritten.
    Source: CS231n notes, "Backpropagation, intuitions", patterns in backward flow.
    """
    ### BEGIN SOLUTION
    return dout * (cache > 0)
    ### END SOLUTION


def svm_loss(x, y):
    """Multiclass SVM (hinge) loss of a mini-batch of scores, and its gradient.

    For N examples and C classes:

    Inputs:
    - x: scores, float, shape (N, C)
    - y: labels, int, shape (N,), 0 <= y[i] < C

    Returns (loss, dx):
    - loss: mini-batch mean of the sum over the wrong classes j != y[i] of max(0, x[i, j] - x[i, y[i]] + 1), float
    - dx: gradient of loss with respect to x, shape (N, C)

    There is no penalty here; the net adds its own. The mean counts in the gradient too. Equal scores give
    C - 1. No loops; y is not modified, x may be overwritten.
    Source: CS231n notes, "Linear classification", multiclass support vector machine loss.
    """
    ### BEGIN SOLUTION
    num_train = x.shape[0]
    rows = np.arange(num_train)

    margins = np.maximum(0, x - x[rows, y][:, np.newaxis] + 1)  # (N, C)
    margins[rows, y] = 0
    loss = margins.sum() / num_train

    dx = (margins > 0).astype(x.dtype)  # (N, C), 1 for each active hinge
    dx[rows, y] = -dx.sum(axis=1)       # each of them holds on to the right class too
    dx /= num_train
    return loss, dx
    ### END SOLUTION


def softmax_loss(x, y):
    """Softmax (cross-entropy) loss of a mini-batch of scores, and its gradient.

    For N examples and C classes:

    Inputs:
    - x: scores, float, shape (N, C)
    - y: labels, int, shape (N,), 0 <= y[i] < C

    Returns (loss, dx):
    - loss: mini-batch mean of -log(p[i, y[i]]), where p[i, j] = exp(x[i, j]) / sum over c of exp(x[i, c]), in
      nats, float
    - dx: gradient of loss with respect to x, shape (N, C)

    There is no penalty here; the net adds its own. The mean counts in the gradient too. Scores of any size must
    give a finite loss, those of one example far below those of another too, but exp(800) and log(0) are infinite.
    Equal scores give log(C).
    No loops; y is not modified, x may be overwritten.
    Source: CS231n notes, "Linear classification", softmax classifier.
    """
    ### BEGIN SOLUTION
    num_train = x.shape[0]
    rows = np.arange(num_train)

    shifted = x - x.max(axis=1, keepdims=True)  # (N, C); exp cannot overflow
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_probs[rows, y].mean()

    dx = np.exp(log_probs)  # (N, C)
    dx[rows, y] -= 1        # softmax minus one-hot
    dx /= num_train
    return loss, dx
    ### END SOLUTION
