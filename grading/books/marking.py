"""Marks by hand, one question at a time, entered as nbgrader's formgrader enters them and safely beside it.

A change says what whoever made it has seen. Where the gradebook or the graded answer has become another meanwhile,
nothing is written and what stands there now is told. A transaction that ends has everything of a call, or nothing.
"""

import getpass
import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from nbgrader import api
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from grading.books import answers, marks, results
from grading.books.course import Course
from grading.errors import KitError

PATIENCE = 20            # seconds to wait for another program that is writing to the gradebook


class Mark(NamedTuple):
    """What nbgrader's columns say: manual_score, manual_comment, needs_manual_grade."""

    score: float | None
    comment: str | None
    waits: bool


@dataclass(frozen=True)
class Answer:
    """One student's answer. id: of its grade in the gradebook; automatic: 0 where nothing was answered;
    digest, pictures: of its text and pictures, and characters of the latter, which stay in the notebook;
    marked_for: the text that its mark was given for, where that was another."""

    id: str
    student: str
    text: str
    digest: str
    pictures: int
    mark: Mark
    automatic: float | None
    marked_for: str | None = None


@dataclass(frozen=True)
class Change:
    """From what was seen, an answer's digest and its mark, to a mark; waits=None: as formgrader decides."""

    id: str
    digest: str
    seen: Mark
    score: float | None
    comment: str | None
    waits: bool | None = None


class Marking:
    """For one question: the cell called `name` of a notebook."""

    def __init__(self, course: Course, assignment: str, notebook: str, name: str):
        self._course, self._assignment, self._notebook, self._name = course, assignment, notebook, name

    def answers(self) -> list[Answer]:
        """Of everyone graded, in an order that tells nothing about who it is."""
        with self._session() as session:
            rows = self._rows(session)
        found = (self._answer(row) for row in rows)
        return sorted((one for one in found if one), key=lambda one: one.id)

    def attachments(self, answer: Answer) -> dict:
        """An answer's pictures; none where it has become another meanwhile."""
        folder = self._course.autograded(answer.student, self._assignment)
        text, found = _read(folder, self._notebook, self._name) or ("", {})
        return found if answer.pictures and _digest(text, found) == answer.digest else {}

    def marks(self) -> dict[str, Mark]:
        """Of the answers, by id, as they are now."""
        with self._session() as session:
            return {row.id: _mark(row) for row in self._rows(session)}

    def enter(self, changes: Iterable[Change]) -> dict[str, tuple[Mark, str]]:
        """id -> (its mark now, why it is not the one that was to be entered, or "")."""
        told: dict[str, tuple[Mark, str]] = {}
        with self._session() as session, session.begin():
            session.execute(text("BEGIN IMMEDIATE"))
            rows = {row.id: row for row in self._rows(session)}
            for change in changes:
                row = rows.get(change.id)
                if row is None:
                    raise KitError(f"{self._name} has no answer {change.id!r} any more. Load the page again.")
                now, why = _mark(row), self._refused(session, row, change)
                if not why:
                    now = Mark(change.score, change.comment or None, change.waits if change.waits is not None else
                               change.score is None and row.automatic is None)
                    session.execute(update(api.Grade.__table__).where(api.Grade.__table__.c.id == row.id)
                                    .values(manual_score=now.score, needs_manual_grade=now.waits))
                    session.execute(update(api.Comment.__table__).where(api.Comment.__table__.c.id == row.comment_id)
                                    .values(manual_comment=now.comment))
                told[change.id] = now, why
        sign(self._course, self._assignment, [(rows[id].student, self._name, now.score)
                                              for id, (now, why) in told.items() if not why])
        return told

    def _refused(self, session: Session, row, change: Change) -> str:
        if change.score is not None and not 0 <= change.score <= row.points:
            return f"a mark is between 0 and {row.points:g}"
        if _mark(row) != change.seen:
            return "somebody else has marked it meanwhile"
        number = session.scalar(text("PRAGMA user_version"))
        folder = self._course.autograded(row.student, self._assignment)
        if list(folder.parent.glob(f".new-{number}-*")):                 # entered, and not in its place yet
            return "it is being graded"
        found = self._answer(row)
        if found is None or found.digest != change.digest:
            return "the answer has become another meanwhile; load the page again to see it"
        return ""

    def _answer(self, row) -> Answer | None:
        path = self._course.autograded(row.student, self._assignment) / f"{self._notebook}.ipynb"
        try:
            stamp = path.stat()
        except OSError:
            return None
        said = _said(path, self._name, (stamp.st_mtime_ns, stamp.st_size, stamp.st_ino))
        if said is None:
            return None
        made = Answer(row.id, row.student, *said, _mark(row), row.automatic)
        if row.score is None or not row.waits:
            return made
        kept = results.read(self._course, row.student, self._assignment)
        return replace(made, marked_for=kept.marked_for.get(self._notebook, {}).get(self._name) if kept else None)

    def _rows(self, session: Session) -> list:
        grade, comment = api.Grade.__table__, api.Comment.__table__
        solution = api.SolutionCell.__table__
        base = api.BaseCell.__table__
        graded = api.GradeCell.__table__
        words = (select(comment.c.id.label("comment_id"), comment.c.manual_comment, comment.c.notebook_id)
                 .join(solution, solution.c.id == comment.c.cell_id).join(base, base.c.id == solution.c.id)
                 .where(base.c.name == self._name).subquery())
        return session.execute(
            select(grade.c.id, grade.c.manual_score.label("score"), grade.c.needs_manual_grade.label("waits"),
                   grade.c.auto_score.label("automatic"), graded.c.max_score.label("points"), words.c.comment_id,
                   words.c.manual_comment.label("comment"), api.SubmittedAssignment.student_id.label("student"))
            .select_from(grade)
            .join(graded, graded.c.id == grade.c.cell_id).join(base, base.c.id == graded.c.id)
            .join(api.SubmittedNotebook.__table__, api.SubmittedNotebook.id == grade.c.notebook_id)
            .join(api.Notebook.__table__, api.Notebook.id == api.SubmittedNotebook.notebook_id)
            .join(api.SubmittedAssignment.__table__, api.SubmittedAssignment.id == api.SubmittedNotebook.assignment_id)
            .join(api.Assignment.__table__, api.Assignment.id == api.SubmittedAssignment.assignment_id)
            .join(words, words.c.notebook_id == grade.c.notebook_id)
            .where(api.Assignment.name == self._assignment, api.Notebook.name == self._notebook,
                   base.c.name == self._name)).all()

    @contextmanager
    def _session(self) -> Iterator[Session]:
        engine = marks.opened(self._course.gradebook, PATIENCE)
        try:
            with Session(engine) as session:
                yield session
        except DatabaseError as error:
            why = (f"is locked: another program has been writing to it for {PATIENCE} s"
                   if "locked" in str(error.orig) else f"cannot be used: {error.orig}")
            raise KitError(f"{self._course.gradebook} {why}. Nothing was entered; try again.") from None
        finally:
            engine.dispose()


