"""What a handed in file says: read by gloves, told in bounded, typed values.

Of a notebook, its cells are read, and laid beside the lesson's; who asked gets what the student wrote, cell of the
lesson by cell of the lesson, and nothing else that the file holds. The outputs that it came with are kept until they
are asked for, and then come clean.
"""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from cs231n import _matching as matching
from cs231n import _reading as reading
from cs231n._matching import Known, Reading
from cs231n._reading import Cell
from grading.desk import arrived
from grading.desk.outputs import clean_outputs
from grading.errors import few

MAX_CELLS = reading.MOST_CELLS
MAX_TEXT = 4_000_000             # bytes of memory that a notebook's cells may take together
MAX_PICTURES = 16_000_000        # characters of a notebook's pictures, in base64
MAX_OUTPUTS = 3_000              # of a notebook's outputs that are shown as they were handed in
MAX_SHOWN = 6_000_000            # and bytes of memory that they may take
OUTPUT_BYTES = 20_000_000        # of a cell's outputs as JSON
OUTPUT_PARTS = 200_000           # of it
OUTPUT_SECONDS = 3.0             # of processor time for all; what is left then is not shown
_TOO_MANY = f"has more than {MAX_CELLS:,} cells"
_BROKEN = (msgspec.DecodeError, RecursionError)
_OUTPUTS = "outputs"             # under which they are kept

Pictures = dict[str, dict[str, str]]


class Asked(msgspec.Struct):
    """A notebook's lesson, and the pictures in files beside it, path -> content."""

    lesson: list[Known]
    files: dict[str, bytes] = {}


class Own(msgspec.Struct):
    """A cell of the student's own; `place` is where its outputs are kept."""

    kind: Literal["code", "markdown", "raw"]
    source: str
    id: Annotated[str, Meta(max_length=100)]
    pictures: Pictures
    place: str


class Read(msgspec.Struct):
    """What a notebook says; `problem` is a clause that says why it cannot be read, or nothing.

    - cells: how many it has; missing: names of the lesson's that are not there
    - texts, pictures: of code and answer cells, by name
    - behind: the student's own cells, by the name of the cell that they stand behind
    - removed: what was added to locked cells and is left out, cell -> lines
    - remarks: for the instructor, one clause each
    - shown: paths of pictures beside the notebook that its texts show
    """

    problem: str = ""
    cells: int = 0
    texts: Annotated[dict[str, str], Meta(max_length=MAX_CELLS)] = {}
    pictures: Annotated[dict[str, Pictures], Meta(max_length=MAX_CELLS)] = {}
    behind: dict[str, Annotated[list[Own], Meta(max_length=MAX_CELLS)]] = {}
    missing: Annotated[list[str], Meta(max_length=MAX_CELLS)] = []
    removed: Annotated[dict[str, Annotated[list[str], Meta(max_length=200)]], Meta(max_length=MAX_CELLS)] = {}
    remarks: Annotated[list[Annotated[str, Meta(max_length=2_000)]], Meta(max_length=10)] = []
    shown: Annotated[list[Annotated[str, Meta(max_length=300)]], Meta(max_length=1_000)] = []


# What gloves do

def notebook(asked: bytes, content: bytes, kept: dict) -> bytes:
    """A `Read` of a notebook, for an `Asked`."""
    wanted, (cells, problem) = msgspec.msgpack.decode(asked, type=Asked), parse(content)
    kept[_OUTPUTS] = {}
    if cells is None:
        return msgspec.msgpack.encode(Read(problem))
    read, kept[_OUTPUTS] = matched(cells, wanted.lesson, wanted.files.get)
    return msgspec.msgpack.encode(read)


