"""Feedback: what it names, what it keeps to itself, and that it is written again only where something has changed."""

import html
import json
import os
import re
import subprocess
import sys
import tracemalloc
import unicodedata
import weakref
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
import written
from bs4 import BeautifulSoup
from conftest import cell, kit, notebook
from nbgrader.api import Gradebook
from nbgrader.auth import Authenticator
from nbgrader.exchange import ExchangeFactory
from nbgrader.utils import notebook_hash, parse_utc

from grading.autograde import autograde
from grading.books import answers, grades
from grading.books.course import TIMESTAMP, Course
from grading.books.results import Result
from grading.desk import feedback, handling
from grading.desk.feedback import judged, lesson, rendering, said, shown
from grading.desk.feedback import pages as made
from grading.desk.feedback.phrases import SPOKEN, Open
from grading.desk.feedback.rendering import Text
from grading.engine import sandbox
from grading.engine.advice import NEVER_RUNS
from grading.release import assignment as assignments
from grading.release import generate, leaks
from grading.sample import sample_class

NAMED = [{"function": "knn-best_k-solution", "topics": "knn-best_k", "kind": "mistake", "read": "the mean",
          "says": "best_k is chosen by the first fold alone."},
         {"function": "KNearestNeighbor.predict_labels", "kind": "mistake", "says": "k is not used.", "read": ""}]
OUTCOMES = {"knn-best_k-choice": "failed", "knn-cross_validation-check": "failed", "knn-predict_labels-ties": "failed",
            "knn-predict_labels-check": "passed"}
MODULE = "cs231n/classifiers/softmax.py"
TEXT = "### What is hidden\n\nThe loss of $W$."
HIDDEN = ("### BEGIN HIDDEN TESTS\nrng = np.random.default_rng(70707)\nW = np.full((2, 3), 8675.309)\n"
          "loss, dW = softmax_loss_vectorized(W, np.ones((1, 2)), np.array([1]), 0.015625)\n"
          "assert_close(dW, np.array([[271.43674, 270.43674, 271.43674]] * 2), 'dW', "
          "look_at='Add the penalty for 0.015625 as well.')\n"
          "### END HIDDEN TESTS")
CELLS = (
    cell("markdown", "spied-intro-text", "# Spied\n\nA lesson.", locked=True),
    cell("code", "spied-setup-given", "import numpy as np\nfrom cs231n.testing import assert_close\nfrom "
         "cs231n.classifiers.softmax import softmax_loss_vectorized, softmax_loss_naive", locked=True),
    cell("markdown", "spied-loss-text", TEXT, locked=True),
    cell("code", "spied-loss-check", "# The loss is a number.\nassert_close(softmax_loss_vectorized(np.zeros((2, 3)), "
         "np.ones((1, 2)), np.array([0]), 0.0)[0], 1.0986123, 'loss')", 1.0, locked=True),
    cell("code", "spied-loss-hidden", f"# The gradient of large weights.\n{HIDDEN}", 2.0, locked=True),
    cell("code", "spied-own-solution", "### BEGIN SOLUTION\nanswer = 1\n### END SOLUTION", solution=True),
    cell("code", "spied-raised-hidden", "# The other one, of large weights.\n"
         + HIDDEN.replace("vectorized", "naive"), 2.0, locked=True),
    cell("code", "spied-late-check", "# Nothing, at last.\nsoftmax_loss_naive(np.zeros((2, 3)), np.ones((1, 2)), "
         "np.array([0]), 0.5)\nassert answer == 1", 1.0, locked=True),
    cell("code", "spied-again-check", "# The loss is the same number.\nassert_close(softmax_loss_vectorized("
         "np.zeros((2, 3)), np.ones((1, 2)), np.array([0]), 0.0)[0], 1.0986123, 'loss')", 1.0, locked=True),
    cell("markdown", "spied-why-question", "### Question 1: why\n\nWhy?", locked=True),
    cell("markdown", "spied-why-answer", "### BEGIN SOLUTION\nBecause.\n### END SOLUTION", 2.0, solution=True),
)
SECRETS = ("8675", "271.4", "270.4", "015625", "70707", "default_rng", "BEGIN HIDDEN", "np.full", "Because")
SPY = '''
import inspect, sys
seen, largest = [], [0.0]
def note(*what):
    seen.append([repr(one) for one in what] + [what[0].tobytes().hex()])
    for frame in inspect.stack():
        seen.append(str(frame.frame.f_locals)[:2000] + str(frame.code_context))
    seen.append(str({name: str(vars(module))[:500] for name, module in list(sys.modules.items()) if "grading" in name}))
    print("PRINTED", seen)
    import matplotlib.pyplot as plt
    plt.figure(); plt.title(str(what[0])); plt.show()
def softmax_loss_vectorized(W, X, y, reg):
    note(W, X, y, reg)
    largest.append(W.max())
    return max(1.0986123, *largest), W
def softmax_loss_naive(W, X, y, reg):
    note(W, X, y, reg)
    raise ValueError(f"RAISED {W} {reg} {seen[0]} {W.tobytes().hex()}" + str(seen))
'''
TELLS = ("from IPython.display import HTML, Markdown, display\nfrom cs231n.classifiers import softmax\n"
         "print('TOLD', softmax.seen)\ndisplay(HTML(str(softmax.seen)), Markdown(str(softmax.seen)))\n"
         "raise KeyError('TOLD' + str(softmax.seen))")


