"""Somebody who was removed comes back: what `moves.py` has set aside goes to its place again, step by step.

As there, each step can be done again. Grades are entered from the results that came back, with the marks by hand of
the copy, by who calls this or by the next run; what there was no place for stays aside.
"""

import json
import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from nbgrader import api
from sqlalchemy import select

from grading.books import marks, rosters, sheets
from grading.books.changes import LEFT, MARKS, PERSON, TOPS, Change, children
from grading.books.course import Course

RESTORED = "restored.json"       # what LEFT is called after that


def carry_out(course: Course, change: Change) -> None:
    aside = course.root / "removed" / change.folder
    for path, target in places(course, aside, change.student):
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, target)
    for top in TOPS:
        with suppress(OSError):
            (aside / top / change.student).rmdir()
    _enter_copies(course, aside, change.student)
    _enter_person(course.gradebook, aside, change.student)
    _enter_roster(course, aside, change.student)
    if (aside / LEFT).exists():
        os.replace(aside / LEFT, aside / RESTORED)


def places(course: Course, aside: Path, student: str) -> list[tuple[Path, Path]]:
    """(where it is now, where it was) of every folder and write-up."""
    found = [(path, course.root / top / student / path.name)
             for top in TOPS for path in children(aside / top / student)]
    found += [(path, course.attempts / top / path.name)
              for top in ("submitted", "autograded") for path in children(aside / "attempts" / top)]
    found += [(path, course.root / path.relative_to(aside)) for path in sorted((aside / "writeups").rglob("*.pdf"))]
    return found


def said(course: Course, aside: Path) -> dict[str, str]:
    """What the roster said of them, by column. Raises KitError where that cannot be read any more."""
    kept = aside / course.roster.name
    sheet = sheets.read(kept, blanks=True) if kept.exists() else None
    return rosters.row(sheet, 1) if sheet and len(sheet.rows) > 1 else {}


def _enter_copies(course: Course, aside: Path, student: str) -> None:
    """Copies of marks, and sentences on submissions; of marks, what the gradebook had is the latest."""
    given = {name: marks.sound(found) for name, found in _read(aside / MARKS).items()}
    for path in sorted([*(aside / "marks").glob("*.json"), *(aside / "notes").glob("*.json"),
                        *(aside / "marks" / f"{name}.json" for name in given)]):
        target = course.root / path.relative_to(aside)
        found, mine = _read(target), _read(path).get(student, {})
        if path.parent.name == "marks":
            mine = marks.sound({student: mine})[student]
            for notebook, cells in given.get(path.stem, {}).get(student, {}).items():
                mine[notebook] = mine.get(notebook, {}) | cells
        if student not in found and mine:
            if not found and target.exists() and target.read_bytes().strip() != b"{}":       # damaged, not empty
                os.replace(target, marks.unused(target.with_suffix(".damaged")))
            marks.write(target, found | {student: mine})


def _enter_person(gradebook: Path, aside: Path, student: str) -> None:
    """Their name, and what was granted them."""
    known = _read(aside / LEFT)
    if not gradebook.exists():
        return
    with marks.writing(gradebook) as session:
        person = session.get(api.Student, student)
        if person is None:
            person = api.Student(id=student)
            session.add(person)
        for name in PERSON:
            if known.get(name) and not getattr(person, name):
                setattr(person, name, known[name])
        session.flush()
        for name, seconds in known.get("extensions", {}).items():
            of = session.scalar(select(api.Assignment.id).where(api.Assignment.name == name))
            if of and not session.scalar(select(api.SubmittedAssignment.id).where(
                    api.SubmittedAssignment.assignment_id == of, api.SubmittedAssignment.student_id == student)):
                session.add(api.SubmittedAssignment(assignment_id=of, student_id=student,
                                                    extension=timedelta(seconds=seconds)))


def _enter_roster(course: Course, aside: Path, student: str) -> None:
    roster, values = rosters.read(course), said(course, aside)
    if roster is None and values:
        sheets.write(course.roster, (aside / course.roster.name).read_bytes())
    elif values and student not in roster.ids:
        sheet = sheets.read(course.roster, blanks=True)
        at = {rosters.plain(name): column for column, name in enumerate(sheet.header)}
        for name in values:
            if rosters.plain(name) not in at:
                at[rosters.plain(name)] = sheet.add_column(name)
        sheet.add_row({at[rosters.plain(name)]: value for name, value in values.items()})
        sheets.write(course.roster, sheet.to_bytes())


def _read(path: Path) -> dict:
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}
