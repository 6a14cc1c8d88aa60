"""Searching good hyperparameters: where to look, whom to give up early, what the results so far say of a new place.

The search moves in the unit cube. N settings of D hyperparameters are N places in it, an array of shape (N, D) with
entries from 0 to 1; `to_settings` turns them into values. What is searched is a large accuracy. Nothing here modifies
its inputs.
"""

import numpy as np
from scipy.special import ndtr


def to_settings(places, low, high, log):
    """Turn places in the unit cube into values of the hyperparameters.

    Inputs:
    - places: float, shape (N, D), from 0 to 1: 0 stands for low, 1 for high
    - low, high: the range of each hyperparameter, float, shape (D,), low < high
    - log: bool, shape (D,). Where True, equal steps of place are equal factors of the value (a logarithmic scale; low
      is positive there); where False, they are equal differences (a linear scale; low may be zero or negative).

    Returns:
    - settings: float, shape (N, D)
    """
    ### BEGIN SOLUTION
    factor = np.where(log, high / np.where(log, low, 1.0), 1.0)             # (D,)
    return np.where(log, low * factor**places, low + (high - low) * places)
    ### END SOLUTION


def successive_halving(accuracies, epochs, eta=3):
    """Train many settings for a short time, the best of them longer, and the best of those longer still.

    In round r = 0, ..., R - 1, all settings that are left are trained on until they have had epochs[r] epochs. Those
    that are then the best stay; the others are given up. After the last round, the best one of those left is chosen.

    Inputs:
    - accuracies: float, shape (N, R): accuracies[i, r] is that of setting i after epochs[r] epochs. It is known to the
      search only if setting i is trained that long. No two entries of a column are the same.
    - epochs: rising, int, shape (R,)
    - eta: int >= 2. Of m settings, m // eta stay, but never fewer than one.

    Returns (best, trained):
    - best: the setting that is chosen, int, 0 <= best < N
    - trained: how many epochs each setting has had in the end, int, shape (N,)
    """
    ### BEGIN SOLUTION
    left = np.arange(len(accuracies))
    trained = np.zeros(len(accuracies), dtype=int)
    for r in range(len(epochs)):
        trained[left] = epochs[r]
        order = np.argsort(-accuracies[left, r])
        stay = max(1, len(left) // eta) if r < len(epochs) - 1 else 1
        left = left[order[:stay]]
    return int(left[0]), trained
    ### END SOLUTION


def kernel(A, B, length=0.3, scale=1.0):
    """How much the values at two places have in common: their covariance, by the squared exponential.

    Inputs:
    - A: places, float, shape (N, D)
    - B: places, float, shape (M, D)
    - length: distance over which values change much, float > 0
    - scale: standard deviation of the values, float > 0

    Returns:
    - K: float, shape (N, M), K[i, j] = scale**2 * exp(-r**2 / (2 * length**2)), where r is the Euclidean distance
      between A[i] and B[j]

    Source: Rasmussen and Williams, "Gaussian processes for machine learning", 2006, chapter 4.
    """
    ### BEGIN SOLUTION
    squared = ((A[:, np.newaxis, :] - B[np.newaxis, :, :]) ** 2).sum(axis=2)      # (N, M)
    return scale**2 * np.exp(-squared / (2 * length**2))
    ### END SOLUTION


def gp_posterior(X, y, X_new, length=0.3, scale=1.0, noise=0.1):
    """What a Gaussian process expects at new places, once values at other places have been measured.

    Before any measurement, the function has the mean 0 everywhere, and the covariances that `kernel` gives with this
    length and this scale. A measurement is the function's value plus noise.

    Inputs:
    - X: where it was measured, float, shape (N, D)
    - y: what was measured, float, shape (N,)
    - X_new: the new places, float, shape (M, D)
    - length, scale: as in kernel
    - noise: standard deviation of the noise of a measurement, float > 0

    Returns (mean, std), of the function itself at the new places, which has no noise in it:
    - mean: what is expected, float, shape (M,)
    - std: the standard deviation about it, float, shape (M,)

    Source: Rasmussen and Williams, "Gaussian processes for machine learning", 2006, section 2.2.
    """
    ### BEGIN SOLUTION
    K = kernel(X, X, length, scale) + noise**2 * np.eye(len(X))         # (N, N), of the measurements
    K_new = kernel(X, X_new, length, scale)                             # (N, M)
    weights = np.linalg.solve(K, K_new)                                 # (N, M)
    mean = weights.T @ y
    variance = scale**2 - np.sum(K_new * weights, axis=0)
    return mean, np.sqrt(np.maximum(variance, 0.0))                     # rounding may leave less than 0
    ### END SOLUTION


def normal_pdf(z):
    """Density of the standard normal distribution at z, shape of z."""
    return np.exp(-np.square(z) / 2) / np.sqrt(2 * np.pi)


def normal_cdf(z):
    """Integral of that density from minus infinity up to z, shape of z."""
    return ndtr(z)


def expected_improvement(mean, std, best):
    """By how much a value is expected to exceed the best one so far; where it does not, that counts as zero.

    The value at place i is normally distributed with mean[i] and std[i].

    Inputs:
    - mean: float, shape (M,)
    - std: float >= 0, shape (M,). Where it is 0, the value is mean[i] for certain.
    - best: the highest value so far, float

    Returns:
    - improvement: the mean of max(value - best, 0), float, shape (M,)

    Source: Jones, Schonlau and Welch, "Efficient global optimization of expensive black-box functions", 1998.
    """
    ### BEGIN SOLUTION
    gain = mean - best
    z = gain / np.where(std > 0, std, 1.0)
    improvement = gain * normal_cdf(z) + std * normal_pdf(z)
    return np.where(std > 0, improvement, np.maximum(gain, 0.0))
    ### END SOLUTION


def accuracy_gain(now, before):
    """How much more one model gets right than another, on the same images, and how large chance is.

    Inputs:
    - now, before: whether each image is right, by the new model and by the old one, bool, shape (N,)

    Returns (gain, error):
    - gain: accuracy of the new model minus accuracy of the old one: the mean over the images of the difference d, which
      is 1 for an image that became right, -1 for one that became wrong, else 0; float
    - error: standard error of that mean: the standard deviation of d over the N images (the root of its mean squared
      deviation, over N), divided by the root of N; float
    """
    ### BEGIN SOLUTION
    d = now.astype(float) - before.astype(float)                        # (N,)
    return float(d.mean()), float(d.std() / np.sqrt(len(d)))
    ### END SOLUTION
