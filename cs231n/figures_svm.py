"""The figures of the notebook svm that take more lines to draw than to explain. Each draws on a new figure."""

import matplotlib.pyplot as plt
import numpy as np

from .vis_utils import COLORS

LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


def steepest(slopes, steepest_slope):
    """A histogram of the slopes along random directions, and that along the gradient."""
    plt.figure(figsize=(7, 2.4))
    plt.hist(slopes, bins=30, color=COLORS[0], label=f"{len(slopes)} random directions")
    plt.axvline(steepest_slope, color=COLORS[3], linestyle="--", linewidth=2, label="along the gradient")
    plt.xlabel("slope of the loss, per unit of length")
    plt.ylabel("directions")
    plt.legend(loc="upper center")


def strategies(losses):
    """The smallest loss so far against the number of losses asked for, {name: list}."""
    plt.figure(figsize=(7, 3))
    for (name, values), color, line in zip(losses.items(), (COLORS[4], COLORS[1], COLORS[0]), LINES):
        plt.plot(1 + np.arange(len(values)), np.minimum.accumulate(values), line, color=color, linewidth=2, label=name)
    plt.xlabel("calls of svm_loss_vectorized")
    plt.ylabel("smallest loss so far")
    plt.legend()


def landscape(steps, one, all_, plane):
    """The loss along a line, of one image and of all, and over a plane.

    Inputs:
    - steps: where, shape (S,); one, all_: losses there, shape (S,)
    - plane: losses, shape (P, P), over the square from -1.5 to 1.5 in both directions
    """
    fig, axes = plt.subplots(1, 3, figsize=(10, 3))
    for axis, values, title, color in ((axes[0], one, "one image, along a line", COLORS[0]),
                                       (axes[1], all_, "many images, along the line", COLORS[3])):
        axis.plot(steps, values, color=color, linewidth=2)
        axis.set(title=title, xlabel="how far along the line", ylabel="loss")
    bent = 1 + np.flatnonzero(np.abs(np.diff(one, 2)) > 1e-9)  # between two of these the loss is a straight piece
    axes[0].plot(steps[bent], np.array(one)[bent], "k.", label="kinks")
    axes[0].legend()
    shown = axes[2].contourf(*2 * [np.linspace(-1.5, 1.5, len(plane))], plane, levels=14, cmap="cividis")
    axes[2].set(title="many images, over a plane", xlabel="first direction", ylabel="second direction")
    fig.colorbar(shown, ax=axes[2], label="loss")
    fig.tight_layout()


def fan(histories):
    """Loss against iteration for several learning rates, {learning rate: losses}, each smoothed a little."""
    plt.figure(figsize=(7, 3.4))
    for (rate, losses), color, line in zip(histories.items(), COLORS, LINES):
        smooth = np.convolve(losses, np.full(10, 0.1), mode="valid") if len(losses) > 20 else losses
        plt.plot(smooth, color=color, linestyle=line, linewidth=2, label=f"learning rate {rate:g}")
    plt.yscale("log")
    plt.yticks((5, 10, 20, 50, 100), (5, 10, 20, 50, 100))
    plt.minorticks_off()
    plt.xlabel("iteration")
    plt.ylabel("loss, mean of ten mini-batches")
    plt.legend(loc="upper left", bbox_to_anchor=(1, 1))


def preparations(rates, losses):
    """Validation loss against the learning rate for each way to prepare the input, {name: losses}."""
    plt.figure(figsize=(7, 3.4))
    for (name, values), color, line, marker in zip(losses.items(), COLORS, LINES, "osD^v"):
        plt.plot(rates, values, color=color, linestyle=line, marker=marker, label=name)
    plt.xscale("log")
    plt.ylim(5, 14)
    plt.axhline(9, color="gray", linewidth=0.8)
    plt.xlabel("learning rate")
    plt.ylabel("validation loss")
    plt.legend(loc="upper left", bbox_to_anchor=(1, 1))


