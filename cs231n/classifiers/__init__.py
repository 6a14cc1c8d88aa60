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

# For `import *`. FullyConnectedNet is asked for by name: fc_net.py has it from assignment2 on.
__all__ = [name for name in _MODULE_OF if name != "FullyConnectedNet"]


def __getattr__(name):
    """Find a classifier in its own module (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(_MODULE_OF)}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__():
    return sorted({*globals(), *_MODULE_OF})
