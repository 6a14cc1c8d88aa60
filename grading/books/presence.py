"""Who is in the class, and who has handed in what: roster, folders and gradebook laid side by side."""

from dataclasses import dataclass, field

from grading.books import attempts, people, rosters
from grading.books.course import Course
from grading.books.rosters import Named


@dataclass(frozen=True)
class Present:
    """attempts: by assignment, how many were handed in; graded: assignments; listed: whether the roster has the id."""

    student: str
    named: Named
    listed: bool
    attempts: dict[str, int] = field(default_factory=dict)
    graded: frozenset[str] = frozenset()

    def state(self, assignment: str) -> str:
        tries = self.attempts[assignment]
        return (f"{tries} attempts" if tries > 1 else "graded" if assignment in self.graded else "in") if tries else "-"

    def told(self) -> dict:
        """For programs."""
        return {"name": self.named.whole, "first": self.named.first, "last": self.named.last, "email": self.named.email,
                "in_roster": self.listed, "assignments": {
                    name: {"attempts": tries, "graded": name in self.graded} for name, tries in self.attempts.items()}}


def read(course: Course, names: list[str]) -> list[Present]:
    """Of these assignments: the roster's order first, then those whom it does not know."""
    roster, known = rosters.read(course), people.known(course)
    listed = list(roster.ids) if roster else []
    return [Present(student, roster.named(student) if roster else Named(), student in listed,
                    {name: len(attempts.every(course, student, name)) for name in names},
                    frozenset(name for name in names if course.autograded(student, name).is_dir()))
            for student in [*listed, *sorted(known - set(listed))]]


def alike(present: list[Present]) -> dict[str, list[str]]:
    """Address -> ids of those in the roster who have the same."""
    found: dict[str, list[str]] = {}
    for one in present:
        if one.listed and one.named.email:
            found.setdefault(one.named.email.casefold(), []).append(one.student)
    return {address: those for address, those in found.items() if len(those) > 1}
