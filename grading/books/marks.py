"""What people entered by hand: read from nbgrader's gradebook, and kept in a copy for the day on which that is lost.

A copy is `marks/ASSIGNMENT.json` in the course folder: {student: {notebook: {cell: mark}}}. It is written when a run
begins and ends, and when feedback is. A mark that has gone from a submission which is still there may have been taken
back, or an older gradebook may have been put in place: the former copy then stays, under a number.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nbgrader import api
from sqlalchemy import Engine, QueuePool, create_engine, or_, select, text, update
from sqlalchemy.orm import Session

from grading.books.course import Course

Marks = dict[str, dict[str, dict[str, dict]]]
_OF_GRADE, _OF_COMMENT = ("manual_score", "extra_credit", "needs_manual_grade"), ("manual_comment",)


@contextmanager
def reading(gradebook: Path) -> Iterator[Session]:
    """A session that writes nothing."""
    engine = opened(gradebook)
    try:
        with Session(engine) as session:
            yield session
    finally:
        engine.dispose()


def opened(gradebook: Path, patience: float = 30) -> Engine:
    """For a gradebook that is there: SQLite alone would make an empty one in the place of one that is gone.

    - patience: seconds to wait for another program that is writing to it
    """
    place = f"{gradebook.absolute().as_uri()}?mode=rw"
    return create_engine("sqlite://", poolclass=QueuePool, creator=lambda: sqlite3.connect(
        place, patience, check_same_thread=False, uri=True))


@contextmanager
def writing(gradebook: Path) -> Iterator[Session]:
    """A session that nobody else writes beside, from its beginning on; all of it is entered, or nothing."""
    with reading(gradebook) as session, session.begin():
        session.execute(text("BEGIN IMMEDIATE"))
        yield session


def read(session: Session, assignment: str) -> Marks:
    """Every cell with a score, extra credit or a comment given by hand; a mark holds what columns hold."""
    found: Marks = {}
    for model, columns in ((api.Grade, _OF_GRADE), (api.Comment, _OF_COMMENT)):
        given = [getattr(model, name) for name in columns if name != "needs_manual_grade"]
        rows = session.execute(
            select(api.SubmittedAssignment.student_id, api.Notebook.name, api.BaseCell.name,
                   *(getattr(model, name) for name in columns))
            .join(api.SubmittedNotebook, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
            .join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
            .join(api.Assignment, api.Assignment.id == api.Notebook.assignment_id)
            .join(model, model.notebook_id == api.SubmittedNotebook.id)
            .join(api.BaseCell, api.BaseCell.id == model.cell_id)
            .where(api.Assignment.name == assignment, or_(*(one.is_not(None) for one in given))))
        for student, notebook, cell, *values in rows:
            mark = found.setdefault(student, {}).setdefault(notebook, {}).setdefault(cell, {})
            mark.update({name: value for name, value in zip(columns, values, strict=True) if value is not None})
    return found


def scores(course: Course, assignment: str) -> dict[tuple[str, str, str], float]:
    """(student, notebook, cell) -> the score that was given by hand."""
    if not course.gradebook.exists():
        return {}
    with reading(course.gradebook) as session:
        return {(student, notebook, cell): mark["manual_score"] for student, notebook, cell, mark in
                each(read(session, assignment)) if "manual_score" in mark}


def waiting(course: Course, assignment: str) -> list[str]:
    """Students with a score by hand that waits for another look: what it was given for has changed."""
    if not course.gradebook.exists():
        return []
    with reading(course.gradebook) as session:
        return sorted({student for student, _, _, mark in each(read(session, assignment))
                       if "manual_score" in mark and mark.get("needs_manual_grade")})


def each(marks: Marks) -> Iterator[tuple[str, str, str, dict]]:
    for student, notebooks in marks.items():
        for notebook, cells in notebooks.items():
            for cell, mark in cells.items():
                yield student, notebook, cell, mark


def enter(session: Session, submission: str, notebook: str, cell: str, mark: dict) -> None:
    """Put a mark into the rows of a submission (its id), where there are such."""
    for model, columns in ((api.Grade, _OF_GRADE), (api.Comment, _OF_COMMENT)):
        if values := {name: mark[name] for name in columns if name in mark}:
            rows = (select(model.id).join(api.SubmittedNotebook, api.SubmittedNotebook.id == model.notebook_id)
                    .join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
                    .join(api.BaseCell, api.BaseCell.id == model.cell_id)
                    .where(api.SubmittedNotebook.assignment_id == submission, api.Notebook.name == notebook,
                           api.BaseCell.name == cell))
            session.execute(update(model).where(model.id.in_(rows)).values(values)
                            .execution_options(synchronize_session=False))


# The copy

def copied(course: Course, assignment: str) -> Marks:
    """The marks of the last copy; {} when there is none. What is damaged in it is left out."""
    with suppress(OSError, ValueError, RecursionError):
        return sound(json.loads(_path(course, assignment).read_text(encoding="utf-8")))
    return {}


def sound(found: object) -> Marks:
    """What of this has the shape of marks."""
    return {student: {notebook: {cell: mark for cell, mark in _items(cells) if isinstance(mark, dict)}
                      for notebook, cells in _items(notebooks)} for student, notebooks in _items(found)}


def _items(found: object) -> list[tuple[str, object]]:
    return list(found.items()) if isinstance(found, dict) else []


def require(course: Course) -> None:
    """Raise SQLAlchemy's DatabaseError where marks cannot be entered in the gradebook."""
    with reading(course.gradebook) as session:
        session.execute(text("SELECT 1 FROM submitted_assignment LIMIT 1"))


