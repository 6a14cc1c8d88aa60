"""The engine judges as a kernel does: every correct version keeps its marks, known mistakes lose the same cells."""

import nbformat
import pytest
from sandboxed import write_given
from together import together

from grading.books.course import Course
from grading.engine import plan, run
from grading.engine.plan import Plan
from grading.engine.processes import Submission
from grading.engine.sandbox import probe
from grading.engine.worker import Worker
from grading.release import assignment as assignments
from grading.release.assignment import Assignment
from grading.trials import catalogue, trial
from grading.trials.catalogue import Entry

EVERY = 7             # of the known mistakes, one in so many: `kit trial` runs them all beside the reference


@pytest.fixture(scope="module", params=assignments.names())
def bench(request, tmp_path_factory):
    """(assignment, a worker, {notebook: its plan}, {notebook: its test cells that judge a function})."""
    assignment, folder = assignments.load(request.param), tmp_path_factory.mktemp("fair")
    course = Course(folder / "course")
    course.prepare_data()
    write_given(assignment, folder / "given")
    plans, cells = {}, {}
    judging = {cell.name for cell in trial.test_cells(assignment)}
    for name in assignment.notebooks:
        source = nbformat.read(assignment.notebook_path(name), as_version=4)
        plans[name] = plan.make(source)
        cells[name] = [cell for cell in source.cells if cell.id in judging]
    with Worker(probe(), folder / "given", course.grading_data) as worker:
        yield assignment, worker, plans, cells


def lost(assignment: Assignment, worker: Worker, plans: dict[str, Plan], cells: dict, functions: set[str],
         sources: dict[str, str]) -> dict[str, str]:
    """The test cells of these functions that the engine does not pass, with their messages."""
    submission = Submission({f"cs231n/{module}": text.encode() for module, text in sources.items()},
                            {f"cs231n.{module[:-3].replace('/', '.')}": text for module, text in sources.items()})
    notebooks = []
    for name, tests in cells.items():
        judged = [nbformat.from_dict(dict(cell)) for cell in tests
                  if functions & set(assignment.topics[assignments.topic(cell.id)])]
        if judged:
            notebooks.append((nbformat.v4.new_notebook(cells=judged), plans[name]))
    run.grade(worker, notebooks, submission, trial.CELL_SECONDS)
    return {cell.id: cell.metadata[run.NOTE]["message"] for notebook, _ in notebooks for cell in notebook.cells
            if cell.metadata[run.NOTE]["outcome"] != "passed"}


def submissions(assignment: Assignment, entries: list[Entry]):
    """(entries, sources), where no test judges two of the entries."""
    tests = trial.test_cells(assignment)
    return together(assignment, entries,
                    lambda entry: {cell.name for cell in tests if entry.function in cell.functions})


def test_every_correct_but_unusual_version_keeps_all_its_marks_in_the_engine(bench):
    tests, unfair = trial.test_cells(bench[0]), {}
    for entries, sources in submissions(bench[0], catalogue.unusual(bench[0])):
        found = lost(*bench, {entry.function for entry in entries}, sources)
        for entry in entries:
            own = [cell for cell in tests if entry.function in cell.functions]
            unfair[entry.label] = trial.losses(entry, own, dict.fromkeys((cell.name for cell in own), "") | found)
    assert {label: cells for label, cells in unfair.items() if cells} == {}


def test_known_mistakes_lose_the_same_cells_in_the_engine_as_beside_the_reference(bench):
    assignment = bench[0]
    tests = trial.test_cells(assignment)
    for entries, sources in submissions(assignment, catalogue.mistakes(assignment)[::EVERY]):
        functions = {entry.function for entry in entries}
        related = [cell for cell in tests if functions & set(cell.functions)]
        beside = trial.run(assignment, sources, related)[0]
        gone = sorted(name for name, message in beside.items() if message)
        assert sorted(lost(*bench, functions, sources)) == gone, [entry.label for entry in entries]
