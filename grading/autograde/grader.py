"""Submissions and the lesson, to jobs; and back, what came of the jobs to submissions."""

from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from grading import NOTE
from grading.autograde import job
from grading.autograde.job import Done, Job, Task
from grading.books import seeds
from grading.books.course import Course
from grading.engine.budget import Budget
from grading.engine.plan import name_of
from grading.engine.worker import Worker
from grading.intake import reference
from grading.intake.reader import Box
from grading.intake.submission import Submission, handed_in, lessons, load, modules, staged
from grading.release.assignment import Assignment
from grading.trials.asking import Asking


@dataclass(frozen=True)
class Due:
    """What there is to do for a submission: notebooks to run, functions to ask; or just to enter it as it is now."""

    run: tuple[str, ...]
    ask: bool = True


class Grader:
    """Makes jobs of submissions, and has them done in a worker; used by several threads, each with its own worker."""

    def __init__(self, assignment: Assignment, course: Course, limit: float, config, due: dict[str, Due],
                 whole: bool = False):
        self._assignment, self._course, self._due = assignment, course, due
        self._lessons, self._staged = lessons(assignment, course, config), staged(assignment, course)
        self._secret = seeds.secret(course)
        self._budgets: dict[str, Budget] = {}    # of those that are being graded, or are tried once more
        complete = reference.complete(assignment, course, self._lessons, self._staged)
        self.task = Task({name: lesson.plan for name, lesson in self._lessons.items()}, complete.notebooks,
                         modules(assignment, complete), Asking(assignment), limit, whole)

    def as_before(self, student: str) -> Submission | None:
        """The submission with the outcomes of its kept notebooks, laid upon the lessons as they are now; None where
        something of it has to be run after all."""
        found, run = self._loaded(student)
        return None if run else found

    def grade(self, worker: Worker, student: str) -> tuple[Submission, int]:
        """The submission with its notebooks executed, and how many of them have been run for that."""
        worker.box.begin()
        budget = self._budgets.setdefault(student, Budget(self.task.limit))
        found, asked = self.job(student, worker.box)
        done = job.do(worker, self.task, asked, budget)
        del self._budgets[student]
        return self.taken(found, asked, done, worker.level)

    def job(self, student: str, box: Box | None = None) -> tuple[Submission, Job]:
        """The submission, read in a glovebox and not executed yet, and what has to be done for it."""
        found, run = self._loaded(student, box)
        noted = {name_of(cell): cell.metadata[NOTE] for name, notebook in found.notebooks.items() if name not in run
                 for cell in notebook.cells if NOTE in cell.metadata}
        drawn = seeds.of_submission(self._secret, handed_in(self._assignment, self._course, student))
        return found, Job(modules(self._assignment, found), drawn, {name: found.notebooks[name] for name in run},
                          {name: found.handed[name] for name in run}, noted)

    def taken(self, found: Submission, asked: Job, done: Done, level: str) -> tuple[Submission, int]:
        """As `grade` returns it; `level` is that of the sandbox where the job was done."""
        found.notebooks |= done.notebooks
        found.remarks += done.remarks
        found.answers, found.sandbox, found.ran = done.answers, level, tuple(asked.notebooks)
        found.costs = done.costs
        return found, len(asked.notebooks)

    def _loaded(self, student: str, box: Box | None = None) -> tuple[Submission, list[str]]:
        """The submission, and which of its notebooks have to be run."""
        found = load(self._assignment, self._course, student, self._lessons, self._staged, box)
        due = self._due[student].run
        return found, [name for name, notebook in found.notebooks.items()
                       if name in due or not self._takes_over(student, name, notebook)]

    def _takes_over(self, student: str, name: str, notebook: NotebookNode) -> bool:
        """Take outcomes and outputs over from the kept notebook; says whether all that is needed was there."""
        try:
            kept = nbformat.read(self._course.autograded(student, self._assignment.name) / f"{name}.ipynb", 4)
        except (OSError, ValueError):
            return False
        former = {cell.id: cell for cell in kept.cells if cell.cell_type == "code"}
        for cell in notebook.cells:
            if cell.cell_type != "code":
                continue
            if cell.id not in former or former[cell.id].source != cell.source:
                return False
            cell.outputs, cell.execution_count = former[cell.id].outputs, former[cell.id].execution_count
            if NOTE in former[cell.id].metadata:
                cell.metadata[NOTE] = former[cell.id].metadata[NOTE]
        return all(NOTE in cell.metadata for cell in notebook.cells if name_of(cell) in self.task.plans[name].tests)
