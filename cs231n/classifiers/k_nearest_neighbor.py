"""k-nearest-neighbor classification: all the work is done at test time, by comparing images pixel by pixel.

The three ways to compute the same distances differ only in how many Python loops they need.
"""

import numpy as np


class KNearestNeighbor:
    """A k-nearest-neighbor classifier with Euclidean (L2) distance.

    Throughout, num_train and num_test count images and D is the number of values in one image.

    Attributes, set by `train`:
    - X_train: training images, shape (num_train, D)
    - y_train: their labels, int, shape (num_train,)

    Source: CS231n notes, "Image classification", nearest neighbor classifier.
    """

    def train(self, X, y):
        """Remember the training data; there is nothing else to learn.

        Inputs:
        - X: training images, one per row, any real dtype, shape (num_train, D)
        - y: labels, int, shape (num_train,)

        Raises ValueError if there are not as many labels as images.
        """
        if len(X) != len(y):
            raise ValueError(f"there are {len(y)} labels for {len(X)} images: the same rows of both belong together")
        self.X_train = X
        self.y_train = y

    def predict(self, X, k=1, num_loops=0):
        """Label test images by a vote among their k nearest training images.

        Inputs:
        - X: test images, any real dtype, shape (num_test, D)
        - k: number of neighbors that vote, 1 <= k <= num_train
        - num_loops: 0, 1 or 2, which of the three distance functions to use

        Returns:
        - y_pred: predicted labels, integer-valued, shape (num_test,)

        Raises ValueError for any other num_loops.
        """
        compute_distances = {
            0: self.compute_distances_no_loops,
            1: self.compute_distances_one_loop,
            2: self.compute_distances_two_loops,
        }
        if num_loops not in compute_distances:
            raise ValueError(f"KNearestNeighbor.predict: num_loops is {num_loops!r}, but it must be 0, 1 or 2")
        return self.predict_labels(compute_distances[num_loops](X), k=k)

    def compute_distances_two_loops(self, X):
        """Euclidean distances, with a loop over test images and a loop over training images.

        Inputs:
        - X: test images, any real dtype, shape (num_test, D)

        Returns:
        - dists: float, shape (num_test, num_train); dists[i, j] is the distance
          sqrt(sum over d of (X[i, d] - X_train[j, d])**2) between test image i and training image j

        Both loops may be written out, but not a third one over the D values, and not np.linalg.norm.
        Beware of pixels stored as uint8: 3 - 5 is 254 there. Neither X nor X_train is modified.
        """
        ### BEGIN SOLUTION
        num_test, num_train = X.shape[0], self.X_train.shape[0]
        X = X.astype(np.float64, copy=False)  # unsigned integers would wrap around

        dists = np.zeros((num_test, num_train))
        for i in range(num_test):
            for j in range(num_train):
                diff = X[i] - self.X_train[j]  # (D,)
                dists[i, j] = np.sqrt(np.sum(diff**2))
        return dists
        ### END SOLUTION

    def compute_distances_one_loop(self, X):
        """Euclidean distances, with a single loop, over test images.

        Inputs:
        - X: test images, any real dtype, shape (num_test, D)

        Returns:
        - dists: float, shape (num_test, num_train), as in compute_distances_two_loops

        Each turn of the loop fills one whole row of dists: broadcasting compares one test image of shape (D,)
        with all training images of shape (num_train, D) at once. Again without np.linalg.norm; scipy's cdist costs the
        points for having one loop. Neither X nor X_train is modified.
        """
        ### BEGIN SOLUTION
        num_test, num_train = X.shape[0], self.X_train.shape[0]
        X = X.astype(np.float64, copy=False)  # unsigned integers would wrap around

        dists = np.zeros((num_test, num_train))
        for i in range(num_test):
            diff = X[i] - self.X_train  # (num_train, D)
            dists[i] = np.sqrt(np.einsum("nd,nd->n", diff, diff))
        return dists
        ### END SOLUTION

    def compute_distances_no_loops(self, X):
        """Euclidean distances, without any loop.

        Inputs:
        - X: test images, any real dtype, shape (num_test, D)

        Returns:
        - dists: float, shape (num_test, num_train), as in compute_distances_two_loops

        An array of shape (num_test, num_train, D) would not fit into memory. Write out the square of a
        difference instead, and see which of its terms is a matrix product and which ones broadcast.
        Loops in disguise (np.vectorize, np.apply_along_axis, list comprehensions) do not count as vectorized;
        scipy's cdist would be somebody else's solution, and costs the same points. Rounding can leave a tiny negative
        number where the square should be 0, and its root is NaN. Neither X nor X_train is modified.
        """
        ### BEGIN SOLUTION
        X = X.astype(np.float64, copy=False)  # float32 would lose the digits that the sum below cancels
        X_train = self.X_train.astype(np.float64, copy=False)

        # |x - t|^2 = |x|^2 - 2 x.t + |t|^2, gathered in one array of shape (num_test, num_train)
        dists = X @ X_train.T
        dists *= -2
        dists += np.einsum("nd,nd->n", X, X)[:, np.newaxis]
        dists += np.einsum("nd,nd->n", X_train, X_train)

        np.maximum(dists, 0, out=dists)  # equal images can come out slightly below 0
        return np.sqrt(dists, out=dists)
        ### END SOLUTION

    def predict_labels(self, dists, k=1):
        """Label test images by a vote among their k nearest training images, given the distances.

        Inputs:
        - dists: float, shape (num_test, num_train); dists[i, j] is the distance between test image i and
          training image j
        - k: number of neighbors that vote, 1 <= k <= num_train

        Returns:
        - y_pred: predicted labels, integer-valued, shape (num_test,); y_pred[i] is the commonest label among
          the k training images nearest to test image i

        When several labels are equally common, the smallest of them wins. The distances say which images are
        near; the labels are in self.y_train. y_train is not modified.
        """
        ### BEGIN SOLUTION
        num_test = dists.shape[0]

        y_pred = np.zeros(num_test, dtype=self.y_train.dtype)
        for i in range(num_test):
            nearest = np.argsort(dists[i], kind="stable")[:k]
            labels, votes = np.unique(self.y_train[nearest], return_counts=True)
            y_pred[i] = labels[votes.argmax()]  # labels ascend and argmax takes the first: the smaller label
        return y_pred
        ### END SOLUTION
