"""How much of a function's work is done by Python, and where its loops are.

Two steps that do not need each other, for the messages of `testing.assert_vectorized`:

- `interpreted_events` runs a function under `sys.settrace` and counts. Arrays go in as `Probe`, an ndarray that shows
  every row that C code (`map`, `zip`, `sum`, `list`) takes out of it.
- `source_of` and `read_loops` read the source and run nothing.

Both tell a student where to look. Whether there is a loop is decided by what it costs, see `_costs`.
"""

import ast
import builtins
import copy
import functools
import gc
import inspect
import os
import sys
import textwrap
import threading
import types
from collections import Counter
from contextlib import contextmanager, suppress

import numpy as np
import scipy

# Functions of libraries that are loops in disguise, np.add.reduce is none. Those of numpy work element by element by
# their very purpose; the others can be put to good use, as in functools.reduce(operator.mul, shape).
DISGUISED = {
    "numpy": {"vectorize", "frompyfunc", "apply_along_axis", "nditer", "ndenumerate"},
    "itertools": {"accumulate", "dropwhile", "filterfalse", "groupby", "starmap", "takewhile"},
    "functools": {"reduce"}, "past": {"reduce"}, "six": {"reduce"},
}
# Functions of numpy's that make a column of a 1-d array, entry by entry, in numpy's own Python.
STACKING = {"vstack", "row_stack", "column_stack", "hstack", "dstack"}
# Methods by which a list, set or dictionary gets something more.
_ADDING = {"add", "append", "appendleft", "extend", "insert", "setdefault", "update", "__setitem__"}
# Calls worth naming in a message as the place of a loop.
ITERATING = {"map", "filter", "zip", "sum", "list", "tuple", "sorted", "min", "max", "any", "all", "set", "tolist"}


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
        if not _in_library(code):
            counts[code] += 1
            return trace_lines
        if code.co_filename == PROBE_FILE:
            while caller and _in_library(caller.f_code):
                caller = caller.f_back
        elif code.co_flags & inspect.CO_GENERATOR:  # numpy resumes one at each call of einsum, several times
            return None
        if caller and not _in_library(caller.f_code):
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


def _in_library(code):
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


# Reading the source


def source_of(function):
    """Return (text, qualified name, file name) of the module that defines a function, or None where that is unknown.

    For a function of a notebook, the text is the function alone, and the file name "". A library's is not told.
    """
    try:
        function = inspect.unwrap(function)
        name = function.__qualname__
        # "<string>" is what `exec` was given; what Python 3.13 finds under that name is the text after `python -c`.
        if _in_library(function.__code__) or function.__code__.co_filename == "<string>":
            return None
        module = inspect.getmodule(function)
        return inspect.getsource(module), name, os.path.basename(inspect.getsourcefile(module))
    except (TypeError, ValueError, AttributeError, OSError):
        pass
    try:
        return textwrap.dedent(inspect.getsource(function)), name, ""
    except (TypeError, OSError):
        return None


def read_loops(text, qualified_name):
    """Find the loops that a function can reach in its own module.

    Inputs:
    - text: source of the module, str
    - qualified_name: the function, as in "svm_loss_vectorized" or "KNearestNeighbor.compute_distances_no_loops"

    Returns (loops, disguised): lists of (line number, what), loops that show and what can hide one.
    Reached are the function and, from there, what it names of the module: functions, values and any class's methods.
    """
    tree = parsed(text)
    imported = imported_names(tree)
    loops, disguised = set(), set()
    for node in reached_nodes(tree, qualified_name):
        root, _, path = dotted(node, imported).partition(".")
        if path.rpartition(".")[2] in DISGUISED.get(root, ()):
            disguised.add((node.lineno, f"{root}.{path}"))
        elif (text := constant_text(node)) in DISGUISED["numpy"]:         # getattr(np, "vector" + "ize")
            disguised.add((node.lineno, f"numpy.{text}"))
        elif isinstance(node, (ast.For, ast.While)):
            loops.add((node.lineno, type(node).__name__.lower()))
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            loops.add((node.lineno, "comprehension"))
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in ITERATING and (isinstance(node.func, ast.Name) or called == "tolist"):
                loops.add((node.lineno, f"{called}()"))
    return sorted(loops), sorted(disguised)


