"""Mistakes are named by what functions return: each by its own sentence, two at once by both, what is right by none."""

import tomllib
from pathlib import Path

import nbformat
import numpy as np
import pytest
from sandboxed import write_given

from grading.books.course import Course
from grading.engine import causes, plan, probing, questions, run
from grading.engine.processes import Submission
from grading.engine.sandbox import probe
from grading.engine.worker import Worker
from grading.release import assignment as assignments
from grading.trials import catalogue, confusion, differences, terms, trial, variants
from grading.trials.asking import Asking, judged
from grading.trials.catalogue import Entry
from grading.trials.naming import Names

PAIRS = 120           # of each assignment; `kit trial --pairs N` tries more
STYLES = Path(__file__).parent / "styles.toml"
EVERY = 60            # of the known mistakes, one in so many goes through the engine


@pytest.fixture(scope="module", params=assignments.names())
def named(request):
    """(assignment, its Names)."""
    assignment = assignments.load(request.param)
    return assignment, Names(assignment)


@pytest.fixture(scope="module")
def graded(named, tmp_path_factory):
    """A function: changed modules (path -> text) -> (outcomes of cells, answers to probes), from real sandboxes."""
    (assignment, _), folder = named, tmp_path_factory.mktemp("named")
    course = Course(folder / "course")
    course.prepare_data()
    write_given(assignment, folder / "given")
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
        return {cell.id: dict(cell.metadata[run.NOTE]) for notebook, _ in notebooks for cell in notebook.cells}, answers

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
        notes, answers = graded(trial.entry_source(entry), entry.function)
        told = names.name(notes, answers)
        assert [(one["function"], one["says"]) for one in told] == [(entry.function, entry.says)], entry.label


def test_whole_functions_in_other_words_than_the_catalogues_are_named_all_the_same(named):
    assignment, names = named
    homes = judged(assignment)
    says = {(one.module, one.name): one.says for one in catalogue.mistakes(assignment)}
    ours = [one for one in tomllib.loads(STYLES.read_text(encoding="utf-8"))["wrong"] if one["function"] in homes]
    expected = {one["name"]: {says[homes[one["function"]], entry] for entry in one.pop("named")} for one in ours}
    entries = [Entry(module=homes[one["function"]], later=assignment.later, **one) for one in ours]
    answers = variants.answers(assignment, {entry.name: (trial.entry_source(entry), [(entry.module, entry.function)])
                                            for entry in entries})
    found = {entry.name: {one.entry.says for one in
                          names.explain(entry.function, answers[entry.name][entry.function]).certain
                          if not entry.lesson or one.entry.lesson in ("", entry.lesson)}
             for entry in entries}
    assert len(ours) >= 10 and found == expected


@pytest.mark.parametrize("function, wrong, said", [
    ("FullyConnectedNet.loss", "normalized, one layer: scores",
     "the scores of a net with normalization and one layer are 2 times what they should be."),
    ("svm_loss_naive", "large scores",
     "the large scores are 2 times what they should be. For scores of ordinary size all is right."),
    ("kernel", "K", "K is 2 times what it should be."),
    ("Value.mul", "slopes", "the slopes are 2 times what they should be."),
    ("directional_slope", "uphill", "the slope uphill is 2 times what it should be."),
])
def test_what_is_said_of_an_unknown_mistake_is_a_sentence_about_what_the_student_knows(function, wrong, said):
    reference, answers = ({wrong: probing.tell(factor * np.array([1.0, 3.0]))} for factor in (1, 2))
    assert differences.sentence(function, answers, reference, [wrong]) == (
        f"No known mistake fits; for the inputs tried, {said}")


@pytest.mark.parametrize("known, said", [(True, " Without reg all is right."), (False, "")])
def test_the_rest_is_called_right_only_where_it_was_asked(known, said):
    reference = {"data loss": probing.tell(3.0), "penalty of weights": probing.tell(1.0)}
    answers = {"penalty of weights": probing.tell(0.0)} | ({"data loss": probing.tell(3.0)} if known else {})
    assert differences.sentence("TwoLayerNet.loss", answers, reference, ["penalty of weights"]) == (
        f"No known mistake fits; for the inputs tried, the penalty of weights is zero.{said}")


