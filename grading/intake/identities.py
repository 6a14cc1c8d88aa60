"""Whose a submission in a platform's download is: an id stands for one person, in one download and in the next.

Where there is no roster, an id is made of what the platform calls people; and that, as some of what a roster is asked
for, people choose themselves. What the platform itself knows them by (`Person.sure`) is kept of everybody who is taken
in, in `notes/`, so that nobody takes the place of another who has come before.
"""

import re
import unicodedata
from collections.abc import Collection
from contextlib import suppress

from grading.books import notes
from grading.books.course import Course
from grading.books.rosters import NO_ID, Roster
from grading.errors import KitError, few
from grading.intake.downloads import Person

_UNCLEAN = re.compile(r"[^\w.@+-]+")
_MOST = 100                       # characters of an id


class Identities:
    """What the course knows of an assignment's people: its roster, if it has one, and who came in before."""

    def __init__(self, course: Course, assignment: str, roster: Roster | None):
        self._course, self._assignment, self._roster = course, assignment, roster
        self._there = set(course.students(assignment))
        self._before: dict[str, dict[str, list[str]]] = notes.read(course, assignment, notes.PEOPLE)

    def student(self, person: Person) -> str:
        """The id that a platform's person stands for. Raises KitError where nothing tells."""
        if self._roster is None:
            return _cleaned(person)
        certain, told = self._certain(person), _told(person)
        found = certain or self._roster.whose(person.words)
        others = [other for word in person.words if person.agree and not certain
                  and (other := self._roster.meant(word)) and not set(other) & set(found)]
        if others:
            found = list(dict.fromkeys(found + sum(others, [])))
        if len(found) > 1 and not person.agree:          # a name in the roster may be one that somebody has chosen
            found = [one for one in found if self._roster.certainly(one, person.sure)] or found
        if len(found) == 1:
            if "/" in found[0] or found[0].startswith("."):              # no folder of that name would be found
                raise KitError(f"{told} is {found[0]!r} in {self._course.roster}, which is no student id: {NO_ID}. "
                               "Change it there.")
            return found[0]
        if found:
            raise KitError(f"{told} may be any of {', '.join(found)} of {self._course.roster}. Add a column that tells "
                           "them apart, such as the platform's number or the login.")
        raise KitError(f"{told} is not in {self._course.roster}. Add the student there, or a column with that word.")

    def _certain(self, person: Person) -> list[str]:
        """Whose address or login the platform's own word is; a number may by chance be somebody's in another list."""
        found = {one for word in person.sure if not word.isdecimal() for one in self._roster.meant(word)
                 if self._roster.certainly(one, [word])}
        return list(found) if len(found) == 1 else []

    def remark(self, person: Person, student: str) -> str:
        """What is to be said of whom a number alone makes this student; "" of anybody else."""
        if not self._roster or not self._roster.by_number_alone(student, person.words):
            return ""
        return (f"known by a number alone: nobody in {self._course.roster.name} is called what the platform says, "
                f"{_told(person)}")

    def doubtful(self, people: Collection[Person]) -> dict[Person, str]:
        """Those of a download who would pass for a student that another one is, as surely or more so, and why."""
        same: dict[str, list[Person]] = {}
        for person in sorted(people):
            with suppress(KitError):
                same.setdefault(self.student(person), []).append(person)
        doubtful = {}
        for student, those in same.items():
            doubtful |= self._of_the_roster(student, those) if self._roster else self._called(student, those)
        return doubtful

    def took(self, student: str, person: Person) -> None:
        """This one's work is in the course, under that id."""
        if person.sure:
            self._before.setdefault(student, {})[person.platform] = list(person.sure)

    def keep(self) -> None:
        """Write down who was taken in."""
        notes.keep(self._course, self._assignment, notes.PEOPLE, self._before)

    def _of_the_roster(self, student: str, those: list[Person]) -> dict[Person, str]:
        sure = {one: sum(student in self._roster.meant(word) for word in set(one.words)) for one in those}
        most = [one for one in those if sure[one] == max(sure.values())]
        doubtful = {}
        for one in those:
            if len(those) > 1 and [one] != most:
                others = "; ".join(_told(other) for other in those if other is not one)
                doubtful[one] = (f"{_told(one)} may be {student} of {self._course.roster}, and so may {others}. Add "
                                 "whoever is missing there, or a column that tells them apart, such as the platform's "
                                 "number or the login.")
            elif self._is_another(student, one) and not all(student in self._roster.meant(word) for word in one.sure):
                doubtful[one] = (f"{_told(one)} may be {student} of {self._course.roster}, and so was "
                                 f"{self._former(student, one)} before. Add a column there with what the platform "
                                 "knows them by, such as the address, the number or the login.")
        return doubtful

    def _called(self, student: str, those: list[Person]) -> dict[Person, str]:
        """The same without a roster."""
        right = {one: self._right(student, one) for one in those}
        most = max(right.values())
        first = [one for one in those if right[one] == most]
        if len({one.sure or (one.name,) for one in first}) > 1 or most == 0 and student in self._there:
            first = []
        doubtful, roster = {}, self._course.roster.name
        for one in those:
            if one not in first:
                others = [_told(other) for other in those if other is not one]
                told = [f"and so would {few(others, 3)}"] if others else []
                told += [f"and so was {self._former(student, one)} before"] if self._is_another(student, one) else []
                doubtful[one] = (f"{_told(one)} would be filed as {student}, "
                                 f"{', '.join(told) or 'as somebody was who handed in before'}. Write a {roster} that "
                                 "tells them apart.")
        return doubtful

    def _right(self, student: str, one: Person) -> int:
        """How sure it is that an id that is made of a name is this one's; 0 where the name was only cleaned to it."""
        if one.platform in self._before.get(student, {}):
            return 0 if self._is_another(student, one) else 3
        if one.sure and (student == one.sure[0] or student.endswith(f"-{one.sure[0]}")):
            return 2
        return 1 if one.name == student else 0

    def _is_another(self, student: str, one: Person) -> bool:
        """Whether the platform knew whoever bore the id before by something else. Moodle's numbers are of one task,
        of which a lesson may have several."""
        before = self._before.get(student, {}).get(one.platform)
        return before is not None and before != list(one.sure) and not (self._roster and one.platform == "moodle")

    def _former(self, student: str, one: Person) -> str:
        return ", ".join(map(repr, self._before[student][one.platform]))


def _cleaned(person: Person) -> str:
    return _UNCLEAN.sub("-", unicodedata.normalize("NFKC", person.name)).strip("-_.")[:_MOST] or "unnamed"


def _told(person: Person) -> str:
    return ", ".join(map(repr, person.words))
