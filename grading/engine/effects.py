"""What functions may do besides returning something: change what they are handed, or keep something for the next call.

It is read off the text, and what is not certain counts as done. Names of functions are taken without their classes.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, reduce

from grading.engine import MAX_TEXT, parsing
from grading.engine.sharing import (
    BUILTINS,
    FILLING,
    LIBRARIES,
    READING,
    Sharing,
    arguments,
    captured,
    root,
    written,
)

PASSES = 40                    # through a text, in which each name may be found to stand for another

# What modules may import and keep nothing by it.
_IMPORTS = {"__future__", "abc", "builtins", "collections", "copy", "cs231n", "dataclasses", "future", "itertools",
            "math", "matplotlib", "numpy", "operator", "past", "random", "scipy", "six", "statistics", "time",
            "typing", "warnings"}
_REACHING = {"__import__", "breakpoint", "compile", "delattr", "eval", "exec", "exit", "globals", "input", "locals",
             "open", "quit", "setattr", "vars", "lru_cache", "cache", "cached_property", "count", "cycle"}
_SETTING = {"dump", "save", "savefig", "savetxt", "savez", "savez_compressed", "seterr", "seterrcall",
            "set_printoptions", "setbufsize", "tofile", "simplefilter", "filterwarnings", "errstate_set", "memmap",
            "rc", "rcParams", "use"}
_DECORATORS = {"staticmethod", "classmethod", "property", "abstractmethod"}
_SPECIAL = {"__init__", "__call__", "__len__", "__repr__", "__str__", "__name__", "__doc__", "__class__", "__version__"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Effects:
    """Of some code.

    - kept: what makes it hold something from one call to the next, in a few words; "" for nothing
    - defined: names of its functions and methods
    - changing: of those, and of all without a name as "lambda", that may change what they are handed, or were before
    - holding: of those that may make what they are handed a part of their object, or of something else that is handed
    - passing: (function, another that it may hand on what it is handed)
    """

    kept: str = ""
    defined: frozenset[str] = field(default=frozenset())
    changing: frozenset[str] = field(default=frozenset())
    holding: frozenset[str] = field(default=frozenset())
    passing: frozenset[tuple[str, str]] = field(default=frozenset())

    def __or__(self, other: "Effects") -> "Effects":
        return Effects(self.kept or other.kept, self.defined | other.defined, self.changing | other.changing,
                       self.holding | other.holding, self.passing | other.passing)

    def closed(self, changing: Iterable[str]) -> "Effects":
        """What they do through one another as well, where these functions change what they are handed, too."""
        changing, holding = set(self.changing).union(changing), set(self.holding)
        callers: dict[str, list[str]] = {}
        for function, other in self.passing:
            callers.setdefault(other, []).append(function)
        for found in (changing, holding):
            waiting = list(found)
            while waiting:
                more = {function for function in callers.get(waiting.pop(), ()) if function not in found}
                found |= more
                waiting += more
        return Effects(self.kept, self.defined, frozenset(changing), frozenset(holding), self.passing)


def of_modules(texts: Iterable[str]) -> Effects:
    """Effects of modules that may call one another."""
    return reduce(Effects.__or__, map(_of_module, texts), Effects()).closed(())


@lru_cache(maxsize=64)
def _of_module(text: str) -> Effects:
    """Of one that is no Python there are none: it cannot be imported."""
    if len(text) > MAX_TEXT:
        return Effects("a module is too long to be read")
    try:
        tree = parsing.parse_small(text)
        return _of(tree, _kept_by_module(tree) or _kept_by_functions(tree), frozenset())
    except (SyntaxError, ValueError):
        return Effects()
    except (RecursionError, MemoryError):
        return Effects("a module is too large or too deep to be read")


def of_cell(tree: ast.Module, known: frozenset[str]) -> Effects:
    """Effects of the functions that a cell defines; `known`: names of modules and of what these define."""
    return _of(tree, _kept_by_functions(tree, known, names=True), known)


# What is kept

def _kept_by_module(tree: ast.Module) -> str:
    for statement in tree.body:
        if told := _kept_by_statement(statement):
            return told
    return ""


def _kept_by_statement(node: ast.stmt) -> str:
    """What a statement of a module, or of a class in it, may keep. What never changes is nothing that is kept."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return _foreign(node)
    if isinstance(node, ast.ClassDef):
        if node.keywords or node.decorator_list:
            return f"class {node.name} is made in a way of its own"
        return next(filter(None, map(_kept_by_statement, node.body)), "")
    if isinstance(node, (ast.FunctionDef, ast.Pass)):
        return ""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return ""
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and (node.value is None or _is_constant(node.value)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return "" if all(isinstance(target, ast.Name) for target in targets) else "it sets an attribute"
    if isinstance(node, ast.Try):
        parts = [*node.body, *node.orelse, *node.finalbody, *(one for handler in node.handlers for one in handler.body)]
        return next(filter(None, map(_kept_by_statement, parts)), "")
    if isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and root(node.test.left) == "__name__":
        return ""
    return f"line {node.lineno} does something when the module is loaded"


def _foreign(node: ast.Import | ast.ImportFrom) -> str:
    if isinstance(node, ast.ImportFrom):
        if any(alias.name == "*" for alias in node.names):
            # ... of the kit's own package, this is what many students' files begin with
            return "" if node.level or (node.module or "").split(".")[0] in ("cs231n", "builtins") else "it imports *"
        modules = ["cs231n" if node.level else node.module or ""]
    else:
        modules = [alias.name for alias in node.names]
    odd = [module for module in modules if module.split(".")[0] not in _IMPORTS]
    return f"it imports {odd[0]}" if odd else ""


def _is_constant(node: ast.expr) -> bool:
    """A value that nothing can change, or a name for a function."""
    if isinstance(node, ast.Tuple):
        return all(map(_is_constant, node.elts))
    if isinstance(node, ast.UnaryOp):
        return _is_constant(node.operand)
    if isinstance(node, ast.BinOp):
        return _is_constant(node.left) and _is_constant(node.right)
    return isinstance(node, ast.Constant) or isinstance(node, ast.Attribute) and root(node) in LIBRARIES or (
        isinstance(node, ast.Name) and node.id in BUILTINS)


def _kept_by_functions(tree: ast.Module, known: frozenset[str] = frozenset(), names: bool = False) -> str:
    """What functions may keep, by the way they are made; and in names that are not their own, unless these are told."""
    modules = known | _imported(tree)
    for node in ast.walk(tree):
        if not isinstance(node, _FUNCTIONS):
            continue
        if told := _kept_by_function(node) or not names and _set_outside(node, modules):
            return f"{getattr(node, 'name', 'a function')} {told}"
    return ""


def _kept_by_function(function: ast.AST) -> str:
    for decorator in getattr(function, "decorator_list", ()):
        if not (isinstance(decorator, (ast.Name, ast.Attribute)) and _last(decorator) in _DECORATORS):
            return "is decorated"
    defaults = [default for default in (*function.args.defaults, *function.args.kw_defaults) if default is not None]
    if not all(map(_is_constant, defaults)):
        return "has a default that can change"
    for node in ast.walk(function):
        if isinstance(node, ast.Global):
            return "has names of the module"
        if isinstance(node, (ast.Import, ast.ImportFrom)) and (told := _foreign(node)):
            return told
    return ""


def _set_outside(function: ast.AST, modules: frozenset[str]) -> str:
    local = {part.arg for part in ast.walk(function) if isinstance(part, ast.arg)} | {
        part.id for part in ast.walk(function) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)} | {
        part.name for part in ast.walk(function) if isinstance(part, (ast.FunctionDef, ast.ExceptHandler))
        and part.name and part is not function}
    for node in ast.walk(function):
        if isinstance(node, ast.ClassDef):
            return "makes a class"
        if isinstance(node, (ast.Name, ast.Attribute)) and _last(node) in _REACHING - (local if isinstance(
                node, ast.Name) else {"count"}):
            return f"uses {_last(node)}"
        if isinstance(node, ast.Attribute):
            special = node.attr.startswith("__") and node.attr not in _SPECIAL
            if node.attr in _SETTING and root(node) not in local or special:
                return f"uses {node.attr}"
            if isinstance(node.ctx, (ast.Store, ast.Del)) and _reaches_out(node, local):
                return f"sets {ast.unparse(node)}"
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)) and _reaches_out(node, local):
            return f"sets {ast.unparse(node)}"
        if isinstance(node, ast.Call):
            changed = written(node)
            if isinstance(node.func, ast.Attribute) and node.func.attr not in READING:
                changed = [*changed, node.func.value]
            for one in changed:
                if _reaches_out(one, local) and root(one) not in modules | LIBRARIES | BUILTINS:
                    return f"changes {ast.unparse(one)}"
    return ""


