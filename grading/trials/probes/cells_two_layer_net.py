"""Probe of the search in two_layer_net.ipynb."""

from grading.trials.probes.nets import probe
from grading.trials.probes.searches import RIGHT


def _arranged(names, keys):
    yield "settings", RIGHT if len(keys) >= 4 else "few"


def _images(names):
    data = names["data"]
    return data["X_val"], data["y_val"], len(data["y_train"]), len(data["y_test"])


PROBES = {"two_layer_net-best_model-solution": probe("best_model", _arranged, _images)}
