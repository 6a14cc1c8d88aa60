"""What functions may do besides returning something: change what they are handed, or keep something for the next call.

It is read off the text, and what is not certain counts as done. Names of functions are taken without their classes.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, reduce

from grading.engine import MAX_TEXT, kept, parsing
from grading.engine.mentions import imported, last
from grading.engine.sharing import (
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
        return _of(tree, kept.by_module(tree) or kept.by_functions(tree), frozenset())
    except (SyntaxError, ValueError):
        return Effects()
    except (RecursionError, MemoryError):
        return Effects("a module is too large or too deep to be read")


def of_cell(tree: ast.Module, known: frozenset[str]) -> Effects:
    """Effects of the functions that a cell defines; `known`: names of modules and of what these define."""
    return _of(tree, kept.by_functions(tree, known, names=True), known)


def _of(tree: ast.Module, kept: str, known: frozenset[str]) -> Effects:
    """What its functions do, each by itself."""
    nodes = parsing.parts(tree)
    functions = [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.Lambda))]
    defined = frozenset(function.name for function in functions if isinstance(function, ast.FunctionDef))
    free = known | imported(tree) | defined | {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    sharing, effort = Sharing(free, copies=True), parsing.Effort()
    held: set[str] = set()
    handed = {function: parsing.parameters(function) - {"self", "cls"} for function in functions}
    shared = {function: _shared(function, sharing) for function in functions}
    for _ in _passes(functions):                 # until no more attributes of objects are known to hold something
        before = len(held)
        for function in functions:
            handed[function] |= held
            _hand_on(function, shared[function], handed[function], effort)
            held |= {name for name in handed[function] if name.startswith("self.")}
        if len(held) == before:
            break
    found, effort = Effects(kept, defined), parsing.Effort(parsing.MAX_PAIRS)
    for function, names in handed.items():
        found |= _of_function(function, getattr(function, "name", "lambda"), names, sharing, effort)
    return found


def _shared(function: ast.FunctionDef | ast.Lambda, sharing: Sharing) -> list[tuple[set[str], set[str]]]:
    """(names that get a value, names that may be a part of it) of what a function binds and stores, in order."""
    pairs = ((sharing.of(value), target) for node in parsing.parts(function) for target, value in _bindings(node))
    return [(sharing.of(target), names) for names, target in pairs if names]


def _hand_on(function: ast.FunctionDef | ast.Lambda, shared: list[tuple[set[str], set[str]]], handed: set[str],
             effort: parsing.Effort) -> None:
    """Add to `handed`, names that may stand for a part of what a function is handed, those that come to be that in it:
    local ones and attributes of `self`."""
    for _ in _passes([function]):
        before = len(handed)
        effort.spend(len(shared))
        for targets, names in shared:
            if not names.isdisjoint(handed):
                handed |= targets
        if len(handed) == before:
            break


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


def _of_function(function: ast.FunctionDef | ast.Lambda, name: str, handed: set[str], sharing: Sharing,
                 effort: parsing.Effort) -> Effects:
    nodes = list(parsing.parts(function))
    mentioned = {last(part) for part in nodes} - {""}
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
                     for target, value in _bindings(node) if sharing.of(value) & handed
                     for part in parsing.parts(target))
        if not isinstance(node, ast.Call):
            continue
        changed, given, called = written(node), arguments(node), last(node.func)
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
            others |= {last(part) for one in given for part in parsing.parts(one)} - {""}       # it may call these
            others |= {"lambda"} if any(isinstance(one, ast.Lambda) for one in given) else set()
            effort.spend(len(others))
            passing |= {(name, other) for other in others}
    return Effects("", frozenset(), frozenset([name] * changes), frozenset([name] * holds), frozenset(passing))
