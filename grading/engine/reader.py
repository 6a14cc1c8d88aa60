"""Reads off a cell's text what it may read, bind and change; what is not certain counts as done."""

import ast
import re
from collections.abc import Iterable
from functools import lru_cache

from grading.engine import MAX_TEXT, parsing
from grading.engine.effects import of_cell
from grading.engine.facts import GIVEN, PICTURES, Facts
from grading.engine.importing import acting, statements
from grading.engine.mentions import imported, last, names, reads, stored
from grading.engine.sharing import (
    BUILTINS,
    FILLING,
    FIRST_ONLY,
    KINDS,
    LIBRARIES,
    READING,
    WRITING,
    Sharing,
    arguments,
    captured,
    element,
    root,
    written,
)

_EVERYWHERE = {"__import__", "compile", "delattr", "dir", "eval", "exec", "get_ipython", "globals", "locals",
               "setattr", "vars", "In", "Out", "_", "__", "___", "exit", "quit", "breakpoint", "input"}
_OUTSIDE = {"open", "save", "savez", "savez_compressed", "savetxt", "savefig", "tofile", "dump", "write_text",
            "write_bytes", "system", "Popen", "simplefilter", "filterwarnings", "seterr", "set_printoptions",
            "chdir", "mkdir", "mkdtemp", "mkstemp", "rmdir", "symlink_to", "touch", "unlink"}
_REFLECTING = {"__main__", "builtins", "code", "ctypes", "gc", "inspect", "IPython", "runpy"}     # see everything
_HANDED_ON = WRITING | FILLING


@lru_cache(maxsize=512)
def read(python: str, known: frozenset[str]) -> Facts:
    """Of a cell, its magics made calls; `known`: names of modules, and of what these define, in other cells."""
    if len(python) > MAX_TEXT:
        return Facts(whole="a cell is too long to be read")
    try:
        tree = parsing.parse_small(python, parsing.MAX_NAMES)
        reader = _Reader(tree, known | imported(tree))
        reader.visit(tree)
        return reader.told()
    except (SyntaxError, ValueError):
        return Facts()                           # it does nothing but fail
    except (RecursionError, MemoryError):
        return Facts(whole="a cell is too large or too deep to be read")


