"""In the process that tries variants of the package: each is put in place, and asked.

What it takes to ask is imported and compiled before the process forks, once for all of them.
"""

import contextlib
import functools
import importlib
import importlib.abc
import importlib.machinery
import io
import linecache
import random
import re
import signal
import sys
import traceback
from types import CodeType

import numpy as np

from grading.engine import probing, stops
from grading.trials import matching
from grading.trials.packing import Answers, packed, unpacked
from grading.trials.variants import PROBES, probe_module

SECONDS = 10                             # for the probe of one function

_MODULES = [importlib.import_module(f"grading.trials.probes.{path.stem}") for path in sorted(PROBES.glob("[a-z]*.py"))]
_PROBES = {module.__name__: module.PROBES for module in _MODULES if hasattr(module, "PROBES")}


class Package(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `cs231n` in texts, which can be exchanged; to be used in a process that has no other `cs231n`."""

    def __init__(self, texts: dict[str, str]):
        self._texts: dict[str, str] = {}
        self._made: list[str] = []                        # names of the modules there are
        self.exchange(texts)
        sys.meta_path.insert(0, self)

    def exchange(self, texts: dict[str, str]) -> None:
        """Have these modules (path -> text) and forget those before."""
        self._texts = texts
        for name in self._made:
            sys.modules.pop(name, None)
        self._made.clear()

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
        path = self._path(module.__name__)
        self._made.append(module.__name__)
        text, module.__file__ = self._texts[path], _file(path)
        linecache.cache[module.__file__] = len(text), None, text.splitlines(keepends=True), module.__file__
        for code in compiled(text, module.__file__):
            exec(code, module.__dict__)


def _message(error: Exception) -> str:
    """What the candidate's process tells of it: of shapes that do not fit, which ones met."""
    with contextlib.suppress(Exception):
        return importlib.import_module("cs231n._explained").met(error) or str(error)
    return ""


def _file(path: str) -> str:
    return f"/variant/cs231n/{path}"


@functools.lru_cache(256)
def compiled(text: str, file: str) -> list[CodeType]:
    """A module, piece by piece: of variants, which differ in one function, all but that is compiled only once."""
    if "__future__" not in text:                         # which counts for all that comes behind
        with contextlib.suppress(SyntaxError):           # such as where a string has a line that begins with def
            line, found = 0, []
            for piece in _TOP.split(text):
                found.append(_piece_at(piece, file, line))
                line += piece.count("\n")
            return found
    return [compile(text, file, "exec")]


_TOP = re.compile(r"^(?=def |class )", re.MULTILINE)     # after a decorator all is compiled at once


@functools.lru_cache(4096)
def _piece(text: str, file: str) -> CodeType:
    return compile(text, file, "exec")


@functools.lru_cache(4096)
def _piece_at(text: str, file: str, line: int) -> CodeType:
    return _moved(_piece(text, file), line)


def _moved(code: CodeType, lines: int) -> CodeType:
    """The code, so many lines further down."""
    return code.replace(co_firstlineno=code.co_firstlineno + lines, co_consts=tuple(
        _moved(one, lines) if isinstance(one, CodeType) else one for one in code.co_consts))


def prepare(package: dict[str, str], variants: dict, like: str) -> None:
    """In the warm process: compile what of the reference stays as it is in modules that are changed."""
    for path in {"__init__.py"}.union(*[changed for changed, _ in variants.values()]) & package.keys():
        compiled(package[path], _file(path))


def told(package: dict[str, str], variants: dict, like: str) -> str:
    """In a child of the warm process: the answers, packed."""
    return packed(_answers(package, variants, unpacked(like)))


def _answers(reference: dict[str, str], variants: dict, like: list[Answers]) -> dict[str, dict[str, Answers]]:
    def seed() -> None:
        np.random.seed(7)
        random.seed(7)

    def too_long(*_):
        raise TimeoutError

    def unlike(aspect: str, told: list) -> bool:
        known = [answered[aspect] for answered in like if aspect in answered and not aspect.startswith("~")]
        return bool(known) and not any(matching.equal(told, one) for one in known)

    def why(error: Exception) -> list[str]:
        return stops.found(type(error).__name__, _message(error), "".join(traceback.format_tb(error.__traceback__)),
                           files)

    signal.signal(signal.SIGALRM, too_long)
    found = {}
    package = Package(reference)
    for name, (changed, functions) in variants.items():
        package.exchange(reference | changed)
        found[name], files = {}, {f"cs231n/{path}": text for path, text in changed.items()}
        for module, function in functions:
            answered: Answers = {}
            signal.alarm(SECONDS)
            try:
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    probing.ask(_PROBES[probe_module(module)][function], seed, answered, unlike,
                                probing.unasked if name else why)
            except BaseException as error:               # SystemExit is a mistake, too
                answered["all"] = ["e", type(error).__name__, *(why(error) if name == "" else [])]
            finally:
                signal.alarm(0)
            found[name][function] = answered
    return found
