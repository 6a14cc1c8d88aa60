"""A submission's rows in nbgrader's gradebook, as nbgrader's own steps write them."""

from collections.abc import Collection, Iterable

from nbformat import NotebookNode
from nbgrader import api, utils
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from grading.books import marks, penalties, stamps
from grading.books.answers import Marked, Place
from grading.books.course import Course
from grading.books.results import Result
from grading.errors import KitError


def enter(session: Session, course: Course, result: Result, notebooks: dict[str, NotebookNode],
           copied: dict[str, dict[str, dict]], standing: Collection[Place] | None = None) -> None:
    """Write the rows that nbgrader's autograde writes, in the transaction that is open.

    - copied: marks by hand, for a submission that the gradebook does not know: it was lost
    - standing: the marks that nobody has to look at once more though all is graded anew; None: it is not
    """
    submission = _submission(session, course, result)
    made = _make_rows(session, submission)
    given = [(notebook, name, mark) for notebook, cells in copied.items() for name, mark in cells.items()
             if (notebook, name) in made]
    for notebook, name, mark in given if standing is not None else ():
        marks.enter(session, submission.id, notebook, name, mark)
    for model, rows in ((api.Grade, _grades(session, submission, result, standing or ())),
                        (api.Comment, _comments(session, submission, result, notebooks))):
        if rows:                                                         # without rows it would be every row there is
            session.execute(update(model), rows)
    for notebook, name, mark in given if standing is None else ():
        marks.enter(session, submission.id, notebook, name, mark)
    penalties.settle(session, course, result.assignment, {result.student})


def _submission(session: Session, course: Course, result: Result) -> api.SubmittedAssignment:
    """The submission's row, made if it is not there; with its time."""
    assignment = session.scalar(select(api.Assignment).where(api.Assignment.name == result.assignment))
    if assignment is None:
        raise KitError(f"{course.gradebook} has no {result.assignment}. Run: kit generate {result.assignment}")
    time = stamps.submitted_at(course.submitted(result.student, result.assignment))
    submission = session.scalar(select(api.SubmittedAssignment).filter_by(assignment_id=assignment.id,
                                                                          student_id=result.student))
    if submission is not None:
        submission.timestamp = time or submission.timestamp
        return submission
    if session.get(api.Student, result.student) is None:
        session.add(api.Student(id=result.student))
    submission = api.SubmittedAssignment(assignment_id=assignment.id, student_id=result.student, timestamp=time)
    session.add(submission)
    session.flush()
    return submission


def _make_rows(session: Session, submission: api.SubmittedAssignment) -> set[tuple[str, str]]:
    """Make, as nbgrader does, what is not there of the rows below a submission; tells for which (notebook, cell)."""
    names = dict(session.execute(select(api.Notebook.id, api.Notebook.name)
                                 .where(api.Notebook.assignment_id == submission.assignment_id)).all())
    submitted = dict(session.execute(select(api.SubmittedNotebook.notebook_id, api.SubmittedNotebook.id)
                                     .where(api.SubmittedNotebook.assignment_id == submission.id)).all())
    if new := {notebook: api.new_uuid() for notebook in names.keys() - submitted.keys()}:
        session.execute(insert(api.SubmittedNotebook), [
            {"id": id, "notebook_id": notebook, "assignment_id": submission.id} for notebook, id in new.items()])
        submitted |= new
    cells = session.execute(select(api.BaseCell.id, api.BaseCell.notebook_id, api.BaseCell.name, api.BaseCell.type)
                            .where(api.BaseCell.notebook_id.in_(submitted))).all()
    made = set()
    for model, kinds in ((api.Grade, ("GradeCell", "TaskCell")), (api.Comment, ("SolutionCell", "TaskCell"))):
        there = set(session.scalars(select(model.cell_id).where(model.notebook_id.in_(submitted.values()))))
        missing = [(cell, notebook, name) for cell, notebook, name, kind in cells
                   if kind in kinds and cell not in there]
        if missing:
            session.execute(insert(model), [{"cell_id": cell, "notebook_id": submitted[notebook]}
                                            for cell, notebook, _ in missing])
        made |= {(names[notebook], name) for _, notebook, name in missing}
    return made


