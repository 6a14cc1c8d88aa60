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
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions, ComputeChecksums, LockCells, NbGraderPreprocessor

from cs231n import _reading as reading
from cs231n._matching import Known
from cs231n._reading import Cell
from grading.books.course import Course
from grading.intake import opening
from grading.intake.opening import Own, Read, parse
from grading.intake.reader import MAX_BYTES, unreadable
from grading.release.lesson import known_cells


def key_notebook(source: Path, config=None) -> NotebookNode:
    """The instructor's notebook with its solutions cut: what every submission is laid upon."""
    notebook = nbformat.read(source, as_version=4)
    for step in (LockCells, ClearSolutions, ComputeChecksums):
        notebook, _ = step(config=config).preprocess(notebook, {})
    return notebook


def read_submitted(path: Path) -> tuple[list[Cell] | None, str]:
    """(its cells, "") or (None, one clause that says why it cannot be read). Of cells only what is graded is there.

    The file may be anything: what is built from it is small, however many nothings or levels it holds.
    """
    problem = unreadable(path, MAX_BYTES)
    return (None, problem) if problem else parse(path.read_bytes())


def restore(submitted: list[Cell] | None, key: NotebookNode, lesson: list[Known] | None = None,
            file: Callable[[str], bytes | None] = lambda path: None) -> tuple[NotebookNode, list[str]]:
    """Lay a submission upon the key. Returns the notebook to grade and remarks for the instructor, one clause each.

    Without a submission the key itself is graded: its tests still judge the submitted modules.

    - lesson: `known_cells` of the key, where they have been worked out already
    - file: reads a file beside the notebook, by its path there; pictures that answers show are attached to them
    """
    if submitted is None:
        return copy.deepcopy(key), []
    read, _ = opening.matched(submitted, known_cells(key) if lesson is None else lesson, file)
    return lay(read, key)[0], read.remarks


def lay(read: Read, key: NotebookNode) -> tuple[NotebookNode, dict[str, str]]:
    """(the key with what a notebook says, cell id -> where the outputs that the cell was handed in with are kept)."""
    restored = copy.deepcopy(key)
    handed: list[tuple[NotebookNode, str]] = []

    def own(name: str) -> list[NotebookNode]:
        made = [(_own_cell(cell), cell.place) for cell in read.behind.get(name, [])]
        handed.extend(made)
        return [cell for cell, _ in made]

    cells = own("")
    for cell in restored.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if not name:
            continue
        if text := read.texts.get(name, ""):
            cell.source = text
            if cell.cell_type == "markdown" and (pictures := read.pictures.get(name)):
                cell.attachments = pictures
        handed.append((cell, name))
        cells += [cell, *own(name)]
    _make_ids_unique(cells)
    restored.cells = cells
    return restored, {cell.id: place for cell, place in handed}


def picture_file(folder: Path, path: str) -> bytes | None:
    """A picture in a submission's folder, or None where there is no plain file of that name and size."""
    place = folder / path
    if place.is_symlink() or not place.is_file() or not place.resolve().is_relative_to(folder.resolve()):
        return None
    return place.read_bytes() if place.stat().st_size <= reading.MOST_BYTES else None


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


def _own_cell(found: Own) -> NotebookNode:
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
