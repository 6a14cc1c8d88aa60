"""Where one student stands in one assignment, as the books say it: points, lateness, what is known, what waits."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from grading.books import grades, marking, results, stamps
from grading.books.course import Course
from grading.books.grades import Graded, Mark
from grading.books.results import Result


@dataclass(frozen=True)
class Standing:
    """- result: None where nothing is graded yet
    - cells: {notebook: {cell: {score, max_score, outcome}}}, marks included
    - handed_in: as the submission says it, in UTC; late_days: begun ones; penalty: in points
    - marks, markers: of cells that were marked by hand, and who is known to have marked them
    - extra: points of a test on top of all that it has; comments: a marker's words on cells without points
    - waiting: cells whose marks wait for another look
    - former: whether something else was handed in last, which is not graded yet
    """

    student: str
    assignment: str
    result: Result | None
    cells: dict[str, dict[str, dict]] = field(default_factory=dict)
    handed_in: str = ""
    late_days: int = 0
    penalty: float = 0.0
    marks: dict[str, Mark] = field(default_factory=dict)
    markers: dict[str, str] = field(default_factory=dict)
    extra: dict[str, float] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    former: bool = False

    @property
    def score(self) -> float:
        return round(sum(cell["score"] or 0.0 for cells in self.cells.values() for cell in cells.values()), 9)

    @property
    def max_score(self) -> float:
        return round(sum(cell["max_score"] for cells in self.cells.values() for cell in cells.values()), 9)

    @property
    def total(self) -> float:
        return grades.after(self.score, self.penalty)

    @property
    def not_marked(self) -> list[str]:
        return [name for cells in self.cells.values() for name, cell in cells.items()
                if cell["outcome"] == "manual" and cell["score"] is None]

    def told(self) -> dict:
        """For programs."""
        named = self.result.named if self.result else []
        return {"graded": self.result is not None, "score": self.score, "max_score": self.max_score,
                "penalty": self.penalty, "late_days": self.late_days, "total": self.total,
                "known_mistakes": [{"function": one["function"], "says": one["says"]} for one in named
                                   if one.get("kind", "mistake") in ("mistake", "raised")],
                "marked": {cell: {"by": self.markers.get(cell), "comment": mark.comment}
                           for cell, mark in self.marks.items()},
                "not_marked": len(self.not_marked), "waiting": list(self.waiting), "notebooks": self.cells}


def read(course: Course, assignment: str, students: Iterable[str]) -> dict[str, Standing]:
    """Of these, whose submissions are collected."""
    found, entered = {}, grades.now(course, assignment)
    scores, known = entered.scores, marking.markers(course, assignment)
    for student in students:
        result, graded = results.read(course, student, assignment), entered.of.get(student, Graded(student))
        given = {cell: mark for (_, cell), mark in graded.marks.items() if mark.by_hand}
        when = stamps.submitted_at(course.submitted(student, assignment))
        found[student] = Standing(
            student, assignment, result, results.with_marks(course, result, scores) if result else {},
            f"{when:%Y-%m-%d %H:%M} UTC" if when else "", graded.days, graded.penalty,
            given, {cell: who for cell, mark in given.items()
                    if (who := marking.by_whom(known, student, cell, mark.score))},
            _extra(result, graded) if result else {}, {cell: words for (_, cell), words in graded.comments.items()},
            tuple(sorted(cell for _, cell in graded.again)), results.is_former(course, result))
    return found


def _extra(result: Result, graded: Graded) -> dict[str, float]:
    """Of tests whose points nobody has changed: what they have on top."""
    return {cell: mark.score - result.cells[cell]["max_score"] for (_, cell), mark in graded.marks.items()
            if cell in result.cells and not mark.by_hand and (mark.score or 0) > result.cells[cell]["max_score"]}
