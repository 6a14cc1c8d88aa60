"""Grade submissions: decide which are due, have the engine run what is, enter what came of it in the books."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing

from grading.autograde import pool, stock
from grading.autograde.cluster import Cluster
from grading.autograde.depends import Depends
from grading.autograde.grader import Due, Grader
from grading.autograde.names import Naming
from grading.autograde.parcel import files_below
from grading.autograde.workers import Workers, choose_sandbox, given
from grading.books import attempts, cells, ledger, marks, notes, results
from grading.books.course import Course
from grading.books.ledger import Ledger
from grading.books.results import Result
from grading.errors import KitError
from grading.intake.submission import Submission, texts_of
from grading.release import generate
from grading.release.assignment import Assignment
from grading.trials import diagnosis


class Listener:
    """Told what a run does; the kit's commands show it."""

    def began(self, student: str) -> None:
        """Grading of this student's submission has begun."""

    def kept(self, student: str, why: str) -> None:
        """Nothing was run for this student, and this is why there was something to do: told before `done`."""

    def done(self, result: Result, number: int, of: int) -> None:
        """This result is in the books, or was already; it is number `number` of `of`."""


def autograde(assignment: Assignment, course: Course, students: list[str] | None = None, *,
              workers: Workers | Cluster | None = None, stock: bool = False, regrade: bool = False,
              timeout: float | None = None, jobs: int = 1, listener: Listener | None = None,
              whole: bool = False) -> "Graded":
    """Grade the submissions of `students` (default: everyone collected); what is graded and unchanged is skipped.

    - workers: where they run, here or on many machines; None makes some in the sandbox that this machine offers
    - stock: have nbgrader run them, without a sandbox
    - jobs: how many run at a time on this machine
    - whole: run the lesson's cells that no verdict depends on, too; what was graded without them is due. The other way
      round nothing is, since the scores are the same

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
    if not cells.read(course.gradebook, assignment.name).notebooks:
        generate.make_gradebook(assignment, course)
    marks.copy(course, assignment.name)
    with Ledger(course) as books, course.nbgrader() as nbgrader:
        config = nbgrader["config"]
        limit = float(timeout or config.Execute.timeout)
        depends = Depends(assignment, course, limit, config, stock)
        entered = books.entered(assignment.name)
        run = Graded(course, assignment.name, students)
        due: dict[str, Due] = {}
        done = 0
        for student in students:
            kept = results.read(course, student, assignment.name)
            what = _due(course, kept, depends, student, regrade, whole and not stock)
            if not what and entered.get(student) != ledger.scores(kept):
                try:
                    books.enter_again(kept)
                    listener.kept(student, "entered in the gradebook again")
                except (OSError, ValueError):
                    what = Due(assignment.notebooks)
            if what:
                due[student] = what
            else:
                done += 1
                if kept.whole and not whole:
                    run.whole_before.append(student)
                listener.done(kept, done, len(students))
        if due:
            graded = (_by_nbgrader(assignment, course, list(due), depends, limit, jobs, listener)
                      if stock else
                      _by_engine(assignment, course, due, workers, depends, limit, jobs, listener, books, config,
                                 whole))
            with closing(graded):
                for result, count in graded:
                    run.notebooks_run += count
                    if result.fault:
                        run.faults[result.student] = result
                    done += 1
                    listener.done(result, done, len(students))
        notes.keep(course, assignment.name, notes.FAULTS, dict.fromkeys(students, "") | {
            student: result.fault for student, result in run.faults.items()})
        changed = books.settle_penalties(assignment.name, students)
        run.penalties_changed = [student for student in changed if student not in due]
    marks.copy(course, assignment.name)
    return run


def _due(course: Course, kept: Result | None, depends: Depends, student: str, regrade: bool,
         whole: bool) -> Due | None:
    """None where everything is as it was."""
    basis = depends.of(student)
    if regrade or kept is None:
        return Due(tuple(basis.runs))
    folder = course.autograded(student, kept.assignment)
    run = tuple(name for name, state in basis.runs.items() if kept.runs.get(name) != state
                or whole and name not in kept.whole or not (folder / f"{name}.ipynb").exists())
    ask = bool(run) or bool(kept.lost) and kept.names != depends.names
    is_same = kept.fingerprint == basis.whole and not results.is_former(course, kept)
    return Due(run, ask) if ask or not is_same else None


def _handed(course: Course, student: str, assignment: Assignment) -> str:
    return attempts.digest(course.submitted(student, assignment.name))


class Graded(Sequence[Result]):
    """A run's results, read from the autograded folders one at a time: those of a large class take much memory.

    - faults: student -> a result that was not entered
    - notebooks_run: how many were run; penalties_changed: students of whom nothing else was due
    - whole_before: students whose results were kept, and are of an earlier run of every cell
    """

    def __init__(self, course: Course, assignment: str, students: list[str]):
        self._course, self._assignment, self._students = course, assignment, students
        self.faults: dict[str, Result] = {}
        self.notebooks_run = 0
        self.penalties_changed: list[str] = []
        self.whole_before: list[str] = []

    def __len__(self) -> int:
        return len(self._students)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        student = self._students[index]
        found = self.faults.get(student) or results.read(self._course, student, self._assignment)
        if found is None:
            raise KitError(f"the result of {student} is gone: {self._course.autograded(student, self._assignment)} "
                           "has been changed since it was graded.")
        return found


def _by_engine(assignment: Assignment, course: Course, due: dict[str, Due], workers: Workers | Cluster | None,
               depends: Depends, limit: float, jobs: int, listener: Listener, books: Ledger, config,
               whole: bool) -> Iterator[tuple[Result, int]]:
    """(result, how many notebooks were run for it)."""
    with ExitStack() as held:
        naming = held.enter_context(Naming(assignment, course))
        grader = Grader(assignment, course, limit, config, due, whole)

        def entered(student: str, found: Submission) -> Result:
            basis, former = depends.of(student), results.read(course, student, assignment.name)
            result = Result(student, assignment.name, basis.whole, found.sandbox,
                            results.from_notebooks(found.notebooks), found.remarks, runs=basis.runs,
                            names=depends.names, handed=_handed(course, student, assignment),
                            whole=[name for name in assignment.notebooks
                                   if (whole if name in found.ran else former is not None and name in former.whole)])
            result.remarks = diagnosis.causes(found.removed, found.notebooks, result) + result.remarks
            result.remarks += diagnosis.remarks(assignment, texts_of(assignment, found), result, found.notebooks)
            result.fault = results.own_fault(result)
            if not result.fault:
                if found.answers is None:                  # nothing was asked: nothing that names depend on has changed
                    result.named, result.names = former.named, former.names
                else:
                    notes.keep(course, assignment.name, notes.COSTS, {student: found.costs})
                    result.named = naming.named(result, found.answers) + _kept_names(course, result, found.ran)
                books.record(result, found.notebooks, found.files)
            return result

        to_run = []
        for student, what in due.items():
            found = None if what.ask else grader.as_before(student)
            if found is None:
                to_run.append(student)
            else:
                found.sandbox = results.read(course, student, assignment.name).sandbox
                result = entered(student, found)
                listener.kept(student, "entered anew, nothing run")
                yield result, 0
        if not to_run:
            return
        workers = workers or held.enter_context(Workers(assignment, course, choose_sandbox()))
        if isinstance(workers, Cluster):
            files = given(assignment, course), files_below(course.grading_data)
            graded = workers.run(to_run, grader.task, files, grader.job, grader.taken, listener.began)
        else:
            graded = pool.run(to_run, jobs, workers.take, grader.grade, listener.began)
        held.callback(graded.close)
        for student, found in graded:
            if isinstance(found, Exception):
                course.log_exception(f"grading {student}, {assignment.name}", found)
                why = f"the kit failed on this submission ({type(found).__name__}: {found}); see {course.log}"
                yield Result(student, assignment.name, "", "",
                             fault=str(found) if isinstance(found, KitError) else why), 0
            else:
                yield entered(student, found[0]), found[1]


def _kept_names(course: Course, result: Result, ran: tuple[str, ...]) -> list[dict[str, str]]:
    """What cells of notebooks that did not run again were called: only a run can tell what they leave."""
    former = results.read(course, result.student, result.assignment)
    return [one for one in (former.named if former else []) if "topics" in one
            and one["function"].partition("-")[0] in result.notebooks.keys() - set(ran)]


def _by_nbgrader(assignment: Assignment, course: Course, due: list[str], depends: Depends, limit: float, jobs: int,
                 listener: Listener) -> Iterator[tuple[Result, int]]:
    with Naming(assignment, course) as naming:
        for result in stock.grade_all(assignment, course, due, limit, jobs):
            listener.began(result.student)       # nbgrader does not tell when
            if not result.fault:
                basis = depends.of(result.student)
                result.fingerprint, result.runs, result.names = basis.whole, basis.runs, depends.names
                result.handed = _handed(course, result.student, assignment)
                result.named = naming.named(result, None)
                results.write(course, result)
            yield result, len(assignment.notebooks)
