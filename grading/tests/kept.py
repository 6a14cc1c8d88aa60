"""Workers that are kept from one run to the next: a sandbox takes longer to start than a small submission to grade."""

from functools import partial

from grading.autograde.workers import Workers, choose_sandbox
from grading.books.course import Course
from grading.engine.worker import Worker
from grading.release.assignment import Assignment


class Kept(Workers):
    """For runs of one lesson, in whichever course: who closes a worker gives it back. They end with the block."""

    def __init__(self, assignment: Assignment, course: Course):
        super().__init__(assignment, course, choose_sandbox())
        self._free: list[Worker] = []
        self._all: list[Worker] = []

    def take(self) -> Worker:
        try:
            return self._free.pop()
        except IndexError:
            worker = super().take()
            worker.close = partial(self._free.append, worker)
            self._all.append(worker)
            return worker

    def __exit__(self, *raised) -> None:
        for worker in self._all:
            Worker.close(worker)
        super().__exit__(*raised)