def _reaches_out(node: ast.AST, local: set[str]) -> bool:
    """Whether something other than a local object, or than the object whose method it is, would be changed."""
    name = root(node)
    if not name:                         # of what a call or a display made
        return any(isinstance(part, ast.Name) and part.id in ("type", "super") for part in ast.walk(node)) and not (
            isinstance(node, ast.Call) and root(node.func) == "super")
    inner = node
    while isinstance(inner, (ast.Attribute, ast.Subscript)):
        if isinstance(inner, ast.Attribute) and inner.attr == "__class__":
            return True
        inner = inner.value
    return name not in local or name == "cls"


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _imported(tree: ast.AST) -> frozenset[str]:
    return frozenset(alias.asname or alias.name.partition(".")[0] for node in ast.walk(tree)
                     if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names)


# What is changed

def _of(tree: ast.Module, kept: str, known: frozenset[str]) -> Effects:
    """What its functions do, each by itself."""
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Lambda))]
    defined = frozenset(function.name for function in functions if isinstance(function, ast.FunctionDef))
    free = known | _imported(tree) | defined | {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    sharing, held, handed = Sharing(free, copies=True), set(), {}
    for _ in _passes(functions):                 # until no more attributes of objects are known to hold something
        before = len(held)
        for function in functions:
            handed[function] = _handed(function, sharing, held)
            held |= {name for name in handed[function] if name.startswith("self.")}
        if len(held) == before:
            break
    found = Effects(kept, defined)
    for function, names in handed.items():
        found |= _of_function(function, getattr(function, "name", "lambda"), names, sharing)
    return found


def _handed(function: ast.FunctionDef | ast.Lambda, sharing: Sharing, held: set[str]) -> set[str]:
    """Names, local ones and attributes of `self`, that may stand for a part of what the function is handed."""
    handed = held | {part.arg for part in ast.walk(function) if isinstance(part, ast.arg)} - {"self", "cls"}
    for _ in _passes([function]):
        before = len(handed)
        for node in ast.walk(function):
            for target, value in _bindings(node):
                if sharing.of(value) & handed:
                    handed |= sharing.of(target)
        if len(handed) == before:
            break
    return handed


def _passes(functions: list[ast.AST]) -> Iterator[int]:
    """Times to go through functions, if there are any, as often as one of a sensible length may need it."""
    if functions:
        yield from range(PASSES)
        raise parsing.TooMuch("what a function is handed goes through too many names")


def _bindings(node: ast.AST) -> list[tuple[ast.AST, ast.AST]]:
    """(target, value) of what binds or stores something."""
    if isinstance(node, ast.Assign):
        return [pair for target in node.targets for pair in _pairs(target, node.value)]
    if isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
        return [(node.target, node.value)]
    if isinstance(node, (ast.For, ast.comprehension)):
        return [(node.target, node.iter)]
    if isinstance(node, ast.Match):
        return [(ast.Name(name, ast.Store()), node.subject) for name in captured(node)]
    if isinstance(node, ast.withitem) and node.optional_vars:
        return [(node.optional_vars, node.context_expr)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FILLING:
        return [(node.func.value, argument) for argument in arguments(node)]
    return []


def _pairs(target: ast.AST, value: ast.AST) -> list[tuple[ast.AST, ast.AST]]:
    if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)) and len(
            target.elts) == len(value.elts) and not any(isinstance(one, ast.Starred) for one in target.elts):
        return [pair for one, its in zip(target.elts, value.elts) for pair in _pairs(one, its)]
    return [(target, value)]