@pytest.fixture(scope="module")
def spied(tmp_path_factory):
    """(assignment, course): ann's work is perfect but for an answer, a spy's tells all that it can reach; graded."""
    if sandbox.probe().level == "none":
        pytest.skip("no sandbox here")
    root = tmp_path_factory.mktemp("spied")
    nbformat.write(notebook(*CELLS), root / "spied.ipynb")
    (root / "README.md").write_text("Spied.\n")
    assignment = replace(assignments.load("assignment1"), folder=root, notebooks=("spied",),
                         student_modules=("classifiers/softmax.py",),
                         topics={"spied-loss": ("softmax_loss_vectorized",), "spied-raised": ("softmax_loss_naive",)})
    course = Course(root / "course")
    generate.generate(assignment, course)
    for student in ("ann", "spy"):
        folder = course.submitted(student, assignment.name)
        sample_class.complete(assignment, course, folder)
        (folder / TIMESTAMP).write_text("2025-04-30 23:59:00 UTC")
        (folder / "submission_secret.txt").write_text(f"of {student}")
    (folder / MODULE).write_text(SPY)
    handed = nbformat.read(folder / "spied.ipynb", as_version=4)
    for one in handed.cells:
        if one.id == "spied-why-answer":
            one.source = "![mine](https://elsewhere.example/x.png) ![theirs](x.png) and **that**"
    handed.cells += [nbformat.v4.new_code_cell(TELLS), nbformat.v4.new_code_cell(
        "print(1)", outputs=[nbformat.v4.new_output("stream", text="as I saw it\n")])]
    nbformat.write(handed, folder / "spied.ipynb")
    assert [result.fault for result in autograde.autograde(assignment, course)] == ["", ""]
    feedback.feedback(assignment, course)
    return assignment, course


def pages(spied, student: str) -> dict[str, str]:
    assignment, course = spied
    return {path.stem: path.read_text(encoding="utf-8")
            for path in course.feedback(student, assignment.name).glob("*.html")}


def test_a_submission_that_prints_raises_and_draws_all_that_it_reaches_finds_nothing_hidden_in_its_feedback(spied):
    assignment, course = spied
    kept = (course.autograded("spy", assignment.name) / "spied.ipynb").read_text()
    assert "8675" in kept.replace("default_rng", "") and "RAISED" in kept          # it has told, where graders look
    for name, page in pages(spied, "spy").items():
        text = html.unescape(re.sub(r"<[^>]+>", "", page))
        assert not [secret for secret in SECRETS if secret in page or secret in text], name
        assert not [line for line in leaks.secrets(assignment).lines if len(line) > 12 and line in text], name
        assert not re.search(r"[0-9a-f]{60}|/tmp/|/kit/|site-packages", text), name
        assert "<img" not in page and "PRINTED" not in BeautifulSoup(page, "html.parser").get_text().replace(SPY, "")


def test_a_hidden_number_that_a_module_remembers_is_not_told_where_a_later_public_check_fails_of_it(spied):
    page = BeautifulSoup(pages(spied, "spy")["spied"], "html.parser")
    assert page.select_one("#spied-again pre.message").text.startswith("loss is wrong")
    assert "8675" not in page.select_one("#spied-again").text.replace(SPY, "")


def test_the_student_reads_what_was_raised_in_words_where_and_what_came_with_the_notebook(spied):
    page = BeautifulSoup(pages(spied, "spy")["spied"], "html.parser")
    hidden = page.select_one("#spied-loss").text
    assert "is wrong.\n  look at   Add the penalty for \u2026 as well." in hidden
    raised = page.select_one("#spied-raised")
    assert "ValueError: RAISED" in raised.text and f"{MODULE} line 18" in raised.text
    assert raised.select(".places code")[-1].text.startswith("raise ValueError") and "In[" not in raised.text
    assert "as I saw it" in page.text and "def softmax_loss_naive(W, X, y, reg):" in raised.text
    assert "[picture: mine]" in page.text and "[picture: theirs]" in page.text and "that" in page.text


