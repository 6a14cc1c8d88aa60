"""The imports of a cell: the names that they bind, and those through which it may do what no name shows."""

import ast
from collections.abc import Iterable

from grading.engine import parsing
from grading.engine.mentions import stored

# What a call of such a module's functions does is in its result, or told by its name.
_HARMLESS = {"__future__", "base64", "bisect", "collections", "colorsys", "contextlib", "copy", "cs231n",
             "dataclasses", "datetime", "enum", "fractions", "functools", "future", "hashlib", "heapq", "io",
             "itertools", "json", "math", "matplotlib", "numbers", "numpy", "operator", "past", "pathlib", "pprint",
             "re", "scipy", "six", "statistics", "string", "struct", "tempfile", "textwrap", "time", "typing"}


def imports(python: str) -> frozenset[tuple[str, str]]:
    """(name, statement) of what a cell of the lesson's imports; none of what is no Python."""
    try:
        tree = parsing.parse(python)
    except (SyntaxError, ValueError):
        return frozenset()
    found = [one for node in parsing.parts(tree) if isinstance(node, (ast.Import, ast.ImportFrom))
             for one in statements(node)]
    otherwise = stored(tree) if found else frozenset()
    return frozenset(one for one in found if one[0] not in otherwise)


def acting(imported: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Of (name, statement): names through which a cell may do what no name shows."""
    return frozenset(name for name, statement in imported
                     if statement.split()[1].partition(".")[0] not in _HARMLESS | {""})


def statements(node: ast.Import | ast.ImportFrom) -> list[tuple[str, str]]:
    """(name that is bound, statement that binds it alone)."""
    if isinstance(node, ast.Import):
        return [(alias.asname or alias.name.partition(".")[0], ast.unparse(ast.Import([alias])))
                for alias in node.names]
    return [(alias.asname or alias.name, ast.unparse(ast.ImportFrom(node.module, [alias], node.level)))
            for alias in node.names]