def read_stacks(text, qualified_name):
    """How many calls of np.vstack and the like a function reaches."""
    nodes = reached_nodes(parsed(text), qualified_name)
    return sum(isinstance(node, ast.Attribute) and node.attr in STACKING for node in nodes)


def hands_on_functions(text, qualified_name):
    """Whether a function makes or hands on another one, which somebody else may call once for each row."""
    tree = parsed(text)
    nodes = list(reached_nodes(tree, qualified_name))
    functions, methods = (
        {node for block in blocks for inside in _definitions(block.body).values() for node in inside
         if isinstance(node, ast.FunctionDef)}
        for blocks in ([tree], [node for node in tree.body if isinstance(node, ast.ClassDef)]))
    no_functions = {node.func for node in nodes if isinstance(node, ast.Call)} | local_names(tree)
    named = [{node.name for node in some} for some in (functions, methods)]
    return any(isinstance(node, (ast.Lambda, ast.ClassDef))
               or isinstance(node, ast.FunctionDef) and node not in functions | methods
               or isinstance(node, ast.Name) and node.id in named[0] and node not in no_functions
               or isinstance(node, ast.Attribute) and node.attr in named[1] and node not in no_functions
               for node in nodes)


@functools.lru_cache(maxsize=16)
def parsed(text):
    """The syntax tree, an empty one for what is no Python: a file may have been edited since it was imported."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def imported_names(tree, known=DISGUISED):
    """{local name: dotted name} of every import, wherever it stands; `known` of those that a star brings."""
    imported = {"np": "numpy"}  # a notebook imports in another cell
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported.update({alias.asname or alias.name.partition(".")[0]:
                             alias.name if alias.asname else alias.name.partition(".")[0] for alias in node.names})
        elif isinstance(node, ast.ImportFrom):
            home = ".".join(filter(None, ["cs231n" if node.level else "", node.module]))
            for alias in node.names:
                everything = known.get(home.partition(".")[0], ())
                for name in everything if alias.name == "*" else [alias.name]:
                    imported[alias.asname or name] = f"{home}.{name}"
    return imported


def constant_text(node):
    """The text that an expression of constants spells, "" for any other."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    parts = ([node.left, node.right] if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) else
             [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
             if isinstance(node, ast.JoinedStr) else [])
    texts = list(map(constant_text, parts))
    return "".join(texts) if all(texts) else ""


def dotted(node, imported, hidden=()):
    """`np.linalg.norm` as "numpy.linalg.norm", by whatever way it is reached; "" for what is not a dotted name.

    - hidden: nodes of names that stand for something else
    """
    if isinstance(node, ast.Name):
        return "" if node in hidden else imported.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        home, name = dotted(node.value, imported, hidden), node.attr
    elif isinstance(node, ast.Call) and len(node.args) >= 2 and dotted(node.func, imported, hidden) == "getattr":
        home, name = dotted(node.args[0], imported, hidden), constant_text(node.args[1])
    elif isinstance(node, ast.Call) and node.args and (
            dotted(node.func, imported, hidden) in ("importlib.import_module", "__import__")):
        return constant_text(node.args[0])
    elif isinstance(node, ast.Subscript):
        return _item(node, imported, hidden)
    else:
        return ""
    return f"{home}.{name}" if home and name else ""


