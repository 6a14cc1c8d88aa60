"""Histograms of oriented gradients as scikit-image counts them: what cs231n.features is compared with.

    python grading/tests/package/skimage_hog.py      # where scikit-image is installed: writes expected/hog.json again

The two define different things: scikit-image takes the difference of the two neighbors of a pixel, the lesson that of a
pixel and the next; its angle is that of the gradient, the lesson's that of the edge; and it divides by a norm. One
quantity both define: how a bowl's edges share in the directions and cells of a block. On a parabola the difference of
the neighbors of a point half a pixel on is twice the difference of a pixel and the next; bins of 10 degrees, two
together and a right angle on, are the lesson's; and what a block is divided by falls out of the shares.
"""

import json
import re
from pathlib import Path

import numpy as np

EXPECTED = Path(__file__).parent / "expected" / "hog.json"
SIDE, CELLS = 40, slice(1, 4)        # pixels; the cells that no border touches
BOWLS = {                            # v = a (c - left)**2 + b (r - top)**2 + base, row r and column c
    "right of its middle": (0.06, -3.3, 0.09, 17.7, 20.0),
    "dome": (-0.05, 44.2, -0.07, 21.3, 240.0),
    "saddle": (0.07, -2.1, -0.08, 22.9, 90.0),
    "a narrow ridge": (0.01, -9.4, -0.2, 18.6, 190.0),
}


def bowl(name, further=0.0):
    """Gray values, shape (SIDE, SIDE), brighter from left to right; looked at so many pixels further on."""
    a, left, b, top, base = BOWLS[name]
    r, c = np.mgrid[:SIDE, :SIDE] + further
    return a * (c - left) ** 2 + b * (r - top) ** 2 + base


def stored_shares():
    """name -> shape (3, 3, 9): of all edges in the nine cells inside, how much is in which cell and direction."""
    described = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return {name: np.array(shares).reshape(3, 3, 9) for name, shares in described["shares"].items()}


def skimage_shares(name):
    from skimage.feature import hog

    blocks = hog(bowl(name, further=0.5), orientations=18, pixels_per_cell=(8, 8), cells_per_block=(3, 3),
                 block_norm="L1", feature_vector=False)                    # one block for each place of its first cell
    fine = np.roll(blocks[CELLS.start, CELLS.start], 9, axis=-1)           # (3, 3, 18), a right angle on
    shares = fine.reshape(3, 3, 9, 2).sum(axis=-1)
    return shares / shares.sum()


def write_expected():
    import skimage

    shares = {name: [float(f"{share:.9g}") for share in skimage_shares(name).ravel()] for name in BOWLS}
    described = {"made_by": f"grading/tests/package/skimage_hog.py, scikit-image {skimage.__version__}",
                 "shares": shares}
    text = re.sub(r"\s+(?=[-\d\]])", " ", json.dumps(described, indent=1))
    EXPECTED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_expected()
