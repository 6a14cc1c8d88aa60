"""Fully connected neural networks, put together from layers."""

import numpy as np

from cs231n.layer_utils import affine_relu_backward, affine_relu_forward
from cs231n.layers import (
    affine_backward,
    affine_forward,
    batchnorm_backward,
    batchnorm_forward,
    dropout_backward,
    dropout_forward,
    relu_backward,
    relu_forward,
    softmax_loss,
)


class TwoLayerNet:
    """A net with one hidden layer, ReLU, and softmax loss: affine - relu - affine - softmax.

    For D features, H hidden units and C classes, attributes:
    - params: dict of float arrays: "W1" (D, H), "b1" (H,), "W2" (H, C), "b2" (C,)
    - reg: L2 strength >= 0; the penalty is 0.5 * reg * (sum(W1**2) + sum(W2**2)), with a half, and biases are free

    The net knows its loss and gradients; a Solver trains it.
    Source: CS231n notes, "Neural networks, part 1".
    """

    def __init__(self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0):
        """Fill self.params with the arrays of an untrained net.

        Inputs:
        - input_dim: D, number of values in one example
        - hidden_dim: H, number of hidden units
        - num_classes: C
        - weight_scale: standard deviation of the initial weights
        - reg: L2 strength >= 0

        Weights are drawn from a normal distribution with mean 0 and standard deviation weight_scale (np.random.randn
        gives standard deviation 1, and np.random.seed fixes it); biases are zero. Each bias belongs to one unit.
        Nothing is seeded here: every net draws weights of its own.
        """
        self.params = {}
        self.reg = reg

        ### BEGIN SOLUTION
        self.params["W1"] = weight_scale * np.random.randn(input_dim, hidden_dim)
        self.params["b1"] = np.zeros(hidden_dim)
        self.params["W2"] = weight_scale * np.random.randn(hidden_dim, num_classes)
        self.params["b2"] = np.zeros(num_classes)
        ### END SOLUTION

    def loss(self, X, y=None):
        """Scores of a mini-batch at test time; loss and gradients at training time.

        Inputs:
        - X: mini-batch, float, shape (N, d_1, ..., d_k) with d_1 * ... * d_k = D
        - y: labels, int, shape (N,), 0 <= y[i] < C; None at test time

        Returns scores if y is None:
        - scores: float, shape (N, C); the last layer has no ReLU

        Returns (loss, grads) otherwise:
        - loss: mini-batch mean of the softmax loss, plus 0.5 * reg * (sum(W1**2) + sum(W2**2)), in nats, float
        - grads: dict with the keys of self.params; grads[key] is the gradient of loss with respect to
          self.params[key], in its shape; for a bias (H,) the checks take (1, H) too

        The layers of cs231n.layers and cs231n.layer_utils do most of the work. The penalty covers both layers'
        weights and no biases, and shows in the gradients as it does in the loss. X, y and self.params are not
        modified.
        """
        ### BEGIN SOLUTION
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]

        hidden, hidden_cache = affine_relu_forward(X, W1, b1)     # (N, H)
        scores, scores_cache = affine_forward(hidden, W2, b2)     # (N, C)
        if y is None:
            return scores

        loss, dscores = softmax_loss(scores, y)
        loss += 0.5 * self.reg * (np.sum(W1**2) + np.sum(W2**2))

        dhidden, dW2, db2 = affine_backward(dscores, scores_cache)
        _, dW1, db1 = affine_relu_backward(dhidden, hidden_cache)
        grads = {
            "W1": dW1 + self.reg * W1,
            "b1": db1,
            "W2": dW2 + self.reg * W2,
            "b2": db2,
        }
        return loss, grads
        ### END SOLUTION


