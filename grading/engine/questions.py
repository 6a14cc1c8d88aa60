"""What is asked when the tests are done: of functions, and of what a notebook's cells have left. It decides no point.

Answers are function or cell -> aspect -> what was told.
"""

import time
from contextlib import suppress
from dataclasses import replace

from nbformat import NotebookNode

from grading.engine.budget import UsedUp
from grading.engine.plan import is_solution, name_of
from grading.engine.probing import Probing
from grading.engine.processes import Processes
from grading.engine.session import OURS

SECONDS = 6.0                  # for all functions, and for the cells of a notebook


def of_functions(processes: Processes, asked: Probing) -> dict[str, dict[str, list]]:
    """In a candidate that has run no cell. One that is lost, late or ends leaves the rest without answers."""
    answers: dict[str, dict[str, list]] = {}
    waiting, until = dict(asked.functions), time.monotonic() + SECONDS
    with suppress(UsedUp, *OURS):
        for _ in range(2):                       # once more for those behind a function that ended the process
            processes.begin(True, {})
            answer = processes.ask(SECONDS, do="probe", sources=asked.sources, functions=waiting,
                                   limit=max(0.1, until - time.monotonic()))
            answers |= answer.told()
            waiting = {module: left for module, names in waiting.items()
                       if (left := [name for name in names if name not in answers])}
            if not answer.lost or not waiting:
                break
            processes.close()
    return answers


def of_cells(processes: Processes, notebook: NotebookNode, names: list[str],
             asked: Probing) -> dict[str, dict[str, list]]:
    """In the candidate that has run them; `names`: the student's, of the notebook.

    A cell that an error has stopped is not asked: what is missing may be what it did not come to.
    """
    stopped = _stopped(notebook)
    left = {module: [cell for cell in cells if cell not in stopped] for module, cells in asked.functions.items()}
    if not any(left.values()):
        return {}
    asked = replace(asked, functions=left)
    try:
        return processes.ask(SECONDS, do="look", sources=asked.sources, cells=asked.functions, names=names,
                             limit=SECONDS).told()
    except (UsedUp, *OURS):
        processes.close()
        return {}


def _stopped(notebook: NotebookNode) -> set[str]:
    """The solution cells that ended in an error, or right after which a cell of the student's own did."""
    found, last = set(), ""
    for cell in notebook.cells:
        if name := name_of(cell):
            last = name if is_solution(cell) else ""
        if any(output.output_type == "error" or "UsageError:" in output.get("text", "")     # of a magic: IPython's way
               for output in cell.get("outputs", [])):
            found.add(last)
    return found
