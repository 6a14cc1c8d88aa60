"""Python's own parser, one thread at a time: in CPython 3.11, two that build trees at once may get a SystemError."""

import ast
import threading

_LOCK = threading.Lock()


def parse(text: str) -> ast.Module:
    """`ast.parse`. Raises what that raises."""
    with _LOCK:
        return ast.parse(text)
