"""A notebook's cells as students get them: what a handed in notebook is read beside."""

import copy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions

from cs231n._matching import Known

CODE_STUB = {"python": "# YOUR CODE HERE: replace the next line.\n"
                       'raise NotImplementedError("this cell is not written yet")'}


def known_cells(key: NotebookNode) -> list[Known]:
    """The lesson's cells in order, by their release's text; key: the instructor's notebook, its solutions cut."""
    released = copy.deepcopy(key)
    for step in (ClearHiddenTests, ClearMarkScheme):
        released, _ = step(enforce_metadata=False).preprocess(released, {})
    return [Known(_name(cell), cell.cell_type, _role(cell), cell.source) for cell in released.cells]


def read_known(source: Path) -> list[Known]:
    """The same of an instructor's notebook that is complete."""
    cut, _ = ClearSolutions(code_stub=CODE_STUB).preprocess(nbformat.read(source, as_version=4), {})
    return known_cells(cut)


def read_points(source: Path) -> dict[str, float]:
    """Test cell -> its points, of an instructor's notebook."""
    described = (cell.metadata.get("nbgrader", {}) for cell in nbformat.read(source, as_version=4).cells)
    return {one["grade_id"]: one["points"] for one in described if one.get("grade") and not one.get("solution")}


def _name(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id", "")


def _role(cell: NotebookNode) -> str:
    described = cell.metadata.get("nbgrader")
    if not described:
        return "own"
    if not described.get("solution"):
        return "locked"
    return "answer" if described.get("grade") or cell.cell_type != "code" else "code"
