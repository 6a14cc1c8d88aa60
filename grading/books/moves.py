"""One change of people, step by step: each step may have been done before, or half, and can be done again.

`people.py` says which change it is, and sees to it that it is completed.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from nbgrader import api
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from grading.books import marks, results, rosters, sheets
from grading.books.changes import PERSON, TOPS, Change, children, set_marks_aside, set_person_aside
from grading.books.course import Course


def carry_out(course: Course, change: Change) -> None:
    aside = course.root / "removed" / change.folder
    set_marks_aside(course, change, aside)
    if change.what == "remove":
        set_person_aside(course, change.student, aside)
    _change_gradebook(course.gradebook, change)
    for name, counts in change.keep.items():
        _lay_attempts(course, change, name, counts)
    for top in TOPS:
        _move_all(course, change, top, aside)
    _change_writeups(course, change, aside)
    _change_copies(course, change, aside)
    _change_attempts(course, change, aside)
    _change_roster(course, change, aside)


def _change_gradebook(gradebook: Path, change: Change) -> None:
    if not gradebook.exists():
        return
    with marks.writing(gradebook) as session:
        old = session.get(api.Student, change.student)
        if old is None:
            return
        mine, others = _submissions(session, change.student), _submissions(session, change.into)
        gone = {one: None for one in mine.values()} if change.what == "remove" else dict(
            (mine[name], others[name]) if change.loser(name) == change.student else (others[name], mine[name])
            for name in mine.keys() & others.keys())
        for one, stays in gone.items():
            _delete(session, one, stays)
        student, submitted = api.Student.__table__, api.SubmittedAssignment.__table__
        if change.what == "remove":
            session.execute(delete(student).where(student.c.id == change.student))
            return
        session.execute(update(submitted).where(submitted.c.student_id == change.student)
                        .values(student_id=change.into))
        new = session.get(api.Student, change.into)
        if new is None:
            session.execute(update(student).where(student.c.id == change.student).values(id=change.into))
            return
        for name in PERSON:
            if not getattr(new, name):
                setattr(new, name, getattr(old, name))
        session.flush()
        session.execute(delete(student).where(student.c.id == change.student))


def _submissions(session: Session, student: str) -> dict[str, str]:
    """Assignment -> id of the submission."""
    return dict(session.execute(
        select(api.Assignment.name, api.SubmittedAssignment.id)
        .join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
        .where(api.SubmittedAssignment.student_id == student)).all())


def _delete(session: Session, submission: str, stays: str | None) -> None:
    """A submission's rows; an extension goes over to the one that stays, where it has none."""
    gone, other = (session.get(api.SubmittedAssignment, id) if id else None for id in (submission, stays))
    if other and other.extension is None:
        other.extension = gone.extension
        session.flush()
    below = select(api.SubmittedNotebook.id).where(api.SubmittedNotebook.assignment_id == submission)
    for statement in (delete(api.Grade).where(api.Grade.notebook_id.in_(below)),
                      delete(api.Comment).where(api.Comment.notebook_id.in_(below)),
                      delete(api.SubmittedNotebook).where(api.SubmittedNotebook.assignment_id == submission),
                      delete(api.SubmittedAssignment).where(api.SubmittedAssignment.id == submission)):
        session.execute(statement.execution_options(synchronize_session=False))


def _lay_attempts(course: Course, change: Change, name: str, counts: str) -> None:
    """Two submissions of a merged student: the one that does not count goes beside the other."""
    other, stays = course.submitted(change.student, name), course.submitted(change.into, name)
    if other.exists():
        if counts == change.into or stays.exists():
            _beside(course, other if counts == change.into else stays, change.into, name)
        if other.exists():
            _move(other, stays)


def _beside(course: Course, attempt: Path, student: str, name: str) -> None:
    folder = course.replaced(student, name)
    number = max((int(path.name) for path in children(folder) if path.name.isdigit()), default=0) + 1
    _move(attempt, folder / f"{number:03d}")


def _move_all(course: Course, change: Change, top: str, aside: Path) -> None:
    """What is there of a student below one folder, to the other's place or aside."""
    home = course.root / top / change.student
    if not home.is_dir():
        return
    if change.what == "remove":
        _move(home, aside / top / change.student)
        return
    target = course.root / top / change.into
    if top == "autograded":
        _rename_results(home, target, change)
    if not target.exists():
        _move(home, target)
        return
    for path in children(home):
        if top == "replaced":
            for attempt in children(path):
                _beside(course, attempt, change.into, path.name)
            path.rmdir()
        elif not (there := target / path.name).exists():
            _move(path, there)
        elif change.loser(path.name) == change.into:
            _move(there, aside / top / change.into / path.name)
            _move(path, there)
        else:
            _move(path, aside / top / change.student / path.name)
    home.rmdir()