@pytest.mark.parametrize("kind, said", [("TypeError", "TypeError"), ("E8675309", "an exception of its own")])
def test_an_exception_that_students_may_have_named_is_not_called_by_its_name(kind, said):
    answers = {"K": ["e", kind], "square K": probing.tell(1.0)}
    assert differences.sentence("kernel", answers, {"K": probing.tell(2.0), "square K": probing.tell(1.0)}, ["K"]) == (
        f"No known mistake fits; for the inputs tried, K cannot be told, since {said} is raised.")


def test_nothing_is_asked_of_functions_that_pass(graded, named):
    assignment, _ = named
    function = next(iter(judged(assignment)))
    notes, answers = graded({}, function)
    assert {note["outcome"] for note in notes.values()} == {"passed"} and answers == {}


# One submission: what follows from what, and what is read off


def variant(*edits, module, base=None):
    """Modules changed (path -> text) by replacing what stands in the reference."""
    text = (base or {}).get(module) or assignments.load("assignment1").complete(module)
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return (base or {}) | {module: text}


def told(name, changed, lost, failures=None):
    """What a submission with these modules is told of functions that lost a test, asked beside the reference."""
    assignment = assignments.load(name)
    names = Names(assignment)
    functions = [(module, function) for function, module in judged(assignment).items() if function in lost]
    answers = variants.answers(assignment, {"": (changed, functions)})[""]
    topics = {functions[0]: cell for cell, functions in assignment.topics.items()}
    notes = {f"{topics[function]}-x": {"outcome": "failed", "message": "wrong"} for function in lost}
    return [(one["function"], one["kind"], one["says"]) for one in names.name(notes, answers, failures)]


def test_a_training_in_the_layout_of_2015_is_named_though_it_answers_nothing_else():
    [entry] = [one for one in catalogue.mistakes(assignments.load("assignment1")) if one.name == "training_of_2015"]
    assert told("assignment1", trial.entry_source(entry), [entry.function]) == [
        (entry.function, "convention", entry.says)]


LAYERS, NET, SVM, OPTIM = "layers.py", "classifiers/fc_net.py", "classifiers/linear_svm.py", "optim.py"
NO_BIAS = [("@ w + b", "@ w")]


def test_what_follows_from_another_functions_mistake_is_named_there_only():
    found = told("assignment1", variant(*NO_BIAS, module=LAYERS), ["affine_forward", "TwoLayerNet.loss"])
    assert [(function, kind) for function, kind, _ in found] == [("affine_forward", "mistake")]


def test_what_nobody_foresaw_of_one_function_costs_the_others_no_name(monkeypatch):
    def no_terms(function, *_):
        return [] if function != "affine_forward" else 1 / 0

    monkeypatch.setattr(terms, "read", no_terms)
    changed = variant(("np.sum(W1**2) + np.sum(W2**2)", "0.0"), module=NET, base=variant(*NO_BIAS, module=LAYERS))
    with pytest.raises(ZeroDivisionError):
        told("assignment1", changed, ["affine_forward", "TwoLayerNet.loss"])
    found = told("assignment1", changed, ["affine_forward", "TwoLayerNet.loss"], failures := [])
    assert [function for function, _, _ in found] == ["TwoLayerNet.loss"] and "penalty" in found[0][2]
    assert len(failures) == 1 and "ZeroDivisionError" in failures[0]


