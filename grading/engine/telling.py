"""Errors in sentences: where in the submission, what, and what to write instead.

What comes in may be a student's: a traceback's text and a message are searched for what is known to be in the
submission, and nothing else of them is believed.
"""

import ast
import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from grading.engine import MAX_TEXT, advice, parsing

COSTS = "; none of its functions can run"
UNIMPLEMENTED = " is not implemented yet"
LONGEST = 300                  # characters of a reason for which a module does not load
MOST = 20_000                  # characters of a traceback that are looked at,
MOST_FRAMES = 60               # and frames;
MOST_REASON = 1000             # characters of a message
MOST_TOLD = 4000               # and of all that is said
_FRAME = re.compile(r'^[ \t]*File "(?P<file>[^"\n]{1,300})", line (?P<line>\d{1,7})(?:, in (?P<name>[^\n]{0,100}))?'
                    r"(?:\n    (?P<code>[^\n]{0,200}))?"
                    r"|^[ \t]*File (?P<shown>[^\s\"][^\n]{0,300}?\.py):(?P<at>\d{1,7})"
                    r"(?:, in (?P<within>[^\n]{0,100}))?",
                    re.MULTILINE)
_CELL = re.compile(r"Cell In\[\d{1,5}\]")
COLORS = re.compile(r"\x1b\[[0-9;]*m")
_PLACE = re.compile(r"\s*\((?:unknown location|[^()\n]*(?:\.py|\.so|\.pyd|>|, line \d+))\)\s*$")
_CANNOT = re.compile(r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'")
_ATTRIBUTE = re.compile(r"^module '[\w.]+' has no attribute '\w+'")
_OURS = re.compile(r"module '(cs231n[\w.]*)' has no attribute '(\w+)'$")
_INNER = re.compile(r"matmul: Input operand 1 has a mismatch in its core dimension 0,.*\(size (\d+) is different "
                    r"from (\d+)\)")
_AXES = re.compile(r"matmul: Input operand ([01]) does not have enough dimensions \(has (\d+)")
_UNPACK = re.compile(r"cannot unpack non-iterable (\w+) object|(too many|not enough) values to unpack")
_SPEAKING = ("ImportError", "ModuleNotFoundError", "SyntaxError", "IndentationError", "TabError", "NameError",
             "AttributeError")                       # their messages need no kind
_SIMPLE = (ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Load)

_BROADCAST = re.compile(r"operands could not be broadcast together with shapes (\(\d+,\d+\)) (\(\d+,\)|\(\d+,\d+\))")
_PRODUCT = re.compile(r"shapes (\([\d, ]+\)) and (\([\d, ]+\)) not aligned")
_UNSET = re.compile(r"local variable '(\w+)' (?:where it is not associated|referenced before)")
# What an operation cannot take, and what has come back in place of numbers.
_CAME_BACK = {
    "'NoneType'": "None in place of numbers",
    "'generator'": "a generator in place of values: write return, not yield",
    "'str'": "a text in place of numbers",
}


@dataclass(frozen=True)
class Told:
    """A sentence on an error; `unloaded` is the part of it about a module that could not be loaded, if one is why."""

    message: str
    unloaded: str = ""


def short(text: str, most: int = MOST_TOLD) -> str:
    """As much of a text as anyone reads."""
    return text if len(text) <= most else f"{text[:most - 4]} ..."


def raised(kind: str, message: str, trace: str, files: Mapping[str, str], asked: str = "") -> Told:
    """What the student's code raised.

    - trace: the traceback, as Python or IPython writes it
    - files: the submission's modules, path -> text
    - asked: the one that was to be loaded, if that was all there was to do
    """
    frames, whole, message = frames_in(trace, files), message, message[:MOST_REASON]
    loading = [frame for frame in frames if frame.loads]
    if kind == "NotImplementedError" and not loading:
        left = advice.left_standing(files.get(frames[-1].file, ""), frames[-1].line) if frames else ""
        return Told(short(f"{kind}: {whole}{left} ({frames[-1].place})" if left else f"{kind}: {whole}"))
    if not loading and asked:
        why = advice.nature(files.get(asked, ""))
        return not_loaded(asked, why or _why(kind, message, "") + advice.of(kind, message, files, asked))
    if not loading:
        where, code = (f" ({frames[-1].place})", frames[-1].code) if frames else ("", "")
        what = _reason(kind, message, code)
        more = advice.of(kind, message, files, frames[-1].file if frames else "")
        return Told(f"{kind}: {what}{more}{where}" if what else
                    f"{kind}, without a message{more}{where}{': ' * bool(code)}{code}")
    last = loading[-1]
    more = "" if kind == "SystemExit" else advice.of(kind, message, files, last.file)        # it is said already
    sentence = f"{last.place}: {_why(kind, message, last.code)}{more}{COSTS}"
    if what := advice.nature(files[last.file]):
        sentence = f"{last.file}: {what}{COSTS}"
    needing = [other for other in dict.fromkeys(frame.file for frame in loading) if other != last.file]
    return Told(sentence + "".join(f"; {other} needs it" for other in needing), sentence)


def shows(trace: str, files: Iterable[str]) -> bool:
    """Whether a traceback has a frame in one of these files, or in a cell of the notebook."""
    paths = ((found["file"] or found["shown"]).replace("\\", "/") for found in _FRAME.finditer(
        COLORS.sub("", trace[:MOST])))
    ends = tuple(f"/{file}" for file in files)
    return any(_CELL.fullmatch(path) or f"/{path}".endswith(ends) for path in paths)


def not_loaded(file: str, why: str) -> Told:
    """A module that does not load, and nothing tells at which line."""
    return Told(f"{file}: {why}{COSTS}", f"{file}: {why}{COSTS}")


def in_test(error: BaseException, source: str, filename: str | None = None,
            files: Mapping[str, str] | None = None) -> str:
    """What went wrong in a test's lines, or below them, with what came from the submission; "" if nothing is known.

    - source: of the test cell
    - filename: what its code is compiled as; None: whatever frame runs it
    - files: the submission's modules, path -> text
    """
    try:
        if isinstance(error, ImportError) and (found := _CANNOT.search(str(error))):
            return _lacks(found) + advice.lacking(found[1], (files or {}).get(f"{found[2].replace('.', '/')}.py"))
        found = _statement(error, source, filename)
        if found is None:
            return ""
        if isinstance(error, NameError) and not isinstance(error, UnboundLocalError) and error.name:
            return f"the notebook has no {error.name}: the cell that makes it is missing, or stopped before that"
        if isinstance(error, KeyError):
            return _missing_key(error, *found)
        if isinstance(error, (TypeError, ValueError, AttributeError, IndexError)):
            reason = _reason("", str(error), "")
            if "empty sequence" in reason or "argument is empty" in reason:
                return "what a cell of the notebook should have filled is empty"
            what = next((what for word, what in _CAME_BACK.items() if word in reason), reason)
            return _unpacked(error, found[1]) or f"what the submission returned does not fit here: {what}"
    except Exception:              # a sentence less; the error itself is told as it is
        pass
    return ""


# --- in the submission ---------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Frame:
    """One that is in the submission; `code` is its line."""

    file: str
    line: int
    function: str
    code: str

    @property
    def loads(self) -> bool:
        return self.function == "<module>" and not _CELL.fullmatch(self.file)

    @property
    def place(self) -> str:
        return f"{self.file} line {self.line}"


def frames_in(trace: str, files: Mapping[str, str]) -> list[Frame]:
    """Outermost first; of a file only what is as long as anyone writes."""
    found, lines = [], {}
    for frame in islice(_FRAME.finditer(COLORS.sub("", trace[:MOST])), MOST_FRAMES):
        path = (frame["file"] or frame["shown"]).replace("\\", "/")
        line, name = int(frame["line"] or frame["at"]), frame["name"] or frame["within"] or "<module>"
        file = next((file for file in files if path == file or path.endswith(f"/{file}")), None)
        if file and file not in lines:
            lines[file] = files[file][:MAX_TEXT].split("\n")
        if file and 1 <= line <= len(lines[file]):
            found.append(Frame(file, line, name.strip(), lines[file][line - 1].strip()[:200]))
        elif _CELL.fullmatch(path):
            found.append(Frame(path, line, name.strip(), (frame["code"] or "").strip()))
    return found


def _why(kind: str, message: str, line: str) -> str:
    """Why a module does not load, as one clause."""
    if "partially initialized module" in message:
        return "it imports a module that imports it"
    if kind == "SystemExit":
        return "it ends Python while it is loaded"
    if kind in ("SyntaxError", "IndentationError", "TabError"):
        if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
            return "a merge conflict is left in the file"
        if line.startswith(("%", "!")):
            return f"{line.split()[0][:40]} works in notebooks only"
    reason = " ".join(_reason(kind, message, line).split())
    reason = reason if len(reason) <= LONGEST else f"{reason[:LONGEST - 4]} ..."
    if kind in _SPEAKING:
        return reason or kind
    return f"{kind}: {reason}" if reason else kind


def _reason(kind: str, message: str, line: str) -> str:
    """The message without what only Python's own developers need."""
    if found := _CANNOT.search(message):
        return _lacks(found)
    if kind == "KeyError":
        key = message.strip()[:100]
        owner = re.search(rf"([\w.]+)\[\s*[rfub]?{_either_quote(key)}\s*\]", line)
        return f"{owner[1] if owner else 'a dictionary'} has no key {key}"
    if found := _OURS.match(message):
        return f"{found[1].replace('.', '/')}.py has no {found[2]}"
    if _ATTRIBUTE.search(message) or "was removed" in message:
        message = re.split(r"\.(?=\s|$)", message, maxsplit=1)[0]
    if found := _UNSET.search(message):
        return f"{found[1]} is used before it is set"
    if found := _BROADCAST.search(message):
        one, other = (shape.replace(",)", ",").replace(")", "").replace("(", "").split(",") for shape in found.groups())
        column = not other[1] and one[0] == other[0] != one[1]
        shapes = [shape.replace(",", ", ").replace(", )", ",)") for shape in found.groups()]
        return f"arrays of shapes {shapes[0]} and {shapes[1]} do not fit each other" + (
            "; keepdims=True in a sum, mean or maximum leaves a column" if column else "")
    if found := _PRODUCT.search(message):
        one, other = (shape.replace(",", ", ").replace(", )", ",)") for shape in found.groups())
        return f"a product of arrays of shapes {one} and {other} does not fit"
    if found := _INNER.search(message):
        return f"a matrix product does not fit: {found[2]} columns on the left, {found[1]} rows on the right"
    if found := _AXES.search(message):
        side = "left" if found[1] == "0" else "right"
        return f"the {side} factor of a matrix product is no matrix: its shape has {found[2]} axes"
    return _PLACE.sub("", message.strip())


def _either_quote(key: str) -> str:
    """A pattern for a key as it may be written, given as `repr` writes it."""
    return rf"[\"']{re.escape(key[1:-1])}[\"']" if key[:1] in "\"'" else re.escape(key)


def _lacks(found: re.Match) -> str:
    name, module = found.groups()
    place = f"{module.replace('.', '/')}.py" if module.partition(".")[0] == "cs231n" else module
    return f"{place} has no {name}"


# --- in a test -----------------------------------------------------------------------------------------------------

def _statement(error: BaseException, source: str, filename: str | None) -> tuple[types.FrameType, ast.AST] | None:
    """The frame that runs the test's own line, and what of the line it was at."""
    at, found = error.__traceback__, None
    while at is not None:
        if at.tb_frame.f_code.co_filename == filename or filename is None and _runs(at.tb_frame, source):
            found = at
        at = at.tb_next
    if found is None:
        return None
    first, last, start, end = list(found.tb_frame.f_code.co_positions())[found.tb_lasti // 2]
    inside = [node for node in ast.walk(parsing.parse(source)) if hasattr(node, "lineno")
              and node.lineno <= first and last <= node.end_lineno]
    exact = [node for node in inside if isinstance(node, ast.Subscript) and
             (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset) == (first, last, start, end)]
    return found.tb_frame, exact[0] if isinstance(error, KeyError) and exact else _assignment(inside)


def _runs(frame: types.FrameType, source: str) -> bool:
    """Tell whether a frame runs a cell: IPython names its code so that linecache has the text."""
    import linecache

    lines = linecache.getlines(frame.f_code.co_filename)
    return bool(lines) and "".join(lines).strip() == source.strip()


def _assignment(nodes: list[ast.AST]) -> ast.AST | None:
    return next((node for node in reversed(nodes) if isinstance(node, ast.Assign)), None)


def _missing_key(error: KeyError, frame: types.FrameType, node: ast.AST | None) -> str:
    """`grads has no 'b1'; it has 'W1', 'W2'`."""
    if not isinstance(node, ast.Subscript) or not all(isinstance(part, _SIMPLE) for part in ast.walk(node.value)):
        return ""
    named = isinstance(node.value, (ast.Name, ast.Attribute))
    name = ast.unparse(node.value) if named else "a dictionary that came back"
    owner = eval(compile(ast.Expression(node.value), "test", "eval"), frame.f_globals, frame.f_locals)
    if not isinstance(owner, Mapping) or not error.args:
        return ""
    keys = [_key(key) for key in list(owner)[:9]]
    there = ", ".join(keys[:8]) + (", ..." if len(keys) > 8 else "")
    return f"{name} has no {_key(error.args[0])}; " + (f"it has {there}" if there else "it is empty")


def _key(key: Any) -> str:
    return repr(key)[:60] if isinstance(key, (str, int, float, tuple)) else f"a {type(key).__name__}"


def _unpacked(error: BaseException, node: ast.AST | None) -> str:
    """`softmax_loss_naive returned None; 2 values are expected: loss, dW`."""
    found = _UNPACK.match(str(error))
    if not found:
        return ""
    target, call = (node.targets[0], node.value) if isinstance(node, ast.Assign) else (None, None)
    if isinstance(call, ast.GeneratorExp) and isinstance(target, ast.Tuple):
        target, call = target.elts[0], call.elt
    count = len(target.elts) if isinstance(target, ast.Tuple) and isinstance(call, ast.Call) else 0
    got = {"too many": "too many values", "not enough": "too few values"}.get(found[2] or "")
    got = got or ("None" if found[1] == "NoneType" else f"one {found[1]}")
    if not count:
        return f"a function returned {got} where several values are expected"
    names = [ast.unparse(one) for one in target.elts]
    listed = "" if any(name.startswith("_") for name in names) else f": {', '.join(names)}"
    return f"{ast.unparse(call.func)} returned {got}; {count} values are expected{listed}"
