"""Before a release goes out: the engine grades the complete source, and the release as students get it.

The one has full marks in every test, the other none; else the test is wrong, and every student would pay for it.
"""

from collections.abc import Iterable

from nbformat import NotebookNode

from grading import NOTE
from grading.autograde.workers import Workers, choose_sandbox
from grading.books import seeds
from grading.books.course import Course
from grading.engine import run
from grading.engine.plan import name_of
from grading.errors import KitError
from grading.intake import reference
from grading.intake.submission import Submission, lessons, modules, staged
from grading.release.assignment import Assignment

_KEY = b"no submission has this key"


def try_out(assignment: Assignment, course: Course) -> None:
    """Raises KitError, which names the cell, when the source staged in `course` is not fit to be released."""
    with course.nbgrader() as nbgrader:
        read, limit = lessons(assignment, course, nbgrader["config"]), float(nbgrader["config"].Execute.timeout)
    beside = staged(assignment, course)
    complete = reference.complete(assignment, course, read, beside)
    untouched = reference.untouched(read, beside)
    sandbox = choose_sandbox(unsafe=True)                    # what runs is the kit's own
    with Workers(assignment, course, sandbox) as workers, workers.take() as worker:
        for found in (complete, untouched):                  # with inputs drawn, as students meet them
            run.grade(worker, [(notebook, read[name].plan) for name, notebook in found.notebooks.items()],
                      modules(assignment, found), limit, asked=seeds.Seeds(_KEY).asked, whole=False)
    wrong = [f"{name} of {notebook}: the complete source does not pass it ({note['outcome']}: "
             f"{note.get('doubted') or note['message']})"
             for notebook, name, note, _ in _tests(complete) if note["outcome"] != "passed"]
    wrong += [f"{name} of {notebook}: the release passes it as students get it, with nothing written"
              for notebook, name, note, points in _tests(untouched) if note["outcome"] == "passed" and points]
    if wrong:
        raise KitError(f"{assignment.name} is not released: {'; '.join(wrong[:4])}"
                       f"{f'; and {len(wrong) - 4} more' if len(wrong) > 4 else ''}. Nothing has been changed.")


def _tests(found: Submission) -> Iterable[tuple[str, str, dict, float]]:
    """(notebook, grade_id, outcome and message, points) of every test cell."""
    for notebook, node in found.notebooks.items():
        yield from ((notebook, name_of(cell), cell.metadata[NOTE], cell.metadata.nbgrader.points)
                    for cell in node.cells if _is_judged(cell))


def _is_judged(cell: NotebookNode) -> bool:
    return NOTE in cell.metadata and "points" in cell.metadata.get("nbgrader", {})
