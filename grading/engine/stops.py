"""Which mistake it is that makes a student's function raise: told by what was raised and by the line that did it.

The type, the message and the traceback are a student's: they are held against patterns and against the submission's own
text, and what comes of it is the code of a known cause (`causes.py`) and the name of a function that the text has.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from grading.engine import advice, causes, misfits, misnamed, parsing, renamed, telling

MOST_MESSAGE = 1000            # characters of a message that are looked at,
MOST_NAME = 200                # and of the name of a function that is told
_FILE = re.compile(r'^[ \t]*File "?([^"\n]{1,300}\.py)', re.MULTILINE)
_ATTRIBUTE = re.compile(r"'(\w+)' object has no attribute '(\w+)'")
_CHANGING = {"sort", "append", "extend", "update", "insert", "reverse", "shuffle", "add"}    # they return None
_OPERAND = r"unsupported operand type|bad operand type|not supported between|can't multiply|can only concatenate"
_UNLIKE = re.compile(r"unpack|too many indices|not subscriptable|is not iterable|invalid index to scalar"
                     r"|'(tuple|list|dict|numpy\.float64|float)'")
# What is said of a TypeError, ValueError and the like, by its message, where nothing in the line tells more.
_SAID = tuple((re.compile(pattern), code) for pattern, code in (
    (r"^'?(module|numpy)\S* .*has no attribute", "no such"),
    (r"recursion depth", "recursion"),
    (r"pop from empty", "popped"),
    (r"for \^: |ufunc 'bitwise_xor' not supported", "power"),
    (r"must be square", "square"),
    (r"division by zero|modulo by zero", "zero"),
    (r"larger sample than population", "replace"),
    (r"'?a'? must be (1-dimensional|a sequence|an integer)", "draws"),
    (r"arg is an empty|iterable argument is empty|empty sequence|zero-size array|of an empty", "empty"),
    (r"'(map|filter|zip|dict_keys|dict_values|dict_items|range)'", "lazy"),
    (r"list assignment index", "list place"),
    (r"index out of range", "bounds"),
    (r"can't multiply sequence", "sequence"),
    (r"list indices must be|'list' object has no attribute", "list"),
    (rf"({_OPERAND}).*'list'", "list"),
    (rf"tuple indices must be|'tuple' object has no attribute|({_OPERAND}).*'tuple'",
     "several"),
    (r"must be str, not|can only concatenate str|\+: '(int|float)' and 'str'|\+: 'str' and", "text"),
    (r"boolean subtract", "boolean"),
    (r"Cannot cast ufunc|same_kind", "cast"),
    (r"as a data type|data type not understood|data type '.*' not understood", "one tuple"),
    (r"'(tuple|list)' object cannot be interpreted as an integer", "sizes"),
    (r"cannot be interpreted as an integer|slice indices must be|only integers, slices|or a single integer", "whole"),
    (r"used as indices must be of integer|Cannot cast array data from dtype\('float64'\) to dtype\('int64'\)",
     "positions"),
    (r"(function|method|builtin_function_or_method|type|ufunc)' object (is not subscriptable|has no attribute)",
     "uncalled"),
    (rf"({_OPERAND}).*'(builtin_function_or_method|function|method)'", "uncalled"),
    (r"is not callable", "not callable"),
    (r"unexpected keyword argument '(axis|keepdims)'|'(axis|keepdims)' is an invalid keyword", "axis elsewhere"),
    (r"boolean array indexing assignment", "through a mask"),
    (r"positional argument|unexpected keyword|multiple values for|takes no (keyword )?arguments|required argument",
     "arguments"),
    (r"'(int|float|numpy\.\w+|float64|int64)' object (is not subscriptable|is not iterable|does not support item)"
     r"|invalid index to scalar|has no len\(\)|iteration over a 0-d array", "one array"),
    (r"'dict' object has no attribute", "dot key"),
    (r"'ndarray' object has no attribute", "no such"),
    (r"object has no attribute", "attribute"),
))


@dataclass(frozen=True)
class Spot:
    """The line of the submission that raised: its statement, in a function, in a class, in a file.

    - name: of the function, with its class, as `KNearestNeighbor.predict`
    - statement: of a loop or a branch, what stands in its first line; place: all of it
    """

    text: str
    name: str = ""
    function: ast.AST = field(default_factory=lambda: ast.Module([], []))
    owner: ast.ClassDef | None = None
    statement: ast.AST = field(default_factory=ast.Pass)
    place: ast.AST = field(default_factory=ast.Pass)

    def nodes(self) -> list[ast.AST]:
        return parsing.parts(self.statement)

    @property
    def own_text(self) -> str:
        """Of the function."""
        lines = self.text.splitlines()
        return "\n".join(lines[self.function.lineno - 1:self.function.end_lineno]) if self.name else ""

    @property
    def calls(self) -> Iterator[ast.Call]:
        return (node for node in self.nodes() if isinstance(node, ast.Call))

    def called(self, *names: str) -> list[ast.Call]:
        """Calls of what goes by one of these names, as a method or alone."""
        return [call for call in self.calls
                if getattr(call.func, "attr", getattr(call.func, "id", "")) in names]


def found(kind: str, message: str, trace: str, files: Mapping[str, str]) -> list[str]:
    """[the function of the submission that raised, "" where it was none; the code of the cause, or ""]."""
    try:
        frames = telling.frames_in(trace, files)
        place = (files[frames[-1].file], frames[-1].line) if frames and frames[-1].file in files else None
        spot = _spot(*place) if place else None
        code = _code_at(kind, message[:MOST_MESSAGE], place)
        if spot and _ends_below(trace, files) and code not in causes.HANDED_ON:
            code = "handed on"
        return [spot.name[:MOST_NAME] if spot else "", code if causes.cause(code) else ""]
    except Exception:              # a sentence less
        return ["", ""]


def _ends_below(trace: str, files: Mapping[str, str]) -> bool:
    """Whether the last frame of the package is in a module that is none of the submission's, and so calls none."""
    inside = [path for path in _FILE.findall(trace[:telling.MOST]) if "cs231n/" in path]
    return bool(inside) and not any(f"/{inside[-1]}".endswith(f"/{file}") for file in files)


