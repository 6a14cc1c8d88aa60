"""A synthetic stand-in for CIFAR-10, in CIFAR-10's own files.

Each image is a drawing of its class: a silhouette with a few details before a tinted background. The background's tint
tells a little of the class, which is what kNN and a linear classifier can see; the silhouette tells more, but it is
light or dark, mirrored, shifted, scaled, rotated and partly covered, so that it takes a net to use it.

The same seed gives the same bytes with every numpy on every platform: only the random integers of a Generator, and
elementwise arithmetic without functions such as exp or sin, whose last digit differs between libraries, are used.

    python -m cs231n.synthetic FOLDER [--train N] [--test N] [--seed S]
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import numpy as np

from ._batches import pickled
from .data_utils import CLASSES, SYNTHETIC_NOTE, TEST_FILE, TRAINING_FILES

SEED = 231
CHUNK = 500  # images drawn at a time: the working arrays stay near 6 MB each
GRID = 128  # side of a stencil, in points
REACH = 1.5  # a stencil is the square from -REACH to REACH; drawings lie between -1 and 1

# How hard it is. These give about the accuracies of CIFAR-10 (data/README.md); the other ranges below are taste.
STRAY = 33  # percent of images with the background of any class
TEXTURE = 55  # strength of the background's texture, in gray levels
CONTRAST = (20, 100)  # of the drawing with what lies behind it, in gray levels
SHIFT = 0.4  # at most, in drawing units: 16 pixels
SIZE = (0.65, 1.25)
TURN = 0.2  # tangent of half the largest angle, 23 degrees

# What a class looks like: (upper and lower background, RGB), its silhouette, and details on it in a second color.
# x points right, y down. Four numbers are an ellipse (center x, y, radius x, y), more a convex polygon (x, y, ...).
DRAWINGS = {
    "airplane": (
        ((120, 170, 225), (165, 200, 235)),
        [(0, 0, 0.95, 0.17), (-0.9, -0.55, -0.65, -0.55, -0.4, 0, -0.8, 0), (0.25, 0, -0.2, 0, -0.6, 0.62, -0.3, 0.62),
         (0.2, 0, -0.15, 0, -0.4, -0.5, -0.2, -0.5), (-0.7, 0, -0.5, 0, -0.75, 0.25, -0.9, 0.25)],
        [(0.72, -0.05, 0.1, 0.05), (0.35, -0.04, 0.05, 0.05), (0.15, -0.04, 0.05, 0.05), (-0.05, -0.04, 0.05, 0.05)],
    ),
    "automobile": (
        ((185, 185, 190), (110, 108, 112)),
        [(-0.95, -0.02, 0.9, -0.02, 0.95, 0.35, -0.95, 0.35), (-0.35, -0.42, 0.3, -0.42, 0.62, 0, -0.65, 0)],
        [(-0.52, 0.36, 0.2, 0.2), (0.52, 0.36, 0.2, 0.2), (-0.3, -0.33, -0.03, -0.33, -0.03, -0.04, -0.48, -0.04),
         (0.06, -0.33, 0.26, -0.33, 0.47, -0.04, 0.06, -0.04)],
    ),
    "bird": (
        ((190, 205, 200), (140, 165, 110)),
        [(-0.05, 0.1, 0.52, 0.3), (0.45, -0.3, 0.23, 0.22), (0.2, -0.25, 0.6, -0.15, 0.35, 0.25, 0, 0.1),
         (0.62, -0.4, 1, -0.24, 0.62, -0.18), (-0.4, 0, -1, -0.05, -0.95, 0.2, -0.4, 0.28),
         (-0.05, 0.35, 0.02, 0.35, 0.02, 0.75, -0.05, 0.75), (0.12, 0.35, 0.19, 0.35, 0.19, 0.75, 0.12, 0.75)],
        [(0.5, -0.35, 0.06, 0.06), (-0.15, 0.08, 0.33, 0.15)],
    ),
    "cat": (
        ((190, 150, 125), (150, 115, 95)),
        [(0, 0.5, 0.42, 0.48), (0, -0.28, 0.45, 0.36), (-0.43, -0.3, -0.42, -0.9, -0.05, -0.55),
         (0.43, -0.3, 0.42, -0.9, 0.05, -0.55), (0.6, 0.75, 0.4, 0.14), (0.9, 0.5, 0.1, 0.32)],
        [(-0.18, -0.34, 0.09, 0.09), (0.18, -0.34, 0.09, 0.09), (-0.07, -0.17, 0.07, -0.17, 0, -0.06),
         (-0.12, 0.6, -0.06, 0.6, -0.06, 0.95, -0.12, 0.95), (0.06, 0.6, 0.12, 0.6, 0.12, 0.95, 0.06, 0.95)],
    ),
    "deer": (
        ((105, 130, 75), (140, 130, 75)),
        [(-0.12, 0.1, 0.52, 0.22), (0.2, 0.1, 0.42, 0.2, 0.62, -0.4, 0.42, -0.45), (0.6, -0.42, 0.26, 0.12),
         (-0.58, 0.15, -0.46, 0.15, -0.46, 0.95, -0.56, 0.95), (-0.36, 0.15, -0.26, 0.15, -0.28, 0.9, -0.36, 0.9),
         (0.1, 0.15, 0.2, 0.15, 0.2, 0.9, 0.12, 0.9), (0.26, 0.15, 0.38, 0.15, 0.36, 0.95, 0.28, 0.95),
         (0.4, -0.5, 0.48, -0.5, 0.3, -1, 0.22, -1), (0.52, -0.5, 0.6, -0.5, 0.78, -1, 0.7, -1),
         (0.36, -0.72, 0.38, -0.8, 0.12, -0.78, 0.12, -0.72), (0.64, -0.72, 0.66, -0.8, 0.92, -0.78, 0.9, -0.72)],
        [(0.64, -0.46, 0.05, 0.05), (-0.62, 0.06, 0.09, 0.1)],
    ),
    "dog": (
        ((175, 165, 155), (150, 135, 105)),
        [(-0.1, 0.15, 0.58, 0.26), (0.2, 0.2, 0.45, 0.2, 0.7, -0.3, 0.38, -0.35), (0.55, -0.38, 0.27, 0.24),
         (0.6, -0.4, 0.98, -0.33, 0.98, -0.18, 0.6, -0.17), (-0.66, 0.12, -0.55, 0.05, -0.85, -0.5, -0.95, -0.45),
         (-0.62, 0.2, -0.42, 0.2, -0.44, 0.8, -0.6, 0.8), (0.2, 0.2, 0.4, 0.2, 0.38, 0.8, 0.22, 0.8)],
        [(0.38, -0.3, 0.12, 0.25), (0.64, -0.44, 0.05, 0.05), (0.97, -0.3, 0.06, 0.06)],
    ),
    "frog": (
        ((120, 140, 90), (95, 115, 70)),
        [(0, 0.2, 0.68, 0.45), (-0.36, -0.25, 0.24, 0.22), (0.36, -0.25, 0.24, 0.22), (-0.72, 0.45, 0.27, 0.3),
         (0.72, 0.45, 0.27, 0.3), (-0.6, 0.72, 0.4, 0.09), (0.6, 0.72, 0.4, 0.09)],
        [(-0.36, -0.27, 0.12, 0.12), (0.36, -0.27, 0.12, 0.12), (-0.4, 0.12, 0.4, 0.12, 0.25, 0.22, -0.25, 0.22)],
    ),
    "horse": (
        ((165, 175, 165), (130, 150, 85)),
        [(-0.15, 0.05, 0.58, 0.28), (0.1, 0.05, 0.42, 0.12, 0.72, -0.6, 0.38, -0.72),
         (0.42, -0.78, 0.66, -0.72, 0.98, -0.3, 0.82, -0.22), (-0.65, -0.1, -0.6, 0.1, -0.85, 0.6, -0.95, 0.55),
         (-0.68, 0.1, -0.48, 0.1, -0.5, 0.95, -0.62, 0.95), (-0.4, 0.15, -0.28, 0.15, -0.34, 0.9, -0.44, 0.9),
         (0.1, 0.1, 0.22, 0.1, 0.18, 0.9, 0.08, 0.9), (0.24, 0.05, 0.42, 0.05, 0.38, 0.95, 0.28, 0.95)],
        [(0.36, -0.82, 0.5, -0.78, 0.2, -0.15, 0.02, -0.2), (0.68, -0.58, 0.05, 0.05)],
    ),
    "ship": (
        ((165, 195, 220), (70, 110, 155)),
        [(-0.98, 0.15, 0.98, 0.1, 0.7, 0.55, -0.8, 0.55), (-0.6, -0.15, 0.35, -0.15, 0.35, 0.2, -0.6, 0.2),
         (-0.4, -0.4, 0.05, -0.4, 0.05, 0, -0.4, 0), (-0.25, -0.8, -0.05, -0.8, -0.05, -0.2, -0.25, -0.2),
         (0.5, -0.65, 0.56, -0.65, 0.56, 0.2, 0.5, 0.2)],
        [(-0.85, 0.36, 0.82, 0.33, 0.78, 0.42, -0.83, 0.44), (-0.45, 0, 0.06, 0.06), (-0.2, 0, 0.06, 0.06),
         (0.05, 0, 0.06, 0.06), (-0.25, -0.7, -0.05, -0.7, -0.05, -0.55, -0.25, -0.55)],
    ),
    "truck": (
        ((195, 180, 165), (125, 110, 100)),
        [(-0.98, -0.6, 0.3, -0.6, 0.3, 0.32, -0.98, 0.32), (0.36, -0.3, 0.72, -0.3, 0.95, 0.05, 0.36, 0.05),
         (0.25, 0, 0.97, 0, 0.97, 0.36, 0.25, 0.36)],
        [(-0.7, 0.4, 0.19, 0.19), (-0.25, 0.4, 0.19, 0.19), (0.66, 0.4, 0.19, 0.19),
         (0.44, -0.22, 0.67, -0.22, 0.8, 0.02, 0.44, 0.02)],
    ),
}


def write_synthetic_cifar10(folder, num_train=50000, num_test=10000, seed=SEED):
    """Write data_batch_1 to data_batch_5, test_batch and batches.meta into a new folder; returns its Path.

    Everything is drawn into a temporary folder beside it, which is renamed at the end: the folder is whole or absent.
    Classes are equally frequent in every file, up to one image. Raises FileExistsError where the folder exists, and
    ValueError for fewer than 5 training images, no test image, or a negative seed.
    """
    if num_train < 5 or num_test < 1 or seed < 0:
        raise ValueError(f"{num_train} training and {num_test} test images and seed {seed} were asked for, "
                         "expected at least 5, 1 and 0")
    folder = Path(folder)
    if folder.exists():
        raise FileExistsError(f"{folder} is already there, expected a new folder: remove it, or name another")
    folder.parent.mkdir(parents=True, exist_ok=True)
    parts = Path(tempfile.mkdtemp(prefix=folder.name + ".", suffix=".part", dir=folder.parent))
    try:
        sizes = [(num_train + i) // 5 for i in range(4, -1, -1)] + [num_test]
        for i, (name, size) in enumerate(zip((*TRAINING_FILES, TEST_FILE), sizes)):
            images, labels = draw(size, np.random.default_rng([seed, i]))
            batch = {
                "batch_label": "testing batch 1 of 1" if name == TEST_FILE else f"training batch {i + 1} of 5",
                "labels": labels.tolist(),
                "data": images.reshape(size, 3072),
                "filenames": [f"{CLASSES[c]}_s_{k:06d}.png" for k, c in enumerate(labels)],
            }
            (parts / name).write_bytes(pickled(batch))
        meta = {"num_cases_per_batch": sizes[0], "label_names": list(CLASSES), "num_vis": 3072}
        (parts / "batches.meta").write_bytes(pickled(meta))
        note = f"Synthetic stand-in for CIFAR-10, drawn by cs231n/synthetic.py with seed {seed}. Not photographs.\n"
        (parts / SYNTHETIC_NOTE).write_bytes(note.encode())
        parts.chmod(0o755)
        os.rename(parts, folder)
    finally:
        shutil.rmtree(parts, ignore_errors=True)
    return folder


def draw(count, rng):
    """Draw `count` images. Returns (images, labels): uint8 (N, 3, 32, 32), int64 (N,); rng is a numpy Generator."""
    labels = np.argsort(rng.random(count), kind="stable") % len(CLASSES)
    images = np.empty((count, 3, 32, 32), dtype=np.uint8)
    bodies, details = (np.stack([_stencil(DRAWINGS[name][part]) for name in CLASSES]) for part in (1, 2))
    for start in range(0, count, CHUNK):
        chunk = slice(start, start + CHUNK)
        images[chunk] = _draw_chunk(labels[chunk], bodies, details, rng)
    return images, labels


def _draw_chunk(labels, bodies, details, rng):
    """uint8 images (N, 3, 32, 32) of the classes `labels` (N,); bodies, details: stencils (10, GRID, GRID)."""
    N = len(labels)

    def uniform(low, high, *shape):
        """float32 (N, *shape) between low and high, in 4096 steps."""
        steps = rng.integers(0, 4097, (N, *shape)).astype(np.float32)
        return np.float32(low) + steps * np.float32((high - low) / 4096)

    # Background: the two tints of the class, or of some other class, which meet at a horizon, under a soft texture.
    scene = np.where(rng.integers(0, 100, N) < STRAY, rng.integers(0, len(CLASSES), N), labels)
    tints = np.array([DRAWINGS[name][0] for name in CLASSES], dtype=np.float32)[scene]  # (N, 2, 3)
    tints += uniform(-70, 70, 1, 1) + uniform(-25, 25, 2, 1)  # lightness of the image and of its halves
    tints += uniform(-22, 22, 1, 3) + uniform(-10, 10, 2, 3)  # hue
    pixel = np.arange(32, dtype=np.float32)
    below = np.clip((pixel - uniform(8, 26, 1)) / 4 + np.float32(0.5), 0, 1)[:, None, :, None]  # (N, 1, 32, 1)
    upper, lower = tints[:, 0, :, None, None], tints[:, 1, :, None, None]  # (N, 3, 1, 1)
    image = upper + (lower - upper) * below + _soft_field(N, TEXTURE, rng)[:, None]  # (N, 3, 32, 32)

    # The drawing, lighter or darker than the background and with details the other way round.
    points = _pose(N, uniform) + (labels * GRID * GRID)[:, None, None]  # (N, 32, 32), into all stencils in a row
    polarity = rng.integers(0, 2, (N, 1)) * 2 - 1
    behind = (tints[:, 0] + tints[:, 1]) / 2  # (N, 3)
    body = behind + polarity * uniform(*CONTRAST, 1) + uniform(-40, 40, 3)
    detail = behind - polarity * uniform(20, 90, 1) + uniform(-25, 25, 3)
    for stencils, color in ((bodies, body), (details, detail)):
        color = np.clip(color, 5, 250).astype(np.float32)[:, :, None, None]
        image += (color - image) * stencils.ravel()[points][:, None]

    # A box in front of it, or beside it; then uneven light, and grain.
    left, top, width, height = uniform(-14, 32, 1), uniform(-14, 32, 1), uniform(4, 14, 1), uniform(4, 14, 1)
    columns, rows = (pixel >= left) & (pixel < left + width), (pixel >= top) & (pixel < top + height)
    box = (rows[:, :, None] & columns[:, None, :])[:, None]  # (N, 1, 32, 32)
    image = np.where(box, uniform(20, 235, 3)[:, :, None, None], image)
    slope_x, slope_y = (uniform(-0.02, 0.02, 1) * (pixel - 16) for _ in range(2))  # (N, 32)
    image *= (uniform(0.5, 1.15, 1, 1) + slope_x[:, None, :] + slope_y[:, :, None])[:, None]
    image += rng.integers(-5, 6, image.shape, dtype=np.int8)
    return np.clip(image + np.float32(0.5), 0, 255).astype(np.uint8)


def _pose(N, uniform):
    """For each pixel of N images, the point of a stencil that it shows: indices (N, 32, 32) into GRID * GRID points.

    Each image has its own shift, size, turn, and side it looks to.
    """
    pixel = (np.arange(32, dtype=np.float32) - np.float32(15.5)) / 16
    x = (pixel - uniform(-SHIFT, SHIFT, 1))[:, None, :]
    y = (pixel - uniform(-SHIFT, SHIFT, 1))[:, :, None]
    size = uniform(*SIZE, 1, 1)
    t = uniform(-TURN, TURN, 1, 1)  # tangent of half the angle, which gives cosine and sine by division alone
    cos, sin = (1 - t * t) / (1 + t * t) / size, 2 * t / (1 + t * t) / size
    side = np.where(uniform(-1, 1, 1, 1) < 0, np.float32(-1), np.float32(1))
    points_per_unit = np.float32(GRID / (2 * REACH))
    u = (x * cos + y * sin) * (side * points_per_unit) + GRID // 2
    v = (y * cos - x * sin) * points_per_unit + GRID // 2
    u, v = (np.clip(coordinate, 0, GRID - 1).astype(np.int32) for coordinate in (u, v))
    return v * GRID + u


def _soft_field(N, strength, rng):
    """Smooth random field, float32 (N, 32, 32), between -strength and strength: 5 x 5 knots joined linearly.

    The knots are integers and the weights eighths, so that the matrix products are exact in any order of summation.
    """
    knots = rng.integers(-strength, strength + 1, (N, 5, 5)).astype(np.float32)
    pixel = np.arange(32)
    weights = np.zeros((32, 5), dtype=np.float32)
    weights[pixel, pixel // 8] = (8 - pixel % 8) / 8
    weights[pixel, pixel // 8 + 1] = (pixel % 8) / 8
    return weights @ knots @ weights.T


def _stencil(shapes):
    """The union of `shapes` as a mask with soft edges, float32 (GRID, GRID), 0 outside and 1 inside."""
    axis = (np.arange(GRID) + 0.5) * (2 * REACH / GRID) - REACH
    x, y = axis[None, :], axis[:, None]
    inside = np.zeros((GRID, GRID), dtype=bool)
    for shape in shapes:
        if len(shape) == 4:
            cx, cy, rx, ry = shape
            inside |= ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1
        else:
            corners = list(zip(shape[::2], shape[1::2]))
            edges = zip(corners, corners[1:] + corners[:1])
            sides = np.stack([(x - ax) * (by - ay) - (y - ay) * (bx - ax) for (ax, ay), (bx, by) in edges])
            inside |= (sides >= 0).all(axis=0) | (sides <= 0).all(axis=0)  # on the same side of all edges
    soft = np.zeros((GRID, GRID), dtype=np.float32)
    for shift in np.ndindex(3, 3):  # mean of 3 x 3 points; the stencil's rim is empty, so rolling round is harmless
        soft += np.roll(inside, shift, axis=(0, 1))
    return soft / 9


def main(arguments=None):
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m cs231n.synthetic", description="Draw a stand-in for CIFAR-10.")
    parser.add_argument("folder", help="new folder for the batches")
    parser.add_argument("--train", type=int, default=50000, metavar="N", help="training images (default 50000)")
    parser.add_argument("--test", type=int, default=10000, metavar="N", help="test images (default 10000)")
    parser.add_argument("--seed", type=int, default=SEED, metavar="S", help=f"seed, at least 0 (default {SEED})")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the temporary folder is removed
    try:
        folder = write_synthetic_cifar10(options.folder, options.train, options.test, options.seed)
    except ValueError as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        print(f"cs231n.synthetic: {options.folder} could not be written: {error}", file=sys.stderr)
        return 1
    print(f"{folder}: {options.train} training and {options.test} test images, a synthetic stand-in for CIFAR-10")
    return 0


if __name__ == "__main__":
    sys.exit(main())
