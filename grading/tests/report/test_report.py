"""`kit report` on a class of 300 whose proportions of mistakes are known."""

import dataclasses
import json
import re
import shutil
import tomllib
from collections import Counter
from html import unescape
from types import SimpleNamespace

import a_class
import pytest
from browsing import assert_accessible, assert_fits, browser, say_what_was_not_looked_at, set_screen

from grading import report
from grading.__main__ import main
from grading.books import grades
from grading.books.course import Course
from grading.books.results import Result
from grading.errors import KitError
from grading.report import failures, page, people, pictures, standing, without_names
from grading.report import tests as cell_figures
from grading.trials import skeleton

STUDENTS = 300


@pytest.fixture(scope="module")
def whole(released, tmp_path_factory):
    """(assignment, course, what is true of it, what the report tells)"""
    assignment, course = released
    course = Course(shutil.copytree(course.root, tmp_path_factory.mktemp("class") / "course"))
    made = a_class.make(assignment, course, STUDENTS)
    return assignment, course, made, report.data(assignment, course)


@pytest.fixture(scope="module")
def text(whole):
    return page.page(whole[3])


def test_known_mistakes_are_counted_as_often_as_they_are_made(whole):
    _, _, made, found = whole
    told = {one["says"]: (set(one["students"]), one["kind"]) for one in found["mistakes"]}
    assert told == {a_class.SQUARED["says"]: (made.of["squared"], "mistake"),
                    a_class.HALF["says"]: (made.of["half"], "convention")}
    assert found["mistakes"][0]["says"] == a_class.SQUARED["says"]                    # the commonest first
    assert len(made.of["squared"]) == 90 and len(made.of["half"]) == 45


def test_why_functions_raise_is_counted_as_known_mistakes_are():
    raised = {"function": "affine_forward", "kind": "raised", "says": "A .T is missing.", "read": "the shapes"}
    class_of_two = [SimpleNamespace(student=name, result=SimpleNamespace(named=[raised])) for name in ("ann", "bob")]
    assert failures.known(class_of_two) == [raised | {"students": ["ann", "bob"]}]


def test_what_no_entry_explains_is_grouped_by_behaviour_whatever_the_numbers(whole):
    _, _, made, found = whole
    groups = [set(one["students"]) for one in found["unexplained"] if one["function"] == "svm_loss_naive"]
    assert groups == [made.of["twice"], made.of["transposed"] - made.of["twice"]]
    assert [set(one["students"]) for one in found["unexplained"] if "loops in Python" in one["behaviour"]] == [
        made.of["loops"]]
    everybody = found["unexplained"][0]
    assert everybody["cells"] == ["svm-predict-check"] and len(everybody["students"]) == STUDENTS
    assert found["suspect tests"] == [f"svm-predict-check failed for {STUDENTS} of {STUDENTS}: look at the test"]
    assert set(found["unwritten"][0]["students"]) == made.of["unwritten"]
    assert {one["student"] for one in found["unloaded"]} == made.of["unloaded"]
    assert not any(made.of["unloaded"] & set(one["students"]) for one in found["unexplained"]
                   if one["function"] == "LinearClassifier.train")


def test_cells_that_stop_are_counted_by_the_kind_of_exception_whatever_the_line(whole, text):
    _, _, made, found = whole
    assert [(one["cell"], one["kind"], set(one["students"])) for one in found["stopped"]] == [
        ("svm.ipynb: svm-search-solution", "an IndexError", made.of["stops"]),
        ("svm.ipynb: svm-search-solution", "an exception of its own", made.of["stops otherwise"])]
    assert f"<b>{len(made.of['stops'])}</b> <code>svm.ipynb: svm-search-solution</code> with an IndexError" in text


