"""What grading a submission came to: an outcome and a score for each graded cell.

Kept as `results.json` beside the autograded notebooks; scores given by hand live in nbgrader's gradebook alone.
"""

import json
from dataclasses import asdict, dataclass, field

from nbformat import NotebookNode
from nbgrader import utils

from grading import NOTE
from grading.books import attempts, marks
from grading.books.course import Course

FILE = "results.json"
# How a remark ends on a module, and on a notebook, of which nothing could be taken.
NO_MODULE = "nothing of it is implemented"
NO_NOTEBOOK = "its tests ran on the submitted modules, answers and code in the notebook count as not given"


@dataclass
class Result:
    """One submission's result.

    - notebooks: {notebook: {grade_id: {"score", "max_score", "outcome", "message"}}}; outcome as in DESIGN section 2,
      or "manual" with score None until it is marked; "unloaded", a sentence, where a module could not be loaded;
      "met" where the message may hold what a hidden test has handed over; "why", the function of the submission that
      raised what ended the test, and the code of the cause, where it is known
    - named: what its functions look like, {"function", "kind", "says", "read"} each; kind: a known "mistake", another
      year's "convention", why an exception is "raised", or a "difference" where no known mistake fits; of a cell,
      "function" is its grade_id, and "topics" are those of the tests that judge it
    - fingerprint: what it depends on; runs: notebook -> what its outcomes do; names: what `named` does
    - whole: notebooks of which every cell was run, those too that no verdict depends on
    - marked_for: notebook -> answer's cell -> the text that its mark by hand was given for, where it is another now
    - handed: which attempt it is of, as `attempts.digest` tells it; "" where that is not known
    - remarks: sentences about the submission as a whole
    - fault: set when the kit failed; then nothing counts against the student
    """

    student: str
    assignment: str
    fingerprint: str
    sandbox: str
    notebooks: dict[str, dict[str, dict]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    named: list[dict[str, str]] = field(default_factory=list)
    fault: str = ""
    runs: dict[str, str] = field(default_factory=dict)
    names: str = ""
    whole: list[str] = field(default_factory=list)
    marked_for: dict[str, dict[str, str]] = field(default_factory=dict)
    handed: str = ""

    @property
    def lost(self) -> list[str]:
        """Graded cells that a test has judged, and that did not pass it."""
        return [name for name, cell in self.cells.items() if cell["outcome"] not in ("passed", "manual")]

    @property
    def cells(self) -> dict[str, dict]:
        """Every graded cell by grade_id."""
        return {name: cell for cells in self.notebooks.values() for name, cell in cells.items()}

    def autograded(self, notebook: str | None = None) -> tuple[float, float]:
        """(score, max score) over the autograded cells, of one notebook or of all."""
        chosen = self.cells if notebook is None else self.notebooks.get(notebook, {})
        tests = [cell for cell in chosen.values() if cell["outcome"] != "manual"]
        return sum(cell["score"] or 0.0 for cell in tests), sum(cell["max_score"] for cell in tests)


def from_notebooks(notebooks: dict[str, NotebookNode]) -> dict[str, dict[str, dict]]:
    """Read outcomes out of executed notebooks, by name."""
    found: dict[str, dict[str, dict]] = {}
    for name, notebook in notebooks.items():
        cells = found[name] = {}
        for cell in notebook.cells:
            if not utils.is_grade(cell):
                continue
            points = float(cell.metadata.nbgrader.points)
            if utils.is_solution(cell):
                score, _ = utils.determine_grade(cell)
                noted = {"outcome": "manual", "message": "no answer given" if score == 0 else ""}
            else:
                noted = dict(cell.metadata[NOTE])
                score = points if noted["outcome"] == "passed" else 0.0
            cells[cell.metadata.nbgrader.grade_id] = {"score": score, "max_score": points, **noted}
    return found


def own_fault(result: Result) -> str:
    """A sentence on test cells that failed for a reason of ours, or "": such a submission is not entered anywhere."""
    ours = {name: cell["message"] for name, cell in result.cells.items() if cell["outcome"] == "grader_error"}
    name = next(iter(ours), "")
    return f"{len(ours)} test cells failed for a reason of the kit's own, {name} first: {ours[name]}" if ours else ""


def read(course: Course, student: str, assignment: str) -> Result | None:
    """The kept result, or None when there is none, or none that is whole."""
    path = course.autograded(student, assignment) / FILE
    try:
        found = Result(**json.loads(path.read_text(encoding="utf-8")))
        cells = [cell for those in found.notebooks.values() for cell in those.values()]
        return found if all({"score", "max_score", "outcome"} <= cell.keys() for cell in cells) else None
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return None


def is_former(course: Course, kept: Result | None) -> bool:
    """Whether a kept result is of another attempt than the one that counts: that one has not been graded yet."""
    if kept is None or not kept.handed:
        return False
    counts = course.submitted(kept.student, kept.assignment)
    return counts.is_dir() and attempts.digest(counts) != kept.handed


def behind(course: Course, assignment: str) -> list[str]:
    """Students of whom what counts has not been graded, or of whom it is open which attempt does."""
    is_best = attempts.counting(course, assignment) == "best"
    return [student for student in course.students(assignment)
            if (kept := read(course, student, assignment)) is None or is_former(course, kept)
            or is_best and not _is_settled(course, student, assignment)]


def _is_settled(course: Course, student: str, assignment: str) -> bool:
    """Whether each of a student's attempts, where there are several, is graded in the course of attempts."""
    found, others = attempts.every(course, student, assignment), Course(course.attempts)
    kept = [read(others, attempts.beside(student, number), assignment) for number in range(1, len(found) + 1)]
    return len(found) < 2 or all(one and one.handed == attempts.digest(folder)
                                 for one, folder in zip(kept, found, strict=True))


def to_json(result: Result) -> str:
    return json.dumps(asdict(result), indent=1) + "\n"


def write(course: Course, result: Result) -> None:
    path = course.autograded(result.student, result.assignment) / FILE
    path.write_text(to_json(result), encoding="utf-8")


def with_marks(course: Course, result: Result,
               given: dict[tuple[str, str, str], float] | None = None) -> dict[str, dict[str, dict]]:
    """{notebook: {cell: {score, max_score, outcome}}} as it stands now, with what was marked by hand.

    - given: `marks.scores`, or those of `grades`, where they have been read already
    """
    if result.fault:
        return {}
    given = marks.scores(course, result.assignment) if given is None else given
    return {notebook: {name: {"score": given.get((result.student, notebook, name), cell["score"]),
                              "max_score": cell["max_score"], "outcome": cell["outcome"]}
                       for name, cell in cells.items()}
            for notebook, cells in result.notebooks.items()}
