"""How a notebook looks: a failed check is its message, the line that asked, the student's own, and no line of ours; a
figure comes with its description."""

import html
import os
import re
import shutil

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from cs231n.testing import CheckFailed, assert_close
from grading import ROOT
from grading.desk.outputs import clean_outputs
from grading.release import assignment as assignments
from grading.trials import trial

ASSIGNMENT = assignments.load("assignment1")
SVM = "classifiers/linear_svm.py"
CELLS = {cell.name: cell.source for cell in trial.test_cells(ASSIGNMENT)}
OWN = {
    "value": "from cs231n.testing import assert_close\nassert_close(1.0,\n             2.0, 'loss')",
    "raise": "from cs231n.testing import CheckFailed\nif True:\n    raise CheckFailed('This is wrong.')",
    "divides": "1 / 0",
    "key": "from cs231n.testing import fresh\ngrads = {'W1': 1}\ngrads['b1']",
    "again": "get_ipython().showtraceback()",
}
FIGURE = "from cs231n import vis_utils\nimport matplotlib.pyplot as plt\n%matplotlib inline\nplt.plot([1])\nplt.show()"
WORDS = "A single point, at 1 & < 2; nothing is drawn beside it."


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The names of cells, and the notebook that has them, from a real kernel with wrong functions."""
    folder = tmp_path_factory.mktemp("student")
    shutil.copytree(ROOT / "cs231n", folder / "cs231n")
    wrong = ASSIGNMENT.complete(SVM).replace("loss / num_train", "loss").replace("X.T @ dscores", "X @ dscores")
    (folder / "cs231n" / SVM).write_text(wrong, encoding="utf-8")
    (folder / "cs231n" / "layers.py").write_text(ASSIGNMENT.stub("layers.py"), encoding="utf-8")
    names = ["svm-naive-check", "svm-vectorized-check", "svm-naive-gradient_check", "two_layer_net-relu_forward-check"]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in
                                           [*(CELLS[name] for name in names), *OWN.values(), FIGURE, FIGURE + "  #"]])
    made.cells[-2].metadata["alt"] = WORDS
    nbformat.write(made, folder / "lesson.ipynb")
    NotebookClient(made, timeout=120, kernel_name="python3", allow_errors=True,
                   resources={"metadata": {"path": str(folder)}}).execute(env=os.environ | {"PYTHONPATH": str(folder)})
    return [*names, *OWN], made


@pytest.fixture(scope="module")
def shown(ran):
    """The error of each cell, as (name, traceback without colors)."""
    found = {}
    for name, cell in zip(ran[0], ran[1].cells):
        error = next((output for output in cell.outputs if output.output_type == "error"), None)
        found[name] = error and (error.ename, re.sub(r"\x1b\[[\d;]*m", "", "\n".join(error.traceback)))
    return found


def test_a_failed_check_is_its_message_and_the_line_that_asked(shown):
    assert shown["svm-naive-check"] == ("CheckFailed", """\
Cell In[1], line 16
    assert_close(loss, 7 / 3, "loss", rtol=1e-4,

CheckFailed: loss is wrong.
  found     7
  expected  2.33333
  pattern   it is 3 times the expected value
  look at   The hinges add up to 0.5 for image 0, 3 for image 1, 3.5 for image 2; the loss is the
            mean of the three.""")
    assert shown["value"][1].startswith("Cell In[5], line 2\n    assert_close(1.0,\n\nCheckFailed: loss is wrong.")


def test_a_message_that_stands_in_the_cell_is_not_shown_twice(shown):
    assert shown["raise"] == ("CheckFailed", "Cell In[6], line 3\n\nCheckFailed: This is wrong.")


def test_what_a_students_function_raises_is_shown_with_its_line_and_in_words(shown):
    name, text = shown["svm-vectorized-check"]
    assert name == "ValueError" and re.match(
        r"Cell In\[2\], line \d+\n    assert_close\(svm_loss_vectorized.*\n"
        r"File cs231n/classifiers/linear_svm.py:\d+, in svm_loss_vectorized\n"
        r"    dW = X @ dscores / num_train \+ 2 \* reg \* W\n\n"
        r"ValueError: svm_loss_vectorized: the shapes of a product do not fit.\n"
        r"  found     X @ dscores, where X is \(96, 4\) and dscores is \(96, 3\)\n", text), text


def test_a_stub_is_one_sentence(shown):
    name, text = shown["two_layer_net-relu_forward-check"]
    assert name == "NotImplementedError" and text.endswith("NotImplementedError: relu_forward is not implemented yet")
    assert len(text.splitlines()) <= 6


def test_no_line_of_ours_is_shown_and_all_fits_on_a_screen(shown):
    for text in (found[1] for name, found in shown.items() if found and name != "divides"):
        assert len(text.splitlines()) <= 20
        assert not re.search(r"testing\.py|_messages|_shown|_slopes|skipping hidden|Traceback", text)


def test_a_missing_key_is_said_and_what_is_not_ours_stays_as_it_was(shown):
    assert "KeyError: grads has no key 'b1'.\n  found     the keys 'W1'" in shown["key"][1]
    assert shown["divides"][0] == "ZeroDivisionError" and "Traceback (most recent call last)" in shown["divides"][1]
    assert shown["again"][1] == shown["key"][1]


def test_outside_of_a_notebook_it_is_shown_too():
    with pytest.raises(CheckFailed) as failed:
        assert_close(1.0, 2.0, "loss")
    assert failed.value._render_traceback_()[-1].endswith(f"CheckFailed\x1b[0m: {failed.value}")


def test_a_figure_comes_with_the_words_that_its_cell_has_for_it_on_every_page(ran):
    page, _ = HTMLExporter(template_name="lab").from_notebook_node(ran[1])
    assert list(map(html.unescape, re.findall(r'<img[^>]* alt="([^"]*)"', page))) == [
        WORDS, "No description has been provided for this image"]
    cleaned, = clean_outputs(ran[1].cells[-2].outputs)
    assert set(cleaned["data"]) == {"image/png", "text/html", "text/plain"}
    assert cleaned["data"]["text/html"].startswith(f'<img alt="{html.escape(WORDS)}" src="data:image/png;base64,')
    assert clean_outputs([cleaned]) == [cleaned]
