"""Activations, batch normalization and dropout: torch's numbers in float64, and what the docstrings promise."""

import numpy as np
import pytest
import torch_layers as torch_says
from numpy.testing import assert_allclose
from torch_layers import BETA, DOUT, DOUT_MAXOUT, EPS, GAMMA, KINDS, MOMENTUM, PIECES, X

from cs231n import layers
from cs231n.activations import activation_backward, activation_forward, maxout_backward, maxout_forward
from cs231n.classifiers import FullyConnectedNet
from cs231n.preprocessing import Principal, augment


@pytest.fixture(params=["stored", "torch itself"])
def expected(request):
    if request.param == "stored":
        return torch_says.stored_values()
    pytest.importorskip("torch", reason="torch is not installed; the stored numbers are compared all the same")
    return torch_says.torch_values()


def close(found, expected):
    assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_activations_and_maxout_agree_with_torch_forward_and_backward(expected):
    for kind in KINDS:
        out, cache = activation_forward(X, kind)
        close(out, expected[kind]["out"])
        close(activation_backward(DOUT, cache), expected[kind]["dx"])
    out, cache = maxout_forward(PIECES)
    close(out, expected["maxout"]["out"])
    close(maxout_backward(DOUT_MAXOUT, cache), expected["maxout"]["dx"])


@pytest.mark.parametrize("backward", [layers.batchnorm_backward, layers.batchnorm_backward_alt])
def test_batch_normalization_agrees_with_torch_in_training_backward_and_at_test_time(expected, backward):
    right, bn_param = expected["batchnorm"], {"mode": "train", "eps": EPS, "momentum": MOMENTUM}
    out, cache = layers.batchnorm_forward(X, GAMMA, BETA, bn_param)
    close(out, right["out"])
    for gradient, name in zip(backward(DOUT, cache), ("dx", "dgamma", "dbeta"), strict=True):
        close(gradient, right[name])
    for name in ("running_mean", "running_var"):
        close(bn_param[name], right[name])
    close(layers.batchnorm_forward(DOUT, GAMMA, BETA, bn_param | {"mode": "test"})[0], right["tested"])


def test_dropout_agrees_with_torch_for_the_same_mask(expected, monkeypatch):
    right = expected["dropout"]
    monkeypatch.setattr(np.random, "rand", lambda *shape: np.where(right["mask"] > 0, 0.0, 0.99).reshape(shape))
    out, cache = layers.dropout_forward(X, {"mode": "train", "p": 0.6})
    close(out, right["out"])
    close(layers.dropout_backward(DOUT, cache), right["dx"])


@pytest.mark.parametrize("call", [
    lambda: layers.batchnorm_forward(X, GAMMA, BETA, {"mode": "validation"}),
    lambda: layers.dropout_forward(X, {"mode": "validation", "p": 0.5}),
    lambda: activation_forward(X, "swish"),
    lambda: FullyConnectedNet([3], normalization="groupnorm")])
def test_what_is_not_known_is_refused_by_name(call):
    with pytest.raises(ValueError, match="is '(validation|swish|groupnorm)'; choose"):
        call()


def test_a_normalized_net_keeps_running_averages_for_each_layer_and_a_seed_keeps_its_masks():
    rng = np.random.default_rng(0)
    net = FullyConnectedNet([6, 5], 4, 3, dropout_keep_ratio=0.5, normalization="batchnorm", dtype=np.float64, seed=1)
    images, labels = rng.normal(size=(8, 4)), rng.integers(3, size=8)
    losses = [net.loss(images, labels)[0] for _ in range(2)]
    assert losses[0] == losses[1]
    assert [param["running_mean"].shape for param in net.bn_params] == [(6,), (5,)]
    assert_allclose(net.loss(images)[:1], net.loss(images[:1]))          # at test time nobody has neighbors


def test_what_is_whitened_has_no_correlation_and_comes_back():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 4)) @ rng.normal(size=(4, 4)) + 3
    principal = Principal(rows)
    white = principal.whitened(rows, eps=0)
    assert_allclose(white.T @ white / 50, np.eye(4), atol=1e-10)
    assert_allclose(principal.back(principal.decorrelated(rows)) + rows.mean(axis=0), rows)
    assert_allclose(np.var(principal.decorrelated(rows, 2), axis=0), principal.variances[:2])


def test_an_augmented_image_is_a_part_of_the_padded_one_and_the_given_one_stays():
    rng = np.random.default_rng(0)
    images = rng.normal(size=(20, 3, 6, 5))
    before = images.copy()
    varied = augment(images, rng, shift=1, light=0)
    assert varied.shape == images.shape and np.array_equal(images, before)
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    for image, large in zip(varied, padded, strict=True):
        cuts = [large[:, down:down + 6, right:right + 5] for down in range(3) for right in range(3)]
        assert any(np.array_equal(image, one) or np.array_equal(image, one[:, :, ::-1]) for one in cuts)
