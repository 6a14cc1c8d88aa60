"""Features of images: what a classifier sees in place of pixels.

Images are float or uint8, shape (H, W, 3), with red, green and blue from 0 to 255 unless a function says otherwise. A
feature function takes one image and returns a row of numbers, shape (F,). What is handed in is not modified.
"""

import numpy as np
from matplotlib.colors import rgb_to_hsv

ORIENTATIONS = 9    # bins of an edge's direction, 20 degrees each
CELL = 8            # side of a cell, in pixels


def extract_features(imgs, feature_fns, verbose=False):
    """Apply several feature functions to each of many images.

    Inputs:
    - imgs: N images, shape (N, H, W, 3)
    - feature_fns: a list of K functions; function k takes one image (H, W, 3) and returns F_k numbers, shape (F_k,)
    - verbose: print a line for each 1000 images

    Returns:
    - features: float, shape (N, F_1 + ... + F_K), a row per image: what the functions return, one after the other
    """
    ### BEGIN SOLUTION
    rows = []
    for number, image in enumerate(imgs, start=1):
        rows.append(np.concatenate([feature(image) for feature in feature_fns]))
        if verbose and number % 1000 == 0:
            print(f"features of {number} / {len(imgs)} images")
    return np.array(rows, dtype=float)
    ### END SOLUTION


def rgb2gray(rgb):
    """How bright each pixel looks: 0.299 red + 0.587 green + 0.114 blue.

    Inputs:
    - rgb: shape (..., 3), such as one image (H, W, 3)

    Returns:
    - gray: float, shape (...)
    """
    ### BEGIN SOLUTION
    return rgb @ np.array([0.299, 0.587, 0.114])
    ### END SOLUTION


def hog_feature(im):
    """Histogram of oriented gradients (HOG): how much edge of which direction there is in each cell of 8 x 8 pixels.

    - gray: the image in gray, by rgb2gray
    - gx[r, c] = gray[r, c + 1] - gray[r, c], zero in the last column; gy[r, c] = gray[r + 1, c] - gray[r, c], zero in
      the last row
    - the magnitude of a gradient is its length; an edge runs across the gradient, so that its angle is that of the
      gradient, arctan2(gy, gx) in degrees, plus 90, modulo 180: from 0 (included) to 180 (left out)
    - bin b of a cell counts its pixels with angles from 20 b (included) to 20 (b + 1) (left out), each by its
      magnitude; the sum is divided by the 64 pixels of the cell

    Inputs:
    - im: one image, shape (H, W, 3); H and W are multiples of 8

    Returns:
    - hog: float, shape (H // 8 * W // 8 * 9,): the 9 bins of the first cell, of the one to the right of it, and so on,
      row by row of cells (column by column will do as well)

    Source: Dalal and Triggs, "Histograms of oriented gradients for human detection", 2005, without their blocks.
    """
    ### BEGIN SOLUTION
    gray = rgb2gray(im)                                                  # (H, W)
    gx, gy = np.zeros(gray.shape), np.zeros(gray.shape)
    gx[:, :-1] = gray[:, 1:] - gray[:, :-1]
    gy[:-1] = gray[1:] - gray[:-1]
    magnitude = np.sqrt(gx**2 + gy**2)
    angle = (np.degrees(np.arctan2(gy, gx)) + 90) % 180
    bins = (angle // (180 / ORIENTATIONS)).astype(int) % ORIENTATIONS    # a tiny angle below 0 has become 180

    H, W = gray.shape
    weights = np.where(bins[:, :, np.newaxis] == np.arange(ORIENTATIONS), magnitude[:, :, np.newaxis], 0.0)
    cells = weights.reshape(H // CELL, CELL, W // CELL, CELL, ORIENTATIONS).mean(axis=(1, 3))
    return cells.ravel()
    ### END SOLUTION


def color_histogram_hsv(im, nbin=10, xmin=0, xmax=255, normalized=True):
    """Histogram of the hue: how much of the image has which color, however bright or pale.

    Hue runs once around the circle of colors: 0 is red, 1/3 green, 2/3 blue, and towards 1 red again. It is the first
    channel of `rgb_to_hsv` (imported above), which takes and returns numbers from 0 to 1; here it is stretched by xmax.

    Inputs:
    - im: one image, shape (H, W, 3), with values from 0 to xmax
    - nbin: number of bins, of equal width, from xmin to xmax
    - normalized: divide the numbers of pixels by how many were counted, so that the bins add up to 1

    Returns:
    - hist: shape (nbin,); hue below xmin is not counted
    """
    ### BEGIN SOLUTION
    hue = rgb_to_hsv(im / xmax)[:, :, 0] * xmax
    counts, _ = np.histogram(hue, bins=nbin, range=(xmin, xmax))
    return counts / counts.sum() if normalized else counts
    ### END SOLUTION
