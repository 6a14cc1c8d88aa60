"""What is done to images before a net sees them. All numbers that it takes come from training images alone.

N counts images, D the numbers of one as a row, D = 3 * H * W.
"""

import numpy as np


class Principal:
    """The directions in which training images vary, the largest variance first: principal component analysis.

    - mean: float, shape (D,)
    - directions: orthonormal columns, float, shape (D, K), K = min(N, D)
    - variances: of the training images along each, float, shape (K,), falling
    """

    def __init__(self, X):
        """X: training images as rows, float, shape (N, D)."""
        self.mean = X.mean(axis=0)
        _, singular, directions = np.linalg.svd(X - self.mean, full_matrices=False)
        self.directions, self.variances = directions.T, singular**2 / len(X)

    def decorrelated(self, X, count=None):
        """Coordinates along the first `count` directions, shape (N, count): uncorrelated, of falling variance."""
        return (X - self.mean) @ self.directions[:, :count]

    def whitened(self, X, count=None, eps=1e-2):
        """The same, each divided by its spread: uncorrelated, all of variance 1, but for eps.

        - eps: share of the largest variance that is added to each, so that what hardly varies is not blown up to noise
        """
        return self.decorrelated(X, count) / np.sqrt(self.variances[:count] + eps * self.variances[0])

    def back(self, coordinates):
        """From coordinates along the first directions, shape (N, count), to images without their mean, shape (N, D)."""
        return coordinates @ self.directions[:, :coordinates.shape[1]].T


def augment(images, rng, flip=True, shift=2, light=0.2):
    """New images from old ones that show the same thing: mirrored, moved, lighter or darker, each by chance.

    Inputs:
    - images: float, shape (N, 3, H, W), with a mean near 0; it is not modified
    - rng: numpy.random.Generator
    - flip: whether half of the images are mirrored, left to right
    - shift: most pixels by which an image moves, up or down and to either side; what comes in repeats the edge
    - light: most by which the contrast changes, as a share

    Returns:
    - varied: float, shape (N, 3, H, W)
    """
    N, _, H, W = images.shape
    padded = np.pad(images, ((0, 0), (0, 0), (shift, shift), (shift, shift)), mode="edge")
    down, right = rng.integers(0, 2 * shift + 1, size=(2, N))
    rows = down[:, np.newaxis] + np.arange(H)                                    # (N, H)
    columns = right[:, np.newaxis] + np.arange(W)                                # (N, W)
    if flip:
        mirrored = rng.random(N) < 0.5
        columns[mirrored] = columns[mirrored, ::-1]
    numbers = np.arange(N)[:, np.newaxis, np.newaxis]
    varied = padded.transpose(0, 2, 3, 1)[numbers, rows[:, :, np.newaxis], columns[:, np.newaxis, :]]    # (N, H, W, 3)
    factors = 1 + light * rng.uniform(-1, 1, size=(N, 1, 1, 1))
    return (varied.transpose(0, 3, 1, 2) * factors).astype(images.dtype)
