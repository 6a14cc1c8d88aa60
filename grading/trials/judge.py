"""Run test cells where the package stands, each in a namespace of its own: what a warm process does for a trial."""

import contextlib
import functools
import importlib
import io
import itertools
import random
import signal
import sys
import zlib
from collections.abc import Sequence
from types import CodeType

import numpy as np

_LIBRARIES = ("matplotlib.colors",)                  # that modules of the package import


def prepare(seconds: int, rounds: Sequence[list[tuple[str, str]]] = (), cells: Sequence[tuple[str, str]] = ()) -> None:
    """In the warm process: import and compile what its children share."""
    for name in _LIBRARIES:
        importlib.import_module(name)
    for name, source in itertools.chain(cells, *rounds):
        with contextlib.suppress(SyntaxError, ValueError):
            _compiled(source, name)


@functools.lru_cache(2048)
def _compiled(source: str, name: str) -> CodeType:
    return compile(source, name, "exec")


def judge(rounds: list[list[tuple[str, str]]], seconds: int) -> list[dict[str, str]]:
    """For each round of cells (name, source): {name: "" where it passes, else "Name: message"}."""
    _limit(seconds)
    return [{name: _outcome(name, source, seconds) for name, source in cells} for cells in rounds]


def uses(cells: list[tuple[str, str]], seconds: int) -> dict[str, list[str]]:
    """{name: modules of the package, dotted, that the cell imports, directly or not, and functions that it calls}.

    A function is written `cs231n.layers:affine_forward`.
    """
    _limit(seconds)
    found, called = {}, set()

    def note(frame, event, _):
        module = frame.f_globals.get("__name__") or ""
        if event == "call" and module.startswith("cs231n"):
            called.add(f"{module}:{frame.f_code.co_qualname}")

    for name, source in cells:
        called.clear()
        sys.setprofile(note)
        try:
            _outcome(name, source, seconds)
        finally:
            sys.setprofile(None)
        imported = [module for module in sys.modules if module.split(".")[0] == "cs231n"]
        found[name] = imported + sorted(called)
        for module in imported:
            del sys.modules[module]
    return found


def _limit(seconds: int) -> None:
    def too_long(*_):
        raise TimeoutError(f"ran longer than {seconds} s")

    signal.signal(signal.SIGALRM, too_long)


def _outcome(name: str, source: str, seconds: int) -> str:
    np.random.seed(zlib.crc32(source.encode()))          # what is drawn depends on nothing before
    random.seed(source)
    signal.alarm(seconds)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            exec(_compiled(source, name), {"__name__": "__main__"})
    except BaseException as error:       # whatever the student's code raises is its outcome
        return f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    return ""
