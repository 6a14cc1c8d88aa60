"""A class to try the kit on, made from the source at run time.

A perfect submission, the untouched release, single known mistakes, and submissions that are broken in the ways that
submissions are broken.
"""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat

from grading.books.course import Course
from grading.release.assignment import Assignment
from grading.release.stubs import strip_markers
from grading.trials import catalogue

PREFIX = "sample-"


# One sample student makes each of these, labels of the catalogue.
MISTAKES = (
    "k_nearest_neighbor/tie_larger",
    "k_nearest_neighbor/squared_no_loops",
    "k_nearest_neighbor/one_loop_no_loops",
    "fc_net/relu_on_scores",
    "features/pixels_counted",
    "optim/adam_no_bias_correction",
    "optim/rmsprop_accumulates",
    "layers/bn_batch_at_test_time",
    "search/halving_worst_stay",
    "slopes/backward_fork_overwritten",
)


def make(assignment: Assignment, course: Course, folder: Path) -> list[str]:
    """Write one folder per sample student below `folder`; returns their ids."""
    shutil.rmtree(folder, ignore_errors=True)
    perfect = folder / f"{PREFIX}perfect"
    complete(assignment, course, perfect)

    def variant(name: str, change: Callable[[Path], None]) -> None:
        if not assignment.sample or name in assignment.sample:
            target = folder / f"{PREFIX}{name}"
            shutil.copytree(perfect, target)
            change(target)

    shutil.copytree(course.release(assignment.name), folder / f"{PREFIX}untouched")
    for entry in mistakes(assignment):
        variant(entry.name.replace("_", "-"), lambda target, entry=entry: _write(
            target / "cs231n" / entry.module, strip_markers(entry.source(), entry.module)))
    module, notebook = assignment.student_files[0], assignment.notebook_files[0]
    variant("syntax-error", lambda target: _write(target / module, re.sub(
        r"(?m)^( *def .*):$", r"\1", (target / module).read_text(encoding="utf-8"), count=1)))
    variant("missing-notebook", lambda target: (target / notebook).unlink())
    variant("corrupt-notebook", lambda target: _write(
        target / notebook, (target / notebook).read_text(encoding="utf-8")[:-400]))
    variant("endless-loop", lambda target: _write(target / module, _endless(assignment)))
    return sorted(path.name for path in folder.iterdir())


def mistakes(assignment: Assignment) -> list[catalogue.Entry]:
    """The known mistakes that sample students of this assignment make."""
    return [entry for entry in catalogue.mistakes(assignment) if entry.label in MISTAKES]


def complete(assignment: Assignment, course: Course, target: Path) -> None:
    """The release with every stub and every answer filled in from the source."""
    shutil.copytree(course.release(assignment.name), target)
    for module in assignment.student_modules:
        _write(target / "cs231n" / module, assignment.complete(module))
    for notebook in assignment.notebook_files:
        source = {cell.id: cell for cell in nbformat.read(assignment.folder / notebook, as_version=4).cells}
        released = json.loads((target / notebook).read_text(encoding="utf-8"))
        for cell in released["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("solution"):
                cell["source"] = strip_markers(source[cell["id"]].source, notebook).splitlines(keepends=True)
        _write(target / notebook, json.dumps(released, indent=1, ensure_ascii=False) + "\n")


def _endless(assignment: Assignment) -> str:
    """The first module with a loop that never ends at the start of its first solution."""
    module = assignment.student_modules[0]
    lines = assignment.source(module).splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if line.strip() == "### BEGIN SOLUTION")
    indent = lines[first][:lines[first].index("#")]
    lines.insert(first + 1, f"{indent}while True:\n{indent}    pass\n")
    return strip_markers("".join(lines), module)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
