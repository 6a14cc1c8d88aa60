"""Make a submitted notebook gradable: the source's locked cells, the student's own answers, nothing else believed.

A submission may lack cells, hold them twice, carry metadata of any kind, or not be a notebook at all. What is graded
is built from the key (the source with its solutions cut), in the key's order:

- locked cells (tests, questions, set-up) are the key's own;
- solution and answer cells are the key's, filled with the student's text;
- the student's other cells stay behind the cell they followed;
- of the student's metadata nothing stays: no tags, points, checksums.
"""

import copy
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions, ComputeChecksums, LockCells, NbGraderPreprocessor

from cs231n import _matching as matching
from cs231n import _reading as reading
from cs231n._matching import Known, Reading
from cs231n._reading import Cell
from grading.books.course import Course
from grading.errors import few
from grading.release.lesson import known_cells

MAX_BYTES = 50_000_000
MAX_PARTS = 3_000_000        # parts of a notebook's JSON, its outputs included
MAX_CELLS = 5_000
_TOO_MANY = f"has more than {MAX_CELLS:,} cells"


def key_notebook(source: Path, config=None) -> NotebookNode:
    """The instructor's notebook with its solutions cut: what every submission is laid upon."""
    notebook = nbformat.read(source, as_version=4)
    for step in (LockCells, ClearSolutions, ComputeChecksums):
        notebook, _ = step(config=config).preprocess(notebook, {})
    return notebook


class _Cell(msgspec.Struct):
    """What is read of a submitted cell; whatever else it holds is skipped without being built."""

    cell_type: str
    source: str | list[str]
    id: str = ""
    metadata: msgspec.Raw = msgspec.Raw(b"{}")
    attachments: msgspec.Raw = msgspec.Raw(b"{}")
    outputs: msgspec.Raw = msgspec.Raw(b"")


class _Described(msgspec.Struct):
    grade_id: str = ""


class _Metadata(msgspec.Struct):
    nbgrader: _Described


class _File(msgspec.Struct):
    cells: list[msgspec.Raw]


def read_submitted(path: Path) -> tuple[list[Cell] | None, str]:
    """(its cells, "") or (None, one clause that says why it cannot be read). Of cells only what is graded is there.

    The file may be anything: what is built from it is small, however many nothings or levels it holds.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return None, "is not an ordinary file"
    if not path.exists():
        return None, "is missing"
    if path.stat().st_size > MAX_BYTES:
        return None, f"is larger than {MAX_BYTES // 1_000_000} MB"
    return parse(path.read_bytes())


def parse(content: bytes) -> tuple[list[Cell] | None, str]:
    """The same of a file's content, of at most MAX_BYTES."""
    if sum(map(content.count, (b"{", b"[", b","))) > MAX_PARTS:
        return None, f"is corrupt (more than {MAX_PARTS:,} parts)"
    try:
        return _cells(msgspec.json.decode(content, type=_File).cells)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):      # a letter of Latin-1 is met cell by cell
        return _read_otherwise(content)


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


def _cell(raw: msgspec.Raw) -> Cell | None:
    """A cell as far as it is one; its metadata and pictures as far as they are sound."""
    try:
        cell = msgspec.json.decode(raw, type=_Cell)
    except (msgspec.DecodeError, RecursionError):
        try:                             # an id may be anything; without it, it is the student's own cell
            cell = msgspec.json.decode(raw, type=_Anonymous)
        except (msgspec.DecodeError, RecursionError):
            return None
    read: dict = {"cell_type": cell.cell_type, "source": cell.source, "id": getattr(cell, "id", "")}
    with suppress(msgspec.DecodeError, RecursionError):
        described = msgspec.json.decode(cell.metadata, type=_Metadata).nbgrader
        read["metadata"] = {"nbgrader": {"grade_id": described.grade_id}}
    with suppress(msgspec.DecodeError, RecursionError):
        read["attachments"] = msgspec.json.decode(cell.attachments, type=dict[str, dict[str, str]])
    found = reading.read_cell(read)
    return found._replace(outputs=bytes(cell.outputs)) if found and found.kind == "code" else found


