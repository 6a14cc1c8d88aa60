"""The gradebook and the kept results of a class come in; one page about the class goes out, for the instructor.

`standing` reads the books, `tests`, `failures` and `people` work out what there is to say, `page` writes it. What came
out of a submission is text there, and nothing else. `data` is all of it, as JSON holds it.
"""

import hashlib
import re
import shlex
from collections.abc import Callable

from grading.autograde import suspects
from grading.books import seeds
from grading.books.course import DEFAULT, Course
from grading.errors import KitError
from grading.release.assignment import Assignment
from grading.report import failures, people, standing, tests
from grading.report.standing import Standing


def data(assignment: Assignment, course: Course, anonymous: bool = False,
         progress: Callable[[int, int], None] = lambda done, of: None) -> dict:
    """Raises KitError where nothing is graded.

    - anonymous: students are called by numbers, in an order that tells nothing about who they are
    - progress: told how many submissions have been looked at
    """
    course.require_release(assignment.name)
    every = standing.read(assignment, course)
    graded = [one for one in every if one.result]
    if not graded:
        raise KitError(f"Nothing of {assignment.name} is graded in {course.root}. Run: kit autograde {assignment.name}")
    options = "" if course.root == DEFAULT.resolve() else f" --course {shlex.quote(str(course.root))}"
    found = {
        "assignment": assignment.name, "title": assignment.title,
        "students": len(every), "graded": len(graded), "not graded": [
            {"student": one.student, "why": one.fault or "not graded yet: kit autograde"} for one in every
            if not one.result or one.fault],
        "scores": tests.scores(assignment, graded),
        "cells": tests.cells(assignment, graded),
        "suspect tests": suspects.sentences(one.result for one in graded),
        "looped": tests.looped(assignment, graded),
        "mistakes": failures.known(graded),
        "unexplained": failures.unexplained(assignment, graded, options),
        "unwritten": failures.unwritten(assignment, graded),
        "stopped": failures.stopped(graded),
        "unloaded": failures.unloaded(graded),
        "look at": people.worth_a_look(assignment, course, every, progress),
        "questions": standing.questions(assignment, course, graded),
        "course of work": standing.work(every),
        "sandbox": sorted({one.result.sandbox for one in graded if one.result.sandbox}),
    }
    return without_names(found, _labels(course, every)) if anonymous else found


def _labels(course: Course, every: list[Standing]) -> dict[str, str]:
    secret = seeds.secret(course)
    order = sorted((one.student for one in every), key=lambda student: hashlib.sha256(
        repr((secret, student)).encode()).digest())
    return {student: f"student {number}" for number, student in enumerate(order, 1)}


def without_names(found, labels: dict[str, str]):
    """The same with labels in place of the students' ids, wherever these stand as words by themselves."""
    named = re.compile("|".join(rf"(?<![\w.@+-]){re.escape(student)}(?![\w@+-])"
                                for student in sorted(labels, key=len, reverse=True)) or r"(?!)")

    def plain(value):
        if isinstance(value, str):
            return named.sub(lambda match: labels[match[0]], value)
        if isinstance(value, list):
            return [plain(one) for one in value]
        if isinstance(value, dict):
            return {plain(key): None if key == "command" else plain(one) for key, one in value.items()}
        return value

    return plain(found)
