"""Make a submitted notebook gradable: the source's locked cells, the student's own answers, nothing else believed.

A submission may lack cells, hold them twice, carry metadata of any kind, or not be a notebook at all. What is graded
is built from the key (the source with its solutions cut), in the key's order:

- locked cells (tests, questions, set-up) are the key's own;
- solution and answer cells are the key's, filled with the student's text;
- the student's other cells stay behind the cell they followed;
- of the student's metadata nothing stays: no tags, points, checksums.
"""

import copy
import json
import re
from contextlib import suppress
from pathlib import Path

import msgspec
import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions, ComputeChecksums, LockCells, NbGraderPreprocessor

from grading.books.course import Course

MAX_BYTES = 50_000_000
MAX_PARTS = 3_000_000        # parts of a notebook's JSON, its outputs included
MAX_CELLS = 5_000
HANDED = "handed"            # the key under which a submitted cell that was read has its outputs, as JSON


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


def read_submitted(path: Path) -> tuple[NotebookNode | None, str]:
    """(notebook, "") or (None, one clause that says why it cannot be read). Of its cells only what is graded is there.

    The file may be anything: what is built from it is small, however many nothings or levels it holds.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return None, "is not an ordinary file"
    if not path.exists():
        return None, "is missing"
    if path.stat().st_size > MAX_BYTES:
        return None, f"is larger than {MAX_BYTES // 1_000_000} MB"
    content = path.read_bytes()
    if sum(map(content.count, (b"{", b"[", b","))) > MAX_PARTS:
        return None, f"is corrupt (more than {MAX_PARTS:,} parts)"
    try:
        cells = msgspec.json.decode(content, type=_File).cells
    except (msgspec.DecodeError, RecursionError):
        return _read_otherwise(content)
    return _notebook(cells)


def _read_otherwise(content: bytes) -> tuple[NotebookNode | None, str]:
    """What Python's own reader takes: NaN, other encodings; and notebooks of before 2015."""
    try:
        found = json.loads(content)
        if isinstance(found, dict) and isinstance(found.get("worksheets"), list):      # nbformat 3
            found = nbformat.convert(nbformat.from_dict(found), 4)
        if isinstance(found, dict) and isinstance(found.get("cells"), list):
            return _notebook([_slim(cell) for cell in found["cells"][:MAX_CELLS + 1]])
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError, nbformat.ValidationError):
        return None, "is corrupt (no valid notebook JSON)"
    return None, "is corrupt (JSON, but no notebook: it has no list of cells)"


def _slim(cell: object) -> bytes:
    """A cell without what JSON does not know, such as NaN in an output or half a surrogate pair in a text."""
    if not isinstance(cell, dict):
        return b"null"
    kept = {key: cell[key] for key in _Cell.__struct_fields__ if key in cell}
    if isinstance(kept.get("metadata"), dict):
        kept["metadata"] = {"nbgrader": kept["metadata"].get("nbgrader")}
    with suppress(ValueError, RecursionError):
        json.dumps(kept.get("outputs"), allow_nan=False)
        return json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")
    kept.pop("outputs")
    return json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")


def _notebook(cells: list) -> tuple[NotebookNode | None, str]:
    if len(cells) > MAX_CELLS:
        return None, f"has more than {MAX_CELLS:,} cells"
    return nbformat.from_dict({"cells": [cell for raw in cells if (cell := _cell(raw))]}), ""


def _cell(raw: bytes | msgspec.Raw) -> dict | None:
    """A cell as far as it is one; its metadata and pictures as far as they are sound."""
    try:
        cell = msgspec.json.decode(raw, type=_Cell)
    except (msgspec.DecodeError, RecursionError):
        try:                             # an id may be anything; without it, it is the student's own cell
            cell = msgspec.json.decode(raw, type=_Anonymous)
        except (msgspec.DecodeError, RecursionError):
            return None
        cell = _Cell(cell.cell_type, cell.source, metadata=cell.metadata, attachments=cell.attachments,
                     outputs=cell.outputs)
    read = {"cell_type": cell.cell_type, "source": cell.source, "id": cell.id, "metadata": {}}
    with suppress(msgspec.DecodeError, RecursionError):
        name = msgspec.json.decode(cell.metadata, type=_Metadata).nbgrader.grade_id
        read["metadata"] = {"nbgrader": {"grade_id": name}}
    with suppress(msgspec.DecodeError, RecursionError):
        read["attachments"] = msgspec.json.decode(cell.attachments, type=dict[str, dict[str, str]])
    if cell.cell_type == "code":
        read[HANDED] = bytes(cell.outputs)       # JSON that nobody has looked at
    return read


class _Anonymous(msgspec.Struct):
    """A cell whose id is no text."""

    cell_type: str
    source: str | list[str]
    metadata: msgspec.Raw = msgspec.Raw(b"{}")
    attachments: msgspec.Raw = msgspec.Raw(b"{}")
    outputs: msgspec.Raw = msgspec.Raw(b"")


