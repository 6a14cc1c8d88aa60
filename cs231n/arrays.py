"""Three operations on whole arrays: along an axis, with pairs of indices, and between all rows of two arrays.

N counts rows, D columns. In no function does Python loop over rows or columns: numpy does, inside its operations. What
is handed in is not modified.
"""

import numpy as np


def standardize(X):
    """Bring every column to mean 0 and standard deviation 1.

    Inputs:
    - X: float or int, shape (N, D)

    Returns:
    - Z: float, shape (N, D); each entry minus the mean of its column, divided by the column's standard deviation: the
      root of the mean squared deviation (over N). A column whose entries are all the same becomes zeros.
    """
    ### BEGIN SOLUTION
    deviations = X - X.mean(axis=0, keepdims=True)                       # (N, D) minus (1, D)
    std = np.sqrt((deviations**2).mean(axis=0, keepdims=True))           # (1, D)
    return deviations / np.where(std > 0, std, 1.0)
    ### END SOLUTION


def pick(scores, y):
    """Take one entry out of every row: of row i the one in column y[i].

    Inputs:
    - scores: float, shape (N, C), as many scores per row as there are classes
    - y: labels, int, shape (N,), 0 <= y[i] < C

    Returns:
    - right: float, shape (N,), right[i] = scores[i, y[i]]
    """
    ### BEGIN SOLUTION
    rows = np.arange(len(y))
    return scores[rows, y]
    ### END SOLUTION


def manhattan(X, centers):
    """City-block (L1) distances: how far it is from each row to each center, walking along the axes.

    Inputs:
    - X: rows, float, shape (N, D)
    - centers: float, shape (M, D)

    Returns:
    - dists: float, shape (N, M), dists[i, j] = sum over d of |X[i, d] - centers[j, d]|
    """
    ### BEGIN SOLUTION
    differences = X[:, np.newaxis, :] - centers[np.newaxis, :, :]        # (N, M, D)
    return np.abs(differences).sum(axis=2)
    ### END SOLUTION
