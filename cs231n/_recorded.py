"""A linear classifier whose loss notes what it is asked for: the checks of `LinearClassifier.train` look through it.

Its loss is neither of the two that students write, so that `train` is judged by itself.
"""

import numpy as np


def recorded(kind):
    """A subclass of the linear classifier `kind` with a least-squares loss that keeps a record.

    For D features and C classes, attribute of its objects:
    - calls: one (X_batch, y_batch, reg, W) for each call of loss, all copied; X_batch (N, D), y_batch (N,), W (D, C)

    The loss is the mean over the batch of half the squared distance between the scores and the one-hot label, plus
    reg * sum(W**2).
    """

    class LeastSquares(kind):
        def __init__(self):
            super().__init__()
            self.calls = []

        def loss(self, X_batch, y_batch, reg=None):
            W, X, y = np.array(self.W, dtype=float), np.array(X_batch, dtype=float), np.array(y_batch)
            self.calls.append((X, y, reg, W))
            errors = X @ W - np.eye(W.shape[1])[np.ravel(y).astype(int)]            # (N, C)
            loss = 0.5 * np.sum(errors**2) / len(X) + (reg or 0.0) * np.sum(W**2)
            return loss, X.T @ errors / len(X) + 2 * (reg or 0.0) * W

    return LeastSquares
