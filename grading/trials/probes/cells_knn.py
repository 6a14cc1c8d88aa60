"""Probes of cross-validation and of the choice of k in knn.ipynb."""

from itertools import combinations

import numpy as np

from grading.trials.probes.searches import RIGHT, are_shares, only, same, scale

_OTHERS = "with labels of other images"
_SOME = "with some of the other folds to train on"
_SHIFTED = ("with labels of the fold before", "with labels of the fold after")
_SAME = dict.fromkeys(_SHIFTED, _OTHERS) | {"on parts of the test images": "on the test images"}


def _cross_validation(names):
    def questions(seed):
        choices, folds = [int(k) for k in names["k_choices"]], int(names["num_folds"])
        told = [np.ravel(np.array(names["k_to_accuracies"][k], dtype=float)) for k in choices]
        sizes = {one.size for one in told}
        yield "entries", lambda: "none" if sizes == {0} else RIGHT
        if sizes == {0}:
            return
        forms = {folds: RIGHT, folds - 1: "a fold is missing", 1: "one number for each k"}
        forms |= {folds * len(choices): "those of all k"}
        growing = [one.size for one in told] == [folds * (place + 1) for place in range(len(choices))]
        form = "those of all k" if growing else forms.get(*sizes, ...) if len(sizes) == 1 else ...
        yield "form", lambda: form
        if form != RIGHT:
            return
        y = np.array(names["y_train"])
        reading, table = scale(np.array(told), len(y) // folds)
        yield "scale", lambda: reading
        if reading is ...:
            return
        if np.all(table == table[:, :1]):
            yield "folds", lambda: _repeated(table[:, 0], len(y), folds)
            return
        held_out = getattr(names.get("KNearestNeighbor"), "asked", None) or []
        yield "folds", lambda: _held_out(table, held_out, len(y))
        if np.all(table == table[0]):
            yield "values of k", lambda: "one for all"
            return
        yield "values of k", lambda: RIGHT
        ways = _ways(np.array(names["X_train"], dtype=float), y, np.array(names["X_test"], dtype=float),
                     np.array(names["y_test"]), choices, folds)
        yield "accuracies", lambda: _accuracies(table, ways, len(y), folds)

    return questions


def _held_out(table, asked, n):
    """What it says of the folds if many images were in none that was asked about: one stands twice, or they overlap."""
    times = np.bincount(np.concatenate(asked), minlength=n) if asked else np.ones(n)
    if np.mean(times == 0) < 0.1:
        return RIGHT
    if len({tuple(column) for column in table.T}) < len(table.T):
        return "some twice"
    folds = table.shape[1]
    parts = [one for one in asked if 0.8 * n < folds * len(one) < 1.2 * n]
    return "overlapping" if len(parts) == folds and np.mean(times > 1) > 0.1 else ...


def _is_of_a_fold(accuracies, size):
    """Tell whether they are shares of as many images as a fold may have."""
    return any(are_shares(accuracies, near, 6e-4 * near) for near in range(int(0.8 * size), int(1.2 * size) + 2))


def _repeated(accuracies, n, folds):
    """Whether every fold has the accuracies of one, or those of all folds together."""
    if _is_of_a_fold(accuracies, n // folds):
        return "one for all"
    return "their mean" if are_shares(accuracies, n, 6e-4 * n) else ...


def _accuracies(table, ways, n, folds):
    """In which way they were measured; folds may have been cut in another way than here."""
    ways, mixed = ways
    honest = ways[RIGHT]
    for way, found in (ways | {"shares of wrong answers": 1 - honest}).items():
        if np.abs(table - found).max() < 6e-4:
            return _SAME.get(way, way)           # the very same folds
    others = [column for column in table.T if not _is_one_of(column, honest.T)]
    if len(others) > 1:
        fitting = [way for way, columns in mixed().items() if all(_is_one_of(column, columns) for column in others)]
        if len(fitting) > 1 and fitting[-1] == _SOME:           # one fold alone is some, too
            fitting.pop()
        if fitting:
            return fitting[0] if len(fitting) == 1 else ...
    size = n // folds
    if any(are_shares(table, few, 6e-4 * few) for few in range(2, int(0.6 * size))):
        return "shares of a few images"
    shares = all(_is_of_a_fold(fold, size) for fold in table.T)
    if not shares:
        all_images = np.abs(table - honest / folds).mean() < 0.02 and are_shares(table, n, 6e-4 * n)
        if all_images:
            return "shares of all images"
        like = np.corrcoef(table.ravel(), honest.ravel())[0, 1] if table.std() else 0.0
        return "shares of another number" if like > 0.95 else "no shares of a fold" if like < 0.5 else ...
    mean, expected = table.mean(), honest.mean()
    if abs(mean - 0.1) < 0.03 and expected - mean > 0.06:
        return _OTHERS                           # guesses
    if abs(mean - expected) < 0.04:
        return RIGHT
    if abs(mean - (1 - expected)) < 0.04:
        return "shares of wrong answers"
    return "on images that were trained on" if mean > expected + 0.1 else ...


def _is_one_of(column, columns):
    return any(np.abs(column - other).max() < 6e-4 for other in columns)


def _ways(X, y, X_test, y_test, choices, folds):
    """(way of measuring -> accuracies (number of k, folds), way -> columns that a fold may have), folds cut in order.

    The columns are worked out when they are asked for.
    """
    parts = np.array_split(np.arange(len(X)), folds)

    def squared(A, B):
        return (A**2).sum(axis=1)[:, None] - 2 * A @ B.T + (B**2).sum(axis=1)

    own, far = squared(X, X), squared(X_test, X)
    classes, asked = np.arange(y.max() + 1), np.array_split(np.arange(len(X_test)), folds)

    def measured(distances, train, labels, ks=choices, given=y):
        """Accuracies for each k of rows of distances to the images `train`, which have the labels given."""
        nearest = given[train][np.argsort(distances, axis=1, kind="stable")[:, :max(ks)]]
        return [np.mean((nearest[:, :k, None] == classes).sum(axis=1).argmax(axis=1) == labels) for k in ks]

    found: dict = {}
    for fold, held in enumerate(parts):
        others, everything = np.setdiff1d(np.arange(len(X)), held), np.arange(len(X))
        before, after = parts[fold - 1], parts[(fold + 1) % folds]
        cases = {RIGHT: measured(own[np.ix_(held, others)], others, y[held]),
                 "on a fold that is in the training data": measured(own[held], everything, y[held]),
                 "on the fold that was trained on": measured(own[np.ix_(held, held)], held, y[held]),
                 "with one fold to train on": measured(own[np.ix_(others, held)], held, y[others]),
                 "on the folds that were trained on": measured(own[np.ix_(others, others)], others, y[others]),
                 "on the test images": measured(far[:, others], others, y_test),
                 "on parts of the test images": measured(far[asked[fold]], everything, y_test[asked[fold]])}
        for way, part in zip(_SHIFTED, (before, after)):
            if len(part) == len(held):
                cases[way] = measured(own[np.ix_(held, others)], others, y[part])
        for way, one in cases.items():
            found.setdefault(way, []).append(one)
    found = {way: np.array(one).T for way, one in found.items() if len(one) == folds}

    def mixed():
        columns: dict = {_OTHERS: [], "on a fold that was trained on": [], "with one other fold to train on": [],
                         "with labels of other images to train on": [], _SOME: []}
        for fold, held in enumerate(parts):
            others = np.setdiff1d(np.arange(len(X)), held)
            turned = np.concatenate(parts[fold + 1:] + parts[:fold])
            for images, labels in ((others, turned), (turned, others)):
                columns["with labels of other images to train on"].append(mixed_up(held, images, labels))
            for part in [one for one in parts if one is not held and len(one) == len(held)]:
                columns[_OTHERS].append(measured(own[np.ix_(held, others)], others, y[part]))
                columns["on a fold that was trained on"].append(measured(own[np.ix_(part, others)], others, y[part]))
                columns["with one other fold to train on"].append(measured(own[np.ix_(held, part)], part, y[held]))
                columns["with labels of other images to train on"].append(
                    mixed_up(held, others, np.setdiff1d(np.arange(len(X)), part)))
            for number in range(1, folds - 1):
                for group in combinations([part for part in parts if part is not held], number):
                    images = np.sort(np.concatenate(group))
                    columns[_SOME].append(measured(own[np.ix_(held, images)], images, y[held]))
        so_far = np.cumsum(found[RIGHT], axis=1) / np.arange(1, folds + 1)
        return {"means of the folds so far": list(so_far.T)} | columns

    def mixed_up(held, images, labels):
        given = y.copy()
        given[images] = y[labels]
        images = np.sort(images)
        return measured(own[np.ix_(held, images)], images, y[held], given=given)

    return found, mixed


def _best_k(names):
    def questions(seed):
        kept, best = names["k_to_accuracies"], names["best_k"]
        choices = [int(k) for k in names["k_choices"]]
        table = np.array([np.ravel(kept[k]) for k in choices], dtype=float)
        if table.ndim != 2 or not table.size:
            return
        means = table.mean(axis=1)
        rules = {"by the best fold": table.max(axis=1), "by the worst fold": table.min(axis=1),
                 "by the first fold": table[:, 0], "by the spread": -table.std(axis=1), "the worst": -means}
        rules |= {"by the median": np.median(table, axis=1), "the last": np.arange(len(choices)),
                  "the first": -np.arange(len(choices))}
        if best in choices and means[choices.index(best)] > means.max() - 1e-9:
            yield "best k", lambda: RIGHT
            return
        places = {place for place, mean in enumerate(means) if mean > means.max() - 1e-9}
        fitting = [(rule, best in {choices[values.argmax()], choices[len(choices) - 1 - values[::-1].argmax()]})
                   for rule, values in rules.items()]
        fitting += [("a position", best in places), ("an accuracy", same(best, means.max()) and best not in choices)]
        yield "best k", lambda: only(*fitting, ("no choice", best not in choices and best not in places
                                                and best == round(best)))

    return questions


PROBES = {"knn-cross_validation-solution": _cross_validation, "knn-best_k-solution": _best_k}
