"""The tests on trial: every known mistake is caught where it belongs, every correct version keeps its points."""

import re

import pytest

from grading.errors import KitError
from grading.release import assignment as assignments
from grading.trials import catalogue, trial, visible

ASSIGNMENTS = {name: assignments.load(name) for name in assignments.names()}
CELLS = {name: trial.test_cells(assignment) for name, assignment in ASSIGNMENTS.items()}
MISTAKES = [(name, entry) for name, one in ASSIGNMENTS.items() for entry in catalogue.mistakes(one)]
UNUSUAL = [(name, entry) for name, one in ASSIGNMENTS.items() for entry in catalogue.unusual(one)]


def label(value):
    return value.label if isinstance(value, catalogue.Entry) else value


@pytest.mark.parametrize("name, entry", MISTAKES, ids=label)
def test_a_known_mistake_loses_points_in_its_own_hidden_tests_and_nowhere_else(name, entry):
    lost = trial.run(ASSIGNMENTS[name], trial.entry_source(entry), CELLS[name])[0]
    assert trial.verdict_on_mistake(entry, CELLS[name], lost) == []
    assert visible.coincidence(entry, CELLS[name], lost) == [], "change the visible numbers, or say why in UNSEEN"


@pytest.mark.parametrize("name, entry", UNUSUAL, ids=label)
def test_a_correct_but_unusual_version_keeps_every_point(name, entry):
    lost = trial.run(ASSIGNMENTS[name], trial.entry_source(entry), CELLS[name])[0]
    assert trial.losses(entry, CELLS[name], lost) == {}


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_the_reference_keeps_every_point_and_the_stubs_have_none(name):
    assert set(trial.run(ASSIGNMENTS[name], {}, CELLS[name])[0].values()) == {""}
    stubbed = trial.run(ASSIGNMENTS[name], trial.stub_sources(ASSIGNMENTS[name]), CELLS[name])[0]
    assert [cell for cell, message in stubbed.items() if not message] == []


@pytest.mark.parametrize("body", ["raise ValueError('wrong shape')", "return 0.0, np.zeros((1, 1))", None])
def test_training_is_judged_by_itself_whatever_the_losses_do(body):
    assignment = ASSIGNMENTS["assignment1"]
    changed = {module: assignment.stub(module) for module in ("classifiers/linear_svm.py", "classifiers/softmax.py")}
    if body:
        changed = {module: re.sub(r"raise NotImplementedError\(.*\)", body, text) for module, text in changed.items()}
    cells = [cell for cell in CELLS["assignment1"] if cell.name.startswith("svm-train")]
    assert {cell.functions for cell in cells} == {("LinearClassifier.train",)}
    assert set(trial.run(assignment, changed, cells)[0].values()) == {""}


@pytest.mark.parametrize("name", ASSIGNMENTS)
def test_the_catalogue_is_large_and_says_something_to_the_student(name):
    entries = [entry for one, entry in MISTAKES if one == name]
    least = {"assignment0": (100, 45), "assignment1": (900, 240), "assignment2": (650, 160)}
    least_mistakes, least_versions = least[name]
    assert len(entries) >= least_mistakes
    assert len([entry for one, entry in UNUSUAL if one == name]) >= least_versions
    assert all(entry.says.endswith(".") and len(entry.says) > 20 and entry.read for entry in entries)
    assert len({entry.label for entry in entries}) == len(entries)


def test_what_the_visible_cells_leave_out_are_hidden_cells():
    hidden = {cell.name for cells in CELLS.values() for cell in cells if cell.hidden}
    assert visible.UNSEEN.keys() <= hidden


def test_an_entry_that_the_reference_has_outgrown_is_an_error():
    entry = catalogue.Entry("gone", "classifiers/k_nearest_neighbor.py", "KNearestNeighbor.predict_labels",
                            edits=(("no such line", "x"),))
    with pytest.raises(KitError, match="does not stand in the solution"):
        entry.source()
    entry = catalogue.Entry("gone", "classifiers/k_nearest_neighbor.py", "KNearestNeighbor.nothing", body="pass")
    with pytest.raises(KitError, match="has no solution region"):
        entry.source()