class _Reader(ast.NodeVisitor):
    """Reads the facts off a cell's syntax tree."""

    def __init__(self, tree: ast.Module, known: frozenset[str]):
        self._tree, self._known, self._sharing, nodes = tree, known, Sharing(known), parsing.parts(tree)
        self._stored = stored(tree)
        self._defined = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        self._binds, self._writes, self._fills, self._effort = set(), set(), set(), parsing.Effort(parsing.MAX_PAIRS)
        self._handed, self._called, self._same, self._tied, self._made, self._hung = (set() for _ in range(6))
        self._later, self._patches, self._whole, self._acts, self._magic = set(), set(), "", False, False
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        assigned = [node for node in nodes if isinstance(node, ast.Assign)]
        self._passed = {one for node in calls for one in arguments(node)}
        self._lambdas = {target.id for node in assigned
                         if any(isinstance(part, ast.Lambda) and part not in self._passed
                                for part in parsing.parts(node.value))
                         for target in node.targets if isinstance(target, ast.Name)}
        self._calls = called = {node.func for node in calls}
        self._acting = acting(one for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))
                              for one in statements(node))
        self._mentioned = {last(node) for node in nodes       # functions that a variable may stand for
                           if isinstance(node, (ast.Name, ast.Attribute)) and node not in called}
        self._new_arrays = {target.id for node in assigned
                            if isinstance(node.value, ast.Call) and root(node.value.func) in ("np", "numpy")
                            for target in node.targets if isinstance(target, ast.Name)}

    def told(self) -> Facts:
        now = reads(self._tree.body, certain := set()) - BUILTINS
        return Facts(frozenset(now), frozenset(self._later - BUILTINS), frozenset(self._binds), frozenset(certain),
                     self._imports(),
                     frozenset(self._writes),
                     frozenset(self._fills), frozenset(self._handed), frozenset(self._called),
                     frozenset(self._same), frozenset(self._tied),
                     frozenset(self._made), frozenset(self._hung), frozenset(self._defined | self._lambdas),
                     frozenset(self._patches), self._whole, self._acts, self._magic, of_cell(self._tree, self._known))

    def _imports(self) -> frozenset[tuple[str, str]]:
        otherwise = self._stored | self._defined
        return frozenset(one for node in self._tree.body if isinstance(node, (ast.Import, ast.ImportFrom))
                         for one in statements(node) if one[0] not in otherwise)

    # Names

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            if node.id in _EVERYWHERE or re.match(r"_[io\d]", node.id):
                if node.id == "get_ipython":
                    self._acts = self._magic = True
                elif node.id not in self._stored:
                    self._whole = self._whole or f"a cell uses {node.id}"
            elif node.id in _OUTSIDE | self._acting:
                self._acts = True
        else:
            self._bind(node.id)

    def _bind(self, name: str) -> None:
        self._binds.add(name)
        if name in LIBRARIES:
            self._whole = self._whole or f"a cell binds {name} to something else"

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in _OUTSIDE:
            self._acts = True
        special = node.attr.startswith("__") and node.attr not in ("__name__", "__doc__", "__init__", "__version__")
        if special or (root(node), node.attr) == ("sys", "modules"):
            self._whole = self._whole or f"a cell uses {node.attr}"
        library = root(node) in self._known | LIBRARIES and last(node.value) not in KINDS
        if node.attr in _HANDED_ON and node not in self._calls and isinstance(node.ctx, ast.Load) and not library:
            self._whole = self._whole or f"a cell hands on {node.attr}"
        self._store(node)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._store(node)
        self.generic_visit(node)

    def _store(self, node: ast.Attribute | ast.Subscript) -> None:
        if isinstance(node.ctx, ast.Load):
            return
        name = root(node)
        if name in self._known or name in LIBRARIES:
            self._fills.add(name)
            self._patches.add(name)
            self._acts = self._acts or name not in PICTURES
        self._writes |= self._sharing.of(node.value)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._binds.add(alias.asname or alias.name.partition(".")[0])
            self._reflects(alias.name)

    def _reflects(self, module: str) -> None:
        if module.partition(".")[0] in _REFLECTING and not module.startswith("IPython.display"):
            self._whole = self._whole or f"a cell imports {module}"

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._reflects(node.module or "")
        for alias in node.names:
            self._binds.add(alias.asname or alias.name)
            if alias.name == "*":
                self._whole = self._whole or "a cell imports *"

    def visit_Global(self, node: ast.Global) -> None:
        self._whole = self._whole or "a function binds names of the notebook"

    def visit_Delete(self, node: ast.Delete) -> None:
        self._binds |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        self.generic_visit(node)

    # Functions

    def _function(self, node: ast.FunctionDef) -> None:
        self._binds.add(node.name)
        inside = {name for part in node.body for name in names(part, ast.Load)}
        own = parsing.parameters(node.args)
        self._later |= inside - own - set().union(*(names(part, ast.Store) for part in node.body))
        returned = [part.value for part in parsing.parts(node)
                    if isinstance(part, (ast.Return, ast.Yield, ast.YieldFrom))]
        self._tie(node.name, self._sharing.of(*returned))
        binds = set(self._binds)
        self.generic_visit(node)
        self._binds = binds                      # those are the function's own

    visit_FunctionDef = visit_AsyncFunctionDef = _function

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._binds.add(node.name)
        binds = set(self._binds)
        self.generic_visit(node)
        self._binds = binds

    def visit_Lambda(self, node: ast.Lambda) -> None:
        if node not in self._passed:
            own = parsing.parameters(node.args)
            self._later |= names(node.body, ast.Load) - own
        self.generic_visit(node)

    # Values

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._assign(target, node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign | ast.NamedExpr) -> None:
        self._assign(node.target, node.value)
        self.generic_visit(node)

    visit_NamedExpr = visit_AnnAssign

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        targets, values = self._sharing.of(node.target), self._sharing.of(node.value)
        self._writes |= targets
        self._hung |= {("", *pair) for pair in self._pairs(targets, values)}
        self.generic_visit(node)

    def visit_For(self, node: ast.For | ast.comprehension) -> None:
        for one in node.iter.elts if isinstance(node.iter, (ast.Tuple, ast.List)) else [node.iter]:
            self._assign(node.target, one)
        self.generic_visit(node)

    visit_comprehension = visit_For

    def visit_Match(self, node: ast.Match) -> None:
        for name in captured(node):
            self._bind(name)
            self._assign(ast.Name(name, ast.Store()), node.subject)
        self.generic_visit(node)

    def visit_withitem(self, node: ast.withitem) -> None:
        if node.optional_vars:
            self._assign(node.optional_vars, node.context_expr)
        self.generic_visit(node)

    def _comprehension(self, node: ast.expr) -> None:
        binds = set(self._binds)
        self.generic_visit(node)
        self._binds = binds

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def _assign(self, target: ast.AST, value: ast.AST | None) -> None:
        if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value, (ast.Tuple, ast.List)) and len(
                target.elts) == len(value.elts) and not any(isinstance(one, ast.Starred) for one in target.elts):
            for one, its in zip(target.elts, value.elts):
                self._assign(one, its)
            return
        if isinstance(target, (ast.Tuple, ast.List)):
            for place, one in enumerate(target.elts):
                self._assign(one, element(value, place))
            return
        if isinstance(target, ast.Subscript) and getattr(target.value, "id", "") in self._new_arrays:
            return                               # numbers go into an array, nothing else
        if isinstance(target, ast.Name) and isinstance(value, ast.Name):
            self._same |= {(target.id, other) for other in self._sharing.of(value)}
            return
        method = isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and root(
            value.func) not in self._known | LIBRARIES
        shared = self._sharing.of(value)
        near = shared & self._sharing.of(value.func.value) if method else set() if self._makes(value) else shared
        for name in self._sharing.of(target):
            if isinstance(target, ast.Name):
                self._tie(name, near)
                self._made |= self._pairs({name}, shared - near)
            else:
                self._hung |= {("", *pair) for pair in self._pairs({name}, shared)}

    def _makes(self, value: ast.AST | None) -> bool:
        """Whether this is a new object of an imported class."""
        return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in self._known and (
            value.func.id[:1].isupper() and value.func.id not in FIRST_ONLY)

    def _tie(self, name: str, others: Iterable[str]) -> None:
        self._tied |= self._pairs({name}, set(others) - {name})

    def _pairs(self, ones: set[str], others: set[str]) -> set[tuple[str, str]]:
        """Each of the ones with each of the others."""
        self._effort.spend(len(ones) * len(others))
        return {(one, other) for one in ones for other in others}

    def visit_Call(self, node: ast.Call) -> None:
        function, handed = node.func, [one for one in arguments(node) if not isinstance(one, ast.Lambda)]
        if (given := last(function)) in GIVEN and len(node.args) > GIVEN[given]:
            handed = [node.args[GIVEN[given]]]
        names = self._sharing.of(*handed)
        for one in written(node):
            self._writes |= self._sharing.of(one)
        if isinstance(function, ast.Call):       # of what another call has returned: it may do anything with that
            self._writes |= self._sharing.of(function) | names
        if isinstance(function, ast.Attribute):
            self._method(function, names)
        elif isinstance(function, ast.Name) and (function.id in self._known | self._defined or function.id in BUILTINS):
            self._handed |= self._pairs({function.id}, names)
        else:                                    # a variable: it may be any function that this cell knows
            self._handed |= self._pairs(self._mentioned | {"lambda", last(function)}, names)
        for one in arguments(node):              # functions among them may be called with the others
            called = {"lambda"} if isinstance(one, ast.Lambda) else {last(part) for part in parsing.parts(one)}
            self._handed |= self._pairs(called, names)
        self.generic_visit(node)

    def _method(self, function: ast.Attribute, names: set[str]) -> None:
        name = root(function)
        self._handed |= self._pairs({function.attr}, names)
        if name in self._known or name in LIBRARIES:
            if function.attr in FILLING or function.attr in ("use", "rc", "rcdefaults"):
                self._fills.add(name)
            return
        if function.attr not in READING:
            objects = self._sharing.of(function.value)
            self._called |= self._pairs({function.attr}, objects)
            self._hung |= {(function.attr, *pair) for pair in self._pairs(objects, names)}
