"""Parts of IPython that do the same work for every cell again, with less of it and the same result."""

import os
import re
import sys
import sysconfig

from IPython.core import inputtransformer2
from IPython.extensions import autoreload

LIBRARIES = tuple({os.path.join(sysconfig.get_path(kind), "")
                   for kind in ("stdlib", "platstdlib", "purelib", "platlib")})


class TransformerManager(inputtransformer2.TransformerManager):
    """IPython reads every cell token by token, twice, to find magics; most cells have nothing that could be one."""

    _perhaps = re.compile(r"^\s*[%!?/,;]|=\s*[%!]|^(?!\s*#).*\?\s*$", re.MULTILINE)

    def do_token_transforms(self, lines):
        if (self._perhaps.search("".join(lines)) or not _falls_back_to_levels(lines)
                or self.token_transformers != _TOKEN_TRANSFORMERS):
            return super().do_token_transforms(lines)
        return lines


_TOKEN_TRANSFORMERS = TransformerManager().token_transformers


def _falls_back_to_levels(lines: list[str]) -> bool:
    """Tell whether every line that is indented less than the one before has an indentation that was there before.

    It does not know lines that go on in brackets. What slips through for that is no Python either, and Python says so.
    """
    levels = [0]
    for line in lines:
        text = line.lstrip(" ")
        if text in ("", "\n", "\r\n"):
            continue
        if text[0].isspace():
            return False
        level, last = len(line) - len(text), levels[-1]
        while level < levels[-1]:
            levels.pop()
        if level > levels[-1]:
            if level < last:
                return False
            levels.append(level)
    return True


class _Others:
    """Names of the imported modules that may change while a notebook runs: neither of a library, nor taken for granted.

    To look at all of more than 1,000 modules before and after each cell takes longer than most cells.
    """

    def __init__(self):
        self.granted: set[str] = set()
        self._names: list[str] = []
        self._seen: tuple[int, str] = 0, ""

    def names(self) -> list[str]:
        seen = len(sys.modules), next(reversed(sys.modules))      # a new one comes last
        if seen != self._seen:
            new = [name for name in sys.modules if name not in self.granted]
            self.granted.update(name for name in new if _is_library(sys.modules[name]))
            self._names, self._seen = [name for name in new if name not in self.granted], seen
        return self._names

    def grant(self) -> None:
        """All that is imported now stays as it is."""
        self.granted.update(sys.modules)
        self._names, self._seen = [], (0, "")


others = _Others()


class ModuleReloader(autoreload.ModuleReloader):
    """%autoreload that takes the libraries for granted."""

    def filename_and_mtime(self, module):
        return (None, None) if _is_library(module) else super().filename_and_mtime(module)

    def check(self, check_all=False, do_reload=True, execution_info=None):
        if not (check_all or self.enabled and self.check_all):
            return super().check(check_all, do_reload, execution_info)
        before = self.modules, self.check_all, self.enabled
        self.modules, self.check_all, self.enabled = chosen, *_ = dict.fromkeys(others.names(), True), False, True
        try:
            return super().check(False, do_reload, execution_info)
        finally:
            if self.modules is chosen:           # what is reloaded may ask for another way of reloading
                self.modules, self.check_all, self.enabled = before


class DeduperReloader(autoreload.DeduperReloader):
    """The part of %autoreload that would read the source of every module when it is loaded."""

    def update_sources(self) -> None:
        if not self.source_by_modname.keys() >= set(others.names()):
            self.source_by_modname.update(dict.fromkeys(others.granted - self.source_by_modname.keys(), ""))
            super().update_sources()


def _is_library(module: object) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and file.startswith(LIBRARIES)
