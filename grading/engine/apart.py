"""What public checks say where no hidden one was before: a submission may keep what a hidden test has handed it.

A candidate meets the tests of a notebook in their order, so what fails in the open after a hidden test may be told in
numbers that were hidden. So it is asked once more in a candidate that meets none, and what is said there is told. The
verdict stays the first one. Where the second differs, nobody repeats the numbers of the first.
"""

from collections.abc import Callable

from nbformat import NotebookNode

from grading import NOTE
from grading.engine.plan import Plan, has_hidden, name_of, public

MET = "met"                    # in the note of a check: what it says may hold what a hidden test has handed over
_TOLD = ("failed", "error")    # outcomes that are told in words of the submission's
_NOTHING = "pass"              # which counts as a cell


def ask_again(notebooks: list[tuple[NotebookNode, Plan]], grade: Callable[[NotebookNode, Plan], None]) -> None:
    """Have the public checks of graded notebooks say what they say without hidden ones; `grade` runs a notebook."""
    for notebook, plan in notebooks:
        again = _without_hidden(notebook)
        if again is not None:
            grade(again, plan)
        _tell(notebook, again)


def mark(notebook: NotebookNode) -> None:
    """The same where nothing can be asked again: what may hold numbers of a hidden test is noted as such."""
    _tell(notebook, None)


def _without_hidden(notebook: NotebookNode) -> NotebookNode | None:
    """A notebook's code without hidden tests, as far as something is to be asked again; None where nothing is.

    A check that was not done in time is left out as well. Of a module that does not load, and of what is not written,
    there are no numbers to tell.
    """
    late = [name_of(cell) for cell in _after_hidden(notebook) if not _is_plain(cell)]
    if not late:
        return None
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cells.append(NotebookNode(cell, outputs=[], metadata=NotebookNode(cell.metadata)))
            note = cells[-1].metadata.pop(NOTE, None)
            if note and note["outcome"] == "timed_out":
                cells[-1].source = _NOTHING
            elif note and has_hidden(cell.source):
                cells[-1].source = public(cell.source) or _NOTHING
        if name_of(cell) == late[-1]:
            break
    return NotebookNode(notebook, cells=cells)


def _tell(notebook: NotebookNode, again: NotebookNode | None) -> None:
    """Have the checks that failed after a hidden test say what they have said without it."""
    asked = {name_of(cell): cell for cell in again.cells if NOTE in cell.metadata} if again else {}
    for cell in _after_hidden(notebook):
        note, other = cell.metadata[NOTE], asked.get(name_of(cell))
        if other is not None and not _is_plain(cell) and other.metadata[NOTE]["outcome"] == note["outcome"]:
            note["message"], cell.outputs = other.metadata[NOTE]["message"], other.outputs
        else:
            note[MET] = True


def _after_hidden(notebook: NotebookNode) -> list[NotebookNode]:
    """Public checks that say something and that a hidden test was before; not those that are in doubt."""
    found, met = [], False
    for cell in notebook.cells:
        if NOTE not in cell.metadata:
            continue
        hidden, note = has_hidden(cell.source), cell.metadata[NOTE]
        if met and not hidden and note["outcome"] in _TOLD and "doubted" not in note:
            found.append(cell)
        met |= hidden
    return found


def _is_plain(cell: NotebookNode) -> bool:
    note = cell.metadata[NOTE]
    return "unloaded" in note or "NotImplementedError" in note["message"]
