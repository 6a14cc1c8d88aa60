"""What is asked when the tests are done: of functions, and of what a notebook's cells have left. It decides no point.

Answers are function or cell -> aspect -> what was told.
"""

import time
from contextlib import suppress

from grading.engine.budget import UsedUp
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


def of_cells(processes: Processes, names: list[str], asked: Probing) -> dict[str, dict[str, list]]:
    """In the candidate that has run them; `names`: the student's, of the notebook."""
    try:
        return processes.ask(SECONDS, do="look", sources=asked.sources, cells=asked.functions, names=names,
                             limit=SECONDS).told()
    except (UsedUp, *OURS):
        processes.close()
        return {}
