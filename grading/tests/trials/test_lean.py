"""Lean and whole runs give the same outcome for every cell: wrong, unusual, broken and hostile submissions alike.

A part of each class is tried here; KIT_LEAN=all tries all of them.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from hostile import attacks, make
from sandboxed import write_given
from together import together

from cs231n._reading import module_text, read_cell
from grading import ROOT
from grading.books.course import Course
from grading.engine import run
from grading.engine.plan import is_solution
from grading.engine.processes import Submission
from grading.engine.sandbox import probe
from grading.engine.worker import Worker
from grading.intake import restore, submission
from grading.release import assignment as assignments
from grading.release import generate
from grading.release.assignment import Assignment
from grading.release.stubs import strip_markers
from grading.sample import sample_class
from grading.trials import catalogue, cells

ALL = os.environ.get("KIT_LEAN") == "all"
EVERY = {"mistake": 83, "unusual": 41, "cell": 23, "hostile": 61}      # of each class, one in so many
LIMIT, SHORT = 20.0, 3.0      # seconds for a cell; where cells hang
LOST = {"error", "timed_out", "skipped"}
KINDS = ("scores", "objects", "notebooks", "counting")      # of attacks; the others have nothing to do with verdicts


@dataclass
class Bench:
    assignment: Assignment
    course: Course
    worker: Worker
    lessons: dict[str, submission.Lesson]

    def differences(self, name: str, notebook, modules: dict[str, str], limit: float = LIMIT) -> dict[str, tuple]:
        """{test cell: (outcome whole, outcome lean)} where they differ."""
        handed = Submission({f"cs231n/{module}": text.encode("utf-8", "replace") for module, text in modules.items()},
                            {f"cs231n.{module[:-3].replace('/', '.')}": text for module, text in modules.items()})
        outcomes = []
        for whole in (True, False):
            laid, _ = restore.restore(notebook, self.lessons[name].key)
            run.grade(self.worker, [(laid, self.lessons[name].plan)], handed, limit, whole=whole)
            notes = {cell.id: cell.metadata[run.NOTE] for cell in laid.cells if run.NOTE in cell.metadata}
            outcomes.append({name: note["outcome"] for name, note in notes.items()})
        return {cell: (outcome, outcomes[1][cell]) for cell, outcome in outcomes[0].items()
                if outcome != outcomes[1][cell]}

    def solved(self, name: str, changed: dict[str, str] | None = None):
        """The complete notebook, as it is handed in; changed: cell -> source."""
        made = nbformat.read(self.assignment.notebook_path(name), as_version=4)
        for cell in made.cells:
            if is_solution(cell):
                cell.source = (changed or {}).get(cell.id) or strip_markers(cell.source, name)
        return [cell for cell in map(read_cell, made.cells) if cell]

    def complete(self) -> dict[str, str]:
        return {module: self.assignment.complete(module) for module in self.assignment.student_modules}

    def notebooks_of(self, function: str) -> list[str]:
        """Notebooks with tests of this function, or of what depends on it."""
        topics = [topic for topic, functions in self.assignment.topics.items() if function in functions]
        return [name for name in self.assignment.notebooks if any(topic.startswith(f"{name}-") for topic in topics)]


@pytest.fixture(scope="module", params=assignments.names())
def bench(request, tmp_path_factory):
    sandbox = probe()
    if sandbox.level == "none":
        pytest.skip(f"no sandbox here: {sandbox.why}")
    assignment, folder = assignments.load(request.param), tmp_path_factory.mktemp("lean")
    if request.param == "assignment1":
        course = request.getfixturevalue("released")[1]
    else:
        course = Course(folder / "course")
        generate.generate(assignment, course)
    write_given(assignment, folder / "given")
    with course.nbgrader() as nbgrader, Worker(sandbox, folder / "given", course.grading_data) as worker:
        yield Bench(assignment, course, worker, submission.lessons(assignment, course, nbgrader["config"]))


def chosen(entries: list, kind: str) -> list:
    return entries if ALL else entries[::EVERY[kind]]


@pytest.mark.parametrize("kind", ["mistake", "unusual"])
def test_wrong_and_unusual_functions_are_judged_alike(bench, kind):
    entries = catalogue.mistakes(bench.assignment) if kind == "mistake" else catalogue.unusual(bench.assignment)
    for those, modules in together(bench.assignment, chosen(entries, kind), lambda entry: set()):
        for name in {name for entry in those for name in bench.notebooks_of(entry.function)}:
            assert bench.differences(name, bench.solved(name), modules) == {}, ([one.label for one in those], name)


def test_wrong_and_unusual_cells_are_judged_alike(bench):
    for entry in chosen([*cells.mistakes(bench.assignment), *cells.unusual(bench.assignment)], "cell"):
        source = nbformat.read(bench.assignment.notebook_path(entry.notebook), as_version=4)
        changed = {entry.cell: entry.source(next(cell.source for cell in source.cells if cell.id == entry.cell))}
        notebook = bench.solved(entry.notebook, changed)
        assert bench.differences(entry.notebook, notebook, bench.complete()) == {}, entry.label


def test_what_is_broken_or_not_written_is_judged_alike(bench, tmp_path):
    students = sample_class.make(bench.assignment, bench.course, tmp_path)
    for student in students if ALL else [one for one in students if one.endswith(("untouched", "syntax-error"))]:
        package = tmp_path / student / "cs231n"
        modules = {module: (package / module).read_text() for module in bench.assignment.student_modules}
        for name in bench.assignment.notebooks if ALL else bench.assignment.notebooks[:1]:
            notebook, _ = restore.read_submitted(tmp_path / student / f"{name}.ipynb")
            assert bench.differences(name, notebook, modules) == {}, (student, name)


class WholeNotebooks(make.Bases):
    """With the lesson's own text and pictures in them."""

    def _cut(self, path: Path) -> None:
        """Nothing."""


def test_attacks_are_judged_alike(bench, tmp_path):
    if bench.assignment.name != make.ASSIGNMENT:
        pytest.skip("the attacks are on one notebook of another assignment")
    bases = WholeNotebooks(ROOT, bench.course, tmp_path / "bases")
    places = {name: str(tmp_path / "nowhere") for name in ("COURSE", "OUTSIDE", "REPO", "PORT", "SOCKET")}
    for attack in chosen([one for one in attacks() if one.aim in KINDS and one.copies == 1], "hostile"):
        folder = tmp_path / attack.name
        make.hand_in(attack, bases, folder, places)
        notebook, _ = restore.read_submitted(folder / f"{make.NOTEBOOK}.ipynb")
        modules = {module: module_text((folder / "cs231n" / module).read_bytes())
                   for module in bench.assignment.student_modules}
        found = bench.differences(make.NOTEBOOK, notebook, modules, SHORT)
        # What fills the memory, or never ends, is ended by the limit that it comes to first.
        assert {cell: pair for cell, pair in found.items() if not set(pair) <= LOST} == {}, attack.name
