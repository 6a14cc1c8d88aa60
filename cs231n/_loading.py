"""What a module does while it is loaded as a part of a package, read off its source: nothing runs.

What stands below `if __name__ == "__main__":` is for a module that is run by itself, and is passed over.
"""

import ast
import builtins
import functools

from cs231n._names import all_nodes, constant_text
from cs231n._source import reached_nodes

_MAIN = {"__name__ == '__main__'", "'__main__' == __name__"}
_MAKING = {"__init_subclass__", "__new__", "__prepare__", "__set_name__"}         # run while another class is made


# What binds names by their text, and what holds a module's or a function's own.
_NAMING = {"globals", "locals", "vars", "setattr", "__builtins__", "__import__", "import_module", "patch"}
_HOLDING = {"modules", "import_module", "__dict__", "__globals__", "__setattr__", "f_globals", "f_locals", "f_builtins",
            "patch"}
_REACHING = {"ctypes", "gc"}
_OF_TUPLES = {"_asdict", "_fields", "_make", "_replace"}        # attributes of a named tuple
_PYTHON_2 = {"basestring", "long", "raw_input", "reduce", "unichr", "unicode", "xrange"}      # built-in there
_VERSION = {"PY2", "PY3", "hexversion", "python_version", "python_version_tuple", "version", "version_info"}


@functools.lru_cache(maxsize=16)
def loaded(tree):
    """Every node of a module but those that are for when it is run by itself."""
    waiting, by_itself, found = [tree], _never_main(tree), []
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and by_itself and ast.unparse(node.test) in _MAIN:
            waiting += node.orelse
            continue
        found.append(node)
        waiting += ast.iter_child_nodes(node)
    return found


@functools.lru_cache(maxsize=16)
def binds_unseen(tree):
    """Whether a module may put something under one of its names, or of another module's, that no statement for that
    name shows: by a dictionary of names, an attribute of a module, an expression, a class. Honest code may, too."""
    imported = {alias.asname or alias.name.partition(".")[0] for node in loaded(tree)
                if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names}
    inside = {part for node in loaded(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
              for part in ast.walk(node)}
    return any(
        isinstance(node, ast.Name) and node.id in _NAMING | _REACHING
        or isinstance(node, ast.Attribute) and (node.attr in _HOLDING or not isinstance(node.ctx, ast.Load)
                                                and _first(node) in imported)
        or isinstance(node, ast.alias) and node.name.rpartition(".")[2] in _NAMING | _HOLDING | _REACHING
        or isinstance(node, (ast.NamedExpr, ast.Delete)) and node not in inside
        or isinstance(node, ast.ClassDef) and any(isinstance(part, ast.Global) for part in node.body)
        for node in loaded(tree))


def _first(node):
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return getattr(node, "id", "")


@functools.lru_cache(maxsize=16)
def called_at_once(tree):
    """Calls that a module makes while it is loaded as a part of a package, not run by itself."""
    waiting, by_itself, found = list(tree.body), _never_main(tree), []
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and by_itself and ast.unparse(node.test) in _MAIN:
            waiting += node.orelse
            continue
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Call):
            found.append(node)
    return found


def _never_main(tree):
    """Whether a module leaves its own name alone."""
    return not any(isinstance(node, ast.Name) and node.id == "__name__" and not isinstance(node.ctx, ast.Load)
                   or isinstance(node, ast.Attribute) and node.attr == "__name__" and not isinstance(node.ctx, ast.Load)
                   or isinstance(node, (ast.arg, ast.keyword)) and node.arg == "__name__"
                   or isinstance(node, ast.alias) and "__name__" in (node.name, node.asname)
                   or constant_text(node) == "__name__" for node in all_nodes(tree))


@functools.lru_cache(maxsize=16)
def handed_on(tree):
    """What a module hands to functions while it is loaded, without calling it: a function among it may be kept. The
    functions that run while it is loaded may do that as well."""
    calls, found = called_at_once(tree), []
    called = {call.func for call in calls}
    for call in calls:
        for given in (*call.args, *(keyword.value for keyword in call.keywords)):
            found += [part for part in ast.walk(given) if isinstance(part, (ast.Name, ast.Attribute))
                      and part not in called]
    for name in _run_at_once(tree):
        nodes = reached_nodes(tree, name, far=True)
        inner = {part for node in nodes if isinstance(node, ast.Lambda) for part in ast.walk(node)}
        called = {node.func for node in nodes if isinstance(node, ast.Call)} - inner
        found += [node for node in nodes if isinstance(node, (ast.Name, ast.Attribute)) and node not in called]
    return found


def _run_at_once(tree):
    """Names of the module's functions and classes that it calls while it is loaded, by a decorator or by a class that
    is made, too."""
    found = {call.func.id for call in called_at_once(tree) if isinstance(call.func, ast.Name)}
    for node in tree.body:
        for decorator in getattr(node, "decorator_list", ()):
            found |= {part.id for part in ast.walk(decorator) if isinstance(part, ast.Name)}
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)
                      and one.name in _MAKING}
    return found


@functools.lru_cache(maxsize=16)
def bound(tree):
    """Every name that there is for a module."""
    return binds(tree) | {"np", "__name__", "__file__", "__class__", *vars(builtins)}      # np: a notebook's


@functools.lru_cache(maxsize=16)
def binds(tree):
    """Every name that a module binds anywhere, in whatever way its text shows."""
    found = set()
    for node in all_nodes(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or (
                isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name):
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
    return found


def of_an_object(tree, node, path, imported, names):
    """What is scipy's own, asked of an object or of another module: one of these names, or a private one where scipy is
    imported; "" for any other, and for what the module defines itself."""
    name = path.rpartition(".")[2] if "." in path else getattr(node, "attr", "")
    if name in names:
        return "" if name in _own(tree) else name
    is_private = name[:1] == "_" and name[:2] != "__" and name not in _OF_TUPLES | _own(tree)
    libraries = {path.partition(".")[0] for path in imported.values()}
    return name if is_private and "scipy" in libraries and path.partition(".")[0] not in libraries else ""


@functools.lru_cache(maxsize=16)
def _own(tree):
    """Names that a module defines, and those of attributes that it sets."""
    return binds(tree) | {node.attr for node in all_nodes(tree) if isinstance(node, ast.Attribute)
                          and isinstance(node.ctx, ast.Store)}


@functools.lru_cache(maxsize=16)
def of_python_2(tree):
    """Built-ins of Python 2 where a module asks for its Python, as in `if sys.version_info[0] < 3: range = xrange`."""
    found = set()
    for node in all_nodes(tree):
        asked = (node.test if isinstance(node, (ast.If, ast.IfExp)) else
                 ast.Tuple([one.type for one in node.handlers if one.type]) if isinstance(node, ast.Try) else None)
        names = {getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(asked)} if asked else set()
        if names & (_VERSION if isinstance(node, (ast.If, ast.IfExp)) else {"NameError"}):
            found |= {part for part in ast.walk(node) if isinstance(part, ast.Name) and part.id in _PYTHON_2}
    return found
