"""A change of people as it is written down, and what it sets aside before the gradebook forgets it."""

from dataclasses import dataclass, field
from pathlib import Path

from nbgrader import api
from sqlalchemy import select

from grading.books import marks
from grading.books.course import Course

TOPS = "submitted", "replaced", "autograded", "feedback"           # folders with one of each student's
MARKS, LEFT = "marks-by-hand.json", "left.json"                    # aside: marks, and who it is who has left
PERSON = "first_name", "last_name", "email", "lms_user_id"


@dataclass(frozen=True)
class Change:
    """- what: rename, merge, remove, or restore (see `returns.py`); student: whose all goes or comes
    - into: the id that it goes to, "" where there is none
    - folder: below `removed/`, for what has no other place
    - keep: of a merge, by assignment that both have handed in, the id whose submission counts
    """

    what: str
    student: str
    into: str
    folder: str
    keep: dict[str, str] = field(default_factory=dict)

    def loser(self, assignment: str) -> str:
        """Of a merge: whose results and marks go aside where both have some."""
        if self.what != "merge":
            return ""
        return self.into if self.keep.get(assignment) == self.student else self.student


def children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def set_marks_aside(course: Course, change: Change, aside: Path) -> None:
    """Marks that leave the gradebook, into a file: those of who leaves, and of submissions that do not count."""
    path = aside / MARKS
    if not course.gradebook.exists() or path.exists():
        return
    left = {}
    with marks.reading(course.gradebook) as session:
        for name in session.scalars(select(api.Assignment.name)):
            loser = change.student if change.what == "remove" else change.loser(name)
            both = change.what == "remove" or {change.student, change.into} <= set(session.scalars(
                select(api.SubmittedAssignment.student_id).join(api.Assignment).where(api.Assignment.name == name)))
            if loser and both and (found := marks.read(session, name).get(loser)):
                left[name] = {loser: found}
    if left:
        aside.mkdir(parents=True, exist_ok=True)
        marks.write(path, left)


def set_person_aside(course: Course, student: str, aside: Path) -> None:
    """What the gradebook alone knows of who leaves: names, and extensions in seconds."""
    if (aside / LEFT).exists():
        return
    known = {"student": student}
    if course.gradebook.exists():
        with marks.reading(course.gradebook) as session:
            if person := session.get(api.Student, student):
                known |= {name: getattr(person, name) for name in PERSON}
            known["extensions"] = {name: extension.total_seconds() for name, extension in session.execute(
                select(api.Assignment.name, api.SubmittedAssignment.extension)
                .join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
                .where(api.SubmittedAssignment.student_id == student)) if extension}
    aside.mkdir(parents=True, exist_ok=True)
    marks.write(aside / LEFT, known)
