"""The lesson's own cells, compiled once for all submissions: the examiner gets code in place of a text to be compiled.

Hidden tests have other seeds for each submission. They are written with as many digits as this knows holes by, so one
code serves them all: where such a number stands in a text, it is a hole, and the code tells where it is used.
"""

import ast
import functools
import marshal
import re
from collections.abc import Iterable
from types import CodeType

from grading.engine import parsing

_DIGITS = 10                   # of a number that may be another one in the same cell of the next submission
_HOLE = re.compile(rf"(?<![\w.])[1-9]\d{{{_DIGITS - 1}}}(?![\w.])")
_FIRST = 9 * 10 ** (_DIGITS - 1)         # stands in the first hole, and the next numbers in the next ones;
_OTHER = 8 * 10 ** (_DIGITS - 1)         # with these it is tried whether that is all
_FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
_KEPT = 1000                   # cells


def compiled(text: str, silent: bool = False) -> tuple[bytes, list[int]] | None:
    """(a cell's code, the numbers that fill its holes); None where the cell is to be compiled as it is.

    Only for what is known to be plain Python, without a warning: see `ipython.is_plain`.

    - silent: what the last line comes to is not shown
    """
    code = _with_holes(tuple(_HOLE.split(text)), silent)
    return code and (code, list(map(int, _HOLE.findall(text))))


def filled(code: bytes, numbers: list[int], filename: str) -> list[CodeType]:
    """What runs one after the other, with these numbers, as if it had been compiled under that name."""
    def fill(one: object) -> object:
        if isinstance(one, CodeType):
            return one.replace(co_filename=filename, co_consts=tuple(map(fill, one.co_consts)))
        if isinstance(one, tuple | frozenset):
            return type(one)(map(fill, one))
        return numbers[one - _FIRST] if type(one) is int and 0 <= one - _FIRST < len(numbers) else one

    return list(map(fill, marshal.loads(code)))


@functools.lru_cache(maxsize=_KEPT)
def _with_holes(parts: tuple[str, ...], silent: bool) -> bytes | None:
    """The code of a text whose holes are between these parts. None where the code does not just use such a number, but
    what Python has worked out of it beforehand, or a text with it."""
    first, other = ([base + place for place in range(len(parts) - 1)] for base in (_FIRST, _OTHER))
    code = marshal.dumps(_codes(_joined(parts, first), silent))
    return code if filled(code, other, "") == _codes(_joined(parts, other), silent) else None


def _joined(parts: tuple[str, ...], numbers: Iterable[int]) -> str:
    return parts[0] + "".join(f"{number}{part}" for number, part in zip(numbers, parts[1:], strict=True))


def _codes(text: str, silent: bool) -> list[CodeType]:
    """As IPython has it: all but the last line, and that one by itself if it may show something."""
    tree = parsing.parse(text)
    shown = tree.body[-1:] if tree.body and isinstance(tree.body[-1], ast.Expr) and not silent else []
    found = [(ast.Module(tree.body[: len(tree.body) - len(shown)], []), "exec")]
    found += [(ast.Interactive(shown), "single")] if shown else []
    return [compile(part, "", mode, _FLAGS, dont_inherit=True) for part, mode in found]
