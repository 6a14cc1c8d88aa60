"""Grade submissions: restore, run, score, through nbgrader's own classes."""

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import nbformat
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde

from grading import diagnosis, results
from grading.assignment import Assignment
from grading.course import Course, environment, grading_environment
from grading.errors import KitError
from grading.naming import Names
from grading.restore import key_notebook, read_submitted, restore
from grading.results import Result

SANDBOX = "none: submissions run with your own rights"


def autograde(assignment: Assignment, course: Course, students: list[str] | None = None, *, regrade: bool = False,
              timeout: int | None = None, jobs: int = 1,
              tell: Callable[[Result, int, int], None] | None = None) -> list[Result]:
    """Grade the submissions of `students` (default: everyone collected); what is graded and unchanged is skipped.

    `jobs` submissions are graded at a time; `tell(result, number, of)` is called as each is done. A fault of ours
    becomes that result's `fault`; its student keeps whatever was graded before. Returns results in students' order.
    """
    course.require_release(assignment.name)
    collected = course.students(assignment.name)
    if students is None:
        students = collected
    for student in students:
        if student not in collected:
            raise KitError(f"{student!r} has no submission of {assignment.name} in {course.root / 'submitted'}. "
                           f"Collected: {', '.join(collected) or 'none'}.")
    course.prepare_data()
    names = Names(assignment, course.root / f"traces-{assignment.name}.json")
    done: dict[str, Result] = {}
    due = []
    for student in students:
        kept = results.read(course, student, assignment.name)
        if regrade or kept is None or kept.fingerprint != _fingerprint(assignment, course, student, timeout):
            due.append(student)
        else:
            done[student] = kept
            if tell:
                tell(kept, len(done), len(students))
    for result in _grade_all(assignment, course, due, timeout, jobs):
        if not result.fault:
            result.named = [{"function": entry.function, "says": entry.says, "read": entry.read}
                            for entry in names.name(result)]
            results.write(course, result)
        done[result.student] = result
        if tell:
            tell(result, len(done), len(students))
    return [done[student] for student in students]


def _grade_all(assignment: Assignment, course: Course, students: list[str], timeout: int | None,
               jobs: int) -> Iterator[Result]:
    """Results as they are done; with more than one job, each in a process of its own."""
    if jobs == 1 or len(students) < 2:
        for student in students:
            yield _grade(assignment, course, student, timeout)
        return
    with ProcessPoolExecutor(min(jobs, len(students)), mp_context=get_context("spawn")) as workers:
        running = [workers.submit(_grade, assignment, course, student, timeout) for student in students]
        try:
            for done in as_completed(running):
                yield done.result()
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise


def _grade(assignment: Assignment, course: Course, student: str, timeout: int | None) -> Result:
    result = Result(student, assignment.name, _fingerprint(assignment, course, student, timeout), SANDBOX)
    target = course.autograded(student, assignment.name)
    former = target.with_name(f".former-{target.name}")
    shutil.rmtree(former, ignore_errors=True)
    if target.exists():
        target.rename(former)
    with course.nbgrader() as nbgrader, environment(grading_environment(course)):
        if timeout is not None:
            nbgrader["config"].Execute.timeout = timeout
        grader = Grader(assignment, course, student, nbgrader)
        try:
            grader.start()
        except KeyboardInterrupt:
            _put_back(target, former)
            raise
        except Exception as error:
            _put_back(target, former)
            grader.log.exception("grading %s, %s", student, assignment.name)
            result.fault = f"the kit failed on this submission ({type(error).__name__}: {error}); see {course.log}"
            return result
    shutil.rmtree(former, ignore_errors=True)
    result.remarks = grader.remarks
    result.notebooks = results.from_notebooks(assignment, target)
    result.remarks += diagnosis.remarks(assignment, target, result)
    return result


def _put_back(target: Path, former: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    if former.exists():
        former.rename(target)


class Grader(Autograde):
    """nbgrader's Autograde for one submission: every listed notebook is graded, whatever was handed in.

    Where nbgrader copies all a student's files and overwrites some, this lays the source's files down and takes from
    the student only what the assignment lists.
    """

    def __init__(self, assignment: Assignment, course: Course, student: str, nbgrader: dict):
        super().__init__(**nbgrader)
        self.coursedir.assignment_id, self.coursedir.student_id = assignment.name, student
        self._assignment, self._course, self._student = assignment, course, student
        self.remarks: list[str] = []

    def init_notebooks(self) -> None:
        submitted = self._course.submitted(self._student, self._assignment.name)
        self.notebooks = [str(submitted / name) for name in self._assignment.notebook_files]

    def convert_notebooks(self) -> None:
        """One submission: what goes wrong is raised, not collected."""
        self.init_assignment(self._assignment.name, self._student)
        for notebook in self.notebooks:
            self.convert_single_notebook(notebook)
        self.set_permissions(self._assignment.name, self._student)

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        submitted = self._course.submitted(student_id, assignment_id)
        target = self._course.autograded(student_id, assignment_id)
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            gradebook.update_or_create_student(student_id)
            time = self.coursedir.get_existing_timestamp(str(submitted))
            gradebook.update_or_create_submission(assignment_id, student_id, **({"timestamp": time} if time else {}))
        shutil.copytree(self._course.source(assignment_id), target, ignore=shutil.ignore_patterns("*.ipynb"))
        for name in self._assignment.student_files:
            handed = submitted / name
            if handed.is_symlink() or not handed.is_file():
                self.remarks.append(f"{name} is {'a link' if handed.is_symlink() else 'missing'}; "
                                    "nothing of it is implemented")
            else:
                shutil.copyfile(handed, target / name)

    def convert_single_notebook(self, notebook_filename: str) -> None:
        name = Path(notebook_filename).stem
        submitted, problem = read_submitted(Path(notebook_filename))
        if problem:
            self.remarks.append(f"{name}.ipynb {problem}; its tests ran on the submitted modules, "
                                "answers and code in the notebook count as not given")
        key = key_notebook(self._course.source(self._assignment.name) / f"{name}.ipynb", self.config)
        restored, remarks = restore(submitted, key)
        self.remarks += [f"{name}.ipynb: {remark}" for remark in remarks]
        target = self._course.autograded(self._student, self._assignment.name) / f"{name}.ipynb"
        nbformat.write(restored, target)
        self._sanitizing = False
        self._init_preprocessors()
        with utils.setenv(NBGRADER_EXECUTION="autograde"):
            super(Autograde, self).convert_single_notebook(str(target))


def _fingerprint(assignment: Assignment, course: Course, student: str, timeout: int | None) -> str:
    """Changes when the submission, the source or the kit's own way of grading changes."""
    digest = hashlib.sha256(repr((sys.version_info[:2], timeout)).encode())
    here = Path(__file__).parent
    graders = [here / f"{name}.py" for name in ("autograde", "config", "diagnosis", "execute", "restore", "scores")]
    for folder in (course.submitted(student, assignment.name), course.source(assignment.name)):
        graders += sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    for path in graders:
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
