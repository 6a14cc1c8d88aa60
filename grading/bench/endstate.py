"""What a run of grading leaves, without what no two runs have in common: for saying that two came to the same."""

import hashlib
import json
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

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
# Quantifiers are bounded: a submission may print whatever takes long to search.
_TIME, _GAP = r"[\d.e-]{1,12} m?s", r"\s{1,12}"
_COST = _GAP.join((_TIME + " of processor time for \\d{1,9}; here, operations on whole arrays take about "
                   + _TIME + ", and a Python loop " + _TIME).split(" "))
_DOUBT = rf"Note: \S{{1,99}} costs more than array operations do, and less than a loop: {_COST}\.\n?"


@dataclass(frozen=True)
class EndState:
    """Of a course: the gradebook's rows without their random keys, and a digest of every autograded file, by path.

    A kept result counts without its fingerprint: that is of the kit's own files too, which somebody may be working on.
    So it does without what its run took.
    What a function cost when it was tested, which a message may tell, is measured anew each time and does not count.
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


def _digest(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix in (".json", ".ipynb"):
        told = json.loads(content)
        if path.name == results.FILE:
            told["fingerprint"] = ""
        content = json.dumps(_without_costs(told), sort_keys=True).encode()
    return hashlib.sha256(content).hexdigest()


def _without_costs(told):
    if isinstance(told, str):
        return re.sub(_COST, "(cost)", re.sub(_DOUBT, "", told)) if "processor" in told else told
    if isinstance(told, list):
        return [one for one in map(_without_costs, told) if not _says_nothing(one)]
    if isinstance(told, dict):
        return {key: _without_costs(one) for key, one in told.items()}
    return told


def _says_nothing(output) -> bool:
    """Of a cell's output: one that has told of costs alone."""
    return isinstance(output, dict) and output.get("output_type") == "stream" and output.get("text") == ""
