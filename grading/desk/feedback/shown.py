"""What a graded notebook shows of a submission: outputs as handed in, and where in the student's code errors were.

What a cell put out while it was graded is not shown: it may speak of inputs that are not in the open.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cs231n import _described
from grading.desk import handed
from grading.desk.feedback import said
from grading.desk.feedback.phrases import Open
from grading.desk.feedback.rendering import Text
from grading.desk.text import COLORS, clean_message
from grading.engine import telling

STREAM = 20_000                  # characters of printed text that are shown of a cell
FRAMES = 8
_IN = re.compile(r"Cell In\[(\d{1,5})\]")
_FILE = re.compile(r" \(\w+\.py, line (\d{1,5})\)$")     # what Python adds to a SyntaxError of a cell
_EMPTY = re.compile(r"\b(?:arg is an empty sequence|iterable argument is empty)\b")      # of max() of no results
_PICTURE = re.compile(r"<(?:IPython\.core\.display\.\w+ object|Figure size [\d.x]+ with \d+ Ax[ei]s)>")
ENDED = "When it was graded, it ended with an error"
_LABELS = {f"[{text}]": text for text in (handed.AS_HANDED_IN, handed.WHEN_GRADED, handed.WITHOUT, handed.NOT_RUN,
                                          handed.TOO_MUCH)}


@dataclass(frozen=True)
class Place:
    """A line of the student's code that an error came through."""

    where: str
    code: str


@dataclass(frozen=True)
class Output:
    """kind: text, picture, html, error or note. text: also a picture's address, and what an error says.

    words: what a picture shows.
    """

    kind: str
    text: str = ""
    html: Text | None = None
    size: tuple[int, int] | None = None
    words: str = ""
    places: tuple[Place, ...] = ()


class Places:
    """Finds an error's places. `files`: the submission's modules, path -> text; `cells`: of its graded notebook;
    `own`: the student's, by id; `known`: words that are in the open.
    """

    def __init__(self, files: Mapping[str, str], cells: list[dict], own: set[str], known: Open):
        self._files, self.own, self.known = files, own, known
        self._cells = {cell.get("execution_count"): _whole(cell.get("source", "")).split("\n")
                       for cell in cells if cell.get("id") in own}

    def of(self, trace: str) -> tuple[Place, ...]:
        found = []
        for frame in telling.frames_in(trace, self._files):
            inside = _IN.fullmatch(frame.file)
            lines = self._cells.get(int(inside[1]), []) if inside else []
            code = frame.code if not inside else lines[frame.line - 1].strip() if frame.line <= len(lines) else ""
            name = f", in {frame.function}" if self.known.has(frame.function) else ""
            if code:
                found.append(Place(f"{'this notebook' if inside else frame.file} line {frame.line}{name}", code[:200]))
        return tuple(found[-FRAMES:])

    def of_check(self, cell: dict) -> tuple[Place, ...]:
        errors = [one for one in cell.get("outputs", []) if one.get("output_type") == "error"]
        return self.of("\n".join(errors[0].get("traceback", []))) if errors else ()


def outputs(cell: dict, places: Places) -> list[Output]:
    """Of a cell that no check judges."""
    found = list(cell.get("outputs", []))
    label = _label(found)
    if label == handed.WHEN_GRADED:
        errors = [Output("note", ENDED)]
        found.pop(0)
        while found and not _label(found):
            errors += _shown(found.pop(0), places, graded=True, lines=_lines(cell))
        came = outputs({"outputs": found}, places)
        return [*errors, Output("note", "as handed in"), *came] if came else errors
    if label == handed.WITHOUT:
        errors = [error for one in found if one.get("output_type") == "error"
                  for error in _shown(one, places, graded=True, lines=_lines(cell))]
        return [Output("note", ENDED), *errors] if errors else []
    if label in (handed.NOT_RUN, handed.TOO_MUCH):
        return [Output("note", label)] if label == handed.TOO_MUCH else []
    return [shown for one in found[1 if label else 0:] for shown in _shown(one, places)]


def _label(found: list[dict]) -> str:
    data = found[0].get("data", {}) if found else {}
    return _LABELS.get(_whole(data["text/plain"]), "") if set(data) == {"text/html", "text/plain"} else ""


def stopped_by(cell: dict, places: Places) -> str:
    """What ended a solution cell when it was graded, as a student reads it: "" where nothing did, or it is a stub, or
    looks for the best of what is not there yet."""
    came = cell.get("outputs", [])
    errors = [one for one in came if one.get("output_type") == "error"
              and _label(came) in (handed.WHEN_GRADED, handed.WITHOUT)][:1]
    found = [shown.text for one in errors for shown in _shown(one, places, graded=True, lines=_lines(cell))]
    unfinished = any(error.get("ename") == "NotImplementedError" or _EMPTY.search(clean_message(error.get("evalue")))
                     for error in errors)
    return "" if not found or unfinished else found[0].partition("\n")[0]


def _lines(cell: dict) -> int:
    return len(_whole(cell.get("source", "")).split("\n"))


def _shown(output: dict, places: Places, graded: bool = False, lines: int = 0) -> Iterator[Output]:
    """`lines`: of the cell; a SyntaxError names one of them, and a file that nobody has."""
    kind, data = output.get("output_type"), {name: _whole(value) for name, value in output.get("data", {}).items()}
    if kind == "stream":
        yield Output("text", _text(_whole(output.get("text", ""))))
    elif kind == "error":
        name, message = clean_message(output.get("ename")), clean_message(output.get("evalue"))
        at = _FILE.search(message) if graded else None
        message = said.raised(message[:at.start()] if at else message, places.known) if graded else message[:2_000]
        message += f" (line {at[1]})" if at and 0 < int(at[1]) <= lines else ""
        yield Output("error", f"{said.raised(name, places.known) if graded else name}: {message}",
                     places=places.of("\n".join(output.get("traceback", []))))
    elif picture := next((kind for kind in ("image/png", "image/jpeg") if kind in data), ""):
        size = output.get("metadata", {}).get(picture, {})
        yield Output("picture", f"data:{picture};base64,{''.join(data[picture].split())}",
                     size=(size["width"], size["height"]) if {"width", "height"} <= size.keys() else None,
                     words=_described.of_html(data.get("text/html", ""))[1])
    elif "text/html" in data:
        yield Output("html", html=Text("html", data["text/html"]))
    elif _PICTURE.fullmatch(text := data.get("text/latex") or data.get("text/plain", "")):
        yield Output("note", "a display of a kind, or a size, that is not shown here; PNG and JPEG pictures are")
    elif data:
        yield Output("text", _text(text))


def _text(text: str) -> str:
    text = COLORS.sub("", text).rstrip("\n")
    return text if len(text) <= STREAM else f"{text[:STREAM]}\n... cut here ..."


def _whole(text: str | list[str]) -> str:
    """nbformat also writes a text as its lines."""
    return text if isinstance(text, str) else "".join(text)