def outputs(_: bytes, __: bytes, kept: dict) -> bytes:
    """Of the notebook that was read last, {place: outputs, clean; None where they are too much to be shown}."""
    found: dict[str, list[dict] | None] = {}
    enough, count, size = time.process_time() + OUTPUT_SECONDS, MAX_OUTPUTS, MAX_SHOWN
    for place, raw in kept.pop(_OUTPUTS, {}).items():
        cleaned = _cleaned(raw) if time.process_time() < enough else None
        taken = sum(map(_memory, cleaned or []))
        fits = cleaned is not None and len(cleaned) <= count and taken <= size
        if fits:
            count, size = count - len(cleaned), size - taken
        found[place] = cleaned if fits else None
    return msgspec.msgpack.encode(found)


def module(_: bytes, content: bytes, kept: dict) -> bytes:
    """A module's text."""
    return reading.module_text(content).encode("utf-8", "replace")


def sources(_: bytes, content: bytes, kept: dict) -> bytes:
    """The texts of a notebook's cells in no order: two notebooks of which they are equal say the same."""
    cells, _ = parse(content)
    return msgspec.msgpack.encode(sorted(cell.source.strip() for cell in cells or []))


# How

def parse(content: bytes) -> tuple[list[Cell] | None, str]:
    """(a notebook's cells, "") or (None, one clause that says why it cannot be read). Of cells only what is graded.

    The file may be anything: what is built from it is small, however many nothings or levels it holds.
    """
    if reading.has_too_many_parts(content):
        return None, f"is corrupt (more than {reading.MOST_PARTS:,} parts)"
    try:
        return _cells(msgspec.json.decode(content, type=_File).cells)
    except (*_BROKEN, UnicodeDecodeError):             # a letter of Latin-1 is met cell by cell
        return _read_otherwise(content)


def matched(cells: list[Cell], lesson: list[Known],
            file: Callable[[str], bytes | None] = lambda path: None) -> tuple[Read, dict[str, bytes]]:
    """(what the cells say beside the lesson's, the outputs that they came with, by place).

    - file: reads a file beside the notebook, by its path there; pictures that answers show become theirs
    """
    found, kept = matching.read(cells, lesson), {}
    removed = {name: [line[:500] for line in lines[:200]] for name, lines in found.changed.items()}
    read = Read(cells=len(cells), missing=found.missing, removed=removed, remarks=_remarks(found))
    answers = {known.name for known in lesson if known.role == "answer"}
    text, pictures, left_out = MAX_TEXT, MAX_PICTURES, 0

    def fits(source: str, shown: Pictures) -> bool:
        nonlocal text, pictures, left_out
        fit = sys.getsizeof(source) <= text and _size(shown) <= pictures
        if fit:
            text, pictures = text - sys.getsizeof(source), pictures - _size(shown)
        left_out += not fit
        return fit

    for name, source in found.texts.items():
        shown = found.pictures.get(name, {})
        if name in answers:
            read.shown += reading.shown_files(source)[:100]
            source, shown = reading.with_files(source, shown, file)
        if fits(source, shown):
            read.texts[name], read.pictures[name] = source, shown
        elif fits(source, {}):
            read.texts[name] = source
        kept[name] = found.outputs.get(name, b"")
    kept |= {name: raw for name, raw in found.outputs.items() if name not in kept}
    for name, own in found.behind.items():
        read.behind[name] = []
        for cell in own:
            if fits(cell.source, cell.pictures):
                place = f"{name} {len(read.behind[name])}"
                kept[place] = cell.outputs
                read.behind[name].append(Own(cell.kind, cell.source, cell.id[:100], cell.pictures, place))
    if left_out:
        read.remarks.append(f"left out of {_count(left_out, 'cell')} what is beyond {MAX_TEXT // 1_000_000} MB of text "
                            f"and {MAX_PICTURES // 1_000_000} MB of pictures in a notebook")
    read.shown = [path for path in dict.fromkeys(read.shown) if len(path) <= 300][:1_000]
    return read, {place: raw for place, raw in kept.items() if raw}


