"""A plane with nine points and three linear classifiers: what the losses of the course make of them."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from cs231n.demos._widget import Demo, called, numbers, pair
from cs231n.vis_utils import COLORS


class Plane(Demo):
    """Drag points and lines, choose the loss and the strength of the penalty, take steps against the gradient.

    Inputs:
    - svm_loss, softmax_loss: your functions, (W, X, y, reg) -> (loss, dW)

    A point (x, y) is the row (x, y, 1) of X, so that the last row of W, of shape (3, 3), holds the biases. One against
    all is the SVM of two classes for each class by itself: scores s/2 and -s/2 differ by s.
    """

    TITLE = "Three linear classifiers in a plane"
    ABOUT = ("Each class has a score that is linear in x and y. On its line the score is 0, and the arrow points to "
             "where it grows, the faster the longer it is. The colors of the plane show which score is the largest. "
             "Drag points, lines and tips of arrows, or move them with the arrow keys; then take steps against the "
             "gradient.")
    START = {
        "kind": "hinge", "reg": 0.1, "rate": 0.1,
        "points": [[0.5, 0.4, 0], [0.8, 0.3, 0], [0.3, 0.8, 0], [-0.4, 0.3, 1], [-0.3, 0.7, 1], [-0.7, 0.2, 1],
                   [0.7, -0.4, 2], [0.5, -0.6, 2], [-0.4, -0.5, 2]],
        "W": [[1.0, -1.0, 0.3], [0.6, 0.4, -1.2], [-0.2, -0.1, 0.1]],
    }

    def __init__(self, svm_loss, softmax_loss):
        self._losses = {"hinge": svm_loss, "one-against-all": svm_loss, "softmax": softmax_loss}
        super().__init__()

    def compute(self, asked):
        """{"loss", "data": the same without the penalty, "losses": of each point alone, "slopes": gradient of loss}"""
        points, W = np.array(asked["points"], dtype=float), np.array(asked["W"], dtype=float)
        X, y = np.column_stack([points[:, :2], np.ones(len(points))]), points[:, 2].astype(int)
        loss, slopes = self._loss(asked["kind"], W, X, y, asked["reg"])
        data, _ = self._loss(asked["kind"], W, X, y, 0.0)
        losses = [self._loss(asked["kind"], W, X[i:i + 1], y[i:i + 1], 0.0)[0] for i in range(len(X))]
        return {"loss": loss, "data": data, "losses": losses, "slopes": slopes.tolist()}

    def _loss(self, kind, W, X, y, reg):
        """(loss, dW) by the student's function, checked."""
        if kind != "one-against-all":
            return self._called(kind, W, X, y, reg)
        loss, slopes = 0.0, np.zeros(W.shape)
        for c in range(W.shape[1]):
            halves = np.stack([W[:, c], -W[:, c]], axis=1) / 2
            one, dhalves = self._called(kind, halves, X, (y != c).astype(int), 2 * reg)
            loss, slopes[:, c] = loss + one, (dhalves[:, 0] - dhalves[:, 1]) / 2
        return loss, slopes

    def _called(self, kind, W, X, y, reg):
        function = self._losses[kind]
        name = getattr(function, "__name__", f"the loss of {kind}")
        loss, dW = pair(name, called(name, function, W.copy(), X.copy(), y.copy(), reg), "a loss and dW")
        return float(numbers(f"the loss of {name}", loss, ())), numbers(f"dW of {name}", dW, W.shape)

    def picture(self, asked, answer):
        W, reach = np.array(asked["W"]), np.linspace(-1.2, 1.2, 241)
        x, y = np.meshgrid(reach, reach)
        scores = np.stack([x, y, np.ones_like(x)], axis=2).dot(W)
        plt.figure(figsize=(5, 5))
        plt.imshow(scores.argmax(axis=2), origin="lower", extent=(-1.2, 1.2, -1.2, 1.2),
                   cmap=ListedColormap(COLORS[:3]), vmin=0, vmax=2, alpha=0.25)
        for c, marker in enumerate("os^"):
            plt.contour(x, y, scores[..., c], levels=[0], colors=COLORS[c])
            mine = [point[:2] for point in asked["points"] if point[2] == c]
            plt.scatter(*np.transpose(mine), color=COLORS[c], marker=marker, edgecolors="black", s=50, zorder=3)
        for (at_x, at_y, _), loss in zip(asked["points"], answer["losses"]):
            plt.annotate(f"{loss:.2f}", (at_x, at_y), xytext=(6, 5), textcoords="offset points", fontsize=8)
        plt.title(f"{asked['kind']}: loss {answer['loss']:.3f}, without penalty {answer['data']:.3f}")