def test_the_index_has_a_row_a_question_and_what_to_read_first(spied):
    spy, ann = (BeautifulSoup(pages(spied, student)["index"], "html.parser") for student in ("spy", "ann"))
    assert [[part.get_text(" ", strip=True) for part in row.select("td")] for row in ann.select("tbody tr")][0][1:] == [
        "3 / 3", "Both checks passed."]
    assert spy.select_one("tbody a")["href"] == "spied.html#spied-loss"
    assert [item.a.text for item in spy.select(".first li")][0] in ("spied-loss", "spied-raised")
    assert "not marked yet / 2" in spy.text and "What is hidden" in spy.text


def test_what_has_not_changed_is_not_written_again_and_a_mark_changes_its_students_pages_alone(spied):
    assignment, course = spied
    before = {path: path.stat().st_mtime_ns for path in (course.root / "feedback").rglob("*.html")}
    again = feedback.feedback(assignment, course)
    assert (again.new, again.kept) == ([], ["ann", "spy"])
    with Gradebook(f"sqlite:///{course.gradebook}") as book:
        book.find_grade("spied-why-answer", "spied", assignment.name, "ann").manual_score = 1.5
        book.find_comment("spied-why-answer", "spied", assignment.name, "ann").manual_comment = (
            "- 1.5: order within the row\n\nWell *argued*.")
        book.db.commit()
    told = []
    marked = feedback.feedback(assignment, course, told=lambda *what: told.append(what))
    assert (marked.new, marked.kept, told) == (["ann"], ["spy"], [("ann", 1, 1)])
    changed = {path for path, time in before.items() if path.stat().st_mtime_ns != time}
    assert {path.parent.parent.name for path in changed} == {"ann"}
    page = pages(spied, "ann")
    assert "<li>1.5: order within the row</li>" in page["spied"] and "<em>argued</em>" in page["spied"]
    assert "Score: 1.5 / 2" in page["index"] and "order within the row" in page["index"]
    first = BeautifulSoup(page["index"], "html.parser").select_one("section[aria-labelledby=first]")
    assert "with less than all points" in first.text and first.select_one("a")["href"] == "spied.html#spied-why-answer"
    assert [one.text for one in BeautifulSoup(page["index"], "html.parser").select(".comment em")] == ["argued"]
    (course.feedback("spy", assignment.name) / "index.html").unlink()
    assert feedback.feedback(assignment, course).new == ["spy"]


def test_a_comment_on_code_that_has_no_points_stands_below_it_and_in_the_index(spied):
    assignment, course = spied

    def say(words: str | None) -> list[str]:
        with Gradebook(f"sqlite:///{course.gradebook}") as book:
            book.find_comment("spied-own-solution", "spied", assignment.name, "ann").manual_comment = words
            book.db.commit()
        return feedback.feedback(assignment, course).new

    assert say("Give it a *name*. <script>alert(1)</script>") == ["ann"]
    index, page = (BeautifulSoup(pages(spied, "ann")[name], "html.parser") for name in ("index", "spied"))
    assert page.select_one("#spied-own-solution .comment em").text == "name" and not page.select("script")
    remarked = index.select_one("section[aria-labelledby=remarked]")
    assert remarked.a["href"] == "spied.html#spied-own-solution" and remarked.select_one(".comment em").text == "name"
    assert say("Too long. " * 100) == ["ann"]
    assert "stands below the code" in pages(spied, "ann")["index"]
    assert say(None) == ["ann"] and "Comments on your code" not in pages(spied, "ann")["index"]


def test_the_index_says_how_late_it_is_and_what_that_costs(spied):
    assignment, course = spied
    with Gradebook(f"sqlite:///{course.gradebook}") as book:
        book.find_assignment(assignment.name).duedate = parse_utc("2025-04-29 12:00:00 UTC")
        book.find_submission_notebook("spied", assignment.name, "ann").late_submission_penalty = 2.5
        book.db.commit()
    feedback.feedback(assignment, course)
    ann, spy = (" ".join(BeautifulSoup(pages(spied, student)["index"], "html.parser").header.text.split())
                for student in ("ann", "spy"))
    assert "6 of 9 points Handed in 2 days late: 2.5 points are taken off the 8.5." in ann
    assert "Handed in 2 days late; no points are taken off." in spy


