"""Linear classifiers that are trained once more with the numbers of a search, beside what the search says of them.

Chance decides which mini-batches are drawn, so a new training need not get to the very same place. What it reaches is
asked of classes under other numbers and of images in another order: whoever only has at hand what came of the images
as they are gets nowhere.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cs231n.compared import trainings_of
from cs231n.searched import assert_weights_like, under_other_numbers
from cs231n.testing import CheckFailed

_TRIES = 5             # trainings of which none gets as far as a table says, before the table is not believed
_NEAR, _WILD = 0.15, 0.2       # how far apart two trainings with the same numbers may end, with small and large steps;
_SIZE = 2              # how many times as large the weights of one may be


@dataclass
class Retraining:
    """How the classifiers of a search are trained.

    - kind: their class; name: what it is called
    - X, y: training images and their labels, shapes (N, D) and (N,)
    - num_iters, batch_size: as `train` takes them
    - wild: the learning rate above which two trainings with the same numbers end further apart
    """

    kind: Any
    name: str
    X: np.ndarray
    y: np.ndarray
    num_iters: int
    batch_size: int
    wild: float

    def __post_init__(self):
        self.X = np.array(self.X, dtype=np.float32)

    def accuracies(self, pair, *others):
        """Of a new classifier, trained with (learning rate, reg): on the training images, and on each (X, y) of others.

        Raises CheckFailed for one that tells no classes apart.
        """
        __tracebackhide__ = True
        classifier, (X, y, numbers) = self._new(pair)
        y_pred = np.ravel(classifier.predict(X.copy()))
        if np.shape(y_pred) != np.shape(y) or not np.ptp(y_pred) > 0:
            raise CheckFailed(f"A new {self.name}, trained with the pair {tuple(map(float, pair))}, gives all training "
                              "images the same label: are train, predict and the loss right?")
        return [np.mean(y_pred == y), *(np.mean(np.ravel(classifier.predict(np.array(images, dtype=np.float32)))
                                                == numbers[labels]) for images, labels in others)]

    def weights(self, pair):
        """W of a new classifier, trained with (learning rate, reg): shape (D, C), its classes in the usual order."""
        classifier, (_, _, numbers) = self._new(pair)
        return np.array(classifier.W, dtype=float)[:, numbers]

    def _new(self, pair):
        """(a classifier, what it was trained with)"""
        classifier = self.kind()
        X, y, numbers = under_other_numbers(self.X, self.y)
        classifier.train(X.copy(), y.copy(), learning_rate=float(pair[0]), reg=float(pair[1]), num_iters=self.num_iters,
                         batch_size=self.batch_size)
        return classifier, (X, y, numbers)

    def assert_gets_as_far(self, table, pair, *others):
        """Check that a new classifier gets as far on the training images as an entry of a table says.

        - table: dict, pair -> accuracies, the first on the training images

        Returns the means over the new ones that were needed: of their accuracies on each (X, y) of others.
        """
        __tracebackhide__ = True
        claimed, allowed, found = table[pair][0], _WILD if pair[0] > self.wild else _NEAR, []
        while not found or min(abs(one[0] - claimed) for one in found) > allowed:
            if len(found) == _TRIES:
                least, most = (end(one[0] for one in found) for end in (min, max))
                raise CheckFailed(f"results[{pair}] says that {claimed:.1%} of the training images are right, but new "
                                  f"classifiers trained with this pair for {self.num_iters} steps get {least:.1%} to "
                                  f"{most:.1%}. " + (f"Is a new {self.name} made for each pair?" if claimed > most else
                                                     "Is each accuracy that of its own pair, after training?"))
            found.append(self.accuracies(pair, *others))
        return np.mean(found, axis=0)[1:]

    def assert_weights_of(self, W, name, pairs):
        """Check that weights are about as large as those of a new classifier with one of the pairs, and point there.

        - W: shape (D, C)
        - name: what a message calls the classifier they are of
        - pairs: those that it may have been trained with, the first ones of which are tried
        """
        __tracebackhide__ = True
        made = [self.weights(pair) for pair in pairs[:3]]
        size, sizes = np.linalg.norm(W), [np.linalg.norm(one) for one in made]
        if not any(one / _SIZE < size < _SIZE * one for one in sizes):
            raise CheckFailed(f"The weights of {name} have norm {size:.3g}, those of a new {self.name} with the best "
                              f"pair {sizes[0]:.3g}. Was {name} trained with other pairs as well? Each pair needs a "
                              f"new {self.name}.")
        if len(pairs) == 1:                      # of several nobody knows which it is
            assert_weights_like(W, f"{name}.W", lambda: made.pop() if made else self.weights(pairs[0]),
                                f"Is {name} what train has made of the training images?")

    def assert_trained_with(self, classifier, name, pairs):
        """Check that a classifier was trained on the training images alone, on most of them, for enough steps, and with
        one of the pairs: as far as `_recorded.keep_trainings` has noted it.

        - name: what a message calls it
        """
        __tracebackhide__ = True
        trainings = trainings_of(classifier)             # one for each time that its train was called
        if any(one["held_out"] for one in trainings):
            raise CheckFailed(f"{name} was trained on the validation images as well: it knows them, and they tell "
                              "nothing about others.")
        shown = sum(one["images"] for one in trainings)
        if trainings and shown < 0.5 * len(self.X):
            raise CheckFailed(f"{name} was trained on {shown} images, expected the {len(self.X)} of the training set.")
        steps = [one["num_iters"] for one in trainings]
        if steps and None not in steps and sum(steps) < 0.2 * self.num_iters:
            raise CheckFailed(f"{name} was trained for {sum(steps)} steps, expected num_iters = {self.num_iters}.")
        used = {(one.get("learning_rate"), one.get("reg")) for one in trainings}
        if len(used) == 1 and None not in (own := used.pop()) and not np.isclose(
                pairs, own, rtol=0.05, atol=5e-6).all(axis=1).any():
            raise CheckFailed("{} was trained with learning rate {:.3g} and reg {:.3g}, but the best pair in results "
                              "is {:.3g}, {:.3g}: are both handed on to train, each under its own name?".format(
                                  name, *own, *pairs[0]))


def assert_shares(table, sizes):
    """Check that the accuracies of a table are shares of so many images, and not all the same.

    - table: dict, pair -> accuracies
    - sizes: what the images are called -> how many there are, one for each accuracy of an entry
    """
    __tracebackhide__ = True
    found = np.array(list(table.values()))
    for column, (name, size) in enumerate(sizes.items()):
        right = found[:, column] * size                                  # numbers of images
        rounded = [np.round(np.round(right) / size, digits) for digits in (2, 3, 4)]
        if np.abs(right - np.round(right)).max() > 1e-3 and not any(
                np.allclose(found[:, column], one, rtol=0, atol=1e-9) for one in rounded):
            raise CheckFailed(f"The {name} accuracies are no counts of right answers over the {size} {name} images. "
                              f"Is each measured on all {name} images?")
    if len(found) > 2 and np.all(found == found[0]):
        raise CheckFailed("All pairs have the same accuracies: is a new classifier trained for each of them?")


def weights_by_labels(classifier, name, X, y_pred):
    """W of a classifier, float64, shape (D, C), after a check that the labels it gives are what W says.

    - name: what a message calls it
    - X, y_pred: images, shape (N, D), and the labels that it gives them, shape (N,)
    """
    __tracebackhide__ = True
    W = np.array(classifier.W, dtype=float)
    if W.ndim != 2 or len(W) != X.shape[1]:
        raise CheckFailed(f"{name}.W has shape {W.shape}, expected ({X.shape[1]}, C) for C classes.")
    if np.mean(y_pred == np.argmax(X @ W, axis=1)) < 0.9:
        raise CheckFailed(f"The labels that {name}.predict gives are not those with the largest scores X @ {name}.W, "
                          "expected a linear classifier: what its weights say.")
    return W