@lru_cache(maxsize=16)
def _tree(text: str) -> ast.Module:
    return parsing.parse_small(text)


@lru_cache(maxsize=64)
def _spot(text: str, line: int) -> Spot:
    try:
        tree = _tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Spot(text)
    spot, body = Spot(text), tree.body
    statement: ast.AST = ast.Pass()
    owner = function = None
    while inside := [node for node in body if node.lineno <= line <= node.end_lineno]:
        statement = inside[-1]
        if isinstance(statement, ast.ClassDef) and function is None:
            owner = statement
        elif isinstance(statement, ast.FunctionDef) and function is None:
            function = statement
        body = [one for name in ("body", "orelse", "finalbody", "handlers") for one in getattr(statement, name, [])
                if isinstance(one, (ast.stmt, ast.ExceptHandler))]
    if function is None:
        return spot
    name = f"{owner.name}.{function.name}" if owner else function.name
    return Spot(text, name, function, owner, _head(statement), statement)


def _head(statement: ast.AST) -> ast.AST:
    """Of a loop or a branch, what stands in its first line."""
    part = getattr(statement, "test", None) or getattr(statement, "iter", None)
    return part if part is not None and hasattr(statement, "body") else statement


@lru_cache(maxsize=256)
def _code_at(kind: str, message: str, place: tuple[str, int] | None) -> str:
    """Of one exception, which a function may raise at each question."""
    return _code(kind, message, _spot(*place) if place else None)


