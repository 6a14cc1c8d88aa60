"""The loss of a multiclass linear SVM and its gradient, with loops and without."""

import numpy as np


def svm_loss_naive(W, X, y, reg):
    """Multiclass SVM (hinge) loss of a linear classifier, with loops.

    For N examples, D features and C classes:

    Inputs:
    - W: weights, float, shape (D, C)
    - X: mini-batch, float, shape (N, D)
    - y: labels, int, shape (N,), 0 <= y[i] < C
    - reg: L2 strength >= 0; the penalty is reg * sum(W**2), with no half

    Returns (loss, dW):
    - loss: mini-batch mean plus penalty, float
    - dW: gradient of loss with respect to W, shape (D, C)

    Example i with scores s = X[i] @ W adds the sum over the wrong classes j != y[i] of
    max(0, s[j] - s[y[i]] + 1). Where a hinge is active, the score of the right class matters as much as that
    of the wrong one. The penalty belongs into the gradient too. At W = 0 the loss is C - 1.
    Inputs are not modified.
    Source: CS231n notes, "Linear classification" (loss) and "Optimization" (gradient).
    """
    ### BEGIN SOLUTION
    num_train, num_classes = X.shape[0], W.shape[1]

    loss = 0.0
    dW = np.zeros_like(W)
    for i in range(num_train):
        scores = X[i] @ W  # (C,)
        for j in range(num_classes):
            margin = scores[j] - scores[y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]

    loss = loss / num_train + reg * np.sum(W**2)
    dW = dW / num_train + 2 * reg * W
    return loss, dW
    ### END SOLUTION


def svm_loss_vectorized(W, X, y, reg):
    """Multiclass SVM (hinge) loss of a linear classifier, without loops.

    For N examples, D features and C classes:

    Inputs:
    - W: weights, float, shape (D, C)
    - X: mini-batch, float, shape (N, D)
    - y: labels, int, shape (N,), 0 <= y[i] < C
    - reg: L2 strength >= 0; the penalty is reg * sum(W**2), with no half

    Returns (loss, dW):
    - loss: mini-batch mean plus penalty, float
    - dW: gradient of loss with respect to W, shape (D, C)

    The same numbers as svm_loss_naive. All scores are one matrix product, and the gradient is another, with an
    array of shape (N, C) in between; no array of shape (N, D) is needed besides X. The right class has no hinge
    of its own. A library that differentiates costs the points for having no loop. Inputs are not modified.
    Source: CS231n notes, "Linear classification" (loss) and "Optimization" (gradient).
    """
    ### BEGIN SOLUTION
    num_train = X.shape[0]
    rows = np.arange(num_train)

    scores = X @ W  # (N, C)
    margins = np.maximum(0, scores - scores[rows, y][:, np.newaxis] + 1)
    margins[rows, y] = 0
    loss = margins.sum() / num_train + reg * np.sum(W**2)

    dscores = (margins > 0).astype(scores.dtype)  # (N, C), 1 for each active hinge
    dscores[rows, y] = -dscores.sum(axis=1)       # each of them holds on to the right class too
    dW = X.T @ dscores / num_train + 2 * reg * W
    return loss, dW
    ### END SOLUTION
