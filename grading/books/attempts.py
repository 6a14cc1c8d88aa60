"""A student's attempts at an assignment: the one that counts, in `submitted/`, and the others, in `replaced/`.

Which one counts is said once for an assignment, with `kit collect --attempt`, and holds until something else is said.
"""

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from grading.books.course import TIMESTAMP, Course

CHOICES = "last", "first", "best"
_FORM = "%Y-%m-%d %H:%M:%S UTC"


def counting(course: Course, assignment: str) -> str:
    """One of CHOICES."""
    try:
        said = _said(course, assignment).read_text(encoding="utf-8").strip()
    except OSError:
        return CHOICES[0]
    return said if said in CHOICES else CHOICES[0]


def let_count(course: Course, assignment: str, which: str) -> None:
    if which != counting(course, assignment):
        path = _said(course, assignment)
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".part")
        half.write_text(f"{which}\n", encoding="utf-8")
        os.replace(half, path)


def every(course: Course, student: str, assignment: str) -> list[Path]:
    """Folders of a student's attempts, the earliest first; of two that are the same, the one that counts."""
    there = [course.submitted(student, assignment), *_kept(course, student, assignment)]
    found: dict[frozenset, Path] = {}
    for folder in there:
        if folder.is_dir():
            found.setdefault(frozenset(content(folder).items()), folder)
    return sorted(found.values(), key=lambda folder: (time(folder) or datetime.max.replace(tzinfo=UTC), folder.name))


def lay_down(course: Course, student: str, assignment: str, files: dict[str, bytes],
             time: datetime | None, counts: bool) -> None:
    """Lay an attempt where it counts, or beside the one that does: it is there whole or not at all.

    What counted before goes beside it. Of two that are the same, one is kept.
    """
    target, beside = course.submitted(student, assignment), course.replaced(student, assignment)
    course.root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".collecting-", dir=course.root) as scratch:
        fresh = Path(scratch) / "fresh"
        for name, data in files.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).write_bytes(data)
        if time:
            (fresh / TIMESTAMP).write_text(f"{time:{_FORM}}", encoding="utf-8")
        former = target if counts and target.exists() else None if counts else fresh
        if former is not None and not any(content(kept) == content(former)
                                          for kept in _kept(course, student, assignment)):
            beside.mkdir(parents=True, exist_ok=True)
            number = max((int(kept.name) for kept in beside.iterdir() if kept.name.isdigit()), default=0) + 1
            os.replace(former, beside / f"{number:03d}")
        if counts:
            if target.exists():
                os.replace(target, Path(scratch) / "former")
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(fresh, target)


def time(folder: Path) -> datetime | None:
    """When an attempt was handed in, where that is told."""
    try:
        told = (folder / TIMESTAMP).read_text(encoding="utf-8")
        return datetime.strptime(told, _FORM).replace(tzinfo=UTC)
    except (OSError, ValueError):
        return None


def content(folder: Path) -> dict[str, bytes]:
    """An attempt's files by path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*") if path.is_file() and path.name != TIMESTAMP}


def _kept(course: Course, student: str, assignment: str) -> list[Path]:
    return sorted(course.replaced(student, assignment).glob("*"))


def _said(course: Course, assignment: str) -> Path:
    return course.attempts / f"{assignment}.counts"
