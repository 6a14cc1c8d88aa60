"""What the examiner has in place of a student's modules, functions, classes and objects.

A test cell uses them as it would use the real ones: call, read and set attributes, read and set items of dictionaries.
They define no arithmetic, comparison, iteration, length, truth or array protocol, which is what an object that equals
everything would need: numbers come as numbers of our own making, and anything else as one of these. Each has a `Link`
to the candidate, which makes them.
"""

import copy
import functools
import sys
import types
from collections.abc import MutableMapping
from typing import Any

import numpy as np

from grading.engine import codec
from grading.engine.raised import MOST_NAME, StudentError

MOST_PATH = 200                # characters of what an object is called by
_PLAIN = (bool, int, float, str, type(None))


class Remote:
    """A function, class or object of the student's, told by a number or by its path in a module.

    What was a method of one object is taken for one of the next of that class, and only asked for when it is called;
    what was a dictionary, such as `params`, is looked up with the next question.

    An object that the test has made knows its past, so that it can be made again elsewhere: the class and what it was
    called with, then (attribute, value) or (method, [arguments]) in order, all of it packed.
    """

    __slots__ = ("_link", "_target", "_path", "_owner", "_past", "__weakref__")
    __iter__ = __contains__ = None
    __array_ufunc__ = None                       # numpy does not try to compute with it either

    def __init__(self, link: Any, target: Any, path: str):
        path = path[:MOST_PATH]
        for name, value in (("_link", link), ("_target", target), ("_path", path), ("_owner", None), ("_past", None)):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        __tracebackhide__ = True
        if name.startswith("__") and name.endswith("__"):
            if name in ("__name__", "__qualname__"):
                return object.__getattribute__(self, "_path").rpartition(".")[2]
            raise AttributeError(name)
        path, method = f"{self._path}.{name}"[:MOST_PATH], (type(self).__name__, name)
        if type(self._target) is int and method in self._link.methods:
            found = _class("method")(self._link, (self._target, name), path)
        elif type(self._target) is int and method in self._link.dictionaries:
            found = RemoteDict(self._link, self._link.note("note_attribute", self._target, name), path)
        else:
            found = self._link.held(*self._link.do("attribute", self._target, name, function=path), path)
            if type(found).__name__ == "method":
                self._link.methods.add(method)
            elif isinstance(found, RemoteDict):
                self._link.dictionaries.add(method)
        if isinstance(found, Remote):
            object.__setattr__(found, "_owner", (self, name))
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        __tracebackhide__ = True
        if self._past is not None:
            self._past.append((name, codec.encode(value, handle_of)))
        self._link.later("set_attribute", self._target, name, value)

    def __getitem__(self, key: Any) -> Any:
        __tracebackhide__ = True
        path = _item(self._path, key)
        return self._link.held(*self._link.do("item", self._target, key, function=path), path)

    def __setitem__(self, key: Any, value: Any) -> None:
        __tracebackhide__ = True
        self._link.later("set_item", self._target, key, value)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        __tracebackhide__ = True
        packed, known = codec.encode([arguments, keywords], handle_of), self._link.kinds
        if self._link.defers and self._target in known and _are_plain([*arguments, *keywords.values()]):
            number = self._link.note("note_made", self._target, packed)
            returned = _class(known[self._target])(self._link, number, self._path)
        else:
            returned = self._link.call(self._target, arguments, keywords, packed, self._path)
        if in_module(self._target) and isinstance(returned, Remote):
            known[self._target] = type(returned).__name__
            object.__setattr__(returned, "_past", [(self._target, packed)])
        elif self._owner and self._owner[0]._past is not None:
            self._owner[0]._past.append((self._owner[1], [packed]))
        return named(returned, self._path)

    def __bool__(self) -> bool:
        raise TypeError(f"{self._path} is an object of the student's: neither true nor false")

    def __deepcopy__(self, memo: dict) -> "Remote":
        return self

    def __repr__(self) -> str:
        return f"<{self._path}>"


class RemoteDict(MutableMapping):
    """A dictionary that stays with the student's object, such as `net.params`."""

    def __init__(self, link: Any, target: Any, path: str):
        self._link, self._target, self._path = link, target, path

    def __getitem__(self, key: Any) -> Any:
        __tracebackhide__ = True
        path = _item(self._path, key)
        try:
            return self._link.held(*self._link.do("item", self._target, key, function=path), path)
        except StudentError as error:
            raise KeyError(key) if isinstance(error, KeyError) else error from None

    def __setitem__(self, key: Any, value: Any) -> None:
        __tracebackhide__ = True
        self._link.later("set_item", self._target, key, value)

    def __delitem__(self, key: Any) -> None:
        self._link.do("delete_item", self._target, key, function=self._path)

    def __iter__(self):
        keys = self._link.do("keys", self._target, function=self._path)[1][0]
        return iter(keys if type(keys) is list else [])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, key: Any) -> bool:
        return key in list(iter(self))

    def copy(self) -> dict:
        return {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in self.items()}

    __copy__ = copy

    def __deepcopy__(self, memo: dict) -> dict:
        return copy.deepcopy(dict(self), memo)


def _are_plain(values: list) -> bool:
    """Tell whether a call cannot change these."""
    return all(type(value) in _PLAIN or type(value) is tuple and _are_plain(list(value)) for value in values)


def in_module(target: Any) -> bool:
    """Tell whether a target is a path from a module; others are a number, or a number and the name of a method."""
    return type(target) is tuple and type(target[0]) is str


def handle_of(value: Any) -> list | None:
    """How one of these is told to the candidate that it came from, and a given function, which both have."""
    if isinstance(value, (Remote, RemoteDict)):
        return [value._target]
    if type(value) is types.FunctionType and value.__module__.startswith("cs231n."):
        module, name = value.__module__, value.__name__
        return [(module, name)] if getattr(sys.modules.get(module), name, None) is value else None
    return None


def from_handle(link: Any, told: list) -> "Remote":
    number, kind, is_callable = told
    if type(number) is not int or type(kind) is not str or not kind.isidentifier():
        raise codec.CodecError("a handle has another form")
    return _class(kind[:MOST_NAME])(link, number, kind)


@functools.lru_cache(maxsize=256)
def _class(kind: str) -> type:
    """A Remote under the student's name for its type, which is what messages quote."""
    return type(kind, (Remote,), {"__slots__": ()})


def _item(path: str, key: Any) -> str:
    """What an item is called by; the key may come from the candidate."""
    return f"{path}[{repr(key)[:MOST_NAME]}]"[:MOST_PATH]


def named(value: Any, path: str) -> Any:
    """An object that came from the candidate, under the name that the test has for it."""
    if isinstance(value, Remote):
        object.__setattr__(value, "_path", path)
    return value
