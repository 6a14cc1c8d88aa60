"""Probes of cs231n/classifiers/k_nearest_neighbor.py."""

import numpy as np

from grading.trials.probes.common import changed, each, grows, kind_of_loop, remembered


def _images(seed, num_test, num_train, D):
    rng = np.random.default_rng(seed)
    return rng.uniform(1, 9, size=(num_test, D)), rng.uniform(1, 9, size=(num_train, D))


IMAGES = {"A": _images(21, 3, 5, 4), "B": _images(22, 6, 4, 7), "square": _images(23, 4, 4, 4),
          "one pixel": _images(24, 3, 2, 1)}
IMAGES["B"] = tuple(images - 5 for images in IMAGES["B"])      # of both signs


def _classifier(X_train, y_train):
    from cs231n.classifiers.k_nearest_neighbor import KNearestNeighbor

    classifier = KNearestNeighbor()
    classifier.train(X_train, y_train)
    return classifier


def _labels(X_train):
    """Labels that no pixel is near to."""
    return 20 + 10 * np.arange(len(X_train))


def distances(loops):
    """Probe of compute_distances_two_loops, _one_loop or _no_loops."""
    name = f"compute_distances_{loops}"

    def probe(seed):
        @remembered
        def call(which):
            X, X_train = (array.copy() for array in IMAGES[which])
            return getattr(_classifier(X_train, _labels(X_train)), name)(X)

        yield "distances", lambda: [call(which) for which in "AB"]
        yield "~square", lambda: call("square")
        yield "~one pixel", lambda: call("one pixel")

        def inputs():
            X, X_train = (array.copy() for array in IMAGES["A"])
            classifier = _classifier(X_train, _labels(X_train))
            getattr(classifier, name)(X)
            return changed(IMAGES["A"], (X, np.asarray(classifier.X_train)))

        yield "~inputs changed", inputs

        def equal():
            X_train = np.array([[3.0, 5.0, 1.0], [2.0, 2.0, 2.0], [9.0, 0.0, 4.0]])
            found = getattr(_classifier(X_train, np.zeros(3, dtype=int)), name)(X_train[:2].copy())
            return np.nan_to_num(np.asarray(found, dtype=float))

        yield "~equal images", equal

        def growth(axis):
            rng = np.random.default_rng(25)

            def arguments(n):
                return (rng.normal(size=(n if axis == "test" else 3, n if axis == "pixels" else 3)),)

            def function(n):
                X_train = rng.normal(size=(n if axis == "train" else 3, n if axis == "pixels" else 3))
                return getattr(_classifier(X_train, _labels(X_train)), name)

            return grows(function, arguments)

        if loops == "one_loop":
            def more_than_one():
                found = [growth(axis) for axis in ("test", "train", "pixels")]
                return ... if ... in found else float(sum(found) > 1)

            yield "loop", more_than_one
        if loops == "no_loops":
            yield "loop", lambda: [growth(axis) for axis in ("test", "train", "pixels")]
        if loops != "two_loops":
            yield "~kind of loop", lambda: kind_of_loop(
                getattr(_classifier(np.zeros((2, 2)), np.zeros(2, dtype=int)), name),
                [other for other in ("compute_distances_two_loops", "compute_distances_one_loop") if other != name])

    return probe


def _rows(seed, number, n, k, labels, tied):
    """Random dists (number, n) and y_train (n,): a tie for the first place among the k nearest of each row, or none."""
    rng = np.random.default_rng(seed)
    y_train = rng.choice(labels, size=n)
    rows = []
    while len(rows) < number:
        row = 3 + rng.permutation(n) + rng.uniform(0.0, 0.5, size=n)
        votes = np.sort(np.unique(y_train[np.argsort(row)[:k]], return_counts=True)[1])
        if (len(votes) > 1 and votes[-1] == votes[-2]) == tied:
            rows.append(row)
    return np.array(rows), y_train, k


SMALL, LARGE = np.arange(1, 6), np.array([3, 12, 25, 40, 67])
VOTES = {
    "clear votes": [_rows(41, 20, 15, 5, SMALL, False), _rows(42, 12, 9, 3, SMALL, False)],
    "one neighbor": [_rows(43, 12, 9, 1, SMALL, False)],
    "all neighbors": [_rows(44, 6, 11, 11, np.array([1, 2, 2, 3]), False)],
    "ties": [_rows(45, 20, 12, 4, SMALL, True), _rows(46, 20, 12, 5, SMALL, True), _rows(47, 12, 9, 2, SMALL, True)],
    "close images": [(3 + rows / 100, labels, k) for rows, labels, k in (_rows(55, 20, 15, 5, SMALL, False),)],
    "large labels": [_rows(48, 20, 15, 5, LARGE, False)],
    "~ties of large labels": [_rows(49, 20, 12, 4, LARGE, True), _rows(50, 12, 9, 2, LARGE, True)],
    "~many images": [_rows(53, 16, 600, 5, SMALL, False)],      # np.argpartition sorts a few altogether
    "~many voters": [_rows(54, 12, 31, 21, SMALL, False)],
    "~labels with a zero": [_rows(51, 16, 12, 5, np.arange(4), False)],
    "~ties with a zero": [_rows(52, 16, 12, 4, np.arange(4), True)],
}


def predict_labels(seed):
    def vote(dists, y_train, k):
        return np.asarray(_classifier(np.zeros((len(y_train), 2)), y_train.copy()).predict_labels(dists.copy(), k=k),
                          dtype=float)

    def drawn():
        """Whether the same tie is decided in more than one way: what is told of ties is of no use then."""
        dists, y_train, k = VOTES["ties"][0]
        found = [vote(dists, y_train, k) for _ in range(6)]
        return float(any(not np.array_equal(found[0], one) for one in found))

    by_chance = remembered(drawn)
    yield "ties by chance", by_chance

    def votes(aspect):
        if aspect.startswith(("ties", "~ties")) and by_chance():
            return ...
        return each([lambda case=case: vote(*case) for case in VOTES[aspect]])

    for aspect in VOTES:
        yield aspect, lambda aspect=aspect: votes(aspect)

    yield "axes", lambda: float(vote(*VOTES["one neighbor"][0]).ndim)

    def inputs():
        dists, y_train, k = VOTES["clear votes"][0]
        mine, classifier = dists.copy(), _classifier(np.zeros((len(y_train), 2)), y_train.copy())
        classifier.predict_labels(mine, k=k)
        return changed([dists, y_train], [mine, np.asarray(classifier.y_train)])

    yield "~inputs changed", inputs


PROBES = {f"KNearestNeighbor.compute_distances_{loops}": distances(loops)
          for loops in ("two_loops", "one_loop", "no_loops")}
PROBES["KNearestNeighbor.predict_labels"] = predict_labels
