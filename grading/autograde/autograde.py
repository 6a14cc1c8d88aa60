"""Grade submissions: decide which are due, have the engine run them, enter what came of it in the books."""

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing
from multiprocessing import get_context, parent_process
from pathlib import Path

from grading import ROOT
from grading.autograde import pool, stock
from grading.autograde.workers import Workers, choose_sandbox
from grading.books import results, seeds
from grading.books.course import Course
from grading.books.ledger import Ledger
from grading.books.results import Result
from grading.desk import handed
from grading.desk.pages import Clean
from grading.engine import kernel, run
from grading.engine.worker import Worker
from grading.errors import KitError
from grading.intake.submission import Lesson, Submission, handed_in, lessons, load, modules, source_text, staged
from grading.release.assignment import Assignment
from grading.trials import diagnosis
from grading.trials.naming import Asking, Names


class Listener:
    """Told what a run does; the kit's commands show it."""

    def began(self, student: str) -> None:
        """Grading of this student's submission has begun."""

    def done(self, result: Result, number: int, of: int) -> None:
        """This result is in the books, or was already; it is number `number` of `of`."""


def autograde(assignment: Assignment, course: Course, students: list[str] | None = None, *,
              workers: Workers | None = None, stock: bool = False, regrade: bool = False,
              timeout: float | None = None, jobs: int = 1, listener: Listener | None = None,
              whole: bool = False) -> Sequence[Result]:
    """Grade the submissions of `students` (default: everyone collected); what is graded and unchanged is skipped.

    - workers: where they run; None makes some in the sandbox that this machine offers
    - stock: have nbgrader run them, without a sandbox
    - jobs: how many run at a time
    - whole: run the lesson's cells that no verdict depends on, too

    A fault of ours becomes that result's `fault`; its student keeps whatever was graded before. Returns results in
    students' order; each is read when it is asked for.
    """
    course.require_release(assignment.name)
    listener = Listener() if listener is None else listener
    collected = course.students(assignment.name)
    students = collected if students is None else list(dict.fromkeys(students))
    for student in students:
        if student not in collected:
            raise KitError(f"{student!r} has no submission of {assignment.name} in {course.root / 'submitted'}. "
                           f"Collected: {', '.join(collected) or 'none'}.")
    course.prepare_data()
    with Ledger(course) as ledger, course.nbgrader() as nbgrader:
        config = nbgrader["config"]
        limit = float(timeout or config.Execute.timeout)
        fingerprints = Fingerprints(assignment, course, limit)
        due, done, faults = [], 0, {}
        for student in students:
            kept = results.read(course, student, assignment.name)
            if regrade or kept is None or kept.fingerprint != fingerprints.of(student):
                due.append(student)
            else:
                done += 1
                listener.done(kept, done, len(students))
        if due:
            graded = (_by_nbgrader(assignment, course, due, fingerprints, limit, jobs, listener)
                      if stock else
                      _by_engine(assignment, course, due, workers, fingerprints, limit, jobs, listener, ledger, config,
                                 whole))
            with closing(graded):
                for result in graded:
                    if result.fault:
                        faults[result.student] = result
                    done += 1
                    listener.done(result, done, len(students))
    return Graded(course, assignment.name, students, faults)


class Graded(Sequence[Result]):
    """A run's results, read from the autograded folders one at a time: those of a large class take much memory."""

    def __init__(self, course: Course, assignment: str, students: list[str], faults: dict[str, Result]):
        self._course, self._assignment, self._students, self._faults = course, assignment, students, faults

    def __len__(self) -> int:
        return len(self._students)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        student = self._students[index]
        found = self._faults.get(student) or results.read(self._course, student, self._assignment)
        if found is None:
            raise KitError(f"the result of {student} is gone: {self._course.autograded(student, self._assignment)} "
                           "has been changed since it was graded.")
        return found


def _by_engine(assignment: Assignment, course: Course, due: list[str], workers: Workers | None,
               fingerprints: "Fingerprints", limit: float, jobs: int, listener: Listener, ledger: Ledger,
               config, whole: bool) -> Iterator[Result]:
    with ExitStack() as held:
        naming = held.enter_context(Naming(assignment, course))
        workers = workers or held.enter_context(Workers(assignment, course, choose_sandbox()))
        grader = Grader(assignment, course, limit, config, whole)
        graded = pool.run(due, jobs, workers.take, grader.grade, listener.began)
        held.callback(graded.close)
        for student, found in graded:
            result = Result(student, assignment.name, fingerprints.of(student), workers.sandbox.level)
            if isinstance(found, Exception):
                course.log_exception(f"grading {student}, {assignment.name}", found)
                result.fault = f"the kit failed on this submission ({type(found).__name__}: {found}); see {course.log}"
                yield result
                continue
            result.remarks = found.remarks
            result.notebooks = results.from_notebooks(found.notebooks)
            texts = {name: source_text(found.files[name]) for name in assignment.student_files}
            result.remarks += diagnosis.remarks(texts, result)
            result.fault = results.own_fault(result)
            if not result.fault:
                result.named = naming.named(result, found.answers)
                ledger.record(result, found.notebooks, found.files)
            yield result


