"""Variants of the package, one after the other in a process of their own, and what each answers to the probes."""

import contextlib
import importlib.abc
import importlib.machinery
import io
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from grading.engine import probing
from grading.release.assignment import Assignment

PROBES = Path(__file__).parent / "probes"
SHARED = ("common", "losses")            # what the modules with probes need, in this order
SECONDS = 10                             # for the probe of one function

Answers = dict[str, list]                # aspect -> what was told


def sources(modules: Iterable[str]) -> dict[str, str]:
    """The texts of the probes of student modules, and what they need, by the names under which they know each other."""
    names = [f"grading.trials.probes.{name}" for name in SHARED] + sorted(set(map(probe_module, modules)))
    return {name: (PROBES / f"{name.rpartition('.')[2]}.py").read_text(encoding="utf-8") for name in names}


def probe_module(module: str) -> str:
    """Of a student module, given by its path under `cs231n/`, the module with its probes."""
    return f"grading.trials.probes.{Path(module).stem}"


def complete(assignment: Assignment) -> dict[str, str]:
    """Every module of the package as the reference has it, by path."""
    return {module: assignment.complete(module) for module in assignment.given_modules + assignment.student_modules}


def apart(work: Callable[[], Any]) -> Any:
    """What `work` returns (plain data), done in a forked process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "wb") as told:
            try:
                told.write(msgspec.msgpack.encode(work()))
            finally:
                told.flush()
                os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        packed = answer.read()
    os.waitpid(child, 0)
    if not packed:
        raise RuntimeError("the process with the variants died")
    return msgspec.msgpack.decode(packed)


class Package(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `cs231n` in texts, which can be exchanged; to be used in a process that has no other `cs231n`."""

    def __init__(self, texts: dict[str, str]):
        self._texts: dict[str, str] = {}
        self._known: dict[tuple[str, str], Any] = {}
        self.exchange(texts)
        sys.meta_path.insert(0, self)

    def exchange(self, texts: dict[str, str]) -> None:
        """Have these modules (path -> text) and forget those before."""
        self._texts = texts
        for name in [name for name in sys.modules if name.split(".")[0] == "cs231n"]:
            del sys.modules[name]

    def _path(self, name: str) -> str:
        path = "/".join(name.split(".")[1:])
        return next((one for one in (f"{path}/__init__.py".lstrip("/"), f"{path}.py") if one in self._texts), "")

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] != "cs231n" or not (found := self._path(name)):
            return None
        return importlib.machinery.ModuleSpec(name, self, origin=f"/variant/cs231n/{found}",
                                              is_package=found.endswith("__init__.py"))

    def get_source(self, name: str) -> str:
        return self._texts[self._path(name)]

    def exec_module(self, module) -> None:
        import linecache

        path = self._path(module.__name__)
        text, module.__file__ = self._texts[path], f"/variant/cs231n/{path}"
        if (path, text) not in self._known:
            self._known[path, text] = compile(text, module.__file__, "exec")
        linecache.cache[module.__file__] = len(text), None, text.splitlines(keepends=True), module.__file__
        exec(self._known[path, text], module.__dict__)


def answers(assignment: Assignment, variants: dict[str, tuple[dict[str, str], list[tuple[str, str]]]]
            ) -> dict[str, dict[str, Answers]]:
    """Variant -> function -> what it answers.

    - variants: name -> (modules changed, path -> text; (module, function) pairs to be probed)
    """
    return apart(lambda: _answers(assignment, variants))


def _answers(assignment: Assignment, variants: dict) -> dict[str, dict[str, Answers]]:
    import random

    def seed() -> None:
        np.random.seed(7)
        random.seed(7)

    def too_long(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, too_long)
    reference, found = complete(assignment), {}
    package = Package(reference)
    probes = probing.load(sources(module for _, functions in variants.values() for module, _ in functions))
    for name, (changed, functions) in variants.items():
        package.exchange(reference | changed)
        found[name] = {}
        for module, function in functions:
            told: Answers = {}
            signal.alarm(SECONDS)
            try:
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    probing.ask(probes[probe_module(module)][function], seed, told)
            except BaseException as error:               # SystemExit is a mistake, too
                told["all"] = ["e", type(error).__name__]
            finally:
                signal.alarm(0)
            found[name][function] = told
    return found