class _Anonymous(msgspec.Struct):
    """A cell whose id is no text."""

    cell_type: str
    source: str | list[str]
    metadata: msgspec.Raw = msgspec.Raw(b"{}")
    attachments: msgspec.Raw = msgspec.Raw(b"{}")
    outputs: msgspec.Raw = msgspec.Raw(b"")


def restore(submitted: list[Cell] | None, key: NotebookNode, lesson: list[Known] | None = None,
            file: Callable[[str], bytes | None] = lambda path: None) -> tuple[NotebookNode, list[str]]:
    """Lay a submission upon the key. Returns the notebook to grade and remarks for the instructor, one clause each.

    Without a submission the key itself is graded: its tests still judge the submitted modules.

    - lesson: `known_cells` of the key, where they have been worked out already
    - file: reads a file beside the notebook, by its path there; pictures that answers show are attached to them
    """
    restored, remarks, *_ = lay_upon(submitted, key, lesson, file)
    return restored, remarks


def lay_upon(submitted: list[Cell] | None, key: NotebookNode, lesson: list[Known] | None = None,
             file: Callable[[str], bytes | None] = lambda path: None
             ) -> tuple[NotebookNode, list[str], dict[str, bytes], dict[str, list[str]]]:
    """The same; the outputs that code cells were handed in with, by the ids that they have now; and what was added to
    locked cells, line by line."""
    restored = copy.deepcopy(key)
    if submitted is None:
        return restored, [], {}, {}
    found = matching.read(submitted, known_cells(key) if lesson is None else lesson)
    handed: list[tuple[NotebookNode, bytes]] = []

    def own(name: str) -> list[NotebookNode]:
        made = [(_own_cell(cell), cell.outputs) for cell in found.behind.get(name, [])]
        handed.extend(made)
        return [cell for cell, _ in made]

    cells = own("")
    for cell in restored.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if not name:
            continue
        if text := found.texts.get(name, ""):
            cell.source = text
            if cell.cell_type == "markdown":
                cell.source, pictures = reading.with_files(text, found.pictures.get(name, {}), file)
                if pictures:
                    cell.attachments = pictures
        handed.append((cell, found.outputs.get(name, b"")))
        cells += [cell, *own(name)]
    _make_ids_unique(cells)
    restored.cells = cells
    return restored, _remarks(found), {cell.id: outputs for cell, outputs in handed if outputs}, found.changed


def picture_file(folder: Path, path: str) -> bytes | None:
    """A picture in a submission's folder, or None where there is no plain file of that name and size."""
    place = folder / path
    if place.is_symlink() or not place.is_file() or not place.resolve().is_relative_to(folder.resolve()):
        return None
    return place.read_bytes() if place.stat().st_size <= reading.MOST_BYTES else None


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
    return remarks


class Restore(NbGraderPreprocessor):
    """`restore` as a step of nbgrader's autograde, in place of DeduplicateIds and OverwriteCells."""

    def preprocess(self, nb, resources):
        described = resources["nbgrader"]
        source = Course(Path.cwd()).source(described["assignment"]) / f"{described['notebook']}.ipynb"
        handed = [cell for cell in map(reading.read_cell, nb.cells) if cell]
        nb, remarks = restore(handed, key_notebook(source, self.config))
        for remark in remarks:
            self.log.warning("%s, %s: %s", described["student"], described["notebook"], remark)
        return nb, resources


def _own_cell(found: Cell) -> NotebookNode:
    """As nbformat's functions make it, but for a random id and a validation: all is validated once it is graded."""
    cell = NotebookNode(cell_type=found.kind, id=found.id, metadata=NotebookNode(), source=found.source)
    if found.kind == "code":
        cell.outputs, cell.execution_count = [], None
    elif found.kind == "markdown" and found.pictures:
        cell.attachments = found.pictures
    return cell


def _make_ids_unique(cells: list[NotebookNode]) -> None:
    taken = {cell.id for cell in cells if "nbgrader" in cell.metadata}
    for number, cell in enumerate(cells):
        if "nbgrader" not in cell.metadata:
            if cell.id in taken or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell.id):
                cell.id = f"own-cell-{number}"
            taken.add(cell.id)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"