def _by_nbgrader(assignment: Assignment, course: Course, due: list[str], fingerprints: "Fingerprints", limit: float,
                 jobs: int, listener: Listener) -> Iterator[Result]:
    with Naming(assignment, course) as naming:
        for result in stock.grade_all(assignment, course, due, limit, jobs):
            listener.began(result.student)       # nbgrader does not tell when
            if not result.fault:
                result.fingerprint = fingerprints.of(result.student)
                result.named = naming.named(result, None)
                results.write(course, result)
            yield result


class Grader:
    """Grades one submission in a worker; used by several threads, each with its own worker."""

    def __init__(self, assignment: Assignment, course: Course, limit: float, config, whole: bool = False):
        self._assignment, self._course, self._limit, self._whole = assignment, course, limit, whole
        self._lessons: dict[str, Lesson] = lessons(assignment, course, config)
        self._staged, self._asking = staged(assignment, course), Asking(assignment)
        self._secret = seeds.secret(course)

    def grade(self, worker: Worker, student: str) -> Submission:
        """The submission with its notebooks executed."""
        found = load(self._assignment, self._course, student, self._lessons, self._staged)
        drawn = seeds.of_submission(self._secret, handed_in(self._assignment, self._course, student))
        found.answers = run.grade(
            worker, [(notebook, self._lessons[name].plan) for name, notebook in found.notebooks.items()],
            modules(self._assignment, found), self._limit, asked=drawn.asked, due=self._asking.due,
            whole=self._whole)
        for name, notebook in found.notebooks.items():
            handed.show(notebook, found.handed.pop(name))
            Clean().preprocess(notebook, {})
        return found


class Naming:
    """Names known mistakes, in a process of its own: working out the catalogue's answers forks; threads run here."""

    def __init__(self, assignment: Assignment, course: Course):
        self._course = course
        self._arguments = assignment, course.root / f"answers-{assignment.name}.msgpack"
        self._process: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Naming":
        return self

    def __exit__(self, *_) -> None:
        if self._process:
            self._process.shutdown(cancel_futures=True)

    def named(self, result: Result, answers: dict | None) -> list[dict[str, str]]:
        """answers: of functions to their probes; None to ask the autograded modules here, outside of any sandbox."""
        if all(cell["outcome"] in ("passed", "manual") for cell in result.cells.values()) or answers == {}:
            return []
        if self._process is None:
            self._process = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_prepare_names,
                                                initargs=self._arguments)
        try:
            return self._process.submit(_name, result, answers, self._folder(result)).result()
        except Exception as error:           # a mistake that goes without its name is no reason to stop the run
            self._course.log_exception(f"naming the mistakes of {result.student}", error)
            self._process.shutdown(wait=False, cancel_futures=True)
            self._process = None
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


# What of the kit, below `grading/`, a result depends on.
OWN = ("autograde/autograde.py", "autograde/execute.py", "autograde/scores.py", "books/course.py", "books/seeds.py",
       "config.py", "desk/handed.py", "desk/html.py", "desk/markdown.py", "desk/outputs.py", "desk/pages.py",
       "desk/paths.py", "desk/text.py", "engine/*.py", "intake/restore.py", "intake/submission.py",
       "trials/diagnosis.py")


class Fingerprints:
    """What changes when a submission, the source or the kit's own way of grading changes."""

    def __init__(self, assignment: Assignment, course: Course, limit: float):
        self._assignment, self._course = assignment, course
        own = [path for pattern in OWN for path in sorted((ROOT / "grading").glob(pattern))]
        self._common = _digest([*own, *_files(course.source(assignment.name))], repr((sys.version_info[:2], limit)))
        self._known: dict[str, str] = {}

    def of(self, student: str) -> str:
        if student not in self._known:
            self._known[student] = _digest(_files(self._course.submitted(student, self._assignment.name)), self._common)
        return self._known[student]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _digest(paths: list[Path], text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for path in paths:
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()

