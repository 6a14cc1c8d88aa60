"""Workers that are kept from one run to the next: a sandbox takes longer to start than a small submission to grade."""

from functools import partial
from pathlib import Path

from sandboxed import write_given

from grading.autograde.workers import choose_sandbox
from grading.books.course import Course
from grading.engine.worker import Worker
from grading.release.assignment import Assignment


class Kept:
    """In place of `Workers`, for any course with these given modules: a worker that is closed is taken again."""

    def __init__(self, assignment: Assignment, folder: Path):
        self._sandbox, self._given, course = choose_sandbox(), folder / "given", Course(folder / "course")
        write_given(assignment, self._given)
        course.prepare_data()
        self._data = course.grading_data
        self._free: list[Worker] = []
        self._all: list[Worker] = []

    def take(self) -> Worker:
        try:
            return self._free.pop()
        except IndexError:
            worker = Worker(self._sandbox, self._given, self._data)
            worker.close = partial(self._free.append, worker)
            self._all.append(worker)
            return worker

    def close(self) -> None:
        for worker in self._all:
            Worker.close(worker)
