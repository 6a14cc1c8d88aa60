"""Probes of cs231n/classifiers/linear_classifier.py.

What train does is read off the step that W takes, in terms of the classifier's own loss, right or wrong: so a mistake
in a loss does not show here.
"""

import numpy as np

from grading.trials.probes.common import changed, remembered

_rng = np.random.default_rng(81)
ALIKE_X, ALIKE_Y = np.tile([0.4, -0.6, 0.5, 0.9, -0.3], (9, 1)), np.full(9, 2)      # every mini-batch is the same
ALIKE_W = 0.3 * _rng.normal(size=(5, 4))
# Gradients of single images are linearly independent here: the step tells how often each was drawn.
N, D, C = 12, 6, 4
IMAGES, LABELS, WEIGHTS = _rng.normal(size=(N, D)), _rng.permutation(np.arange(N) % C), 0.05 * _rng.normal(size=(D, C))
# More pixels than images: the step tells with which label each was drawn. The first four have the same one.
WIDE, WIDE_LABELS = _rng.normal(size=(8, 11)), np.array([1, 1, 1, 1, 0, 2, 2, 0])


def _kinds():
    from cs231n.classifiers.linear_classifier import LinearSVM, Softmax

    return Softmax, LinearSVM


def _classifier(kind, W):
    classifier = kind()
    classifier.W = W.copy()
    return classifier


def _usable():
    """(a kind of classifier whose loss is a mean over the images, the slopes of single ones as columns, a weight)."""
    for weight, kind in zip((1, 3), _kinds()):           # of the right class at W = 0, in thirds
        try:
            def slope(rows, kind=kind):
                loss = _classifier(kind, WEIGHTS).loss(IMAGES[rows].copy(), LABELS[rows].copy(), 0.0)
                return np.asarray(loss[1])

            single, whole = [slope(slice(i, i + 1)) for i in range(N)], slope(slice(None))
            if np.allclose(np.mean(single, axis=0), whole, rtol=1e-3, atol=1e-6):
                return kind, np.array(single).reshape(N, -1).T, weight
        except Exception:
            continue
    raise NotImplementedError("no loss")


def _trains(X, W):
    """Whether a step of train on these images, from this W, ends without an exception, with either loss."""
    for kind in _kinds():
        try:
            classifier = _classifier(kind, W)
            classifier.train(X.copy(), LABELS.copy(), num_iters=1, batch_size=3)
            return np.shape(classifier.W) == W.shape
        except Exception:
            continue
    return False


