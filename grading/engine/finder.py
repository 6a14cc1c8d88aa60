"""A student's modules in the examiner: they are found, and loaded, in the candidate."""

import importlib.abc
import importlib.machinery
import sys
import types
from typing import Any

from grading.engine.link import Link
from grading.engine.proxies import Remote
from grading.engine.raised import StudentError


class RemoteModule(types.ModuleType):
    """A student's module: its names are looked up where it was imported."""

    def __init__(self, name: str, link: Link):
        super().__init__(name)
        self.__dict__["_link"] = link

    def __getattr__(self, name: str) -> Any:
        __tracebackhide__ = True
        if name.startswith("__"):
            raise AttributeError(name)
        link, target = self.__dict__["_link"], (self.__name__, name)
        if target not in link.functions:
            state, told = link.do("attribute", (self.__name__,), name, function=f"{self.__name__}.{name}")
            value = link.held(state, told, name)
            if not isinstance(value, Remote):
                return value
            link.functions.add(target)
        return Remote(link, target, name)        # told by its path, so that it outlives the process that it came from


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the student's modules, by the dotted names given, in the candidate."""

    def __init__(self, names: list[str], link: Link):
        self._names, self._link = set(names), link
        self._kept = set(sys.modules)

    def find_spec(self, name: str, path: Any, target: Any = None):
        return importlib.machinery.ModuleSpec(name, self) if name in self._names else None

    def create_module(self, spec) -> types.ModuleType:
        return RemoteModule(spec.name, self._link)

    def exec_module(self, module: types.ModuleType) -> None:
        __tracebackhide__ = True
        try:
            self._link.do("module", module.__name__, function=f"import {module.__name__}")
        except StudentError as error:
            error.loading = module.__name__
            raise

    def forget(self) -> None:
        """Have them imported anew when they are next asked for, and every module of the package that may use them."""
        packages = {name.partition(".")[0] for name in self._names}
        for name in sys.modules.keys() - self._kept:
            package, _, last = name.rpartition(".")
            if name.partition(".")[0] in packages:
                del sys.modules[name]
                if package in sys.modules:
                    vars(sys.modules[package]).pop(last, None)
