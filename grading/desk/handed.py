"""Outputs as they were handed in: what a graded notebook shows of cells that are not judged.

While grading, trainings are short and pictures are not drawn; what a student's sentence speaks of is what the student
saw. So the cells that no point hangs on keep the outputs that came with them, under a label, and are believed for
nothing. The label stands first: whatever follows it is the submission's, a label like it too.
"""

from nbformat import NotebookNode

from grading import LEFT_OUT, NOTE
from grading.engine.cleaned import Output

AS_HANDED_IN = "as handed in; no point hangs on it"
WHEN_GRADED = "when it was graded, it ended so"
WITHOUT = "came without output"
NOT_RUN = "came without output, and was not run for the grade"
TOO_MUCH = "came with more output than is shown"


def show(notebook: NotebookNode, handed: dict[str, list[Output] | None]) -> None:
    """Put outputs that were handed in, by cell id, into an executed notebook; None stands for too many."""
    for cell in notebook.cells:
        ran = not cell.metadata.pop(LEFT_OUT, False) and cell.get("execution_count") is not None
        if cell.cell_type == "code" and NOTE not in cell.metadata and cell.source.strip():
            cell.outputs = _shown(cell, ran, handed.get(cell.id, []))


def _shown(cell: NotebookNode, ran: bool, handed: list[Output] | None) -> list[NotebookNode]:
    if handed is None:
        found = [_label(TOO_MUCH)]
    elif handed:
        found = [_label(AS_HANDED_IN), *(output.node() for output in handed)]
    else:
        return [_label(WITHOUT), *cell.outputs] if cell.outputs else [] if ran else [_label(NOT_RUN)]
    errors = [output for output in cell.outputs if output["output_type"] == "error"]
    return [_label(WHEN_GRADED), *errors, *found] if errors else found


def _label(text: str) -> NotebookNode:
    return Output("display_data", data={"text/html": f"<p><em>[{text}]</em></p>", "text/plain": f"[{text}]"}).node()
