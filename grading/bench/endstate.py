"""What a run of grading leaves, without what no two runs have in common: for saying that two came to the same."""

import hashlib
import json
import sqlite3
from dataclasses import dataclass

from grading.books import results
from grading.books.course import Course

_CELL = """JOIN submitted_notebook ON {table}.notebook_id = submitted_notebook.id
           JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
           JOIN notebook ON submitted_notebook.notebook_id = notebook.id
           JOIN base_cell ON {table}.cell_id = base_cell.id"""
_ROWS = (
    f"""SELECT student_id, notebook.name, base_cell.name, auto_score, manual_score, extra_credit, needs_manual_grade
        FROM grade {_CELL.format(table="grade")}""",
    f"""SELECT student_id, notebook.name, base_cell.name, auto_comment, manual_comment
        FROM comment {_CELL.format(table="comment")}""",
    """SELECT student_id, notebook.name, submitted_assignment.timestamp, late_submission_penalty
       FROM submitted_notebook
       JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
       JOIN notebook ON submitted_notebook.notebook_id = notebook.id""",
)


@dataclass(frozen=True)
class EndState:
    """Of a course: the gradebook's rows without their random keys, and a digest of every autograded file, by path.

    A kept result counts without its fingerprint: that is of the kit's own files too, which somebody may be working on.
    """

    rows: tuple[str, ...]
    files: dict[str, str]

    def to_json(self) -> str:
        return json.dumps({"rows": self.rows, "files": self.files})


def from_json(text: str) -> EndState:
    told = json.loads(text)
    return EndState(tuple(told["rows"]), told["files"])


def of(course: Course) -> EndState:
    with sqlite3.connect(course.gradebook) as gradebook:
        rows = [repr((number, *row)) for number, query in enumerate(_ROWS) for row in gradebook.execute(query)]
    gradebook.close()
    folder = course.root / "autograded"
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return EndState(tuple(sorted(rows)), {path.relative_to(folder).as_posix(): _digest(path) for path in paths})


def differences(expected: EndState, found: EndState) -> list[str]:
    """Rows and files that only one of the two has, or that are not the same in both; none if both are equal."""
    rows = [f"row {row}" for row in sorted(set(expected.rows) ^ set(found.rows))]
    if not rows and len(expected.rows) != len(found.rows):
        rows = [f"{len(found.rows)} rows, where {len(expected.rows)} were expected"]
    return rows + [f"file {path}" for path in sorted(expected.files.keys() | found.files.keys())
                   if expected.files.get(path) != found.files.get(path)]


def _digest(path) -> str:
    content = path.read_bytes()
    if path.name == results.FILE:
        content = json.dumps(json.loads(content) | {"fingerprint": ""}, sort_keys=True).encode()
    return hashlib.sha256(content).hexdigest()
