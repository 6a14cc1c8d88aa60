"""Results as a table that fits a terminal."""

import shutil
import textwrap
from collections.abc import Mapping, Sequence

from grading.books.results import Result
from grading.desk.text import clean_text
from grading.release.assignment import Assignment
from grading.trials import diagnosis


def scores(assignment: Assignment, results: Sequence[Result], given: Mapping[tuple[str, str, str], float] | None = None,
           said: Mapping[str, str] | None = None) -> str:
    """One row per submission: autograded points by notebook, the total, and below it what happened.

    - given: what was marked by hand, as `marks.scores` tells it
    - said: what else there is to say of a student's submission
    """
    marked: dict[str, set[str]] = {}
    for student, _, cell in given or ():
        marked.setdefault(student, set()).add(cell)
    width = max(60, shutil.get_terminal_size((100, 24)).columns)
    names = max([len("student"), *(len(result.student) for result in results)])
    columns = [max(len(notebook), 7) for notebook in assignment.notebooks]
    heads = "  ".join(f"{notebook:>{column}}" for notebook, column in zip(assignment.notebooks, columns, strict=True))
    lines = [f"{'student':<{names}}  {heads}  {'total':>9}", "-" * (names + sum(columns) + 2 * len(columns) + 11)]
    for result in results:
        if result.fault:
            cells = "  ".join(f"{'-':>{column}}" for column in columns)
            total = "not graded"
        else:
            cells = "  ".join(f"{_points(*result.autograded(notebook)):>{column}}"
                              for notebook, column in zip(assignment.notebooks, columns, strict=True))
            total = _points(*result.autograded())
        lines.append(f"{result.student:<{names}}  {cells}  {total:>9}")
        told = diagnosis.sentence(result, marked.get(result.student, ())), (said or {}).get(result.student, "")
        happened = clean_text("; ".join(filter(None, told)))
        lines += textwrap.wrap(happened, width, initial_indent="    ", subsequent_indent="    ")
    return "\n".join(lines)


def _points(score: float, max_score: float) -> str:
    return f"{score:g}/{max_score:g}"
