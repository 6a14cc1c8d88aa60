"""Probe of the search in features.ipynb."""

from grading.trials.probes.nets import probe
from grading.trials.probes.searches import RIGHT


def _arranged(names, keys):
    yield "settings", RIGHT if len(keys) >= 4 else "few"


def _images(names):
    data = names["data"]
    return data["X_val"], data["y_val"], len(data["y_train"]), len(names["raw"]["y_test"])


PROBES = {"features-best_net-solution": probe("best_net", _arranged, _images)}
