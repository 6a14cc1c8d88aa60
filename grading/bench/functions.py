"""The measurements, as ratios within one run: what something costs against the least it could cost, or may cost.

Two pieces of work are timed in turn, A B A B, and the ratio of their best times is told: a machine's changing speed
then touches both alike. The reference functions are measured here, the engine in `throughput.py`.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np

ROUNDS = 7


@dataclass(frozen=True)
class Measurement:
    """`what` took `found`, the yardstick `against` took `least`; `wanted` is the ratio not to exceed."""

    what: str
    against: str
    found: float
    least: float
    wanted: float
    unit: str

    @property
    def ratio(self) -> float:
        return self.found / self.least


def run(submissions: int, jobs: int, tell: Callable[[Measurement], None] | None = None) -> list[Measurement]:
    """Measure everything; `tell` is called after each.

    So many submissions are graded, by stock nbgrader too, which takes 10 s for each; with none, only functions are
    measured.
    """
    from grading import throughput

    found = []
    engine = throughput.measure(submissions, jobs) if submissions else iter(())
    for measurements in (_linear_losses(), _distances(), engine):
        for measurement in measurements:
            found.append(measurement)
            if tell:
                tell(measurement)
    return found


def as_json(measurements: list[Measurement]) -> list[dict]:
    return [asdict(one) | {"ratio": one.ratio} for one in measurements]


def row(one: Measurement) -> str:
    return (f"{one.what:<38} {_amount(one.found, one.unit):>11}   "
            f"{one.against:<36} {_amount(one.least, one.unit):>11}   "
            f"ratio {one.ratio:.2f} (wanted: at most {one.wanted:.3g})")


def _amount(value: float, unit: str) -> str:
    return f"{value:.1f} {unit}" if value >= 10 else f"{value:.2f} {unit}"


def _pair(what: str, work: Callable, against: str, yardstick: Callable, wanted: float) -> Measurement:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS + 1):                      # the first round warms up
        for taken, piece in zip(times, (work, yardstick), strict=True):
            start = time.perf_counter()
            piece()
            taken.append(time.perf_counter() - start)
    return Measurement(what, against, 1000 * min(times[0][1:]), 1000 * min(times[1][1:]), wanted, "ms")


def _linear_losses() -> Iterator[Measurement]:
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


def _distances() -> Iterator[Measurement]:
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