def _in_place_of(told, kind, rng):
    """What a function that nobody wrote in good faith may answer in place of this."""
    size, whole = int(np.prod(told[1])) if told[0] in "nr" else 0, told[0] in "nr"
    edges = [1.7e308, 5e-324, np.nan, np.inf, -np.inf, -0.0, 1e-300]
    if kind == "shape":
        shape = [[0], [], [600], [0, 3], [20, 30], [5, 5, 5]][rng.integers(6)]
        return ["n", shape, False, rng.normal(size=shape).tobytes()]
    if whole and kind in ("noise", "edge", "factor"):
        values = {"noise": rng.normal(size=size), "edge": rng.choice(edges, size=size),
                  "factor": np.frombuffer(told[3]) * rng.choice([2, -1, 1 / 3, np.pi])}[kind]
        return [told[0], told[1], told[2], values.tobytes()]
    return {"lists": ["l", *[["l", *[["s", "x" * 80]] * 20]] * 20], "nothing": ["l", ["l"], ["l", ["l", ["l"]]]],
            "text": ["s", "\x1b[2J<script>right"], "error": ["e", "Full_points"],
            "cause": ["e", "Full_points", "<script>right", "old python <script>"], "rough": ["r", [], False, bytes(8)],
            "edge": ["n", [], False, np.float64(np.inf).tobytes()]}.get(kind, told)


@pytest.mark.parametrize("kind", ["noise", "edge", "shape", "factor", "lists", "nothing", "text", "error", "cause",
                                  "rough"])
def test_answers_of_no_good_faith_are_named_in_words_of_ours_or_not_at_all(named, kind):
    assignment, names = named
    graded = {cell.name: {"outcome": "failed", "message": "wrong"} for cell in trial.test_cells(assignment)}
    rng = np.random.default_rng(0)
    answered = {function: {aspect: _in_place_of(told, kind, rng) for aspect, told in names.known(function)[0].items()}
                for function in judged(assignment)}
    for one in names.name(graded, answered):                  # without `failures`, whatever is raised is raised here
        assert len(one["says"]) < 500 and one["says"].isprintable() and "<script>" not in one["says"]


def test_a_mistake_of_a_nets_own_is_named_beside_that_of_a_layer():
    changed = variant(("np.sum(W1**2) + np.sum(W2**2)", "0.0"), module=NET, base=variant(*NO_BIAS, module=LAYERS))
    found = told("assignment1", changed, ["affine_forward", "TwoLayerNet.loss"])
    assert [function for function, _, _ in found] == ["affine_forward", "TwoLayerNet.loss"]
    assert "penalty" in found[1][2] and {kind for _, kind, _ in found} == {"mistake"}


def test_a_net_that_does_without_a_wrong_layer_has_its_own_mistake_named():
    changed = variant(
        ("hidden, hidden_cache = affine_relu_forward(X, W1, b1)",
         "before = X.reshape(len(X), -1) @ W1 + b1\n"
         "        hidden, hidden_cache = np.maximum(0, before), ((X, W1, b1), before)"),
        ("scores, scores_cache = affine_forward(hidden, W2, b2)",
         "scores, scores_cache = np.maximum(0, hidden @ W2 + b2), (hidden, W2, b2)"),
        ("affine_backward(dscores, scores_cache)", "affine_backward(dscores * (scores > 0), scores_cache)"),
        module=NET, base=variant(*NO_BIAS, module=LAYERS))
    assert [says for _, _, says in told("assignment1", changed, ["affine_forward", "TwoLayerNet.loss"])] == [
        "The bias is not added.",
        "The scores pass a ReLU, and the gradient passes its gate on the way back; the scores may be negative."]


def test_the_penalty_of_a_net_is_named_where_a_layer_is_wrong_in_a_way_that_nobody_knows():
    changed = variant(("@ w + b", "@ (w + 0.37 * w**3) + b"), module=LAYERS,
                      base=variant(("+ self.reg * W1", "+ 0"), ("+ self.reg * W2", "+ 0"), module=NET))
    found = told("assignment1", changed, ["affine_forward", "TwoLayerNet.loss"])
    assert [kind for _, kind, _ in found] == ["difference", "mistake"]
    assert "penalty" in found[1][2]


