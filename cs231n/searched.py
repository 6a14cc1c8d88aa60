"""What the cell of a search has left behind, for the checks: a table of accuracies, and the model that was kept.

A cell may have put anything there. What is of another form is said in words, as by the checks of `testing`.
"""

import functools
from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np

from cs231n._messages import counted, describe, fail
from cs231n.testing import CheckFailed, assert_finite

_BY_CHANCE = 0.3       # two accuracies of a model that is what it says are no further apart, on few images
_FAR = 0.45            # how much better a model can be on the validation images that chose it than on the test images
_HIGH = 0.5            # from which accuracy on the validation images that is looked at
_WORTH = 0.15          # how much better weights that are looked into must be on the former
_NEVER = 6             # as many standard errors apart are no two means by chance
_LOOKED_AT = 1200      # pixels
_AGREE = 0.4           # the cosine between two trainings' weights from which on their directions tell something


def accuracies_in(table, name, *, each=1, keys=None, empty=""):
    """The accuracies in a table, of any numeric type, in lists, tuples or arrays.

    Inputs:
    - table: dict, setting -> one accuracy, or `each` of them
    - name: what a message calls the table
    - keys: the settings that must be there, and are looked at; None for those that there are
    - empty: why there may be no accuracy in it yet

    Returns:
    - found: dict, setting -> float, or float64 array of shape (each,) if each > 1

    Raises CheckFailed for what is no dictionary, settings that are missing, and entries that are not so many numbers
    from 0 to 1.
    """
    __tracebackhide__ = True
    if not isinstance(table, Mapping):
        fail(f"{name} is not a dictionary.", ("found", describe(table)),
             ("expected", f"setting -> {'accuracy' if each == 1 else f'{each} accuracies'}"),
             ("look at", f"the cell in which {name} begins, and every line with {name} = ... after it"))
    if all(isinstance(value, (list, tuple)) and not value or isinstance(value, np.ndarray) and not value.size
           for value in table.values()):
        raise CheckFailed(f"{name} {'has no accuracies yet' if len(table) else 'is empty'}: {empty}.")
    keys = list(table) if keys is None else keys
    if missing := [key for key in keys if key not in table]:
        fail(f"{name} has no entry for {len(missing)} of {len(keys)} settings, such as {written(missing[0])}.",
             ("found", f"the keys {'; '.join(map(written, list(table)[:4]))}{'; ...' * (len(table) > 4)}"),
             ("look at", f"{name}[...] = ... where it is filled; 1 and '1' are different keys"))
    return {key: _accuracies(table[key], f"{name}[{written(key)}]", each) for key in keys}


def settings_in(table, name, size):
    """The keys of a table, float, shape (len(table), size). Raises CheckFailed where they are not so many numbers."""
    __tracebackhide__ = True
    found = []
    for key in table:
        try:
            found.append(np.array(key, dtype=float).reshape(size))
        except (TypeError, ValueError, OverflowError):           # a whole number may be too large for a float
            found.append(np.array([np.nan]))
        if not np.isfinite(found[-1]).all():
            fail(f"A key of {name} is not a setting.", ("found", written(key)),
                 ("expected", "a number" if size == 1 else f"a tuple of {size} numbers"))
    return np.array(found)


def assert_kept(model, name, kind, method):
    """Check that a search has kept a trained object, and not its class, its weights or its accuracy.

    - kind: what its class is called
    - method: one that it must have
    """
    __tracebackhide__ = True
    if model is None:
        raise CheckFailed(f"{name} is None, expected the {kind} with the highest accuracy on the validation images.")
    if type(model).__name__ == "type":           # the class of a class, told of one in another process, too
        fail(f"{name} is a class, and not an object of it.",
             ("expected", f"the {kind} that was trained and has the highest accuracy on the validation images"))
    if not callable(getattr(model, method, None)):
        fail(f"{name} is not a {kind}.", ("found", describe(model)),
             ("expected", "the trained object itself, not its weights or its accuracy"))


def assert_own_scores(net, name, scores, X, y):
    """Check that a net does not know more than its own params do, which anybody can ask.

    A net whose layers are wrong in some way is trained like that, and may be a good deal better than its params are in
    right ones: that is the matter of other checks.

    Inputs:
    - net: see accuracy_by_params
    - name: what a message calls it
    - scores: what it gives for the images, shape (N, C)
    - X, y: images and their labels, shapes (N, ...) and (N,)
    """
    __tracebackhide__ = True
    try:
        known = accuracy_by_params(net, X, y)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):        # no params, or of other shapes
        known = 0.0
    accuracy = np.mean(np.argmax(scores, axis=1) == y)
    if accuracy > known + _BY_CHANCE:
        fail(f"The scores of {name} are not those of its params.",
             ("found", f"by its scores {accuracy:.0%} of {counted(len(X), 'image')} are right, by its params "
                       f"{known:.0%}"),
             ("expected", "scores that follow from the images by the weights: affine layers, a ReLU between"))


