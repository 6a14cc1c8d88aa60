"""The loss of a linear softmax classifier and its gradient, with loops and without."""

import numpy as np


def softmax_loss_naive(W, X, y, reg):
    """Softmax (cross-entropy) loss of a linear classifier, with loops.

    For N examples, D features and C classes:

    Inputs:
    - W: weights, float, shape (D, C)
    - X: mini-batch, float, shape (N, D)
    - y: labels, int, shape (N,), 0 <= y[i] < C
    - reg: L2 strength >= 0; the penalty is reg * sum(W**2), with no half

    Returns (loss, dW):
    - loss: mini-batch mean plus penalty, in nats, float
    - dW: gradient of loss with respect to W, shape (D, C)

    Example i with scores s = X[i] @ W adds -log(p[y[i]]), where p[j] = exp(s[j]) / sum over c of exp(s[c]).
    Scores of any size must give a finite loss, those of one example far below those of another too, but exp(800) and
    log(0) are infinite: adding one constant to all scores of an example leaves its p unchanged. The penalty belongs
    into the gradient too.
    At W = 0 the loss is log(C). Inputs are not modified.
    Source: CS231n notes, "Linear classification", softmax classifier.
    """
    ### BEGIN SOLUTION
    num_train, num_classes = X.shape[0], W.shape[1]

    loss = 0.0
    dW = np.zeros_like(W)
    for i in range(num_train):
        scores = X[i] @ W       # (C,)
        scores -= scores.max()  # exp cannot overflow
        log_sum = np.log(np.sum(np.exp(scores)))
        loss += log_sum - scores[y[i]]
        for j in range(num_classes):
            prob = np.exp(scores[j] - log_sum)
            dW[:, j] += (prob - (j == y[i])) * X[i]

    loss = loss / num_train + reg * np.sum(W**2)
    dW = dW / num_train + 2 * reg * W
    return loss, dW
    ### END SOLUTION


def softmax_loss_vectorized(W, X, y, reg):
    """Softmax (cross-entropy) loss of a linear classifier, without loops.

    For N examples, D features and C classes:

    Inputs:
    - W: weights, float, shape (D, C)
    - X: mini-batch, float, shape (N, D)
    - y: labels, int, shape (N,), 0 <= y[i] < C
    - reg: L2 strength >= 0; the penalty is reg * sum(W**2), with no half

    Returns (loss, dW):
    - loss: mini-batch mean plus penalty, in nats, float
    - dW: gradient of loss with respect to W, shape (D, C)

    The same numbers as softmax_loss_naive, and finite for scores of any size. All scores are one matrix product,
    and the gradient is another, with an array of shape (N, C) in between; no array of shape (N, D) is needed
    besides X. Every example has a constant of its own to subtract. Write it out: softmax, log_softmax or logsumexp of
    scipy.special, or a library that differentiates, costs the points for having no loop. Inputs are not modified.
    Source: CS231n notes, "Linear classification", softmax classifier.
    """
    ### BEGIN SOLUTION
    num_train = X.shape[0]
    rows = np.arange(num_train)

    scores = X @ W                               # (N, C)
    scores -= scores.max(axis=1, keepdims=True)  # exp cannot overflow
    log_probs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    loss = -log_probs[rows, y].mean() + reg * np.sum(W**2)

    dscores = np.exp(log_probs)                  # (N, C)
    dscores[rows, y] -= 1                        # softmax minus one-hot
    dW = X.T @ dscores / num_train + 2 * reg * W
    return loss, dW
    ### END SOLUTION