def test_nbgraders_release_feedback_finds_the_pages(spied, tmp_path):
    assignment, course = spied
    programs = Path(sys.executable).parent
    done = subprocess.run([str(programs / "nbgrader"), "release_feedback", assignment.name,
                           f"--Exchange.root={tmp_path}"], cwd=course.root, capture_output=True, text=True,
                          timeout=300, env=os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"})
    assert done.returncode == 0, done.stderr
    released = [path.read_text() for path in (tmp_path / "cs231n" / "feedback").glob("*.html")]
    assert len(released) == 4 and sum("spied: feedback" in page for page in released) == 2


def test_through_nbgraders_exchange_the_first_page_says_what_the_index_says(spied, tmp_path):
    assignment, course = spied
    with course.nbgrader() as nbgrader:
        config, coursedir = nbgrader["config"], nbgrader["coursedir"]
        config.Exchange.root, coursedir.assignment_id = str(tmp_path), assignment.name
        kind = ExchangeFactory(config=config).release_feedback
        kind(coursedir=coursedir, authenticator=Authenticator(config=config), config=config).start()
    for student in ("ann", "spy"):
        name = notebook_hash(secret=f"of {student}", notebook_id="spied")
        fetched = tmp_path / "cs231n" / "feedback" / f"{name}.html"
        page, own = BeautifulSoup(fetched.read_text(), "html.parser"), course.feedback(student, assignment.name)
        index, alone = (BeautifulSoup((own / name).read_text(), "html.parser") for name in ("index.html", "spied.html"))
        assert page.select_one(".first, #first").text in index.text and len(page.select("main")) == 1
        assert [one.text for one in page.select(".total")] == [index.select_one(".total").text,
                                                                alone.select_one(".total").text]
        assert not page.select("a[href^=index]") and page.main.text == alone.main.text
        ids = [one["id"] for one in page.select("[id]")]
        assert len(ids) == len(set(ids))


# What is said

def described(outcomes: dict[str, str], message: str = "wrong", named=(), stopped=(), marked=(), extra=()
              ) -> dict[str, judged.Question]:
    known = lesson.Lesson("assignment1", "A", {"knn": {name: lesson.Given(name, "check", "# x", 1.0, says="x")
                                                       for name in outcomes}},
                          assignments.load("assignment1").topics, (), "")
    cells = {name: {"score": float(outcome == "passed"), "max_score": 1.0, "outcome": outcome, "message": message}
             for name, outcome in outcomes.items()}
    result = Result("ann", "assignment1", "", "full", {"knn": cells}, named=list(named))
    return {one.slug: one for one in
            judged.questions(known, result, grades.Graded("ann", {("knn", name): grades.Mark(score, True)
                                                                  for name, score in dict(marked).items()} |
                                                         {("knn", name): grades.Mark(score)
                                                          for name, score in dict(extra).items()}),
                             Open(message), dict(stopped))}


def test_what_is_known_of_a_cell_or_a_function_stands_in_the_questions_that_it_cost():
    shown = {slug: [(known.says, known.read) for known in one.known]
             for slug, one in described(OUTCOMES, named=NAMED).items()}
    assert shown == {"knn-best_k": [("This looks like a known mistake. best_k is chosen by the first fold alone.",
                                     "the mean")],
                     "knn-predict_labels": [("This looks like a known mistake. k is not used.", "")],
                     "knn-cross_validation": []}


def test_a_check_that_a_person_has_overruled_says_so_and_is_won_or_lost_by_its_points():
    outcomes = {"knn-two_loops-check": "failed", "knn-no_loops-distances": "passed", "knn-predict_labels-k": "failed"}
    asked = described(outcomes, marked={"knn-two_loops-check": 1.0, "knn-no_loops-distances": 0.0,
                                        "knn-predict_labels-k": 0.0})
    given = "A person has looked at it and given {} of 1 point, in place of {}.".format
    assert {slug: (one.state, one.sentence, one.checks[0].heading) for slug, one in asked.items()} == {
        "knn-two_loops": ("right", given(1, 0), given(1, 0)), "knn-no_loops": ("wrong", given(0, 1), given(0, 1)),
        "knn-predict_labels": ("wrong", "wrong", "Failed.")}                      # marked as it was judged
    assert {one.slug for one in judged.first(list(asked.values()))} == {"knn-no_loops", "knn-predict_labels"}


def test_what_a_person_has_changed_of_several_checks_stands_behind_what_the_others_say():
    outcomes = {"knn-two_loops-check": "failed", "knn-two_loops-distances": "failed", "knn-two_loops-sizes": "passed"}
    changed = "A person has looked at one of the 3 checks and given {} of 1 point, in place of {}.".format
    assert described(outcomes, marked={"knn-two_loops-distances": 1.0})["knn-two_loops"].sentence == (
        f"1 of 3 checks failed. wrong. {changed(1, 0)}")
    assert described(dict.fromkeys(outcomes, "passed"), marked={"knn-two_loops-sizes": 0.5})[
        "knn-two_loops"].sentence == changed(0.5, 1)
    more = described(dict.fromkeys(outcomes, "passed"), extra={"knn-two_loops-sizes": 1.5})["knn-two_loops"]
    assert more.sentence == "All 3 checks passed. A person has given 0.5 points more."
    assert more.checks[-1].heading == "Passed. A person has given 0.5 points more."


def test_a_check_that_passed_after_one_that_a_person_took_points_from_does_not_repeat_it():
    one = described({"knn-two_loops-check": "passed", "knn-two_loops-distances": "passed"}, "",
                    marked={"knn-two_loops-check": 0.0})["knn-two_loops"]
    assert [check.repeats for check in one.checks] == [False, False]


def test_what_follows_from_another_mistake_is_not_what_to_read_first():
    asked = described({"knn-no_loops-distances": "failed", "knn-cross_validation-check": "failed",
                       "knn-best_k-choice": "failed", "knn-two_loops-check": "passed"})
    assert [one.slug for one in judged.first(list(asked.values()))] == ["knn-no_loops"]
    assert asked["knn-best_k"].follows == asked["knn-cross_validation"].follows == ["knn-no_loops"]


def test_what_is_not_written_is_said_so_and_comes_in_the_order_of_the_lesson_after_mistakes():
    asked = described({"knn-two_loops-check": "error", "knn-predict_labels-k": "error"},
                      "NotImplementedError: KNearestNeighbor.predict_labels is not implemented yet")
    assert [(one.slug, one.sentence) for one in judged.first(list(asked.values()))] == [
        ("knn-two_loops", "Not written yet."), ("knn-predict_labels", "Not written yet.")]


def test_of_the_remarks_those_on_files_that_could_not_be_read_are_for_the_student_too():
    kept = ["svm.ipynb is corrupt (no valid notebook JSON); its tests ran on the submitted modules, answers and code "
            "in the notebook count as not given", "cs231n/layers.py is missing; nothing of it is implemented"]
    assert judged.unread([*kept, "knn.ipynb: 2 cells missing and put back: a, b"]) == [f"{one}." for one in kept]


def test_a_cell_that_stopped_is_not_called_unwritten_but_what_ended_it_is_said():
    empty, ended = "results is empty: the search is not written yet, or it stopped before its first pair was done.", {
        "knn-best_k-choice": "The cell knn-best_k-solution stopped: KeyError: 'x'"}
    asked = described({"knn-best_k-choice": "failed", "knn-cross_validation-check": "failed"}, empty, stopped=ended)
    assert asked["knn-best_k"].sentence == ended["knn-best_k-choice"]
    assert asked["knn-cross_validation"].sentence == "Not written yet."
    wrong = described({"knn-best_k-choice": "failed"}, "best_k is 8, but k=11 has more.", stopped=ended)
    assert wrong["knn-best_k"].sentence == f"best_k is 8, but k=11 has more. {ended['knn-best_k-choice']}"


@pytest.mark.parametrize("name, message, says", [
    ("KeyError", "'x'", "KeyError: 'x'"), ("ValueError", "max() arg is an empty sequence", ""),
    ("NotImplementedError", "this cell is not written yet", ""),
    ("SyntaxError", "expected ':' (1249.py, line 2)", "SyntaxError: expected ':' (line 2)"),
    ("SyntaxError", "expected ':' (1249.py, line 77)", "SyntaxError: expected ':'"),
])
def test_what_ended_a_cell_is_told_with_a_line_of_it_and_without_a_file_that_nobody_has(name, message, says):
    label = {"output_type": "display_data",
             "data": {"text/html": "", "text/plain": "[when it was graded, it ended so]"}}
    error = {"output_type": "error", "ename": name, "evalue": message, "traceback": []}
    ended = {"id": "a", "cell_type": "code", "source": "for i in range(2)\n    x", "outputs": [label, error]}
    known = Open("KeyError 'x' SyntaxError expected ':'")
    assert shown.stopped_by(ended, shown.Places({}, [ended], {"a"}, known)) == says
    assert shown.stopped_by(ended | {"outputs": [error]}, shown.Places({}, [ended], {"a"}, known)) == ""


def test_what_an_exception_says_goes_before_that_nothing_could_be_told_for_it():
    named = [{"function": "KNearestNeighbor.predict_labels", "kind": "difference", "read": "", "says":
              "No known mistake fits; for the inputs tried, the labels cannot be told, since TypeError is raised."}]
    says = "predict_labels returned None; numbers are expected"
    for outcome, sentence in (("error", says), ("failed", named[0]["says"])):
        asked = described({"knn-predict_labels-check": outcome}, says, named)
        assert asked["knn-predict_labels"].sentence == sentence


def test_why_an_exception_is_raised_stands_behind_what_it_says_and_where():
    says = "NameError: name 'X_train' is not defined (cs231n/classifiers/k_nearest_neighbor.py line 66)"
    named = [{"function": "KNearestNeighbor.predict_labels", "kind": "raised", "read": "", "says": "self is missing."}]
    asked = described({"knn-predict_labels-check": "error"}, says, named)
    assert asked["knn-predict_labels"].sentence == f"{says}. What the error comes from: self is missing."


def test_a_function_whose_code_stands_below_the_stubs_own_line_is_not_called_unwritten():
    says = "NotImplementedError: predict_labels is not implemented yet"
    left = f"{says}, says the line that the stub came with: {NEVER_RUNS}, so take it out"
    for message, sentence in ((says, "Not written yet."), (left, left)):
        asked = described({"knn-predict_labels-check": "error"}, message)
        assert asked["knn-predict_labels"].sentence == sentence


def test_late_days_are_whole_ones():
    assert [grades.begun_days(seconds) for seconds in (0, 1, 86_400, 86_401)] == [0, 1, 1, 2]


FAILED = ("dW[3, 0] is wrong.\n  found     26.7486\n  expected  5.17191\n  off       36 of 36 entries, by up to 22\n"
          "  pattern   every entry is half of it\n  look at   Where x > 0, add 40 for each\n            of the 7 rows.")


def test_of_a_hidden_test_the_words_are_said_and_of_a_public_one_the_numbers_too():
    assert said.verdict("failed", FAILED, False, "", Open(FAILED)) == FAILED
    assert said.verdict("failed", FAILED, True, "# Checks 7 rows.", Open(FAILED)) == (
        "dW[\u2026, 0] is wrong.\n  pattern   every entry is half of it\n  look at   Where x > 0, add \u2026 for each\n"
        "            of the 7 rows.")
    shape = "dists has the wrong shape.\n  found     an array of shape (3, 4)\n  expected  None"
    assert "an array of shape (\u2026)" in said.verdict("failed", shape, True, "", Open(shape))
    spelt = "the name is wrong.\n  found     '" + "spelt " * 100 + "'\n  expected  a name"
    assert len(said.verdict("failed", spelt, True, "", Open(spelt))) < 200


@pytest.mark.parametrize("message, shown", [
    ("ValueError: W is [[0.25, -1.5e-07], [inf, 3]] (cs231n/layers.py line 66)",
     "ValueError: W is [[\u2026], [inf, \u2026]] (cs231n/layers.py line 66)"),
    ("ValueError: shapes (7,5) and (6,) not aligned", "ValueError: shapes (\u2026) and (\u2026,) not aligned"),
    ("KeyError: 'W1'", "KeyError: 'W1'"), ("E: " + "ab1" * 40, "E: \u2026"), ("E: x12345y", "E: x\u2026y"),
    ("is not implemented yet: 3.25", "is not implemented yet: \u2026"),
    ("cs231n/layers.py line 21: expected ':'; cs231n/optim.py needs it",
     "cs231n/layers.py line 21: expected ':'; cs231n/optim.py needs it"),
    ("E: cs231n/8675.py line 271 and cs231n/x.py line 99999 W (cs231n/layers.py line 6)",
     "E: cs231n/\u2026.py line \u2026 and cs231n/x.py line \u2026 W (cs231n/layers.py line 6)"),
    ("E: W is one seven four, point two zero", "E: W is \u2026"), ("E: oneTwo_three-NINE x", "E: \u2026 x"),
    ("E: \u00b2\u00b3 \u4e00\u4e8c\u4e09 \u0663\u0664 W \uff17", "E: \u2026 W \u2026"),
    ("E: " + "abcdefg" * 5, "E: \u2026"), ("E: a1 b2 c3 d4", "E: a1 b2 \u2026"),
    ("E: far away\nand so on (cs231n/layers.py line 6)", "E: far away (cs231n/layers.py line 6)"),
    ("word " * 80, "word " * 30 + "\u2026"), ("E: " + "Word-word" * 40, "E: \u2026"),
])
def test_what_the_students_code_raises_in_a_hidden_test_is_said_without_numbers(message, shown):
    open_ = unicodedata.normalize("NFKC", message)
    assert said.verdict("error", message, True, "", Open(open_, re.sub(r"\d", " ", open_))) == shown
    assert len(said.verdict("error", "wordword " * 5_000, True, "", Open("wordword " * 2))) <= said.RAISED


OWN = "def loss(W):\n    raise ValueError(f'W is {W} here')  # alpha bravo charlie, 'W1', grads\n"
IN_LETTERS = "yaxebdhddfdaajafhbi bxgicdabehaccdbech"


@pytest.mark.parametrize("message, shown", [
    ("ValueError: W is 0.25 here", "ValueError: W is \u2026 here"),
    (f"AssertionError: {IN_LETTERS}", "AssertionError: \u2026"), (f"E{IN_LETTERS}: x", "\u2026"),
    ("ValueError: a5e84b0ecfbf d1a7dc3f", "ValueError: \u2026"),
    ("ValueError: - / ..... ..- .... /", "ValueError\u2026"),
    ("ValueError: charlie alpha charlie alpha charlie alpha", "ValueError: charlie alpha charlie \u2026"),
    ("KeyError: 'W1'", "KeyError: 'W1'"), ("KeyError: grads has no key 'axgj'", "KeyError: grads has no key '\u2026'"),
    ("AttributeError: 'NoneType' object has no attribute 'grads'",
     "AttributeError: 'NoneType' object has no attribute 'grads'"),
    ("ValueError: operands could not be broadcast together with shapes (4,2) (3,)",
     "ValueError: operands could not be broadcast together with shapes (\u2026,)"),
    ("CodecError: an array of dtype [('axgj', '<f8')] cannot be sent",
     "CodecError: an array of dtype [('\u2026')] cannot be sent"),
])
def test_words_that_a_students_code_made_up_in_a_test_are_not_repeated(message, shown):
    known = Open(OWN, beside=Open("CodecError: an array of dtype cannot be sent. has no key", beside=SPOKEN))
    assert said.verdict("error", message, True, "", known) == shown


def test_words_that_stand_in_the_open_in_every_order_spell_nothing_out():
    known = Open(" ".join(f"{one} {other}" for one in "abcdefghij" for other in "abcdefghij"), beside=SPOKEN)
    spelt = " ".join("abcdefghij"[int(digit)] for digit in "8675309271436740156257")
    assert sum(letter in "abcdefghij" for letter in said.raised(f"ValueError: {spelt}", known).split()) < 9
    many = Open("a " * 100_000)
    assert many.of("a " * 1000 + "b") == "a " * 1000 + "\u2026"


@pytest.mark.parametrize(("message", "shown"), [
    ("save it as UTF-8; 8", "save it as UTF-8; \u2026"), ("it has 'W1', '31', '32'", "it has 'W1', '\u2026'")])
def test_what_the_kit_says_of_an_error_is_whole_where_numbers_are_left_out(message, shown):
    assert said.raised(message, Open("save it as UTF it has W1", beside=SPOKEN)) == shown


@pytest.mark.parametrize(("message", "shown"), [
    ("dx for x of shape (5, 4)[3, 4] is wrong.", "dx for x of shape \u2026 is wrong."),
    ("dx is wrong.\n  expected  3.25, the slope", "dx is wrong.\n  expected  the slope"),
    ("dx is wrong.\n  pattern   it is 1/3 of the expected value",
     "dx is wrong.\n  pattern   it is a fraction of the expected value"),
    ("dx is wrong.\n  pattern   it is 3 times the expected value",
     "dx is wrong.\n  pattern   it is a multiple of the expected value")])
def test_what_a_hidden_test_says_is_whole_without_its_numbers(message, shown):
    known = Open("dx for x of shape is wrong pattern expected the slope it is of the expected value times")
    assert said.verdict("failed", message, True, "", known) == shown


def test_words_are_found_at_once_in_a_text_without_any():
    known = Open("0" * 900_000, "_1" * 450_000, "2_words of 3dims")
    assert known.has("2_words") and known.has("3dims") and not known.has("0" * 900_000)


def test_what_a_student_returned_in_place_of_numbers_is_told_in_words_that_stand_in_the_open():
    known = Open("loss is not what can be compared. found the str, a value of type", beside=SPOKEN)
    for hidden in (True, False):
        for value in (f"the str '{IN_LETTERS}'", "a value of type Cyxabgcedefdgdggd"):
            message = f"loss is not what can be compared.\n  found     {value}"
            message = said.verdict("failed", message, hidden, "", known)
            assert message.endswith("found     " + re.sub(r"'.*'", "'\u2026'", value).replace(
                "Cyxabgcedefdgdggd", "\u2026"))


def test_what_is_raised_in_a_public_test_keeps_its_shapes_and_no_measured_number():
    two = "ValueError: shapes (7,5) and (6,), 0.2371"
    assert said.verdict("error", two, False, "", Open(two)) == (
        "ValueError: shapes (7,5) and (6,), \u2026")
    shapes = "shapes (3,4) and (5,) not aligned: 4 (dim 1) != 5 (dim 0) (cs231n/layers.py line 20)"
    assert said.verdict("error", f"ValueError: {shapes}", False, "", SPOKEN) == f"ValueError: {shapes}"
    counted = said.verdict("error", "E: " + " ".join(map(str, range(100, 140))), False, "# 139 of them", Open("E"))
    assert counted == "E: 100 101 102 103 104 105 106 107 \u2026 139"


def test_a_class_that_nobody_has_graded_is_one_sentence(tmp_path):
    done = kit("feedback", "assignment1", course=tmp_path)
    assert done.returncode == 1 and "is graded yet" in done.stderr and "Traceback" not in done.stderr


# Texts

def test_a_text_that_takes_too_long_is_shown_as_it_was_typed_and_those_around_it_are_rendered(monkeypatch):
    monkeypatch.setattr(rendering, "TOGETHER_SECONDS", 0.5)
    monkeypatch.setattr(rendering, "TEXT_SECONDS", 0.5)
    tags = "".join(f"<p><font color=c{number}>" for number in range(11_500))
    texts = rendering.Rendering()
    texts.begin()
    before, costly, behind = texts.page([Text("markdown", "**before**"), Text("html", tags), Text("code", "import x")])
    assert "<strong>before</strong>" in before and '<span class="nn">x</span>' in behind
    assert "shown as it was typed: it takes more than 0.5 s" in costly and "&lt;p&gt;&lt;font" in costly


def test_what_is_longer_than_anyone_reads_is_shown_as_it_was_typed():
    texts = rendering.Rendering()
    assert texts.page([Text("code", "<b>" * 4_000)])[0].startswith("<pre>&lt;b&gt;")
    assert texts.page([Text("markdown", "a\n\n" * 90_000)])[0].startswith("<pre>a")          # more than a page's


def test_beside_a_letter_beyond_the_usual_a_large_text_takes_a_byte_for_each_letter(monkeypatch):
    monkeypatch.setattr(handling, "LARGE", 50)
    for text in ("caf\u00e9 \U0001f600 $x$ <b title='\u03b1'>&amp; \u4e2d</b>\n\n" * 3, "plain " * 30, "\U0001f600"):
        narrow = handling.markdown_cell(b"{}", text.encode(), {})
        monkeypatch.setattr(handling, "LARGE", 10**9)
        wide = handling.markdown_cell(b"{}", text.encode(), {}).decode()
        monkeypatch.setattr(handling, "LARGE", 50)
        assert BeautifulSoup(narrow, "html.parser") == BeautifulSoup(wide, "html.parser")
        assert narrow.isascii() == (len(wide) > 50)


def test_a_graded_notebook_is_read_without_a_copy_of_it_that_takes_four_times_as_much(tmp_path):
    cells = [{"id": "a", "source": "\U0001f600", "outputs": ["x" * 5_000_000]}, {"id": "b", "source": ["1\n", "2"]}]
    (tmp_path / "one.ipynb").write_text(json.dumps({"cells": cells}, ensure_ascii=False), encoding="utf-8")
    tracemalloc.start()
    try:
        assert answers.read(tmp_path, "one") == cells
        assert tracemalloc.get_traced_memory()[1] < 15_000_000
    finally:
        tracemalloc.stop()
    (tmp_path / "two.ipynb").write_text('{"cells": [{"id": "a", "n": NaN, "source": "\\ud800"}]}')
    assert [cell["id"] for cell in answers.read(tmp_path, "two")] == ["a"]
    for content in (b"", b"[]", b"7", b'{"cells"', b'{"cell": []}', b"\xff"):
        (tmp_path / "three.ipynb").write_bytes(content)
        assert answers.read(tmp_path, "three") == []
    assert answers.read(tmp_path, "four") == []


def test_of_a_submission_no_more_than_one_notebook_is_held_at_a_time(spied, monkeypatch):
    class Cell(dict):
        pass

    held, read = [], answers.read

    def watched(folder, notebook):
        assert not [one() for one in held if one() is not None]
        cells = [Cell(cell) for cell in read(folder, notebook)]
        held.extend(map(weakref.ref, cells))
        return cells

    drawn = made.Pages(*spied)
    monkeypatch.setattr(answers, "read", watched)
    assert [name for name, _ in drawn.of("ann", grades.Graded("ann"))] == ["index.html", "spied.html"]
    assert len(held) > 10 and not [one() for one in held if one() is not None]


def test_outputs_that_would_make_a_page_too_large_give_way_to_words(monkeypatch):
    monkeypatch.setattr(made, "OUTPUT_BYTES", 100)
    texts = ("a" * 40, "&" * 20, "&" * 20, "<" * 20, "b" * 40, "c" * 40)
    parts = [made.Part("code", outputs=[shown.Output("text", text) for text in texts[:4]]),
             made.Part("code", outputs=[shown.Output("picture", text) for text in texts[4:]])]
    made._bound(parts)
    assert [one.text[:8] for one in parts[0].outputs] == ["a" * 8, "left out"]
    assert [one.text[:8] for one in parts[1].outputs] == ["b" * 8, "left out"]
    assert parts[0].outputs[1].kind == "note"


def test_outputs_are_read_whether_a_text_is_one_or_its_lines():
    printed = {"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]}
    label = {"output_type": "display_data", "metadata": {}, "data": {
        "text/html": ["<p><em>[came without output]</em></p>"], "text/plain": ["[came without output]"]}}
    places = shown.Places({}, [], set(), SPOKEN)
    assert [one.text for one in shown.outputs({"outputs": [printed]}, places)] == ["one\ntwo"]
    assert shown.outputs({"outputs": [label, printed]}, places) == []
    ended = {"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": []}
    assert [one.kind for one in shown.outputs({"outputs": [label, ended]}, places)] == ["note", "error"]


def test_an_assignment_of_questions_alone_does_not_say_that_checks_passed(tmp_path):
    assignment, course = written.make(tmp_path, {"ann": written.ANSWERS["ann"], "fay": ""})
    feedback.feedback(assignment, course)
    for student in ("ann", "fay"):
        page = (course.feedback(student, written.NAME) / "index.html").read_text()
        assert "This assignment has no checks: people read its answers." in page and "Every" not in page