def test_the_whole_of_a_deep_nets_penalty_is_named_where_its_normalization_cannot_be():
    complete = {module: assignments.load("assignment2").complete(module) for module in (NET, LAYERS)}
    changed = variant(("(x - mean) / std", "(x - mean) / (std + 0.37 * std**3)"), module=LAYERS, base=complete)
    changed = variant(("for W, _ in names:", "for W in self.params:"), module=NET, base=changed)
    found = told("assignment2", changed, ["batchnorm_forward", "FullyConnectedNet.loss"])
    assert ("FullyConnectedNet.loss", "mistake",
            "The biases are penalized too; the penalty is on the weights only.") in found


@pytest.mark.parametrize("edits, says", [
    ([("reg * np.sum(W**2)", "0.25 * reg * np.sum(W**2)"), ("2 * reg * W", "0.5 * reg * W")],
     "The penalty is 0.25 * reg * sum(W**2), in the loss and in the gradient; here it is reg * sum(W**2)."),
    ([("2 * reg * W", "0.3 * reg * W")], "The gradient of the penalty is 0.3 * reg * W; it should be 2 * reg * W."),
])
def test_a_factor_of_the_students_own_is_read_off(edits, says):
    assert told("assignment1", variant(*edits, module=SVM), ["svm_loss_vectorized"]) == [
        ("svm_loss_vectorized", "mistake", says)]


@pytest.mark.parametrize("epsilon", ["1e-7", "1e-5"])
def test_an_epsilon_of_the_students_own_is_read_off(epsilon):
    changed = {OPTIM: assignments.load("assignment2").complete(OPTIM).replace(
        '(np.sqrt(cache) + config["epsilon"])', f"(np.sqrt(cache) + {epsilon})")}
    assert told("assignment2", changed, ["rmsprop"]) == [
        ("rmsprop", "mistake", f"epsilon is always {float(epsilon):.2g}, whatever config says.")]


def test_a_spread_of_weights_of_the_students_own_is_read_off():
    changed = variant(("weight_scale * np.random.randn", "1e-4 * np.random.randn"), module=NET)
    (_, kind, says), = told("assignment1", changed, ["TwoLayerNet.__init__"])
    assert kind == "mistake" and says == "The weights have standard deviation 0.0001, whatever weight_scale is."


def test_the_other_years_penalty_is_a_convention_where_loss_and_gradient_agree():
    changed = variant(("reg * np.sum(W**2)", "0.5 * reg * np.sum(W**2)"), ("2 * reg * W", "reg * W"), module=SVM)
    (_, kind, says), = told("assignment1", changed, ["svm_loss_vectorized"])
    assert kind == "convention" and "another year" in says


def test_a_t_that_starts_at_one_and_is_incremented_before_use_is_a_convention():
    changed = {OPTIM: assignments.load("assignment2").complete(OPTIM).replace(
        'config.setdefault("t", 0)', 'config.setdefault("t", 1)')}
    (_, kind, says), = told("assignment2", changed, ["adam"])
    assert kind == "convention" and "t starts at 1" in says


@pytest.mark.parametrize("edits, words", [
    ([("dW = X.T @ dscores / num_train", "dW = X.T @ dscores * num_train")],
     "the data gradient is multiplied by the number of examples, squared"),
    ([("dW = X.T @ dscores / num_train", "dW = 0.75 * X.T @ dscores / num_train")], "is 0.75 times what it should be"),
    ([("dW = X.T @ dscores / num_train", "dW = np.sin(3 + X.T @ dscores)")],
     "the data gradient is wrong. Right are the data loss, the penalty of the loss and the penalty of the gradient."),
    ([("2 * reg * W", "2 * reg * np.sin(W)")], "the penalty of the gradient is wrong. Without reg all is right."),
    ([("loss = margins.sum() / num_train", "loss = 1.618 + margins.sum() / num_train")], "No known mistake fits"),
    ([("num_train = X.shape[0]\n    rows", "X -= X.mean(axis=0)\n    num_train = X.shape[0]\n    rows")],
     "an array that was handed in is changed."),
])
def test_what_no_mistake_explains_is_described(edits, words):
    (_, kind, says), = told("assignment1", variant(*edits, module=SVM), ["svm_loss_vectorized"])
    assert kind == "difference" and says.startswith("No known mistake fits") and words in says


