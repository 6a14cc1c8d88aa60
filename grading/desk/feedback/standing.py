"""Where a submission stands in the gradebook: scores, marks and comments, its time, what being late costs."""

import math
from dataclasses import dataclass, field

from nbgrader import api
from sqlalchemy import select

from grading.books import marks
from grading.books.course import Course

DAY = 24 * 3600                          # seconds


@dataclass(frozen=True)
class Mark:
    """A cell's row. score: with what was given by hand; None: nobody has marked it. waits: it is to be looked at."""

    score: float | None
    by_hand: bool = False
    waits: bool = False
    comment: str = ""


@dataclass(frozen=True)
class Standing:
    """- marks: (notebook, grade_id) -> its mark
    - late: seconds after the date that it was due, extensions taken into account
    - penalty: points that this costs
    """

    marks: dict[tuple[str, str], Mark] = field(default_factory=dict)
    late: float = 0.0
    penalty: float = 0.0

    @property
    def late_days(self) -> int:
        return math.ceil(self.late / DAY)


def read(course: Course, assignment: str) -> dict[str, Standing]:
    """Of every student that the gradebook knows, in a few queries."""
    if not course.gradebook.exists():
        return {}
    found: dict[str, dict[tuple[str, str], Mark]] = {}
    with marks.reading(course.gradebook) as session:
        place = (api.SubmittedAssignment.student_id, api.Notebook.name, api.BaseCell.name)

        def rows(model, *columns):
            return session.execute(
                select(*place, *columns)
                .join(api.SubmittedNotebook, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
                .join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
                .join(api.Assignment, api.Assignment.id == api.Notebook.assignment_id)
                .join(model, model.notebook_id == api.SubmittedNotebook.id)
                .join(api.BaseCell, api.BaseCell.id == model.cell_id).where(api.Assignment.name == assignment))

        said = {tuple(where): by_hand or "" for *where, by_hand in rows(api.Comment, api.Comment.manual_comment)}
        for student, notebook, cell, by_hand, automatic, extra, waits in rows(
                api.Grade, api.Grade.manual_score, api.Grade.auto_score, api.Grade.extra_credit,
                api.Grade.needs_manual_grade):
            score = automatic if by_hand is None else by_hand
            found.setdefault(student, {})[notebook, cell] = Mark(
                None if score is None else score + (extra or 0.0), by_hand is not None,
                bool(waits) and by_hand is not None, said.get((student, notebook, cell), ""))
        submissions = session.scalars(select(api.SubmittedAssignment).join(api.Assignment)
                                      .where(api.Assignment.name == assignment)).all()
        late = {one.student_id: float(one.total_seconds_late) for one in submissions}
        penalties: dict[str, float] = {}
        for student, penalty in session.execute(
                select(api.SubmittedAssignment.student_id, api.SubmittedNotebook.late_submission_penalty)
                .join(api.SubmittedNotebook, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
                .join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
                .where(api.Assignment.name == assignment)):
            penalties[student] = penalties.get(student, 0.0) + (penalty or 0.0)
    return {student: Standing(found.get(student, {}), seconds, penalties.get(student, 0.0))
            for student, seconds in late.items()}
