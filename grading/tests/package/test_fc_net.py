"""FullyConnectedNet against an oracle written in another way, at every depth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from cs231n.classifiers import FullyConnectedNet, TwoLayerNet
from cs231n.gradient_check import eval_numerical_gradient
from cs231n.solver import Solver

examples = settings(max_examples=40, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32 - 1)
depths = st.lists(st.integers(1, 5), max_size=4)


def layers(net):
    return [(net.params[f"W{number}"], net.params[f"b{number}"]) for number in range(1, net.num_layers + 1)]


def preactivations(net, X):
    """The scores of every layer before its ReLU; the last ones are the net's."""
    scores, x = [], X.reshape(len(X), -1)
    for W, b in layers(net):
        scores.append(np.einsum("nd,dm->nm", x, W) + b)
        x = np.where(scores[-1] > 0, scores[-1], 0)
    return scores


def oracle(net, X, y):
    scores = preactivations(net, X)[-1]
    data_loss = np.mean(logsumexp(scores, axis=1) - scores[np.arange(len(y)), y])
    return data_loss + net.reg / 2 * sum((W**2).sum() for W, _ in layers(net))


@examples
@given(seed=seeds, hidden_dims=depths, N=st.integers(1, 5), C=st.integers(2, 5), reg=st.sampled_from([0.0, 0.7]))
def test_a_net_of_any_depth_has_the_scores_loss_and_gradients_of_the_oracle(seed, hidden_dims, N, C, reg):
    rng = np.random.default_rng(seed)
    net = FullyConnectedNet(hidden_dims, input_dim=6, num_classes=C, reg=reg, dtype=np.float64)
    y = rng.integers(C, size=N)
    while True:  # until no hidden unit is near its kink
        X = rng.standard_normal((N, 2, 3))
        net.params = {name: rng.standard_normal(array.shape) for name, array in net.params.items()}
        hidden = preactivations(net, X)[:-1]
        if all(np.abs(scores).min() > 1e-3 for scores in hidden):
            break

    numeric = {name: eval_numerical_gradient(lambda _: oracle(net, X, y), w) for name, w in net.params.items()}
    for array in (X, y, *net.params.values()):
        array.flags.writeable = False
    np.testing.assert_allclose(net.loss(X), preactivations(net, X)[-1], rtol=1e-10, atol=1e-12)
    loss, grads = net.loss(X, y)
    assert loss == pytest.approx(oracle(net, X, y), rel=1e-9)
    assert grads.keys() == net.params.keys()
    for name, gradient in numeric.items():
        assert grads[name].shape == gradient.shape
        np.testing.assert_allclose(grads[name], gradient, rtol=1e-5, atol=1e-7)


def test_with_one_hidden_layer_it_is_the_two_layer_net():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((7, 2, 3)), rng.integers(4, size=7)
    two = TwoLayerNet(input_dim=6, hidden_dim=5, num_classes=4, weight_scale=1.0, reg=0.3)
    net = FullyConnectedNet([5], input_dim=6, num_classes=4, reg=0.3, dtype=np.float64)
    net.params = two.params
    np.testing.assert_array_equal(net.loss(X), two.loss(X))
    loss, grads = net.loss(X, y)
    expected_loss, expected = two.loss(X, y)
    assert loss == pytest.approx(expected_loss, rel=1e-12)
    for name, gradient in expected.items():
        np.testing.assert_allclose(grads[name], gradient, rtol=1e-12)


def test_the_arrays_have_the_shapes_of_their_layers_and_hidden_dims_stays_as_it_was():
    hidden_dims = [7, 5]
    net = FullyConnectedNet(hidden_dims, input_dim=11, num_classes=3)
    assert {name: array.shape for name, array in net.params.items()} == {
        "W1": (11, 7), "b1": (7,), "W2": (7, 5), "b2": (5,), "W3": (5, 3), "b3": (3,)
    }
    assert net.num_layers == 3
    assert hidden_dims == [7, 5]


@pytest.mark.parametrize(
    ("settings", "deviations"),
    [
        ({}, [0.01, 0.01, 0.01]),
        ({"weight_scale": 0.3}, [0.3, 0.3, 0.3]),
        ({"initialization": "xavier", "weight_scale": 9.0}, [1 / 20, 1 / 10, 1 / 5]),
        ({"initialization": "he", "weight_scale": 9.0}, [2**0.5 / 20, 2**0.5 / 10, 2**0.5 / 5]),
    ],
    ids=lambda value: value.get("initialization", "plain") if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("seed", [None, 3])
def test_weights_have_the_deviation_of_their_initialization_and_biases_are_zero(settings, deviations, seed):
    np.random.seed(0)
    net = FullyConnectedNet([100, 25], input_dim=400, num_classes=60, seed=seed, **settings)
    for (W, b), deviation in zip(layers(net), deviations, strict=True):
        assert W.std() == pytest.approx(deviation, rel=0.1)
        assert abs(W.mean()) < 0.1 * deviation
        assert not b.any()


def test_he_keeps_the_size_of_the_signal_in_a_deep_net_and_a_small_plain_scale_loses_it():
    X = np.random.default_rng(0).standard_normal((50, 200))
    sizes = {}
    for initialization in ("plain", "he"):
        net = FullyConnectedNet([200] * 8, input_dim=200, initialization=initialization, seed=1)
        sizes[initialization] = np.abs(net.loss(X)).mean()
    assert 0.1 < sizes["he"] < 10
    assert sizes["plain"] < 1e-6


def test_a_seed_fixes_the_weights_and_without_one_numpys_seed_does():
    def weights(seed, numpy_seed):
        np.random.seed(numpy_seed)
        return FullyConnectedNet([3], input_dim=4, num_classes=2, seed=seed).params["W2"].tolist()

    assert weights(5, 0) == weights(5, 1) != weights(6, 0)
    assert weights(None, 0) == weights(None, 0) != weights(None, 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_everything_has_the_dtype_of_the_net_whatever_the_data(dtype):
    net = FullyConnectedNet([4, 3], input_dim=6, num_classes=3, reg=0.1, dtype=dtype)
    for X in (np.ones((2, 6)), np.ones((2, 6), np.float32), np.ones((2, 6), np.uint8)):
        loss, grads = net.loss(X, np.array([0, 2]))
        arrays = [net.loss(X), np.asarray(loss), *net.params.values(), *grads.values()]
        assert {array.dtype for array in arrays} == {np.dtype(dtype)}


def test_an_unknown_initialization_is_refused_with_the_names_of_the_known_ones():
    with pytest.raises(ValueError, match="initialization is 'kaiming'; choose plain, xavier or he"):
        FullyConnectedNet([3], initialization="kaiming")


@pytest.mark.parametrize("hidden_dims", [[20, 20], [20, 20, 20, 20]], ids=["three layers", "five layers"])
def test_a_net_learns_a_few_examples_by_heart(hidden_dims):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 8)), rng.integers(3, size=20)
    net = FullyConnectedNet(hidden_dims, input_dim=8, num_classes=3, initialization="he", seed=0)
    solver = Solver(net, {"X_train": X, "y_train": y, "X_val": X, "y_val": y}, update_rule="adam",
                    optim_config={"learning_rate": 1e-2}, batch_size=10, num_epochs=60, verbose=False, rng=rng)
    solver.train()
    assert solver.best_val_acc == 1.0
