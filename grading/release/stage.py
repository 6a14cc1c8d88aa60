"""From `assignments/` and `cs231n/` to nbgrader's source folder.

The staged source holds the notebooks complete, and beside them the files of the release as students get them: student
modules already stubbed. nbgrader copies those verbatim into the release, and lays the given ones down again when it
grades.
"""

import json
import os
import re
from pathlib import Path

from grading import ROOT
from grading.books import rubric
from grading.books.course import Course
from grading.errors import KitError
from grading.release import markers
from grading.release.assignment import PACKAGE, Assignment
from grading.scratch import temporary

# Of the package, and no test reads them.
TOOLS = ("_check", "_console.py", "_download.py", "_hints", "_writeup", "check.py", "get_data.py")
HINTS = "_hints/{}.toml"                         # an assignment's own, where it has any: others' stay here
INSTRUCTORS_PART = "# --- instructors only"      # in requirements.txt: what follows does not go out
_ID = re.compile(r'"id": "(.*)",')


def stage(assignment: Assignment, course: Course) -> Path:
    """Write `source/<assignment>/`; an earlier one is replaced only when the new one is whole.

    Raises MarkerError (file:line) when a source cannot be cut safely.
    """
    target = course.source(assignment.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with temporary(".staging-", target.parent) as scratch:
        staged = scratch / assignment.name
        for path, content in files(assignment).items():
            (staged / path).parent.mkdir(parents=True, exist_ok=True)
            (staged / path).write_text(content, encoding="utf-8", newline="\n")
        (staged / "get_datasets.sh").chmod(0o755)
        if target.exists():
            os.replace(target, scratch / "former")
        os.replace(staged, target)
    return target


def files(assignment: Assignment) -> dict[str, str]:
    """Every staged file's text by its path in the release, checked for sound markers."""
    staged = {}
    for notebook in assignment.notebooks:
        path = assignment.notebook_path(notebook)
        check_notebook(path)
        staged[path.name] = _text(path)
    for module in assignment.given_modules:
        staged[f"cs231n/{module}"] = assignment.complete(module)
    for module in assignment.student_modules:
        staged[f"cs231n/{module}"] = assignment.stub(module)
    for name in tools(assignment):
        staged[f"cs231n/{name}"] = _text(PACKAGE / name)
    staged["cs231n/assignment.json"] = _handed_in(assignment)
    staged["requirements.txt"] = _text(ROOT / "requirements.txt").split(INSTRUCTORS_PART)[0].rstrip() + "\n"
    staged["get_datasets.sh"] = _text(ROOT / "get_datasets.sh")
    staged["data/README.md"] = _text(ROOT / "data" / "README.md")
    staged["README.md"] = _text(assignment.folder / "README.md")
    return staged


def tools(assignment: Assignment) -> list[str]:
    """Paths under `cs231n/` of what a release has beside its modules: the same in every one, but for the hints."""
    places = [PACKAGE / tool for tool in TOOLS]
    drawn = [path.relative_to(PACKAGE).as_posix() for module in assignment.given_modules for path in _drawing(module)]
    files = [path for place in places for path in (place.iterdir() if place.is_dir() else [place])]
    names = [path.relative_to(PACKAGE).as_posix() for path in files if path.suffix in (".py", ".typ", ".toml")]
    names = [name for name in names if not name.endswith(".toml") or name == HINTS.format(assignment.name)]
    return sorted(drawn + names)


def _drawing(module: str) -> list[Path]:
    """What the browser needs of a demonstration: files of its name beside it, and beside what all share the others."""
    path = PACKAGE / module
    if path.parent.name != "demos" or path.stem == "__init__":
        return []
    modules = {one.stem for one in path.parent.glob("*.py")}
    shared = path.stem == "_widget"
    return sorted(one for one in path.parent.iterdir() if one.suffix in (".js", ".css")
                  and (one.stem not in modules if shared else one.stem == path.stem))


def _handed_in(assignment: Assignment) -> str:
    """What `python -m cs231n.submit` packs and reads beside, and `check` runs: files, each notebook's cells as they go
    out, and the points of tests; and what is there without being handed in."""
    from grading.release.lesson import read_known, read_points

    paths = {notebook: assignment.notebook_path(notebook) for notebook in assignment.notebooks}
    cells = {notebook: [known._asdict() for known in read_known(path)] for notebook, path in paths.items()}
    points = {name: worth for path in paths.values() for name, worth in read_points(path).items()}
    return json.dumps({"name": assignment.name, "title": assignment.title, "notebooks": assignment.notebook_files,
                       "modules": assignment.student_files, "points": points, "cells": cells,
                       "given": [f"cs231n/{name}" for name in (*assignment.given_modules, *tools(assignment))]},
                      indent=1, ensure_ascii=False) + "\n"


def check_notebook(path: Path) -> None:
    """Raise MarkerError for a marker that nbgrader would miss, or for one in a cell it does not belong to; RubricError
    for a mark scheme that no program can read."""
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
    except nbformat.reader.NotJSONError as error:
        raise KitError(f"{shown(path)} is not a notebook: {str(error)[:80]!r}.") from None
    before = _lines_before(_text(path))
    for cell in notebook.cells:
        markers.regions(cell.source, shown(path), kinds=region_kinds(cell), offset=before.get(cell.get("id"), 0))
    rubric.of_answers(notebook.cells, shown(path))


def region_kinds(cell) -> tuple[str, ...]:
    """The kinds of region that this cell of an instructor's notebook may hold."""
    described = cell.metadata.get("nbgrader", {})
    if described.get("solution"):
        return ("SOLUTION",)
    if described.get("grade"):
        return ("HIDDEN TESTS",)
    if cell.cell_type == "markdown" and described.get("locked"):
        return ("MARK SCHEME",)
    return ()


def _lines_before(text: str) -> dict[str, int]:
    """How many lines of the notebook's file stand before the first source line of each cell, by its id."""
    found: dict[str, int] = {}
    cell = ""
    for number, line in enumerate(text.splitlines(), 1):
        if described := _ID.fullmatch(line.strip()):
            cell = described[1]
        elif line.strip() == '"source": [' and cell:
            found.setdefault(cell, number)
    return found


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
