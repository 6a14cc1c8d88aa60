"""Imports of packages that are not there, and that nothing else mentions: code goes on without them.

`import torch` left above a right solution in numpy is no part of it, as a progress bar is none.
"""

import ast
import contextlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader

from grading.engine.elsewhere import not_here

_ASKED = re.compile(rb"^[ \t]*(?:import|from)[ \t]+([^\s#;.][^\n#;]*)", re.MULTILINE)
_WORD = re.compile(rb"(?:^|,)\s*(\w+)")
_BY_TEXT = {"eval", "exec", "globals", "locals", "vars", "__all__"}        # through which a name may be used unseen


class Loader(SourceFileLoader):
    """Loads a module of the submission, but for such imports."""

    def source_to_code(self, data, path, *, _optimize=-1):
        if isinstance(data, bytes) and any(map(_is_absent, _asked(data))):
            with contextlib.suppress(SyntaxError, ValueError, RecursionError):      # told when it is compiled
                data = without(ast.parse(data))
        return super().source_to_code(data, path, _optimize=_optimize)


class Transformer(ast.NodeTransformer):
    """The same for a cell, as IPython has it done."""

    def visit(self, tree: ast.AST) -> ast.AST:
        return without(tree)


def without(tree: ast.AST) -> ast.AST:
    """The tree itself, but for such imports; one in a `try` is the author's own question."""
    found = [(body, place) for body in _bodies(tree) for place, one in enumerate(body)
             if isinstance(one, (ast.Import, ast.ImportFrom)) and any(map(_is_absent, _packages(one)))]
    if not found:
        return tree
    mentioned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if mentioned & _BY_TEXT:
        return tree
    for body, place in found:
        one = body[place]
        idle = [alias for alias, package in zip(one.names, _packages(one))
                if _is_absent(package) and alias.name != "*"
                and (alias.asname or alias.name.partition(".")[0]) not in mentioned]
        for alias in idle:
            not_here(f"{_whole(one, alias)}, which nothing uses")
            one.names.remove(alias)
        if not one.names:
            body[place] = ast.copy_location(ast.Pass(), one)
    return tree


def _bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    """Lists of statements that run whenever their surroundings do."""
    if isinstance(tree, (ast.Try, ast.TryStar)):
        return
    for value in (getattr(tree, name, None) for name in ("body", "orelse")):
        if isinstance(value, list):
            yield value
            for one in value:
                yield from _bodies(one)


def _packages(one: ast.Import | ast.ImportFrom) -> list[str]:
    """For each name, the package that it is from; "" for one's own."""
    if isinstance(one, ast.ImportFrom):
        return [(one.module or "").partition(".")[0] if not one.level else ""] * len(one.names)
    return [alias.name.partition(".")[0] for alias in one.names]


def _whole(one: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    return f"{one.module}.{alias.name}" if isinstance(one, ast.ImportFrom) else alias.name


def _asked(text: bytes) -> set[str]:
    """Names of packages that a module may import, and perhaps some more."""
    return {word.decode() for line in _ASKED.findall(text) for word in _WORD.findall(line) if word.isascii()}


def _is_absent(package: str) -> bool:
    if not package or package in sys.modules:
        return False
    try:
        return importlib.util.find_spec(package) is None
    except (ImportError, ValueError):
        return True
