"""Grades one submission in a worker, on this machine or on another."""

import copy
from dataclasses import dataclass

from grading.books import seeds
from grading.books.course import Course
from grading.books.seeds import Seeds
from grading.desk.pages import Clean
from grading.engine import run
from grading.engine.worker import Worker
from grading.intake.submission import Lesson, Submission, handed_in, lessons, load, modules, staged
from grading.release.assignment import Assignment
from grading.trials.naming import Asking


@dataclass(frozen=True)
class Job:
    """Whose submission is to be graded, and what of the course's books that takes: the secret itself stays there."""

    student: str
    seeds: Seeds


class Grader:
    """Used by several threads, each with its own worker. It can be pickled: there is no secret in it."""

    def __init__(self, assignment: Assignment, course: Course, limit: float, config):
        self.assignment, self._course, self._limit = assignment, course, limit
        self._lessons: dict[str, Lesson] = lessons(assignment, course, config)
        self.staged, self._asking = staged(assignment, course), Asking(assignment)

    def elsewhere(self, course: Course) -> "Grader":
        """The same for submissions that lie in another folder."""
        found = copy.copy(self)
        found._course = course
        return found

    def job(self, student: str) -> Job:
        files = handed_in(self.assignment, self._course, student)
        return Job(student, seeds.of_submission(seeds.secret(self._course), files))

    def grade(self, worker: Worker, job: Job) -> Submission:
        """The submission with its notebooks executed."""
        found = load(self.assignment, self._course, job.student, self._lessons, self.staged)
        found.answers = run.grade(
            worker, [(notebook, self._lessons[name].plan) for name, notebook in found.notebooks.items()],
            modules(self.assignment, found), self._limit, asked=job.seeds.asked, due=self._asking.due)
        for notebook in found.notebooks.values():
            Clean().preprocess(notebook, {})
        found.sandbox = worker.level
        return found
