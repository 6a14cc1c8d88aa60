"""The passages of a module that define functions, whatever state the module is in."""

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator

LONG = 40_000                    # characters of a function that are shown


def of(source: str, names: Iterable[str]) -> Iterator[tuple[str, int, str]]:
    """(name, first line, text) of those of these functions that the module has; a method is called `Class.method`."""
    lines = source.splitlines()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    for name in names:
        found = _parsed(tree, name.split(".")) if tree else _indented(lines, name.split("."))
        if found:
            first, last = found
            yield name, first, textwrap.dedent("\n".join(lines[first - 1:last]))[:LONG]


def _parsed(tree: ast.AST, names: list[str]) -> tuple[int, int] | None:
    """First and last line; of several definitions the last one counts, as it does in Python."""
    for node in reversed(getattr(tree, "body", [])):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == names[0]:
            if names[1:]:
                return _parsed(node, names[1:])
            return min([node.lineno, *(one.lineno for one in node.decorator_list)]), node.end_lineno
    return None


def _indented(lines: list[str], names: list[str]) -> tuple[int, int] | None:
    """The same by indentation alone, for a text that is no Python."""
    first, last = 1, len(lines)
    for name in names:
        opens = re.compile(rf"\s*(?:def|class)\s+{re.escape(name)}\b")
        found = next((number for number in range(first, last + 1) if opens.match(lines[number - 1])), None)
        if found is None:
            return None
        depth = _depth(lines[found - 1])
        first, last = found, next((number - 1 for number in range(found + 1, last + 1)
                                   if lines[number - 1].strip() and _depth(lines[number - 1]) <= depth
                                   and re.match(r"\s*(?:def|class|@)", lines[number - 1])), last)
    return first, last


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
