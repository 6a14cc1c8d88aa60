"""What the text of a submission says: where a function is defined."""

import ast
from functools import cache

from grading.engine import MAX_TEXT, parsing

MAX_STEPS = 10


def source(texts: dict[str, str], target: object, claimed: object) -> tuple[str | None, str, str] | None:
    """(text, qualified name, file name) of the module that defines a function, or None where no text does. The text is
    None where nobody can read it: it runs all the same.

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
    return readable(texts[module]), name, module.rpartition(".")[2] + ".py"


def readable(text: str) -> str | None:
    """The text, or None where it is too long or too deep."""
    return text if _parsed(text) is not None else None


@cache
def _parsed(text: str) -> ast.Module | None:
    """The syntax tree, None for what is too long or too deep; of what is no Python, an empty one."""
    try:
        return parsing.parse(text) if len(text) <= MAX_TEXT else None
    except (SyntaxError, ValueError):
        return ast.Module([], [])
    except (RecursionError, MemoryError):
        return None


@cache
def _imports(text: str) -> tuple[ast.ImportFrom, ...]:
    tree = _parsed(text)
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)) if tree else ()


def _home(node: ast.ImportFrom, module: str) -> str:
    parents = module.split(".")[: -node.level] if node.level else []
    return ".".join([*parents, *([node.module] if node.module else [])])


def _imported_from(texts: dict[str, str], module: str, name: str) -> tuple[str, str] | None:
    """(module, name) that this name of a module is imported from, if that is another submitted module."""
    head, _, rest = name.partition(".")
    for node in _imports(texts[module]):
        home = _home(node, module)
        for alias in node.names:
            if (alias.asname or alias.name) == head and home in texts and (home, alias.name) != (module, head):
                return home, ".".join([alias.name, *([rest] if rest else [])])
    return None
