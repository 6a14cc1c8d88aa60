"""The names that a cell of a notebook reads, binds and changes, read off its text; in doubt, more of them."""

import ast
import builtins
import re
from typing import NamedTuple

_BUILTIN_READERS = {"print", "display", "len", "list", "sorted", "max", "min", "sum", "type", "repr", "str"}
_READING = {"all", "any", "argmax", "argmin", "argsort", "astype", "clip", "copy", "count", "dot", "flatten", "format",
            "get", "index", "item", "items", "join", "keys", "max", "mean", "min", "nonzero", "ravel", "repeat",
            "replace", "reshape", "round", "split", "squeeze", "startswith", "std", "strip", "sum", "swapaxes", "take",
            "tolist", "transpose", "values", "var", "view"}                        # methods that change nothing
_WRITERS = {"at", "copyto", "fill_diagonal", "place", "put", "putmask", "shuffle"}  # numpy's, of the first argument
_PICTURES = {"plt", "matplotlib"}
_WILD = {"exec", "eval", "globals", "locals", "get_ipython", "setattr", "vars", "__import__"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_MAGIC_STATEMENT = re.compile(r"^([ \t]*)%(?:time|timeit|prun)\b((?:[ \t]+-\S+)*)[ \t]*", re.M)
_MAGIC = re.compile(r"^([ \t]*)(?:%(?!=)|!|\?).*|^([ \t]*)[\w.]+\?+[ \t]*$", re.M)
_ASSIGNED_MAGIC = re.compile(r"^([ \t]*[\w., ]+=)[ \t]*[%!].*", re.M)


class Facts(NamedTuple):
    """Of one cell; sets of names, but for `ties` (pairs: what changes one may change the other), `imports`
    ({name: statement} of what is bound by an import alone) and `inside` ({function: what it changes of the notebook}).

    - now, later: read before the cell binds them for certain; read by functions, whenever these are called
    - binds, certain: may be bound; are bound if the cell comes to its end
    - touches: the value may be changed
    - wild: nothing can be told, so it always runs
    """

    now: set
    later: set
    binds: set
    certain: set
    touches: set
    ties: set
    imports: dict
    inside: dict
    wild: bool = False


def read(source):
    """Return the Facts of a cell's text; of one that is no Python, every word in it may be bound."""
    plain = re.sub(r"\A\s*%%.*", "", source)
    plain = _ASSIGNED_MAGIC.sub(r"\1 None", _MAGIC.sub(r"\1\2pass", _MAGIC_STATEMENT.sub(r"\1", plain)))
    try:
        tree = ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Facts(set(), set(), set(re.findall(r"[^\W\d]\w*", source)), set(), set(), set(), {}, {})
    wild = bool(re.search(r"^\s*%%?(?:run|load|capture|pylab)\b", source, re.M))
    return _Reader(tree).facts(wild)


class _Reader:
    def __init__(self, tree):
        self._tree = tree
        self._imported, self._imports = set(), {}
        for node in ast.walk(tree):
            for name, statement in _statements(node):
                self._imported.add(name)
                self._imports[name] = statement
        self._drawn = set(_PICTURES)             # names that stand for pictures: to draw changes nothing else
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _root(node.value) in self._drawn:
                self._drawn |= {name for target in node.targets for name in _names(target)}
        self._functions = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}

    def facts(self, wild):
        certain, later = set(), set()
        now = self._in_turn(self._tree.body, certain, later)
        names = _names(self._tree)
        star = any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(self._tree))
        bound = self._stored(self._tree) | self._imported
        imports = {name: text for name, text in self._imports.items() if name not in self._stored(self._tree)}
        return Facts(now, later, bound, certain, self._touched(self._tree), self._ties(), imports, self._inside(),
                     wild or star or bool(names & _WILD))

    # Names

    def _in_turn(self, body, certain, later):
        """Names that statements read before these bind them; `certain` and `later` are added to."""
        found = set()
        for node in body:
            if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
                head = node.test if isinstance(node, ast.While) else node.iter
                within = certain | (set() if isinstance(node, ast.While) else _names(node.target))
                found |= self._read(head, later) - certain
                found |= self._in_turn([*node.body, *node.orelse], within, later)
            elif isinstance(node, ast.If):
                found |= self._read(node.test, later) - certain
                branches = [set(certain), set(certain)]
                for branch, known in zip((node.body, node.orelse), branches):
                    found |= self._in_turn(branch, known, later)
                certain |= branches[0] & branches[1]
            elif isinstance(node, (ast.With, ast.AsyncWith)):
                for item in node.items:
                    found |= self._read(item, later) - certain
                    certain |= _stores(item)
                found |= self._in_turn(node.body, certain, later)
            elif isinstance(node, ast.Try):
                for part in (node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody):
                    found |= self._in_turn(part, set(certain), later)
            else:
                found |= self._read(node, later) - certain
                certain |= self._stored(node) | {name for name, _ in _statements(node)}
        return found

    def _read(self, node, later):
        """Names that a statement or an expression reads; those of functions in it go to `later`."""
        found, waiting = set(), [node]
        while waiting:
            part = waiting.pop()
            if isinstance(part, _FUNCTIONS):
                arguments = {one.arg for one in ast.walk(part.args) if isinstance(one, ast.arg)}
                body = part.body if isinstance(part.body, list) else [part.body]
                later |= set().union(*map(_names, body)) - arguments - set().union(*map(_stores, body))
                waiting += [*part.args.defaults, *filter(None, part.args.kw_defaults),
                            *getattr(part, "decorator_list", ())]
            elif isinstance(part, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
                own = set().union(*(_names(one.target) for one in part.generators))
                found |= set().union(*(self._read(one, later) for one in ast.iter_child_nodes(part))) - own
            elif isinstance(part, ast.Name):
                if isinstance(part.ctx, ast.Load) or isinstance(node, ast.AugAssign):
                    found.add(part.id)
            else:
                waiting += ast.iter_child_nodes(part)
        return found

    def _stored(self, tree):
        """Names that are bound otherwise than by an import, in the notebook and not in a function."""
        found = set()
        for node in _outside_functions(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
                found.add(node.id)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found.add(node.name)
        return found | {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}

    # Values

    def _touched(self, tree):
        found = set()
        for node in ast.walk(tree):
            if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
                found.add(_root(node))
            elif isinstance(node, ast.AugAssign):
                found.add(_root(node.target))
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                found |= self._done_by(node.value)               # a call for nothing but what it does
            elif isinstance(node, ast.Call):
                found |= self._changed_by(node)
        return found - {"", *dir(builtins)}

    def _done_by(self, call):
        name = _last(call.func)
        if _root(call.func) in self._drawn or name in _BUILTIN_READERS or name.startswith("assert"):
            return self._changed_by(call)
        return _names(call) - _PICTURES

    def _changed_by(self, call):
        function, found = call.func, set()
        for keyword in call.keywords:
            found |= _names(keyword.value) if keyword.arg == "out" else set()
        if isinstance(function, ast.Attribute):
            root = _root(function)
            if root in ("np", "numpy", "random", "rng"):
                found |= _names(call.args[0]) if call.args and function.attr in _WRITERS else set()
            elif function.attr not in _READING and root not in self._imported | self._drawn:
                found.add(root)
        elif _last(function) in self._functions:
            found |= set().union(*map(_names, call.args)) if call.args else set()
        return found

    def _ties(self):
        found = set()
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Assign):
                pairs = [(target, node.value) for target in node.targets]
            elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
                pairs = [(node.target, node.value)]
            elif isinstance(node, (ast.For, ast.comprehension)):
                pairs = [(node.target, node.iter)]
            else:
                continue
            found |= {(_root_of_target, other) for target, value in pairs for other in self._held(value)
                      for _root_of_target in _names(target)}
        return found

    def _held(self, value):
        """Names of which a value may hold a part: arithmetic and numpy make new ones."""
        if value is None or isinstance(value, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Constant, ast.JoinedStr)):
            return set()
        if isinstance(value, ast.Name):
            return {value.id} - self._imported
        if isinstance(value, ast.Call) and (_root(value.func) in ("np", "numpy") or isinstance(
                value.func, ast.Attribute) and value.func.attr in _READING - {"get", "items", "values", "view"}
                or _last(value.func) in _BUILTIN_READERS - {"list", "sorted"} | {"range", "float", "int"}):
            return set()
        if isinstance(value, (ast.Attribute, ast.Subscript)):
            return self._held(value.value)
        return set().union(*(self._held(part) for part in ast.iter_child_nodes(value))) if isinstance(
            value, ast.AST) else set()

    def _inside(self):
        """{function: (what it changes of the notebook, what it reads)}."""
        found = {}
        for node in ast.walk(self._tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._read(node, reads := set())
                outer = {name for part in ast.walk(node) if isinstance(part, ast.Global) for name in part.names}
                found[node.name] = (self._touched(node) & reads | outer, reads)
            elif isinstance(node, ast.Assign) and any(isinstance(part, ast.Lambda) for part in ast.walk(node.value)):
                found.update({name: (set(), set()) for target in node.targets for name in _stores(target)})
        return found


def _outside_functions(tree):
    """Nodes that are not in the body of a function, comprehension or class; these themselves are."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp,
                                 ast.GeneratorExp)):
            waiting += ast.iter_child_nodes(node)


def _statements(node):
    """(name, the statement that imports it alone) of an import."""
    if isinstance(node, ast.Import):
        return [(alias.asname or alias.name.partition(".")[0], ast.unparse(ast.Import([alias])))
                for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [(alias.asname or alias.name, ast.unparse(ast.ImportFrom(node.module, [alias], node.level)))
                for alias in node.names if alias.name != "*"]
    return []


def _names(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _stores(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)}


def _root(node):
    """The name at the start of a.b[c].d(e); "" where there is none."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _last(node):
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
