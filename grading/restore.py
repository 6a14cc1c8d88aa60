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
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions, ComputeChecksums, LockCells, NbGraderPreprocessor

from grading.course import Course

MAX_BYTES = 50_000_000


def key_notebook(source: Path, config=None) -> NotebookNode:
    """The instructor's notebook with its solutions cut: what every submission is laid upon."""
    notebook = nbformat.read(source, as_version=4)
    for step in (LockCells, ClearSolutions, ComputeChecksums):
        notebook, _ = step(config=config).preprocess(notebook, {})
    return notebook


def read_submitted(path: Path) -> tuple[NotebookNode | None, str]:
    """(notebook, "") or (None, one clause that says why it cannot be read)."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return None, "is not an ordinary file"
    if not path.exists():
        return None, "is missing"
    if path.stat().st_size > MAX_BYTES:
        return None, f"is larger than {MAX_BYTES // 1_000_000} MB"
    try:
        found = json.loads(path.read_bytes())
        if isinstance(found, dict) and isinstance(found.get("worksheets"), list):      # nbformat 3, Jupyter before 2015
            found = nbformat.convert(nbformat.from_dict(found), 4)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError, nbformat.ValidationError):
        return None, "is corrupt (no valid notebook JSON)"
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        return None, "is corrupt (JSON, but no notebook: it has no list of cells)"
    try:
        return nbformat.from_dict({"cells": found["cells"]}), ""
    except RecursionError:
        return None, "is corrupt (nested deeper than any notebook)"


def restore(submitted: NotebookNode | None, key: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """Lay a submission upon the key. Returns the notebook to grade and remarks for the instructor, one clause each.

    Without a submission the key itself is graded: its tests still judge the submitted modules.
    """
    restored = copy.deepcopy(key)
    if submitted is None:
        return restored, []
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
            if ours[name].metadata.nbgrader.solution:
                ours[name].source = source
                _keep_pictures(found, ours[name])
        elif name and (ours[name].metadata.nbgrader.locked or not source.strip()):
            repeated.add(name)
        else:
            followers[anchor].append(_own_cell(kind, source, found))
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
    return restored, remarks


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
    make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell,
            "raw": nbformat.v4.new_raw_cell}[kind]
    cell = make(source)
    cell.id = found["id"] if isinstance(found.get("id"), str) else ""
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
