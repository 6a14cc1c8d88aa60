"""Feedback: what a submission came to, as its student reads it.

For each submission `feedback/<student>/<assignment>/` gets an `index.html` and a page a notebook, in nbgrader's folders
and under its names, so that `nbgrader release_feedback` finds them. A page holds all that it shows, runs nothing and
asks nobody for anything. What it says of the lesson comes from the release, never from a source with hidden tests.

Only what has changed is made again: `made-of.json` beside the pages says what they were made of.
"""

import hashlib
import json
import os
import pickle
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from grading import ROOT
from grading.books import grades, marks, results
from grading.books.course import TIMESTAMP, Course
from grading.books.grades import Graded
from grading.desk.feedback import lesson
from grading.desk.feedback.pages import Pages
from grading.errors import KitError
from grading.release.assignment import Assignment

FEW = 8                          # submissions for which other processes are not worth their start
MADE_OF = "made-of.json"
_BESIDE = (TIMESTAMP, "submission_secret.txt")         # that nbgrader wants to have beside the pages
_OWN = ("desk/*.py", "desk/feedback/*.py", "desk/templates/feedback/*", "engine/telling.py", "books/rubric.py")


@dataclass
class Written:
    """Students whose pages are new, and those whose pages are as they were."""

    new: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def feedback(assignment: Assignment, course: Course, students: list[str] | None = None,
             told: Callable[[str, int, int], None] = lambda student, number, of: None) -> Written:
    """Write what has changed of the pages of everyone graded, or of these students.

    - told: is told of each student whose pages are written, how many are, and of how many

    Raises KitError, once all others have theirs, where a student's cannot be written.
    """
    graded = [student for student in course.students(assignment.name)
              if course.autograded(student, assignment.name).is_dir()]
    if not graded:
        raise KitError(f"No submission of {assignment.name} is graded yet. Run: kit autograde {assignment.name}")
    for student in students or []:
        if student not in graded:
            raise KitError(f"{student!r} has no graded submission of {assignment.name}. Graded: {', '.join(graded)}.")
    given = lesson.read(assignment, course)
    marks.copy(course, assignment.name)          # what was marked by hand is to be shown: it is done, for now
    entered, common = grades.now(course, assignment.name).of, _common(given)
    jobs, written = [], Written()
    for student in students or graded:
        where = entered.get(student, Graded(student))
        made_of = _made_of(course, given, student, where, common)
        if _is_whole(course.feedback(student, assignment.name), made_of):
            written.kept.append(student)
        else:
            jobs.append((student, where, made_of))
    failed = []
    for number, (student, why) in enumerate(_done(assignment, course, common, jobs), 1):
        told(student, number, len(jobs))
        if why:
            failed.append(f"Feedback for {student} failed: {why}")
        else:
            written.new.append(student)
    if failed:
        raise KitError(failed[0] + (f" So did that for {len(failed) - 1} more." if failed[1:] else ""))
    written.new.sort()
    return written


# --- what has changed -------------------------------------------------------------------------------------------

def _common(given: lesson.Lesson) -> str:
    digest = hashlib.sha256(given.digest.encode())
    for path in sorted(path for pattern in _OWN for path in (ROOT / "grading").glob(pattern) if path.is_file()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _made_of(course: Course, given: lesson.Lesson, student: str, where: Graded, common: str) -> str:
    """A digest of all that is on a submission's pages."""
    folder = course.autograded(student, given.name)
    names = [results.FILE, *(f"{name}.ipynb" for name in given.notebooks), *(f"cs231n/{one}" for one in given.modules)]
    digest = hashlib.sha256(repr((common, student, sorted(where.marks.items()), where.days, where.penalty,
                                  sorted(where.comments.items()))).encode())
    for path in [folder / name for name in names] + [course.submitted(student, given.name) / name for name in _BESIDE]:
        try:
            content = path.read_bytes()
        except OSError:
            content = b""
        digest.update(f"{path.name} {len(content)} ".encode() + content)
    return digest.hexdigest()


def _is_whole(folder: Path, made_of: str) -> bool:
    try:
        kept = json.loads((folder / MADE_OF).read_text(encoding="utf-8"))
        return kept["made of"] == made_of and all((folder / name).stat().st_size == size
                                                  for name, size in kept["pages"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


# --- writing ----------------------------------------------------------------------------------------------------

def _done(assignment: Assignment, course: Course, common: str, jobs: list[tuple[str, Graded, str]]):
    """(student, what went wrong or "") of each, as it is done: by several processes where it is worth it."""
    described = pickle.dumps(assignment)
    if len(jobs) < FEW or (os.cpu_count() or 1) == 1:
        yield from ((job[0], _write(described, course, common, *job)) for job in jobs)
        return
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as writers:
        doing = {writers.submit(_write, described, course, common, *job): job[0] for job in jobs}
        for one in as_completed(doing):
            try:
                yield doing[one], one.result()
            except BrokenProcessPool:
                yield doing[one], "a process that writes pages has died; run it once more"


def _write(described: bytes, course: Course, common: str, student: str, where: Graded, made_of: str) -> str:
    """One student's pages; returns what went wrong, as a sentence, or nothing."""
    try:
        pages = _pages(described, course, common)
        made, folder = pages.of(student, where), course.feedback(student, pages.lesson.name)
        first = next(made)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MADE_OF).unlink(missing_ok=True)
        for name in _BESIDE:
            with suppress(FileNotFoundError):
                _put(folder / name, (course.submitted(student, pages.lesson.name) / name).read_bytes())
        sizes = {}
        for name, page in chain([first], made):
            _put(folder / name, page)
            sizes[name] = len(page)
            del page
        _put(folder / MADE_OF, json.dumps({"made of": made_of, "pages": sizes}).encode())
    except (KitError, OSError) as error:
        return str(error)
    except Exception as error:           # a fault of ours costs one student's pages, not those of a class
        with course.log.open("a", encoding="utf-8") as log:
            log.write(f"feedback for {student}\n{traceback.format_exc()}")
        return f"{type(error).__name__}: {error} (see {course.log})"
    return ""


@lru_cache(maxsize=1)
def _pages(described: bytes, course: Course, common: str) -> Pages:
    """Made once for a class; `common` is another one where the lesson or the kit is."""
    return Pages(pickle.loads(described), course)


def _put(path: Path, content: bytes) -> None:
    """Whole or not at all; a file that holds it already keeps its time."""
    with suppress(OSError):
        if path.read_bytes() == content:
            return
    half = path.with_name(f".{path.name}.part")
    half.write_bytes(content)
    os.replace(half, path)
