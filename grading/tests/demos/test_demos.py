"""Demonstrations show what the student's functions give, whatever they do, and a picture where no widget can run."""

import contextlib
import subprocess
import sys
import time

import nbclient
import nbformat
import numpy as np
import pytest
from scipy.special import logsumexp

from cs231n.classifiers.linear_svm import svm_loss_vectorized
from cs231n.classifiers.softmax import softmax_loss_vectorized
from cs231n.demos import _widget
from cs231n.demos.gates import Gates
from cs231n.demos.plane import Plane
from cs231n.demos.regions import Regions
from cs231n.demos.walk import LANDSCAPES, PLACES, Walk
from cs231n.slopes import Value
from grading import ROOT, commands
from grading.release import assignment as assignments
from grading.release import stage


class Knn:
    def train(self, X, y):
        self.y = y

    def compute_distances_no_loops(self, X):
        return np.zeros((len(X), len(self.y) - 1))


class Sevens(Knn):
    def compute_distances_no_loops(self, X):
        return np.ones((len(X), len(self.y)))

    def predict_labels(self, dists, k):
        return np.full(len(dists), 7)


class Optim:
    """A module in which one rule works."""

    @staticmethod
    def adam(w, dw, config):
        return w - 0.01 * dw, config

    @staticmethod
    def sgd(w, dw, config):
        return w - 0.01 * dw


def unwritten(*_):
    raise NotImplementedError("Value.backward is not implemented yet")


def endless(W, X, y, reg):
    end = time.process_time() + 100
    while time.process_time() < end:
        with contextlib.suppress(Exception):
            float("no number")


@pytest.mark.parametrize("loss, said", [
    (lambda W, X, y, reg: None, "<lambda> returned None, expected a loss and dW."),
    (lambda W, X, y, reg: (np.nan, W), "the loss of <lambda> is not finite: it holds inf or nan."),
    (lambda W, X, y, reg: (1.0, W[0]), "dW of <lambda> is an array of dtype float64, shape (3,), expected an array of "
                                       "shape (3, 3)."),
    (lambda W, X, y, reg: X @ X, "<lambda> stopped: ValueError: matmul"),
    (lambda W, X, y, reg: sys.exit(), "<lambda> stopped: SystemExit"),
])
def test_a_loss_that_stops_or_returns_nonsense_is_told_in_a_sentence(loss, said):
    plane = Plane(loss, softmax_loss_vectorized)
    assert plane.answer["said"].startswith(said)
    data, _ = plane._repr_mimebundle_()
    assert data["text/plain"] == plane.answer["said"] and "image/png" not in data
    assert "loss" in plane.answered({**plane.START, "kind": "softmax"})            # the other one works


def test_a_function_that_never_ends_is_stopped_and_told(monkeypatch):
    monkeypatch.setattr(_widget, "LIMIT", 0.3)
    assert "not come to an end in 0.3 seconds" in Plane(endless, endless).answer["said"]


def test_what_works_of_a_class_or_a_module_is_shown_beside_what_does_not(monkeypatch):
    monkeypatch.setattr(Value, "backward", unwritten)
    gates = Gates(Value).answer
    assert gates["values"]["L"] == 15 and gates["said"] == "Value.backward is not implemented yet."
    assert "compute_distances_no_loops returned is an array of dtype float64, shape (2305, 26)" in (
        Regions(Knn).answer["said"])
    assert Regions(Sevens).answer["said"].startswith("predict_labels returned 7, which is the label of no point")
    walk = Walk(Optim).answer
    assert list(walk["walks"]) == ["adam"] and len(walk["walks"]["adam"]) == 121
    assert "sgd returned an array of dtype float64, shape (2,), expected the next w and config." in walk["troubles"]
    assert len(walk["troubles"]) == 5


def test_one_against_all_is_the_students_hinge_loss_of_each_class_against_the_others():
    plane = Plane(svm_loss_vectorized, softmax_loss_vectorized)
    answer = plane.answered({**plane.START, "kind": "one-against-all"})
    points, W = np.array(plane.START["points"]), np.array(plane.START["W"])
    signs = np.where(points[:, 2:].astype(int) == np.arange(3), 1, -1)
    losses = np.maximum(0, 1 - signs * (np.column_stack([points[:, :2], np.ones(9)]) @ W)).sum(axis=1)
    np.testing.assert_allclose(answer["losses"], losses)
    np.testing.assert_allclose(answer["loss"], losses.mean() + 0.1 * np.sum(W**2))


