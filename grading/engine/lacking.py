"""Packages that many a student's machine has and the kit asks nobody to install: enough of them to go on without.

A progress bar or a helper for parallel work is no part of a solution; a right one keeps its points without. Where such
a package is installed, that one is taken.
"""

import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from itertools import product
from types import ModuleType

from grading.engine.elsewhere import not_here


class Bar:
    """As much of `tqdm.tqdm` as says nothing: what it goes through, and methods that do nothing."""

    def __init__(self, iterable: Iterable | None = None, desc=None, total=None, *args, **how):
        self.iterable, self.total, self.n, self.desc = iterable, total, 0, desc

    def __iter__(self) -> Iterator:
        return iter(self.iterable)

    def __len__(self) -> int:
        return self.total if self.iterable is None else len(self.iterable)

    def __bool__(self) -> bool:
        return True                      # `if bar: bar.update()`, of a bar that may be None

    def __reversed__(self) -> Iterator:
        return reversed(self.iterable)

    def __contains__(self, item) -> bool:
        return item in self.iterable

    def __enter__(self):
        return self

    def __exit__(self, *exc) -> None:
        self.close()

    def update(self, n=1) -> None:
        self.n += n

    def close(self, *args, **how) -> None:
        """Nothing is open."""

    clear = refresh = reset = close
    set_description = set_description_str = set_postfix = set_postfix_str = close

    @staticmethod
    def write(text, file=None, end="\n", nolock=False) -> None:
        print(text, file=file, end=end)


class Parallel:
    """As much of `joblib.Parallel` as calls one after the other."""

    def __init__(self, *args, **how):
        """How many at a time does not matter."""

    def __call__(self, calls: Iterable[tuple]) -> list:
        return [function(*args, **keywords) for function, args, keywords in calls]

    def __enter__(self):
        return self

    def __exit__(self, *exc) -> None:
        """Nothing is open."""


class Memory:
    """As much of `joblib.Memory` as keeps nothing."""

    def __init__(self, *args, **how):
        """Where it would be kept does not matter."""

    def cache(self, function: Callable | None = None, **how) -> Callable:
        return function if function is not None else lambda one: one


def _delayed(function: Callable, *_, **__) -> Callable:
    return lambda *args, **keywords: (function, args, keywords)


def _dump(value, filename, *_, **__) -> list:
    with open(filename, "wb") as file:
        pickle.dump(value, file)
    return [filename]


def _load(filename, *_, **__):
    with open(filename, "rb") as file:
        return pickle.load(file)


def _listed(function: Callable, *iterables, **how) -> list:
    """As much of tqdm's maps by threads and processes as calls one after the other."""
    return list(map(function, *iterables))


_TQDM = {"tqdm": Bar, "trange": lambda *args, **how: Bar(range(*args), **how), "tqdm_notebook": Bar,
         "tnrange": lambda *args, **how: Bar(range(*args), **how)}
_CONTRIB = {"tenumerate": lambda iterable, start=0, *_, **__: enumerate(iterable, start),
            "tzip": lambda *iterables, **_: zip(*iterables),
            "tmap": lambda function, *iterables, **_: map(function, *iterables)}
_JOBLIB = {"Parallel": Parallel, "delayed": _delayed, "Memory": Memory, "cpu_count": lambda *_: os.cpu_count() or 1,
           "dump": _dump, "load": _load}
_MADE = {f"tqdm{inner}": _TQDM for inner in ("", ".auto", ".autonotebook", ".notebook", ".std")} | {
    "tqdm.contrib": _CONTRIB, "tqdm.contrib.itertools": {"product": lambda *iterables, **_: product(*iterables)},
    "tqdm.contrib.concurrent": {"thread_map": _listed, "process_map": _listed}, "joblib": _JOBLIB}


class _StandIns(MetaPathFinder, Loader):
    """Finds what nobody before it has found."""

    def find_spec(self, fullname, path=None, target=None) -> ModuleSpec | None:
        if fullname not in _MADE:
            return None
        return ModuleSpec(fullname, self, is_package=any(name.startswith(f"{fullname}.") for name in _MADE))

    def create_module(self, spec: ModuleSpec) -> None:
        """An ordinary module."""

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        vars(module).update(_MADE[name])
        if "." not in name:
            not_here(f"{name}; code goes on without it")


def stand_in() -> None:
    """From now on a package of these that is not installed is a stand-in."""
    sys.meta_path.append(_StandIns())
