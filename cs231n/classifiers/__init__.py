"""The classifiers, each loaded when it is first asked for, so that one unfinished file leaves the others usable."""

from importlib import import_module

_MODULE_OF = {
    "KNearestNeighbor": "k_nearest_neighbor",
    "LinearClassifier": "linear_classifier",
    "LinearSVM": "linear_classifier",
    "Softmax": "linear_classifier",
    "TwoLayerNet": "fc_net",
    "FullyConnectedNet": "fc_net",
}

__all__ = list(_MODULE_OF)


def __getattr__(name):
    """Find a classifier in its own module (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__():
    return sorted({*globals(), *__all__})