def restore(submitted: NotebookNode | None, key: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """Lay a submission upon the key. Returns the notebook to grade and remarks for the instructor, one clause each.

    Without a submission the key itself is graded: its tests still judge the submitted modules.
    """
    restored, remarks, _ = lay_upon(submitted, key)
    return restored, remarks


def lay_upon(submitted: NotebookNode | None, key: NotebookNode) -> tuple[NotebookNode, list[str], dict[str, bytes]]:
    """The same, and the outputs that code cells were handed in with, by the ids that they have now."""
    restored = copy.deepcopy(key)
    if submitted is None:
        return restored, [], {}
    handed: list[tuple[NotebookNode, bytes]] = []
    ours = {cell.metadata.nbgrader.grade_id: cell for cell in restored.cells if "nbgrader" in cell.metadata}
    followers: dict[str, list[NotebookNode]] = {"": []}
    met: set[str] = set()
    repeated: set[str] = set()
    anchor = ""
    for found in submitted.cells:
        if not isinstance(found, dict) or (kind := _kind(found)) is None or (source := _source(found)) is None:
            continue
        name = _identity(found, ours)
        if name and name not in met:
            met.add(name)
            anchor = name
            followers[name] = []
            handed.append((ours[name], found.get(HANDED, b"")))
            if ours[name].metadata.nbgrader.solution:
                ours[name].source = source
                _keep_pictures(found, ours[name])
        elif name and (ours[name].metadata.nbgrader.locked or not source.strip()):
            repeated.add(name)
        else:
            followers[anchor].append(_own_cell(kind, source, found))
            handed.append((followers[anchor][-1], found.get(HANDED, b"")))
    lost = [name for name in ours if name not in met]
    cells = list(followers[""])
    for cell in restored.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name:
            cells += [cell, *followers.get(name, [])]
    _make_ids_unique(cells)
    restored.cells = cells
    remarks = []
    if lost:
        remarks.append(f"{_count(len(lost), 'cell')} missing and put back: {', '.join(lost)}")
    if repeated:
        remarks.append(f"{_count(len(repeated), 'repeated cell')} left out: {', '.join(sorted(repeated))}")
    return restored, remarks, {cell.id: outputs for cell, outputs in handed if outputs}


class Restore(NbGraderPreprocessor):
    """`restore` as a step of nbgrader's autograde, in place of DeduplicateIds and OverwriteCells."""

    def preprocess(self, nb, resources):
        described = resources["nbgrader"]
        source = Course(Path.cwd()).source(described["assignment"]) / f"{described['notebook']}.ipynb"
        nb, remarks = restore(nb, key_notebook(source, self.config))
        for remark in remarks:
            self.log.warning("%s, %s: %s", described["student"], described["notebook"], remark)
        return nb, resources


def _identity(cell: dict, ours: dict[str, NotebookNode]) -> str:
    """Which of our cells this is, by grade_id or by cell id; "" for the student's own."""
    metadata = cell.get("metadata")
    described = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    for name in (described.get("grade_id") if isinstance(described, dict) else None, cell.get("id")):
        if isinstance(name, str) and name in ours:
            return name
    return ""


def _kind(cell: dict) -> str | None:
    kind = cell.get("cell_type")
    return kind if kind in ("code", "markdown", "raw") else None


def _source(cell: dict) -> str | None:
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return source.encode("utf-8", "replace").decode() if isinstance(source, str) else None   # half a surrogate pair


def _own_cell(kind: str, source: str, found: dict) -> NotebookNode:
    """As nbformat's functions make it, but for a random id and a validation: all is validated once it is graded."""
    cell = NotebookNode(cell_type=kind, id=found["id"] if isinstance(found.get("id"), str) else "",
                        metadata=NotebookNode(), source=source)
    if kind == "code":
        cell.outputs, cell.execution_count = [], None
    _keep_pictures(found, cell)
    return cell


def _keep_pictures(found: dict, cell: NotebookNode) -> None:
    """Pictures pasted into a text cell are part of the answer."""
    pictures = found.get("attachments")
    if cell.cell_type == "markdown" and isinstance(pictures, dict) and all(
            isinstance(name, str) and isinstance(bundle, dict)
            and all(isinstance(kind, str) and isinstance(data, str) for kind, data in bundle.items())
            for name, bundle in pictures.items()):
        cell.attachments = pictures


def _make_ids_unique(cells: list[NotebookNode]) -> None:
    taken = {cell.id for cell in cells if "nbgrader" in cell.metadata}
    for number, cell in enumerate(cells):
        if "nbgrader" not in cell.metadata:
            if cell.id in taken or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell.id):
                cell.id = f"own-cell-{number}"
            taken.add(cell.id)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"
