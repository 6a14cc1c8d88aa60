"""Where each student stands: the kept result, marks by hand, attempts, times, what was said of the submission."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from nbgrader import api
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from grading.books import attempts, marking, marks, notes, results
from grading.books.course import Course
from grading.books.results import Result
from grading.desk import questions as asked
from grading.release.assignment import Assignment

DAY = 24 * 3600


@dataclass(frozen=True)
class Standing:
    """- result: None where there is none; cells: of it, with the marks that were given by hand
    - waiting: answers whose mark waits for another look
    - attempts: how many were handed in; late: seconds; penalty: points
    - fault: why the kit failed on it in its last run; collected: what was said as it was collected
    - costs: what its last run took, see `notes`
    """

    student: str
    result: Result | None
    cells: dict[str, dict] = field(default_factory=dict)
    waiting: frozenset[str] = frozenset()
    attempts: int = 1
    time: datetime | None = None
    late: float = 0.0
    penalty: float = 0.0
    fault: str = ""
    collected: str = ""
    costs: dict[str, float] = field(default_factory=dict)

    def points(self, names: Iterable[str] | None = None) -> tuple[float, float]:
        """(score, max score) of the cells that are decided."""
        chosen = [cell for name, cell in self.cells.items() if cell["score"] is not None and (
            names is None or name in names)]
        return sum(cell["score"] for cell in chosen), sum(cell["max_score"] for cell in chosen)


def read(assignment: Assignment, course: Course) -> list[Standing]:
    """Of everyone with a submission or a result, by id."""
    name = assignment.name
    faults, said, costs = (notes.read(course, name, kind) for kind in (notes.FAULTS, notes.COLLECTED, notes.COSTS))
    refused = {student for student, sentence in said.items() if sentence.startswith("refused; ")}
    students = {*course.students(name), *refused, *(
        path.parent.parent.name for path in (course.root / "autograded").glob(f"*/{name}/{results.FILE}"))}
    given, entered = marks.scores(course, name), _entered(course, name)
    waits = _waiting(course, name)
    found = []
    for student in sorted(students):
        result = results.read(course, student, name)
        cells = {}
        for notebook, those in results.with_marks(course, result, given).items() if result else ():
            for cell, scored in those.items():
                cells[cell] = scored | {"notebook": notebook, "message": result.cells[cell]["message"]}
        time, late, penalty = entered.get(student, (None, 0.0, 0.0))
        there = course.replaced(student, name)
        earlier = sum(1 for _ in there.iterdir()) if there.is_dir() else 0
        found.append(Standing(student, result, cells, frozenset(waits.get(student, ())),
                              earlier + course.submitted(student, name).is_dir(),
                              time or attempts.time(course.submitted(student, name)), late, penalty,
                              faults.get(student, ""), said.get(student, ""), costs.get(student, {})))
    return found


def _entered(course: Course, assignment: str) -> dict[str, tuple[datetime | None, float, float]]:
    """Student -> (time, seconds late, penalty), from the gradebook."""
    if not course.gradebook.exists():
        return {}
    with marks.reading(course.gradebook) as session:
        penalties = dict(session.execute(
            select(api.SubmittedNotebook.assignment_id, func.sum(api.SubmittedNotebook.late_submission_penalty))
            .group_by(api.SubmittedNotebook.assignment_id)).all())
        every = session.scalars(select(api.SubmittedAssignment).join(api.Assignment)
                                .where(api.Assignment.name == assignment)
                                .options(joinedload(api.SubmittedAssignment.assignment))).all()
        return {one.student_id: (one.timestamp, float(one.total_seconds_late), float(penalties.get(one.id) or 0.0))
                for one in every}


def _waiting(course: Course, assignment: str) -> dict[str, set[str]]:
    if not course.gradebook.exists():
        return {}
    found: dict[str, set[str]] = {}
    with marks.reading(course.gradebook) as session:
        for student, _, cell, mark in marks.each(marks.read(session, assignment)):
            if "manual_score" in mark and mark.get("needs_manual_grade"):
                found.setdefault(student, set()).add(cell)
    return found


def questions(assignment: Assignment, course: Course, graded: Sequence[Standing]) -> list[dict]:
    """Of each inline question: who has answered, what is marked, and how."""
    by_whom = marking.markers(course, assignment.name)
    found = []
    for question in asked.of_assignment(assignment, course):
        those = [(one, one.cells[question.name]) for one in graded if question.name in one.cells]
        empty = [one.student for one, cell in those if cell["message"] == "no answer given"]
        marked = [(one.student, cell["score"]) for one, cell in those if cell["score"] is not None
                  and one.student not in empty]
        markers: dict[str, list[float]] = {}
        for student, score in marked:
            who, entered = by_whom.get((student, question.name), ("", None))
            markers.setdefault(who if entered == score else "", []).append(score)
        found.append({
            "question": question.name, "title": question.title, "notebook": question.notebook,
            "points": question.points, "answered": len(those) - len(empty), "unanswered": empty,
            "marked": len(marked), "unmarked": [one.student for one, cell in those if cell["score"] is None],
            "again": [one.student for one, _ in those if question.name in one.waiting],
            "mean": _mean([score for _, score in marked]),
            "marks": dict(sorted(Counter(f"{score:g}" for _, score in marked).items(), key=lambda one: float(one[0]))),
            "markers": [{"marker": who or "not known (formgrader)", "marked": len(scores), "mean": _mean(scores)}
                        for who, scores in sorted(markers.items())]})
    return found


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None


def work(every: Sequence[Standing]) -> dict:
    """Attempts, late days, and what grading took."""
    costs = [one.costs for one in every if one.costs]
    days = Counter(math.ceil(one.late / DAY) for one in every if one.result)
    return {
        "attempts": dict(sorted(Counter(one.attempts for one in every if one.attempts).items())),
        "late days": dict(sorted(days.items())),
        "late": [{"student": one.student, "days": math.ceil(one.late / DAY), "penalty": one.penalty}
                 for one in sorted(every, key=lambda one: -one.late) if one.late > 0],
        "seconds": [cost["seconds"] for cost in costs],
        "megabytes": [round(cost["bytes"] / 1e6, 1) for cost in costs],
        "slowest": [{"student": one.student, "seconds": one.costs["seconds"],
                     "megabytes": round(one.costs["bytes"] / 1e6, 1)}
                    for one in sorted((one for one in every if one.costs),
                                      key=lambda one: -one.costs["seconds"])[:10]]}
