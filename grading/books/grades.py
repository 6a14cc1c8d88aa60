"""What everybody has, as the gradebook says: a score for each question, the penalty, the total.

    with grades.settled(course, ["assignment1"]) as session:
        found = grades.read(session, course, "assignment1")
"""

import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nbgrader import api
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, undefer

from grading.books import ledger, marks, penalties
from grading.books.answers import Place
from grading.books.course import Course
from grading.books.late import Standing
from grading.books.rosters import Named
from grading.errors import KitError


@dataclass(frozen=True)
class Graded:
    """One submission. scores: None where nothing is given yet; unmarked: what waits for a mark, or another look;
    days: begun late ones."""

    student: str
    scores: dict[Place, float | None] = field(default_factory=dict)
    unmarked: tuple[Place, ...] = ()
    penalty: float = 0.0
    days: int = 0
    standing: Standing | None = None

    @property
    def score(self) -> float:
        return round(sum(score or 0.0 for score in self.scores.values()), 9)

    @property
    def total(self) -> float:
        """As nbgrader has it: never less than nothing."""
        return max(0.0, round(self.score - self.penalty, 9))


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
            raise KitError(f"{course.gradebook} has no {name}. It has: {', '.join(known) or 'none'}. Run: kit "
                           f"generate {name}")
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
    scores: dict[str, dict[Place, float | None]] = {student: {} for student in submitted}
    waiting: dict[str, list[Place]] = {student: [] for student in submitted}
    for student, notebook, name, score, by_hand, automatic, waits in session.execute(
            select(api.SubmittedAssignment.student_id, api.Notebook.name, api.BaseCell.name, api.Grade.score,
                   api.Grade.manual_score, api.Grade.auto_score, api.Grade.needs_manual_grade)
            .join(api.SubmittedNotebook, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
            .join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
            .join(api.Assignment, api.Assignment.id == api.Notebook.assignment_id)
            .join(api.Grade, api.Grade.notebook_id == api.SubmittedNotebook.id)
            .join(api.BaseCell, api.BaseCell.id == api.Grade.cell_id).where(api.Assignment.name == assignment)):
        scores[student][notebook, name] = None if by_hand is automatic is None else score
        if waits:
            waiting[student].append((notebook, name))
    standing = penalties.standings(session, course, list(submitted), folder) if folder else {}
    found = {}
    for student, one in submitted.items():
        stands = standing.get(student, {}).get(assignment)
        days = stands.days if stands else math.ceil(one.total_seconds_late / 86_400)
        found[student] = Graded(student, scores[student], tuple(sorted(waiting[student])),
                                round(one.late_submission_penalty, 9), days, stands)
    return Grades(assignment, points, found)


def people(session: Session) -> dict[str, Named]:
    """Everybody in the gradebook, by id."""
    return {id: Named(*rest) for id, *rest in session.execute(
        select(api.Student.id, api.Student.first_name, api.Student.last_name, api.Student.email)
        .order_by(api.Student.id))}
