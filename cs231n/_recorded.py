"""Losses, trainings and distances that note what they are asked for: checks of trainings and searches look there."""

import contextlib
import functools
import inspect

import numpy as np


def recorded(kind):
    """A subclass of the linear classifier `kind` with a least-squares loss that keeps a record.

    For D features and C classes, attribute of its objects:
    - calls: one (X_batch, y_batch, reg, W) for each call of loss, all copied; X_batch (N, D), y_batch (N,), W (D, C)

    Its loss is neither of the two that students write, so that `train` is judged by itself: the mean over the batch
    of half the squared distance between the scores and the one-hot label, plus reg * sum(W**2).
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


def attribute(thing, name, missing=None):
    """An attribute, or `missing`; who writes a __getattr__ of his own may raise any exception for what is not there."""
    try:
        return getattr(thing, name, missing)
    except Exception:
        return missing


def count_starts(kind, most=1000):
    """Have a class of nets count how often a training begins with a new net, however it is written: `kind.starts`, int.

    Counted are calls of loss(X, y) where the last layer's biases are all zero still, which one step ends. The marks of
    the weights that they began with are in `kind.begun`, a list of float.
    """
    given = getattr(kind, "loss", None)
    if not isinstance(kind, type) or not callable(given):
        return                       # something else has the name: what is wrong with it, others say
    loss = getattr(given, "uncounted", given)

    @functools.wraps(loss)
    def counted(*args, **keywords):
        params = attribute(args[0], "params", {}) if args else {}
        begins = _argument(loss, 2, args, keywords) is not None and not np.any(params.get(f"b{len(params) // 2}"))
        kind.starts += begins
        if begins and len(kind.begun) < most:
            kind.begun.append(mark_of(params))
        return loss(*args, **keywords)

    kind.starts, kind.begun, kind.loss, counted.uncounted = 0, [], counted, loss


def mark_of(params):
    """A number for a net's weights, float: the same for copies of them, and another for other weights."""
    try:
        return float(sum(np.sum(np.abs(np.asarray(params[name], dtype=float))) for name in sorted(params)))
    except (TypeError, ValueError):
        return np.nan                # no arrays of numbers: others say so


def keep_trainings(kind, held_out):
    """Have the objects of a class of linear classifiers keep the record of their trainings: `classifier.trainings`.

    - held_out: images that choose between classifiers, and train none, shape (N, D)

    One entry for each call of train, a dict: "num_iters", how many steps it was asked for, int; "learning_rate" and
    "reg", float, each of the three None where it cannot be told; "images", how many it had, int; "held_out", bool,
    whether held_out was among them.
    """
    given = getattr(kind, "train", None)
    if not isinstance(kind, type) or not callable(given):
        return                       # what is wrong with it, others say
    train = getattr(given, "unkept", given)

    @functools.wraps(train)
    def kept(*args, **keywords):
        history = train(*args, **keywords)
        self, X, asked_for = args[0], _argument(train, 1, args, keywords), _asked_for(train, *args, **keywords)
        steps = asked_for("num_iters")
        training = {"num_iters": None if steps is None else int(steps), "learning_rate": asked_for("learning_rate"),
                    "reg": asked_for("reg"), "images": len(np.atleast_1d(X)), "held_out": is_among(held_out, X)}
        with contextlib.suppress(Exception):             # an object may refuse attributes, in any way
            self.trainings = [*attribute(self, "trainings", []), training]
        return history

    kind.train, kept.unkept = kept, train


def keep_asked(kind, images, most=100):
    """Have a class of nearest-neighbor classifiers keep which images they are asked about: `kind.asked`.

    - images: those that may be asked about, shape (N, D), no two of them alike

    A list of up to `most` lists of int, each the sorted positions of the images of one call or more of a
    compute_distances method, in the order of the first; a call with other images is left out.
    """
    if not isinstance(kind, type):
        return                       # what is wrong with it, others say
    marks = _marks(images)
    order, kind.asked = np.argsort(marks), []

    def keeping(compute):
        @functools.wraps(compute)
        def kept(*args, **keywords):
            with contextlib.suppress(AttributeError, IndexError, TypeError, ValueError):
                asked = _marks(_argument(compute, 1, args, keywords))
                places = np.unique(order[np.searchsorted(marks[order], asked) % len(order)])
                known = np.array_equal(np.unique(asked), np.sort(marks[places]))
                if known and len(kind.asked) < most and places.tolist() not in kind.asked:
                    kind.asked.append(places.tolist())
            return compute(*args, **keywords)

        kept.unkept = compute
        return kept

    for loops in ("two_loops", "one_loop", "no_loops"):
        compute = getattr(kind, f"compute_distances_{loops}", None)
        if callable(compute):
            setattr(kind, f"compute_distances_{loops}", keeping(getattr(compute, "unkept", compute)))


def _marks(images):
    """A number for each image, shape (N,), the same wherever the image stands: exact, as pixels are whole numbers."""
    pixels = np.asarray(images)[:, ::61].astype(float)
    return pixels @ np.random.default_rng(0).integers(1, 2**30, size=pixels.shape[1]).astype(float)


def is_among(few, many, looked_at=5):
    """Tell whether images, shape (N, ...), stand among others, by some of them, whatever their float type."""
    try:
        few, many = (np.reshape(images, (len(images), -1)) for images in (few, many))
        if few.shape[1] != many.shape[1]:
            return False
        pixels = np.linspace(0, few.shape[1] - 1, looked_at).astype(int)        # few of them tell most images apart
        for image in few[np.linspace(0, len(few) - 1, looked_at).astype(int)]:
            near = many[np.all(np.isclose(many[:, pixels], image[pixels]), axis=1)]
            if not np.any(np.all(np.isclose(near, image), axis=1)):
                return False
        return True
    except (TypeError, ValueError, IndexError):          # no arrays of numbers: others say so
        return False


def _argument(function, place, args, keywords):
    """What a call has for the argument at a place, whatever the function's own name for it: self is at 0; else None."""
    if len(args) > place:
        return args[place]
    called = _called(function, args, keywords)
    given = [*called.args, *called.kwargs.values()] if called else []
    return given[place] if place < len(given) else None


def _called(function, args, keywords):
    """A call's arguments with the defaults, inspect.BoundArguments; None where they do not fit, or nothing tells."""
    try:
        called = inspect.signature(function).bind(*args, **keywords)
    except (TypeError, ValueError):
        return None
    called.apply_defaults()
    return called


def _asked_for(function, *args, **keywords):
    """What a call has for an argument, by its name: a finite float, or None where there is no such number."""
    called = _called(function, args, keywords)
    given = called.arguments if called else {}

    def number(name):
        try:
            found = float(given[name])
            return found if np.isfinite(found) else None
        except (TypeError, ValueError, KeyError):
            return None

    return number
