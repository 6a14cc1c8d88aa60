"""Searches on trial: a wrong cell loses points where it belongs, a right one keeps them, however it is written."""

from pathlib import Path

import nbformat
import pytest

from cs231n.synthetic import write_synthetic_cifar10
from grading.books.course import GRADING_IMAGES, Course
from grading.engine import plan, run
from grading.engine.processes import Submission
from grading.engine.sandbox import probe
from grading.engine.worker import Worker
from grading.errors import KitError
from grading.release import assignment as assignments
from grading.trials import cell_trial, cells, trial
from grading.trials.asking import Asking
from grading.trials.cells import CellEntry
from grading.trials.naming import Names

ASSIGNMENTS = {name: assignments.load(name) for name in assignments.names()}
MISTAKES = {name: cells.mistakes(one) for name, one in ASSIGNMENTS.items()}
UNUSUAL = {name: cells.unusual(one) for name, one in ASSIGNMENTS.items()}
NAMELESS = {name: cells.mistakes(one, Path(__file__).parent / "wrong_cells") for name, one in ASSIGNMENTS.items()}
NOTEBOOKS = [(name, notebook) for name, entries in MISTAKES.items()
             for notebook in dict.fromkeys(entry.notebook for entry in entries)]


# notebook -> the cell of its search, the table that it fills, what settings there are, an entry, what is kept.
SEARCHES = {
    "knn": ("knn-cross_validation", "k_to_accuracies", "k_choices", "[0.3] * num_folds", "best_k"),
    "svm": ("svm-search", "results", "candidates", "(0.3, 0.4)", "best_svm"),
    "softmax": ("softmax-search", "results", "[(1e-3 * n, 0.1) for n in range(1, 2 * num_pairs + 1)]", "(0.3, 0.4)",
                "best_softmax"),
    "two_layer_net": ("two_layer_net-best_model", "results", "[(50, 1e-3 * n, 0.1) for n in range(1, 6)]", "0.3",
                      "best_model"),
    "features": ("features-best_net", "results", "[(80, 0.1 * n, 1e-3) for n in range(1, 6)]", "0.3", "best_net"),
    "deep_nets": ("deep_nets-search", "results", "map(float, np.geomspace(low, high, num_rates))", "0.3", "best_net"),
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """What grading sets, with data of the size that it uses."""
    folder = tmp_path_factory.mktemp("data") / "grading"
    num_train, num_test = GRADING_IMAGES
    write_synthetic_cifar10(folder, num_train=num_train, num_test=num_test)
    return cell_trial.environment(str(folder))


def sources(name, notebook):
    """The source of every cell of a notebook, by id."""
    found = nbformat.read(ASSIGNMENTS[name].notebook_path(notebook), as_version=4)
    return {cell.id: cell.source for cell in found.cells}


def of(entries, name, notebook):
    return [entry for entry in entries[name] if entry.notebook == notebook]


@pytest.mark.parametrize("name, notebook", NOTEBOOKS)
def test_a_wrong_cell_loses_points_in_its_own_tests_and_nowhere_else_and_its_mistake_is_named(
        name, notebook, environment):
    assert cell_trial.table(ASSIGNMENTS[name], of(MISTAKES, name, notebook), environment["CS231N_DATA"])[2] == []


@pytest.mark.parametrize("name, notebook", NOTEBOOKS)
def test_a_wrong_cell_loses_points_where_no_name_is_known_for_its_mistake(name, notebook, environment):
    reference, entries = sources(name, notebook), of(NAMELESS, name, notebook)
    found = cells.run(ASSIGNMENTS[name], notebook, [{entry.cell: entry.source(reference[entry.cell])}
                                                    for entry in entries], environment)
    assert entries and [entry.label for entry, lost in zip(entries, found, strict=True) if not any(lost.values())] == []


@pytest.mark.parametrize("name, notebook", NOTEBOOKS)
def test_a_cell_that_is_not_written_yet_is_told_so_in_a_sentence(name, notebook, environment):
    reference = sources(name, notebook)
    empty = [entry for entry in of(MISTAKES, name, notebook) if entry.name.startswith("nothing_")]
    for lost in cells.run(ASSIGNMENTS[name], notebook, [{entry.cell: entry.source(reference[entry.cell])}
                                                        for entry in empty], environment):
        assert all(not message or "is empty: the search is not written yet" in message
                   or "has no accuracies yet" in message for message in lost.values()), lost


@pytest.mark.parametrize("name, notebook", NOTEBOOKS)
def test_a_right_but_unusual_cell_keeps_every_point_and_nothing_of_it_is_named(name, notebook, environment):
    assert cell_trial.table(ASSIGNMENTS[name], of(UNUSUAL, name, notebook), environment["CS231N_DATA"])[2] == []


@pytest.mark.parametrize("name, notebook", NOTEBOOKS)
def test_whatever_a_search_has_left_behind_its_checks_speak_in_words(name, notebook, environment):
    cell, table, settings, entry, kept = SEARCHES[notebook]
    odd = [(table, "None"), (table, f"{{str(one): {entry} for one in {settings}}}"),
           (table, f"{{one: (0.3, 0.4, [0.5]) for one in {settings}}}"), (kept, "object"), (kept, "np.zeros(3)")]
    right = f"best_val = 0.4\n{table} = {{one: {entry} for one in {settings}}}\n"
    variants = [{f"{cell}-solution": f"{right}{left} = {value}"} for left, value in odd]
    if notebook == "knn":
        variants += [{"knn-best_k-solution": f"{left} = {value}"} for left, value in odd if left == kept]
    for variant, said in zip(variants, cells.run(ASSIGNMENTS[name], notebook, variants, environment), strict=True):
        assert any(said.values()), variant
        assert not [one for one in said.values() if one and not one.startswith("CheckFailed: ")], (variant, said)


def test_the_catalogue_of_cells_is_large_and_says_something_to_the_student():
    entries = [entry for one in MISTAKES.values() for entry in one]
    versions = [entry for one in UNUSUAL.values() for entry in one]
    assert len(entries) >= 80 and len(versions) >= 25
    assert all(entry.says.endswith(".") and len(entry.says) > 20 and entry.read for entry in entries)
    assert len({entry.label for entry in entries + versions}) == len(entries) + len(versions)
    solutions = {(name, cell.id) for name, one in ASSIGNMENTS.items() for notebook in one.notebooks
                 for cell in nbformat.read(one.notebook_path(notebook), as_version=4).cells
                 if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")}
    for kind in (MISTAKES, UNUSUAL):             # every cell that students write has entries
        assert {(name, entry.cell) for name, one in kind.items() for entry in one} == solutions


def test_an_entry_that_the_notebook_has_outgrown_is_an_error():
    entry = CellEntry("gone", "knn", "knn-best_k-solution", edits=(("no such line", "x"),))
    with pytest.raises(KitError, match="does not stand in the solution"):
        entry.source("### BEGIN SOLUTION\nbest_k = 1\n### END SOLUTION")
    with pytest.raises(KitError, match="has no solution region"):
        entry.source("best_k = 1")


@pytest.mark.parametrize("name", [name for name in ASSIGNMENTS if UNUSUAL[name] or MISTAKES[name]])
def test_the_engine_judges_and_names_cells_as_a_kernel_does(name, tmp_path):
    assignment, course = ASSIGNMENTS[name], Course(tmp_path / "course")
    asking, names = Asking(assignment), Names(assignment)
    course.prepare_data()
    for module in assignment.given_modules:
        path = tmp_path / "given" / "cs231n" / module
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(assignment.complete(module), encoding="utf-8")
    modules = {module: assignment.complete(module) for module in assignment.student_modules}
    submission = Submission({f"cs231n/{module}": text.encode() for module, text in modules.items()},
                            {f"cs231n.{module[:-3].replace('/', '.')}": text for module, text in modules.items()})
    wrong = [entry for entry in MISTAKES[name] if any(word in entry.name for word in ("for_all", "worst", "one_fold"))]
    with Worker(probe(), tmp_path / "given", course.grading_data) as worker:
        for entry in UNUSUAL[name] + wrong:
            source = nbformat.read(assignment.notebook_path(entry.notebook), as_version=4)
            own = cells.own_tests(assignment, entry)
            source.cells = [cell for cell in source.cells if cell.cell_type == "code" and cells.is_needed(cell, own)]
            planned = plan.make(source)
            for cell in source.cells:
                cell.source = entry.source(cell.source) if cell.id == entry.cell else cell.source
            answers = run.grade(worker, [(source, planned)], submission, 2 * trial.CELL_SECONDS, look=asking.look)
            notes = {cell.id: cell.metadata[run.NOTE] for cell in source.cells if cell.id in own}
            lost = {cell: note for cell, note in notes.items() if note["outcome"] != "passed"}
            assert bool(lost) != entry.correct, (entry.label, lost)
            told = names.name(notes, answers)
            assert [one["says"] for one in told] == ([] if entry.correct else [entry.says]), (entry.label, told)
            assert not told or set(told[0]["topics"].split()) & {assignments.topic(cell) for cell in lost}
            assert not entry.correct or answers == {}                # what passes is not asked
            assert {note["outcome"] for note in lost.values()} <= {"failed"}, (entry.label, lost)