def sign(course: Course, assignment: str, entered: Iterable[tuple[str, str, float | None]], marker: str = "") -> None:
    """Keep who has entered a mark, by (student, question, score): marker, or whose account this runs under."""
    path = _signed(course, assignment)
    with suppress(OSError, KeyError):                    # the mark itself is entered
        lines = [json.dumps([*one, marker or getpass.getuser()]) for one in entered]
        path.parent.mkdir(exist_ok=True)
        with path.open("ab+") as file:
            file.seek(max(0, file.tell() - 1))
            begun = file.read(1) not in (b"", b"\n")            # a line, by a process that was killed
            file.write(b"\n" * begun + "".join(f"{line}\n" for line in lines).encode())


def markers(course: Course, assignment: str) -> dict[tuple[str, str], tuple[str, float | None]]:
    """(student, question) -> who marked it last, with `kit answers` or in formgrader, and what was entered."""
    found, lines = {}, []
    with suppress(OSError):
        lines = _signed(course, assignment).read_bytes().splitlines()
    for line in lines:
        with suppress(ValueError, TypeError, RecursionError):          # half a line, of a process that was killed
            student, question, score, marker = json.loads(line)
            found[student, question] = str(marker), score
    return found


def by_whom(known: dict, student: str, question: str, score: float | None) -> str:
    """Whose this mark is, of those that `markers` knows; "" where somebody else has changed it."""
    who, entered = known.get((student, question), ("", None))
    return who if entered == score else ""


def _signed(course: Course, assignment: str) -> Path:
    return course.marks / f"{assignment}-markers.jsonl"


@lru_cache(maxsize=10_000)
def _said(path: Path, name: str, stamp: tuple) -> tuple[str, str, int] | None:
    """(text, digest, characters of pictures) of an answer in a graded notebook; while that is the same file (`stamp`),
    it is read once."""
    found = _read(path.parent, path.stem, name)
    return (found[0], _digest(*found), sum(map(len, map(repr, found[1].values())))) if found else None


def _read(folder: Path, notebook: str, name: str) -> tuple[str, dict] | None:
    cell = answers.of(answers.read(folder, notebook)).get(name)
    return (answers.source(cell), cell.get("attachments") or {}) if cell else None


def _mark(row) -> Mark:
    return Mark(row.score, row.comment or None, bool(row.waits))


def _digest(source: str, attachments: dict) -> str:
    return hashlib.sha256(repr((source, sorted(attachments.items()))).encode("utf-8", "replace")).hexdigest()[:16]
