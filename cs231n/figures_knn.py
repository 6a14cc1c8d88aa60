"""The figures of the notebook knn that take more lines to draw than to explain. Each draws on a new figure."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from .vis_utils import COLORS, image_row

DISTANCES = (("L1", 1, "-"), ("L2", 2, "--"), ("largest difference", np.inf, ":"))


def unit_balls(a=(0.9, 0.9), b=(1.2, 0.0)):
    """All points of the plane at distance 1 from the origin, for three distances; a and b are two points to compare."""
    turn = np.linspace(0, 2 * np.pi, 721)
    circle = np.stack([np.cos(turn), np.sin(turn)])  # (2, 721), to be stretched to length 1
    plt.figure(figsize=(4.6, 4))
    for (name, order, line), color in zip(DISTANCES, COLORS):
        ball = circle / np.linalg.norm(circle, ord=order, axis=0)
        plt.plot(*ball, line, color=color, linewidth=2, label=name)
    for point, name in ((a, "a"), (b, "b")):
        plt.plot(*point, "ko")
        plt.annotate(name, point, xytext=(5, 5), textcoords="offset points")
    plt.axhline(0, color="gray", linewidth=0.6)
    plt.axvline(0, color="gray", linewidth=0.6)
    plt.axis("equal")
    plt.title("all points at distance 1 from the origin")
    plt.legend(loc="upper left", bbox_to_anchor=(1, 1))


def one_number_for_many(values):
    """The sum of absolute and of squared differences between `values` and one number, as the number moves."""
    values = np.asarray(values, dtype=float)
    number = np.linspace(values.min() - 1, values.max() + 1, 401)
    differences = np.abs(number[:, None] - values)
    fig, axes = plt.subplots(1, 2, figsize=(8.5, 2.8))
    for axis, power, best, name, color in ((axes[0], 1, np.median(values), "absolute (L1): the median", COLORS[0]),
                                           (axes[1], 2, values.mean(), "squared (L2): the mean", COLORS[3])):
        axis.plot(number, (differences**power).sum(axis=1), color=color, label="sum over the values")
        axis.axvline(best, color=color, linestyle="--", label=f"smallest at {best:.3g}")
        axis.plot(values, np.zeros(len(values)), "k|", markersize=14, label="the values")
        axis.set(title=name, xlabel="the one number")
        axis.legend(fontsize=8)
    fig.tight_layout()


def regions(points, labels, maps, side):
    """Points of the plane before the regions in which a classifier gives each label.

    Inputs:
    - points: float, shape (N, 2), between -side and side; labels: int, shape (N,), below 3
    - maps: title -> labels of a square raster of points, row by row from below, shape (side_points**2,)
    """
    colors = ListedColormap(COLORS[:3])
    fig, (axes,) = plt.subplots(1, len(maps), figsize=(3.1 * len(maps), 3.2), squeeze=False)
    for axis, (title, raster) in zip(axes, maps.items()):
        rows = int(np.sqrt(len(raster)))
        axis.imshow(np.reshape(raster, (rows, rows)), origin="lower", extent=(-side, side, -side, side), cmap=colors,
                    vmin=0, vmax=2, alpha=0.4)
        for c, marker in enumerate("os^"):
            axis.scatter(*points[labels == c].T, color=COLORS[c], marker=marker, s=22, edgecolors="black",
                         linewidths=0.5)
        axis.set(title=title, xticks=[], yticks=[], xlim=(-side, side), ylim=(-side, side))
    fig.tight_layout()


def copies(images, distances, mirrored_share):
    """An image and its copies, {name: image}, with their distances from it {name: distance}."""
    labels = [f"distance {distances[name]:.0f}" if name in distances else "" for name in images]
    image_row(list(images.values()), list(images), labels)
    print(f"For {mirrored_share:.0%} of the images some image of another class is nearer than their own mirror image.")


def difficulties(plain, drawn, right):
    """A class plain and with each difficulty, {name: image}, and the share of drawings told right, {name: share}."""
    image_row([plain, *drawn.values()], ["plain", *drawn])
    plt.figure(figsize=(8, 2.6))
    bars = plt.barh(list(right), list(right.values()), color=COLORS[0])
    plt.bar_label(bars, fmt=lambda share: f" {share:.0%}")
    plt.axvline(0.1, color="black", linestyle=":", label="guessing")
    plt.xlim(0, 1.1)
    plt.gca().invert_yaxis()
    plt.xlabel("share told right by the nearest of ten plain drawings")
    plt.legend(loc="lower right")
