"""A large class that is graded, made by copying one graded submission: for what costs time though nothing is run.

Files are linked, and rows are copied by the gradebook itself, so thousands take some seconds.
"""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from grading.bench.disturbed import copy_course
from grading.books import results
from grading.books.course import Course
from grading.release.assignment import Assignment

# Of each table what a copy has of its own, as SQL; `n` is the copy's number.
_COPY = "printf('copy-%06d', n)"
_TABLES = {
    "student": {"id": _COPY},
    "submitted_assignment": {"id": "id || '-' || n", "student_id": _COPY},
    "submitted_notebook": {"id": "id || '-' || n", "assignment_id": "assignment_id || '-' || n"},
    "grade": {"id": "id || '-' || n", "notebook_id": "notebook_id || '-' || n"},
    "comment": {"id": "id || '-' || n", "notebook_id": "notebook_id || '-' || n"},
}
_OF_STUDENT = {
    "student": "id = :student",
    "submitted_assignment": "student_id = :student",
    "submitted_notebook": "assignment_id IN (SELECT id FROM submitted_assignment WHERE student_id = :student)",
}
_OF_STUDENT["grade"] = _OF_STUDENT["comment"] = (
    f"notebook_id IN (SELECT id FROM submitted_notebook WHERE {_OF_STUDENT['submitted_notebook']})")


def make(assignment: Assignment, course: Course, student: str, copies: int, folder: Path) -> Course:
    """A course in `folder` with so many students more, each with what `student` of `course` has: files and rows."""
    one = course.submitted(student, assignment.name), course.autograded(student, assignment.name)
    large = Course(folder)
    copy_course(course.root, large.root)
    shutil.rmtree(large.root / "autograded")
    (large.root / "submitted").unlink()                  # a link to those of the other course
    kept = json.loads((one[1] / results.FILE).read_text(encoding="utf-8"))
    for number in range(copies):
        name = f"copy-{number:06}"
        shutil.copytree(one[0], large.submitted(name, assignment.name), copy_function=os.link)
        target = large.autograded(name, assignment.name)
        shutil.copytree(one[1], target, copy_function=os.link, ignore=shutil.ignore_patterns(results.FILE))
        (target / results.FILE).write_text(json.dumps(kept | {"student": name}, indent=1) + "\n", encoding="utf-8")
    with closing(sqlite3.connect(large.gradebook)) as gradebook, gradebook:
        for table, own in _TABLES.items():
            columns = [row[1] for row in gradebook.execute(f"PRAGMA table_info({table})")]
            gradebook.execute(
                f"WITH RECURSIVE copies(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM copies WHERE n + 1 < :copies) "
                f"INSERT INTO {table} ({', '.join(columns)}) "
                f"SELECT {', '.join(own.get(column, column) for column in columns)} FROM {table}, copies "
                f"WHERE {_OF_STUDENT[table]}", {"student": student, "copies": copies})
    return large