def train(seed):
    turned = not _trains(IMAGES, WEIGHTS) and _trains(IMAGES.T, WEIGHTS.T)
    yield "layout", lambda: 2.0 if turned else 1.0
    if turned:                               # of 2015: W (C, D), X (D, N), the losses too
        return
    usable = remembered(_usable)

    @remembered
    def alike(rate=0.01, reg=0.0, batch=5, steps=(1,)):
        """(W, all losses) after calls of train with so many steps each, on images that are all the same."""
        classifier, history = _classifier(usable()[0], ALIKE_W), []
        for number in steps:
            told = classifier.train(ALIKE_X.copy(), ALIKE_Y.copy(), learning_rate=rate, reg=reg, num_iters=number,
                                    batch_size=batch)
            history.append(np.array([float(np.ravel(one)[0]) for one in told]))
        return np.asarray(classifier.W, dtype=float), history

    @remembered
    def own(reg=0.0, steps=0):
        """The classifier's own loss where W is after so many steps of train."""
        W = alike(reg=reg, steps=(steps,))[0] if steps else ALIKE_W
        return _classifier(usable()[0], W).loss(ALIKE_X[:5].copy(), ALIKE_Y[:5].copy(), reg)

    def length(rate, batch):
        """The step in units of learning_rate * dW; over learning_rate where it has another direction."""
        taken, dW = (ALIKE_W - alike(rate=rate, batch=batch)[0]) / rate, np.asarray(own()[1])
        factor = float(np.sum(taken * dW) / np.sum(dW * dW))
        return factor if np.allclose(taken, factor * dW, atol=1e-4 * np.abs(dW).max()) else taken

    yield "length of the step", lambda: [length(rate, batch) for rate, batch in ((0.01, 5), (0.2, 6))]
    yield "what reg adds to the step", lambda: (
        (alike()[0] - alike(reg=0.5)[0]) / 0.01 / length(0.01, 5))
    yield "~the step itself", lambda: (ALIKE_W - alike()[0]) / 0.01

    def strength():
        """The reg that the first loss is made with, for 0 and for 0.5; W is large, so that little can be seen."""
        W, found = 1e3 * ALIKE_W, []
        losses = [_classifier(usable()[0], W).loss(ALIKE_X[:5].copy(), ALIKE_Y[:5].copy(), reg)[0]
                  for reg in (0.0, 1.0)]
        without, one = (float(np.ravel(loss)[0]) for loss in losses)
        for reg in (0.0, 0.5):
            told = _classifier(usable()[0], W).train(ALIKE_X.copy(), ALIKE_Y.copy(), learning_rate=0.0, reg=reg,
                                                     num_iters=1, batch_size=5)
            found.append((float(np.ravel(told)[0]) - without) / (one - without))
        return np.round(found, 7)

    yield "~reg of the losses", strength
    yield "~which loss", lambda: np.round([float(alike(reg=0.5, steps=(3,))[1][0][end]) - float(
        np.ravel(own(reg=0.5, steps=steps)[0])[0]) for end, steps in ((0, 0), (-1, 2))], 4)
    yield "number of losses", lambda: [len(told) for told in alike(steps=(3, 2))[1]]
    yield "losses", lambda: np.round([
        alike(reg=0.5, steps=(2,))[1][0][number] - float(np.ravel(own(reg=0.5, steps=number)[0])[0])
        for number in (0, 1)], 4)
    yield "second call", lambda: float(np.allclose(alike(steps=(1, 1))[0], alike(steps=(2,))[0], atol=1e-6))

    def second():
        """The second step of a run beside the first, each in terms of the gradient where it begins."""
        first, before, after = length(0.01, 5), alike()[0], alike(steps=(2,))[0]
        taken, dW = (before - after) / 0.01, np.asarray(own(steps=1)[1])
        times = float(np.sum(taken * dW) / np.sum(dW * dW))
        if isinstance(first, np.ndarray) or abs(first) < 1e-9 or np.abs(taken - times * dW).max() > 0.02 * np.abs(
                first * dW).max():
            return ...
        ratio = times / first
        return "none" if abs(ratio) < 0.02 else "smaller" if ratio < 0.997 else "larger" if ratio > 1.01 else "alike"

    yield "second step", second

    def drawn(steps, batch, rate=0.01):
        """The share of each image in the step; a word where images do not explain it."""
        kind, columns, _ = usable()
        classifier = _classifier(kind, WEIGHTS)
        classifier.train(IMAGES.copy(), LABELS.copy(), learning_rate=rate, reg=0.0, num_iters=steps, batch_size=batch)
        taken = np.ravel(WEIGHTS - np.asarray(classifier.W, dtype=float)) / rate
        shares = np.linalg.lstsq(columns, taken, rcond=None)[0]
        if np.abs(columns @ shares - taken).max() > 0.02 * np.abs(taken).max():
            return "no step of these images with their labels"
        return shares / shares.sum()

    def size(batch):
        """The smallest number of images that the shares can be counts of."""
        seed()
        shares = drawn(1, batch)
        if isinstance(shares, str):
            return shares
        for number in (batch, *range(1, 401)):
            if np.abs(shares * number - np.round(shares * number)).max() < 1e-4:
                return float(number)
        return "no counts"

    yield "batch size", lambda: [size(batch) for batch in (7, 11)]

    def chance():
        """Whether six batches differ, and those of one run; then which images are never drawn."""
        calls = [drawn(1, 3) for _ in range(6)]
        run = drawn(80, 3, 1e-5)
        if any(isinstance(shares, str) for shares in (*calls, run)):
            return "no step of these images with their labels"
        alike = all(np.allclose(calls[0], one, atol=1e-3) for one in calls)
        touched = np.abs(run) > 1e-3
        few = touched.sum() <= 3
        return [float(alike), float(few), np.zeros(N) if few and not touched[:3].all() else (~touched).astype(float)]

    yield "draws", chance

    def asked(steps, batch):
        """For each loss that some steps ask for: (number of images, W). The loss is the checks' own, which notes it."""
        from cs231n._recorded import recorded
        from cs231n.classifiers.linear_classifier import LinearClassifier

        classifier = _classifier(recorded(LinearClassifier), WEIGHTS)
        classifier.train(IMAGES.copy(), LABELS.copy(), learning_rate=0.01, reg=0.0, num_iters=steps, batch_size=batch)
        return [(np.asarray(X, dtype=float), np.asarray(W, dtype=float)) for X, _, _, W in classifier.calls]

    def together():
        """How many images are handed over for 7; whether they are all the same; whether three stand side by side."""
        wide, few = ([np.flatnonzero(np.abs(drawn(1, batch)) > 1e-3) for _ in range(12)] for batch in (7, 3))
        beside = all(any(set((rows - start) % N) <= {0, 1, 2} for start in rows) for rows in few)
        return [float(len(asked(1, 7)[0][0])), float(all(len(rows) == 1 for rows in wide)), float(beside)]

    yield "images of a mini-batch", together

    def moves():
        """Whether W moves in all of 60 steps, in some, or in none."""
        calls = asked(60, 3)
        moved = sum(not np.array_equal(one[1], other[1]) for one, other in zip(calls, calls[1:], strict=False))
        return "all" if moved >= 59 else "some" if moved else "none"

    yield "steps that move W", moves

    def again():
        """Whether a mini-batch is that of the step before in all of 30 steps, in some, or in none, as it should be."""
        calls = asked(30, 3)
        same = [np.array_equal(np.sort(one[0][:, 0]), np.sort(other[0][:, 0]))
                for one, other in zip(calls, calls[1:], strict=False) if np.any(one[1] != other[1])]
        return "all" if same and all(same) else "some" if sum(same) > 0.25 * len(same) else "none"

    yield "mini-batches that come again", again

    @remembered
    def used(batch, calls):
        """For each of some batches, how often each image came with each label, (8, 3), read off a step from W = 0."""
        (kind, _, weight), found = usable(), []
        for _ in range(calls):
            classifier = _classifier(kind, np.zeros((11, 3)))
            classifier.train(WIDE.copy(), WIDE_LABELS.copy(), learning_rate=0.01, reg=0.0, num_iters=1,
                             batch_size=batch)
            slopes = np.linalg.lstsq(WIDE.T, -np.asarray(classifier.W, dtype=float), rcond=None)[0]
            found.append(slopes * batch / 0.01 / weight)             # n / 3 - how often with this label
        found = np.array(found) * (-1 if np.sum(np.power(found, 3)) > 0 else 1)      # a step that climbs has them, too
        return found.max(axis=2, keepdims=True) - found

    def labels():
        """Whose labels images are drawn with."""
        four, two = used(4, 4), used(2, 8)
        if np.abs(four - np.round(four)).max() > 0.01:
            return "no step of these images"
        own = np.eye(3)[WIDE_LABELS]
        if not np.any(four * (1 - own) > 0.5):
            return "their own"
        if not np.any(four[:, :, [0, 2]] > 0.5):
            return "the first of the training set"
        if not np.any(four[:, 4:] > 0.5):
            return "others, for the first images"
        drawn = np.array([(batch.sum(axis=1, keepdims=True) * own).sum(axis=0) for batch in two])
        if not np.allclose(drawn, two.sum(axis=1), atol=0.1):
            return "others"
        return "those of the mini-batch in another order"

    yield "labels", labels

    def inputs():
        X, y = IMAGES.copy(), LABELS.copy()
        _classifier(usable()[0], WEIGHTS).train(X, y, num_iters=1, batch_size=3)
        return changed([IMAGES, LABELS], [X, y])

    yield "~inputs changed", inputs


def predict(seed):
    rng = np.random.default_rng(82)
    X, W = rng.normal(size=(24, 5)), rng.normal(size=(5, 4))
    tall, square = rng.normal(size=(3, 5)), rng.normal(size=(4, 5))
    X[:, -1] = tall[:, -1] = 1.0

    def told(X, W):
        return np.asarray(_classifier(_kinds()[1], W).predict(X.copy()), dtype=float)

    def another_layout():
        """Whether it raises for W (D, C) and X (N, D), and labels images for W (C, D) and X (D, N), those of 2015."""
        try:
            told(X, W)
        except Exception:
            try:
                return told(X.T, W.T).shape == (len(X),)
            except Exception:
                pass
        return False

    turned = another_layout()
    yield "layout", lambda: 2.0 if turned else 1.0

    def labels(X, W):
        return told(X.T, W.T) if turned else told(X, W)

    yield "labels", lambda: labels(X, W)
    yield "axes", lambda: float(labels(tall, W).ndim)
    yield "~negative scores", lambda: labels(np.abs(X), -np.abs(W))
    yield "~few images", lambda: [labels(tall, W), labels(square, W)]


PROBES = {"LinearClassifier.train": train, "LinearClassifier.predict": predict}
