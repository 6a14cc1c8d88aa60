"""People who come, go and change names: a student's work, results and marks go with the id, and nothing is deleted.

    with ledger.writing(course):
        people.rename(course, "s001", "0042")

What is to be done is written down first, in `.people.json`. Every step after that can be done again; so whoever opens
the books next completes what was killed half way. What a student who left had, and what a merge has no place for, goes
into `removed/DATE-ID/`, laid out as in the course folder; a student who comes back gets all of it again.
"""

import json
import unicodedata
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path

from nbgrader import api
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from grading.books import attempts, marks, moves, returns, rosters
from grading.books.changes import LEFT, TOPS, Change, children
from grading.books.course import Course
from grading.books.rosters import NO_ID, STUDENT
from grading.errors import KitError, few


def known(course: Course) -> set[str]:
    """Every id that the course has anything of."""
    roster = rosters.read(course)
    found = set(roster.ids) if roster else set()
    for top in TOPS:
        found |= {path.name for path in (course.root / top).glob("[!.]*") if path.is_dir()}
    if course.gradebook.exists():
        with marks.reading(course.gradebook) as session:
            if session.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'student'")).first():
                found |= set(session.scalars(select(api.Student.id)))
    return found


def rename(course: Course, student: str, into: str) -> None:
    """Inside `ledger.writing`, as the others here. Raises KitError and changes nothing where that cannot be done."""
    there = known(course)
    _require(course, student, there)
    if into == student:
        raise KitError(f"{student!r} is called that already. Name the new id behind it.")
    if into in there:
        raise KitError(f"{into!r} is already somebody in {course.root}. If both are one person: kit roster merge "
                       f"{student} {into}")
    if not STUDENT.fullmatch(into) or into != unicodedata.normalize("NFKC", into):
        raise KitError(f"{into!r} is no student id: {NO_ID}.")
    _begin(course, Change("rename", student, into, _dated(course, student)))


def merge(course: Course, student: str, into: str) -> Path | None:
    """Two ids of one person become `into`. Returns the folder of what there was no place for, if there is such.

    Where both have handed in an assignment, the attempt counts that `attempts.counting` says, and its results and marks
    are those that stay; the other attempt goes beside it.
    """
    there = known(course)
    _require(course, student, there)
    _require(course, into, there)
    if student == into:
        raise KitError(f"{student!r} twice: name the id that goes, and the one that stays.")
    both = {path.name for path in children(course.root / "submitted" / student)} & \
           {path.name for path in children(course.root / "submitted" / into)}
    keep = {name: _counts(course, name, student, into) for name in sorted(both)}
    change = Change("merge", student, into, _dated(course, student), keep)
    _begin(course, change)
    folder = course.root / "removed" / change.folder
    return folder if folder.exists() else None


def remove(course: Course, student: str) -> Path:
    """Returns the folder in which all of it is."""
    _require(course, student, known(course))
    change = Change("remove", student, "", _dated(course, student))
    _begin(course, change)
    return course.root / "removed" / change.folder


def removed(course: Course) -> dict[str, str]:
    """Who has left, and can come back: the folder's name -> id, those of the same student in the order of leaving."""
    found = {}
    for path in sorted((course.root / "removed").glob(f"*/{LEFT}"), key=lambda path: (path.stat().st_mtime_ns, path)):
        with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            student = json.loads(path.read_text(encoding="utf-8"))["student"]
            if isinstance(student, str):
                found[path.parent.name] = student
    return found


def restore(course: Course, which: str) -> str:
    """Bring back who was removed: an id, or a folder of `removed/`. Returns the id; the grades are not entered yet.

    Raises KitError and changes nothing where somebody of that id has handed in meanwhile.
    """
    left = removed(course)
    folder = which if which in left else next((name for name in reversed(left) if left[name] == which), None)
    if folder is None:
        raise KitError(f"{which!r} is nobody who was removed from {course.root}. Removed: "
                       f"{few(sorted(set(left.values())), 20) or 'nobody'}.")
    student, aside = left[folder], course.root / "removed" / folder
    rosters.read(course)
    returns.said(course, aside)
    taken = [target for _, target in returns.places(course, aside, student) if target.exists()]
    if taken:
        raise KitError(f"{student!r} has handed in again meanwhile: {taken[0]} is there. Give that another id (kit "
                       f"roster rename {student} OTHER), restore this one, then: kit roster merge OTHER {student}")
    _begin(course, Change("restore", student, "", folder))
    return student


def finish(course: Course) -> None:
    """Complete the change that was written down last, if it is not done."""
    try:
        change = Change(**json.loads(_journal(course).read_text(encoding="utf-8")))
        if any("/" in word for word in (change.student, change.into, change.folder)):
            raise ValueError
    except FileNotFoundError:
        return
    except (ValueError, TypeError, RecursionError):
        raise KitError(f"{_journal(course)} is not as this kit wrote it. It tells of a change of people that is half "
                       "done; put it back as it was.") from None
    (returns if change.what == "restore" else moves).carry_out(course, change)
    _journal(course).unlink()


def pending(course: Course) -> bool:
    return _journal(course).exists()


def enter_names(session: Session, course: Course) -> None:
    """Bring names and addresses of the roster into the gradebook; what the roster does not say stays."""
    roster = rosters.read(course)
    if roster is None:
        return
    columns = "first_name", "last_name", "email"
    there = {id: tuple(rest) for id, *rest in session.execute(
        select(api.Student.id, *(getattr(api.Student, name) for name in columns)))}
    for student in roster.ids:
        named = dict(zip(columns, roster.named(student), strict=True))
        if student not in there:
            session.add(api.Student(id=student, **named))
        elif new := {name: value for (name, value), old in zip(named.items(), there[student], strict=True)
                     if value is not None and value != old}:
            session.execute(update(api.Student).where(api.Student.id == student).values(new)
                            .execution_options(synchronize_session=False))


def _begin(course: Course, change: Change) -> None:
    marks.write(_journal(course), asdict(change))
    finish(course)


def _require(course: Course, student: str, there: set[str]) -> None:
    if student not in there:
        near = sorted(one for one in there if rosters.key(one) == rosters.key(student)
                      or one.lstrip("0") == student.lstrip("0"))
        raise KitError(f"{student!r} is nobody in {course.root}" + (f". Did you mean {', '.join(near)}?" if near else
                                                                    ": not in its roster, books or folders."))


def _counts(course: Course, name: str, student: str, into: str) -> str:
    """Whose submission counts; where the best does, autograde finds out among all of them."""
    which = attempts.counting(course, name)
    times = {one: attempts.time(course.submitted(one, name)) for one in (student, into)}
    if which == "best" or None in times.values() or times[student] == times[into]:
        return into
    later = max(times, key=times.get)
    return later if which == "last" else student if later == into else into


def _dated(course: Course, student: str) -> str:
    name = f"{date.today():%Y-%m-%d}-{student}"
    number = 1
    while (course.root / "removed" / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return name if number == 1 else f"{name}-{number}"


def _journal(course: Course) -> Path:
    return course.root / ".people.json"
