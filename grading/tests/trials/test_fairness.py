"""The engine judges as a kernel does: every correct version keeps its marks, known mistakes lose the same cells."""

import nbformat
import pytest
from sandboxed import write_given

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


def lost(assignment: Assignment, worker: Worker, plans: dict[str, Plan], cells: dict, entry: Entry) -> dict[str, str]:
    """The test cells of the entry's function that the engine does not pass, with their messages."""
    sources = {module: assignment.complete(module) for module in assignment.student_modules} | trial.entry_source(entry)
    submission = Submission({f"cs231n/{module}": text.encode() for module, text in sources.items()},
                            {f"cs231n.{module[:-3].replace('/', '.')}": text for module, text in sources.items()})
    found = {}
    for name, tests in cells.items():
        judged = [cell for cell in tests if entry.function in assignment.topics[assignments.topic(cell.id)]]
        if judged:
            notebook = nbformat.v4.new_notebook(cells=[nbformat.from_dict(dict(cell)) for cell in judged])
            run.grade(worker, [(notebook, plans[name])], submission, trial.CELL_SECONDS)
            found |= {cell.id: cell.metadata[run.NOTE]["message"] for cell in notebook.cells
                      if cell.metadata[run.NOTE]["outcome"] != "passed"}
    return found


def test_every_correct_but_unusual_version_keeps_all_its_marks_in_the_engine(bench):
    assignment = bench[0]
    tests = trial.test_cells(assignment)
    unfair = {}
    for entry in catalogue.unusual(assignment):
        messages = dict.fromkeys((cell.name for cell in tests), "") | lost(*bench, entry)
        unfair[entry.label] = trial.losses(entry, tests, messages)
    assert {label: cells for label, cells in unfair.items() if cells} == {}


def test_known_mistakes_lose_the_same_cells_in_the_engine_as_beside_the_reference(bench):
    assignment = bench[0]
    tests = trial.test_cells(assignment)
    for entry in catalogue.mistakes(assignment)[::EVERY]:
        related = [cell for cell in tests if entry.function in cell.functions]
        beside = trial.run(assignment, trial.entry_source(entry), related)[0]
        assert sorted(lost(*bench, entry)) == sorted(name for name, message in beside.items() if message), entry.label
