"""What a search has left behind may be anything: what is wrong with a table or a model is told in words."""

from functools import partial

import numpy as np
import pytest

from cs231n.classifiers.fc_net import FullyConnectedNet
from cs231n.searched import (
    accuracies_in,
    accuracy_by_params,
    assert_kept,
    assert_learned_elsewhere,
    assert_own_scores,
    assert_weights_like,
    settings_in,
    under_other_numbers,
)
from cs231n.testing import CheckFailed


class Net:
    def loss(self, X):
        return X


def read(table):
    return accuracies_in(table, "results", each=2, keys=[1, 2], empty="it is not written yet")


@pytest.mark.parametrize("table, says", [
    (None, "results is not a dictionary"),
    ([(0.3, 0.4)], "a list of 1: tuple"),
    ({}, "results is empty: it is not written yet"),
    ({1: [], 2: np.zeros(0)}, "results has no accuracies yet"),
    ({"1": (0.3, 0.4), "2": (0.3, 0.4)}, "no entry for 2 of 2 settings, such as 1.\n  found     the keys '1'; '2'"),
    ({1: 0.3, 2: 0.4}, "results[1] is not 2 accuracies in a row.\n  found     the number 0.3"),
    ({1: (0.3, 0.4), 2: (0.3, 0.4, 0.5)}, "results[2] is not 2 accuracies in a row"),
    ({1: None, 2: (0.3, 0.4)}, "results[1] is not what can be compared with numbers"),
    ({1: (0.3, [0.4]), 2: (0.3, 0.4)}, "a tuple of 2: float, list"),
    ({1: "0.3, 0.4", 2: (0.3, 0.4)}, "the str '0.3, 0.4'"),
    ({1: Net, 2: Net()}, "a value of type type"),
    ({1: (0.3, np.nan), 2: (0.3, 0.4)}, "results[1][1] is not a finite number"),
    ({1: (30.0, 40.0), 2: (0.3, 0.4)}, "expected fractions from 0 to 1, not percent or counts"),
])
def test_a_table_of_another_form_is_told_in_words(table, says):
    with pytest.raises(CheckFailed) as failed:
        read(table)
    assert says in str(failed.value)


@pytest.mark.parametrize("pair", [(0.3, 0.4), [0.3, 0.4], np.array([0.3, 0.4]), (np.float32(0.3), np.float64(0.4))])
def test_pairs_are_read_in_whatever_they_come(pair):
    found = read({np.int64(2): pair, 1: pair, "more": "whatever it is"})
    assert list(found) == [1, 2] and all(np.allclose(one, (0.3, 0.4)) for one in found.values())


def test_single_accuracies_are_floats_and_their_keys_are_named_as_they_are_written():
    assert accuracies_in({(50, 1e-3): np.array([0.3]), "x": np.float32(0.5)}, "results") == {(50, 1e-3): 0.3, "x": 0.5}
    with pytest.raises(CheckFailed, match=r"results\[50, 0.001\] is not one accuracy"):
        accuracies_in({(50, np.float64(1e-3)): (0.3, 0.4)}, "results")


def test_settings_are_numbers_of_the_size_asked_for():
    assert settings_in({(1e-3, np.float32(0.5)): 0, (2, 3): 0}, "results", 2).tolist() == [[1e-3, 0.5], [2, 3]]
    for key, size in (((1, 2, 3), 2), ("best", 1), (None, 1), ((1, 2), 1), (float("nan"), 1)):
        with pytest.raises(CheckFailed, match="A key of results is not a setting"):
            settings_in({key: 0}, "results", size)


