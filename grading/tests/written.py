"""A class that has answered two questions in words, graded as far as that goes: nothing is run for it."""

import copy
from dataclasses import replace
from pathlib import Path

import nbformat
from conftest import cell, notebook
from nbformat.v4 import new_output

from grading.books import results
from grading.books.course import Course
from grading.books.ledger import Ledger
from grading.books.results import Result
from grading.intake.restore import key_notebook
from grading.release import assignment as assignments
from grading.release import generate
from grading.release.assignment import Assignment

NAME, QUESTION, SECOND = "assignment1", "words-rows-answer", "words-why-answer"
DOT = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==")
SCHEME = """### BEGIN MARK SCHEME
**2 points**

- **0.5 far away**: the row belongs to an image that is far from all others.
- **1.5 order within the row**: only the order counts, so $d_{ij} + c$ changes nothing.
  - **or 0.5 no, loosely argued**: a *no*, and a vague reason.

Common wrong answers: noise.
### END MARK SCHEME"""
CELLS = (
    cell("markdown", "words-intro", "# Rows\n\nLook at $d_{ij}$.", locked=True),
    cell("code", "words-picture", "print('a picture')", locked=True),
    cell("markdown", "words-rows-question", f"### Question 1: rows\n\nWhy is a row of the picture bright?\n\n{SCHEME}",
         locked=True),
    cell("markdown", QUESTION, "### BEGIN SOLUTION\nFar from all; $x < y$.\n### END SOLUTION", 2.0, solution=True),
    cell("markdown", "words-why-question", "### Question 2: why\n\nWhy?", locked=True),
    cell("markdown", SECOND, "### BEGIN SOLUTION\nBecause.\n### END SOLUTION", 1.0, solution=True),
)
ANSWERS = {
    "ann": "No. Only the **order** of the distances $d_{ij}$ within the row matters.",
    "bob": "no, only the order of distances within the row matters",
    "cem": "No, only the order of the distances within the row matters",
    "dan": "Yes, only the order of the distances within the row matters",
    "eve": "The image is far away from all others, an outlier.\n\n```python\nd[3].mean()\n```",
    "fay": "",
}


def make(folder: Path, answers: dict[str, str] = ANSWERS) -> tuple[Assignment, Course]:
    """The assignment, and a course in which these answers to its first question are graded."""
    (folder / "assignment").mkdir(parents=True)
    nbformat.write(notebook(*CELLS), folder / "assignment" / "words.ipynb")
    (folder / "assignment" / "README.md").write_text("Two questions.\n")
    assignment = replace(assignments.load(NAME), folder=folder / "assignment", notebooks=("words",), topics={})
    course = Course(folder / "course")
    generate.generate(assignment, course)
    record(course, answers)
    return assignment, course


def record(course: Course, answers: dict[str, str]) -> None:
    """Grade these students' notebooks (again)."""
    key = key_notebook(course.source(NAME) / "words.ipynb")
    with Ledger(course) as ledger:
        for student, text in answers.items():
            course.submitted(student, NAME).mkdir(parents=True, exist_ok=True)
            graded = copy.deepcopy(key)
            for one in graded.cells:
                if one.id == QUESTION and text:
                    one.source = text
                if one.id == "words-picture":
                    one.outputs = [new_output("display_data", {"image/png": DOT})]
            result = Result(student, NAME, text, "full", results.from_notebooks({"words": graded}))
            ledger.record(result, {"words": graded}, {})
