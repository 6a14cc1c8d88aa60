"""In a student's cell, a package that is not there is missed where it is first used, not where it is imported.

`import pandas as pd` above a search that ends in a table is no part of the search. Such an import binds what raises the
import's own exception as soon as anything is done with it. A module's imports stay as they are: where one fails, the
module does not load, and that is said.
"""

import ast
import contextlib
import importlib.util
import sys
from collections.abc import Iterator

from grading.engine.elsewhere import not_here


class Missing:
    """Stands for such a package, or for something of it; tools that look at everything find nothing special."""

    def __init__(self, package: str):
        self.__dict__["package"] = package

    def __getattr__(self, name: str):
        __tracebackhide__ = True
        if name.startswith("__"):
            raise AttributeError(name)
        self.__call__()

    def __call__(self, *args, **how):
        __tracebackhide__ = True
        package = self.__dict__["package"]
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)

    __setattr__ = __getitem__ = __iter__ = __mro_entries__ = __enter__ = __call__


class Transformer(ast.NodeTransformer):
    """Puts them off in each cell, as IPython asks for it."""

    def visit(self, tree: ast.AST) -> ast.AST:
        with contextlib.suppress(RecursionError):        # IPython would warn of it, in the student's output
            later(tree)
        return tree


def later(tree: ast.AST) -> ast.AST:
    """The tree, with such imports put off; one in a `try` asks whether the package is there, and is told."""
    for body in _bodies(tree):
        for one in [one for one in body if isinstance(one, (ast.Import, ast.ImportFrom))]:
            absent = [alias for alias, package in zip(one.names, _packages(one)) if _is_absent(package)]
            if absent and absent[0].name != "*":
                place = body.index(one)
                body[place + 1:place + 1] = [_put_off(one, alias) for alias in absent]
                one.names = [alias for alias in one.names if alias not in absent]
                if not one.names:
                    del body[place]
    return tree


def _put_off(one: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    """The import of one name, in a `try`: the code before it may have made the module that it asks for."""
    alone = ast.Import([alias]) if isinstance(one, ast.Import) else ast.ImportFrom(one.module, [alias], one.level)
    whole = f"{one.module}.{alias.name}" if isinstance(one, ast.ImportFrom) else alias.name
    bound = alias.asname or (alias.name if isinstance(one, ast.ImportFrom) else whole.partition(".")[0])
    made = ast.parse(f"try:\n    pass\nexcept ModuleNotFoundError:\n"
                     f"    {bound} = __import__({__name__!r}, fromlist=['instead']).instead({whole!r})").body[0]
    made.body = [alone]
    for node in ast.walk(made):
        ast.copy_location(node, one)
    return made


def instead(whole: str) -> Missing:
    """What is bound in place of this, whose import has just been refused; anything else that was refused is raised."""
    package = whole.partition(".")[0]
    if sys.exception().name != package:
        raise
    not_here(f"{whole}; code goes on until it is used")
    return Missing(package)


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


def _is_absent(package: str) -> bool:
    """Whether it is not there, nor is a module of the assignment meant that is imported by half its name."""
    if not package or package in sys.modules:
        return False
    try:
        return not any(map(importlib.util.find_spec, (package, f"cs231n.{package}")))
    except (ImportError, ValueError):
        return True