def test_difficulty_and_discrimination_are_those_of_the_class(whole):
    assignment, _, made, found = whole
    cells = {one["cell"]: one for one in found["cells"]}
    squared = cells["knn-no_loops-check"]
    assert squared["difficulty"] == pytest.approx(1 - len(made.of["squared"]) / STUDENTS, abs=1e-3)
    assert squared["outcomes"] == {"passed": 210, "failed": 90}
    assert squared["discrimination"] > 0.5                       # whoever loses it loses the others of its question
    assert cells["svm-predict-check"]["difficulty"] == 0 and cells["svm-predict-check"]["discrimination"] is None
    assert cells["knn-two_loops-check"]["difficulty"] == 1
    softmax = next(one for one in found["looped"] if one["vectorized"] == "softmax_loss_vectorized")
    both, half, loops = Counter(), made.of["half"], made.of["loops"]
    for number in range(STUDENTS):
        both[f"s{number:03}" in half, f"s{number:03}" in loops] += 1
    assert [row[:2] for row in softmax["counts"][:2]] == [[both[one, other] for other in (False, True)]
                                                          for one in (False, True)]
    assert set(softmax["loops"]) == loops
    shares = found["scores"]["shares"]
    assert len(shares) == STUDENTS and found["scores"]["mean"] == pytest.approx(
        sum(shares.values()) / STUDENTS, abs=1e-3)


def test_attempts_late_days_costs_and_questions_are_told(whole):
    _, _, made, found = whole
    work = found["course of work"]
    assert work["attempts"] == {1: STUDENTS - len(made.of["again"]), 2: len(made.of["again"])}
    assert work["late days"] == {0: STUDENTS - len(made.of["late"]), 2: len(made.of["late"])}
    assert {one["student"] for one in work["late"]} == made.of["late"]
    assert len(work["seconds"]) == len(work["megabytes"]) == STUDENTS and len(work["slowest"]) == 10
    question = next(one for one in found["questions"] if one["question"] == a_class.QUESTION)
    assert set(question["unanswered"]) == made.of["blank"]
    assert question["marks"] == made.marks and question["marked"] == made.marks.total()
    assert len(question["unmarked"]) == STUDENTS - len(made.of["blank"]) - made.marks.total()
    assert [one["marked"] for one in question["markers"]] == [made.marks.total()]
    assert found["not graded"] == [
        {"student": "s000", "why": "the kit failed on this submission (OSError)"},
        {"student": "zoe", "why": "not graded yet: kit autograde"}]


def test_whom_to_look_at_comes_with_evidence(whole):
    _, _, made, found = whole
    signs = {one["student"]: {sign["kind"]: sign["evidence"] for sign in one["signs"]} for one in found["look at"]}
    of = {kind: {student for student, those in signs.items() if kind in those}
          for kind in {kind for those in signs.values() for kind in those}}
    assert of["libraries or the kit are patched"] == made.of["patched"]
    assert of["locked cells"] == made.of["tampered"]
    assert of["loops behind a vectorized face"] == made.of["loops"]
    assert of["files that were not taken"] == {"zoe"} and "it reaches out of the lesson" not in of
    evidence = signs[min(made.of["patched"])]["libraries or the kit are patched"]
    assert evidence[0].startswith("cs231n/classifiers/linear_svm.py line 12: np.allclose = lambda")


def test_discrimination_is_the_tests_own_and_is_not_told_of_a_few_students(whole):
    """Whatever a person changed: twelve students, of whom six lose a test and all that is elsewhere."""
    assignment = whole[0]

    def told(students: int, changed: bool) -> float | None:
        graded = []
        for number in range(students):
            score = float(number % 2)
            cells = {name: {"score": score, "max_score": 1.0, "outcome": "failed", "message": ""} for name in "ab"}
            entered = {name: cell | {"notebook": "knn", "score": 1.0 if changed and name == "a" else cell["score"]}
                       for name, cell in cells.items()}
            result = Result(f"s{number}", assignment.name, "", "full", {"knn": cells})
            graded.append(standing.Standing(result.student, result, entered, grades.Graded(result.student)))
        return cell_figures.cells(assignment, graded)[0]["discrimination"]

    assert told(12, False) == told(12, True) == 1.0
    assert told(cell_figures.FEWEST - 1, False) is None


