"""Feedback for students: nbgrader's pages without hidden tests and rubrics."""

import os
import re
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from nbformat.v4 import new_output
from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import GetGrades, NbGraderPreprocessor

from grading import NOTE
from grading.books import marks, results
from grading.books.course import Course
from grading.desk.pages import Words
from grading.desk.text import clean_message
from grading.errors import KitError
from grading.release import assignment as assignments
from grading.release.assignment import Assignment, topic

FEW = 4                          # students for whom other processes are not worth their start
MOST = 4                         # processes
_HIDDEN = re.compile(r"### BEGIN (HIDDEN TESTS|MARK SCHEME).*?### END \1[^\n]*", re.DOTALL)
NOT_MARKED = Words("not marked yet")
_HEADINGS = {"passed": "Passed.", "failed": "Failed.", "error": "Stopped with an error.",
             "timed_out": "Took too long.", "skipped": "Not run."}


def feedback(assignment: Assignment, course: Course, students: list[str] | None = None) -> list[str]:
    """Write `feedback/<student>/<assignment>/*.html` for everyone graded. Returns the students' ids.

    Of a larger class several are written at a time, so that one whose pages are slow holds up nobody else. Raises
    KitError, once all others have theirs, where a student's cannot be written.
    """
    course.require_release(assignment.name)
    graded = [student for student in course.students(assignment.name)
              if course.autograded(student, assignment.name).is_dir()]
    if not graded:
        raise KitError(f"No submission of {assignment.name} is graded yet. Run: kit autograde {assignment.name}")
    for student in students or []:
        if student not in graded:
            raise KitError(f"{student!r} has no graded submission of {assignment.name}. Graded: {', '.join(graded)}.")
    chosen = students or graded
    marks.copy(course, assignment.name)          # what was marked by hand is to be shown: it is done, for now
    if len(chosen) < FEW:
        failed = [_write(course, assignment.name, student) for student in chosen]
    else:
        with ProcessPoolExecutor(min(MOST, os.cpu_count() or 1), mp_context=get_context("spawn")) as writers:
            failed = list(writers.map(_write, repeat(course), repeat(assignment.name), chosen))
    if failed := [why for why in failed if why]:
        raise KitError(failed[0] + (f" So did that for {len(failed) - 1} more." if failed[1:] else ""))
    return chosen


def _write(course: Course, assignment: str, student: str) -> str:
    """One student's pages; returns what went wrong, as a sentence, or nothing."""
    with course.nbgrader() as nbgrader, course.first_error() as cause:
        nbgrader["coursedir"].assignment_id, nbgrader["coursedir"].student_id = assignment, student
        converter = GenerateFeedback(**nbgrader)
        converter.force = True
        try:
            converter.start()
        except NbGraderException as error:
            return f"Feedback for {student} failed: {cause() or error} (see {course.log})."
    return ""


class HideTests(NbGraderPreprocessor):
    """Cut hidden tests and rubrics out of the page; of a hidden test's output only the outcome and its message stay.

    A traceback quotes the lines of the test, so it goes too. A known mistake is named in the cells that it cost.
    """

    def preprocess(self, nb, resources):
        described = resources["nbgrader"]
        result = results.read(Course(Path.cwd()), described["student"], described["assignment"])
        self._named = result.named if result else []
        self._topics = assignments.load(described["assignment"]).topics
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell, resources, cell_index):
        hidden = False
        if cell.metadata.get("nbgrader", {}).get("locked"):              # the lesson's own; in others it is a word
            hidden = _HIDDEN.search(cell.source) is not None
            cell.source = _HIDDEN.sub("", cell.source).rstrip()
        noted = cell.metadata.get(NOTE)
        if noted and hidden:
            message = clean_message(noted["message"])            # it may quote what the student's code raised
            cell.outputs = [_text(f"{_HEADINGS[noted['outcome']]} {message}".strip())]
        if noted and noted["outcome"] != "passed":
            about = topic(cell.metadata.nbgrader["grade_id"])
            judged = self._topics.get(about, ("",))[0]
            cell.outputs += [_text(_known(known)) for known in self._named
                             if known["function"] == judged or about in known.get("topics", "").split()]
        return cell, resources


class Grades(GetGrades):
    """nbgrader's, but an answer that nobody has marked has no score: not 0.0."""

    def _get_score(self, cell, resources):
        super()._get_score(cell, resources)
        grade = self.gradebook.find_grade(cell.metadata.nbgrader["grade_id"], self.notebook_id, self.assignment_id,
                                          self.student_id)
        if grade.manual_score is None and grade.auto_score is None:
            cell.metadata.nbgrader["score"] = NOT_MARKED


def _known(known: dict[str, str]) -> str:
    """A mistake, another year's convention, or how the function differs, as students read it."""
    opening = {"mistake": "This looks like a known mistake. ",
               "convention": "This looks like another year's convention. "}
    read = f"\nRead again: {known['read']}" if known["read"] else ""
    return f"{opening.get(known.get('kind', 'mistake'), '')}{known['says']}{read}"


def _text(text: str):
    return new_output("stream", name="stdout", text=text + "\n")