def copy(course: Course, assignment: str) -> None:
    """Bring the copy up to date. Marks for which the gradebook has no row stay in it: they have been lost."""
    if not course.gradebook.exists():
        return
    former = copied(course, assignment)
    with reading(course.gradebook) as session:
        if not session.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'submitted_assignment'")).first():
            return
        found = read(session, assignment)
        rows = _rows(session, assignment, {student for student, *_ in _given(former) - _given(found)})
    new = {student: {notebook: dict(cells) for notebook, cells in notebooks.items()}
           for student, notebooks in found.items()}
    for student, notebook, cell, mark in each(former):
        lost = {what: value for what, value in mark.items()
                if student in rows and (notebook, cell, what in _OF_GRADE) not in rows[student]}
        if lost:
            there = new.setdefault(student, {}).setdefault(notebook, {})
            there[cell] = there.get(cell, {}) | lost
    if new == former:
        return
    path = _path(course, assignment)
    if _given(former) - _given(new):
        write(unused(path), former)
    write(path, new)


def _rows(session: Session, assignment: str, students: set[str]) -> dict[str, set[tuple[str, str, bool]]]:
    """Student -> (notebook, cell, whether it is for a grade) of every row for marks that these students have."""
    found: dict[str, set[tuple[str, str, bool]]] = {}
    for student in students:
        found[student] = set()
        for model in (api.Grade, api.Comment):
            found[student] |= {(*row, model is api.Grade) for row in session.execute(
                select(api.Notebook.name, api.BaseCell.name)
                .join(api.BaseCell, api.BaseCell.notebook_id == api.Notebook.id)
                .join(model, model.cell_id == api.BaseCell.id)
                .join(api.SubmittedNotebook, api.SubmittedNotebook.id == model.notebook_id)
                .join(api.SubmittedAssignment, api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id)
                .join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
                .where(api.Assignment.name == assignment, api.SubmittedAssignment.student_id == student))}
    return found


def _given(found: Marks) -> set[tuple[str, str, str, str]]:
    """Which marks there are, whatever they say."""
    return {(student, notebook, cell, what) for student, notebook, cell, mark in each(found) for what in mark
            if what != "needs_manual_grade"}


def write(path: Path, marks: object) -> None:
    path.parent.mkdir(exist_ok=True)
    half = path.with_suffix(".part")
    half.write_text(json.dumps(marks, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(half, path)


def unused(path: Path) -> Path:
    """`path` with the first number that no file has yet."""
    number = 1
    while (numbered := path.with_stem(f"{path.stem}-{number}")).exists():
        number += 1
    return numbered


def _path(course: Course, assignment: str) -> Path:
    return course.marks / f"{assignment}.json"
