"""What is exported: people, and what they have in some assignments."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from nbgrader import api
from sqlalchemy import select

from grading.books import answers, grades, marks, results, rosters
from grading.books.answers import Place
from grading.books.course import Course
from grading.books.grades import Grades
from grading.books.rosters import Named
from grading.errors import KitError, few
from grading.release import assignment as assignments

_MOST = 5                    # students who are named in a refusal


@dataclass(frozen=True)
class Book:
    """- people: id -> names, those of the roster first; words: id -> what else stands for them, certainly
    - order: assignment -> its questions as students meet them; comments: assignment -> student -> place -> words
    - behind: assignment -> those whose submission has not been graded as it was handed in last
    """

    people: dict[str, Named]
    words: dict[str, set[str]]
    grades: dict[str, Grades]
    order: dict[str, list[Place]]
    comments: dict[str, dict[str, dict[Place, str]]]
    behind: dict[str, list[str]] = field(default_factory=dict)


def gather(course: Course, names: Sequence[str], partial: bool = False,
           students: Collection[str] | None = None) -> Book:
    """Of these assignments, as of now. Raises KitError where questions are not marked, unless it is to be `partial`."""
    names = list(dict.fromkeys(names))
    with grades.settled(course, names) as session:
        found = {name: grades.read(session, course, name) for name in names}
        known = grades.people(session)
        platform = dict(session.execute(select(api.Student.id, api.Student.lms_user_id)).all())
        comments = {name: _comments(marks.read(session, name)) for name in names}
    if students is not None:
        if strangers := sorted(set(students) - known.keys()):
            raise KitError(f"{strangers[0]!r} is not in {course.gradebook}.")
        known = {student: named for student, named in known.items() if student in students}
    behind = {name: [student for student in results.behind(course, name) if students is None or student in students]
              for name in names}
    if not partial:
        _require_graded(behind)
        _require_marks({name: one.unmarked for name, one in found.items()}, known)
    roster = rosters.read(course)
    ordered = [*(one for one in (roster.ids if roster else ()) if one in known)]
    ordered += [one for one in known if roster is None or one not in roster.ids]
    words = {student: {student, *filter(None, (known[student].email, platform.get(student)))} for student in known}
    for student in ordered:
        if roster and student in roster.ids:
            words[student] |= rosters.certain(roster.rows[student])
    return Book({student: known[student] for student in ordered}, words, found,
                {name: _order(course, one) for name, one in found.items()}, comments, behind)


def number(value: float) -> str:
    return f"{round(value, 6):.10g}"


def _require_graded(behind: dict[str, list[str]]) -> None:
    for name, those in behind.items():
        if those:
            raise KitError(f"{name}: what {few(those, _MOST)} handed in last is not graded. Run: kit autograde {name}; "
                           "or export what there is, with --partial.")


def _require_marks(unmarked: dict[str, dict[str, tuple[Place, ...]]], known: Collection[str]) -> None:
    for name, waiting in unmarked.items():
        waiting = {student: places for student, places in waiting.items() if student in known}
        if waiting:
            told = [f"{student}: {few([cell for _, cell in places], 2)}" for student, places in waiting.items()]
            raise KitError(f"{name}: {sum(map(len, waiting.values()))} questions of {len(waiting)} students wait for a "
                           f"mark ({'; '.join(told[:_MOST])}{'; ...' if len(told) > _MOST else ''}). Mark them with: "
                           f"kit answers {name}; or export what there is, with --partial.")


def _order(course: Course, found: Grades) -> list[Place]:
    listed = assignments.load(found.assignment).notebooks if found.assignment in assignments.names() else ()
    notebooks = sorted({notebook for notebook, _ in found.points},
                       key=lambda one: (listed.index(one) if one in listed else len(listed), one))
    stand = [(notebook, cell.get("metadata", {}).get("nbgrader", {}).get("grade_id"))
             for notebook in notebooks for cell in answers.read(course.source(found.assignment), notebook)]
    places = {place: at for at, place in enumerate(stand)}
    return sorted(found.points, key=lambda one: (notebooks.index(one[0]), places.get(one, len(stand)), one[1]))


def _comments(found: marks.Marks) -> dict[str, dict[Place, str]]:
    told: dict[str, dict[Place, str]] = {}
    for student, notebook, cell, mark in marks.each(found):
        if mark.get("manual_comment"):
            told.setdefault(student, {})[notebook, cell] = mark["manual_comment"]
    return told
