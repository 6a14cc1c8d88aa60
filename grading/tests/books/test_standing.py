"""One student's standing: the same numbers as in the gradebook's grades."""

from grading.books import standing
from grading.books.grades import Graded, Mark
from grading.books.results import Result
from grading.books.standing import Standing
from grading.commands import show


def test_what_is_shown_of_a_student_is_what_is_exported_to_the_last_digit():
    scores = {"one": 0.1, "two": 0.2, "three": None}
    shown = Standing("ann", "assignment1", None, {"a": {name: {"score": score, "max_score": 0.7, "outcome": "manual"}
                                                        for name, score in scores.items()}}, penalty=0.2)
    exported = Graded("ann", {("a", name): Mark(score) for name, score in scores.items()}, penalty=0.2)
    assert (shown.score, shown.total) == (exported.score, exported.total) == (0.3, 0.1)
    assert shown.max_score == 2.1 and Standing("ann", "assignment1", None, penalty=1.0).total == 0.0


def test_what_a_marker_wrote_is_said_as_one_sentence_of_items_and_words():
    assert show._said("- 0.5: bright row\n- 1: the order\n\nShort.") == ": bright row (0.5); the order (1). Short."
    assert (show._said("Short."), show._said("")) == (": Short.", "")


def test_points_on_top_of_a_tests_own_are_told_apart_from_those_that_a_person_changed():
    cells = {name: {"score": 1.0, "max_score": 1.0, "outcome": "passed", "message": ""} for name in "abc"}
    marks = {("n", "a"): Mark(1.5), ("n", "b"): Mark(2.0, by_hand=True), ("n", "c"): Mark(1.0)}
    assert standing._extra(Result("ann", "a", "", "full", {"n": cells}), Graded("ann", marks)) == {"a": 0.5}