class FullyConnectedNet:
    """A net of any depth with ReLU and softmax loss: (affine - [norm] - relu - [dropout]) x (L - 1) - affine.

    What stands in brackets is there if it is asked for: `training.ipynb` adds it. Without it, a hidden layer is an
    affine layer and a ReLU, as in `deep_nets.ipynb`.

    For D features, hidden layers of H_1, ..., H_(L-1) units and C classes, attributes:
    - params: dict of float arrays, "W1" (D, H_1), "b1" (H_1,), "W2" (H_1, H_2), "b2" (H_2,), ...,
      "WL" (H_(L-1), C), "bL" (C,), with the number of the layer for L
    - num_layers: L, number of affine layers
    - reg: L2 strength >= 0; the penalty is 0.5 * reg * (sum(W1**2) + ... + sum(WL**2)), with a half, and biases
      are free
    - dtype: of params and of all that is computed from them
    - normalization: "batchnorm" or None
    - bn_params: [bn_param of hidden layer 1, ...], for batchnorm_forward; empty without normalization
    - use_dropout, dropout_param: whether hidden layers end in dropout, and its dict, for dropout_forward

    The net knows its loss and gradients; a Solver trains it.
    Source: CS231n notes, "Neural networks, part 1" and "part 2".
    """

    def __init__(self, hidden_dims, input_dim=3 * 32 * 32, num_classes=10, dropout_keep_ratio=1, normalization=None,
                 reg=0.0, weight_scale=1e-2, initialization="plain", dtype=np.float32, seed=None):
        """Fill self.params with the arrays of an untrained net.

        Inputs:
        - hidden_dims: [H_1, ..., H_(L-1)], list of int, one for each hidden layer; it is not modified
        - input_dim: D, number of values in one example
        - num_classes: C
        - dropout_keep_ratio: probability with which dropout keeps a unit, 0 < p <= 1; 1 means no dropout
        - normalization: "batchnorm", between each hidden layer's affine part and its ReLU; or None
        - reg: L2 strength >= 0
        - weight_scale: standard deviation of the initial weights where initialization is "plain"
        - initialization: standard deviation of the weights of a layer with n inputs (its matrix has n rows):
          "plain": weight_scale, in every layer; "xavier": sqrt(1 / n); "he": sqrt(2 / n), for ReLU
        - dtype: float type of params; numeric gradients need np.float64
        - seed: int that seeds rng, from which the weights can be drawn; None: rng is np.random, so that
          np.random.seed fixes it; with dropout it also fixes which units are dropped, the same at every call

        Weights are drawn from a normal distribution with mean 0, each layer's anew: rng.standard_normal(shape) has
        standard deviation 1. Nothing else is seeded here: without a seed every net draws weights of its own. Biases
        are zero. With batch normalization, each hidden layer has a gamma of ones and a beta of zeros besides; the
        scores are not normalized. The lines at the end give every array its dtype.
        Raises ValueError for an unknown initialization or normalization.
        Source: CS231n notes, "Neural networks, part 2", weight initialization; Glorot and Bengio 2010 (Xavier), He
        et al. 2015.
        """
        if initialization not in ("plain", "xavier", "he"):
            raise ValueError(f"FullyConnectedNet: initialization is {initialization!r}; choose plain, xavier or he")
        if normalization not in (None, "batchnorm"):
            raise ValueError(f"FullyConnectedNet: normalization is {normalization!r}; choose batchnorm or None")
        self.params = {}
        self.num_layers = 1 + len(hidden_dims)
        self.reg = reg
        self.dtype = dtype
        self.normalization = normalization
        self.bn_params = [{"mode": "train"} for _ in hidden_dims] if normalization == "batchnorm" else []
        self.use_dropout = dropout_keep_ratio != 1
        self.dropout_param = {"mode": "train", "p": dropout_keep_ratio} | ({} if seed is None else {"seed": seed})
        rng = np.random if seed is None else np.random.default_rng(seed)

        ### BEGIN SOLUTION
        dims = [input_dim, *hidden_dims, num_classes]
        for layer, (num_in, num_out) in enumerate(zip(dims[:-1], dims[1:], strict=True), start=1):
            scale = {"plain": weight_scale, "xavier": np.sqrt(1 / num_in), "he": np.sqrt(2 / num_in)}[initialization]
            self.params[f"W{layer}"] = scale * rng.standard_normal((num_in, num_out))
            self.params[f"b{layer}"] = np.zeros(num_out)
            if self.normalization and layer < self.num_layers:
                self.params[f"gamma{layer}"] = np.ones(num_out)
                self.params[f"beta{layer}"] = np.zeros(num_out)
        ### END SOLUTION

        for name, array in self.params.items():
            self.params[name] = array.astype(dtype)

    def loss(self, X, y=None):
        """Scores of a mini-batch at test time; loss and gradients at training time.

        Inputs:
        - X: mini-batch, float, shape (N, d_1, ..., d_k) with d_1 * ... * d_k = D
        - y: labels, int, shape (N,), 0 <= y[i] < C; None at test time

        Returns scores if y is None:
        - scores: float, shape (N, C); the last layer has no ReLU

        Returns (loss, grads) otherwise:
        - loss: mini-batch mean of the softmax loss, plus 0.5 * reg * (sum(W1**2) + ... + sum(WL**2)), in nats, float
        - grads: dict with the keys of self.params; grads[key] is the gradient of loss with respect to
          self.params[key], in its shape; for a bias (H,) the checks take (1, H) too

        Forward, each layer hands its output to the next, and its cache is kept; backward, the same layers come in
        reverse. The layers of cs231n.layers and cs231n.layer_utils do most of the work. The penalty covers every
        layer's weights and no biases, gammas or betas, and shows in the gradients as it does in the loss. X, y and
        self.params are not modified.
        """
        X = X.astype(self.dtype)
        for param in (*self.bn_params, self.dropout_param):
            param["mode"] = "test" if y is None else "train"

        ### BEGIN SOLUTION
        names = [(f"W{layer}", f"b{layer}") for layer in range(1, self.num_layers + 1)]
        *hidden_layers, (W_last, b_last) = names
        norms = [(f"gamma{layer}", f"beta{layer}") for layer in range(1, self.num_layers)]

        hidden, caches = X, []
        for layer, (W, b) in enumerate(hidden_layers):
            hidden, cache = affine_forward(hidden, self.params[W], self.params[b])
            caches.append(cache)
            if self.normalization:
                gamma, beta = norms[layer]
                hidden, cache = batchnorm_forward(hidden, self.params[gamma], self.params[beta], self.bn_params[layer])
                caches.append(cache)
            hidden, cache = relu_forward(hidden)
            caches.append(cache)
            if self.use_dropout:
                hidden, cache = dropout_forward(hidden, self.dropout_param)
                caches.append(cache)
        scores, scores_cache = affine_forward(hidden, self.params[W_last], self.params[b_last])
        if y is None:
            return scores

        loss, dscores = softmax_loss(scores, y)
        grads = {}
        dhidden, grads[W_last], grads[b_last] = affine_backward(dscores, scores_cache)
        for layer, (W, b) in reversed(list(enumerate(hidden_layers))):
            if self.use_dropout:
                dhidden = dropout_backward(dhidden, caches.pop())
            dhidden = relu_backward(dhidden, caches.pop())
            if self.normalization:
                gamma, beta = norms[layer]
                dhidden, grads[gamma], grads[beta] = batchnorm_backward(dhidden, caches.pop())
            dhidden, grads[W], grads[b] = affine_backward(dhidden, caches.pop())

        for W, _ in names:
            loss += 0.5 * self.reg * np.sum(self.params[W] ** 2)
            grads[W] = grads[W] + self.reg * self.params[W]
        return loss, grads
        ### END SOLUTION
