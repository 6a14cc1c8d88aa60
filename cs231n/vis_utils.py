"""Pictures of many images, or of many rows of weights, in one array for plt.imshow; and the lessons' colors."""

import math

import numpy as np

from cs231n import _described

# Blue, orange, green, red, purple, light blue: told apart by colorblind readers as well (Okabe and Ito, 2008).
COLORS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")

_described.install()


def visualize_grid(Xs, ubound=255.0, padding=1):
    """Put images into a grid, each stretched to the full range of brightness.

    Inputs:
    - Xs: N images, any real dtype, shape (N, H, W, C)
    - ubound: brightest value of the result; the darkest is 0
    - padding: width of the black lines between images, in pixels

    Returns:
    - grid: float64, values in [0, ubound], shape (rows * (H + padding) - padding, columns * (W + padding) - padding,
      C), as square as N allows, filled row by row; for plt.imshow use ubound=1.0, or grid.astype("uint8")

    An image that is the same everywhere comes out in the middle of the range.
    Raises ValueError if there are no images.
    """
    rows = _square([_stretch(image) * ubound for image in _as_images(Xs, "visualize_grid")])
    grid = _tile(rows, padding, background=0.0)
    height, width, _ = grid.shape
    return grid[:height - padding, :width - padding]


def vis_grid(Xs):
    """Put images into a grid, with one range of brightness for all of them.

    Inputs:
    - Xs: N images, any real dtype, shape (N, H, W, C)

    Returns:
    - grid: float64, values in [0, 1], shape (rows * (H + 1), columns * (W + 1), C), as square as N allows, filled
      row by row, with a line of the darkest value after each image

    Raises ValueError if there are no images.
    """
    images = _as_images(Xs, "vis_grid")
    return _stretch(_tile(_square(images), padding=1, background=images.min()))


def vis_nn(rows):
    """Put rows of images below one another, such as test images with their nearest neighbors.

    Inputs:
    - rows: sequence of R sequences of images, any real dtype, each image of shape (H, W, C); a short row leaves
      its end empty

    Returns:
    - grid: float64, values in [0, 1], shape (R * (H + 1), columns * (W + 1), C), with one range of brightness for
      all images and a line of the darkest value after each of them

    Raises ValueError if there are no images.
    """
    images = _as_images([image for row in rows for image in row], "vis_nn")
    return _stretch(_tile(rows, padding=1, background=images.min()))


def image_row(images, titles, labels=None):
    """Draw images side by side on a new figure, each with its title above and its label below.

    Inputs:
    - images: sequence of images, values 0 to 255, each of shape (H, W, C)
    - titles, labels: a text for each image
    """
    import matplotlib.pyplot as plt  # here, so that what needs no picture needs no matplotlib

    fig, axes = plt.subplots(1, len(images), figsize=(min(10, 1.3 * len(images)), 1.9), squeeze=False)
    for axis, image, title, label in zip(axes[0], images, titles, labels or [""] * len(images)):
        axis.imshow(np.clip(image, 0, 255).astype(np.uint8))
        axis.set_title(title, fontsize=9)
        axis.set_xlabel(label, fontsize=9)
        axis.set(xticks=[], yticks=[])
    fig.tight_layout()


def _as_images(Xs, where):
    """Xs as a float64 array of shape (N, H, W, C), N >= 1."""
    images = np.asarray(Xs, dtype=np.float64)
    if images.ndim != 4 or images.size == 0:
        raise ValueError(
            f"{where}: expected one or more images as (N, H, W, C), found shape {images.shape}; "
            "reshape rows of pixels first, for example with .reshape(-1, 32, 32, 3)"
        )
    return images


def _stretch(values):
    """Values brought linearly to the range [0, 1]; all 0.5 if they are all the same."""
    low, high = values.min(), values.max()
    if low == high:
        return np.full(values.shape, 0.5)
    return (values - low) / (high - low)


def _square(images):
    """Images in rows, as many per row as makes the grid nearly square."""
    columns = math.ceil(math.sqrt(len(images)))
    return [images[start:start + columns] for start in range(0, len(images), columns)]


def _tile(rows, padding, background):
    """Rows of images in one array, with `padding` pixels of background after each image, right and below."""
    height, width, channels = np.shape(next(image for row in rows for image in row))
    columns = max(len(row) for row in rows)

    grid = np.full((len(rows) * (height + padding), columns * (width + padding), channels), background, dtype=float)
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            top, left = i * (height + padding), j * (width + padding)
            grid[top:top + height, left:left + width] = image
    return grid
