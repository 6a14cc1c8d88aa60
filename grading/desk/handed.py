"""Outputs as they were handed in: what a graded notebook shows of cells that are not judged.

While grading, trainings are short and pictures are not drawn; what a student's sentence speaks of is what the student
saw. So the cells that no point hangs on keep the outputs that came with them, under a label, and are believed for
nothing. The label stands first: whatever follows it is the submission's, a label like it too.
"""

from contextlib import suppress

import msgspec
from nbformat import NotebookNode

from grading import LEFT_OUT, NOTE
from grading.desk.outputs import KINDS, OUTPUTS

AS_HANDED_IN = "as handed in; no point hangs on it"
WHEN_GRADED = "when it was graded, it ended so"
WITHOUT = "came without output"
NOT_RUN = "came without output, and was not run for the grade"
TOO_MUCH = "came with more output than is shown"
MAX_BYTES = 20_000_000           # of a cell's outputs as JSON
MAX_PARTS = 200_000              # of it


class _Output(msgspec.Struct):
    """What is read of an output; whatever else it holds is skipped without being built."""

    output_type: str
    name: str = ""
    text: str | list[str] = ""
    data: dict[str, msgspec.Raw] = {}
    metadata: msgspec.Raw = msgspec.Raw(b"{}")
    ename: str = ""
    evalue: str = ""
    traceback: list[str] = []
    execution_count: int | None = None


def show(notebook: NotebookNode, handed: dict[str, bytes]) -> None:
    """Put outputs that were handed in, by cell id, into an executed notebook; they still have to be cleaned."""
    for cell in notebook.cells:
        ran = not cell.metadata.pop(LEFT_OUT, False) and cell.get("execution_count") is not None
        if cell.cell_type == "code" and NOTE not in cell.metadata and cell.source.strip():
            cell.outputs = _shown(cell, ran, handed.get(cell.id, b""))


def _shown(cell: NotebookNode, ran: bool, raw: bytes) -> list[dict]:
    found = _read(raw)
    if found is None:
        found = [_label(TOO_MUCH)]
    elif found:
        found = [_label(AS_HANDED_IN), *found]
    else:
        return [_label(WITHOUT), *cell.outputs] if cell.outputs else [] if ran else [_label(NOT_RUN)]
    errors = [output for output in cell.outputs if output["output_type"] == "error"]
    return [_label(WHEN_GRADED), *errors, *found] if errors else found


def _label(text: str) -> dict:
    return {"output_type": "display_data", "metadata": {},
            "data": {"text/html": f"<p><em>[{text}]</em></p>", "text/plain": f"[{text}]"}}


def _read(raw: bytes) -> list[dict] | None:
    """Outputs as far as they are some; None where there are too many."""
    if len(raw) > MAX_BYTES or sum(map(raw.count, (b"{", b"[", b","))) > MAX_PARTS:
        return None
    found = []
    with suppress(ValueError, RecursionError):
        for one in msgspec.json.decode(raw or b"[]", type=list[msgspec.Raw])[:OUTPUTS + 1]:
            with suppress(ValueError, RecursionError):
                found.append(_plain(msgspec.json.decode(one, type=_Output)))
    return found


def _plain(output: _Output) -> dict:
    data, metadata = {}, {}
    for kind, value in output.data.items():
        data[kind] = ""
        if kind in KINDS:
            with suppress(ValueError, RecursionError):
                data[kind] = msgspec.json.decode(value, type=str | list[str])
    with suppress(ValueError, RecursionError):
        metadata = msgspec.json.decode(output.metadata, type=dict[str, dict[str, int | float | str | bool | None]])
    return {"output_type": output.output_type, "name": output.name, "text": output.text, "data": data,
            "metadata": metadata, "ename": output.ename, "evalue": output.evalue, "traceback": output.traceback,
            "execution_count": output.execution_count}
