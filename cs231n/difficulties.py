"""The synthetic drawings with one difficulty at a time: what makes two images of the same thing differ pixel by pixel.

`synthetic.py` mixes all of these in every image. Here each comes alone, on drawings that are otherwise plain, so that
a notebook can show what it does to a classifier that compares pixels. Source: CS231n notes, "Image classification".
"""

from functools import cache

import numpy as np

from .data_utils import CLASSES
from .synthetic import DRAWINGS, GRID, REACH, _soft_field, _stencil

NAMES = ("viewpoint", "scale", "deformation", "occlusion", "illumination", "background", "variation")
BACKGROUND, BODY, DETAIL = np.array([[185.0, 190, 195], [95, 90, 95], [215, 205, 195]])  # RGB


def draw(difficulty=None, rng=None):
    """One drawing of each class, dark before a plain light background, seen from the side and in full.

    Inputs:
    - difficulty: one of NAMES, or None for the plain drawings, which are the same every time
    - rng: a numpy Generator, which draws how the difficulty turns out; not needed for the plain ones

    Returns images, float64, shape (10, 32, 32, 3), values 0 to 255, in the order of the classes.
    """
    if difficulty is not None and difficulty not in NAMES:
        raise ValueError(f"difficulty is {difficulty!r}, expected None or one of {', '.join(NAMES)}")
    return np.stack([_draw_one(name, difficulty, rng) for name in CLASSES])


def _draw_one(name, difficulty, rng):
    axis = (np.arange(32) - 15.5) / 14
    x, y = np.meshgrid(axis, axis)  # (32, 32), a drawing lies between -1 and 1
    background, body, detail = BACKGROUND.copy(), BODY.copy(), DETAIL.copy()
    if difficulty == "viewpoint":  # from the other side, and at an angle
        x, y = -x / rng.uniform(0.6, 0.9), y + rng.uniform(0.1, 0.3) * x
    if difficulty == "scale":
        size = rng.choice([rng.uniform(0.45, 0.65), rng.uniform(1.3, 1.6)])
        x, y = x / size, y / size
    if difficulty == "deformation":  # the upper part leans one way, the middle the other
        x = x + rng.choice([-1, 1]) * 0.3 * np.sin(2.5 * y + rng.uniform(-1, 1))
        y = y + rng.choice([-1, 1]) * 0.2 * np.sin(3 * x)
    if difficulty == "variation":  # another model of the same thing: other colors, other proportions
        body, detail = rng.uniform(20, 250, size=(2, 3))
        x, y = x * rng.uniform(0.85, 1.3), y * rng.uniform(0.85, 1.3)

    image = np.broadcast_to(background, (32, 32, 3)).copy()
    if difficulty == "background":
        upper, lower = rng.uniform(60, 220, size=(2, 3))
        image = np.where(y[..., None] < rng.uniform(-0.3, 0.3), upper, lower) + _soft_field(1, 70, rng)[0][..., None]
    for stencil, color in zip(_stencils(name), (body, detail)):
        image += (color - image) * _shown(stencil, x, y)[..., None]
    if difficulty == "occlusion":  # a board covers about a half
        start = rng.integers(0, 17)
        covered = (slice(None), slice(start, start + 16)) if rng.integers(2) else (slice(start, start + 16),)
        image[covered] = rng.uniform(40, 220, size=3)
    if difficulty == "illumination":  # evening, with a lamp at one side
        image *= rng.uniform(0.25, 0.5) + 0.2 * rng.choice([-1, 1]) * axis[None, :, None]
    return np.clip(image, 0, 255)


@cache
def _stencils(name):
    """The silhouette of a class and its details, each (GRID, GRID)."""
    return tuple(_stencil(shapes) for shapes in DRAWINGS[name][1:])


def _shown(stencil, x, y):
    """What the stencil (GRID, GRID) has at the points x, y, each (32, 32)."""
    column, row = (np.clip((c + REACH) * GRID / (2 * REACH), 0, GRID - 1).astype(int) for c in (x, y))
    return stencil[row, column]
