"""Two submissions of the kit's own: the source with every solution in it, and the release as students get it."""

import copy

import nbformat
from nbformat import NotebookNode

from grading.books.course import Course
from grading.intake.submission import Lesson, Submission
from grading.release import stubs
from grading.release.assignment import Assignment


def complete(assignment: Assignment, course: Course, lessons: dict[str, Lesson],
             staged: dict[str, bytes]) -> Submission:
    """Full marks are due to it. Written answers are as they are in the release."""
    modules = {f"cs231n/{module}": assignment.complete(module).encode() for module in assignment.student_modules}
    notebooks = {name: _filled(lesson.key, nbformat.read(course.source(assignment.name) / f"{name}.ipynb", 4))
                 for name, lesson in lessons.items()}
    return Submission(notebooks, staged | modules)


def untouched(lessons: dict[str, Lesson], staged: dict[str, bytes]) -> Submission:
    """Nothing is due to it."""
    return Submission({name: copy.deepcopy(lesson.key) for name, lesson in lessons.items()}, dict(staged))


def _filled(key: NotebookNode, source: NotebookNode) -> NotebookNode:
    solved = {cell.metadata.nbgrader.grade_id: cell.source for cell in source.cells
              if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")}
    filled = copy.deepcopy(key)
    for cell in filled.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in solved:
            cell.source = stubs.strip_markers(solved[name], name)
    return filled
