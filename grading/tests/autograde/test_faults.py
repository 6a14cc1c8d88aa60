"""Our fault is never the student's: what a test's own code raises is told from what a submission brings about.

In every cell of the first notebook the test is at fault; in the second, the submission is.
"""


import shutil
from dataclasses import replace

import pytest
import two_notebooks
from conftest import cell
from two_notebooks import FIRST, SECOND, changed

from grading.autograde import autograde, suspects
from grading.autograde.tryout import try_out
from grading.books import notes, results
from grading.books.course import Course
from grading.books.results import Result
from grading.errors import KitError
from grading.release import generate


def hidden(name, body, points=1.0):
    return cell("code", name, f"# Something.\n### BEGIN HIDDEN TESTS\n{body}\n### END HIDDEN TESTS", points,
                locked=True)


FAULTS = {
    "name": "undefined_name",
    "arithmetic": "1 / (2 - 2)",
    "import": "import a_module_that_is_not_there",
    "helper": "def helper(values):\n    return values[3]\nhelper([softmax_loss_vectorized])",
    "arguments": "softmax_loss_vectorized(np.zeros((3, 7)))",
    "given": "from cs231n.testing import no_such_check",
    "data": "softmax_loss_vectorized(print, np.zeros((2, 3)), np.array([0, 6]), 0.0)",
    "attribute": "from cs231n.classifiers import softmax\nsoftmax.softmax_loss_quick(np.zeros((3, 7)))",
}
# What a wrong `half` or a wrong loss makes of a test that is right.
BLAMELESS = {
    "unpacking": "loss, dW = softmax_loss_vectorized(np.zeros((3, 7)), np.zeros((2, 3)), np.array([0, 6]), 0.0)",
    "arithmetic": "assert half(4) + 1 == 3",
    "subscript": "assert half(np.ones(3))[1] == 0.5",
    "missing": "assert quarter == 0.25",
    "sent": "assert half(half(8)) == 2",
    "check": "from cs231n.testing import assert_close\nassert_close(half(4), 2.0, 'half')",
    "import": "from cs231n.classifiers.softmax import softmax_loss_naive",
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, workers):
    """Results of Ann, who has it right, and of Dan, whose functions return nothing: of sound tests, then of others."""
    root = tmp_path_factory.mktemp("faults")
    assignment, course = two_notebooks.make(root / "assignment"), Course(root / "course")
    second = (FIRST[0], SECOND[0], cell("code", "second-quarter-solution",
              "### BEGIN SOLUTION\nquarter = half(0.5)\n### END SOLUTION", solution=True),
              *(hidden(f"second-{name}-check", body) for name, body in BLAMELESS.items()))
    two_notebooks.write(assignment.folder, first=FIRST, second=second)
    generate.generate(assignment, course)
    for student in ("ann", "dan"):
        two_notebooks.sample_class.complete(assignment, course, course.submitted(student, assignment.name))
    folder = course.submitted("dan", assignment.name)
    (folder / two_notebooks.MODULE).write_text("def softmax_loss_vectorized(W, X, y, reg):\n    pass\n")
    path = folder / "second.ipynb"
    path.write_text(path.read_text().replace("return x / 2", "pass").replace("quarter = half(0.5)", "quarter"))
    sound = autograde.autograde(assignment, course, workers=workers)
    kept = {result.student: result for result in sound}
    two_notebooks.write(course.source(assignment.name),
                        first=(FIRST[0], *(hidden(f"first-{name}-check", body) for name, body in FAULTS.items())))
    broken = autograde.autograde(assignment, course, workers=workers)
    return kept, sound.faults, broken, (assignment, course)


@pytest.mark.parametrize("kind", FAULTS)
def test_what_a_test_itself_raises_is_a_grader_error_for_everybody(graded, kind):
    _, _, broken, _ = graded
    for student in ("ann", "dan"):
        noted = broken.faults[student].notebooks["first"][f"first-{kind}-check"]
        assert noted["outcome"] == "grader_error", noted
        assert "the complete source does not pass this test either" in noted["message"]


