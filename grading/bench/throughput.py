"""What grading costs: a class graded by the engine and by stock nbgrader, and one notebook beside its own cells.

Both programs are run as a person runs them, from start to end, on copies of one course, and must come to the same
scores. Ours is run before the other and once more after it, since a machine may change its pace in between. CPU seconds
are what the system has counted for every process that they started. Memory is looked at in runs of its own, since to
look at it takes time from what is looked at, and more where more processes run.
"""

import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil

from grading import ROOT
from grading.autograde.workers import Workers, choose_sandbox
from grading.bench.measurement import Measurement
from grading.books.course import Course, grading_environment
from grading.engine import run
from grading.errors import KitError
from grading.intake import submission
from grading.release import assignment as assignments
from grading.release import generate
from grading.release.assignment import Assignment
from grading.sample import sample_class

ASSIGNMENT = "assignment1"
LIMIT = 60.0                     # seconds for a cell
ROUNDS = 3                       # of a notebook's grading, and of its bare cells
WATCHED = 4                      # submissions that the kit grades while its memory is looked at
SAMPLED = 0.3                    # seconds between two looks
MEMORY = 400                     # MB that a worker may take
_PR_SET_CHILD_SUBREAPER = 36
_PROGRAMS = Path(sys.executable).parent


@dataclass(frozen=True)
class Cost:
    """Of one program: seconds on the wall, CPU seconds."""

    wall: float
    cpu: float


def measure(students: int, jobs: int) -> Iterator[Measurement]:
    """Throughput and memory on `students` perfect submissions, then the overhead of each notebook."""
    with tempfile.TemporaryDirectory(prefix="kit-bench-") as scratch:
        assignment = assignments.load(ASSIGNMENT)
        course = _course(assignment, Path(scratch) / "course", students)
        yield from _against_stock(assignment, course, Path(scratch), students, jobs)
        yield from overheads(assignment, course, Path(scratch))


# A class

def _course(assignment: Assignment, folder: Path, students: int) -> Course:
    course = Course(folder)
    generate.generate(assignment, course)
    course.prepare_data()
    perfect = course.root / "perfect"
    sample_class.complete(assignment, course, perfect)
    for number in range(students):
        for name in assignment.submitted_files:
            target = course.submitted(f"s{number:03}", assignment.name) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(perfect / name, target)
    return course


def _against_stock(assignment: Assignment, course: Course, scratch: Path, students: int,
                   jobs: int) -> Iterator[Measurement]:
    other = Course(scratch / "stock")
    shutil.copytree(course.root, other.root)
    found = scratch / "scores.json"
    command = [sys.executable, "-m", "grading", "autograde", assignment.name, "--course", str(course.root),
               "--jobs", str(jobs), "--json", str(found)]
    theirs = [sys.executable, str(Path(__file__).with_name("nbgraders_own.py")), assignment.name, "--force"]
    first = cost(command, ROOT, scratch / "ours.log")
    stock = cost(theirs, other.root, scratch / "stock.log")
    _require_same_scores(assignment, json.loads(found.read_text(encoding="utf-8")), other)
    again = cost([*command, "--regrade"], ROOT, scratch / "ours.log")
    wall, cpu = (first.wall + again.wall) / 2, (first.cpu + again.cpu) / 2
    yield Measurement(f"kit autograde, {students} submissions, {jobs} jobs", "nbgrader autograde",
                      wall, stock.wall, 1 / 8, "s")
    yield Measurement("the same, per submission", "nbgrader autograde",
                      cpu / students, stock.cpu / students, 1, "CPU s")
    few = course.students(assignment.name)[:WATCHED]
    ours = memory([*command, "--regrade", *[word for student in few for word in ("--student", student)]],
                  ROOT, scratch / "ours.log")
    kernel = memory([*theirs, f"--student={few[0]}"], other.root, scratch / "stock.log")
    yield Measurement("a worker's memory, at most", "what it may take", ours, MEMORY, 1, "MB")
    yield Measurement("the same", "a kernel of nbgrader's", ours, kernel, MEMORY / kernel, "MB")


def cost(command: list[str], folder: Path, log: Path) -> Cost:
    """Run a program to its end; a KitError with its last lines if it fails."""
    before, start = _cpu_of_children(), time.perf_counter()
    with _running(command, folder, log) as process:
        process.wait()
        wall = time.perf_counter() - start
    return Cost(wall, _cpu_of_children() - before)


def memory(command: list[str], folder: Path, log: Path) -> float:
    """The same; MB of the program's largest child with all that is below that one, at most."""
    most = 0.0
    with _running(command, folder, log) as process:
        while process.poll() is None:
            most = max(most, _largest_child(process.pid))
            with suppress(subprocess.TimeoutExpired):
                process.wait(SAMPLED)
    return most