def _of_function(function: ast.FunctionDef | ast.Lambda, name: str, handed: set[str], sharing: Sharing) -> Effects:
    nodes = list(ast.walk(function))
    mentioned = {_last(part) for part in nodes} - {""}
    local = {part.id for part in nodes if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    changes = holds = False
    passing: set[tuple[str, str]] = set()
    for node in nodes:
        if isinstance(node, ast.AugAssign):
            changes |= bool(sharing.of(node.target) & handed)
        elif isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del)):
            changes |= bool(sharing.of(node.value) & handed)
        holds |= any(isinstance(part, (ast.Attribute, ast.Subscript))
                     and (root(part) in ("self", "cls") or sharing.of(part) & handed)
                     for target, value in _bindings(node) if sharing.of(value) & handed for part in ast.walk(target))
        if not isinstance(node, ast.Call):
            continue
        changed, given, called = written(node), arguments(node), _last(node.func)
        if isinstance(node.func, ast.Attribute):
            variable = f"self.{called}" in handed
            if root(node.func) not in LIBRARIES and called not in READING:
                changed = [*changed, node.func.value]
        else:
            variable = bool(sharing.of(node.func) & handed)
        changes |= any(sharing.of(one) & handed for one in changed)
        holds |= any(isinstance(one, ast.Name) and one.id == "self" for one in given)
        if any(sharing.of(one) & handed for one in given):
            changes, holds = changes or variable, holds or variable          # it may be any function
            unknown = not called or isinstance(node.func, ast.Name) and called in local
            others = mentioned | {"lambda"} if unknown else {called}
            others |= {_last(part) for one in given for part in ast.walk(one)} - {""}       # it may call these
            others |= {"lambda"} if any(isinstance(one, ast.Lambda) for one in given) else set()
            passing |= {(name, other) for other in others}
    return Effects("", frozenset(), frozenset([name] * changes), frozenset([name] * holds), frozenset(passing))
