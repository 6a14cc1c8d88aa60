"""How much of a function's work is done by Python, for the messages of `testing.assert_vectorized`.

`interpreted_events` runs a function under `sys.settrace` and counts. Arrays go in as `Probe`, an ndarray that shows
every row that C code (`map`, `zip`, `sum`, `list`) takes out of it. Like the loops that `_source` finds, what it counts
tells a student where to look. Whether there is a loop is decided by what it costs, see `_costs`; only of a loop whose
source looks up single entries (`_entries`) it says whether that goes over the rows.
"""

import builtins
import copy
import gc
import inspect
import os
import sys
import threading
import types
from collections import Counter
from contextlib import contextmanager

import numpy as np
import scipy


class CountingStopped(RuntimeError):
    """The function switched off the trace that counts it."""


class Probe(np.ndarray):
    """An ndarray whose rows and elements do not leave it unseen: these methods are Python, so the trace sees the calls.

    A list of integer labels or indices is only listed, which is how `scores[range(N), list(y)]` selects.
    """

    def __iter__(self):
        if self.ndim == 1 and self.dtype.kind in "iub":
            return iter(self.view(np.ndarray))
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index):
        return super().__getitem__(index)

    def item(self, *index):
        return super().item(*index)

    def tolist(self):
        if self.ndim == 0 or (self.ndim == 1 and self.dtype.kind in "iub"):
            return super().tolist()
        return [row.tolist() for row in self]

    @property
    def flat(self):
        return self.reshape(-1) if self.flags.c_contiguous else super().flat

    @flat.setter
    def flat(self, values):
        np.ndarray.flat.__set__(self, values)


def _stepping(function, calls, most=None):
    """A built-in function that takes what it iterates over one step of Python at a time, so that the trace sees it.

    It iterates over its arguments from number `calls` on, `most` of them.
    """
    def watched(*args, **keywords):
        seen = slice(calls, None if most is None else calls + most)
        args = list(args)
        args[seen] = [_watched(arg, calls) for arg in args[seen]]
        return function(*args, **keywords)
    return watched


def _watched(value, calls):
    """Rows and elements one by one; labels and indices pass as they are where nothing is called with them."""
    first = next(iter(value[:1]), None) if isinstance(value, (list, tuple, range, np.ndarray)) else None
    return value if isinstance(first, (int, np.integer)) and not calls or not hasattr(value, "__iter__") else (
        item for item in value)


STEPPING = {name: _stepping(getattr(builtins, name), *which) for name, which in {
    "all": (0, 1), "any": (0, 1), "filter": (1, 1), "map": (1,), "sum": (0, 1), "zip": (0,)}.items()}

# Code that is not a student's: this file, Python's own modules, numpy, scipy and what is installed beside them.
PROBE_FILE = Probe.__iter__.__code__.co_filename
PACKAGE = os.path.join(os.path.dirname(PROBE_FILE), "")  # a student's, even where it is installed
LIBRARIES = ("<frozen ", os.path.join(os.path.dirname(os.__file__), "")) + tuple(
    os.path.join(os.path.dirname(os.path.dirname(module.__file__)), "") for module in (np, scipy)
)


class Steps(int):
    """How often the busiest place of a call ran. The difference of two is that of the place that grows most."""

    def __new__(cls, places):
        made = super().__new__(cls, max(places.values(), default=0))
        made.places = places
        return made

    def __sub__(self, other):
        if not isinstance(other, Steps):
            return int(self) - other
        growth = max((count - other.places.get(place, 0) for place, count in self.places.items()), default=0)
        return max(growth, len(self.places.keys() - other.places.keys()))     # a loop may be written out


def interpreted_events(function, args):
    """Return how often the busiest place of the interpreted code ran in function(*args), as Steps, an int.

    A place is a line of Python, a Python function, a line's calls of one library function, or a line's looks at rows
    and elements. What a library does inside is no place. So a loop over N examples has a place that runs N times;
    blocks of 16 rows, N / 16 times; vectorized code, the same few times for any N.

    The arguments are copied. Should the function fail on a Probe, plain arrays take its place.
    Raises CountingStopped if the function takes the trace off; its own exceptions pass unchanged.
    """
    __tracebackhide__ = True
    return counted_call(function, args)[0]


