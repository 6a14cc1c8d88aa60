"""Name known mistakes in a process of its own: working out the catalogue's answers forks, and a run has threads.

What a submission's functions answer is a student's: a process that takes too long over it is ended, and another one
names the mistakes of the others.
"""

import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context, parent_process
from pathlib import Path

from grading.books.course import Course
from grading.books.results import Result
from grading.engine import kernel
from grading.release.assignment import Assignment
from grading.trials.naming import Names

PATIENCE = 240.0           # seconds; the first time, what the whole catalogue answers is worked out in them


class Naming:
    """The process; it is started when the first submission has something to name."""

    def __init__(self, assignment: Assignment, course: Course):
        self._course = course
        self._arguments = assignment, course.root / f"answers-{assignment.name}.msgpack"
        self._process: ProcessPoolExecutor | None = None
        self._pid = 0

    def __enter__(self) -> "Naming":
        return self

    def __exit__(self, *_) -> None:
        if self._process:
            self._process.shutdown(cancel_futures=True)

    def named(self, result: Result, answers: dict | None) -> list[dict[str, str]]:
        """answers: of functions to their probes; None to ask the autograded modules here, outside of any sandbox."""
        if not result.lost or answers == {}:
            return []
        if self._process is None:
            self._process = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_prepare_names,
                                                initargs=self._arguments)
        try:
            self._pid = self._pid or self._process.submit(os.getpid).result()
            return self._process.submit(_name, result, answers, self._folder(result)).result(PATIENCE)
        except Exception as error:           # a mistake that goes without its name is no reason to stop the run
            self._course.log_exception(f"naming the mistakes of {result.student}", error)
            if isinstance(error, TimeoutError):
                with suppress(ProcessLookupError):
                    os.kill(self._pid, signal.SIGKILL)
            self._process.shutdown(wait=False, cancel_futures=True)
            self._process, self._pid = None, 0
            return []

    def _folder(self, result: Result) -> Path:
        return self._course.autograded(result.student, result.assignment)


_names: list[Names] = []                 # of the naming process


def _prepare_names(assignment: Assignment, cache: Path) -> None:
    if sys.platform == "linux":          # an executor's process would outlive a run that is killed, and wait for ever
        kernel.die_with_parent()
        if not parent_process().is_alive():
            os._exit(1)
    _names.append(Names(assignment, cache))


def _name(result: Result, answers: dict | None, folder: Path) -> list[dict[str, str]]:
    if answers is None:
        answers = _names[0].ask(result, folder)
    return _names[0].name(result, answers)
