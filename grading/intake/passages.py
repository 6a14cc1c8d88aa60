"""What is compared of a submission's code and answers: short runs of what they do and say, told by gloves.

A run of code is one of nodes of the syntax tree, in which names are numbered as they come: other names, comments,
formatting, quotes, brackets, type hints and prints make no other one. Functions are looked at one by one, so their
order says nothing. A text that is no Python is looked at function by function, as far as these are.
"""

import ast
import builtins
import hashlib
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator

import msgspec

RUN = 12                         # nodes of a syntax tree
WORDS = 6
SHORT = 5                        # nodes of a function that is one run by itself
MOST = 30_000                    # runs of one file
LONG = 200_000                   # characters of one text
_BROKEN = (SyntaxError, ValueError, RecursionError, MemoryError)
_KEPT = {*dir(builtins), "np", "plt", "self"} - {"xrange"}
_MAGIC = re.compile(r"^([ \t]*)[%!?].*$", re.MULTILINE)
_DEF = re.compile(r"([ \t]*)(?:async )?def ")
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+|[<>=≤≥≠+/^]")
_LEFT_OUT = (ast.Import, ast.ImportFrom, ast.Pass, ast.Load, ast.Store, ast.Del)

Token = tuple[str, str, int]     # (kind, what, line): kind "v" for a name that is numbered, else ""
Unit = tuple[str, int, str, list[tuple[int, int, int]], list[int]]       # a passage's last five fields


class Text(msgspec.Struct):
    """To be looked at: `place` is its file, or its notebook and cell."""

    place: str
    is_code: bool
    source: str


class Passage(msgspec.Struct):
    """A function, the rest of a file or cell, or an answer.

    - name: the function's, qualified; first: the number of its first line there; source: its lines
    - runs: (what it is, first and last of its lines, counted from 0), each once
    - lines: those that hold any of it
    """

    place: str
    is_code: bool
    name: str
    first: int
    source: str
    runs: list[tuple[int, int, int]]
    lines: list[int]


def passages(_: bytes, content: bytes, kept: dict) -> bytes:
    """Of texts, as msgpack: what is compared of them. For gloves."""
    return msgspec.msgpack.encode(list(read(msgspec.msgpack.decode(content, type=list[Text]))))


def read(texts: Iterable[Text]) -> Iterator[Passage]:
    left = MOST
    for text in texts:
        source = text.source[:LONG]
        for name, first, piece, runs, lines in _code(source) if text.is_code else [_answer(source)]:
            if runs and left > 0:
                yield Passage(text.place, text.is_code, name, first, piece, runs[:left], lines)
                left -= len(runs)


def _code(source: str) -> list[Unit]:
    """Each function, and what is outside."""
    for text in (source, _MAGIC.sub(r"\1pass", source)):
        if units := _parsed(text):
            return units
    return [(name, first + before, *rest) for before, piece in _pieces(source)
            for name, first, *rest in _parsed(piece)]


def _parsed(source: str) -> list[Unit]:
    try:
        return list(_units(ast.parse(source), source.split("\n")))
    except _BROKEN:
        return []


def _pieces(source: str) -> Iterator[tuple[int, str]]:
    """(lines before it, a function's source) of a text that cannot be parsed as a whole; for what is within it, it."""
    lines, number = source.split("\n"), 0
    while number < len(lines):
        start, number = number, number + 1
        if found := _DEF.match(lines[start]):
            while number < len(lines) and _goes_on(lines[number], len(found[1])):
                number += 1
            yield start, textwrap.dedent("\n".join(lines[start:number]))


def _goes_on(line: str, depth: int) -> bool:
    """Whether a line belongs to the function that begins at this depth."""
    bare = line.lstrip()
    return not bare or bare[0] in ")#" or len(line) - len(bare) > depth


def _units(tree: ast.Module, lines: list[str]) -> Iterator[Unit]:
    rest = []
    waiting = [("", node) for node in reversed(tree.body)]
    while waiting:
        within, node = waiting.pop()
        if isinstance(node, ast.ClassDef):
            waiting += [(f"{within}{node.name}.", inner) for inner in reversed(node.body)]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield _unit(within + node.name, [node], lines)
        else:
            rest.append(node)
    if rest:
        yield _unit("", rest, lines)


