"""Late penalties, by the plugin that nbgrader's configuration names: from times, due dates, extensions and scores.

Nothing is run for them. They are worked out for a whole class at a time, and only what differs is written.
"""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from nbgrader import api, utils
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload, undefer

from grading.books.course import TIMESTAMP, Course
from grading.errors import KitError

MANY = 500                   # names that SQLite is given at a time


def settle(session: Session, course: Course, assignment: str, students: Collection[str]) -> list[str]:
    """Bring times and penalties of these students' submissions up to date; returns whose have changed."""
    changed, names = [], sorted(students)
    for some in (names[start:start + MANY] for start in range(0, len(names), MANY)):
        chosen = session.scalars(
            select(api.SubmittedAssignment).join(api.Assignment)
            .where(api.Assignment.name == assignment, api.SubmittedAssignment.student_id.in_(some))
            .options(joinedload(api.SubmittedAssignment.assignment))
            .order_by(api.SubmittedAssignment.student_id)).all()
        for one in chosen:
            time = submitted_at(course.submitted(one.student_id, assignment))
            if time and time != one.timestamp:
                one.timestamp = time
                changed.append(one.student_id)
        session.flush()
        owners = {one.id: one.student_id for one in chosen}
        due = _due(session, course, {one.id: late for one in chosen if (late := one.total_seconds_late)})
        for owner, id, penalty in session.execute(
                select(api.SubmittedNotebook.assignment_id, api.SubmittedNotebook.id,
                       api.SubmittedNotebook.late_submission_penalty)
                .where(api.SubmittedNotebook.assignment_id.in_(owners))).all():
            if penalty != due.get(id):
                session.execute(update(api.SubmittedNotebook).where(api.SubmittedNotebook.id == id)
                                .values(late_submission_penalty=due.get(id)))
                changed.append(owners[owner])
    return sorted(set(changed))


def submitted_at(folder: Path) -> datetime | None:
    path = folder / TIMESTAMP
    try:
        found = path.read_text(encoding="utf-8").strip()
        return utils.parse_utc(found) if found else None
    except FileNotFoundError:
        return None
    except (ValueError, OverflowError):
        raise KitError(f"{path} holds no time. Expected one like 2025-04-30 23:59:00 UTC.") from None


def _due(session: Session, course: Course, late: dict[str, float]) -> dict[str, float | None]:
    """Notebook -> penalty, for submissions that are `late`, by their ids, by so many seconds."""
    if not late:
        return {}
    found = {}
    with course.nbgrader() as nbgrader:
        step = AssignLatePenalties(config=nbgrader["config"])
        step.init_plugin()
        for notebook in session.scalars(
                select(api.SubmittedNotebook).where(api.SubmittedNotebook.assignment_id.in_(late))
                .options(undefer(api.SubmittedNotebook.score), joinedload(api.SubmittedNotebook.assignment))
                .execution_options(populate_existing=True)):
            penalty = step.plugin_inst.late_submission_penalty(
                notebook.assignment.student_id, notebook.score, late[notebook.assignment_id])
            found[notebook.id] = None if penalty is None else step._check_late_penalty(notebook, penalty)
    return found
