"""What a search has left behind may be anything: what is wrong with a table or a model is told in words."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from cs231n import searched
from cs231n.classifiers.fc_net import FullyConnectedNet
from cs231n.searched import (
    accuracies_in,
    accuracy_by_params,
    assert_held_out,
    assert_kept,
    assert_learned_elsewhere,
    assert_own_scores,
    assert_says_as_much,
    assert_weights_like,
    copied,
    settings_in,
    under_other_numbers,
    weights_through,
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
    for key, size in (((1, 2, 3), 2), ("best", 1), (None, 1), ((1, 2), 1), (float("nan"), 1), (10**400, 1),
                      ((1e-3, -10**400), 2)):
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


def test_what_knows_the_validation_images_far_better_than_the_test_images_has_learned_them_too():
    assert_learned_elsewhere("best_net", 0.9, 1.0, lambda: 0.6)
    assert_learned_elsewhere("best_net", 0.45, 1.0, lambda: pytest.fail("nothing to ask the test images for"))
    with pytest.raises(CheckFailed, match="gets 90.0% of the validation images right, but 30.0% of the test images"):
        assert_learned_elsewhere("best_net", 0.9, 1.0, lambda: 0.3)


def three_sets(rng, pixels=1500):
    """Images of five classes that differ a little, for training, validation and test: (X, y) each."""
    means = 0.03 * rng.normal(size=(5, pixels))
    labels = [rng.integers(5, size=size) for size in (200, 60, 60)]
    return [(means[y] + rng.normal(size=(len(y), pixels)), y) for y in labels]


def trained(X, y, rng, steps=20, rate=0.01, rule=lambda slope: slope):
    """Weights after so many steps of softmax regression."""
    W = 0.001 * rng.normal(size=(X.shape[1], 5))
    for _ in range(steps):
        rows = rng.integers(len(X), size=50)
        p = np.exp(X[rows] @ W)
        p = p / p.sum(axis=1, keepdims=True) - np.eye(5)[y[rows]]
        W = W - rate * rule(X[rows].T @ p / len(rows))
    return W


def test_weights_that_are_made_of_validation_images_are_told():
    rng = np.random.default_rng(3)
    train, val, test = three_sets(rng)
    both = [np.concatenate(parts) for parts in zip(train, val)]
    for rate, rule in ((0.01, np.asarray), (0.05, np.asarray), (0.0005, np.sign)):
        with pytest.raises(CheckFailed, match="best_svm has learned validation images"):
            assert_held_out("best_svm", trained(*both, rng, 100, rate, rule), train[0], val, test)
    params = {"W1": trained(*both, rng, 100), "W2": np.eye(5)}
    with pytest.raises(CheckFailed, match="best_net has learned validation images"):
        assert_held_out("best_net", weights_through(SimpleNamespace(params=params)), train[0], val, test)


def test_weights_of_training_images_alone_are_never_taken_for_others(monkeypatch):
    monkeypatch.setattr(searched, "_WORTH", -1)                      # whatever they get right, they are looked into
    rng = np.random.default_rng(4)
    for _ in range(10):
        train, val, test = three_sets(rng)
        mirrored = np.concatenate([train[0], train[0][:, ::-1]]), np.concatenate([train[1]] * 2)
        for X, y in (train, mirrored, (train[0] / train[0].std(axis=0), train[1])):
            for rate, rule in ((0.001, np.asarray), (0.05, np.asarray), (0.002, np.sign)):
                assert_held_out("best_svm", trained(X, y, rng, rate=rate, rule=rule), train[0], val, test)


def test_weights_that_cannot_be_looked_into_are_left_alone():
    rng = np.random.default_rng(5)
    train, val, test = three_sets(rng, pixels=300)                                   # fewer than images
    W = np.linalg.lstsq(val[0], np.eye(5)[val[1]], rcond=None)[0]
    for weights in (W, W[:-1], np.full_like(W, np.nan), W[:, 0], None):
        assert_held_out("best_svm", weights, train[0], val, test)
    assert weights_through(SimpleNamespace(params={"W1": np.ones((2, 3)), "W2": np.ones((2, 3))})) is None
    assert weights_through(SimpleNamespace(params=None)) is None


def test_a_table_that_says_far_less_than_its_net_is_told_and_means_are_not():
    for accuracy, highest in ((0.4, 0.4), (0.4, 0.2), (0.2, 0.06), (0.55, 0.26), (0.0, 0.0)):
        assert_says_as_much("best_net", accuracy, highest)
    for accuracy, highest in ((0.2, 0.0), (0.2, 0.04), (0.8, 0.45)):
        with pytest.raises(CheckFailed, match="best entry in results is"):
            assert_says_as_much("best_net", accuracy, highest)


def test_a_copy_of_a_net_has_its_params_and_averages_and_does_not_follow_it():
    net = FullyConnectedNet([7], input_dim=6, num_classes=4, normalization="batchnorm", seed=0)
    net.loss(np.ones((5, 6)), np.arange(5) % 4)
    copy, X, y = copied(net), np.random.default_rng(6).normal(size=(40, 6)), np.arange(40) % 4
    before = accuracy_by_params(net, X, y)
    assert accuracy_by_params(copy, X, y) == before
    net.params["W1"] *= 0
    assert accuracy_by_params(copy, X, y) == before


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
