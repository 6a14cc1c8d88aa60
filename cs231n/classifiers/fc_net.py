"""Fully connected neural networks, put together from layers."""

import numpy as np

from cs231n.layer_utils import affine_relu_backward, affine_relu_forward
from cs231n.layers import affine_backward, affine_forward, softmax_loss


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
          self.params[key], in its shape

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
