"""An assignment of two small notebooks, and a class of three that has handed it in: Ann and Bob have all of it right,
Cem's loss has no penalty and his half is a third."""

import shutil
from dataclasses import replace
from pathlib import Path

import nbformat
from conftest import cell, notebook

from grading.books.course import Course
from grading.release import assignment as assignments
from grading.release import generate
from grading.release.assignment import Assignment
from grading.sample import sample_class

MODULE = "cs231n/classifiers/softmax.py"
LOSS = ("# The loss, with its penalty.\n### BEGIN HIDDEN TESTS\nW = np.random.default_rng(70707).normal(size=(3, 7))\n"
        "loss, dW = softmax_loss_vectorized(W, np.zeros((2, 3)), np.array([0, 6]), 2.0)\n"
        "assert abs(loss - np.log(7) - 2 * np.sum(W**2)) < 1e-6\n### END HIDDEN TESTS")
HALF = "# Half of four.\n### BEGIN HIDDEN TESTS\nassert half(4) == 2\n### END HIDDEN TESTS"
FIRST = (
    cell("code", "first-setup-given", "import numpy as np\n"
         "from cs231n.classifiers.softmax import softmax_loss_vectorized", locked=True),
    cell("code", "first-loss-check", LOSS, 2.0, locked=True),
    cell("code", "", "print('the first notebook')"),
)
SECOND = (
    cell("code", "second-half-solution", "def half(x):\n    ### BEGIN SOLUTION\n    return x / 2\n    ### END SOLUTION",
         solution=True),
    cell("code", "second-half-check", HALF, 1.0, locked=True),
    cell("markdown", "second-why-answer", "### BEGIN SOLUTION\nBecause.\n### END SOLUTION", 1.0, solution=True),
)


def make(folder: Path) -> Assignment:
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, first=FIRST, second=SECOND)
    (folder / "README.md").write_text("A small assignment.\n")
    return replace(assignments.load("assignment1"), folder=folder, notebooks=("first", "second"),
                   student_modules=("classifiers/softmax.py",),
                   topics={"first-loss": ("softmax_loss_vectorized",), "second-half": ("half",),
                           "second-quarter": ("half",)})


def write(folder: Path, **notebooks) -> None:
    """Notebooks by name, as tuples of cells."""
    for name, cells in notebooks.items():
        nbformat.write(notebook(*cells), folder / f"{name}.ipynb")


def changed(cells: tuple, name: str, old: str, new: str, points: float | None = None) -> tuple:
    """The cells with this text of one of them, or its points, replaced."""
    made = []
    for one in cells:
        if one.id == name:
            assert old in one.source
            one = nbformat.from_dict(one | {"source": one.source.replace(old, new)})
            one.metadata = nbformat.from_dict(dict(one.metadata) | {"nbgrader": dict(one.metadata.nbgrader)})
            one.metadata.nbgrader["points"] = one.metadata.nbgrader.get("points") if points is None else points
        made.append(one)
    return tuple(made)


def copied(whole: tuple[Assignment, Course], folder: Path) -> tuple[Assignment, Course]:
    """The assignment and a course of it once more below this folder, both to be changed."""
    assignment, before = whole
    shutil.copytree(before.root, folder / "course")
    shutil.copytree(assignment.folder, folder / "assignment")
    return replace(assignment, folder=folder / "assignment"), Course(folder / "course")


def hand_in(assignment: Assignment, course: Course) -> None:
    for student in ("ann", "bob", "cem"):
        sample_class.complete(assignment, course, course.submitted(student, assignment.name))
        path = course.submitted(student, assignment.name) / "second.ipynb"
        path.write_text(path.read_text().replace("YOUR ANSWER HERE", "Because it is so."))
    folder = course.submitted("cem", assignment.name)
    module = folder / MODULE
    assert " + reg * np.sum(W**2)" in module.read_text()
    module.write_text(module.read_text().replace(" + reg * np.sum(W**2)", ""))
    path = folder / "second.ipynb"
    path.write_text(path.read_text().replace("return x / 2", "return x / 3"))


def released(root: Path) -> tuple[Assignment, Course]:
    """The assignment, and a course in which it is released and handed in."""
    assignment, course = make(root / "assignment"), Course(root / "course")
    generate.generate(assignment, course)
    hand_in(assignment, course)
    return assignment, course