def counted_call(function, args):
    """Return (interpreted events as Steps, what function(*args) returned)."""
    __tracebackhide__ = True
    try:
        with _probes_in_object_of(function):
            return _count(function, _probes(copy.deepcopy(tuple(args))))
    except (CountingStopped, NotImplementedError, TimeoutError):
        raise
    except Exception:  # such as a type that must be ndarray itself, or a dict with a 0-d array for a key
        pass
    return _count(function, copy.deepcopy(tuple(args)))


def _count(function, args):
    __tracebackhide__ = True
    counts = Counter()

    def trace(frame, event, arg):
        code, caller = frame.f_code, frame.f_back
        if not in_library(code):
            counts[code] += 1
            return trace_lines
        if code.co_filename == PROBE_FILE:
            while caller and in_library(caller.f_code):
                caller = caller.f_back
        elif code.co_flags & inspect.CO_GENERATOR:  # numpy resumes one at each call of einsum, several times
            return None
        if caller and not in_library(caller.f_code):
            counts[caller.f_code, caller.f_lineno, code] += 1
        return None

    def trace_lines(frame, event, arg):
        if event == "line":
            counts[frame.f_code, frame.f_lineno] += 1
        return trace_lines

    before, before_in_threads, collecting = sys.gettrace(), threading.gettrace(), gc.isenabled()
    gc.disable()  # it would run other objects' code in between
    threading.settrace(trace)
    iterating = {name: getattr(builtins, name) for name in STEPPING}
    vars(builtins).update(STEPPING)
    sys.settrace(trace)
    try:
        with np.printoptions(threshold=0, edgeitems=1):     # an array that is printed shows no more rows if it has more
            returned = function(*args)
        kept = sys.gettrace() is trace
    finally:
        sys.settrace(before)
        vars(builtins).update(iterating)
        threading.settrace(before_in_threads)
        if collecting:
            gc.enable()
    if not kept:
        raise CountingStopped
    return Steps({_told(place): count for place, count in counts.items()}), returned


def _told(place):
    """A place as text: the same in another process, and for a function that is defined anew with each call."""
    code, *line = place if isinstance(place, tuple) else (place,)
    inside = f" {line[1].co_name}" if len(line) == 2 else ""
    return f"{code.co_filename}:{code.co_firstlineno} {code.co_name}{f':{line[0]}' if line else ''}{inside}"


def in_library(code):
    name = code.co_filename
    return name == PROBE_FILE or name.startswith(LIBRARIES) and not name.startswith(PACKAGE)


def _probes(value):
    """The value with a Probe for every array in it, through tuples, lists and dicts."""
    if type(value) is np.ndarray:
        return value.view(Probe)
    if type(value) in (tuple, list):
        return type(value)(map(_probes, value))
    if type(value) is dict:
        return {key: _probes(item) for key, item in value.items()}
    return value


@contextmanager
def _probes_in_object_of(method):
    """While this lasts, the arrays among the attributes of a method's object, and in its dictionaries, are Probes."""
    owner = getattr(method, "__self__", None)
    attributes = {} if isinstance(owner, (type, types.ModuleType)) else getattr(owner, "__dict__", {})
    places = [attributes, *(value for value in attributes.values() if type(value) is dict)]
    before = [dict(place) for place in places]
    for place in places:
        place.update({name: value.view(Probe) for name, value in place.items() if type(value) is np.ndarray})
    during = [dict(place) for place in places]
    try:
        yield
    finally:
        for place, old, new in zip(places, before, during, strict=True):
            for name, value in place.items():
                if isinstance(value, Probe):
                    place[name] = old[name] if value is new.get(name) else value.view(np.ndarray)