def test_an_aspect_that_nobody_can_explain_does_not_hide_one_that_an_entry_explains():
    changed = variant(("dW = X.T @ dscores / num_train", "dW = np.sin(3 + X.T @ dscores)"),
                      ("2 * reg * W", "reg * W"), module=SVM)
    (_, kind, says), = told("assignment1", changed, ["svm_loss_vectorized"])
    assert kind == "mistake" and says.startswith("The gradient of the penalty is half")


def test_what_is_right_has_no_name_and_what_raises_everywhere_is_told_why():
    assert told("assignment1", {}, ["svm_loss_vectorized"]) == []
    changed = variant(("num_train = X.shape[0]", "num_train = X.shape[0] + undefined"), module=SVM)
    assert told("assignment1", changed, ["svm_loss_vectorized"]) == [
        ("svm_loss_vectorized", "raised", causes.cause("unset").says)]


def test_what_raises_for_some_inputs_keeps_the_name_of_what_it_does_for_the_others():
    changed = variant(*NO_BIAS, ("out = x.reshape(x.shape[0], -1)", "out = (x if x.ndim == 2 else undefined)"),
                      module=LAYERS)
    found = told("assignment1", changed, ["affine_forward"])
    assert [kind for _, kind, _ in found] == ["raised", "mistake"]
    assert found[0][2] == causes.cause("unset").says and "bias" in found[1][2]


def test_why_a_function_raises_is_told_in_the_engine_as_beside_the_reference(named, graded):
    assignment, names = named
    function, module = next(iter(judged(assignment).items()))
    entry = Entry("raises", module, function, body="return undefined", later=assignment.later)
    notes, answers = graded(trial.entry_source(entry), function)
    expected = {"function": function, "kind": "raised", "says": causes.cause("unset").says, "read": ""}
    assert expected in names.name(notes, answers)
    wrong = [note for note in notes.values() if note["outcome"] == "error"]
    assert wrong and all(note["why"] == [function, "unset"] for note in wrong)
    assert expected in names.name(notes, {})                          # where the tests alone tell it


@pytest.mark.parametrize("end", ["while True: pass", "import os; os._exit(3)", "raise SystemExit"])
def test_a_function_that_ends_its_process_when_it_is_probed_costs_only_names(named, graded, monkeypatch, end):
    assignment, names = named
    monkeypatch.setattr(questions, "SECONDS", 1.0)
    module, function, first = {
        "assignment0": ("arrays.py", "manhattan", "differences = X["),
        "assignment1": (SVM, "svm_loss_vectorized", "num_train = X.shape[0]\n    rows"),
        "assignment2": (OPTIM, "adam", 't = config["t"] + 1\n')}[assignment.name]
    probed = {"assignment0": "X.shape == (5, 4) and len(centers) == 3",
              "assignment1": "X.shape[0] == 9 and X.shape[1] == 3", "assignment2": 'config["t"] == 9'}[assignment.name]
    text = assignment.complete(module)
    assert text.count(first) == 1
    wrong = text.replace(first, f"if {probed}:\n        {end}\n    {first}").replace("reg * np.sum(W**2)", "0.0") \
        .replace("np.abs(differences)", "(differences**2)") \
        .replace("= m, v, t", "= m, v, t + 1")
    notes, answers = graded({module: wrong}, function)
    outcomes = {note["outcome"] for note in notes.values()}
    assert "failed" in outcomes and not outcomes & {"grader_error", "skipped"}
    assert all(one["kind"] in ("mistake", "difference") for one in names.name(notes, answers))
