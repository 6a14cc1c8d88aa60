"""Mistakes are named by what functions return: each by its own sentence, two at once by both, what is right by none."""

import nbformat
import pytest

from grading.books.course import Course
from grading.books.results import Result
from grading.engine import plan, run
from grading.engine.processes import Submission
from grading.engine.sandbox import probe
from grading.engine.worker import Worker
from grading.release import assignment as assignments
from grading.trials import catalogue, confusion, naming, trial
from grading.trials.naming import Asking, Names

PAIRS = 60            # of each assignment; `kit trial --pairs N` tries more
EVERY = 60            # of the known mistakes, one in so many goes through the engine


@pytest.fixture(scope="module", params=assignments.names())
def named(request):
    """(assignment, its Names)."""
    assignment = assignments.load(request.param)
    return assignment, Names(assignment)


@pytest.fixture(scope="module")
def graded(named, tmp_path_factory):
    """A function: changed modules (path -> text) -> (result, answers to probes, CPU seconds), from real sandboxes."""
    (assignment, _), folder = named, tmp_path_factory.mktemp("named")
    course = Course(folder / "course")
    course.prepare_data()
    for module in assignment.given_modules:
        path = folder / "given" / "cs231n" / module
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(assignment.complete(module), encoding="utf-8")
    judging = {cell.name for cell in trial.test_cells(assignment)}
    lessons = [nbformat.read(assignment.notebook_path(name), as_version=4) for name in assignment.notebooks]
    plans, asking = [plan.make(lesson) for lesson in lessons], Asking(assignment)

    def grade(worker, changed, function):
        sources = {module: assignment.complete(module) for module in assignment.student_modules} | changed
        submission = Submission({f"cs231n/{module}": text.encode() for module, text in sources.items()},
                                {f"cs231n.{module[:-3].replace('/', '.')}": text for module, text in sources.items()})
        notebooks = []
        for lesson, one in zip(lessons, plans):
            cells = [cell for cell in lesson.cells if cell.id in judging
                     and function in assignment.topics[assignments.topic(cell.id)]]
            if cells:
                made = nbformat.v4.new_notebook(cells=[nbformat.from_dict(dict(cell)) for cell in cells])
                notebooks.append((made, one))
        answers = run.grade(worker, notebooks, submission, trial.CELL_SECONDS, due=asking.due)
        result = Result("student", assignment.name, "", "")
        result.notebooks = {str(number): {cell.id: dict(cell.metadata[run.NOTE]) for cell in notebook.cells}
                            for number, (notebook, _) in enumerate(notebooks)}
        return result, answers

    with Worker(probe(), folder / "given", course.grading_data) as worker:
        yield lambda changed, function: grade(worker, changed, function)


def test_every_known_mistake_is_called_by_its_own_sentence(named):
    assignment, names = named
    assert confusion.table(names, catalogue.mistakes(assignment))[1] == []


def test_two_mistakes_in_different_aspects_of_one_function_are_both_named(named):
    assignment, names = named
    tried, problems = confusion.pairs(names, assignment, catalogue.mistakes(assignment), PAIRS)
    assert len(problems) <= 0.05 * tried, problems


def test_no_correct_but_unusual_version_would_be_called_a_mistake(named):
    assignment, names = named
    assert confusion.unusual(names, assignment, catalogue.unusual(assignment)) == []


def test_known_mistakes_are_named_in_the_engine_as_beside_the_reference(named, graded):
    assignment, names = named
    for entry in catalogue.mistakes(assignment)[::EVERY]:
        result, answers = graded(trial.entry_source(entry), entry.function)
        told = names.name(result, answers)
        assert [(one["function"], one["says"]) for one in told] == [(entry.function, entry.says)], entry.label


def test_nothing_is_asked_of_functions_that_pass(graded, named):
    assignment, _ = named
    function = next(iter(naming.judged(assignment)))
    result, answers = graded({}, function)
    assert {cell["outcome"] for cell in result.cells.values()} == {"passed"} and answers == {}
