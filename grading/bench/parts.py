"""The parts of a graded class by themselves: what the parent writes, reads and keeps for one submission.

Measured on large classes that are copies of one graded submission: the model of classes that are larger still is made
from these figures.
"""

import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

from grading.autograde.autograde import Fingerprints
from grading.bench import cloned
from grading.books import results
from grading.books.course import Course
from grading.books.ledger import Ledger
from grading.books.results import Result
from grading.release.assignment import Assignment

CLASSES = (500, 2000)
RECORDS = 20                 # that are timed
_LIMIT = 30.0                # seconds for a cell: only that there is one counts here


@dataclass(frozen=True)
class Books:
    """With so many students in the books; seconds on the wall, of one submission: to `record` it, to read its `marks`
    for the JSON file, to `look` whether it has changed; and to `list` the whole class."""

    students: int
    record: float
    marks: float
    look: float
    list: float


@dataclass(frozen=True)
class Sizes:
    """Bytes of one submission: handed in, graded, in the gradebook; `files` of both folders; bytes of the `lesson`,
    which every worker needs once."""

    submitted: int
    autograded: int
    gradebook: int
    files: int
    lesson: int


def large(assignment: Assignment, course: Course, students: int, scratch: Path) -> Course:
    """So many students, graded; `course` has some that are."""
    one = course.students(assignment.name)[0]
    return cloned.make(assignment, course, one, students, scratch / f"large-{students}")


def books(assignment: Assignment, course: Course) -> Books:
    """Of a course whose students are graded; it is not changed but for rows and folders of students of its own."""
    students = course.students(assignment.name)
    few = students[::max(1, len(students) // RECORDS)]
    fingerprints = Fingerprints(assignment, course, _LIMIT)
    kept = [results.read(course, student, assignment.name) for student in few]
    return Books(
        students=len(students), record=_record(assignment, course, kept[0]),
        marks=_median(few, lambda number: results.with_marks(course, kept[number])),
        look=_median(few, lambda number: fingerprints.of(few[number])),
        list=_median([0] * 5, lambda _: course.students(assignment.name)))


def sizes(assignment: Assignment, course: Course, before: int) -> Sizes:
    """before: bytes of the gradebook that the course was copied from."""
    students = course.students(assignment.name)
    handed = [_size(course.submitted(student, assignment.name)) for student in students[:RECORDS]]
    graded = [_size(course.autograded(student, assignment.name)) for student in students[:RECORDS]]
    return Sizes(
        submitted=_mean(size for size, _ in handed), autograded=_mean(size for size, _ in graded),
        gradebook=(course.gradebook.stat().st_size - before) // len(students),
        files=_mean(count for _, count in handed) + _mean(count for _, count in graded),
        lesson=_size(course.source(assignment.name))[0] + _size(course.grading_data)[0])


def _record(assignment: Assignment, course: Course, one: Result) -> float:
    """Of students who are not in the books yet."""
    folder = course.autograded(one.student, assignment.name)
    files = {name: (folder / name).read_bytes() for name in assignment.student_files}
    texts = {name: (folder / f"{name}.ipynb").read_text(encoding="utf-8") for name in assignment.notebooks}
    students = [f"another-{number:03}" for number in range(RECORDS)]
    with Ledger(course) as ledger:
        prepared = [(replace(one, student=student, remarks=[]),
                     {name: nbformat.reads(text, as_version=4) for name, text in texts.items()}) for student in students]
        taken = _median(students, lambda number: ledger.record(*prepared[number], files))
    for student in students:
        shutil.rmtree(course.autograded(student, assignment.name).parent)
    return taken


def _median(those: list, work: Callable[[int], object]) -> float:
    times = []
    for number in range(len(those)):
        start = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _mean(those) -> int:
    return round(statistics.mean(those))


def _size(folder: Path) -> tuple[int, int]:
    """(bytes, files)"""
    found = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return sum(found), len(found)
