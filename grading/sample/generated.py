"""A class of any size, from the source and a seed: what a course hands in, good and bad, a tenth faulty or hostile.

The same seed makes the same class. Hardly two submissions are the same, so each meets hidden inputs of its own.
"""

import random
from pathlib import Path

from grading.books.course import Course
from grading.release.assignment import Assignment
from grading.release.stubs import strip_markers
from grading.sample import faults, sample_class
from grading.sample.faults import Files
from grading.scratch import temporary
from grading.trials import catalogue
from grading.trials.catalogue import Entry

SHARES = {"perfect": 8, "untouched": 1, "one mistake": 5, "several mistakes": 2, "unusual": 4}   # of what is not bad
BAD = 10                                 # one submission in so many is faulty or hostile
SEVERAL = 3                              # mistakes of one submission, in different modules


def make(assignment: Assignment, course: Course, students: int, seed: int) -> dict[str, str]:
    """Hand in so many submissions, where a release stands; returns {student: what the submission is}."""
    rng, writer = random.Random(seed), Writer(assignment, course)
    every = [kind for kind, share in SHARES.items() for _ in range(share)]
    rng.shuffle(every)
    bad = max(1, round(students / BAD))
    kinds = ["bad"] * bad + [every[number % len(every)] for number in range(students - bad)]
    rng.shuffle(kinds)
    # Each list is gone through, not drawn from: a large class has everything, and as often as everything else.
    waiting = {kind: _in_turn(writer.choices[kind], rng) for kind in writer.choices}
    told = {}
    for number, kind in enumerate(kinds):
        student = f"s{number:0{len(str(students - 1))}}"
        chosen = [next(waiting[kind]) for _ in range(SEVERAL if kind == "several mistakes" else 1)]
        told[student], files = writer.submission(kind, chosen, student)
        hand_in(files, course.submitted(student, assignment.name))
    return told


def hand_in(files: Files, folder: Path) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _in_turn(those: list, rng: random.Random):
    while True:
        yield from rng.sample(those, len(those))


class Writer:
    """Makes submissions of one assignment. `choices` has what there is of each kind."""

    def __init__(self, assignment: Assignment, course: Course):
        self._assignment = assignment
        with temporary("kit-held-class-") as scratch:
            perfect = scratch / "perfect"
            sample_class.complete(assignment, course, perfect)
            self._perfect, self._untouched = (
                {name: (folder / name).read_bytes() for name in assignment.submitted_files}
                for folder in (perfect, course.release(assignment.name)))
        mistakes = catalogue.mistakes(assignment)
        self.choices: dict[str, list] = {
            "perfect": [None], "untouched": [None], "one mistake": mistakes, "several mistakes": mistakes,
            "unusual": catalogue.unusual(assignment),
            "bad": [*faults.FAULTS, *(attack for attack in faults.attacks() if self._fits(attack))]}

    def submission(self, kind: str, chosen: list, student: str) -> tuple[str, Files]:
        """(what it is, its files)"""
        if kind == "untouched":
            return kind, self._untouched
        if kind == "perfect":
            return kind, self._signed(self._perfect, student)
        if kind == "bad":
            return self._bad(chosen[0], student)
        entries: dict[str, Entry] = {entry.module: entry for entry in chosen}             # one in a module
        files = self._perfect | {f"cs231n/{module}": strip_markers(entry.source(), module).encode()
                                 for module, entry in entries.items()}
        return " ".join([f"{kind}:", *(entry.label for entry in entries.values())]), self._signed(files, student)

    def _bad(self, chosen, student: str) -> tuple[str, Files]:
        if isinstance(chosen, faults.Attack):
            base = self._perfect if chosen.base == "perfect" else self._untouched
            return f"hostile: {chosen.name}", chosen.on(self._signed(base, student), self._assignment)
        return f"faulty: {chosen.__name__}", chosen(self._signed(self._perfect, student), self._assignment)

    def _fits(self, attack: faults.Attack) -> bool:
        return attack.module in self._assignment.student_modules

    def _signed(self, files: Files, student: str) -> Files:
        """These files, with a line in a module that no other student has."""
        name = self._assignment.student_files[0]
        return files | {name: files[name] + f"\n# handed in by {student}\n".encode()}
