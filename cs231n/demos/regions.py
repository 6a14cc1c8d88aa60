"""A plane in which every place is given the label of its nearest points."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from scipy.spatial.distance import cdist

from cs231n.demos._widget import Demo, Trouble, called, numbers
from cs231n.vis_utils import COLORS

SIDE, FINE = 3.0, 48          # the plane reaches from -SIDE to SIDE, and is asked in the middle of FINE x FINE squares
LINE = SIDE * ((2 * np.arange(FINE) + 1) / FINE - 1)


def _points():
    rng, labels = np.random.default_rng(2), np.arange(27) % 3
    centers = np.array([[-1.0, -0.6], [1.0, -0.6], [0.0, 1.1]])
    places = np.clip(centers[labels] + 0.85 * rng.normal(size=(27, 2)), -2.8, 2.8)
    return [[*place, int(label)] for place, label in zip(places.round(2).tolist(), labels)]


class Regions(Demo):
    """Drag points, and the cross whose neighbors are shown; choose k and the distance.

    Inputs:
    - classifier: your class KNearestNeighbor; L2 is its compute_distances_no_loops, L1 is scipy's, and predict_labels
      votes in both cases
    """

    TITLE = "The regions of k nearest neighbors"
    ABOUT = ("Every place of the plane has the color of the label that the vote of its k nearest points gives it. The "
             "cross shows who votes at one place. Drag points or the cross, or move them with the arrow keys.")
    START = {"k": 3, "distance": "L2", "cross": [0.2, -0.2], "points": _points()}

    def __init__(self, classifier):
        self._classifier = classifier
        super().__init__()

    def compute(self, asked):
        """{"labels": of the squares, row by row from below, "label": at the cross, "distances": of points from it}"""
        points, k = np.array(asked["points"], dtype=float), int(asked["k"])
        labels = points[:, 2].astype(int)
        knn = called("KNearestNeighbor", self._classifier)
        called("train", knn.train, points[:, :2].copy(), labels.copy())
        places = np.stack([np.tile(LINE, FINE), np.repeat(LINE, FINE)], axis=1)
        places = np.concatenate([places, [asked["cross"]]])
        if asked["distance"] == "L2":
            name = "compute_distances_no_loops"
            dists = numbers(f"what {name} returned", called(name, knn.compute_distances_no_loops, places.copy()),
                            (len(places), len(points)))
        else:
            dists = cdist(places, points[:, :2], "cityblock")
        found = numbers("what predict_labels returned",
                        called("predict_labels", lambda: knn.predict_labels(dists.copy(), k=k)), (len(places),))
        if odd := set(found.tolist()) - {0, 1, 2}:
            raise Trouble(f"predict_labels returned {min(odd):g}, which is the label of no point; they have 0, 1, 2.")
        return {"labels": found[:-1].astype(int).tolist(), "label": int(found[-1]), "distances": dists[-1].tolist()}

    def picture(self, asked, answer):
        plt.figure(figsize=(5, 5))
        plt.imshow(np.reshape(answer["labels"], (FINE, FINE)), origin="lower", extent=(-SIDE, SIDE, -SIDE, SIDE),
                   cmap=ListedColormap(COLORS[:3]), vmin=0, vmax=2, alpha=0.35)
        for c, marker in enumerate("os^"):
            mine = [point[:2] for point in asked["points"] if point[2] == c]
            plt.scatter(*np.transpose(mine), color=COLORS[c], marker=marker, edgecolors="black", s=40)
        plt.title(f"k = {asked['k']}, {asked['distance']}")
