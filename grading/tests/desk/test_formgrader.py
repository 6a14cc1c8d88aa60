"""nbgrader's formgrader, started for real in the course folder, shows the course that the kit made."""

import json
import shutil

import pytest
import served

from grading.autograde import autograde
from grading.books.course import Course
from grading.intake import collect as collecting


@pytest.fixture
def course(released, perfect, tmp_path):
    """A course with one graded submission."""
    assignment, before = released
    shutil.copytree(before.root, tmp_path / "course")
    course = Course(tmp_path / "course")
    shutil.copytree(perfect[1], course.root / "inbox" / "ann")
    collecting.collect(assignment, course, [course.root / "inbox"])
    assert not autograde.autograde(assignment, course)[0].fault
    return course


@pytest.fixture
def server(course):
    """The address of a Jupyter server started in the course folder."""
    with served.jupyter(course.root) as address:
        yield address


def get(address, path):
    return served.get(f"{address}/formgrader/{path}")


def test_the_formgrader_shows_assignment_submission_tests_and_rubric(server, released):
    assignment, _ = released
    shown = {one["name"]: one for one in json.loads(get(server, "api/assignments"))}
    assert shown[assignment.name]["num_submissions"] == 1
    submitted = json.loads(get(server, f"api/submitted_notebooks/{assignment.name}/knn"))
    assert [one["student"] for one in submitted] == ["ann"]
    assert submitted[0]["needs_manual_grade"] and submitted[0]["code_score"] == submitted[0]["max_code_score"] > 15
    page = get(server, f"submissions/{submitted[0]['id']}")
    assert "MARK SCHEME" in page and "BEGIN HIDDEN TESTS" in page and "knn-structure-answer" in page