def entered(session: Session, assignment: str) -> Iterable[tuple[str, str, str, float | None]]:
    """(student, notebook, cell, a test's score) of every graded cell, by students."""
    return session.execute(
        select(api.SubmittedAssignment.student_id, api.Notebook.name, api.BaseCell.name, api.Grade.auto_score)
        .join(api.SubmittedNotebook, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
        .join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
        .join(api.Assignment, api.Assignment.id == api.Notebook.assignment_id)
        .join(api.Grade, api.Grade.notebook_id == api.SubmittedNotebook.id)
        .join(api.BaseCell, api.BaseCell.id == api.Grade.cell_id)
        .where(api.Assignment.name == assignment, api.BaseCell.type == "GradeCell")
        .order_by(api.SubmittedAssignment.student_id))


def marked(session: Session, assignment: str, student: str) -> dict[Place, Marked]:
    """The marks by hand of a student's submission, if there is one."""
    submission = session.scalar(
        select(api.SubmittedAssignment).join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
        .where(api.Assignment.name == assignment, api.SubmittedAssignment.student_id == student))
    rows = _rows(session, submission, api.Grade, api.Grade.manual_score, api.Grade.auto_score,
                 api.Grade.needs_manual_grade, kinds=("GradeCell",)) if submission else {}
    return {place: Marked(*found) for place, (_, by_hand, *found) in rows.items() if by_hand is not None}


def _grades(session: Session, submission: api.SubmittedAssignment, result: Result,
            standing: Collection[Place]) -> list[dict]:
    scores = {(notebook, name): cell["score"] for notebook, cells in result.notebooks.items()
              for name, cell in cells.items()}
    rows = _rows(session, submission, api.Grade, api.Grade.manual_score, kinds=("GradeCell",))
    _require_same_cells(set(rows), set(scores), result.assignment)
    return [{"id": id, "auto_score": scores[cell],
             "needs_manual_grade": cell not in standing if by_hand is not None else scores[cell] is None}
            for cell, (id, by_hand) in rows.items()]


def _comments(session: Session, submission: api.SubmittedAssignment, result: Result,
              notebooks: dict[str, NotebookNode]) -> list[dict]:
    answered = {(notebook, cell.metadata.nbgrader.grade_id): utils.is_task(cell)
                or cell.metadata.nbgrader.get("checksum") != utils.compute_checksum(cell)
                for notebook, node in notebooks.items() for cell in node.cells
                if utils.is_solution(cell) or utils.is_task(cell)}
    rows = _rows(session, submission, api.Comment, kinds=("SolutionCell", "TaskCell"))
    _require_same_cells(set(rows), set(answered), result.assignment)
    return [{"id": id, "auto_comment": None if answered[cell] else "No response."} for cell, (id,) in rows.items()]


def _rows(session: Session, submission: api.SubmittedAssignment, model, *columns, kinds: tuple[str, ...]) -> dict:
    """{(notebook, cell): (row's id, *columns)} of a submission's grades or comments."""
    found = session.execute(
        select(api.Notebook.name, api.BaseCell.name, model.id, *columns)
        .join(api.SubmittedNotebook, api.SubmittedNotebook.id == model.notebook_id)
        .join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
        .join(api.BaseCell, api.BaseCell.id == model.cell_id)
        .where(api.SubmittedNotebook.assignment_id == submission.id, api.BaseCell.type.in_(kinds)))
    return {(notebook, cell): tuple(row) for notebook, cell, *row in found}


def _require_same_cells(ours: set, found: set, assignment: str) -> None:
    if differ := sorted(ours ^ found):
        notebook, cell = differ[0]
        raise KitError(f"{assignment}: the cell {cell} of {notebook} is only in the "
                       f"{'gradebook' if differ[0] in ours else 'graded notebook'}: the source has changed since "
                       f"it was generated. Run: kit generate {assignment}")
