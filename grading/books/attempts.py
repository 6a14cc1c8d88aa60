"""A student's attempts at an assignment: the one that counts, in `submitted/`, and the others, in `replaced/`.

Which one counts is said once for an assignment, with `kit collect --attempt`, and holds until something else is said.
"""

import hashlib
import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from grading.books.course import TIMESTAMP, Course

CHOICES = "last", "first", "best"
_SCRATCH, _WHOLE = ".collecting-", "whole"        # beside the folders of the course, and in it what is written whole
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
    found: dict[tuple, Path] = {}
    for folder in there:
        if folder.is_dir():
            found.setdefault(_digests(folder), folder)
    return sorted(found.values(), key=lambda folder: (time(folder) or datetime.max.replace(tzinfo=UTC), folder.name))


def beside(student: str, number: int) -> str:
    """Who hands in the `number`th attempt in the course of attempts."""
    return f"{student}+{number}"


def lay_down(course: Course, student: str, assignment: str, files: dict[str, bytes],
             time: datetime | None, counts: bool) -> None:
    """Lay an attempt where it counts, or beside the one that does: it is there whole or not at all.

    Inside `ledger.writing`. What counted before goes beside it. Of two that are the same, one is kept.
    """
    target, others = course.submitted(student, assignment), course.replaced(student, assignment)
    course.root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=course.root) as scratch:
        half, fresh = Path(scratch) / "half", Path(scratch) / _WHOLE / student / assignment
        half.mkdir()
        for name, data in files.items():
            (half / name).parent.mkdir(parents=True, exist_ok=True)
            (half / name).write_bytes(data)
        if time:
            (half / TIMESTAMP).write_text(f"{time:{_FORM}}", encoding="utf-8")
        fresh.parent.mkdir(parents=True)
        os.replace(half, fresh)                  # from here on it is known for whole: see `finish`
        former = target if counts and target.exists() else None if counts else fresh
        kept = list(_kept(course, student, assignment)) if former is not None else []
        if former is not None and not (kept and _digests(former) in map(_digests, kept)):
            others.mkdir(parents=True, exist_ok=True)
            number = max((int(kept.name) for kept in others.iterdir() if kept.name.isdigit()), default=0) + 1
            os.replace(former, others / f"{number:03d}")
        if counts:
            if target.exists():
                os.replace(target, Path(scratch) / "former")
            _put(fresh, target)


def pending(course: Course) -> bool:
    """Whether an attempt is being laid down, or was when its run was killed."""
    return any(course.root.glob(f"{_SCRATCH}*"))


def finish(course: Course) -> None:
    """Inside `ledger.writing`: what a run that was killed had set out to lay down counts, if nothing else does."""
    for left in course.root.glob(f"{_SCRATCH}*"):
        for fresh in left.glob(f"{_WHOLE}/*/*"):
            if not course.submitted(fresh.parent.name, fresh.name).exists():
                _put(fresh, course.submitted(fresh.parent.name, fresh.name))
        shutil.rmtree(left, ignore_errors=True)


def _put(fresh: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(fresh, target)


def time(folder: Path) -> datetime | None:
    """When an attempt was handed in, where that is told."""
    try:
        told = (folder / TIMESTAMP).read_text(encoding="utf-8")
        return datetime.strptime(told, _FORM).replace(tzinfo=UTC)
    except (OSError, ValueError):
        return None


def let_be_earlier(folder: Path, told: datetime) -> None:
    """An attempt was handed in at this time already, if it is before the one that was known."""
    if (there := time(folder)) and told < there:
        half = folder.with_name(f".time-{folder.name}")
        half.write_text(f"{told:{_FORM}}", encoding="utf-8")
        os.replace(half, folder / TIMESTAMP)


def content(folder: Path) -> dict[str, bytes]:
    """An attempt's files by path."""
    return {name: path.read_bytes() for name, path in _files(folder).items()}


def holds(folder: Path, files: dict[str, bytes]) -> bool:
    """Whether these are an attempt's files; one at a time is read."""
    there = _files(folder)
    return there.keys() == files.keys() and all(path.read_bytes() == files[name] for name, path in there.items())


def digest(folder: Path) -> str:
    """Of an attempt's files: another one for another attempt."""
    return hashlib.sha256(repr(_digests(folder)).encode()).hexdigest()


def _digests(folder: Path) -> tuple[tuple[str, bytes], ...]:
    """What tells an attempt from another one, without all that there is of both at once."""
    found = []
    for name, path in sorted(_files(folder).items()):
        with path.open("rb") as file:
            found.append((name, hashlib.file_digest(file, "sha256").digest()))
    return tuple(found)


def _files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path
            for path in folder.rglob("*") if path.is_file() and path.name != TIMESTAMP}


def _kept(course: Course, student: str, assignment: str) -> list[Path]:
    return sorted(course.replaced(student, assignment).glob("*"))


def _said(course: Course, assignment: str) -> Path:
    return course.attempts / f"{assignment}.counts"
