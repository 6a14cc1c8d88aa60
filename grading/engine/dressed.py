"""Tuples, lists, dictionaries and arrays of a student's own kinds, which cross to the examiner as plain ones.

What comes back with the same contents becomes the student's kind again: a cache may be a named tuple, a dictionary
whose entries are attributes, or a masked array, and the way back asks it by its names, or by its mask.
"""

import contextlib
import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from grading.engine import codec

_KINDS = (tuple, list, dict)
_MOST = 64                     # of those that were seen last
_WIDE, _DEEP = 64, 4           # parts of one, and levels, that are looked through


class Dressed:
    """What has crossed, by its contents: one of the student's own, from which another can be made."""

    def __init__(self, handle: codec.Handle):
        self._handle = handle
        self._seen: dict[bytes, Any] = {}

    def note(self, value: Any) -> None:
        """Remember what there is in a value that is about to cross; one that cannot be looked at is none of these."""
        with contextlib.suppress(Exception):
            self._note(value, 0)

    def _note(self, value: Any, depth: int) -> None:
        if _is_odd(value):
            self._remember(value)
        if not isinstance(value, _KINDS) or len(value) > _WIDE or depth > _DEEP:
            return
        parts = list(value.values() if isinstance(value, dict) else value)
        for part in parts:
            self._note(part, depth + 1)
        if type(value) not in _KINDS or any(map(_is_odd, parts)):
            self._remember(value)

    def _remember(self, value: Any) -> None:
        self._seen[codec.encode(value, self._handle)] = value
        while len(self._seen) > _MOST:
            del self._seen[next(iter(self._seen))]

    def call(self, function: Any, arguments: tuple, keywords: dict) -> tuple[tuple, dict]:
        """Arguments that have come across, with the kinds that they and their parts had before.

        Of an array by itself that is said of a cache alone: what has the same numbers by chance, such as ones, is not.
        """
        if not self._seen:
            return arguments, keywords
        caches = _caches(function)
        return (type(arguments)(self._again(one, i in caches) for i, one in enumerate(arguments)),
                {name: self._again(one, name in caches) for name, one in keywords.items()})

    def _again(self, value: Any, is_cache: bool, depth: int = 0) -> Any:
        if type(value) is np.ndarray:
            known = self._seen.get(codec.encode(value, self._handle)) if is_cache else None
            return value if known is None else _array_like(known)
        if type(value) not in _KINDS or len(value) > _WIDE or depth > _DEEP:
            return value
        known = self._seen.get(codec.encode(value, self._handle))
        keys = value if type(value) is dict else range(len(value))
        parts = {key: _array_like(known[key]) if known is not None and _is_odd(known[key])
                 else self._again(value[key], False, depth + 1) for key in keys}
        parts = parts if type(value) is dict else type(value)(parts.values())
        return parts if known is None or type(known) in _KINDS else _MAKERS[type(value)](known, parts)


def _caches(function: Any) -> set[int | str]:
    """The arguments of a function that take a cache, by place and by name."""
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return set()
    backward = "backward" in getattr(function, "__name__", "")
    return {part for place, name in enumerate(names) if name == "cache" or backward and place == 1
            for part in (place, name)}


def _is_odd(value: Any) -> bool:
    return isinstance(value, np.ndarray) and type(value) is not np.ndarray


def _array_like(known: np.ndarray) -> np.ndarray:
    """A copy of an array of a student's own kind, with its attributes, which numpy's copy leaves behind."""
    made = copy.deepcopy(known)
    if type(made) is not type(known):
        made = made.view(type(known))
    for name, part in getattr(known, "__dict__", {}).items():
        if not isinstance(known, np.ma.MaskedArray):
            vars(made)[name] = copy.deepcopy(part)
    return made


def _tuple_like(known: tuple, parts: tuple) -> tuple:
    made = tuple.__new__(type(known), parts)
    if hasattr(known, "__dict__"):
        vars(made).update(vars(known))
    return made


def _list_like(known: list, parts: list) -> list:
    made = copy.copy(known)
    made[:] = parts
    return made


def _dict_like(known: dict, parts: dict) -> dict:
    made = copy.copy(known)
    for key, part in parts.items():
        made[key] = part
    return made


_MAKERS: dict[type, Callable[[Any, Any], Any]] = {tuple: _tuple_like, list: _list_like, dict: _dict_like}
