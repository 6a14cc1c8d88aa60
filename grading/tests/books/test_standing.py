"""One student's standing: the same numbers as in the gradebook's grades."""

from grading.books.grades import Graded, Mark
from grading.books.standing import Standing


def test_what_is_shown_of_a_student_is_what_is_exported_to_the_last_digit():
    scores = {"one": 0.1, "two": 0.2, "three": None}
    shown = Standing("ann", "assignment1", None, {"a": {name: {"score": score, "max_score": 0.7, "outcome": "manual"}
                                                        for name, score in scores.items()}}, penalty=0.2)
    exported = Graded("ann", {("a", name): Mark(score) for name, score in scores.items()}, penalty=0.2)
    assert (shown.score, shown.total) == (exported.score, exported.total) == (0.3, 0.1)
    assert shown.max_score == 2.1 and Standing("ann", "assignment1", None, penalty=1.0).total == 0.0
