"""Probes of cs231n/classifiers/softmax.py."""

from grading.trials.probes.losses import linear_loss

_MODULE = "cs231n.classifiers.softmax"
PROBES = {
    "softmax_loss_naive": linear_loss(_MODULE, "softmax_loss_naive", softmax=True, vectorized=False),
    "softmax_loss_vectorized": linear_loss(_MODULE, "softmax_loss_vectorized", softmax=True, vectorized=True),
}
