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


def batchnorm_forward(x, gamma, beta, bn_param):
    """Batch normalization, forward: each column to mean 0 and variance 1, then to a scale and a shift of its own.

    For N examples and D units:

    Inputs:
    - x: mini-batch, float, shape (N, D)
    - gamma: scales, float, shape (D,)
    - beta: shifts, float, shape (D,)
    - bn_param: dict
      - "mode": "train" or "test"
      - "eps": added to the variance before its root is taken; 1e-5 if it is missing
      - "momentum": what the running averages keep of themselves in one call; 0.9 if it is missing
      - "running_mean", "running_var": running averages of mean and variance, float, shape (D,); zeros if missing

    Returns (out, cache):
    - out: float, shape (N, D)
    - cache: what batchnorm_backward and batchnorm_backward_alt need, in a form of your own; at test time None will do

    In training, mean and variance are those of the mini-batch (the variance over N, not N - 1), and the running
    averages move: running = momentum * running + (1 - momentum) * the mini-batch's, without eps. At test time they take
    the mini-batch's place and stay. Either way both stand in bn_param afterwards. x, gamma and beta are not modified.
    Raises ValueError for another mode.
    Source: Ioffe and Szegedy 2015, "Batch normalization", algorithms 1 and 2.
    """
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    if mode not in ("train", "test"):
        raise ValueError(f"batchnorm_forward: mode is {mode!r}; choose train or test")
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], dtype=x.dtype))

    ### BEGIN SOLUTION
    if mode == "train":
        mean, var = x.mean(axis=0), x.var(axis=0)   # (D,)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
    else:
        mean, var = running_mean, running_var

    std = np.sqrt(var + eps)
    normalized = (x - mean) / std                   # (N, D)
    out = gamma * normalized + beta

    bn_param["running_mean"], bn_param["running_var"] = running_mean, running_var
    return out, (normalized, std, gamma)
    ### END SOLUTION


def batchnorm_backward(dout, cache):
    """Batch normalization, backward in training, gate by gate.

    For N examples and D units:

    Inputs:
    - dout: gradient of the loss with respect to out, float, shape (N, D)
    - cache: from batchnorm_forward in training

    Returns (dx, dgamma, dbeta), the gradient of the loss with respect to
    - x: shape (N, D)
    - gamma, beta: shape (D,)

    Mean and variance were computed from x, so x reaches out in three ways: dx is their sum. What is in the cache is
    not modified; dout may be overwritten.
    Source: CS231n notes, "Backpropagation, intuitions", staged computation.
    """
    ### BEGIN SOLUTION
    normalized, std, gamma = cache
    N = len(dout)
    dgamma = (dout * normalized).sum(axis=0)
    dbeta = dout.sum(axis=0)

    dnormalized = dout * gamma
    dcentered = dnormalized / std                             # the numerator's way
    dstd = -(dnormalized * normalized).sum(axis=0) / std      # the denominator's, which N examples share
    dvar = dstd / (2 * std)
    dcentered += 2 / N * dvar * (normalized * std)            # var = mean(centered**2)
    dmean = -dcentered.sum(axis=0)
    dx = dcentered + dmean / N
    return dx, dgamma, dbeta
    ### END SOLUTION


def batchnorm_backward_alt(dout, cache):
    """Batch normalization, backward in training, by a formula simplified on paper.

    For N examples and D units; inputs and returns are those of batchnorm_backward:

    Inputs:
    - dout: gradient of the loss with respect to out, float, shape (N, D)
    - cache: from batchnorm_forward in training

    Returns (dx, dgamma, dbeta), of shapes (N, D), (D,) and (D,)

    What is in the cache is not modified; dout may be overwritten.
    """
    ### BEGIN SOLUTION
    normalized, std, gamma = cache
    dgamma = (dout * normalized).sum(axis=0)
    dbeta = dout.sum(axis=0)

    dnormalized = dout * gamma
    slope = (dnormalized * normalized).mean(axis=0)
    dx = (dnormalized - dnormalized.mean(axis=0) - normalized * slope) / std
    return dx, dgamma, dbeta
    ### END SOLUTION


def dropout_forward(x, dropout_param):
    """Inverted dropout, forward: in training each number is kept with probability p, and else set to 0.

    Inputs:
    - x: float, any shape
    - dropout_param: dict
      - "p": probability of keeping a number, 0 < p <= 1 (before 2018 the public course had that of dropping)
      - "mode": "train" or "test"
      - "seed": int that fixes what is dropped, for gradient checks; may be missing

    Returns (out, cache):
    - out: float, shape of x: in training what is kept is divided by p, so that its mean over all masks is x; at test
      time it is x as it is
    - cache: what dropout_backward needs, in a form of your own

    Each number of each example is dropped or kept by itself. x is not modified. The seed is set here, so draw with
    np.random. Raises ValueError for another mode.
    Source: Srivastava et al. 2014, "Dropout"; CS231n notes, "Neural networks, part 2", regularization.
    """
    p, mode = dropout_param["p"], dropout_param["mode"]
    if mode not in ("train", "test"):
        raise ValueError(f"dropout_forward: mode is {mode!r}; choose train or test")
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])

    ### BEGIN SOLUTION
    if mode == "test":
        return x, None
    mask = (np.random.rand(*x.shape) < p) / p       # 0 or 1 / p
    return (x * mask).astype(x.dtype, copy=False), mask
    ### END SOLUTION


def dropout_backward(dout, cache):
    """Inverted dropout, backward.

    Inputs:
    - dout: gradient of the loss with respect to out, float, any shape
    - cache: from dropout_forward, in training or at test time

    Returns:
    - dx: gradient of the loss with respect to x, shape of dout

    What was dropped has no influence on out; what was kept was divided by p; at test time nothing was done. dout may be
    overwritten.
    """
    ### BEGIN SOLUTION
    mask = cache
    return dout if mask is None else dout * mask
    ### END SOLUTION
