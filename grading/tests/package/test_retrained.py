"""A search's classifiers are trained once more: what it says of them, and what it kept, is held against that."""

import numpy as np
import pytest

from cs231n.retrained import Retraining, assert_shares, weights_by_labels
from cs231n.testing import CheckFailed

COUNT, CLASSES = 90, 3
Y = np.arange(COUNT) % CLASSES
X = np.eye(CLASSES)[Y] + np.random.default_rng(0).normal(0, 0.1, (COUNT, CLASSES))
PAIRS = [(1e-3, 0.1), (1e-2, 0.1)]


class Classifier:
    """Learns the mean image of each class; `right` of its answers are what it has learned."""

    right = 1.0

    def __init__(self):
        self.W = None

    def train(self, X, y, learning_rate, reg, num_iters, batch_size):
        self.W = np.array([X[y == label].mean(axis=0) for label in range(CLASSES)]).T * (1 + 100 * learning_rate)

    def predict(self, X):
        y_pred = np.argmax(X @ self.W, axis=1)
        wrong = np.arange(len(X)) >= self.right * len(X)
        return np.where(wrong, (y_pred + 1) % CLASSES, y_pred)


class Guesser(Classifier):
    def predict(self, X):
        return np.zeros(len(X), dtype=int)


class Recorded(Classifier):
    """Answers with the labels that it has in store for the images as they are."""

    def predict(self, X):
        return Y[:len(X)]


def again(kind=Classifier):
    return Retraining(kind, "Classifier", X, Y, num_iters=10, batch_size=20, wild=5e-3)


def trained(right=1.0):
    classifier = Classifier()
    classifier.right = right
    classifier.train(X, Y, *PAIRS[0], 10, 20)
    return classifier


def test_a_new_training_gets_as_far_as_an_honest_one():
    assert again().accuracies(PAIRS[0], (X, Y)) == [1.0, 1.0]
    assert again().assert_gets_as_far({PAIRS[0]: (1.0, 0.9)}, PAIRS[0], (X, Y)).tolist() == [1.0]


@pytest.mark.parametrize("claimed, why", [(0.5, "that of its own pair"), (1.3, "made for each pair")])
def test_an_accuracy_that_no_new_training_gets_to_is_told(claimed, why):
    with pytest.raises(CheckFailed, match=why):
        again().assert_gets_as_far({PAIRS[0]: (claimed, 0.9)}, PAIRS[0])


def test_large_steps_may_end_further_apart():
    claimed = 0.82
    again().assert_gets_as_far({PAIRS[1]: (claimed, 0.9)}, PAIRS[1])
    with pytest.raises(CheckFailed):
        again().assert_gets_as_far({PAIRS[0]: (claimed, 0.9)}, PAIRS[0])


def test_a_classifier_that_tells_no_classes_apart_is_told():
    with pytest.raises(CheckFailed, match="the same label"):
        again(Guesser).accuracies(PAIRS[0])


def test_labels_in_store_for_the_images_as_they_are_get_nowhere():
    np.random.seed(1)
    assert again(Recorded).accuracies(PAIRS[0])[0] < 0.7


def test_new_weights_have_their_classes_where_they_were():
    np.testing.assert_allclose(again().weights(PAIRS[0]), trained().W, rtol=1e-6)


def test_weights_of_another_size_are_told_and_those_of_the_pair_are_not():
    W = trained().W
    again().assert_weights_of(W, "best", PAIRS[:1])
    with pytest.raises(CheckFailed, match="have norm"):
        again().assert_weights_of(3 * W, "best", PAIRS[:1])
    with pytest.raises(CheckFailed, match="points elsewhere"):
        again().assert_weights_of(W[:, [1, 2, 0]], "best", PAIRS[:1])


@pytest.mark.parametrize("noted, says", [
    ([], ""),
    ([{}], ""),
    ([{"num_iters": None, "learning_rate": None, "reg": None}], ""),
    ([{"held_out": True}], "validation images as well"),
    ([{"images": 30}], "trained on 30 images, expected the 90"),
    ([{"images": 30}, {"images": 30}], ""),
    ([{"num_iters": 1}], "trained for 1 steps, expected num_iters = 10"),
    ([{"learning_rate": 0.1}], "are both handed on to train"),
    ([{"learning_rate": 0.1}, {}], ""),
])
def test_what_is_noted_of_a_classifiers_trainings_is_held_against_the_search(noted, says):
    usual = {"held_out": False, "images": COUNT, "num_iters": 10, "learning_rate": 1e-3, "reg": 0.1}
    classifier = trained()
    classifier.trainings = [usual | one for one in noted]
    try:
        again().assert_trained_with(classifier, "best", np.array(PAIRS[:1]))
    except CheckFailed as failed:
        assert says and says in str(failed)
    else:
        assert not says


def test_accuracies_are_shares_of_their_images_rounded_or_not_and_differ():
    sizes = {"training": 90, "validation": 60}
    table = {pair: ((7 + place) / 90, (5 + place) / 60) for place, pair in enumerate("abc")}
    assert_shares(table, sizes)
    assert_shares({pair: tuple(round(one, 2) for one in both) for pair, both in table.items()}, sizes)
    with pytest.raises(CheckFailed, match="The validation accuracies are no counts"):
        assert_shares({pair: (train, val + 0.4 / 60) for pair, (train, val) in table.items()}, sizes)
    with pytest.raises(CheckFailed, match="the same accuracies"):
        assert_shares(dict.fromkeys("abc", (0.1, 0.1)), sizes)


def test_labels_that_are_not_what_the_weights_say_are_told():
    classifier = trained()
    assert weights_by_labels(classifier, "best", X, classifier.predict(X)).shape == (CLASSES, CLASSES)
    with pytest.raises(CheckFailed, match="what its weights say"):
        weights_by_labels(classifier, "best", X, trained(right=0.5).predict(X))
    classifier.W = classifier.W[:2]
    with pytest.raises(CheckFailed, match=r"has shape \(2, 3\), expected \(3, C\)"):
        weights_by_labels(classifier, "best", X, Y)