def luck(table, grids, randoms):
    """Many searches in one table of accuracies: the table, and the best of each search as two histograms.

    Inputs:
    - table: validation accuracies, shape (learning rates, strengths)
    - grids, randoms: the best accuracy that each search found
    """
    fig, axes = plt.subplots(1, 2, figsize=(10, 3.2))
    shown = axes[0].imshow(table.T, origin="lower", cmap="cividis", aspect="auto")
    axes[0].set(title="accuracy of every pair", xlabel="learning rate, from small to large",
                ylabel="reg, from small to large", xticks=[], yticks=[])
    fig.colorbar(shown, ax=axes[0])
    low, high = min(*grids, *randoms), max(*grids, *randoms)
    bins = np.linspace(low - 0.001, high + 0.001, 24)
    axes[1].hist(grids, bins=bins, color=COLORS[0], alpha=0.75, label=f"grid, mean {np.mean(grids):.1%}")
    axes[1].hist(randoms, bins=bins, histtype="step", color=COLORS[3], linewidth=2, hatch="//",
                 label=f"random, mean {np.mean(randoms):.1%}")
    axes[1].set(title="best of nine pairs, in many searches", xlabel="validation accuracy", ylabel="searches")
    axes[1].legend(loc="upper left")
    fig.tight_layout()


def strengths(regs, curves):
    """Training and validation accuracy against reg, {title: (training, validation)}, side by side."""
    fig, (axes,) = plt.subplots(1, len(curves), figsize=(4.5 * len(curves), 3), sharey=True, squeeze=False)
    for axis, (title, (training, validation)) in zip(axes, curves.items()):
        axis.plot(regs, training, "o--", color=COLORS[1], label="training")
        axis.plot(regs, validation, "s-", color=COLORS[0], label="validation")
        axis.set(xscale="log", title=title, xlabel="reg")
        axis.legend()
    axes[0].set_ylabel("accuracy")
    fig.tight_layout()


def margins(points, labels, fits):
    """Two kinds of points and the lines that tell them apart.

    Inputs:
    - points: float, shape (N, 2); labels: int, shape (N,), 0 or 1
    - fits: {title: W}, W (3, 2): weights with the bias in the last row
    """
    fig, (axes,) = plt.subplots(1, len(fits), figsize=(3.4 * len(fits), 3.4), sharey=True, squeeze=False)
    x = np.array([-4.0, 4.0])
    for axis, (title, W) in zip(axes, fits.items()):
        lead = (np.c_[points, np.ones(len(points))] @ (W[:, 1] - W[:, 0])) * (2 * labels - 1)
        a, b, c = W[:, 1] - W[:, 0]
        for level, line in ((-1, ":"), (0, "-"), (1, ":")):
            axis.plot(x, (level - c - a * x) / b, color="black", linestyle=line, linewidth=2 if level == 0 else 1)
        for kind, marker in enumerate("os"):
            axis.scatter(*points[labels == kind].T, color=COLORS[3 * kind], marker=marker, s=26)
        support = lead < 1.02
        axis.scatter(*points[support].T, s=130, facecolors="none", edgecolors="black", linewidths=1.5)
        axis.set(title=f"{title}\nwidth {2 / np.hypot(a, b):.2f}", xlim=(-3, 3), ylim=(-3, 3), xticks=[], yticks=[])
    fig.tight_layout()


def sparse(weights, names, chosen):
    """Templates, and all weights by size, of classifiers trained with different penalties.

    Inputs:
    - weights: {penalty: W}, W of shape (3 * side**2 + 1, C); names: the classes; chosen: which of them to show
    """
    fig, axes = plt.subplots(1, len(chosen) * len(weights) + 1, figsize=(10, 2.6),
                             width_ratios=[1] * len(chosen) * len(weights) + [2])
    places = iter(axes[:-1])
    for (penalty, W), color, line in zip(weights.items(), (COLORS[0], COLORS[3]), LINES):
        for c in chosen:
            axis, template = next(places), W[:-1, c]
            largest = np.percentile(np.abs(template), 99)
            side = int(np.sqrt(len(template) / 3))
            axis.imshow(np.clip(0.5 + template / (2 * largest), 0, 1).reshape(side, side, 3))
            axis.set(title=f"{penalty}\n{names[c]}", xticks=[], yticks=[])
        axes[-1].plot(np.linspace(0, 100, W[:-1].size), np.sort(np.abs(W[:-1].ravel())), color=color, linestyle=line,
                      linewidth=2, label=penalty)
    axes[-1].set(title="all weights, by size", xlabel="percent of the weights", ylabel="size")
    axes[-1].legend()
    fig.tight_layout()
