"""Feedback names a mistake in the cells that it cost, and nowhere else."""

from conftest import check, notebook

from grading.books import results
from grading.books.course import Course
from grading.books.results import NOTE, Result
from grading.desk.feedback import HideTests
from grading.trials import diagnosis

NAMED = [{"function": "knn-best_k-solution", "topics": "knn-best_k", "kind": "mistake", "read": "the mean",
          "says": "best_k is chosen by the first fold alone."},
         {"function": "KNearestNeighbor.predict_labels", "kind": "mistake", "says": "k is not used.", "read": ""}]
OUTCOMES = {"knn-best_k-choice": "failed", "knn-cross_validation-check": "failed", "knn-predict_labels-ties": "failed",
            "knn-predict_labels-check": "passed"}


def test_what_is_known_of_a_cell_or_a_function_stands_in_the_tests_that_it_lost(tmp_path, monkeypatch):
    course = Course(tmp_path)
    cells = {name: {"score": 0.0, "max_score": 1.0, "outcome": outcome, "message": "wrong"}
             for name, outcome in OUTCOMES.items()}
    result = Result("ann", "assignment1", "", "full", {"knn": cells}, named=NAMED)
    course.autograded("ann", "assignment1").mkdir(parents=True)
    results.write(course, result)
    page = notebook(*[check(name, "assert ok") for name in OUTCOMES])
    for cell in page.cells:
        cell.metadata[NOTE] = {"outcome": OUTCOMES[cell.id], "message": "wrong"}
    monkeypatch.chdir(tmp_path)
    HideTests().preprocess(page, {"nbgrader": {"student": "ann", "assignment": "assignment1"}})
    shown = {cell.id: "".join(output.text for output in cell.outputs) for cell in page.cells}
    assert shown["knn-best_k-choice"] == ("This looks like a known mistake. best_k is chosen by the first fold alone.\n"
                                          "Read again: the mean\n")
    assert "k is not used." in shown["knn-predict_labels-ties"]
    assert shown["knn-cross_validation-check"] == shown["knn-predict_labels-check"] == ""
    assert "knn-best_k-solution looks like a known mistake: best_k is chosen by the first fold alone" in (
        diagnosis.sentence(result))
