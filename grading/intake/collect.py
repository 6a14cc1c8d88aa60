"""Take in submissions: from folders and zips, one per student, into nbgrader's submitted folder.

Only the assignment's notebooks and student modules are taken. A newer submission replaces an older one whole; the
older one is kept under `replaced/`.
"""

import csv
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from grading.books.course import TIMESTAMP, Course
from grading.desk.text import clean_text
from grading.errors import KitError
from grading.intake.archive import open_submission
from grading.release.assignment import Assignment

_STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")


@dataclass(frozen=True)
class Collected:
    """What became of one path: `state` is new, updated, unchanged or refused; `sentence` says the rest."""

    student: str
    state: str
    sentence: str = ""


def collect(assignment: Assignment, course: Course, paths: list[Path]) -> list[Collected]:
    """Take in every submission below `paths`. One bad submission never stops the others.

    Raises KitError when a path itself is no use.
    """
    roster = read_roster(course)
    taken = []
    for path in submissions(assignment, paths):
        student = path.stem if path.suffix.lower() == ".zip" and not path.is_dir() else path.name
        try:
            _check_student(student, roster, course)
            taken.append(_take(assignment, course, student, path))
        except KitError as error:
            taken.append(Collected(student, "refused", clean_text(str(error))))
        except RecursionError:
            taken.append(Collected(student, "refused", clean_text(f"{path} has folders in folders without end.")))
        except OSError as error:
            taken.append(Collected(student, "refused", clean_text(f"{path} cannot be read: {error.strerror}.")))
    return taken


def submissions(assignment: Assignment, paths: list[Path]) -> list[Path]:
    """One path per student: each path given is a folder of them, or one student's zip."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise KitError(f"{path} does not exist. Give a folder that holds one folder or zip per student id.")
        if not path.is_dir():
            found.append(path)
            continue
        if any((path / name).exists() for name in (*assignment.submitted_files, "cs231n")):
            raise KitError(f"{path} is one student's submission. Give the folder above it, which holds one folder or "
                           "zip per student id.")
        inside = [entry for entry in sorted(path.iterdir()) if not entry.name.startswith(".")]
        if not inside:
            raise KitError(f"{path} is empty. Give a folder that holds one folder or zip per student id.")
        found += inside
    return found


def read_roster(course: Course) -> set[str] | None:
    """Student ids of `roster.csv`, or None when the course has none."""
    if not course.roster.exists():
        return None
    with course.roster.open(newline="", encoding="utf-8-sig") as stream:
        rows = csv.DictReader(stream)
        if "id" not in (rows.fieldnames or []):
            raise KitError(f"{course.roster}: expected a column named 'id' in the first row, "
                           f"found {', '.join(rows.fieldnames or ['nothing'])}.")
        return {row["id"].strip() for row in rows if row["id"]}


def _check_student(student: str, roster: set[str] | None, course: Course) -> None:
    if not _STUDENT.fullmatch(student):
        raise KitError(f"{student!r} is no student id: expected letters, digits and . _ @ + - only. Rename it.")
    if roster is not None and student not in roster:
        raise KitError(f"{student!r} is not in {course.roster}. Correct the name, or add the student there.")


def _take(assignment: Assignment, course: Course, student: str, path: Path) -> Collected:
    handed = open_submission(path)
    here = handed.below_root(assignment.submitted_files)
    wanted = {name: here[name]() for name in assignment.submitted_files if name in here}
    if not wanted:
        raise KitError(f"{path} holds none of the files of {assignment.name}: expected "
                       f"{', '.join(assignment.submitted_files)}, laid out like the release.")
    missing = [name for name in assignment.submitted_files if name not in wanted]
    sentence = f"missing: {', '.join(missing)}" if missing else ""
    target = course.submitted(student, assignment.name)
    if target.is_dir() and _content(target) == wanted:
        return Collected(student, "unchanged", sentence)
    state = "updated" if target.exists() else "new"
    _write(course, student, assignment, wanted, f"{handed.time:%Y-%m-%d %H:%M:%S} UTC")
    return Collected(student, state, sentence)


def _write(course: Course, student: str, assignment: Assignment, files: dict[str, bytes], time: str) -> None:
    """Lay the submission down beside its place, then rename: it is there whole or not at all."""
    target = course.submitted(student, assignment.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".collecting-", dir=target.parent) as scratch:
        fresh = Path(scratch) / "fresh"
        for name, content in files.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).write_bytes(content)
        (fresh / TIMESTAMP).write_text(time, encoding="utf-8")
        if target.exists():
            kept = course.replaced(student, assignment.name)
            kept.mkdir(parents=True, exist_ok=True)
            number = sum(1 for _ in kept.iterdir()) + 1
            os.replace(target, kept / f"{number:03d}")
        os.replace(fresh, target)


def _content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*") if path.is_file() and path.name != TIMESTAMP}
