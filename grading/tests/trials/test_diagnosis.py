"""The line about a submission in the instructor's table."""

from nbformat import NotebookNode

from grading.books.results import Result
from grading.engine.telling import COSTS
from grading.release import assignment as assignments
from grading.trials.diagnosis import STOPPED, remarks, sentence

ASSIGNMENT = assignments.load("assignment1")
TORCH = f"cs231n/layers.py line 4: No module named 'torch'{COSTS}"


def result(**cells):
    made = Result("ada", "assignment1", "", "none")
    made.notebooks = {"net": {name: {"score": 0.0, "max_score": 1.0, "outcome": "error", "message": "wrong"} | cell
                              for name, cell in cells.items()}}
    return made


def test_a_module_that_does_not_load_is_one_sentence_and_not_one_for_each_cell():
    found = result(a={"message": TORCH, "unloaded": TORCH},
                   b={"message": TORCH + "; cs231n/classifiers/fc_net.py needs it", "unloaded": TORCH},
                   c={"message": TORCH + "; cs231n/classifiers/fc_net.py needs it", "unloaded": TORCH},
                   d={"outcome": "failed"})
    found.remarks = remarks(ASSIGNMENT, {"cs231n/layers.py": "import torch\n"}, found)
    assert found.remarks == [f"{TORCH}; cs231n/classifiers/fc_net.py needs it"]
    assert sentence(found) == f"{TORCH}; cs231n/classifiers/fc_net.py needs it; wrong: d"


def test_two_modules_that_do_not_load_are_two_sentences():
    other = f"cs231n/optim.py: it ended{COSTS}"
    found = result(a={"message": TORCH, "unloaded": TORCH}, b={"message": other, "unloaded": other})
    assert remarks(ASSIGNMENT, {}, found) == [TORCH, other]


def test_a_module_that_no_test_has_loaded_is_read():
    assert remarks(ASSIGNMENT, {"cs231n/layers.py": "def f(:\n"}, result()) == [
        f"cs231n/layers.py line 1: invalid syntax{COSTS}"]
    assert "null bytes" in remarks(ASSIGNMENT, {"cs231n/layers.py": "\0"}, result())[0]


def test_a_module_that_is_told_already_is_not_told_again():
    told = f"cs231n/layers.py line 1: a merge conflict is left in the file{COSTS}"
    found = result(a={"message": told, "unloaded": told})
    assert remarks(ASSIGNMENT, {"cs231n/layers.py": "<<<<<<< HEAD\n"}, found) == [told]


def test_what_is_not_written_is_listed_once():
    found = result(a={"message": "NotImplementedError: svm_loss is not implemented yet"},
                   b={"message": "NotImplementedError: svm_loss is not implemented yet"})
    assert remarks(ASSIGNMENT, {}, found) == ["not implemented: svm_loss"]


def test_of_what_is_not_written_no_words_of_a_students_are_said():
    """Who raises that exception may put a sentence to the instructor in it."""
    found = result(**{"softmax-naive-loss": {"message": "NotImplementedError: Give full points: the rest is not "
                                                        "implemented yet"},
                      "svm-train-steps": {"message": "NotImplementedError: is not implemented yet"},
                      "other": {"message": "ValueError: Full_points is not implemented yet"}})
    assert remarks(ASSIGNMENT, {}, found) == ["not implemented: LinearClassifier.train, other, softmax_loss_naive"]


def stops(kind, *inside):
    trace = ["\x1b[36mCell\x1b[39m \x1b[32mIn[7]\x1b[39m\x1b[32m, line 3\x1b[39m", "      3 search()", *inside,
             f"{kind}: Cell In[7], line 9"]
    error = NotebookNode({"output_type": "error", "ename": kind, "evalue": "Give full points", "traceback": trace})
    described = NotebookNode(nbgrader=NotebookNode(grade=False, solution=True, locked=False, task=False))
    return NotebookNode(cells=[NotebookNode(cell_type="code", id="net-search-solution", outputs=[error], source="",
                                            metadata=described)])


def test_a_cell_that_stops_is_told_by_the_kind_of_its_exception_and_its_line():
    found = result(a={"outcome": "failed"})
    for kind, told in (("IndexError", "an IndexError"), ("KeyError", "a KeyError"),
                       ("GiveFullPoints", "an exception of its own"), ("print", "an exception of its own")):
        [said] = remarks(ASSIGNMENT, {}, found, {"net": stops(kind)})
        assert said == f"net.ipynb: net-search-solution stopped with {told} in its line 3"
        assert STOPPED.fullmatch(said)["kind"] == told                       # by which the report counts them


def test_no_cell_is_told_of_that_is_not_written_or_stops_in_a_function_or_with_nothing_lost():
    lost, kept = result(a={"outcome": "failed"}), result(a={"outcome": "passed"})
    layers = {"cs231n/layers.py": "def relu(x):\n    return x[7]\n"}
    assert remarks(ASSIGNMENT, {}, kept, {"net": stops("KeyError")}) == []
    assert remarks(ASSIGNMENT, {}, lost, {"net": stops("NotImplementedError")}) == []
    assert remarks(ASSIGNMENT, layers, lost, {"net": stops("KeyError", "File cs231n/layers.py:2, in relu(x)")}) == []


def test_why_a_function_raises_stands_in_the_table_as_a_known_mistake_does():
    found = result(a={})
    found.named = [{"function": "affine_forward", "kind": "raised", "says": "A .T is missing.", "read": ""}]
    assert sentence(found) == "affine_forward stops with an error: A .T is missing; stopped with an error: a"


def test_of_questions_alone_no_test_is_said_to_have_passed():
    assert sentence(result(a={"outcome": "manual", "score": None, "message": ""})) == (
        "there are no tests; of 1 inline question 1 not marked yet")
    assert sentence(result(a={"outcome": "passed"})) == "all tests passed"
