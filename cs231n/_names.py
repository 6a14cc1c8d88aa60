"""What the names in a module's source stand for. Nothing runs."""

import ast
import functools
from contextlib import suppress

# Libraries that another module may have imported, as in `cs231n.testing.np.linalg`: what such a name stands for.
_LIBRARIES = {name: name for name in ("numpy", "scipy", "sklearn", "torch")} | {"np": "numpy"}


@functools.lru_cache(maxsize=16)
def parsed(text):
    """The syntax tree, an empty one for what is no Python: a file may have been edited since it was imported.

    - text: str, or None where nobody can read it
    """
    try:
        return ast.parse(text or "")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


@functools.lru_cache(maxsize=16)
def all_nodes(tree):
    """Every node of a tree."""
    return list(ast.walk(tree))


def imported_names(tree, known):
    """{local name: dotted name} of every import, wherever it stands; `known` of those that a star brings."""
    imported = {"np": "numpy"}  # a notebook imports in another cell
    for node in all_nodes(tree):
        if isinstance(node, ast.Import):
            imported.update({alias.asname or alias.name.partition(".")[0]:
                             alias.name if alias.asname else alias.name.partition(".")[0] for alias in node.names})
        elif isinstance(node, ast.ImportFrom):
            home = ".".join(filter(None, ["cs231n" if node.level else "", node.module]))
            for alias in node.names:
                everything = known.get(home.partition(".")[0], ())
                for name in everything if alias.name == "*" else [alias.name]:
                    imported[alias.asname or name] = _LIBRARIES.get(name, f"{home}.{name}")
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
    elif isinstance(node, ast.Call) and len(node.args) == 1 and getattr(node.func, "attr", "") == "__getattribute__":
        home, name = dotted(node.func.value, imported, hidden), constant_text(node.args[0])
    elif isinstance(node, ast.Call) and node.args and (
            dotted(node.func, imported, hidden) in ("importlib.import_module", "__import__")):
        return constant_text(node.args[0])
    elif isinstance(node, ast.Subscript):
        return _item(node, imported, hidden)
    else:
        return ""
    return _LIBRARIES.get(name, f"{home}.{name}") if home and name else ""


def used_as_values(tree, nodes, imported, hidden, modules):
    """Yield (node, dotted name) of modules that are used as values, as in `for lib in (scipy.spatial,)`: what is asked
    of the variable is theirs. One that is given another name, or asked whether it is there, is not.

    - modules: dotted names of modules
    """
    parents = _parents(tree)
    for node in nodes:
        if not (isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load)) or (
                path := dotted(node, imported, hidden)) not in modules:
            continue
        inside, parent = node, parents.get(node)
        while isinstance(parent, (ast.BoolOp, ast.UnaryOp)):
            inside, parent = parent, parents.get(parent)
        renamed = (isinstance(parent, ast.Assign) and len(parent.targets) == 1 and parent.value is node
                   and isinstance(parent.targets[0], ast.Name) and not isinstance(parents.get(parent), ast.ClassDef))
        if not (renamed or isinstance(parent, (ast.Attribute, ast.Call, ast.keyword, ast.Compare, ast.Expr))
                or getattr(parent, "test", None) is inside):
            yield node, path


@functools.lru_cache(maxsize=16)
def _parents(tree):
    return {child: node for node in all_nodes(tree) for child in ast.iter_child_nodes(node)}


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


@functools.lru_cache(maxsize=16)
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
