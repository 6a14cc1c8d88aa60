"""What a zygote has done before it forks, so that no child has to: imports, a first figure, a first cell."""

import importlib
import io
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from grading.engine import glovebox

ROLES = ("candidate", "examiner")
_LIBRARIES = ("scipy.special", "scipy.spatial.distance", "scipy.optimize", "matplotlib.pyplot", "matplotlib.figure",
              "matplotlib_inline.backend_inline", "IPython", "IPython.extensions.autoreload")


def warm(given: Path) -> tuple:
    """Import what submissions import, and do once what is slow the first time. Returns (the shell, role -> module)."""
    import_all(given)
    from grading.engine.shell import Shell

    shell = Shell()
    roles = {role: importlib.import_module(f"grading.engine.{role}") for role in ROLES}
    shell.take_for_granted()
    return shell, roles


def handle(modules: Sequence[str]) -> dict:
    """Import what gloves do, and limit their memory. Returns role -> module, of none where there is nothing to do."""
    if not modules:
        return {}
    for name in modules:
        importlib.import_module(name)
    resource.setrlimit(resource.RLIMIT_AS, (glovebox.MEMORY, glovebox.MEMORY))
    return {glovebox.ROLE: importlib.import_module("grading.engine.gloves")}


def import_all(given: Path) -> None:
    for name in _LIBRARIES:
        importlib.import_module(name)
    sys.path.insert(0, str(given))
    _import_given(given)
    _draw()


def _import_given(given: Path) -> None:
    """The given modules that do not need a student's."""
    for path in sorted((given / "cs231n").glob("*.py")):
        before = set(sys.modules)
        try:
            importlib.import_module("cs231n" if path.stem == "__init__" else f"cs231n.{path.stem}")
        except ImportError:
            for name in set(sys.modules) - before:
                if name.split(".")[0] == "cs231n":
                    del sys.modules[name]


def _draw() -> None:
    """One figure, so that fonts are found and parsed here and not in every child."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 2))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], label="$a$")
    axes.set_title("a")
    axes.legend()
    FigureCanvasAgg(figure).print_png(io.BytesIO())
