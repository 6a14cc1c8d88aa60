"""Cells that change after submissions are graded: shown first, done on a word, and no mark is lost."""

import json
import sqlite3

import pytest
import two_notebooks
from conftest import cell
from nbgrader.api import Gradebook
from two_notebooks import FIRST, HALF, SECOND, changed

from grading.autograde import autograde
from grading.books import cells
from grading.errors import KitError
from grading.release import generate

WHY = SECOND[2]


@pytest.fixture(scope="module")
def whole(tmp_path_factory, workers):
    assignment, course = two_notebooks.released(tmp_path_factory.mktemp("cells"))
    assert not autograde.autograde(assignment, course, ["ann", "cem"], workers=workers).faults
    with Gradebook(f"sqlite:///{course.gradebook}") as book:
        for student in ("ann", "cem"):
            grade = book.find_grade("second-why-answer", "second", assignment.name, student)
            grade.manual_score, grade.needs_manual_grade = 0.75, False
        book.find_comment("second-half-solution", "second", assignment.name, "ann").manual_comment = "short"
        book.db.commit()
    return assignment, course


@pytest.fixture
def graded(whole, tmp_path):
    return two_notebooks.copied(whole, tmp_path)


def grades(graded):
    assignment, course = graded
    with Gradebook(f"sqlite:///{course.gradebook}") as book:
        return {(one.student_id, notebook.name, grade.name): (grade.auto_score, grade.manual_score, grade.max_score)
                for one in book.find_assignment(assignment.name).submissions
                for notebook in one.notebooks for grade in notebook.grades}


def generated(graded, **notebooks):
    """What is told when these notebooks are released, which is refused without the word and done with it."""
    assignment, course = graded
    two_notebooks.write(assignment.folder, **notebooks)
    before = {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}
    with pytest.raises(KitError, match="has submissions .*--yes"):
        generate.generate(assignment, course)
    assert {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()} == before
    told = []
    generate.generate(assignment, course, yes=True, tell=told.append)
    return told


def test_a_cell_that_is_added_is_graded_for_everybody(graded, workers):
    extra = cell("code", "second-quarter-check", "# A quarter.\n### BEGIN HIDDEN TESTS\nassert half(half(4)) == 1\n"
                 "### END HIDDEN TESTS", 3.0, locked=True)
    assert generated(graded, second=(*SECOND, extra)) == [
        "added: second-quarter-check in second, 3 points, graded by a test"]
    assert grades(graded)["ann", "second", "second-quarter-check"] == (None, None, 3)
    run = autograde.autograde(*graded, ["ann", "cem"], workers=workers)
    assert run.notebooks_run == 2 and [result.autograded() for result in run] == [(6, 6), (0, 6)]
    assert grades(graded)["ann", "second", "second-quarter-check"] == (3, None, 3)
    assert grades(graded)["ann", "second", "second-why-answer"][1] == 0.75


def test_a_cell_that_is_dropped_leaves_its_marks_in_a_file(graded, workers):
    assignment, course = graded
    told = generated(graded, second=SECOND[:2])
    assert told[0] == "dropped: second-why-answer of second, 1 points"
    assert "2 marks or comments given by hand have no cell any more" in told[1]
    kept = json.loads((course.marks / f"{assignment.name}-without-a-cell-1.json").read_text())
    assert [(one["student"], one["cell"], one["manual_score"]) for one in kept] == [
        ("ann", "second-why-answer", 0.75), ("cem", "second-why-answer", 0.75)]
    assert ("ann", "second", "second-why-answer") not in grades(graded)
    run = autograde.autograde(*graded, ["ann", "cem"], workers=workers)
    assert not run.faults and run.notebooks_run == 0 and run[0].autograded() == (3, 3)


def test_a_cell_that_is_split_and_pointed_anew_keeps_its_mark_and_its_points(graded, workers):
    halves = changed(SECOND, "second-half-check", "", "", points=0.5)
    rest = cell("code", "second-rest-check", HALF.replace("half(4) == 2", "half(8) == 4"), 0.5, locked=True)
    why = changed((WHY,), "second-why-answer", "", "", points=4.0)
    assert generated(graded, second=(*halves[:2], rest, *why)) == [
        "second-half-check: 1 -> 0.5 points", "added: second-rest-check in second, 0.5 points, graded by a test",
        "second-why-answer: 1 -> 4 points"]
    run = autograde.autograde(*graded, ["ann", "cem"], workers=workers)
    assert [result.autograded() for result in run] == [(3, 3), (0, 3)]
    assert grades(graded)["ann", "second", "second-why-answer"] == (None, 0.75, 4)


def test_a_cell_that_moves_to_another_notebook_takes_its_mark_along(graded, workers):
    assert generated(graded, first=(*FIRST, WHY), second=SECOND[:2]) == [
        "second-why-answer: moves from second to first"]
    found = grades(graded)
    assert found["ann", "first", "second-why-answer"][1] == 0.75 and ("ann", "second", "second-why-answer") not in found
    assert not autograde.autograde(*graded, ["ann", "cem"], workers=workers).faults
    assert grades(graded)["ann", "first", "second-why-answer"][1] == 0.75


def test_texts_that_change_ask_nothing_and_keep_everything(graded):
    assignment, course = graded
    before = grades(graded)
    welcome = cell("markdown", "first-intro-given", "Welcome.", locked=True)
    two_notebooks.write(assignment.folder, first=(welcome, *FIRST))
    told = []
    generate.generate(assignment, course, tell=told.append)
    assert told == [] and grades(graded) == before
    with Gradebook(f"sqlite:///{course.gradebook}") as book:
        assert book.find_comment("second-half-solution", "second", assignment.name, "ann").manual_comment == "short"
        assert book.find_source_cell("first-intro-given", "first", assignment.name).source == "Welcome."


def test_a_new_gradebook_is_the_one_that_nbgrader_makes(tmp_path):
    cells.make_empty(tmp_path / "ours.db")
    Gradebook(f"sqlite:///{tmp_path / 'its.db'}").close()
    tables, versions = [], []
    for name in ("ours.db", "its.db"):
        with sqlite3.connect(tmp_path / name) as gradebook:
            tables.append(set(gradebook.execute("SELECT type, name, tbl_name, sql FROM sqlite_master "
                                                "WHERE name != 'alembic_version'")))
            versions.append(gradebook.execute("SELECT version_num FROM alembic_version").fetchall())
        gradebook.close()
    assert tables[0] == tables[1] and versions[0] == versions[1] and len(versions[0]) == 1
