"""Where each student stands: the kept result, marks by hand, attempts, times, what was said of the submission."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from grading.books import grades, marking, notes, results, rubric
from grading.books.course import Course
from grading.books.grades import Graded
from grading.books.results import Result
from grading.desk import questions as asked
from grading.release.assignment import Assignment


@dataclass(frozen=True)
class Standing:
    """- result: None where there is none; cells: of it, with the marks that were given by hand
    - graded: as the gradebook has it; attempts: how many were handed in
    - fault: why the kit failed on it in its last run; collected: what was said as it was collected
    - costs: what its last run took, see `notes`
    """

    student: str
    result: Result | None
    cells: dict[str, dict]
    graded: Graded
    attempts: int = 1
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
    entered = grades.now(course, name)
    scores = entered.scores
    found = []
    for student in sorted(students):
        result = results.read(course, student, name)
        cells = {}
        for notebook, those in results.with_marks(course, result, scores).items() if result else ():
            for cell, scored in those.items():
                cells[cell] = scored | {"notebook": notebook, "message": result.cells[cell]["message"]}
        graded = entered.of.get(student, Graded(student))
        there = course.replaced(student, name)
        earlier = sum(1 for _ in there.iterdir()) if there.is_dir() else 0
        found.append(Standing(student, result, cells, graded, earlier + course.submitted(student, name).is_dir(),
                              faults.get(student, ""), said.get(student, ""), costs.get(student, {})))
    return found


def questions(assignment: Assignment, course: Course, graded: Sequence[Standing]) -> list[dict]:
    """Of each inline question: who has answered, what is marked, how, by whom, with how many comments."""
    known = marking.markers(course, assignment.name)
    found = []
    for question in asked.of_assignment(assignment, course):
        those = [(one, one.cells[question.name]) for one in graded if question.name in one.cells]
        empty = [one.student for one, cell in those if cell["message"] == "no answer given"]
        marked = [(one.student, cell["score"]) for one, cell in those if cell["score"] is not None
                  and one.student not in empty]
        markers: dict[str, list[float]] = {}
        for student, score in marked:
            markers.setdefault(marking.by_whom(known, student, question.name, score), []).append(score)
        found.append({
            "question": question.name, "title": question.title, "notebook": question.notebook,
            "points": question.points, "answered": len(those) - len(empty), "unanswered": empty,
            "marked": len(marked), "unmarked": [one.student for one, cell in those if cell["score"] is None],
            "again": [one.student for one, _ in those if (question.notebook, question.name) in one.graded.again],
            "mean": _mean([score for _, score in marked]),
            "commented": sum(bool(rubric.read_comment(one.graded.marks[place].comment).words) for one, _ in those
                             if (place := (question.notebook, question.name)) in one.graded.marks),
            "marks": dict(sorted(Counter(f"{score:g}" for _, score in marked).items(), key=lambda one: float(one[0]))),
            "markers": [{"marker": who or "not known", "marked": len(scores), "mean": _mean(scores)}
                        for who, scores in sorted(markers.items())]})
    return found


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None


def work(every: Sequence[Standing]) -> dict:
    """Attempts, late days, and what grading took."""
    costs = [one.costs for one in every if one.costs]
    days = Counter(one.graded.days for one in every if one.result)
    return {
        "attempts": dict(sorted(Counter(one.attempts for one in every if one.attempts).items())),
        "late days": dict(sorted(days.items())),
        "late": [{"student": one.student, "days": one.graded.days, "penalty": one.graded.penalty}
                 for one in sorted(every, key=lambda one: -one.graded.late) if one.graded.days],
        "seconds": [cost["seconds"] for cost in costs],
        "megabytes": [round(cost["bytes"] / 1e6, 1) for cost in costs],
        "slowest": [{"student": one.student, "seconds": one.costs["seconds"],
                     "megabytes": round(one.costs["bytes"] / 1e6, 1)}
                    for one in sorted((one for one in every if one.costs),
                                      key=lambda one: -one.costs["seconds"])[:10]]}
