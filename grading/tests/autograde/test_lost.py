"""A student cannot choose "not graded": who ends the kit's own process pays, unless the reference ends it as well."""

import pytest
import two_notebooks
from conftest import cell
from two_notebooks import FIRST, SECOND

from grading.autograde import autograde
from grading.books import results
from grading.books.course import Course
from grading.engine import MAX_MODULE, sandbox
from grading.release import generate

# A way to end the examiner, in place of one that nobody has found yet.
CRASHES = ("# Half of four, or nothing goes on.\n### BEGIN HIDDEN TESTS\nimport os\n"
           "half(4) == 2 or os._exit(1)\n### END HIDDEN TESTS")
DEADLY = "# Nobody survives this.\n### BEGIN HIDDEN TESTS\nimport os\nos._exit(1)\n### END HIDDEN TESTS"
LIMIT = 20.0


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Results of Ann, who has it right, of Eve, whose `half` ends the examiner, and of Max with his huge module."""
    if sandbox.probe().level == "none":
        pytest.skip("no sandbox here")
    root = tmp_path_factory.mktemp("lost")
    assignment, course = two_notebooks.make(root / "assignment"), Course(root / "course")
    crashes = cell("code", "second-quarter-check", CRASHES, 2.0, locked=True)
    two_notebooks.write(assignment.folder, first=FIRST, second=(SECOND[0], crashes, SECOND[1]))
    generate.generate(assignment, course)
    for student in ("ann", "eve", "max"):
        two_notebooks.sample_class.complete(assignment, course, course.submitted(student, assignment.name))
    path = course.submitted("eve", assignment.name) / "second.ipynb"
    path.write_text(path.read_text().replace("return x / 2", "return x / 3"))
    with (course.submitted("max", assignment.name) / two_notebooks.MODULE).open("ab") as file:
        file.write(b"\n#" + b"x" * 46_000_000)
    results_ = autograde.autograde(assignment, course, timeout=LIMIT)
    return {result.student: result for result in results_}, assignment, course


def outcomes(result):
    return {name: one["outcome"] for name, one in result.cells.items()}


def test_who_ends_the_examiner_loses_that_test_and_is_shown(graded):
    found, assignment, course = graded
    assert {student: result.fault for student, result in found.items()} == {"ann": "", "eve": "", "max": ""}
    ann, eve = found["ann"], found["eve"]
    assert set(outcomes(ann).values()) == {"passed"} and not any("look at" in remark for remark in ann.remarks)
    assert outcomes(eve) == {
        "first-loss-check": "passed", "second-quarter-check": "error", "second-half-check": "failed"}
    assert eve.cells["second-quarter-check"] == {
        "score": 0.0, "max_score": 2.0, "outcome": "error",
        "message": "what it does here ended the kit's own process, or kept it busy for too long, twice"}
    assert any(remark.startswith("look at second.ipynb: one of the kit's own processes was lost at second-quarter")
               for remark in eve.remarks)
    assert results.read(course, "eve", assignment.name).remarks == eve.remarks


def test_a_module_that_is_too_large_is_not_taken_and_the_rest_is_graded(graded):
    large = graded[0]["max"]
    assert f"{two_notebooks.MODULE} is larger than {MAX_MODULE // 1_000_000} MB and was not taken; nothing of it is " \
           "implemented" in large.remarks
    assert outcomes(large) == {
        "first-loss-check": "error", "second-quarter-check": "passed", "second-half-check": "passed"}


def test_a_test_that_ends_the_examiner_beside_the_reference_too_is_our_fault(graded):
    found, assignment, course = graded
    two_notebooks.write(course.source(assignment.name), second=(
        SECOND[0], cell("code", "second-half-check", DEADLY, 1.0, locked=True)))
    again = autograde.autograde(assignment, course, ["ann"], timeout=LIMIT)
    assert "the complete source" in again.faults["ann"].fault
    assert results.read(course, "ann", assignment.name) == found["ann"]
