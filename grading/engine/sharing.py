"""What the value of an expression may share with the names in it: a view of an array, a list that holds it.

What is not known to be new is taken to share. So whoever asks which objects a piece of code may change asks for too
many rather than for too few.
"""

import ast
import builtins
import inspect
from collections.abc import Iterator
from functools import cache

import numpy as np

from grading.engine.parsing import parameters, parts

LIBRARIES = {"np", "numpy", "scipy", "math", "plt", "matplotlib", "time", "operator", "statistics"}
_ARRAYS = {"np", "numpy", "math", "time", "operator", "statistics"}       # their functions return what is new, mostly
_VIEWS = {"array_split", "as_array", "as_strided", "asanyarray", "asarray", "asarray_chkfinite", "ascontiguousarray",
          "asfortranarray", "asmatrix", "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_arrays", "broadcast_to",
          "diag", "diagonal", "dsplit", "expand_dims", "flip", "fliplr", "flipud", "from_dlpack", "frombuffer",
          "hsplit", "imag", "ix_", "lib", "masked_array", "matrix_transpose", "moveaxis", "nan_to_num", "ndarray",
          "ndenumerate", "nditer", "permute_dims", "ravel", "real", "require", "reshape", "rollaxis", "rot90",
          "sliding_window_view", "split", "squeeze", "swapaxes", "transpose", "trim_zeros", "unstack", "vsplit"}
_NEW_BUILTINS = {"abs", "all", "any", "bin", "bool", "bytes", "callable", "chr", "complex", "divmod", "float",
                 "format", "hash", "hasattr", "hex", "id", "int", "isinstance", "issubclass", "len", "oct", "ord",
                 "pow", "print", "range", "repr", "round", "slice", "str", "sum", "type", "xrange"}
_NEW_METHODS = {"all", "any", "argmax", "argmin", "argpartition", "argsort", "astype", "clip", "count", "cumprod",
                "cumsum", "compress", "dot", "encode", "endswith", "find", "flatten", "format", "index", "isdigit",
                "item", "join", "keys", "lower", "lstrip", "max", "mean", "min", "most_common", "nonzero", "prod",
                "ptp", "repeat", "replace", "round", "rstrip", "searchsorted", "split", "splitlines", "startswith",
                "std", "strip", "sum", "take", "title", "tolist", "trace", "upper", "var", "zfill"}
_VIEW_METHODS = {"copy", "diagonal", "get", "items", "ravel", "reshape", "squeeze", "swapaxes", "transpose",
                 "values", "view"}
READING = _NEW_METHODS | _VIEW_METHODS           # methods that leave their object as it was
FILLING = {"add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "popleft", "remove",
           "reverse", "setdefault", "update", "difference_update", "intersection_update"}
WRITING = {"byteswap", "fill", "itemset", "partition", "put", "resize", "setfield", "setflags", "shuffle", "sort"}
_WRITERS = {"at", "copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask", "shuffle", "nan_to_num"}
KINDS = {"ndarray", "list", "dict", "set", "bytearray", "deque", "Counter", "OrderedDict", "defaultdict"}
_NUMBERS = {"shape", "size", "ndim", "dtype", "nbytes", "itemsize"}
BUILTINS = set(dir(builtins)) | {"xrange"}
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FIRST_ONLY = {"Solver"}                          # of the kit's own: it changes nothing but its first argument


