"""The skeleton of a catalogue entry, from a student's code that fails and that no entry explains.

What an entry says and what to read again is for a person to write; `kit trial` tells whether it is caught and named.
"""

import ast
import re
import textwrap
from pathlib import Path

from grading.books import answers, results
from grading.books.course import Course
from grading.desk.text import COLORS, clean_text, printable
from grading.engine import parsing
from grading.errors import KitError
from grading.release.assignment import Assignment, topic
from grading.trials import cells
from grading.trials.asking import judged

MOST_LINES = 200                 # of a student's code


def skeleton(assignment: Assignment, course: Course, student: str, cell: str) -> str:
    """The entry as TOML, its first line a comment that says where it belongs.

    - cell: the test cell that is lost
    """
    kept = results.read(course, student, assignment.name)
    if kept is None:
        raise KitError(f"{student!r} has no graded submission of {assignment.name} in {course.root}.")
    if topic(cell) not in assignment.topics or cell not in kept.cells:
        raise KitError(f"{cell!r} is no test cell of {assignment.name}. {student} has lost: "
                       f"{', '.join(kept.lost) or 'none'}.")
    function, folder = assignment.topics[topic(cell)][0], course.autograded(student, assignment.name)
    if module := judged(assignment).get(function):
        home, key = f"{Path(module).stem}.toml", f'function = "{function}"'
        body, around = _of_function((folder / "cs231n" / module), function)
    else:
        notebook, solution = _solution(assignment, cell)
        home, key = f"cells_{notebook}.toml", f'cell = "{solution}"\nshows = {{}}                  # aspect = reading'
        body, around = _of_cell(answers.read(folder, notebook), solution), ""
    message = clean_text(kept.cells[cell]["message"], 300)
    lines = [f"# grading/misconceptions/{home}: loses {cell}", f"# {message}", "[[mistake]]", 'name = "TODO"', key,
             'says = "TODO: one sentence to the student."', 'read = "TODO: where to read again"']
    lines += [f"# its module has more, which may belong to it (top = '''...'''): {around}"] if around else []
    return "\n".join([*lines, f"body = {_quoted(body)}", ""])


def _of_function(path: Path, function: str) -> tuple[str, str]:
    """(the body of a function without its docstring, names of the module's other functions)."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        tree = parsing.parse_small(text)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise KitError(f"{path} cannot be read as Python: {error}.") from None
    home, _, name = function.rpartition(".")
    owners = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == home] if home else [tree]
    found = [node for owner in owners for node in owner.body if isinstance(node, ast.FunctionDef) and node.name == name]
    if not found:
        raise KitError(f"{path} has no {function}.")
    statements = found[-1].body[1 if ast.get_docstring(found[-1]) is not None else 0:]
    known = {line.rpartition(".")[2] for line in (function, home)}
    others = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name not in known]
    if not statements:
        return "pass", ""
    first, last = statements[0].lineno - 1, found[-1].end_lineno
    return textwrap.dedent("\n".join(text.splitlines()[first:last])), ", ".join(
        one for one in others if re.search(rf"\b{one}\b", ast.unparse(found[-1])))


def _solution(assignment: Assignment, cell: str) -> tuple[str, str]:
    """(notebook, solution cell) of what a test of a notebook's names judges."""
    for notebook in assignment.notebooks:
        judging = cells.judging(assignment, notebook)
        for solution, topics in judging.items():
            if topic(cell) in topics:
                return notebook, solution
    raise KitError(f"{cell} judges {assignment.topics[topic(cell)][0]}, of which the catalogue has no probes yet.")


def _of_cell(found: list[dict], solution: str) -> str:
    for cell in found:
        if cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", cell.get("id")) == solution:
            return answers.source(cell)
    raise KitError(f"The graded notebook has no {solution}.")


def _quoted(text: str) -> str:
    """As TOML's text of several lines, whatever stands in it."""
    text = "\n".join(COLORS.sub("", printable(text)).splitlines()[:MOST_LINES])
    if "'''" not in text:
        return f"'''\n{text}\n'''"
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""\n{escaped}\n"""'
