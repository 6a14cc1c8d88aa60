"""Name known mistakes in a process of its own: working out the catalogue's answers forks, and a run has threads.

What a submission's functions answer is a student's: a process that takes too long over it is ended, and another one
names the mistakes of the others.
"""

import json
import os
import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from grading import ROOT
from grading.books.course import Course
from grading.books.results import Result
from grading.release.assignment import Assignment

PATIENCE = 240.0           # seconds; the first time, what the whole catalogue answers is worked out in them


class Naming:
    """The process (`namer.py`); it is started when the first submission has something to name."""

    def __init__(self, assignment: Assignment, course: Course):
        self._course = course
        self._arguments = assignment, course.root / f"answers-{assignment.name}.msgpack"
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> "Naming":
        return self

    def __exit__(self, *_) -> None:
        self._end()

    def named(self, result: Result, answers: dict | None) -> list[dict[str, str]]:
        """answers: of functions to their probes; None to ask the autograded modules here, outside of any sandbox."""
        if not result.lost or answers == {}:
            return []
        try:
            if self._process is None:
                self._start()
            told = self._ask(result.cells, answers, self._course.autograded(result.student, result.assignment))
            failed = RuntimeError(told["failed"]) if "failed" in told else None
        except Exception as error:
            told, failed = {}, error
            self._end()
        if failed:                           # a mistake that goes without its name is no reason to stop the run
            self._course.log_exception(f"naming the mistakes of {result.student}", failed)
        return told.get("named", [])

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "grading.autograde.namer", str(os.getpid())], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)})
        self._send(self._arguments)

    def _send(self, what: tuple) -> None:
        pickle.dump(what, self._process.stdin)
        self._process.stdin.flush()

    def _ask(self, graded: dict[str, dict], answers: dict | None, folder: Path) -> dict:
        watch = threading.Timer(PATIENCE, self._process.kill)
        watch.start()
        try:
            self._send((graded, answers, folder))
            line = self._process.stdout.readline()
        finally:
            watch.cancel()
        if not line:
            raise RuntimeError(f"the naming process has ended ({self._process.wait()}); it has {PATIENCE:.0f} s")
        return json.loads(line)

    def _end(self) -> None:
        """At once: it has nothing that would be lost."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            with suppress(OSError):                  # what could not be sent
                self._process.stdin.close()
            self._process = None
