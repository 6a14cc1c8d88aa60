"""Probe of the search in deep_nets.ipynb."""

import numpy as np

from grading.trials.probes.nets import probe
from grading.trials.probes.searches import RIGHT, only


def _arranged(names, keys):
    rates, number, low, high = np.array(keys, dtype=float), names["num_rates"], names["low"], names["high"]
    yield "settings", RIGHT if len(rates) >= number else "few"
    if np.array_equal(np.sort(rates) - rates.min(), np.arange(len(rates))) and rates.min() in (0, 1):
        yield "rates", "positions"
        return
    if len(rates) < number // 2:                             # of a few, chance may leave out whole decades
        return
    inside = rates.min() > 0.999 * low and rates.max() < 1.001 * high
    spread = np.log(rates.max() / rates.min()) / np.log(high / low)
    if rates.max() < 0:
        yield "rates", "logarithms" if rates.min() > 1.01 * np.log(low) else ...
        return
    if rates.min() > 0.999 * 10**low and rates.max() < 1.001 * 10**high:
        yield "rates", "powers of the bounds"
        return
    narrow = inside and rates.max() < 100 * rates.min()
    yield "rates", only((RIGHT, inside and np.mean(rates < 1e-2) >= 0.3 and not narrow),
                        ("within two decades", narrow and np.mean(rates < 1e-2) >= 0.3),
                        ("uniform", inside and np.mean(rates < 1e-2) < 0.3 and rates.min() < 0.3 * high),
                        ("beyond the range", rates.min() < low and rates.max() <= high and 1.3 < spread < 2.31))


def _images(names):
    data = names["data"]
    return data["X_val"], data["y_val"], len(data["y_train"]), len(data["y_test"])


PROBES = {"deep_nets-search-solution": probe("best_net", _arranged, _images, "adam")}
