"""Tuples, lists and dictionaries of a student's own kinds, which cross to the examiner as plain ones.

What comes back with the same contents becomes the student's kind again: a cache may be a named tuple, or a dictionary
whose entries are attributes, and the way back asks it by its names.
"""

import contextlib
import copy
from collections.abc import Callable
from typing import Any

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
        if not isinstance(value, _KINDS) or len(value) > _WIDE or depth > _DEEP:
            return
        for part in (value.values() if isinstance(value, dict) else value):
            self._note(part, depth + 1)
        if type(value) not in _KINDS:
            self._seen[codec.encode(value, self._handle)] = value
            while len(self._seen) > _MOST:
                del self._seen[next(iter(self._seen))]

    def again(self, value: Any, depth: int = 0) -> Any:
        """A value that has come across, with the kinds that its parts had before."""
        if not self._seen or type(value) not in _KINDS or len(value) > _WIDE or depth > _DEEP:
            return value
        known = self._seen.get(codec.encode(value, self._handle))
        if type(value) is dict:
            parts = {key: self.again(part, depth + 1) for key, part in value.items()}
        else:
            parts = type(value)([self.again(part, depth + 1) for part in value])
        return parts if known is None else _MAKERS[type(value)](known, parts)


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
