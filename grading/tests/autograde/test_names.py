"""The naming process ends with its run, without a word; one that takes too long is ended, and another one follows."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import pytest

from grading import ROOT
from grading.autograde import names
from grading.books.course import Course
from grading.books.results import Result
from grading.release import assignment as assignments

WRONG = Result("s1", "assignment1", "", "none", {"svm": {"svm-naive-check": {"outcome": "failed", "message": "no"}}})
NOTHING = {"svm_loss_naive": {}}                # its answers: as if it had not been asked
RUN = """
import sys
from pathlib import Path
from grading.autograde.names import Naming
from grading.books.course import Course
from grading.release import assignment
from grading.tests.autograde.test_names import NOTHING, WRONG
with Naming(assignment.load("assignment1"), Course(Path(sys.argv[1]))) as naming:
    print("begins", flush=True)
    naming.named(WRONG, NOTHING)
    print("named", flush=True)
"""


class Listening(Course):
    """A course that keeps what would be logged."""

    def __init__(self, root):
        super().__init__(root)
        self.logged = []

    def log_exception(self, what, error):
        self.logged.append(f"{what}: {error}")


@pytest.fixture
def course(tmp_path):
    return Listening(tmp_path)


@pytest.fixture
def naming(course):
    with names.Naming(assignments.load("assignment1"), course) as made:
        yield made


@pytest.mark.parametrize("seconds", [0.0, *(random.Random(7).random() for _ in range(5))])
def test_a_run_that_is_killed_while_its_naming_begins_says_nothing_and_leaves_nothing(tmp_path, seconds):
    run = subprocess.Popen([sys.executable, "-c", RUN, tmp_path], env=os.environ | {"PYTHONPATH": str(ROOT)},
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert run.stdout.readline() == "begins\n"
    time.sleep(seconds)                         # the moment that is tried, not a condition that is waited for
    run.kill()
    said = run.stderr.read()                    # to its end: until every process that could still say something is gone
    run.wait()
    assert said == ""


def test_what_has_nothing_to_name_starts_no_process(naming):
    right = Result("s1", "assignment1", "", "none", {"svm": {"svm-naive-check": {"outcome": "passed", "message": ""}}})
    assert naming.named(right, None) == naming.named(WRONG, {}) == []
    assert not _below()


def test_naming_that_takes_too_long_is_ended_and_another_process_names_what_follows(naming, course, monkeypatch):
    assert naming.named(WRONG, NOTHING) == [] and course.logged == []
    first, = _below()
    first.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(names, "PATIENCE", 0.2)
    assert naming.named(WRONG, NOTHING) == []
    assert len(course.logged) == 1 and "the naming process has ended (-9)" in course.logged[0]
    monkeypatch.undo()
    assert naming.named(WRONG, NOTHING) == [] and len(course.logged) == 1
    assert _below() != [first]


def test_what_goes_wrong_in_the_process_is_logged_with_its_place_and_the_process_goes_on(naming, course):
    assert naming.named(WRONG, {"svm_loss_naive": 7}) == []
    assert len(course.logged) == 1 and "naming.py" in course.logged[0]
    first = _below()
    assert naming.named(WRONG, NOTHING) == [] and len(course.logged) == 1 and _below() == first


def _below():
    """Those that live: of a run that was killed, this process may have adopted what ended."""
    found = []
    for one in psutil.Process().children():
        with suppress(psutil.Error):
            if "grading.autograde.namer" in one.cmdline():
                found.append(one)
    return found
