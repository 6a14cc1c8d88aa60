"""Parts of IPython that do the same work for every cell again, with less of it and the same result."""

import ast
import inspect
import os
import re
import struct
import sys
import sysconfig
import warnings
import zlib

from ipykernel.compiler import XCachingCompiler, get_tmp_directory
from IPython.core import inputtransformer2
from IPython.extensions import autoreload

from grading.engine.compiled import filled

_M, _32_BITS = 0x5BD1E995, 0xFFFFFFFF    # of murmur2
warnings.filterwarnings("ignore", "`make_tokens_by_line` received")     # other separators in a cell: no use to anyone
LIBRARIES = tuple({os.path.join(sysconfig.get_path(kind), "")
                   for kind in ("stdlib", "platstdlib", "purelib", "platlib")})


class TransformerManager(inputtransformer2.TransformerManager):
    """IPython reads every cell token by token, twice, to find magics; most cells have nothing that could be one."""

    _perhaps = re.compile(r"^[^\S\n]*[%!?/,;]|=\s*[%!]|^(?![^\S\n]*#).*\?[^\S\n]*$", re.MULTILINE)
    _last = None, ""                     # a cell, and what became of it

    @property
    def as_it_came(self) -> bool:
        """Whether a notebook has put nothing in here of its own."""
        return [*self.cleanup_transforms, *self.line_transforms, *self.token_transformers] == _TRANSFORMS

    def transform_cell(self, cell: str) -> str:
        if not self.as_it_came:
            return super().transform_cell(cell)
        if self._last[0] != cell:
            self._last = cell, super().transform_cell(cell)
        return self._last[1]

    def take_as_plain(self, cell: str) -> None:
        """Of a cell that `is_plain` it is known what becomes of it."""
        if self.as_it_came:
            self._last = cell, ended(cell)

    def do_token_transforms(self, lines):
        if not self.as_it_came or self._perhaps.search("".join(lines)) or not _falls_back_to_levels(lines):
            return super().do_token_transforms(lines)
        return lines


_TRANSFORMS = [*(_own := TransformerManager()).cleanup_transforms, *_own.line_transforms, *_own.token_transformers]


def is_plain(cell: str) -> bool:
    """Tell whether IPython would run this text as it is, without awaiting, and Python compile it without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            code = compile(cell, "", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            return not code.co_flags & inspect.CO_COROUTINE and TransformerManager().transform_cell(cell) == ended(cell)
        except (SyntaxError, ValueError, Warning):
            return False


def ended(cell: str) -> str:
    """The text as IPython has it at least: its last line has an end."""
    return cell if cell.endswith("\n") else cell + "\n"


def _falls_back_to_levels(lines: list[str]) -> bool:
    """Tell whether every line that is indented less than the one before has an indentation that was there before.

    It does not know lines that go on in brackets. What slips through for that is no Python either, and Python says so.
    """
    levels = [0]
    for line in lines:
        text = line.lstrip(" ")
        if text in ("", "\n", "\r\n"):
            continue
        if text[0].isspace():
            return False
        level, last = len(line) - len(text), levels[-1]
        while level < levels[-1]:
            levels.pop()
        if level > levels[-1]:
            if level < last:
                return False
            levels.append(level)
    return True


class Codes(list):
    """In place of the nodes of a cell: its code, to be run one after the other."""


class Compiler(XCachingCompiler):
    """IPython parses every cell, and compiles every line of it by itself; some come with their code."""

    _expected: tuple[str, bytes, list[int]] = "", b"", []

    def expect(self, cell: str, code: bytes, numbers: list[int]) -> None:
        """The code of the cell that is to be run next, and what `compiled.filled` wants besides."""
        self._expected = ended(cell), code, numbers

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:
        if code != self._expected[0]:
            return super().get_code_name(raw_code, code, number)
        return os.path.join(get_tmp_directory(), f"{zlib.crc32(raw_code.encode())}.py")      # a hash that takes no time

    def ast_parse(self, source: str, filename: str = "<unknown>", symbol: str = "exec") -> ast.AST:
        if source != self._expected[0]:
            return super().ast_parse(source, filename, symbol)
        _, code, numbers = self._expected
        self._expected = "", b"", []
        return ast.Module(Codes(filled(code, numbers, filename)), [])


class _Others:
    """Names of the imported modules that may change while a notebook runs: neither of a library, nor taken for granted.

    To look at all of more than 1,000 modules before and after each cell takes longer than most cells.
    """

    def __init__(self):
        self.granted: set[str] = set()
        self._names: list[str] = []
        self._seen: tuple[int, str] = 0, ""

    def names(self) -> list[str]:
        seen = len(sys.modules), next(reversed(sys.modules))      # a new one comes last
        if seen != self._seen:
            new = [name for name in sys.modules if name not in self.granted]
            self.granted.update(name for name in new if _is_library(sys.modules[name]))
            self._names, self._seen = [name for name in new if name not in self.granted], seen
        return self._names

    def grant(self) -> None:
        """All that is imported now stays as it is."""
        self.granted.update(sys.modules)
        self._names, self._seen = [], (0, "")


others = _Others()


class ModuleReloader(autoreload.ModuleReloader):
    """%autoreload that takes the libraries for granted."""

    def filename_and_mtime(self, module):
        return (None, None) if _is_library(module) else super().filename_and_mtime(module)

    def check(self, check_all=False, do_reload=True, execution_info=None):
        if not (check_all or self.enabled and self.check_all):
            return super().check(check_all, do_reload, execution_info)
        before = self.modules, self.check_all, self.enabled
        self.modules, self.check_all, self.enabled = chosen, *_ = dict.fromkeys(others.names(), True), False, True
        try:
            return super().check(False, do_reload, execution_info)
        finally:
            if self.modules is chosen:           # what is reloaded may ask for another way of reloading
                self.modules, self.check_all, self.enabled = before


class DeduperReloader(autoreload.DeduperReloader):
    """The part of %autoreload that would read the source of every module when it is loaded."""

    def update_sources(self) -> None:
        if not self.source_by_modname.keys() >= set(others.names()):
            self.source_by_modname.update(dict.fromkeys(others.granted - self.source_by_modname.keys(), ""))
            super().update_sources()


def murmur2_x86(text: str, seed: int) -> int:
    """The hash that names a cell's file, which ipykernel computes one character at a time."""
    data = text.encode()
    words, rest = divmod(len(data), 4)
    value = seed ^ len(data)
    for word in struct.unpack_from(f"<{words}I", data):
        word = word * _M & _32_BITS
        value = value * _M & _32_BITS ^ (word ^ word >> 24) * _M & _32_BITS
    if rest:
        value = (value ^ int.from_bytes(data[-rest:], "little")) * _M & _32_BITS
    value = (value ^ value >> 13) * _M & _32_BITS
    return value ^ value >> 15


def _is_library(module: object) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and file.startswith(LIBRARIES)
