"""Variants of the package, one after the other in a process of their own, and what each answers to the probes."""

import base64
import contextlib
import importlib.abc
import importlib.machinery
import io
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from grading.engine import probing
from grading.release.assignment import Assignment
from grading.trials import warm
from grading.trials.trial import complete

PROBES = Path(__file__).parent / "probes"
SHARED = ("common", "losses")            # what the modules with probes need, in this order
NEEDED = {"fc_net": ("lab",)}            # what one of them needs besides
SECONDS = 10                             # for the probe of one function

Answers = dict[str, list]                # aspect -> what was told


def sources(modules: Iterable[str]) -> dict[str, str]:
    """The texts of the probes of student modules, and what they need, by the names under which they know each other."""
    asked = sorted(set(map(probe_module, modules)))
    below = [*SHARED, *(one for name in asked for one in NEEDED.get(name.rpartition(".")[2], ()))]
    names = [f"grading.trials.probes.{name}" for name in below] + asked
    return {name: (PROBES / f"{name.rpartition('.')[2]}.py").read_text(encoding="utf-8") for name in names}


def probe_module(module: str) -> str:
    """Of a student module, given by its path under `cs231n/`, the module with its probes."""
    return f"grading.trials.probes.{Path(module).stem}"


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


def answers(assignment: Assignment, variants: dict[str, tuple[dict[str, str], list[tuple[str, str]]]],
            like: Answers | None = None) -> dict[str, dict[str, Answers]]:
    """Variant -> function -> what it answers.

    - variants: name -> (modules changed, path -> text; (module, function) pairs to be probed)
    - like: nothing more is asked after an answer that is not as here, aspects with ~ aside
    """
    reference = complete(assignment)
    packed = warm.run(reference, {}, "grading.trials.variants:told", package=reference, variants=variants,
                      like=_packed(like or {}))
    return _unpacked(packed)


def told(package: dict[str, str], variants: dict, like: str) -> str:
    """In a child of the warm process: the answers, packed."""
    return _packed(_answers(package, variants, _unpacked(like)))


def _packed(answers: Any) -> str:
    """Since JSON carries no bytes."""
    return base64.b85encode(msgspec.msgpack.encode(answers)).decode()


def _unpacked(packed: str) -> Any:
    return msgspec.msgpack.decode(base64.b85decode(packed))


def _answers(reference: dict[str, str], variants: dict, like: Answers) -> dict[str, dict[str, Answers]]:
    import random

    from grading.trials import matching

    def seed() -> None:
        np.random.seed(7)
        random.seed(7)

    def too_long(*_):
        raise TimeoutError

    def unlike(aspect: str, told: list) -> bool:
        return aspect in like and not aspect.startswith("~") and not matching.equal(told, like[aspect])

    signal.signal(signal.SIGALRM, too_long)
    found = {}
    package = Package(reference)
    probes = probing.load(sources(module for _, functions in variants.values() for module, _ in functions))
    for name, (changed, functions) in variants.items():
        package.exchange(reference | changed)
        found[name] = {}
        for module, function in functions:
            answered: Answers = {}
            signal.alarm(SECONDS)
            try:
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    probing.ask(probes[probe_module(module)][function], seed, answered, unlike)
            except BaseException as error:               # SystemExit is a mistake, too
                answered["all"] = ["e", type(error).__name__]
            finally:
                signal.alarm(0)
            found[name][function] = answered
    return found
