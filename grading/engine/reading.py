"""What the text of a submission says: where a function is defined, and as much of its module as it needs.

Loops are counted where a student's code runs, so what else runs there could spoil the count. They are counted in a
process that has the submission's modules and none of its cells; and of a module with anything in it that could reach
the interpreter (`escapes` in `cs231n._counting`), that process has only what the counted function needs.
"""

import ast
from collections.abc import Iterator
from functools import cache

from cs231n._counting import escapes, imported_names, reached_nodes
from grading.engine import MAX_TEXT

MAX_STEPS = 10


def source(texts: dict[str, str], target: object, claimed: object) -> tuple[str, str, str] | None:
    """(text, qualified name, file name) of the module that defines a function, or None where no text does.

    - texts: the submitted modules by dotted name
    - target: the function's path in the package, (module, name), where the test has it from there
    - claimed: (module, qualified name) as the student's process says; it only chooses among the texts
    """
    if type(target) is tuple and len(target) == 2 and target[0] in texts:
        module, name = target
    elif type(claimed) is tuple and len(claimed) == 2 and claimed[0] in texts and type(claimed[1]) is str:
        module, name = claimed
    else:
        return None
    for _ in range(MAX_STEPS):
        moved = _imported_from(texts, module, name)
        if moved is None:
            break
        module, name = moved
    return texts[module], name, module.rpartition(".")[2] + ".py"


def needed(texts: dict[str, str], module: str, names: list[str]) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """({module: text} to count the calls of `names` of a module by, what of it could reach the interpreter).

    A text that cannot is whole; of any other there is only what the names need. What is no Python is left out.
    """
    trees = {name: tree for name, text in texts.items() if (tree := _parsed(text))}
    chosen = {name: texts[name] for name in trees if not _escapes_anywhere(texts[name])}
    parts, wanted, waiting = {}, {module: set(names)}, [module]
    while waiting:
        module = waiting.pop()
        if module in chosen or module not in trees:
            continue
        part = parts[module] = _Part(trees[module], tuple(sorted(wanted[module])))
        for home, new in part.imports(module):
            if not new <= wanted.setdefault(home, set()):
                wanted[home] |= new
                waiting.append(home)
    chosen |= {name: ast.unparse(part.module) for name, part in parts.items()}
    return chosen, [found for part in parts.values() for found in part.escaped]


class _Part:
    """The statements of a module that some of its names need."""

    def __init__(self, tree: ast.Module, names: tuple[str, ...]):
        reached = {id(node) for name in names for node in reached_nodes(tree, name)}
        imported, serving = imported_names(tree), {}
        for statement in tree.body:
            for name in _served(statement, imported):
                serving.setdefault(name, []).append(statement)
        wanted, kept = {name.partition(".")[0] for name in names}, set()
        waiting = ["*", *wanted]
        while waiting:
            for statement in serving.pop(waiting.pop(), ()):
                if statement not in kept:
                    kept.add(statement)
                    new = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)} - wanted
                    wanted |= new
                    waiting += new
        self._wanted = wanted
        body = [_trimmed(statement, wanted) for statement in tree.body if statement in kept]
        self.module = ast.Module(body, [])
        run = (node for statement in body for node in _run(statement, reached))
        self.escaped = _escapes(run, imported)

    def imports(self, module: str) -> Iterator[tuple[str, set[str]]]:
        """(module, names) that it imports by name; of a module that is imported with a star, all that it asks for."""
        for node in ast.walk(self.module):
            if isinstance(node, ast.ImportFrom):
                names = {alias.name for alias in node.names}
                yield _home(node, module), self._wanted if "*" in names else names


def _served(statement: ast.AST, imported: dict[str, str]) -> set[str]:
    """The names that a statement binds, or does something to if they are the module's own; "*" for names unknown."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {_bound(alias) for alias in statement.names}
    served = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            served.add(node.id)
        elif node is not statement and isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)):
            served |= _served(node, imported)
        elif isinstance(node, (ast.Subscript, ast.Attribute)) and _root(node) not in imported:
            served.add(_root(node))
    return served


def _root(node: ast.AST) -> str:
    """`table` of `table.rows[0].append`."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _trimmed(statement: ast.stmt, wanted: set[str]) -> ast.stmt:
    """An import without the names that nobody asks for."""
    if isinstance(statement, ast.Import):
        return ast.Import([alias for alias in statement.names if _bound(alias) in wanted])
    if isinstance(statement, ast.ImportFrom):
        names = [alias for alias in statement.names if alias.name == "*" or (alias.asname or alias.name) in wanted]
        return ast.copy_location(ast.ImportFrom(statement.module, names, statement.level), statement)
    return statement


def _bound(alias: ast.alias) -> str:
    return (alias.asname or alias.name).partition(".")[0]


def _run(statement: ast.stmt, reached: set[int]) -> Iterator[ast.AST]:
    """The syntax nodes of a statement that run: bodies of functions only where they are reached."""
    yield statement
    for field, value in ast.iter_fields(statement):
        if field == "body" and isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from (node for part in value for node in ast.walk(part) if id(node) in reached)
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield from _run(part, reached)


def _escapes(nodes, imported: dict[str, str]) -> list[tuple[int, str]]:
    return sorted({(getattr(node, "lineno", 0), found) for node in nodes if (found := escapes(node, imported))})


@cache
def _escapes_anywhere(text: str) -> bool:
    tree = _parsed(text)
    return bool(_escapes(ast.walk(tree), imported_names(tree)))


@cache
def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text) if len(text) <= MAX_TEXT else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _home(node: ast.ImportFrom, module: str) -> str:
    parents = module.split(".")[: -node.level] if node.level else []
    return ".".join([*parents, *([node.module] if node.module else [])])


def _imported_from(texts: dict[str, str], module: str, name: str) -> tuple[str, str] | None:
    """(module, name) that this name of a module is imported from, if that is another submitted module."""
    head, _, rest = name.partition(".")
    tree = _parsed(texts[module])
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.ImportFrom):
            home = _home(node, module)
            for alias in node.names:
                if (alias.asname or alias.name) == head and home in texts and (home, alias.name) != (module, head):
                    return home, ".".join([alias.name, *([rest] if rest else [])])
    return None
