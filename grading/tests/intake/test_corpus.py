"""Each odd submission of the corpus, collected and graded in one class: nothing is lost, and one sentence is true."""

import json
from types import SimpleNamespace

import nbformat
import pytest
from odd_lesson import HALF, LOSS, NOTEBOOK, WHERE, WHY, WORDS, released, work
from odd_submissions import CORPUS

from cs231n import submit
from grading.autograde import autograde
from grading.engine import sandbox
from grading.intake.collect import collect
from grading.trials import diagnosis

LEAST = 60


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """What became of the corpus: how each was collected, its result, and the course."""
    if sandbox.probe().level == "none":
        pytest.skip("no sandbox here")
    root = tmp_path_factory.mktemp("corpus")
    assignment, course = released(root)
    perfect, inbox = work(assignment, course, root / "perfect"), root / "inbox"
    for one in CORPUS:
        for name, content in one.make(dict(perfect)).items():
            path = inbox / f"{one.name}{name}" if name.startswith(".") and "/" not in name else inbox / one.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    taken = {one.student: one for one in collect(assignment, course, [inbox])}
    run = autograde.autograde(assignment, course, jobs=2)
    assert not run.faults
    asked = json.loads((course.release(assignment.name) / "cs231n" / "assignment.json").read_text(encoding="utf-8"))
    return SimpleNamespace(assignment=assignment, course=course, taken=taken, asked=asked,
                           results={result.student: result for result in run})


def lost(result):
    """Cells that have no points, and questions that nothing was answered to."""
    return {name for name, cell in result.cells.items()
            if cell["outcome"] not in ("passed", "manual") or cell["outcome"] == "manual" and cell["message"]}


def test_the_corpus_is_large_and_no_name_is_there_twice():
    assert len({one.name for one in CORPUS}) == len(CORPUS) >= LEAST


@pytest.mark.parametrize("one", CORPUS, ids=lambda one: one.name)
def test_nothing_is_lost_and_one_sentence_tells_what_was_odd(graded, one):
    result = graded.results[one.name]
    assert graded.taken[one.name].state == "new"
    assert lost(result) == set(one.lost), diagnosis.sentence(result)
    assert one.says in f"{graded.taken[one.name].sentence}; {diagnosis.sentence(result)}"
    notebook = nbformat.read(graded.course.autograded(one.name, graded.assignment.name) / NOTEBOOK, as_version=4)
    shown = {cell.id: " ".join(cell.source.split()) for cell in notebook.cells}
    for name in {WHY, WHERE} - set(one.lost):
        assert all(word in shown[name] for word in WORDS[name].split()), shown[name]


@pytest.mark.parametrize("one", CORPUS, ids=lambda one: one.name)
def test_the_student_is_told_the_same_before_handing_in(graded, one):
    result = graded.results[one.name]
    _, problems = submit._inspect(graded.course.submitted(one.name, graded.assignment.name), graded.asked)
    told = "\n".join(problems)
    no_notebook = any(problem.startswith((f"{NOTEBOOK}: is ", f"{NOTEBOOK}: missing")) for problem in problems)
    for name in (WHY, WHERE):
        unanswered = bool(result.cells[name]["message"])
        assert unanswered == (no_notebook or f"the question {name} is not answered" in told)
    unwritten = no_notebook or "the cell small-half-solution is" in told
    if unwritten:
        assert result.cells[HALF]["outcome"] != "passed"
    elif result.cells[HALF]["outcome"] != "passed" and "instead" not in diagnosis.sentence(result):
        assert "the locked cell small-setup-given was changed" in told or "cs231n/classifiers/softmax.py" in told
    only_a_run_tells = "instead" in diagnosis.sentence(result)          # a name that numpy, say, has no more
    assert "cs231n/classifiers/softmax.py" in told or only_a_run_tells or result.cells[LOSS]["outcome"] == "passed"
    assert problems or only_a_run_tells or not lost(result)
