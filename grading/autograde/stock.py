"""Grade as stock nbgrader does: its converter, its Execute, a kernel for each notebook and no sandbox.

Honest submissions get the same scores as from the engine; it is slower, and a submission can do what you can do.
"""

import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import nbformat
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde

from cs231n._reading import module_text
from grading.autograde.execute import MODULES, SEEDS
from grading.books import results, seeds
from grading.books.course import Course
from grading.books.folders import set_aside
from grading.books.results import Result
from grading.intake.restore import key_notebook, picture_file, read_submitted, restore
from grading.intake.submission import handed_in
from grading.release.assignment import Assignment
from grading.trials import diagnosis


def grade_all(assignment: Assignment, course: Course, students: list[str], timeout: float,
              jobs: int) -> Iterator[Result]:
    """Results without fingerprints, as they are done, already in the gradebook; several jobs are several processes."""
    if jobs == 1 or len(students) < 2:
        for student in students:
            yield grade(assignment, course, student, timeout)
        return
    with ProcessPoolExecutor(min(jobs, len(students)), mp_context=get_context("spawn")) as workers:
        running = [workers.submit(grade, assignment, course, student, timeout) for student in students]
        try:
            for done in as_completed(running):
                yield done.result()
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise


def grade(assignment: Assignment, course: Course, student: str, timeout: float) -> Result:
    result = Result(student, assignment.name, "", "none")
    target = course.autograded(student, assignment.name)
    with course.nbgrader() as nbgrader:
        nbgrader["config"].Execute.timeout = timeout
        grader = Grader(assignment, course, student, nbgrader)
        try:
            with set_aside(target):
                grader.start()
        except Exception as error:
            grader.log.exception("grading %s, %s", student, assignment.name)
            result.fault = f"the kit failed on this submission ({type(error).__name__}: {error}); see {course.log}"
            return result
    notebooks = {name: nbformat.read(target / f"{name}.ipynb", as_version=4) for name in assignment.notebooks}
    modules = {name: module_text((target / name).read_bytes()) for name in assignment.student_files}
    result.remarks = grader.remarks
    result.notebooks = results.from_notebooks(notebooks)
    result.remarks += diagnosis.remarks(assignment, modules, result)
    return result


class Grader(Autograde):
    """nbgrader's Autograde for one submission: every listed notebook is graded, whatever was handed in.

    Where nbgrader copies all a student's files and overwrites some, this lays the source's files down and takes from
    the student only what the assignment lists.
    """

    def __init__(self, assignment: Assignment, course: Course, student: str, nbgrader: dict):
        super().__init__(**nbgrader)
        self.coursedir.assignment_id, self.coursedir.student_id = assignment.name, student
        self._assignment, self._course, self._student = assignment, course, student
        self._seeds = seeds.of_submission(seeds.secret(course), handed_in(assignment, course, student))
        self.remarks: list[str] = []

    def start(self) -> None:
        """As nbgrader's converters do; that of Autograde itself is a door to the engine in a course of the kit."""
        super(Autograde, self).start()

    def init_notebooks(self) -> None:
        submitted = self._course.submitted(self._student, self._assignment.name)
        self.notebooks = [str(submitted / name) for name in self._assignment.notebook_files]

    def init_single_notebook_resources(self, notebook_filename: str) -> dict:
        folder = self._course.autograded(self._student, self._assignment.name)
        modules = {name: module_text((folder / name).read_bytes()) for name in self._assignment.student_files}
        return super().init_single_notebook_resources(notebook_filename) | {SEEDS: self._seeds, MODULES: modules}

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
                self.remarks.append(f"{name} is {'a link' if handed.is_symlink() else 'missing'}; {results.NO_MODULE}")
            else:
                shutil.copyfile(handed, target / name)

    def convert_single_notebook(self, notebook_filename: str) -> None:
        name = Path(notebook_filename).stem
        submitted, problem = read_submitted(Path(notebook_filename))
        if problem:
            self.remarks.append(f"{name}.ipynb {problem}; {results.NO_NOTEBOOK}")
        key = key_notebook(self._course.source(self._assignment.name) / f"{name}.ipynb", self.config)
        handed = Path(notebook_filename).parent
        restored, remarks = restore(submitted, key, file=lambda path: picture_file(handed, path))
        self.remarks += [f"{name}.ipynb: {remark}" for remark in remarks]
        target = self._course.autograded(self._student, self._assignment.name) / f"{name}.ipynb"
        nbformat.write(restored, target)
        self._sanitizing = False
        self._init_preprocessors()
        with utils.setenv(NBGRADER_EXECUTION="autograde"):
            super(Autograde, self).convert_single_notebook(str(target))
