"""grading/ideas.toml says where in the lessons a student meets each idea: every row is true."""

import tomllib
from functools import cache

import nbformat

from grading import ROOT
from grading.release import assignment as assignments

IDEAS = tomllib.loads((ROOT / "grading" / "ideas.toml").read_text(encoding="utf-8"))["idea"]


@cache
def cells(lesson):
    """The cells of a lesson by their ids."""
    found = next(one for one in map(assignments.load, assignments.names()) if lesson in one.notebooks)
    return {cell.id: cell for cell in nbformat.read(found.notebook_path(lesson), as_version=4).cells}


def test_every_idea_stands_in_a_cell_of_its_lesson():
    for row in IDEAS:
        assert row.keys() == {"number", "idea", "lesson", "cell"} and row["idea"], row
        assert row["cell"] in cells(row["lesson"]), row


def test_no_row_is_there_twice_and_the_rows_of_a_lesson_stand_together():
    rows = [(row["number"], row["idea"], row["cell"]) for row in IDEAS]
    assert len(set(rows)) == len(rows)
    lessons = [row["lesson"] for row in IDEAS]
    changes = [one for one, before in zip(lessons, ["", *lessons]) if one != before]
    assert len(set(changes)) == len(changes), changes


def test_the_cell_of_an_idea_shows_or_tells_it_rather_than_tests_it():
    for row in IDEAS:
        described = cells(row["lesson"])[row["cell"]].metadata.get("nbgrader", {})
        assert not described.get("grade"), row