def _size(pictures: Pictures) -> int:
    return sum(len(data) for bundle in pictures.values() for data in bundle.values())


def _memory(output: dict) -> int:
    texts = [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", ())]
    return sum(map(sys.getsizeof, [*texts, *output.get("data", {}).values()]))


def _remarks(found: Reading) -> list[str]:
    remarks = []
    if found.missing:
        remarks.append(f"{_count(len(found.missing), 'cell')} missing and put back: {few(found.missing, 4)}")
    if found.repeated:
        remarks.append(f"{_count(len(found.repeated), 'repeated cell')} left out: {few(found.repeated, 4)}")
    if found.changed:
        lines = [line.strip() for added in found.changed.values() for line in added if line.strip()]
        remarks.append(f"{_count(len(found.changed), 'locked cell')} changed and put back: "
                       + few(list(found.changed), 4)
                       + (f"; without what was added to them: {few(lines, 3)[:300]}" if lines else ""))
    return [remark[:2_000] for remark in remarks]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _cleaned(raw: bytes) -> list[dict] | None:
    if len(raw) > OUTPUT_BYTES or sum(map(raw.count, (b"{", b"[", b","))) > OUTPUT_PARTS:
        return None
    with suppress(*_BROKEN, UnicodeDecodeError):
        return clean_outputs(arrived.read(raw, msgspec.json))
    return []


class _Anonymous(msgspec.Struct):
    """What is read of a submitted cell whose id is no text; whatever else it holds is skipped without being built."""

    cell_type: str
    source: str | list[str]
    metadata: msgspec.Raw = msgspec.Raw(b"{}")
    attachments: msgspec.Raw = msgspec.Raw(b"{}")
    outputs: msgspec.Raw = msgspec.Raw(b"")


class _Cell(_Anonymous):
    """The same of any other cell."""

    id: str = ""


class _Described(msgspec.Struct):
    grade_id: str = ""


class _Metadata(msgspec.Struct):
    nbgrader: _Described


class _File(msgspec.Struct):
    cells: list[msgspec.Raw]


def _read_otherwise(content: bytes) -> tuple[list[Cell] | None, str]:
    """What Python's own reader takes: NaN, other encodings; and notebooks of before 2015."""
    try:
        cells = reading.read_notebook(content)
    except reading.Damaged as damage:
        return None, str(damage)
    return (cells, "") if len(cells) <= MAX_CELLS else (None, _TOO_MANY)


def _cells(found: list[msgspec.Raw]) -> tuple[list[Cell] | None, str]:
    if len(found) > MAX_CELLS:
        return None, _TOO_MANY
    return [cell for raw in found if (cell := _cell(raw))], ""


def _bundle(raw: msgspec.Raw) -> dict | None:
    with suppress(*_BROKEN):
        return msgspec.json.decode(raw, type=dict[str, str | list[str]])
    return None


def _cell(raw: msgspec.Raw) -> Cell | None:
    """A cell as far as it is one; its metadata and pictures as far as they are sound."""
    try:
        cell = msgspec.json.decode(raw, type=_Cell)
    except _BROKEN:
        try:                             # an id may be anything; without it, it is the student's own cell
            cell = msgspec.json.decode(raw, type=_Anonymous)
        except _BROKEN:
            return None
    read: dict = {"cell_type": cell.cell_type, "source": cell.source, "id": getattr(cell, "id", "")}
    with suppress(*_BROKEN):
        described = msgspec.json.decode(cell.metadata, type=_Metadata).nbgrader
        read["metadata"] = {"nbgrader": {"grade_id": described.grade_id}}
    with suppress(*_BROKEN):
        read["attachments"] = {name: bundle for name, one in
                               msgspec.json.decode(cell.attachments, type=dict[str, msgspec.Raw]).items()
                               if (bundle := _bundle(one))}
    found = reading.read_cell(read)
    return found._replace(outputs=bytes(cell.outputs)) if found and found.kind == "code" else found
