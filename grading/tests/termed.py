"""A course whose gradebook is written, not graded: small assignments, in a second, and nothing is run for them."""

import contextlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from conftest import cell, notebook
from nbgrader import api
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from grading.books import attempts, cells, grades, results
from grading.books.course import CONFIG, Course
from grading.books.ledger import Ledger
from grading.books.results import Result

TEST, HIDDEN, WHY = "a-test-check", "a-hidden-check", "a-why-answer"
POINTS = {TEST: 6.0, HIDDEN: 10.0, WHY: 4.0}


def key():
    """One notebook: a visible test of 6 points, a hidden one of 10, an answer in words of 4."""
    return notebook(
        cell("code", TEST, "assert True", POINTS[TEST], locked=True),
        cell("code", HIDDEN, "# Hidden.\n### BEGIN HIDDEN TESTS\nassert True\n### END HIDDEN TESTS",
             POINTS[HIDDEN], locked=True),
        cell("markdown", WHY, "Your answer.", POINTS[WHY], solution=True))


def make(folder: Path, *names: str) -> Course:
    """A course with these assignments, whose descriptions are in `folder/assignments`."""
    course = Course(folder / "course")
    course.prepare()
    with (course.root / CONFIG).open("a") as config:
        config.write(f"\nc.LateDays.assignments = {str(folder / 'assignments')!r}\n")
    cells.make_empty(course.gradebook)
    with session(course) as book:
        book.add(api.Course(id="cs231n"))
        for name in names:
            course.source(name).mkdir(parents=True)
            nbformat.write(key(), course.source(name) / "a.ipynb")
            made = api.Assignment(name=name, course_id="cs231n")
            sheet = api.Notebook(name="a", assignment=made)
            for one in key().cells:
                points, kind = POINTS[one.id], one.cell_type
                book.add(api.GradeCell(name=one.id, notebook=sheet, max_score=points, cell_type=kind))
                if one.id == WHY:
                    book.add(api.SolutionCell(name=one.id, notebook=sheet))
            book.add(made)
    return course


@contextlib.contextmanager
def session(course: Course):
    engine = create_engine(f"sqlite:///{course.gradebook}")
    with Session(engine) as book, book.begin():
        yield book
    engine.dispose()


def describe(course: Course, name: str, **late: object) -> None:
    """The `[late]` of an assignment; `due` as TOML has it."""
    path = course.root.parent / "assignments" / name / "assignment.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[late]\n" + "\n".join(
        f"{what} = {value if what == 'due' else json.dumps(value)}" for what, value in late.items()))


def hand_in(course: Course, student: str, name: str, when: str, work: str = "work", counts: bool = True) -> None:
    """when: as in `10-02 12:30`, of 2026, UTC."""
    time = datetime.strptime(f"2026-{when}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    attempts.lay_down(course, student, name, {"a.ipynb": f"{student} {work}".encode()}, time, counts)


def grade(course: Course, student: str, name: str, test: bool = True, hidden: bool = True,
          answer: str = "Because.") -> None:
    """Enter these outcomes of the two tests."""
    graded = key()
    for one, passed in zip(graded.cells, (test, hidden, None), strict=True):
        if passed is not None:
            one.metadata["kit"] = {"outcome": "passed" if passed else "failed",
                                   "message": "" if passed else "is 3, not 4"}
    graded.cells[2].source = answer
    graded.cells[2].metadata.nbgrader["checksum"] = "another"
    result = Result(student, name, "fingerprint", "full", results.from_notebooks({"a": graded}),
                    handed=attempts.digest(course.submitted(student, name)))
    with Ledger(course) as ledger:
        ledger.record(result, {"a": graded}, {})


def mark(course: Course, student: str, name: str, score: float, comment: str = "") -> None:
    """As the formgrader enters it."""
    with session(course) as book:
        of = (select(api.SubmittedNotebook.id).join(api.SubmittedAssignment).join(api.Assignment)
              .where(api.Assignment.name == name, api.SubmittedAssignment.student_id == student))
        for one in book.scalars(select(api.Grade).join(api.BaseCell, api.BaseCell.id == api.Grade.cell_id)
                                .where(api.Grade.notebook_id.in_(of), api.BaseCell.name == WHY)):
            one.manual_score, one.needs_manual_grade = score, False
        for one in book.scalars(select(api.Comment).where(api.Comment.notebook_id.in_(of))):
            one.manual_comment = comment or None


def whole(course: Course, student: str, name: str, when: str, score: float = 4.0, **outcomes) -> None:
    """Handed in, graded and marked: with everything right, 20 points."""
    hand_in(course, student, name, when)
    grade(course, student, name, **outcomes)
    mark(course, student, name, score)


def totals(course: Course, name: str) -> dict[str, tuple[float, float]]:
    """Student -> (penalty, total), after what every command does first."""
    with grades.settled(course, [name]) as book:
        found = grades.read(book, course, name)
    return {student: (one.penalty, one.total) for student, one in found.of.items()}


def copy(course: Course, other: Course) -> None:
    """The whole course once more, with the same descriptions."""
    shutil.copytree(course.root, other.root)
