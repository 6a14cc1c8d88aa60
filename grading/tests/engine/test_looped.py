"""Loops in a submission are told by their cost from outside, at every level of the sandbox.

Here a candidate of each sort meets the cells of the softmax notebook that look for loops. `KIT_COSTS=50` has every
attack of `hostile/counting.toml` and every unusual version meet them fifty times, on a busy machine.
"""

import re
from collections import Counter
from dataclasses import replace

import nbformat
import pytest
import steady
from hostile import attacks, tampering
from hostile.make import _LOOPED
from sandboxed import LEVELS, box, folders, write_given

from cs231n._reading import module_text
from grading.engine import plan, run
from grading.engine.processes import Submission
from grading.engine.sandbox import probe
from grading.engine.worker import Worker
from grading.release import assignment as assignments
from grading.trials import catalogue, trial

ASSIGNMENT = assignments.load("assignment1")
MODULE = "classifiers/softmax.py"
CELLS = "softmax-vectorized-check", "softmax-vectorized-loops"
ATTACKS = {attack.name: attack for attack in attacks() if attack.aim == "counting"}
UNUSUAL = {entry.label: entry for entry in catalogue.unusual(ASSIGNMENT) if entry.function == "softmax_loss_vectorized"}
SOME_ATTACKS = ["squares_of_wrong_answers", "worked_out_in_advance"]       # the class of test_hostile meets the others
DEAR = ["columns_by_vstack"]
SECONDS = 20


@pytest.fixture(scope="module", params=LEVELS)
def worker(request, tmp_path_factory):
    with Worker(box(request.param), *folders(tmp_path_factory.mktemp("looped"))) as worker:
        worker.name = request.param
        yield worker


def submission(changed: dict[str, str]) -> Submission:
    """The reference with some modules changed."""
    sources = {module: ASSIGNMENT.complete(module) for module in ASSIGNMENT.student_modules} | changed
    return Submission({f"cs231n/{module}": text.encode() for module, text in sources.items()},
                      {f"cs231n.{module[:-3].replace('/', '.')}": text for module, text in sources.items()})


def notes(worker, text: str) -> list[dict]:
    """Outcome and message of the cells that look for loops, for a submission with this module."""
    book = nbformat.read(ASSIGNMENT.notebook_path("softmax"), as_version=4)
    notebook = nbformat.v4.new_notebook(cells=[cell for cell in book.cells if cell.id in CELLS])
    run.grade(worker, [(notebook, plan.make(book))], submission({MODULE: text}), SECONDS)
    assert len(notebook.cells) == len(CELLS)
    return [cell.metadata[run.NOTE] for cell in notebook.cells]


def outcomes(worker, text: str) -> set[str]:
    return {note["outcome"] for note in notes(worker, text)}


def test_a_loop_that_only_looks_up_an_entry_for_each_image_is_told_by_its_source_and_its_count(worker):
    text, right = ASSIGNMENT.complete(MODULE), "-log_probs[rows, y].mean()"
    assert text.count(right) == 1
    for looped in ("-np.mean([log_probs[i, y[i]] for i in rows])",
                   "-sum(one[c] for one, c in zip(log_probs, y)) / len(y)"):
        assert outcomes(worker, text.replace(right, looped)) == {"failed"}, looped


def attacked(name: str) -> str:
    attack = ATTACKS[name]
    text = attack.top + "\n" * bool(attack.top) + ASSIGNMENT.complete(MODULE) + _LOOPED + "\n" + attack.code
    if not attack.spoil:
        return text
    spoiled = getattr(tampering, attack.spoil)(text)
    return module_text(spoiled if isinstance(spoiled, bytes) else spoiled.encode())


def test_a_loop_is_told_at_this_level_and_the_reference_is_none(worker):
    assert outcomes(worker, ASSIGNMENT.complete(MODULE)) == {"passed"}
    assert "passed" not in outcomes(worker, ASSIGNMENT.complete(MODULE) + _LOOPED)


def test_the_hidden_cell_says_of_a_loop_what_the_visible_one_has_measured(worker):
    looped = ASSIGNMENT.complete(MODULE) + _LOOPED
    costs = [re.findall(r"cost +(.+ of processor time .+)", note["message"]) for note in notes(worker, looped)]
    assert costs[0] and costs[0] == costs[1]


@pytest.mark.parametrize("name", SOME_ATTACKS)
def test_an_attack_on_the_costs_fails_at_this_level(worker, name):
    assert "passed" not in outcomes(worker, attacked(name))


@pytest.mark.parametrize("name", DEAR)
def test_an_unusual_version_that_is_dear_is_no_loop_at_this_level(worker, name):
    entry = next(entry for entry in UNUSUAL.values() if entry.name == name)
    assert outcomes(worker, trial.entry_source(entry)[MODULE]) == {"passed"}


# What an assignment's description asks for


@pytest.mark.parametrize("by_hand, outcome", [((), "passed"), (("distances",), "failed")], ids=["said", "asked for"])
def test_a_lesser_shortcut_costs_points_where_the_description_asks_for_it(tmp_path, by_hand, outcome):
    assignment, module = replace(ASSIGNMENT, by_hand=by_hand), "classifiers/k_nearest_neighbor.py"
    entry = next(entry for entry in catalogue.unusual(ASSIGNMENT) if entry.module == module
                 and entry.function.endswith("no_loops") and "linalg.norm" in entry.body)
    (tmp_path / "data").mkdir()
    write_given(assignment, tmp_path / "given")
    with Worker(probe(), tmp_path / "given", tmp_path / "data") as worker:
        book = nbformat.read(assignment.notebook_path("knn"), as_version=4)
        notebook = nbformat.v4.new_notebook(cells=[cell for cell in book.cells if cell.id == "knn-no_loops-loops"])
        changed = {module: trial.entry_source(entry)[module]}
        run.grade(worker, [(notebook, plan.make(book))], submission(changed), SECONDS)
    found = notebook.cells[0].metadata[run.NOTE]
    assert found["outcome"] == outcome
    said = found["message"] if by_hand else "".join(output.get("text", "") for output in notebook.cells[0].outputs)
    assert "numpy.linalg.norm" in said


# Fifty times, on a busy machine


@pytest.fixture(scope="module")
def busy():
    with steady.busy_machine():
        yield


def often(worker, name: str, text: str) -> set[str]:
    seen = Counter(outcome for _ in range(steady.TIMES) for outcome in outcomes(worker, text))
    steady.note(level=worker.name, name=name, seen=seen)
    return set(seen)


@steady.asked_for
@pytest.mark.parametrize("name", ATTACKS)
def test_no_attack_ever_passes(worker, busy, name):
    assert "passed" not in often(worker, name, attacked(name))


@steady.asked_for
@pytest.mark.parametrize("label", UNUSUAL)
def test_no_unusual_version_ever_fails(worker, busy, label):
    assert often(worker, label, trial.entry_source(UNUSUAL[label])[MODULE]) == {"passed"}
