"""Probes of cs231n/classifiers/linear_svm.py."""

from grading.trials.probes.losses import linear_loss

_MODULE = "cs231n.classifiers.linear_svm"
PROBES = {
    "svm_loss_naive": linear_loss(_MODULE, "svm_loss_naive", softmax=False, vectorized=False),
    "svm_loss_vectorized": linear_loss(_MODULE, "svm_loss_vectorized", softmax=False, vectorized=True),
}
