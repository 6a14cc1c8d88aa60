"""The reference functions against the least that their work could cost."""

from collections.abc import Iterator

import numpy as np

from grading.bench.measurement import Measurement, pair


def measure(rounds: int) -> Iterator[Measurement]:
    yield from _linear_losses(rounds)
    yield from _distances(rounds)


def _linear_losses(rounds: int) -> Iterator[Measurement]:
    """Vectorized SVM and softmax, loss and gradient, against their two matrix products (N, D, C of the lesson)."""
    from cs231n.classifiers.linear_svm import svm_loss_vectorized
    from cs231n.classifiers.softmax import softmax_loss_vectorized

    rng = np.random.default_rng(0)
    N, D, C = 5000, 3073, 10
    X, W = rng.normal(size=(N, D)), rng.normal(size=(D, C)) * 1e-3
    y, dscores = rng.integers(C, size=N), rng.normal(size=(N, C))

    def products():
        return X @ W, X.T @ dscores

    for loss in (svm_loss_vectorized, softmax_loss_vectorized):
        yield pair(f"{loss.__name__} {N} x {D} x {C}", lambda loss=loss: loss(W, X, y, 1e-3),
                    "X @ W and X.T @ dscores", products, 1.3, rounds)


def _distances(rounds: int) -> Iterator[Measurement]:
    """kNN without loops against the best library at hand, 500 x 5,000 images."""
    from cs231n.classifiers.k_nearest_neighbor import KNearestNeighbor

    rng = np.random.default_rng(0)
    X_train, X = rng.uniform(0, 255, size=(5000, 3072)), rng.uniform(0, 255, size=(500, 3072))
    model = KNearestNeighbor()
    model.train(X_train, np.zeros(len(X_train), dtype=int))
    try:
        from sklearn.metrics.pairwise import euclidean_distances
    except ImportError:
        from scipy.spatial.distance import cdist

        yield pair("compute_distances_no_loops", lambda: model.compute_distances_no_loops(X),
                    "scipy's cdist (no scikit-learn here)", lambda: cdist(X, X_train), 1.3, rounds)
    else:
        yield pair("compute_distances_no_loops", lambda: model.compute_distances_no_loops(X),
                    "scikit-learn's euclidean_distances", lambda: euclidean_distances(X, X_train), 1.3,
                    rounds)