def _unit(name: str, nodes: list[ast.stmt], lines: list[str]) -> Unit:
    first, last = nodes[0].lineno, max(node.end_lineno for node in nodes)
    tokens = [(kind, what, line - first) for kind, what, line in _tokens(nodes)]
    return name, first, "\n".join(lines[first - 1:last]), *_runs(tokens, RUN, SHORT)


def _tokens(nodes: list[ast.stmt]) -> Iterator[Token]:
    """The nodes of these statements, each before those below it."""
    waiting: list[tuple[ast.AST, int]] = [(node, node.lineno) for node in reversed(nodes)]
    while waiting:
        node, line = waiting.pop()
        line = getattr(node, "lineno", line)
        if isinstance(node, _LEFT_OUT) or isinstance(node, ast.Expr) and _says_nothing(node.value):
            continue
        kind, what, below = _told(node)
        if what:
            yield kind, what, line
        waiting += [(one, line) for one in reversed(below)]


def _told(node: ast.AST) -> tuple[str, str, list[ast.AST]]:
    """(kind, what, the nodes below it) of a node."""
    match node:
        case ast.Name():
            name = "range" if node.id == "xrange" else node.id
            return ("", name, []) if name in _KEPT else ("v", name, [])
        case ast.arg():
            return ("", "", []) if node.arg == "self" else ("v", node.arg, [])
        case ast.Constant():
            return "", "text" if isinstance(node.value, (str, bytes)) else repr(_number(node.value)), []
        case ast.JoinedStr():
            return "", "text", []
        case ast.Attribute():
            return "", f".{node.attr}", [node.value]
        case ast.keyword():
            return "", f"{node.arg}=", [node.value]
        case ast.BinOp():
            return "", _name(node.op), [node.left, node.right]
        case ast.UnaryOp():
            return "", _name(node.op), [node.operand]
        case ast.BoolOp():
            return "", _name(node.op), node.values
        case ast.Compare():
            return "", " ".join(map(_name, node.ops)), [node.left, *node.comparators]
        case ast.AugAssign():                            # x += y is x = x + y
            return "", "Assign", [node.target, ast.BinOp(node.target, node.op, node.value)]
        case ast.AnnAssign():
            return "", "Assign", [node.target, *([node.value] if node.value else [])]
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return "", "FunctionDef", [node.args, *node.body]
        case ast.arguments():
            return "", "", list(ast.iter_child_nodes(node))
        case ast.Expr():
            return "", "", [node.value]
    return "", _name(node), list(ast.iter_child_nodes(node))


def _says_nothing(value: ast.expr) -> bool:
    """Whether a statement by itself is a text, or prints one."""
    return isinstance(value, ast.Constant) or (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print")


def _name(node: ast.AST) -> str:
    return type(node).__name__


def _number(value: object) -> object:
    return float(value) if type(value) is int and abs(value) < 2**53 else value if type(value) is not int else "large"


def _answer(source: str) -> Unit:
    return "", 1, source, *_runs(_words(source), WORDS, WORDS)


def _words(text: str) -> list[Token]:
    return [("", word, number) for number, line in enumerate(text.split("\n"))
            for word in _WORD.findall(unicodedata.normalize("NFKC", line).casefold())]


def _runs(tokens: list[Token], length: int, least: int) -> tuple[list[tuple[int, int, int]], list[int]]:
    """(the different runs of this many tokens; of fewer, but no fewer than `least`, one; lines that hold any)."""
    if len(tokens) < least:
        return [], []
    found: dict[int, tuple[int, int, int]] = {}
    for start in range(max(1, len(tokens) - length + 1)):
        run = tokens[start:start + length]
        numbers: dict[str, str] = {}
        said = " ".join(numbers.setdefault(what, f"#{len(numbers)}") if kind else what for kind, what, _ in run)
        what = int.from_bytes(hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1
        places = [line for _, _, line in run]
        found.setdefault(what, (what, min(places), max(places)))
    return list(found.values()), sorted({line for _, _, line in tokens})