@contextmanager
def _running(command: list[str], folder: Path, log: Path) -> Iterator[subprocess.Popen]:
    """A program that has ended, with all that it started, when the block is left."""
    adopt_orphans()                  # bubblewrap leaves its sandbox to be waited for, and only so its time is told
    others = set(psutil.Process().children())
    environment = os.environ | {"PATH": f"{_PROGRAMS}{os.pathsep}{os.environ.get('PATH', '')}"}
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.kill()
            failed = process.wait()
    while orphans := set(psutil.Process().children()) - others:
        for orphan in orphans:
            os.waitpid(orphan.pid, 0)
    if failed:
        lines = log.read_text(errors="replace").strip().splitlines()[-5:]
        raise KitError(f"{' '.join(command)} ended with exit status {failed}: {' / '.join(lines)}")


def adopt_orphans() -> None:
    """From now on processes that lose their parent below this one become its children (Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _largest_child(pid: int) -> float:
    """MB of the child that takes most now, pages that several processes share counted once."""
    most = 0.0
    with suppress(psutil.Error):
        for child in psutil.Process(pid).children():
            most = max(most, sum(map(_memory, [child, *child.children(recursive=True)])) / 2**20)
    return most


def _memory(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return process.memory_full_info().pss
    return 0


def _require_same_scores(assignment: Assignment, ours: dict, stock: Course) -> None:
    from nbgrader.api import Gradebook

    theirs: dict = {}
    with Gradebook(f"sqlite:///{stock.gradebook}") as gradebook:
        for submitted in gradebook.assignment_submissions(assignment.name):
            for notebook in submitted.notebooks:
                for grade in notebook.grades:
                    theirs[submitted.student_id, notebook.name, grade.name] = grade.auto_score
    ours = {(student, notebook, name): cell["score"] for student, notebooks in ours.items()
            for notebook, cells in notebooks.items() for name, cell in cells.items()}
    if ours != theirs:
        different = [" ".join(cell) for cell in sorted(ours.keys() | theirs.keys())
                     if cell not in ours or cell not in theirs or ours[cell] != theirs[cell]]
        raise KitError(f"the kit and stock nbgrader differ in {len(different)} of {len(theirs)} scores, "
                       f"{different[0]} first")


# One notebook

def overheads(assignment: Assignment, course: Course, scratch: Path) -> Iterator[Measurement]:
    """In turn: a notebook graded in a warm worker, and all its cells, tests too, run by one warm IPython that is alone.

    Seconds are those on the wall, since that is what a class waits for; of each the best round counts.
    """
    complete = scratch / "complete"
    with course.nbgrader() as nbgrader:
        lessons = submission.lessons(assignment, course, nbgrader["config"])
        staged = submission.staged(assignment, course)
    student = course.students(assignment.name)[0]
    _write_complete(assignment, complete)
    with (Workers(assignment, course, choose_sandbox()) as workers, workers.take() as worker,
          _bare(course, workers.given, complete) as bare):
        for name, lesson in lessons.items():
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(ROUNDS + 1):                      # the first one warms up
                found = submission.load(assignment, course, student, {name: lesson}, staged)
                modules = submission.modules(assignment, found)
                start = time.perf_counter()
                run.grade(worker, [(found.notebooks[name], lesson.plan)], modules, LIMIT)
                times[0].append(time.perf_counter() - start)
                times[1].append(bare(name))
            yield Measurement(f"grading {name}", "its cells alone, in a warm IPython",
                              min(times[0][1:]), min(times[1][1:]), 1.5, "s")


def _write_complete(assignment: Assignment, folder: Path) -> None:
    """The student modules complete, and each notebook's code cells, tests and solutions, as JSON."""
    for module in assignment.student_modules:
        path = folder / "cs231n" / module
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(assignment.complete(module), encoding="utf-8")
    for name in assignment.notebooks:
        cells = nbformat.read(assignment.notebook_path(name), as_version=4).cells
        (folder / f"{name}.json").write_text(json.dumps([cell.source for cell in cells if cell.cell_type == "code"]))


@contextmanager
def _bare(course: Course, given: Path, complete: Path):
    """A function that tells how many seconds the cells of a notebook take in `grading.bench.bare`."""
    with subprocess.Popen([sys.executable, "-m", "grading.bench.bare", str(given), str(complete)], cwd=ROOT,
                          env=os.environ | grading_environment(course) | {"NBGRADER_EXECUTION": "autograde"},
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        def seconds(name: str) -> float:
            process.stdin.write(f"{name}\n")
            told = json.loads(process.stdout.readline() or '"it ended"')
            if isinstance(told, str):
                raise KitError(f"{name} cannot be run outside the sandbox: {told}")
            return told

        try:
            yield seconds
        finally:
            process.stdin.close()
