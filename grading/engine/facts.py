"""What a cell of a notebook may read, bind and change, read off its text; what is not certain counts as done."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from grading.engine import MAX_TEXT, parsing
from grading.engine.effects import Effects, of_cell
from grading.engine.sharing import (
    BUILTINS,
    COMPREHENSIONS,
    FILLING,
    FIRST_ONLY,
    KINDS,
    LIBRARIES,
    READING,
    WRITING,
    Sharing,
    arguments,
    captured,
    root,
    written,
)

# Functions of the given modules that change what they are handed, and which argument; a test holds this against them.
GIVEN = {"eval_numerical_gradient": 1, "eval_numerical_gradient_array": 1, "eval_numerical_gradient_blobs": 1,
         "eval_numerical_gradient_net": 1, "grad_check_sparse": 1, "is_kink": 1, "sgd": 2}
_EVERYWHERE = {"__import__", "compile", "delattr", "dir", "eval", "exec", "get_ipython", "globals", "locals",
               "setattr", "vars", "In", "Out", "_", "__", "___", "exit", "quit", "breakpoint", "input"}
_OUTSIDE = {"open", "save", "savez", "savez_compressed", "savetxt", "savefig", "tofile", "dump", "write_text",
            "write_bytes", "system", "Popen", "simplefilter", "filterwarnings", "seterr", "set_printoptions",
            "chdir", "mkdir", "mkdtemp", "mkstemp", "rmdir", "symlink_to", "touch", "unlink"}
_REFLECTING = {"__main__", "builtins", "code", "ctypes", "gc", "inspect", "IPython", "runpy"}     # see everything
# What a call of such a module's functions does is in its result, or told by its name.
_HARMLESS = {"__future__", "base64", "bisect", "collections", "colorsys", "contextlib", "copy", "cs231n",
             "dataclasses", "datetime", "enum", "fractions", "functools", "future", "hashlib", "heapq", "io",
             "itertools", "json", "math", "matplotlib", "numbers", "numpy", "operator", "past", "pathlib", "pprint",
             "re", "scipy", "six", "statistics", "string", "struct", "tempfile", "textwrap", "time", "typing"}
PICTURES = {"plt", "matplotlib"}         # to set something there changes pictures
_HANDED_ON = WRITING | FILLING


@dataclass(frozen=True)
class Facts:
    """Of one cell.

    - now, later: names that it may read before it binds them, at once and in functions that are called any time
    - binds, certain: names that it may bind, and those that it binds if it comes to its end
    - imports: (name, import statement) of the names that it binds by an import and by nothing else
    - writes, fills: names of which it may change the value, through and through or the object itself
    - handed, called: (function or method, name of an argument, of the object whose method it is)
    - same, tied, made, hung: pairs of names, of which the first is the second; may be the second or a part of it; may
      be something new that holds the second; holds the second from now on, if this function (or "") does that
    - defines: functions and classes that it defines: what these do, a cell does that names them
    - patches: modules, functions and classes of which it sets an attribute
    - whole: why nothing can be told of it; "" if it can
    - acts, magic: it does what no name shows: files, settings, what others than the libraries of computing do; it asks
      IPython to do something
    - effects: of the functions that it defines
    """

    now: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()
    certain: frozenset[str] = frozenset()
    imports: frozenset[tuple[str, str]] = frozenset()
    writes: frozenset[str] = frozenset()
    fills: frozenset[str] = frozenset()
    handed: frozenset[tuple[str, str]] = frozenset()
    called: frozenset[tuple[str, str]] = frozenset()
    same: frozenset[tuple[str, str]] = frozenset()
    tied: frozenset[tuple[str, str]] = frozenset()
    made: frozenset[tuple[str, str]] = frozenset()
    hung: frozenset[tuple[str, str, str]] = frozenset()
    defines: frozenset[str] = frozenset()
    patches: frozenset[str] = frozenset()
    whole: str = ""
    acts: bool = False
    magic: bool = False
    effects: Effects = field(default=Effects())


@lru_cache(maxsize=512)
def read(python: str, known: frozenset[str]) -> Facts:
    """Of a cell, its magics made calls; `known`: names of modules, and of what these define, in other cells."""
    if len(python) > MAX_TEXT:
        return Facts(whole="a cell is too long to be read")
    try:
        tree = parsing.parse_small(python, parsing.MAX_NAMES)
        reader = _Reader(tree, known | _imported(tree))
        reader.visit(tree)
        return reader.told()
    except (SyntaxError, ValueError):
        return Facts()                           # it does nothing but fail
    except (RecursionError, MemoryError):
        return Facts(whole="a cell is too large or too deep to be read")


def imports(python: str) -> frozenset[tuple[str, str]]:
    """(name, statement) of what a cell of the lesson's imports; none of what is no Python."""
    try:
        tree = parsing.parse(python)
    except (SyntaxError, ValueError):
        return frozenset()
    found = [one for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))
             for one in _statements(node)]
    return frozenset(one for one in found if one[0] not in _stored(tree))