def copied(net):
    """The params of a net, and what it has for their averages, in an object that costs nothing to ask again."""
    params = _params(net)
    averages = getattr(net, "bn_params", None) if any(key[:5] == "gamma" for key in params) else None
    return SimpleNamespace(params=params, bn_params=averages)


def _params(net, letter=""):
    """Those of a net whose names begin so, copied."""
    return {key: np.array(net.params[key], dtype=float) for key in list(net.params) if key.startswith(letter)}


def accuracy_by_params(net, X, y):
    """The share of images whose largest score is that of their class: by the weights, without the net's code.

    - net: has params W1, b1, ... of affine layers with a ReLU between them; where there is a gamma, a normalization
      before it: of the batch, by the averages in bn_params, or where there are none, of each image
    - X, y: images and their labels, shapes (N, ...) and (N,)
    """
    params = _params(net)
    signal, layers = np.reshape(np.array(X, dtype=float), (len(X), -1)), sum(key[:1] == "W" for key in params)
    with np.errstate(all="ignore"):
        for layer in range(1, layers + 1):
            signal = signal @ params[f"W{layer}"] + params[f"b{layer}"]
            if f"gamma{layer}" in params:
                signal = params[f"gamma{layer}"] * _normalized(signal, net, layer) + params[f"beta{layer}"]
            if layer < layers:
                signal = np.maximum(signal, 0)
    return np.mean(np.argmax(signal, axis=1) == y)


def _normalized(signal, net, layer):
    try:
        known = net.bn_params[layer - 1]
        mean, var = known["running_mean"], known["running_var"]
    except (AttributeError, IndexError, KeyError, TypeError):
        mean, var = signal.mean(axis=1, keepdims=True), signal.var(axis=1, keepdims=True)
    return (signal - mean) / np.sqrt(var + 1e-5)


def assert_learned_elsewhere(name, on_val, on_train, on_test=None):
    """Check that the accuracy on the validation images is not far above that on others: chance makes it a little higher
    sometimes, and a model that has learned them much.

    - on_val, on_train: accuracies on the validation and the training images
    - on_test: on_test() gives that on the test images, and is called only where on_val is high; None: not to be had
    """
    __tracebackhide__ = True
    if on_val > on_train + _BY_CHANCE:
        raise CheckFailed(f"{name} gets {on_val:.1%} of the validation images right, but {on_train:.1%} of the "
                          "training images: it knows the former, so they tell nothing about others.")
    if on_test is not None and on_val > _HIGH and on_val > (found := on_test()) + _FAR:
        raise CheckFailed(f"{name} gets {on_val:.1%} of the validation images right, but {found:.1%} of the test "
                          "images: it has learned the former, so they tell nothing about others.")


def assert_held_out(name, W, X_train, val, test):
    """Check that weights are not made of the validation images, where there are fewer images than pixels.

    Steps against a gradient add multiples of images to the weights, for the right class positive ones. What multiples
    of which images they are is found by least squares; of images that were held out there are none but by chance, and
    no more of the validation images than of the test images, however the training went.

    Inputs:
    - name: what a message calls the model
    - W: weights, shape (D, C); of a net, what `weights_through` gives; None: not looked into
    - X_train: training images, shape (N, ...), D numbers each
    - val, test: (X, y), images and their labels, shapes (M, ...) and (M,)

    Weights that get hardly more of the validation images right than of the test images are not looked into.
    """
    __tracebackhide__ = True
    if W is None:
        return                                   # what is wrong with it, others say
    W, (X_train, X_val, X_test) = np.array(W, dtype=float), (_rows(X) for X in (X_train, val[0], test[0]))
    many = min(len(X_val), len(X_test))
    pixels = np.unique(np.linspace(0, len(W) - 1, _LOOKED_AT).astype(int))
    if W.ndim != 2 or len(W) != X_train.shape[1] or not np.isfinite(W).all() or (
            len(X_train) + 2 * many > 0.9 * len(pixels)):
        return
    on_val, on_test = (np.mean(np.argmax(X @ W, axis=1) == y) for X, y in ((X_val, val[1]), (X_test, test[1])))
    if on_val < on_test + _WORTH:
        return
    images = np.concatenate([X[:, pixels] for X in (X_train, X_val[:many], X_test[:many])]).astype(float)
    products = images @ images.T
    products.flat[::len(images) + 1] += 1e-9 * np.trace(products) / len(images)
    made_of = np.linalg.solve(products, images @ W[pixels])[len(X_train):]                  # (2 * many, C)
    labels = np.concatenate([val[1][:many], test[1][:many]])
    right = made_of[np.arange(2 * many), labels] - made_of.mean(axis=1)
    spread = np.sqrt(np.sum([part.var() for part in np.split(right, 2)]) / (many - 1))
    if right[:many].mean() - right[many:].mean() > _NEVER * spread:
        raise CheckFailed(f"{name} has learned validation images: its weights are made of them, and not of the "
                          f"training images alone. It gets {on_val:.1%} of them right, and {on_test:.1%} of the test "
                          "images.")


