"""What a student's machine has and a sandbox has not: code that asks for it is told so, and goes on.

It runs among a student's code, so nothing hangs on it but that a right solution keeps its points.
"""

import functools
import sys

from matplotlib import pyplot
from matplotlib.backends import BackendFilter, backend_registry

MAGICS = {"lprun", "memit", "mprun", "store", "tensorboard", "watermark"}
_WINDOWS = {"widget", *backend_registry.list_builtin(BackendFilter.INTERACTIVE)}       # of matplotlib
WINDOWLESS = {"inline", *backend_registry.list_builtin(BackendFilter.NON_INTERACTIVE)}


def not_here(what: str) -> None:
    print(f"not there while grading: {what}", file=sys.stderr)


def draw_inline() -> None:
    """Code that asks matplotlib for a window or a widget goes on with the figures of a notebook."""
    switch = pyplot.switch_backend

    @functools.wraps(switch)
    def switch_backend(newbackend: str) -> None:
        name = str(newbackend).lower()
        if name in _WINDOWS or "ipympl" in name:
            not_here(f"matplotlib's {newbackend}; figures are drawn inline")
        else:
            switch(newbackend)

    pyplot.switch_backend = switch_backend