def _rename_results(home: Path, target: Path, change: Change) -> None:
    """In results that will not go aside."""
    for path in home.glob(f"*/{results.FILE}"):
        name = path.parent.name
        if (target / name).exists() and change.loser(name) == change.student:
            continue
        with suppress(ValueError, RecursionError):
            kept = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(kept, dict) and kept.get("student") == change.student:
                half = path.with_suffix(".part")
                half.write_text(json.dumps(kept | {"student": change.into}, indent=1) + "\n", encoding="utf-8")
                os.replace(half, path)


def _change_writeups(course: Course, change: Change, aside: Path) -> None:
    for path in sorted((course.root / "writeups").rglob(f"{_escaped(change.student)}.pdf")):
        target = path.with_name(f"{change.into}.pdf")
        if change.what == "remove" or target.exists():
            target = aside / path.relative_to(course.root)
        _move(path, target)


def _change_copies(course: Course, change: Change, aside: Path) -> None:
    """Copies of marks, and sentences on submissions; of a merge those of the one that counts are those that stay.

    What is damaged stays as it is: it says nothing of anybody.
    """
    for path in sorted(course.marks.glob("*-markers.jsonl")) if change.into else ():
        lines = path.read_bytes().splitlines(keepends=True)
        renamed = [_of_another(line, change) for line in lines]
        if renamed != lines:
            half = path.with_suffix(".part")
            half.write_bytes(b"".join(renamed))
            os.replace(half, path)
    for path in sorted([*course.marks.glob("*.json"), *(course.root / "notes").glob("*.json")]):
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError):
            continue
        if isinstance(found, list):
            if change.into:
                changed = [one | {"student": change.into} if isinstance(one, dict)
                           and one.get("student") == change.student else one for one in found]
                if changed != found:
                    marks.write(path, changed)
            continue
        if not isinstance(found, dict) or change.student not in found:
            continue
        mine = found.pop(change.student)
        there = found.get(change.into)
        if change.into and there is None:
            found[change.into] = mine
        else:
            left = {change.student: mine}
            if change.into and change.loser(path.stem) == change.into:
                found[change.into], left = mine, {change.into: there}
            _keep(aside / path.relative_to(course.root), left)
        marks.write(path, found)


def _of_another(line: bytes, change: Change) -> bytes:
    """A line of `marking.sign`, for the id that its student has now."""
    with suppress(ValueError, TypeError, RecursionError):
        student, *rest = json.loads(line)
        if student == change.student:
            return json.dumps([change.into, *rest]).encode() + b"\n"
    return line


def _keep(path: Path, content: dict) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        marks.write(path, content)


def _change_attempts(course: Course, change: Change, aside: Path) -> None:
    """The course in which several attempts are graded calls them ID+NUMBER. After a merge they count anew."""
    beside = Course(course.attempts)
    for top in ("submitted", "autograded"):
        for path in children(beside.root / top):
            student, plus, number = path.name.rpartition("+")
            if not plus or student != change.student or not number.isdigit():
                continue
            one = Change("rename", path.name, f"{change.into}+{number}", "")
            if change.what == "rename" and not path.with_name(one.into).exists():
                _change_gradebook(beside.gradebook, one)
                _rename_results(path, path.with_name(one.into), one)
                _move(path, path.with_name(one.into))
            else:
                _move(path, aside / "attempts" / top / path.name)


def _change_roster(course: Course, change: Change, aside: Path) -> None:
    roster = rosters.read(course)
    if roster is None or change.student not in roster.ids:
        return
    sheet = sheets.read(course.roster, blanks=True)
    column, number = rosters.id_column(sheet), roster.at[change.student]
    if change.into and change.into not in roster.ids:
        sheet.set(number, column, change.into)
    else:
        aside.mkdir(parents=True, exist_ok=True)
        alone = sheets.read(course.roster, blanks=True)
        alone.rows, alone.ends = [alone.rows[0], alone.rows[number]], [alone.ends[0], alone.ends[number]]
        sheets.write(aside / course.roster.name, alone.to_bytes())
        if change.into:
            for place, cell in enumerate(sheet.rows[number]):
                if cell.value.strip() and not sheet.value(roster.at[change.into], place).strip():
                    sheet.set(roster.at[change.into], place, cell.value)
        sheet.drop_row(number)
    sheets.write(course.roster, sheet.to_bytes())


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(path, target)


def _escaped(name: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)
