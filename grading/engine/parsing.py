"""Python's own parser, one thread at a time: in CPython 3.11, two that build trees at once may get a SystemError.

What a text's tree is asked afterwards can take far longer than parsing it: names are held against names, and functions
gone through once for each that they are in. So what students write is as large as that can be worked out at once.
"""

import ast
import contextlib
import threading

MAX_NODES = 20_000             # of a module or cell; once for each function that they are in, three times as many
MAX_FUNCTIONS = 300            # of a module or cell
MAX_NAMES = 400                # different ones in a cell
MAX_INSIDE = 200_000           # parts inside of calls, those of a call in a call once for each
MAX_PAIRS = 20_000             # of names that may have to do with each other, in a module or cell
MAX_STEPS = 2_000_000          # of whoever goes through what was found again and again: a second or two
TRIES = 10                     # of a parser that other threads disturb, before what it raises is believed

_LOCK = threading.Lock()


def parse(text: str) -> ast.Module:
    """`ast.parse`. Raises what that raises."""
    with _LOCK:
        for _ in range(TRIES):
            with contextlib.suppress(SystemError):         # a library built a tree in another thread meanwhile
                return ast.parse(text)
        return ast.parse(text)


class TooMuch(RecursionError):
    """A text would take too long to be worked out."""


class Effort:
    """What working something out may take, in steps; where hostile texts decide how often it is gone through."""

    def __init__(self, most: int = MAX_STEPS):
        self._left = most

    def spend(self, steps: int) -> None:
        """Raises TooMuch."""
        self._left -= steps
        if self._left < 0:
            raise TooMuch("a text takes too many steps to be worked out")


def parts(tree: ast.AST) -> list[ast.AST]:
    """A node and all below it, in the order of `ast.walk` and in half its time."""
    found = [tree]
    for node in found:
        held = vars(node)
        for field in node._fields:
            value = held.get(field)
            if isinstance(value, list):
                found += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST):
                found.append(value)
    return found


def parameters(tree: ast.AST) -> set[str]:
    """Names of the parameters of functions in a node."""
    return {node.arg for node in parts(tree) if isinstance(node, ast.arg)}


def parse_small(text: str, names: int = MAX_NODES) -> ast.Module:
    """The same, of a text with few enough parts. Raises TooMuch as well.

    - names: that it may have
    """
    tree = parse(text)
    nodes = parts(tree)
    functions = [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))]
    if len(nodes) > MAX_NODES or len(functions) > MAX_FUNCTIONS or sum(
            len(parts(function)) for function in functions) > 3 * MAX_NODES:
        raise TooMuch("a text has too many parts")
    if _inside_calls(nodes) > MAX_INSIDE:
        raise TooMuch("a text has too many calls in calls")
    if len({name for node in nodes for _, name in ast.iter_fields(node) if type(name) is str}) > names:
        raise TooMuch("a text has too many names")
    return tree


def _inside_calls(nodes: list[ast.AST]) -> int:
    """nodes: of a tree, each before those below it."""
    sizes: dict[ast.AST, int] = {}
    for node in reversed(nodes):
        sizes[node] = 1 + sum(map(sizes.__getitem__, ast.iter_child_nodes(node)))
    return sum(sizes[node] for node in nodes if isinstance(node, ast.Call))