def test_functions_that_the_same_students_have_not_written_stand_together():
    those = [{"function": "a", "students": ["ann", "ben"]}, {"function": "b", "students": ["ann"]},
             {"function": "c", "students": ["ann"]}]
    assert page._together(those) == [{"functions": ["a"], "students": ["ann", "ben"]},
                                     {"functions": ["b", "c"], "students": ["ann"]}]


def test_a_class_whose_cells_tell_nobody_apart_has_a_page(whole):
    """Two students, or all of them with full marks."""
    found = whole[3]
    same = page.page(found | {"cells": [cell | {"discrimination": None} for cell in found["cells"]]})
    assert "Graded cells" in same and "discrimination; the table below" not in same


@pytest.mark.parametrize("text", ["\n" * 500_000, " \n" * 250_000, "x = '/proc/'\n" * 40_000, "import " * 70_000])
def test_whatever_a_text_is_made_of_it_is_searched_at_once(text):
    for _, where, words in people._SIGNS:
        if where == "code":
            assert len(people._lines(words, text)) <= people.MOST


def test_the_page_shows_it_and_nothing_of_a_submission_is_more_than_text(whole, text):
    _, _, made, found = whole
    assert len(text.encode()) < 3_000_000
    assert "<script" not in text and "&lt;script&gt;alert(1)" in text
    assert text.count("</style>") == 1 and "\u202e" not in text and "\x1b" not in text
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", text.replace("xmlns:xlink", ""))
    assert re.search(r"<b>90</b> \(30%\)", text) and re.search(r"<b>45</b> \(15%\)", text)
    assert text.count('role="img" aria-label="') == 6
    assert "./grading/kit trial assignment1 --skeleton s" in text


def test_names_can_be_left_out_of_what_is_printed_as_json(whole, capsys):
    _, course, _, found = whole
    assert main(["report", "assignment1", "--json", "--anonymous", "--course", str(course.root)]) == 0
    told = capsys.readouterr().out
    without = json.loads(told)
    assert not re.search(r"\bs\d{3}\b|\bzoe\b", told) and "--skeleton" not in told
    assert [len(one["students"]) for one in without["mistakes"]] == [
        len(one["students"]) for one in found["mistakes"]]
    assert without["scores"]["shares"].keys() == {f"student {number}" for number in range(1, STUDENTS + 2)} - {
        one["student"] for one in without["not graded"] if "autograde" in one["why"]}
    assert without_names("ann, joann and ann.b", {"ann": "student 1", "ann.b": "student 2"}) == (
        "student 1, joann and student 2")


def test_the_command_writes_the_page(whole, text, tmp_path, capsys):
    _, course, _, _ = whole
    assert main(["report", "assignment1", "--into", str(tmp_path / "page.html"), "--course", str(course.root)]) == 0
    assert "300 of 301 submissions" in capsys.readouterr().out
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == text


def test_a_skeleton_is_an_entry_with_the_students_own_code(whole):
    assignment, course, made, _ = whole
    student = min(made.of["twice"])
    told = skeleton.skeleton(assignment, course, student, "svm-naive-gradient")
    entry = tomllib.loads(told)["mistake"][0]
    assert entry["function"] == "svm_loss_naive"
    assert entry["body"] == "loss = '''the'''\nreturn loss, _half(W)\n"
    assert told.startswith("# grading/misconceptions/linear_svm.toml: loses svm-naive-gradient\n")
    assert "_half" in told.split("body")[0]
    of_cell = tomllib.loads(skeleton.skeleton(assignment, course, student, "knn-best_k-choice"))["mistake"][0]
    assert of_cell["cell"] == "knn-best_k-solution" and of_cell["body"].strip()
    for wrong in (("nobody", "svm-naive-gradient"), (student, "no-such-cell"), (student, "softmax-naive-loss")):
        with pytest.raises(KitError):
            skeleton.skeleton(assignment, course, *wrong)


