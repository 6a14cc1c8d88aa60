"""A lesson of one notebook and one module, and the work of a student who has all of it right: what the corpus bends."""

import json
from dataclasses import replace
from pathlib import Path

import nbformat
from conftest import cell, check, given, notebook, solution

from grading.books.course import Course
from grading.release import assignment as assignments
from grading.release import generate
from grading.release.assignment import Assignment
from grading.sample import sample_class

NOTEBOOK, MODULE = "small.ipynb", "cs231n/classifiers/softmax.py"
HALF, LOSS = "small-half-check", "small-loss-check"
WHY, WHERE = "small-why-answer", "small-where-answer"
WORDS = {WHY: "Because halves of four are two, and Zoë measured it.",
         WHERE: "Where the slope is zero, near the origin."}
_CELLS = (
    cell("markdown", "", "# A small lesson\n\nIt has halves, and a loss of two classes."),
    given("small-setup-given", "import numpy as np\nfrom cs231n.classifiers.softmax import softmax_loss_vectorized\n"
          "np.random.seed(7)\nSCALE = 2"),
    cell("markdown", "", "## Halves\n\nWrite a function that gives back half of what it gets."),
    solution("small-half-solution", "def half(x):\n    ### BEGIN SOLUTION\n    return x / SCALE\n    ### END SOLUTION"),
    check(HALF, "# Half of four.\n### BEGIN HIDDEN TESTS\nassert half(4) == 2\n### END HIDDEN TESTS"),
    cell("code", "", "print('half of three is', half(3))"),
    check(LOSS, "# The loss of nothing but zeros.\n### BEGIN HIDDEN TESTS\n"
          "loss, _ = softmax_loss_vectorized(np.zeros((3, 7)), np.ones((2, 3)), np.array([0, 6]), 0.0)\n"
          "assert abs(loss - np.log(7)) < 1e-9\n### END HIDDEN TESTS"),
    cell("markdown", "small-why-question", "**Question 1.** Why is half of four two, and who says so?", locked=True),
    cell("markdown", WHY, f"### BEGIN SOLUTION\n{WORDS[WHY]}\n### END SOLUTION", 1.0, solution=True),
    cell("markdown", "", "## The end of the lesson\n\nOne more question follows."),
    cell("markdown", "small-where-question", "**Question 2.** Where is the loss the smallest of all?", locked=True),
    cell("markdown", WHERE, f"### BEGIN SOLUTION\n{WORDS[WHERE]}\n### END SOLUTION", 1.0, solution=True),
    cell("markdown", "", "That is all of the lesson; hand it in."),
)


def released(root: Path) -> tuple[Assignment, Course]:
    """The assignment, and a course in which it is released."""
    folder = root / "lesson"
    folder.mkdir(parents=True)
    made = notebook(*_CELLS)
    for number, one in enumerate(made.cells):
        one.id = one.id if "nbgrader" in one.metadata else f"small-text-{number}"
    nbformat.write(made, folder / NOTEBOOK)
    (folder / "README.md").write_text("A small assignment.\n")
    assignment = replace(assignments.load("assignment1"), folder=folder, notebooks=("small",),
                         student_modules=("classifiers/softmax.py",),
                         topics={"small-half": ("half",), "small-loss": ("softmax_loss_vectorized",)})
    course = Course(root / "course")
    generate.generate(assignment, course)
    return assignment, course


def work(assignment: Assignment, course: Course, scratch: Path) -> dict[str, bytes]:
    """The files that a student hands in who has everything right, path -> content."""
    sample_class.complete(assignment, course, scratch)
    notebook = json.loads((scratch / NOTEBOOK).read_text(encoding="utf-8"))
    shown = next(cell for cell in notebook["cells"] if "half of three" in "".join(cell["source"]))
    shown["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["half of three is 1.5\n"]}]
    return {NOTEBOOK: json.dumps(notebook, indent=1, ensure_ascii=False).encode(),
            MODULE: (scratch / MODULE).read_bytes()}
