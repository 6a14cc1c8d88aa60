"""The parts of a graded class by themselves: what the parent writes, reads and keeps for one submission.

Measured on large classes that are copies of one graded submission: the model of classes that are larger still is made
from these figures.
"""

import os
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

from grading.bench import cloned
from grading.books import results
from grading.books.course import Course
from grading.books.ledger import Ledger
from grading.books.results import Result
from grading.release.assignment import Assignment

CLASSES = (500, 2000)
RECORDS = 20                 # that are timed


@dataclass(frozen=True)
class Books:
    """With so many students in the books, seconds on the wall: to `record` one more, and to `list` the whole class;
    `spread` is between the quarter of the records that took least and the one that took most."""

    students: int
    record: float
    list: float
    spread: float = 0.0


@dataclass(frozen=True)
class Sizes:
    """Bytes of one submission: handed in, graded, in the gradebook; what of the disk both folders take, and in how
    many `files`; bytes of the `lesson`, which every worker needs once."""

    submitted: int
    autograded: int
    gradebook: int
    disk: int
    files: int
    lesson: int


def large(assignment: Assignment, course: Course, students: int, scratch: Path) -> Course:
    """So many students, graded; `course` has some that are."""
    one = course.students(assignment.name)[0]
    return cloned.make(assignment, course, one, students, scratch / f"large-{students}")


def books(assignment: Assignment, course: Course) -> Books:
    """Of a course whose students are graded; it is not changed but for rows and folders of students of its own."""
    students = course.students(assignment.name)
    kept = results.read(course, students[0], assignment.name)
    records = _records(assignment, course, kept)
    low, middle, high = statistics.quantiles(records, n=4)
    listing = statistics.median(_times(5, lambda _: course.students(assignment.name)))
    return Books(students=len(students), record=middle, list=listing, spread=high - low)


def sizes(assignment: Assignment, course: Course, before: int) -> Sizes:
    """before: bytes of the gradebook that the course was copied from."""
    students = course.students(assignment.name)
    handed, graded = ([_files(folder(student, assignment.name)) for student in students[:RECORDS]]
                      for folder in (course.submitted, course.autograded))
    both = [*handed, *graded]
    return Sizes(
        submitted=_mean(sum(file.st_size for file in files) for files in handed),
        autograded=_mean(sum(file.st_size for file in files) for files in graded),
        gradebook=(course.gradebook.stat().st_size - before) // len(students),
        disk=2 * _mean(sum(512 * file.st_blocks for file in files) for files in both),
        files=2 * _mean(len(files) for files in both),
        lesson=sum(file.st_size for folder in (course.source(assignment.name), course.grading_data)
                   for file in _files(folder)))


def _records(assignment: Assignment, course: Course, one: Result) -> list[float]:
    """Of students who are not in the books yet."""
    folder = course.autograded(one.student, assignment.name)
    files = {name: (folder / name).read_bytes() for name in assignment.student_files}
    texts = {name: (folder / f"{name}.ipynb").read_text(encoding="utf-8") for name in assignment.notebooks}
    students = [f"another-{number:03}" for number in range(RECORDS)]
    with Ledger(course) as ledger:
        prepared = [(replace(one, student=student),
                     {name: nbformat.reads(text, as_version=4) for name, text in texts.items()})
                    for student in students]
        taken = _times(len(students), lambda number: ledger.record(*prepared[number], files))
    for student in students:
        shutil.rmtree(course.autograded(student, assignment.name).parent)
    return taken


def _times(count: int, work: Callable[[int], object]) -> list[float]:
    times = []
    for number in range(count):
        start = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - start)
    return times


def _mean(those) -> int:
    return round(statistics.mean(those))


def _files(folder: Path) -> list[os.stat_result]:
    return [path.stat() for path in folder.rglob("*") if path.is_file()]