def test_nothing_graded_is_one_sentence(released):
    assignment, course = released
    with pytest.raises(KitError, match="Run: kit autograde assignment1"):
        report.data(assignment, course)


@pytest.mark.parametrize("one, other", [
    ("dW[3, 1] is wrong.\n  found  -1.2e-5", "dW[0, 7] is wrong.\n  found  44"),
    ("scores has shape (5, 3), expected (5, 4).", "scores has shape (7, 9), expected (8, 2)."),
    ("KeyError: 'W1'", "KeyError: 'W2'"),
])
def test_messages_of_one_behaviour_are_the_same_without_their_numbers(one, other):
    assert failures.normal(one) == failures.normal(other)
    assert failures.normal("a is wrong.\n  pattern   twice") != failures.normal("a is wrong.\n  pattern   half")


def test_a_picture_tells_its_numbers_in_words():
    svg = pictures.histogram([0.1, 0.1, 0.9], "share", 2, (0, 1), percent=True)
    assert 'aria-label="share: 0% to 50%: 2; 50% to 100%: 1. The dashed line is the median, 10%."' in svg
    assert "var(--ink)" in svg and "#010101" not in svg


@pytest.mark.parametrize("shares, told", [([0.5, 1.0], "50% to 55%: 1; 95% to 100%: 1"),
                                          ([0.5, 1.0, 1.04], "50% to 55%: 1; 100% to 105%: 2"),
                                          ([0.5, 1e9], "50% to 55%: 1; 195% to 200%: 1"), ([-0.1], "0% to 5%: 1")])
def test_nobody_is_missing_in_the_picture_of_a_class_for_extra_credit(shares, told):
    assert f'aria-label="share: {told}.' in pictures.histogram(shares, "share", 20, (0, 1), percent=True)


# In a browser


@pytest.mark.skipif(not (shutil.which("chromium") and shutil.which("chromedriver")),
                    reason="needs the programs chromium and chromedriver")
def test_a_browser_opens_it_at_once_and_it_fits_and_is_accessible(text, tmp_path):
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    with browser(tmp_path / "profile") as driver:
        for theme in ("light", "dark"):
            for width in (360, 1600):
                set_screen(driver, width, theme)
                driver.get((tmp_path / "report.html").as_uri())
                assert_fits(driver, width)
            assert_accessible(driver)
    say_what_was_not_looked_at()


def test_what_few_have_is_folded_behind_what_many_have_and_never_called_nothing(whole):
    _, _, _, found = whole
    rare = [{"function": "f", "says": f"Mistake {number}.", "read": "", "kind": "mistake", "students": ["one of many"]}
            for number in range(40)]
    text = page.page(found | {"mistakes": [*found["mistakes"], *rare], "graded": 500})
    shown, _, folded = text.partition("more, of ")
    assert found["mistakes"][0]["says"] in unescape(re.sub("</?code>", "", shown))
    assert "Mistake 39." in folded and "Mistake 39." not in shown and "(&lt;1%)" in folded and "(0%)" not in text


@pytest.mark.parametrize(("lost", "told"), [
    (["two_layer_net-scores-check"], ["TwoLayerNet.loss"]),
    (["two_layer_net-scores-check", "two_layer_net-affine_forward-check"], ["affine_forward"]),
])
def test_what_only_builds_on_a_wrong_function_is_not_told_beside_it(whole, lost, told):
    assignment, course, _, _ = whole
    one = next(one for one in standing.read(assignment, course) if one.result and not one.result.named)
    cells = {name: cell | {"outcome": "failed" if name in lost else "passed", "message": "no"}
             for name, cell in one.cells.items()}
    one = dataclasses.replace(one, cells=cells, result=dataclasses.replace(one.result, named=[]))
    assert [entry["function"] for entry in failures.unexplained(assignment, [one])] == told