def _code(kind: str, message: str, spot: Spot | None) -> str:
    if old := renamed.old_name(message):
        return f"{causes.OLD}{old}"
    if spot is None:
        return _of_what_came_back(kind, message)
    if kind in ("NameError", "UnboundLocalError"):
        return misnamed.name(kind, message, spot)
    if kind == "KeyError":
        return misnamed.key(message.strip(), spot)
    if kind in ("ModuleNotFoundError", "ImportError"):
        return "module"
    if kind == "AssertionError":
        return "assert" if isinstance(spot.statement, ast.Assert) else ""
    if "NoneType" in message:
        return _none(spot)
    if "unpack" in message:
        return _unpacked(spot)
    if shapes := misfits.found(message, spot):
        return shapes
    if "tuple indices must be" in message and any(isinstance(node, ast.Subscript) and getattr(
            node.value, "id", "") == "cache" for node in spot.nodes()):
        return "cache"
    if attribute := _ATTRIBUTE.search(message):
        return _without(*attribute.groups(), spot)
    if "integer scalar arrays can be converted to a scalar index" in message:
        return _index(spot)
    if "positional argument" in message and advice.of(kind, message, {"": spot.text}).endswith("first argument"):
        return "method self"
    if ("dtype('O')" in message or "too small depth" in message) and re.search(r"=\s*(map|filter|zip)\(", spot.text):
        return "lazy"
    if "object cannot be interpreted as an integer" in message and spot.called("zeros", "ones", "empty", "arange"):
        return "whole" if "'float'" in message else "one tuple"
    code = _counted(message, spot) or next((code for pattern, code in _SAID if pattern.search(message)), "")
    return "no such" if kind == "AttributeError" and not code and "module" in message else code


def _counted(message: str, spot: Spot) -> str:
    """What is wrong with what a loop counts through, or with a shape that is asked for one of its numbers."""
    if "is not iterable" in message and isinstance(spot.place, ast.For) and re.search(r"'(numpy\.)?u?int\d*'", message):
        return "range"
    if spot.called("range", "arange") and "'tuple' object cannot be interpreted as an integer" in message:
        return "whole shape"
    asks = any(isinstance(node, ast.Attribute) and node.attr == "shape" for node in spot.nodes())
    return "axes" if asks and "tuple index out of range" in message else ""


def _of_what_came_back(kind: str, message: str) -> str:
    """Of an exception at a line of the kit's own, from what the function has returned or left."""
    if kind == "KeyError":
        return "lacks key"
    if re.search(r"positional argument|unexpected keyword|multiple values for|takes no", message):
        return "signature"
    if "NoneType" in message:
        return "returned none"
    return "returned" if _UNLIKE.search(message) else ""


def _none(spot: Spot) -> str:
    """None, which is what a list's own methods return, and what a variable was that nothing has replaced."""
    for node in parsing.parts(spot.function):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and getattr(
                node.value.func, "attr", "") in _CHANGING:
            return "changes"
    return "none"


def _unpacked(spot: Spot) -> str:
    value = getattr(spot.statement, "value", None)
    if isinstance(spot.statement, ast.Assign) and isinstance(value, (ast.Name, ast.Subscript)) and re.search(
            r"cache", ast.unparse(value)):
        return "cache"
    return "unpacked"


def _without(kind: str, name: str, spot: Spot) -> str:
    """An attribute that something lacks."""
    if kind == "dict":
        return "dot key"
    if kind == "tuple":
        return "several"
    if kind == "list":
        return "list"
    if kind in ("function", "method", "builtin_function_or_method"):
        return "uncalled"
    if kind in ("ndarray", "float64", "int64", "float", "int"):
        return "no such" if kind == "ndarray" else "one array"
    return "attribute" if spot.owner else ""


def _index(spot: Spot) -> str:
    """An array where a single whole number belongs."""
    if any(len(call.args) > 1 and isinstance(call.func, ast.Attribute)
           for call in spot.called("max", "min", "sum", "amax", "amin")):
        return "second argument"
    if any(len(call.args) > 1 for call in spot.called("concatenate")):
        return "one list"
    if any(len(call.args) > 1 for call in spot.called("zeros", "ones", "empty")):
        return "one tuple"
    if spot.called("range"):
        return "length"
    return "list" if any(isinstance(node, ast.Subscript) for node in spot.nodes()) else ""