def _item(node, imported, hidden):
    """`vars(np)["dot"]`, `np.__dict__["dot"]`, `sys.modules["numpy"]` and `globals()["np"]` as a dotted name."""
    name, source = constant_text(node.slice), node.value
    called = dotted(source.func, imported, hidden) if isinstance(source, ast.Call) else ""
    if name and called == "vars" and source.args:
        home = dotted(source.args[0], imported, hidden)
        return f"{home}.{name}" if home else ""
    if name and called in ("globals", "vars", "locals"):
        return imported.get(name, name)
    path = dotted(source, imported, hidden)
    if name and path == "sys.modules":
        return name
    return f"{path.removesuffix('.__dict__')}.{name}" if name and path.endswith(".__dict__") else ""


def reached_nodes(tree, qualified_name):
    """Yield every syntax node of a function and of what it names in its module."""
    names, methods = _definitions(tree.body), {}
    for definitions in list(names.values()):
        for node in definitions:
            if isinstance(node, ast.ClassDef):
                for name, inside in _definitions(node.body).items():
                    methods.setdefault(name, []).extend(inside)

    for node in tree.body:                     # Class.method = function
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
            methods.setdefault(node.targets[0].attr, []).append(node)

    owner, _, name = qualified_name.partition(".<locals>")[0].rpartition(".")
    waiting = list(owner and methods.get(name) or names.get(name, []))
    seen = set()
    while waiting:
        definition = waiting.pop()
        if definition in seen:
            continue
        seen.add(definition)
        if isinstance(definition, ast.ClassDef):  # named is called: what else runs of it is named as a method
            waiting += methods.get("__init__", []) + methods.get("__call__", [])
            continue
        for node in ast.walk(definition):
            yield node
            if isinstance(node, ast.Name):
                waiting += names.pop(node.id, [])      # once is enough
            elif isinstance(node, ast.Attribute):
                waiting += methods.pop(node.attr, [])


def local_names(tree, aliases=frozenset()):
    """The nodes of names that are a function's own variables, whatever has been imported under that name."""
    found = set()

    def visit(node, hidden):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            inside = list(ast.walk(node))
            bound = {part.id for part in inside if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
            bound |= {part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)}
            free = {alias.asname or alias.name.partition(".")[0] for part in inside
                    if isinstance(part, (ast.Import, ast.ImportFrom)) for alias in part.names}
            free |= {name for part in inside if isinstance(part, (ast.Global, ast.Nonlocal)) for name in part.names}
            hidden = (hidden | bound) - free - aliases
        elif isinstance(node, ast.Name) and node.id in hidden:
            found.add(node)
        for child in ast.iter_child_nodes(node):
            visit(child, hidden)

    with suppress(RecursionError):
        visit(tree, frozenset())
    return found


def _definitions(body):
    """{name: [nodes that define it]} of a module or class body, blocks of `if` and `try` included."""
    found = {}
    waiting = list(body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.setdefault(node.name, []).append(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for part in ast.walk(target):
                    if isinstance(part, ast.Name):
                        found.setdefault(part.id, []).append(node)
        else:
            for name, value in _bound_by(node):
                found.setdefault(name, []).append(value)
            for block in ("body", "orelse", "finalbody", "handlers"):
                waiting += getattr(node, block, [])
    return found


def _bound_by(node):
    """Yield (variable, what it gets) of a statement that is no plain assignment, as known.append(value) is none."""
    pairs = []
    if isinstance(node, (ast.For, ast.AsyncFor)):
        pairs = [(node.target, node.iter)]
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        pairs = [(item.optional_vars, item.context_expr) for item in node.items if item.optional_vars]
    elif isinstance(node, ast.AugAssign):
        pairs = [(node.target, node.value)]
    elif isinstance(node, ast.Expr):
        pairs = [(part.target, part.value) for part in ast.walk(node) if isinstance(part, ast.NamedExpr)]
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _ADDING:
            pairs.append((call.func.value, call))
    elif isinstance(node, ast.Match):
        for part in ast.walk(node):
            if isinstance(part, (ast.MatchAs, ast.MatchStar)) and part.name:
                yield part.name, node.subject
    for target, value in pairs:
        yield from ((part.id, value) for part in ast.walk(target) if isinstance(part, ast.Name))
