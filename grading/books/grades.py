"""What everybody has, as the gradebook says: a score for each question, the penalty, the total.

    with grades.settled(course, ["assignment1"]) as session:
        found = grades.read(session, course, "assignment1")
"""

import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from nbgrader import api
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, undefer

from grading.books import ledger, marks, penalties
from grading.books.answers import Place
from grading.books.course import Course
from grading.books.late import Standing
from grading.books.rosters import Named
from grading.books.rules import DAY
from grading.errors import KitError


@dataclass(frozen=True)
class Mark:
    """A graded cell's row. score: with what was given by hand, and extra; None where nothing is given yet; waits: for a
    mark, or for another look at it; comment: a marker's words, in Markdown."""

    score: float | None
    by_hand: bool = False
    waits: bool = False
    comment: str = ""

    def overrules(self, tested: float | None) -> bool:
        """Whether a person has given other points than a test has."""
        return self.by_hand and self.score != tested


def after(score: float, penalty: float) -> float:
    """What a penalty leaves, as nbgrader has it: never less than nothing."""
    return max(0.0, round(score - penalty, 9))


@dataclass(frozen=True)
class Graded:
    """One submission. late: seconds after the date that it was due, with extension; days: begun late
    ones, after grace; penalty: points that they cost; standing: step by step, where the description has a `[late]`;
    comments: a marker's words on cells that have no points of their own, such as a solution's code."""

    student: str
    marks: dict[Place, Mark] = field(default_factory=dict)
    late: float = 0.0
    days: int = 0
    penalty: float = 0.0
    standing: Standing | None = None
    comments: dict[Place, str] = field(default_factory=dict)

    @property
    def scores(self) -> dict[Place, float | None]:
        return {place: mark.score for place, mark in self.marks.items()}

    @property
    def unmarked(self) -> tuple[Place, ...]:
        """What waits for a mark, or another look."""
        return tuple(sorted(place for place, mark in self.marks.items() if mark.waits))

    @property
    def again(self) -> tuple[Place, ...]:
        """What was marked by hand, and waits for another look: it has changed."""
        return tuple(place for place in self.unmarked if self.marks[place].by_hand)

    @property
    def score(self) -> float:
        return round(sum(mark.score or 0.0 for mark in self.marks.values()), 9)

    @property
    def total(self) -> float:
        return after(self.score, self.penalty)


@dataclass(frozen=True)
class Grades:
    """Of an assignment. points: of every question; of: by student."""

    assignment: str
    points: dict[Place, float]
    of: dict[str, Graded]

    @property
    def most(self) -> float:
        return round(sum(self.points.values()), 9)

    @property
    def scores(self) -> dict[tuple[str, str, str], float]:
        """(student, notebook, cell) -> what the gradebook has, where it has a score."""
        return {(student, *place): mark.score for student, one in self.of.items()
                for place, mark in one.marks.items() if mark.score is not None}

    @property
    def unmarked(self) -> dict[str, tuple[Place, ...]]:
        return {student: one.unmarked for student, one in self.of.items() if one.unmarked}


def settle(course: Course) -> list[str]:
    """Bring names, due dates and penalties in the gradebook up to date, if there is one. Returns its assignments."""
    if not course.gradebook.exists():
        return []
    with ledger.Ledger(course) as books:
        books.settle_penalties()
        return books.assignments()


@contextmanager
def settled(course: Course, assignments: Collection[str]) -> Iterator[Session]:
    """A session that reads, of a gradebook where names, due dates and penalties are those of today.

    Raises KitError for an assignment that it does not have.
    """
    if not course.gradebook.exists():
        raise KitError(f"There is no gradebook in {course.root}. Run: kit generate ASSIGNMENT")
    known = settle(course)
    for name in assignments:
        if name not in known:
            raise KitError(f"{course.gradebook} has no {name!r}. It has: {', '.join(known) or 'none'}. Run: kit "
                           "generate ASSIGNMENT")
    with marks.reading(course.gradebook) as session:
        yield session


def read(session: Session, course: Course, assignment: str) -> Grades:
    folder = penalties.assignments_folder(course)
    points: dict[Place, float] = {}
    for model in (api.GradeCell, api.TaskCell):
        points |= {(notebook, name): most for notebook, name, most in session.execute(
            select(api.Notebook.name, model.name, model.max_score).join(model, model.notebook_id == api.Notebook.id)
            .join(api.Assignment, api.Assignment.id == api.Notebook.assignment_id)
            .where(api.Assignment.name == assignment))}
    submitted = {one.student_id: one for one in session.scalars(
        select(api.SubmittedAssignment).join(api.Assignment).where(api.Assignment.name == assignment)
        .options(joinedload(api.SubmittedAssignment.assignment),
                 undefer(api.SubmittedAssignment.late_submission_penalty))
        .order_by(api.SubmittedAssignment.student_id))}
    found, comments = _marks(session, assignment)
    standing: dict[str, dict[str, Standing]] = {}
    if folder:
        with suppress(KitError):             # dates that nobody can follow: who settles the books is told of them
            standing = penalties.standings(session, course, list(submitted), folder)
    graded = {}
    for student, one in submitted.items():
        stands, late = standing.get(student, {}).get(assignment), penalties.seconds_late(one)
        graded[student] = Graded(student, found.get(student, {}), late,
                                 stands.days if stands else begun_days(late),
                                 round(one.late_submission_penalty, 9), stands, comments.get(student, {}))
    return Grades(assignment, points, graded)


def now(course: Course, assignment: str) -> Grades:
    """As the gradebook is, brought up to date or not; nothing where there is none, or no such assignment in it."""
    if not course.gradebook.exists():
        return Grades(assignment, {}, {})
    with marks.reading(course.gradebook) as session:
        return read(session, course, assignment)


def begun_days(seconds: float) -> int:
    return math.ceil(seconds / DAY)


def _marks(session: Session, assignment: str) -> tuple[dict[str, dict[Place, Mark]], dict[str, dict[Place, str]]]:
    """By student: of every graded cell, and the comments on others."""
    named = (api.SubmittedAssignment.student_id, api.Notebook.name, api.BaseCell.name)

    def rows(model, *columns):
        return session.execute(
            select(*named, *columns)
            .join(api.SubmittedNotebook, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
            .join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
            .join(api.Assignment, api.Assignment.id == api.Notebook.assignment_id)
            .join(model, model.notebook_id == api.SubmittedNotebook.id)
            .join(api.BaseCell, api.BaseCell.id == model.cell_id).where(api.Assignment.name == assignment))

    said = {tuple(where): words for *where, words in rows(api.Comment, api.Comment.manual_comment) if words}
    found: dict[str, dict[Place, Mark]] = {}
    for student, notebook, name, score, by_hand, automatic, waits in rows(
            api.Grade, api.Grade.score, api.Grade.manual_score, api.Grade.auto_score, api.Grade.needs_manual_grade):
        found.setdefault(student, {})[notebook, name] = Mark(
            None if by_hand is automatic is None else score, by_hand is not None, bool(waits),
            said.pop((student, notebook, name), ""))
    comments: dict[str, dict[Place, str]] = {}
    for (student, *place), words in said.items():
        comments.setdefault(student, {})[tuple(place)] = words
    return found, comments


def people(session: Session) -> dict[str, Named]:
    """Everybody in the gradebook, by id."""
    return {id: Named(*rest) for id, *rest in session.execute(
        select(api.Student.id, api.Student.first_name, api.Student.last_name, api.Student.email)
        .order_by(api.Student.id))}
