"""Python's own parser, one thread at a time: in CPython 3.11, two that build trees at once may get a SystemError.

What a text's tree is asked afterwards can take far longer than parsing it: names are held against names, and functions
gone through once for each that they are in. So what students write is as large as that can be worked out at once.
"""

import ast
import threading

MAX_NODES = 20_000             # of a module or cell; once for each function that they are in, three times as many
MAX_FUNCTIONS = 300            # of a module or cell
MAX_NAMES = 400                # different ones in a cell

_LOCK = threading.Lock()


def parse(text: str) -> ast.Module:
    """`ast.parse`. Raises what that raises."""
    with _LOCK:
        return ast.parse(text)


class TooMuch(RecursionError):
    """A text would take too long to be worked out."""


def parse_small(text: str, names: int = MAX_NODES) -> ast.Module:
    """The same, of a text with few enough parts. Raises TooMuch as well.

    - names: that it may have
    """
    tree = parse(text)
    nodes = list(ast.walk(tree))
    functions = [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))]
    if len(nodes) > MAX_NODES or len(functions) > MAX_FUNCTIONS or sum(
            1 for function in functions for _ in ast.walk(function)) > 3 * MAX_NODES:
        raise TooMuch("a text has too many parts")
    if len({name for node in nodes for _, name in ast.iter_fields(node) if type(name) is str}) > names:
        raise TooMuch("a text has too many names")
    return tree
