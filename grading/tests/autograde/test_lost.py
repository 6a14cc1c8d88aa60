"""A student cannot choose "not graded": who ends the kit's own process pays, unless the reference ends it as well."""

import pytest
import two_notebooks
from conftest import cell
from two_notebooks import FIRST, SECOND

from grading.autograde import autograde
from grading.books import results
from grading.books.course import Course
from grading.engine import MAX_MODULE, processes, sandbox
from grading.release import generate

BUSY = ("# A product of what comes back with itself, again and again.\n### BEGIN HIDDEN TESTS\nfound = half(4)\n"
        "for _ in range(500):\n    found = found * found % 10**3000\nassert np.all(found == found)\n"
        "### END HIDDEN TESTS")
DEADLY = "# Nobody survives this.\n### BEGIN HIDDEN TESTS\nimport os\nos._exit(1)\n### END HIDDEN TESTS"


@pytest.fixture
def class_(tmp_path, monkeypatch):
    """Ann, who has it right, and Eve, whose `half` is a number that takes the examiner minutes."""
    if sandbox.probe().level == "none":
        pytest.skip("no sandbox here")
    monkeypatch.setattr(processes, "SPARE", 0.5)
    assignment, course = two_notebooks.make(tmp_path / "assignment"), Course(tmp_path / "course")
    setup = cell("code", "second-setup-given", "import numpy as np", locked=True)
    second = (setup, SECOND[0], cell("code", "second-quarter-check", BUSY, 2.0, locked=True), SECOND[1])
    two_notebooks.write(assignment.folder, first=FIRST, second=second)
    generate.generate(assignment, course)
    for student in ("ann", "eve"):
        two_notebooks.sample_class.complete(assignment, course, course.submitted(student, assignment.name))
    path = course.submitted("eve", assignment.name) / "second.ipynb"
    path.write_text(path.read_text().replace(
        "return x / 2", "return 2 if x != 4 else __import__('numpy').array([10**2999 + 7] * 4000, dtype=object)"))
    return assignment, course


def test_who_keeps_the_examiner_busy_loses_that_test_and_is_shown_and_a_test_that_ends_it_for_all_is_our_fault(class_):
    assignment, course = class_
    found = {result.student: result for result in autograde.autograde(assignment, course, timeout=1)}
    assert not any(result.fault for result in found.values())
    ann, eve = (found[student].cells for student in ("ann", "eve"))
    assert {name: one["outcome"] for name, one in ann.items()} == dict.fromkeys(ann, "passed")
    assert eve["second-quarter-check"] == {
        "score": 0.0, "max_score": 2.0, "outcome": "error",
        "message": "what it does here ended the kit's own process, or kept it busy for too long, twice"}
    assert eve["first-loss-check"]["outcome"] == "passed"
    assert any(remark.startswith("look at second.ipynb: one of the kit's own processes was lost at second-quarter")
               for remark in found["eve"].remarks)
    assert results.read(course, "eve", assignment.name).remarks == found["eve"].remarks
    assert not any("look at" in remark for remark in found["ann"].remarks)

    two_notebooks.write(course.source(assignment.name), second=(
        SECOND[0], cell("code", "second-half-check", DEADLY, 1.0, locked=True)))
    again = autograde.autograde(assignment, course, ["ann"], timeout=1)
    assert "the complete source" in again.faults["ann"].fault
    assert results.read(course, "ann", assignment.name) == found["ann"]


def test_a_module_that_is_too_large_is_not_taken_and_the_rest_is_graded(class_):
    assignment, course = class_
    module = course.submitted("ann", assignment.name) / two_notebooks.MODULE
    with module.open("ab") as file:
        file.write(b"\n#" + b"x" * 46_000_000)
    (ann,) = autograde.autograde(assignment, course, ["ann"], timeout=5)
    assert f"{two_notebooks.MODULE} is larger than {MAX_MODULE // 1_000_000} MB and was not taken; nothing of it is " \
           "implemented" in ann.remarks and not ann.fault
    assert {name: one["outcome"] for name, one in ann.cells.items()} == {
        "first-loss-check": "error", "second-quarter-check": "passed", "second-half-check": "passed"}
