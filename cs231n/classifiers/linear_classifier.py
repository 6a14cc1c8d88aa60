"""Linear classifiers trained by stochastic gradient descent; the loss is what tells one from another."""

import numpy as np


class LinearClassifier:
    """A linear classifier: the scores of the examples in X are X @ W, and the largest score wins.

    For D features and C classes, attributes:
    - W: weights, float, shape (D, C); None until `train` has run
    """

    def __init__(self):
        self.W = None

    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
        """Fit W by stochastic gradient descent; a second call goes on from the W of the first.

        For N examples, D features and C classes:

        Inputs:
        - X: training data, float, shape (N, D)
        - y: labels, int, shape (N,), 0 <= y[i] < C; C is taken to be max(y) + 1
        - learning_rate: step size
        - reg: L2 strength, handed on to self.loss
        - num_iters: number of steps, one mini-batch each
        - batch_size: number of examples in a mini-batch, which may exceed N
        - verbose: print the loss of every hundredth step

        Returns:
        - loss_history: list of num_iters losses, each that of its mini-batch before the step

        Yours to write is one step. Draw batch_size of the N examples at random, with replacement (see
        np.random.choice; that is faster, and works as well as without), ask self.loss(X_batch, y_batch, reg) for
        the loss and its gradient, append the loss to loss_history, and move self.W a step downhill. An example
        must keep its own label. X and y are not modified.

        W starts as 0.001 * np.random.randn(D, C), so np.random.seed fixes a run.
        Source: CS231n notes, "Optimization", mini-batch gradient descent.
        """
        num_train, dim = X.shape
        if self.W is None:
            num_classes = np.max(y) + 1
            self.W = 0.001 * np.random.randn(dim, num_classes)

        loss_history = []
        for it in range(num_iters):
            ### BEGIN SOLUTION
            batch = np.random.choice(num_train, batch_size)
            loss, dW = self.loss(X[batch], y[batch], reg)
            loss_history.append(loss)
            self.W = self.W - learning_rate * dW
            ### END SOLUTION

            if verbose and it % 100 == 0:
                print(f"iteration {it} of {num_iters}: loss {loss_history[-1]:.4f}")

        return loss_history

    def predict(self, X):
        """Label examples by their largest score.

        Inputs:
        - X: data, float, shape (N, D)

        Returns:
        - y_pred: predicted labels, int, shape (N,), 0 <= y_pred[i] < C

        Inputs are not modified.
        """
        ### BEGIN SOLUTION
        return np.argmax(X @ self.W, axis=1)
        ### END SOLUTION

    def loss(self, X_batch, y_batch, reg):
        """Loss of a mini-batch and its gradient with respect to self.W; every subclass has its own.

        Inputs:
        - X_batch: float, shape (N, D)
        - y_batch: labels, int, shape (N,)
        - reg: L2 strength >= 0

        Returns (loss, dW):
        - loss: float
        - dW: shape (D, C)
        """
        raise NotImplementedError("LinearClassifier has no loss of its own: use LinearSVM or Softmax")


class LinearSVM(LinearClassifier):
    """A linear classifier with the multiclass SVM (hinge) loss."""

    def loss(self, X_batch, y_batch, reg):
        from cs231n.classifiers.linear_svm import svm_loss_vectorized  # here, so that Softmax can do without it

        return svm_loss_vectorized(self.W, X_batch, y_batch, reg)


class Softmax(LinearClassifier):
    """A linear classifier with the softmax (cross-entropy) loss."""

    def loss(self, X_batch, y_batch, reg):
        from cs231n.classifiers.softmax import softmax_loss_vectorized  # here, so that LinearSVM can do without it

        return softmax_loss_vectorized(self.W, X_batch, y_batch, reg)