def test_a_grader_error_is_entered_nowhere_and_said(graded):
    kept, _, broken, (assignment, course) = graded
    assert set(broken.faults) == {"ann", "dan"}
    assert notes.read(course, assignment.name, notes.FAULTS) == {
        student: result.fault for student, result in broken.faults.items()}
    assert broken.faults["ann"].fault.startswith(f"{len(FAULTS)} test cells failed for a reason of the kit's own")
    assert results.read(course, "ann", assignment.name) == kept["ann"]
    assert "first-name-check could not judge 2 of 2: look at the test" in "\n".join(suspects.sentences(broken))


@pytest.mark.parametrize("kind", BLAMELESS)
def test_what_a_submission_brings_about_in_a_sound_test_is_the_submissions(graded, kind):
    kept, faults, _, _ = graded
    assert {student: result.fault for student, result in faults.items()} == {}
    ann, dan = (kept[student].notebooks["second"][f"second-{kind}-check"] for student in ("ann", "dan"))
    assert ann["outcome"] == "passed"
    assert dan["outcome"] in ("error", "failed") and dan["score"] == 0 and set(dan) <= {
        "score", "max_score", "outcome", "message", "unloaded"}


def test_a_test_that_nearly_all_fail_who_have_tried_is_named():
    def result(number, outcome, message="wrong"):
        cells = {"svm-train-steps": {"score": 0, "max_score": 1, "outcome": outcome, "message": message},
                 "svm-other-check": {"score": 1, "max_score": 1, "outcome": "passed", "message": ""}}
        return Result(f"s{number}", "assignment1", "", "full", {"svm": cells})

    class_ = [result(number, "failed" if number < 41 else "passed") for number in range(43)]
    unwritten = [result(number, "error", "NotImplementedError: train is not implemented yet") for number in range(9)]
    assert suspects.sentences(class_ + unwritten) == ["svm-train-steps failed for 41 of 43: look at the test"]
    assert suspects.sentences(class_[:4]) == suspects.sentences(class_[38:]) == []       # too few; not nearly all


# Before a release

def tree(course):
    return {path.relative_to(course.root).as_posix(): path.is_file() and path.read_bytes()
            for path in course.root.rglob("*")}


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    return two_notebooks.released(tmp_path_factory.mktemp("handed-in"))


@pytest.mark.parametrize("spoil, says", [
    ({"first": changed(FIRST, "first-loss-check", "loss, dW =", "loss ="),
      "second": changed(SECOND, "second-half-check", "assert half(4) == 2", "assert True")},
     ("first-loss-check of first: the complete source does not pass it (error: ",
      "second-half-check of second: the release passes it as students get it")),
    ({"first": changed(FIRST, "first-loss-check", "### END HIDDEN TESTS", "")}, ("first.ipynb",)),
], ids=["tests", "marker"])
def test_a_source_that_is_not_fit_to_go_out_is_refused_by_its_cells_and_nothing_has_changed(
        handed_in, tmp_path, spoil, says):
    whole, course = handed_in
    assignment = replace(whole, folder=shutil.copytree(whole.folder, tmp_path / "assignment"))
    before = tree(course)
    two_notebooks.write(assignment.folder, **spoil)
    (assignment.folder / "README.md").write_text("Changed too.\n")
    new = Course(tmp_path / "new" / "course")
    for there in (course, new):
        with pytest.raises(KitError) as refused:
            generate.generate(assignment, there, yes=True, try_out=try_out)
        assert all(one in str(refused.value) for one in says)
    assert tree(course) == before
    assert not (tmp_path / "new").exists()


def test_a_sound_source_is_released_after_it_has_been_tried(tmp_path):
    assignment, course = two_notebooks.make(tmp_path / "assignment"), Course(tmp_path / "course")
    assert generate.generate(assignment, course, try_out=try_out).exists()
    assert {path.name for path in course.root.iterdir() if path.name.startswith(".")} == set()
