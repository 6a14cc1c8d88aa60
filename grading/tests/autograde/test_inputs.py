"""Inputs of hidden tests: the same for the same submission, others once anything in it has changed; never the verdicts.

The submission of this class prints what it is called with, and raises it where it is asked to.
"""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from conftest import cell, notebook

from grading.autograde import autograde
from grading.books import results
from grading.books.course import Course
from grading.desk.feedback import feedback
from grading.release import assignment as assignments
from grading.release import generate
from grading.sample import sample_class

MODULE = "cs231n/classifiers/softmax.py"
CELLS = (
    cell("code", "draws-setup-given", "import numpy as np\n"
         "from cs231n.classifiers.softmax import softmax_loss_vectorized, softmax_loss_naive", locked=True),
    cell("code", "draws-seen-check", "W = np.random.default_rng(7).normal(size=(2, 3))\n"
         "softmax_loss_vectorized(W, np.ones((1, 2)), np.array([0]), 0.0)", 1.0, locked=True),
    cell("code", "draws-own-solution", "### BEGIN SOLUTION\nanswer = 1\n### END SOLUTION", solution=True),
    cell("code", "draws-hidden-loss", "# Random weights.\n### BEGIN HIDDEN TESTS\n"
         "V = np.random.default_rng(70707).normal(size=(2, 3))\n"
         "softmax_loss_vectorized(V, np.ones((1, 2)), np.array([1]), 0.0)\n### END HIDDEN TESTS", 2.0, locked=True),
    cell("code", "draws-raised-loss", "# Random weights.\n### BEGIN HIDDEN TESTS\n"
         "V = np.random.default_rng(70707).normal(size=(2, 3))\n"
         "softmax_loss_naive(V, np.ones((1, 2)), np.array([0]), 0.0)\n### END HIDDEN TESTS", 2.0, locked=True),
)
TELLS = ("def softmax_loss_vectorized(W, X, y, reg):\n    print('W is', W.ravel().tolist())\n"
         "def softmax_loss_naive(W, X, y, reg):\n    raise ValueError(f'W is {W.ravel().tolist()}')\n")
TOPICS = {"draws-seen": ("softmax_loss_vectorized",), "draws-hidden": ("softmax_loss_vectorized",),
          "draws-raised": ("softmax_loss_naive",)}


@pytest.fixture(scope="module")
def assignment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("draws")
    nbformat.write(notebook(*CELLS), folder / "draws.ipynb")
    (folder / "README.md").write_text("Draws.\n")
    return replace(assignments.load("assignment1"), folder=folder, notebooks=("draws",),
                   student_modules=("classifiers/softmax.py",), topics=TOPICS)


@pytest.fixture(scope="module")
def handed_in(assignment, tmp_path_factory):
    """A course with one submission, of Ada's, that nobody has graded: it has no secret yet. Not to be changed."""
    course = Course(tmp_path_factory.mktemp("handed-in") / "course")
    generate.generate(assignment, course)
    sample_class.complete(assignment, course, course.submitted("ada", assignment.name))
    (course.submitted("ada", assignment.name) / MODULE).write_text(TELLS)
    assert not course.secret.exists()
    return course


def copied(course: Course, root: Path) -> Course:
    return Course(shutil.copytree(course.root, root))


def graded(assignment, course: Course, **settings):
    """({cell: the weights that it was called with}, {cell: outcome}, results.json)."""
    list(autograde.autograde(assignment, course, timeout=30, **settings))
    folder = course.autograded("ada", assignment.name)
    found = {}
    for one in nbformat.read(folder / "draws.ipynb", as_version=4).cells:
        told = re.findall(r"W is (\[.*?\])", str(one.get("outputs", "")))
        found |= {one.id: told[0]} if told else {}
    outcomes = {name: one["outcome"] for name, one in results.read(course, "ada", assignment.name).cells.items()}
    return found, outcomes, (folder / results.FILE).read_bytes()


def commented(course: Course, assignment) -> None:
    with (course.submitted("ada", assignment.name) / MODULE).open("a") as file:
        file.write("# a comment\n")


@pytest.mark.parametrize("stock", [False, True], ids=["engine", "stock"])
def test_a_comment_changes_the_inputs_and_not_the_verdicts_and_nothing_changes_none(
        assignment, handed_in, tmp_path, stock, monkeypatch, request):
    how = {"stock": True} if stock else {"workers": request.getfixturevalue("workers")}
    monkeypatch.delenv("PYTHONPATH", raising=False)          # a kernel would find the source's modules there first
    course = copied(handed_in, tmp_path / "course")
    first, outcomes, kept = graded(assignment, course, **how)
    assert set(first) == {"draws-seen-check", "draws-hidden-loss", "draws-raised-loss"}
    assert outcomes == {"draws-seen-check": "passed", "draws-hidden-loss": "passed", "draws-raised-loss": "error"}
    assert graded(assignment, course, **how, regrade=True) == (first, outcomes, kept)

    commented(course, assignment)
    second, again, _ = graded(assignment, course, **how)
    assert again == outcomes
    assert second["draws-seen-check"] == first["draws-seen-check"]
    assert second["draws-hidden-loss"] != first["draws-hidden-loss"]
    assert second["draws-raised-loss"] != first["draws-raised-loss"]

    other, once_more, _ = graded(assignment, copied(handed_in, tmp_path / "other"), **how)
    assert once_more == outcomes
    assert other["draws-seen-check"] == first["draws-seen-check"]
    assert other["draws-hidden-loss"] not in (first["draws-hidden-loss"], second["draws-hidden-loss"])


@pytest.fixture(scope="module")
def once_graded(assignment, handed_in, workers, tmp_path_factory):
    course = copied(handed_in, tmp_path_factory.mktemp("graded") / "course")
    graded(assignment, course, workers=workers)
    return course


def test_people_see_the_sources_cells_and_nobody_the_secret(assignment, once_graded):
    course = once_graded
    shown = nbformat.read(course.autograded("ada", assignment.name) / "draws.ipynb", as_version=4)
    assert {one.id: one.source for one in shown.cells if one.id in TOPICS} == {
        one.id: one.source for one in CELLS if one.id in TOPICS}
    secret = course.secret.read_bytes()
    told = [secret, secret.hex().encode(), repr(secret).encode()]
    for path in course.root.rglob("*"):
        if path.is_file() and path != course.secret:
            assert not any(text in path.read_bytes() for text in told), path
    for folder in (course.release(assignment.name), course.autograded("ada", assignment.name)):
        assert not list(folder.rglob(course.secret.name))


def test_feedback_on_a_hidden_test_quotes_what_was_raised_and_no_line_of_the_test(assignment, once_graded, monkeypatch):
    course = once_graded
    monkeypatch.setattr(assignments, "load", lambda name: assignment)
    feedback(assignment, course)
    page = (course.feedback("ada", assignment.name) / "draws.html").read_text()
    hidden = page[page.index("draws-hidden-loss"):] if "draws-hidden-loss" in page else page[page.index("hidden"):]
    assert "W is [" in hidden and page.count("default_rng") <= 1
