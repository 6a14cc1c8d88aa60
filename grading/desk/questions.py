"""What an assignment asks to be answered in words, and what the notebooks of those who answered showed beside it."""

import re
from dataclasses import dataclass, field

import nbformat

from grading.books import answers, rubric
from grading.books.course import Course
from grading.books.rubric import Rubric
from grading.errors import KitError
from grading.release import markers
from grading.release.assignment import Assignment

PLOTS, PLOT_BYTES = 6, 3_000_000         # that are shown beside an answer: so many, and of base64 in all
_HEADING = re.compile(r"#+ +(.+)")


@dataclass(frozen=True)
class Question:
    """- notebook, name: where it is, and the grade_id of its answer's cell
    - title: its heading; text, model: Markdown, the model answer without its markers
    - before: grade_ids or ids of the cells between the question before it and this one
    """

    notebook: str
    name: str
    title: str
    text: str
    points: float
    rubric: Rubric | None
    model: str
    attachments: dict = field(default_factory=dict)
    before: tuple[str, ...] = ()


def of_assignment(assignment: Assignment, course: Course) -> list[Question]:
    """In the order in which students meet them, from the staged source."""
    course.require_release(assignment.name)
    found = []
    for notebook in assignment.notebooks:
        cells = nbformat.read(course.source(assignment.name) / f"{notebook}.ipynb", as_version=4).cells
        rubrics = rubric.of_answers(cells, f"{notebook}.ipynb")
        asked, before = None, []
        for cell in cells:
            described = cell.metadata.get("nbgrader", {})
            if not (described.get("grade") and described.get("solution")):
                asked = cell if cell.cell_type == "markdown" else asked
                before.append(cell.id)
                continue
            name, said = described["grade_id"], asked.source if asked else ""
            heading = _HEADING.match(said)
            text = rubric.cut(said)[0]
            found.append(Question(
                notebook, name, heading[1].strip() if heading else name,
                text.removeprefix(heading[0]).strip() if heading else text, float(described["points"]),
                rubrics.get(name), _model(cell.source), dict(asked.get("attachments", {})) if asked else {},
                tuple(before)))
            before = []
    return found


def chosen(questions: list[Question], asked: str) -> Question:
    """The question that is meant: by its answer's cell, or by a part of that or of its heading that no other has."""
    meant = [one for one in questions if asked == one.name] or [
        one for one in questions if asked.lower() in f"{one.name} {one.title}".lower()]
    if len(meant) != 1:
        raise KitError(f"{asked!r} is {'no' if not meant else 'more than one'} question of this assignment. It has: "
                       f"{', '.join(one.name for one in questions) or 'none'}.")
    return meant[0]


def plots(course: Course, assignment: str, question: Question, student: str) -> list[tuple[str, str]]:
    """(media type, base64) of the last pictures that a graded notebook shows before the question; they are clean."""
    found = []
    inside = False
    for cell in answers.read(course.autograded(student, assignment), question.notebook):
        name = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id") or cell.get("id")
        if name == question.name:
            break
        inside = name in question.before or inside and not answers.of([cell])        # a student's own cells too
        for output in cell.get("outputs", []) if inside else []:
            found += [(kind, "".join(data.split())) for kind, data in output.get("data", {}).items()
                      if kind in ("image/png", "image/jpeg") and isinstance(data, str)]
    shown, room = [], PLOT_BYTES
    for kind, data in reversed(found[-PLOTS:]):
        room -= len(data)
        if room >= 0:
            shown.insert(0, (kind, data))
    return shown


def _model(source: str) -> str:
    inside = markers.inside(source, markers.regions(source, ""))
    return "\n".join(inside) if inside else source
