"""The measurements, as ratios within one run: what the reference costs against the least it could cost.

Two pieces of work are timed in turn, A B A B, and the ratio of their best times is told: a machine's changing speed
then touches both alike.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

ROUNDS = 7


@dataclass(frozen=True)
class Measurement:
    """`what` took `seconds`, the yardstick `against` took `least` seconds; `wanted` is the ratio not to exceed."""

    what: str
    against: str
    seconds: float
    least: float
    wanted: float

    @property
    def ratio(self) -> float:
        return self.seconds / self.least


def run(tell: Callable[[Measurement], None] | None = None) -> list[Measurement]:
    """Measure everything; `tell` is called after each."""
    found = []
    for measure in (_linear_losses, _distances):
        for measurement in measure():
            found.append(measurement)
            if tell:
                tell(measurement)
    return found


def as_json(measurements: list[Measurement]) -> list[dict]:
    return [asdict(one) | {"ratio": one.ratio} for one in measurements]


def row(one: Measurement) -> str:
    return (f"{one.what:<36} {one.seconds * 1000:8.1f} ms   {one.against:<34} {one.least * 1000:8.1f} ms   "
            f"ratio {one.ratio:.2f} (wanted: at most {one.wanted:g})")


def _pair(what: str, work: Callable, against: str, yardstick: Callable, wanted: float) -> Measurement:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS + 1):                      # the first round warms up
        for taken, piece in zip(times, (work, yardstick), strict=True):
            start = time.perf_counter()
            piece()
            taken.append(time.perf_counter() - start)
    return Measurement(what, against, min(times[0][1:]), min(times[1][1:]), wanted)


def _linear_losses():
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
        yield _pair(f"{loss.__name__} {N} x {D} x {C}", lambda loss=loss: loss(W, X, y, 1e-3),
                    "X @ W and X.T @ dscores", products, 1.3)


def _distances():
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

        yield _pair("compute_distances_no_loops", lambda: model.compute_distances_no_loops(X),
                    "scipy's cdist (no scikit-learn here)", lambda: cdist(X, X_train), 1.3)
    else:
        yield _pair("compute_distances_no_loops", lambda: model.compute_distances_no_loops(X),
                    "scikit-learn's euclidean_distances", lambda: euclidean_distances(X, X_train), 1.3)
