"""The figures of the notebook softmax that take more lines to draw than to explain. Each draws on a new figure."""

import matplotlib.pyplot as plt
import numpy as np

from .vis_utils import COLORS

LINES = ("-", "--", "-.", ":")


def temperatures(scores, probabilities):
    """The probabilities of the same scores at several temperatures, {temperature: p}, side by side."""
    fig, (axes,) = plt.subplots(1, len(probabilities), figsize=(2.4 * len(probabilities), 2.4), sharey=True,
                                squeeze=False)
    names = [f"{score:g}" for score in scores]
    for axis, (temperature, p) in zip(axes, probabilities.items()):
        axis.bar_label(axis.bar(names, p, color=COLORS[0]), fmt="%.2f", fontsize=8)
        axis.set(title=f"temperature {temperature:g}", ylim=(0, 1.15), xlabel="score")
    axes[0].set_ylabel("probability")
    fig.tight_layout()


def surprise():
    """The surprise -log p, and the entropy of two outcomes."""
    p = np.linspace(0.001, 0.999, 500)
    fig, axes = plt.subplots(1, 2, figsize=(8.5, 2.8))
    axes[0].plot(p, -np.log(p), color=COLORS[0], linewidth=2)
    for at in (0.1, 0.5, 1.0):
        axes[0].plot(at, -np.log(at), "ko")
        axes[0].annotate(f"{abs(np.log(at)):.2f} nats", (at, -np.log(at)), xytext=(6 if at < 1 else -46, 8),
                         textcoords="offset points")
    axes[0].set(title="surprise of one outcome", xlabel="its probability p", ylabel="-log p, in nats", ylim=(-0.3, 5))
    axes[1].plot(p, -p * np.log(p) - (1 - p) * np.log(1 - p), color=COLORS[3], linewidth=2)
    axes[1].axhline(np.log(2), color="gray", linestyle=":", label="log 2")
    axes[1].set(title="entropy of two outcomes", xlabel="probability of the first", ylabel="nats", ylim=(0, 0.8))
    axes[1].legend(loc="lower center")
    fig.tight_layout()


def jacobian(dL_dp, dp_ds, dL_ds, right):
    """A row of slopes times the matrix of slopes is a row of slopes: dL/dp (C,), dp/ds (C, C), dL/ds (C,)."""
    C = len(dL_dp)
    fig, axes = plt.subplots(1, 3, figsize=(10, 3.4), width_ratios=[C, 1.3 * C, C])
    for axis, values, title in ((axes[0], dL_dp[None], "dL/dp"), (axes[1], dp_ds, "times dp/ds"),
                                (axes[2], dL_ds[None], "is dL/ds = p - 1[right class]")):
        largest = np.abs(values).max()
        axis.imshow(values, cmap="PuOr", vmin=-1.3 * largest, vmax=1.3 * largest)
        for (row, column), value in np.ndenumerate(values):
            axis.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=9,
                      color="white" if abs(value) > 0.7 * largest else "black")
        axis.set(title=title, xticks=range(C), yticks=range(len(values)) if len(values) > 1 else [],
                 xlabel="class" if len(values) == 1 else "score of class")
    axes[1].set_ylabel("p of class")
    fig.suptitle(f"class {right} is right", y=0.08, x=0.12, fontsize=9)
    fig.tight_layout()


def epsilon(behind, losses, slopes):
    """Loss, and its slope, against how far the right class is behind, {name: values} each."""
    fig, axes = plt.subplots(1, 2, figsize=(9, 2.9))
    for axis, curves, label in ((axes[0], losses, "loss"), (axes[1], slopes, "slope of the loss")):
        for (name, values), color, line in zip(curves.items(), (COLORS[0], COLORS[3], COLORS[1]), LINES):
            axis.plot(behind, values, color=color, linestyle=line, linewidth=2, label=name)
        axis.set(xlabel="how far the right class is behind", ylabel=label)
    axes[0].legend()
    fig.tight_layout()


def wrong_start(right, behind, slopes):
    """The probability of the right class step by step, and the slopes that drive it, {loss: values} each."""
    fig, axes = plt.subplots(1, 2, figsize=(9, 2.9))
    for axis, curves, x in ((axes[0], right, None), (axes[1], slopes, behind)):
        for (name, values), color, line in zip(curves.items(), (COLORS[0], COLORS[3]), LINES):
            axis.plot(np.arange(len(values)) if x is None else x, values, color=color, linestyle=line, linewidth=2,
                      label=name)
    axes[0].set(xlabel="step", ylabel="probability of the right class", ylim=(-0.03, 1.03))
    axes[1].set(xlabel="how far the right class is behind", ylabel="length of dL/ds")
    axes[1].axvline(0, color="gray", linewidth=0.8)
    axes[0].legend()
    fig.tight_layout()


def strength(regs, accuracies, searched, chosen):
    """Validation accuracy against reg: accuracies (regs, seeds); the range that was searched, and what it chose."""
    plt.figure(figsize=(7, 3))
    plt.axvspan(*searched, color=COLORS[5], alpha=0.25, label="the range that was searched")
    plt.plot(np.repeat(regs, accuracies.shape[1]), accuracies.ravel(), ".", color="gray", label="one training")
    plt.plot(regs, accuracies.mean(axis=1), "o-", color=COLORS[0], label="mean")
    plt.axvline(chosen, color=COLORS[3], linestyle="--", label="chosen by the search")
    plt.xscale("log")
    plt.xlabel("reg")
    plt.ylabel("validation accuracy")
    plt.legend(loc="upper left", bbox_to_anchor=(1, 1))