def weights_through(net):
    """What a net of affine layers does to an image where every ReLU is open, shape (D, C); None if nothing fits."""
    try:
        params = _params(net, "W")
        return functools.reduce(np.matmul, (params[f"W{layer}"] for layer in range(1, len(params) + 1)))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def assert_says_as_much(name, accuracy, highest):
    """Check that no table says far less of the model that was kept than it does: a table may hold means of a few.

    - accuracy: that of the model on the validation images
    - highest: the highest in the table
    """
    __tracebackhide__ = True
    if highest < max(accuracy - _BY_CHANCE, accuracy / 4):
        raise CheckFailed(f"{name} gets {accuracy:.1%} of the validation images right, but the best entry in results "
                          f"is {highest:.1%}. Is each accuracy measured on the validation images, after the training?")


def under_other_numbers(X, y):
    """The same images in another order, and their classes under other numbers: a training gets as far with them.

    Whoever only has at hand what came of the images as they are gets nowhere.

    Inputs:
    - X, y: images and their labels, shapes (N, D) and (N,), 0 <= y[i] < C

    Returns (X, y, numbers): copies, and shape (C,), what number each class has now. Of weights that are trained with
    them, W[:, numbers] has the classes where they were.
    """
    order, numbers = np.random.permutation(len(X)), np.random.permutation(int(np.max(y)) + 1)
    return np.array(X)[order], numbers.astype(np.asarray(y).dtype)[np.asarray(y)[order]], numbers


def assert_weights_like(W, name, another, look_at):
    """Check that weights point where those of new trainings do, if these agree with one another.

    How far they agree depends on how much of them is chance: weights that were trained like them do no less.

    Inputs:
    - W: weights, shape (D, C)
    - name: what a message calls them
    - another: another() gives the weights of a new training, shape (D, C), with the setting that W is said to have had
    - look_at: what may be the reason if they do not
    """
    __tracebackhide__ = True
    W, others = _directions(W), []
    for most in (2, 5):                  # more where the first ones say that something is wrong
        others += [_directions(another()) for _ in range(most - len(others))]
        agreeing = min(np.sum(one * other) for i, one in enumerate(others) for other in others[:i])
        found = max(np.sum(W * other) for other in others)
        if agreeing < _AGREE or found > agreeing / 2:
            return
    fail(f"{name} points elsewhere than the weights of new trainings with the best setting do.",
         ("found", f"a cosine of {found:.2f} at most between them"),
         ("expected", f"{agreeing:.2f} or more, as between any two new trainings"), ("look at", look_at))


def _rows(X):
    return np.reshape(X, (len(X), -1))


def _directions(W):
    """What tells classes apart, with length 1."""
    W = np.array(W, dtype=float)
    with np.errstate(all="ignore"):
        W = W - W.mean(axis=1, keepdims=True)
        size = np.linalg.norm(W)
    return W / size if 0 < size < np.inf else np.zeros_like(W)


def written(key):
    """A key of a table as one would write it: `0.001, 0.1` for a tuple, whatever the types of its numbers."""
    if isinstance(key, tuple):
        return ", ".join(map(written, key))
    if isinstance(key, (float, np.floating)):
        return f"{key:.6g}"
    return str(key) if isinstance(key, np.integer) else repr(key)[:60]


def _accuracies(value, name, each):
    """An entry as a float, or as an array of `each`."""
    __tracebackhide__ = True
    assert_finite(value, name)
    found = np.array(value, dtype=float)
    if found.size != 1 if each == 1 else found.shape != (each,):
        fail(f"{name} is not {'one accuracy' if each == 1 else f'{each} accuracies in a row'}.",
             ("found", f"numbers in an array of shape {found.shape}" if found.ndim else f"the number {found:g}"))
    if found.min() < 0 or found.max() > 1:
        raise CheckFailed(f"{name} is {found.tolist()}, expected fractions from 0 to 1, not percent or counts.")
    return found if each > 1 else float(found.squeeze())
