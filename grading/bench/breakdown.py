"""Where the CPU seconds of grading one submission go: its own cells, the tests, the forks.

The sandbox is asked three times, in turn: for everything; for everything but the tests; and for as good as nothing.
What it used more, each time, is the difference. (The parent's share is known from whole runs.)
"""

import copy
import inspect
import statistics
from dataclasses import dataclass

import psutil
from nbformat import NotebookNode

from grading.autograde.workers import Workers, choose_sandbox
from grading.books.course import Course
from grading.engine import run
from grading.engine.plan import name_of
from grading.engine.worker import Worker
from grading.intake import submission
from grading.release.assignment import Assignment

ROUNDS = 5
_LIMIT = 60.0                # seconds for a cell
_CHOOSES = "whole" in inspect.signature(run.grade).parameters        # whether the engine can leave cells out


@dataclass(frozen=True)
class Breakdown:
    """Medians, CPU seconds in the sandbox for one perfect submission.

    - own: the lesson's and the student's cells that are run for the verdict; aside: the others, where all are run
    - forks: processes made, restricted, given their files and ended, with next to nothing to do
    - gloves: of all that, in the process that decodes and cleans what came from a student
    """

    own: float
    aside: float
    tests: float
    forks: float
    gloves: float


def measure(assignment: Assignment, course: Course, rounds: int = ROUNDS) -> Breakdown | None:
    """Of the first student of the course. None where a sandbox ends with each process: its seconds are not kept."""
    sandbox = choose_sandbox()
    if sandbox.level == "cold":
        return None
    with course.nbgrader() as nbgrader:
        lessons = submission.lessons(assignment, course, nbgrader["config"])
        staged = submission.staged(assignment, course)
    found = submission.load(assignment, course, course.students(assignment.name)[0], lessons, staged)
    modules = submission.modules(assignment, found)
    times: dict[str, list[float]] = {"everything": [], "needed": [], "no tests": [], "nothing": []}
    gloves: list[float] = []
    with Workers(assignment, course, sandbox) as workers, workers.take() as worker:
        for number in range(rounds + 1):                 # the first round warms up
            for what, taken in times.items():
                notebooks = [(_reduced(notebook, lessons[name].plan, what), lessons[name].plan)
                             for name, notebook in found.notebooks.items()]
                options = {"whole": what != "needed"} if _CHOOSES else {}
                before, handled = _used(worker), worker.box.seconds
                run.grade(worker, notebooks, modules, _LIMIT, **options)
                if number:
                    taken.append(_used(worker) - before)
                if number and what == "needed":
                    gloves.append(worker.box.seconds - handled)
    middle = {what: statistics.median(taken) for what, taken in times.items()}
    tests = middle["everything"] - middle["no tests"]
    aside = middle["everything"] - middle["needed"] if _CHOOSES else 0.0
    return Breakdown(own=middle["no tests"] - middle["nothing"] - aside, aside=aside, tests=tests,
                     forks=middle["nothing"], gloves=statistics.median(gloves))


def _reduced(notebook: NotebookNode, plan, what: str) -> NotebookNode:
    """The notebook without its tests, or with one cell that does nothing; an empty cell is not run."""
    reduced, left = copy.deepcopy(notebook), 1
    for cell in reduced.cells:
        if cell.cell_type != "code" or what in ("everything", "needed"):
            continue
        if name_of(cell) in plan.tests:
            cell.source = ""
        elif what == "nothing":
            cell.source, left = "pass" * left, 0
    return reduced


def _used(worker: Worker) -> float:
    """CPU seconds of a sandbox's processes until now, those that have ended included."""
    total = 0.0
    for pid in worker.processes():
        used = psutil.Process(pid).cpu_times()
        total += used.user + used.system + used.children_user + used.children_system
    return total