def root(node: ast.AST) -> str:
    """The name at the start of a.b[c].d; "" where there is none."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


class Sharing:
    """Names of which the value of an expression may hold a part, or be one. An attribute of `self` goes as "self.name".

    - free: names that stand for modules and what these define: no part of any value
    - copies: whether `x.copy()` is all new, as it is of an array; that of a dictionary holds what the other holds
    """

    def __init__(self, free: frozenset[str] | set[str] = frozenset(), copies: bool = False):
        self._free, self._copies = free, copies
        self._known: dict[ast.AST | None, set[str]] = {}         # of each part once, however deep it is

    def of(self, *nodes: ast.AST | None) -> set[str]:
        found = set().union(*map(self._of, nodes))
        return {name for name in found if name not in self._free and name not in BUILTINS and name not in LIBRARIES}

    def _of(self, node: ast.AST | None) -> set[str]:
        if node not in self._known:
            self._known[node] = self._worked_out(node)
        return self._known[node]

    def _worked_out(self, node: ast.AST | None) -> set[str]:
        if isinstance(node, ast.Name):
            return {node.id}
        if isinstance(node, ast.Attribute):
            if node.attr in _NUMBERS:
                return set()
            own = isinstance(node.value, ast.Name) and node.value.id == "self"
            return {f"self.{node.attr}"} if own else self._of(node.value)
        if isinstance(node, ast.BinOp):
            return self._of_sum(node)
        if node is None or isinstance(node, (ast.Constant, ast.UnaryOp, ast.Compare, ast.JoinedStr, ast.Slice)):
            return set()
        if isinstance(node, (ast.Subscript, ast.Starred, ast.Await, ast.NamedExpr, ast.YieldFrom, ast.Yield)):
            return self._of(node.value)
        if isinstance(node, ast.IfExp):
            return self._of(node.body) | self._of(node.orelse)
        if isinstance(node, COMPREHENSIONS):
            return self._of_comprehension(node)
        if isinstance(node, ast.Lambda):
            own = parameters(node.args)
            return {part.id for part in parts(node.body) if isinstance(part, ast.Name)} - own
        if isinstance(node, ast.Call):
            return self._of_call(node)
        return set().union(*map(self._of, ast.iter_child_nodes(node)))

    def _of_sum(self, node: ast.BinOp) -> set[str]:
        """Arrays and numbers make new ones; two lists make one that holds what they held."""
        lists = isinstance(node.op, (ast.Add, ast.Mult, ast.BitOr)) and any(
            isinstance(side, (ast.List, ast.Tuple, ast.ListComp, ast.Dict, ast.Set))
            for side in (node.left, node.right))
        return self._of(node.left) | self._of(node.right) if lists else set()

    def _of_comprehension(self, node: ast.expr) -> set[str]:
        targets = {part.id for one in node.generators for part in parts(one.target) if isinstance(part, ast.Name)}
        found = set().union(*map(self._of, [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]))
        if found & targets:
            found |= set().union(*(self._of(one.iter) for one in node.generators))
        return found - targets

    def _of_call(self, node: ast.Call) -> set[str]:
        function, handed = node.func, set().union(*map(self._of, arguments(node)))
        if isinstance(function, ast.Name):
            if function.id in _NEW_BUILTINS:
                return set()
            if function.id in FIRST_ONLY and node.args:
                return self._of(node.args[0])
            if function.id in BUILTINS:          # a function to sort by is not in the result
                return set().union(*map(self._of, node.args), *(
                    self._of(keyword.value) for keyword in node.keywords if keyword.arg != "key"))
            return handed | {function.id}
        if not isinstance(function, ast.Attribute):
            return handed | self._of(function)
        if root(function) in _ARRAYS:
            keeps = any(keyword.arg in ("copy", "out") for keyword in node.keywords)
            return handed if function.attr in _VIEWS or keeps else set()
        if function.attr in _NEW_METHODS or function.attr == "copy" and self._copies:
            return set()
        return handed | self._of(function.value)


def written(call: ast.Call) -> list[ast.expr]:
    """Expressions of which a call is known to change the value in place, whatever its function is."""
    found = [keyword.value for keyword in call.keywords if keyword.arg == "out"]
    function = call.func
    if isinstance(function, ast.Name) and function.id in ("next", "setattr", "delattr"):
        found += call.args[:1]
    if not isinstance(function, ast.Attribute):
        return found
    name, kind = root(function), getattr(function.value, "attr", getattr(function.value, "id", ""))
    if name in ("np", "numpy", "random"):
        found += call.args[:1] if function.attr in _WRITERS else []
        place = _place_of_out(function.attr)
        found += [] if place is None else call.args[place:]
    elif name == "operator":
        found += call.args[:1] if function.attr in ("setitem", "delitem") or function.attr.startswith("i") else []
    elif function.attr in WRITING:
        found += [function.value, *(call.args[:1] if function.attr == "shuffle" else [])]
    if kind in KINDS and function.attr in WRITING | FILLING:         # np.ndarray.sort(x)
        found += call.args[:1]
    return found


@cache
def _place_of_out(name: str) -> int | None:
    """Which argument of this function of numpy's is the array that it writes into; None where there is none."""
    function = getattr(np, name, None)
    if isinstance(function, np.ufunc):
        return function.nin
    try:
        places = [*inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):
        return None
    return next((place for place, one in enumerate(places)
                 if (one.name, one.kind) == ("out", one.POSITIONAL_OR_KEYWORD)), None)


def captured(node: ast.Match) -> Iterator[str]:
    """Names that the patterns of a match statement bind."""
    for part in parts(node):
        if isinstance(part, (ast.MatchAs, ast.MatchStar)) and part.name:
            yield part.name
        elif isinstance(part, ast.MatchMapping) and part.rest:
            yield part.rest


def element(value: ast.AST | None, place: int) -> ast.AST | None:
    """What the target at a place gets of a value that is taken apart, or of each element of what is gone through."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        if value.func.id == "enumerate" and value.args:
            return value.args[0] if place else None
        starred = any(isinstance(one, ast.Starred) for one in value.args)
        if value.func.id == "zip" and place < len(value.args) and not starred:
            return value.args[place]
    return value