@pytest.mark.parametrize("model, says", [
    (None, "best_net is None, expected the TwoLayerNet"),
    (Net, "best_net is a class, and not an object of it.\n  expected  the TwoLayerNet"),
    (0.4, "best_net is not a TwoLayerNet.\n  found     a value of type float"),
    ({"W1": np.zeros(3)}, "not its weights or its accuracy"),
    (np.zeros(3), "an array of dtype float64"),
])
def test_what_is_kept_is_the_trained_object(model, says):
    assert_kept(Net(), "best_net", "TwoLayerNet", "loss")
    with pytest.raises(CheckFailed) as failed:
        assert_kept(model, "best_net", "TwoLayerNet", "loss")
    assert says in str(failed.value)


@pytest.mark.parametrize("normalization", [None, "batchnorm"])
def test_a_net_knows_no_more_than_its_params(normalization):
    rng = np.random.default_rng(5)
    X = rng.normal(size=(40, 2, 3))
    net = FullyConnectedNet([7, 5], input_dim=6, num_classes=4, weight_scale=1.0, normalization=normalization, seed=0)
    for _ in range(60):                                  # running averages come near to those of the images
        net.loss(X, rng.integers(4, size=40))
    scores = np.array(net.loss(X))
    y = scores.argmax(axis=1)
    assert accuracy_by_params(net, X, y) > 0.9
    assert_own_scores(net, "best_net", scores, X, y)
    with pytest.raises(CheckFailed, match="The scores of best_net are not those of its params"):
        assert_own_scores(net, "best_net", np.eye(4)[(y + 1) % 4], X, (y + 1) % 4)
    for params in ({}, {"W1": np.ones((2, 2)), "b1": 0.0}, {"W1": np.ones((6, 4))}, None):
        net.params = params
        with pytest.raises(CheckFailed, match="are not those of its params"):
            assert_own_scores(net, "best_net", scores, X, y)


def test_a_net_that_is_wrong_in_a_layer_is_no_object_that_knows_the_labels():
    rng = np.random.default_rng(6)
    X, y = rng.normal(size=(60, 5)), rng.integers(4, size=60)
    net = FullyConnectedNet([6], input_dim=5, num_classes=4, weight_scale=1.0, normalization="batchnorm", seed=0)
    scores = np.maximum(net.params["beta1"] + X @ net.params["W1"], 0) @ net.params["W2"]       # nothing normalized
    net.bn_params = None
    assert_own_scores(net, "best_net", scores, X, y)


def test_what_knows_the_validation_images_far_better_has_learned_them():
    assert_learned_elsewhere("best_net", 0.55, 0.3)
    with pytest.raises(CheckFailed, match="gets 100.0% of the validation images right, but 20.0% of"):
        assert_learned_elsewhere("best_net", 1.0, 0.2)


def test_classes_under_other_numbers_are_the_same_images_and_their_weights_come_back_in_place():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 6)), np.arange(50, dtype=np.int32) % 7
    others, labels, numbers = under_other_numbers(X, y)
    assert labels.dtype == y.dtype and sorted(numbers) == list(range(7))
    assert {(tuple(x), numbers[c]) for x, c in zip(X, y)} == {(tuple(x), c) for x, c in zip(others, labels)}
    W = np.stack([others[labels == c].mean(axis=0) for c in range(7)], axis=1)
    assert np.allclose(W[:, numbers], np.stack([X[y == c].mean(axis=0) for c in range(7)], axis=1))


def test_weights_that_point_where_no_training_does_are_told_and_chance_is_not():
    rng = np.random.default_rng(1)
    learned, other = rng.normal(size=(2, 40, 5))

    def trained(noise, towards=learned):
        return towards + noise * rng.normal(size=(40, 5))

    for noise in (0.1, 0.5, 1.0, 3.0, 30.0):
        for _ in range(50):
            assert_weights_like(trained(noise), "best.W", partial(trained, noise), "train")
    with pytest.raises(CheckFailed, match="points elsewhere"):
        assert_weights_like(trained(0.5, other), "best.W", lambda: trained(0.5), "train")
    with pytest.raises(CheckFailed, match="cosine of 0.00"):
        assert_weights_like(np.full((40, 5), np.inf), "best.W", lambda: trained(0.5), "train")