def test_asked_anew_a_widget_answers_with_the_turn_it_was_asked_in():
    plane = Plane(svm_loss_vectorized, softmax_loss_vectorized)
    plane.asked = {**plane.START, "kind": "softmax", "reg": 0.0, "turn": "7"}
    points, W = np.array(plane.START["points"]), np.array(plane.START["W"])
    scores = np.column_stack([points[:, :2], np.ones(9)]) @ W
    expected = np.mean(logsumexp(scores, axis=1) - scores[np.arange(9), points[:, 2].astype(int)])
    np.testing.assert_allclose(plane.answer["loss"], expected)
    assert plane.answer["turn"] == "7"


def test_the_landscapes_are_those_of_the_lesson():
    cells = nbformat.read(assignments.load("assignment2").notebook_path("optimizers"), as_version=4).cells
    lesson = {"np": np} | dict.fromkeys(("BLUE", "SKY", "GREEN", "ORANGE", "RED"))
    exec(next(cell.source for cell in cells if cell.id == "optimizers-landscapes-given"), lesson)
    for name, landscape in LANDSCAPES.items():
        value, slopes = lesson[name](np.array([0.3, -0.7]))
        np.testing.assert_allclose(landscape(0.3, -0.7), [value, *slopes])
        start, window = PLACES[name]
        assert (tuple(start), tuple(window)) == (lesson["START"][lesson[name]], lesson["WINDOW"][lesson[name]])


_LOOK = """
import sys
sys.modules["anywidget"] = None
from cs231n.demos.gates import Gates
from cs231n.slopes import Value
print(*sorted(Gates(Value)._repr_mimebundle_()[0]), "anywidget" in str(Gates.__mro__))
"""


@pytest.mark.parametrize("scale, found", [("", "image/png text/plain False"), ("0.01", "text/plain False")])
def test_without_anywidget_there_is_a_picture_and_while_grading_not_even_that(scale, found):
    done = subprocess.run([sys.executable, "-c", _LOOK], cwd=ROOT, capture_output=True, text=True, check=True,
                          env={"PYTHONPATH": str(ROOT), "MPLBACKEND": "agg", "CS231N_SCALE": scale})
    assert done.stdout.startswith(found)


def test_a_notebook_that_a_program_runs_gets_the_picture_in_words_too_and_no_widget(tmp_path, monkeypatch):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(
        "import cs231n.testing\nfrom cs231n.demos.gates import Gates\nfrom cs231n.slopes import Value\nGates(Value)",
        metadata={"alt": "A graph in words."})])
    nbformat.write(notebook, tmp_path / "gates.ipynb")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    shown = nbclient.execute(notebook, cwd=str(tmp_path), kernel_name="python3").cells[0].outputs[0].data
    assert shown.keys() == {"image/png", "text/plain", "text/html"} and 'alt="A graph in words."' in shown["text/html"]


@pytest.mark.parametrize("name, demos", [("assignment0", {"gates"}), ("assignment1", {"plane", "regions"}),
                                         ("assignment2", {"walk"})])
def test_a_release_has_its_own_demonstrations_with_their_drawing_and_without_the_reference(name, demos):
    staged = stage.files(assignments.load(name))
    drawn = {path.split("/")[-1] for path in staged if path.startswith("cs231n/demos/")}
    shared = {"__init__.py", "_widget.py", "drawing.js", "widget.js", "style.css"}
    assert drawn == shared | {f"{demo}.{kind}" for demo in demos for kind in ("py", "js")}
    assert not [path for path, text in staged.items() if "function respond" in text]


def test_kit_demos_refuses_a_file_in_one_sentence(tmp_path):
    from grading.errors import KitError

    (tmp_path / "taken").touch()
    known = commands.every()
    options = commands.parser(known).parse_args(["demos", "--into", str(tmp_path / "taken")])
    with pytest.raises(KitError, match="is a file. Name a folder with --into"):
        known["demos"].run(options)