def acting(imported: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Of (name, statement): names through which a cell may do what no name shows."""
    return frozenset(name for name, statement in imported
                     if statement.split()[1].partition(".")[0] not in _HARMLESS | {""})


def _statements(node: ast.Import | ast.ImportFrom) -> list[tuple[str, str]]:
    """(name that is bound, statement that binds it alone)."""
    if isinstance(node, ast.Import):
        return [(alias.asname or alias.name.partition(".")[0], ast.unparse(ast.Import([alias])))
                for alias in node.names]
    return [(alias.asname or alias.name, ast.unparse(ast.ImportFrom(node.module, [alias], node.level)))
            for alias in node.names]


class _Reader(ast.NodeVisitor):
    """Reads the facts off a cell's syntax tree."""

    def __init__(self, tree: ast.Module, known: frozenset[str]):
        self._tree, self._known, self._sharing = tree, known, Sharing(known)
        self._defined = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        self._binds, self._writes, self._fills = set(), set(), set()
        self._handed, self._called, self._same, self._tied, self._made, self._hung = (set() for _ in range(6))
        self._later, self._patches, self._whole, self._acts, self._magic = set(), set(), "", False, False
        self._passed = {one for node in ast.walk(tree) if isinstance(node, ast.Call) for one in arguments(node)}
        self._lambdas = {target.id for node in ast.walk(tree) if isinstance(node, ast.Assign)
                         and any(isinstance(part, ast.Lambda) and part not in self._passed
                                 for part in ast.walk(node.value))
                         for target in node.targets if isinstance(target, ast.Name)}
        self._calls = called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
        self._acting = acting(one for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))
                              for one in _statements(node))
        self._mentioned = {_last(node) for node in ast.walk(tree)       # functions that a variable may stand for
                           if isinstance(node, (ast.Name, ast.Attribute)) and node not in called}
        self._new_arrays = {target.id for node in ast.walk(tree) if isinstance(node, ast.Assign)
                            and isinstance(node.value, ast.Call) and root(node.value.func) in ("np", "numpy")
                            for target in node.targets if isinstance(target, ast.Name)}

    def told(self) -> Facts:
        now = _reads(self._tree.body, certain := set()) - BUILTINS
        return Facts(frozenset(now), frozenset(self._later - BUILTINS), frozenset(self._binds), frozenset(certain),
                     self._imports(),
                     frozenset(self._writes),
                     frozenset(self._fills), frozenset(self._handed), frozenset(self._called),
                     frozenset(self._same), frozenset(self._tied),
                     frozenset(self._made), frozenset(self._hung), frozenset(self._defined | self._lambdas),
                     frozenset(self._patches), self._whole, self._acts, self._magic, of_cell(self._tree, self._known))

    def _imports(self) -> frozenset[tuple[str, str]]:
        otherwise = _stored(self._tree) | self._defined
        return frozenset(one for node in self._tree.body if isinstance(node, (ast.Import, ast.ImportFrom))
                         for one in _statements(node) if one[0] not in otherwise)

    # Names

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            if node.id in _EVERYWHERE or re.match(r"_[io\d]", node.id):
                if node.id == "get_ipython":
                    self._acts = self._magic = True
                elif node.id not in _stored(self._tree):
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
        library = root(node) in self._known | LIBRARIES and _last(node.value) not in KINDS
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
        inside = {name for part in node.body for name in _names(part, ast.Load)}
        own = {part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)}
        self._later |= inside - own - set().union(*(_names(part, ast.Store) for part in node.body))
        returned = [part.value for part in ast.walk(node) if isinstance(part, (ast.Return, ast.Yield, ast.YieldFrom))]
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
            own = {part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)}
            self._later |= _names(node.body, ast.Load) - own
        self.generic_visit(node)

    # Values

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._assign(target, node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._assign(node.target, node.value)
        self.generic_visit(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._assign(node.target, node.value)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._writes |= self._sharing.of(node.target)
        self._hung |= {("", name, other) for name in self._sharing.of(node.target)
                       for other in self._sharing.of(node.value)}
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
                self._assign(one, _element(value, place))
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
                self._made |= {(name, other) for other in shared - near}
            else:
                self._hung |= {("", name, other) for other in shared}

    def _makes(self, value: ast.AST | None) -> bool:
        """Whether this is a new object of an imported class."""
        return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in self._known and (
            value.func.id[:1].isupper() and value.func.id not in FIRST_ONLY)

    def _tie(self, name: str, others: Iterable[str]) -> None:
        self._tied |= {(name, other) for other in others if other != name}

    def visit_Call(self, node: ast.Call) -> None:
        function, handed = node.func, [one for one in arguments(node) if not isinstance(one, ast.Lambda)]
        if (given := _last(function)) in GIVEN and len(node.args) > GIVEN[given]:
            handed = [node.args[GIVEN[given]]]
        names = self._sharing.of(*handed)
        for one in written(node):
            self._writes |= self._sharing.of(one)
        if isinstance(function, ast.Call):       # of what another call has returned: it may do anything with that
            self._writes |= self._sharing.of(function) | names
        if isinstance(function, ast.Attribute):
            self._method(function, names)
        elif isinstance(function, ast.Name) and (function.id in self._known | self._defined or function.id in BUILTINS):
            self._handed |= {(function.id, name) for name in names}
        else:                                    # a variable: it may be any function that this cell knows
            self._handed |= {(called, name) for called in self._mentioned | {"lambda", _last(function)}
                             for name in names}
        for one in arguments(node):              # functions among them may be called with the others
            called = {"lambda"} if isinstance(one, ast.Lambda) else {_last(part) for part in ast.walk(one)}
            self._handed |= {(function, name) for function in called for name in names}
        self.generic_visit(node)

    def _method(self, function: ast.Attribute, names: set[str]) -> None:
        name = root(function)
        self._handed |= {(function.attr, one) for one in names}
        if name in self._known or name in LIBRARIES:
            if function.attr in FILLING or function.attr in ("use", "rc", "rcdefaults"):
                self._fills.add(name)
            return
        if function.attr not in READING:
            objects = self._sharing.of(function.value)
            self._called |= {(function.attr, one) for one in objects}
            self._hung |= {(function.attr, one, other) for one in objects for other in names}


def _element(value: ast.AST | None, place: int) -> ast.AST | None:
    """What the target at a place gets of a value that is taken apart, or of each element of what is gone through."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        if value.func.id == "enumerate" and value.args:
            return value.args[0] if place else None
        starred = any(isinstance(one, ast.Starred) for one in value.args)
        if value.func.id == "zip" and place < len(value.args) and not starred:
            return value.args[place]
    return value


def _reads(statements: list[ast.stmt], bound: set[str]) -> set[str]:
    """Names that statements read before they bind them; those that they bind for certain are added to `bound`."""
    read: set[str] = set()
    for node in statements:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            parts = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
            read |= set().union(*map(_loaded, parts)) - bound
            bound.add(node.name)
        elif isinstance(node, (ast.For, ast.With)):
            heads = [node.iter] if isinstance(node, ast.For) else node.items
            read |= set().union(*map(_loaded, heads)) - bound
            targets = [node.target] if isinstance(node, ast.For) else [item.optional_vars for item in node.items]
            inside = bound if isinstance(node, ast.With) else set(bound)
            for target in filter(None, targets):
                read |= _loaded(target) - bound
                inside |= _names(target, ast.Store)
            read |= _reads(node.body, inside) | _reads(getattr(node, "orelse", []), set(bound))
        elif isinstance(node, ast.If):
            read |= _loaded(node.test) - bound
            branches = set(bound), set(bound)
            read |= _reads(node.body, branches[0]) | _reads(node.orelse, branches[1])
            bound |= branches[0] & branches[1]
        elif isinstance(node, (ast.While, ast.Try)):
            read |= _loaded(node.test) - bound if isinstance(node, ast.While) else set()
            inside = set(bound)
            read |= _reads(node.body, inside) | _reads(node.orelse, inside)
            for handler in getattr(node, "handlers", ()):
                read |= (_loaded(handler.type) if handler.type else set()) - bound | _reads(handler.body, set(bound))
            read |= _reads(getattr(node, "finalbody", []), set(bound))
        else:
            read |= _loaded(node) - bound
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                bound |= set().union(*(_whole_names(target) for target in targets))
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                bound |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return read


def _loaded(node: ast.AST) -> set[str]:
    """Names that are read somewhere in this node, those left out that live only in a part of it."""
    if isinstance(node, ast.Name):
        return set() if isinstance(node.ctx, ast.Store) else {node.id}
    if isinstance(node, COMPREHENSIONS):
        first, *others = node.generators
        outside = _loaded(first.iter)
        rest = [first.target, *first.ifs, *others, *(
            [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])]
        return outside | set().union(*map(_loaded, rest)) - _names(node, ast.Store)
    within = {child: _loaded(child) for child in ast.iter_child_nodes(node)}       # of each once, however deep it is
    read = set().union(*within.values())
    if isinstance(node, ast.AugAssign):
        read |= _whole_names(node.target)
    if isinstance(node, (ast.Lambda, ast.FunctionDef)):
        return read - ({part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)} - within[node.args])
    return read


def _whole_names(target: ast.AST) -> set[str]:
    """Names that are bound by a target, not those of which it fills a part."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return set().union(*map(_whole_names, target.elts))
    return _whole_names(target.value) if isinstance(target, ast.Starred) else {target.id} if isinstance(
        target, ast.Name) else set()


def _names(node: ast.AST, context: type) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, context)}


def _stored(tree: ast.AST) -> set[str]:
    return _names(tree, ast.Store)


def _imported(tree: ast.AST) -> frozenset[str]:
    return frozenset(alias.asname or alias.name.partition(".")[0] for node in ast.walk(tree)
                     if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names)


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
