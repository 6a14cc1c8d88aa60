"""A class whose submissions take a fraction of a second each, and runs of it in processes of their own.

    python small_class.py grade COURSE [EVERY]   grade it; one line as a submission is begun, one as it is done, and
                                                 after EVERY results one about memory
"""

import gc
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
from conftest import cell, notebook

from grading import ROOT
from grading.autograde import autograde
from grading.books.course import Course
from grading.books.results import Result
from grading.release import assignment as assignments
from grading.release import generate
from grading.release.assignment import Assignment
from grading.sample import sample_class

_CELLS = (
    cell("code", "small-setup-given", "import numpy as np\n"
         "from cs231n.classifiers.softmax import softmax_loss_vectorized", locked=True),
    cell("code", "small-half-solution", "def half(x):\n    ### BEGIN SOLUTION\n    return x / 2\n    ### END SOLUTION",
         solution=True),
    cell("code", "small-half-check", "# Half of four.\n### BEGIN HIDDEN TESTS\nassert half(4) == 2\n"
         "### END HIDDEN TESTS", 1.0, locked=True),
    cell("code", "", "print(half(3))\nprint('x' * 100_000)"),
    cell("code", "small-loss-check", "# The loss of nothing but zeros.\n### BEGIN HIDDEN TESTS\n"
         "loss, _ = softmax_loss_vectorized(np.zeros((3, 7)), np.ones((2, 3)), np.array([0, 6]), 0.0)\n"
         "assert abs(loss - np.log(7)) < 1e-9\n### END HIDDEN TESTS", 2.0, locked=True),
    cell("markdown", "small-why-answer", "### BEGIN SOLUTION\nBecause.\n### END SOLUTION", 1.0, solution=True),
)


def small_assignment(folder: Path) -> Assignment:
    """assignment1 with one small notebook in place of its own; its folder is made if it is not there."""
    whole = assignments.load("assignment1")
    if not folder.exists():
        folder.mkdir(parents=True)
        nbformat.write(notebook(*_CELLS), folder / "small.ipynb")
        (folder / "README.md").write_text("A small assignment.\n")
    return replace(whole, folder=folder, notebooks=("small",), student_modules=("classifiers/softmax.py",),
                   topics={"small-half": ("half",), "small-loss": ("softmax_loss_vectorized",)})


def as_lesson(folder: Path) -> Path:
    """The folder of an assignment with that notebook, described as one under `assignments/` is."""
    small = small_assignment(folder)
    topics = "\n".join(f"{topic} = {json.dumps(functions)}" for topic, functions in small.topics.items())
    (folder / "assignment.toml").write_text(
        f'title = "Small"\nnotebooks = {json.dumps(small.notebooks)}\n'
        f"student_modules = {json.dumps(small.student_modules)}\ngiven_modules = {json.dumps(small.given_modules)}\n"
        f"[topics]\n{topics}\n")
    return folder


def make(root: Path, students: int) -> Course:
    """A course below `root` with that many submissions: perfect ones, every third without its module."""
    course, assignment = Course(root / "course"), small_assignment(root / "small")
    generate.generate(assignment, course)
    course.prepare_data()
    perfect = course.root / "perfect"
    sample_class.complete(assignment, course, perfect)
    for number in range(students):
        target = course.submitted(f"s{number:03}", assignment.name)
        for name in assignment.submitted_files:
            if number % 3 != 2 or name == "small.ipynb":
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                os.link(perfect / name, target / name)
    return course


def copy(course: Course, name: str) -> Course:
    """The course under another name, beside it: its files are never written to, only replaced."""
    shutil.copytree(course.root, course.root.with_name(name), dirs_exist_ok=True)
    return Course(course.root.with_name(name))


def say(*words: object) -> None:
    """A line in one piece: several threads tell of what they begin."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


class Lines(autograde.Listener):
    """One line for each event; after every `watched` results also this process's memory, and the results it holds."""

    def __init__(self, watched: int = 0):
        self._watched = watched

    def began(self, student: str) -> None:
        say("began", student)

    def done(self, result, number: int, of: int) -> None:
        assert not result.fault, result.fault
        say("done", result.student)
        if self._watched and number % self._watched == 0:
            held = sum(isinstance(one, Result) for one in gc.get_objects())
            say("memory", number, resident(), held)


def resident() -> int:
    """KB of this process that are in memory."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])


def grade(course: Path, listener: autograde.Listener, **settings) -> None:
    assignment = small_assignment(course.parent / "small")
    autograde.autograde(assignment, Course(course), jobs=2, listener=listener, **settings)


def command(course: Path, *arguments: object) -> list[str]:
    return [sys.executable, __file__, "grade", str(course), *map(str, arguments)]


def start(*command: object) -> subprocess.Popen:
    paths = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    return subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True,
                            env=os.environ | {"PYTHONPATH": paths})


if __name__ == "__main__":
    grade(Path(sys.argv[2]), Lines(*map(int, sys.argv[3:])))
