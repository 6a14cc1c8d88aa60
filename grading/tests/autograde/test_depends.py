"""What has to run again when something has changed, and what need not; marks and points stay what they are.

Where nothing may be run, no sandbox is to be had: a run that wanted one would be refused.
"""

import json
import sqlite3

import pytest
import two_notebooks
from nbgrader.api import Gradebook
from two_notebooks import FIRST, SECOND, changed

from grading.autograde import autograde
from grading.books import results
from grading.books.ledger import Ledger
from grading.engine import sandbox
from grading.release import generate

STUDENTS = ["ann", "bob", "cem"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory, workers):
    root = tmp_path_factory.mktemp("depends")
    assignment, course = two_notebooks.released(root)
    run = autograde.autograde(assignment, course, workers=workers)
    assert not run.faults and run.notebooks_run == 6
    assert [result.autograded() for result in run] == [(3, 3), (3, 3), (0, 3)]
    return assignment, course


@pytest.fixture
def graded(whole, tmp_path):
    """(the assignment, a course with the class graded), both to be changed."""
    return two_notebooks.copied(whole, tmp_path)


@pytest.fixture
def nothing_can_run(monkeypatch):
    monkeypatch.setenv(sandbox.FORCED, "none")


class Heard(autograde.Listener):
    def __init__(self):
        self.why = {}

    def kept(self, student, why):
        self.why[student] = why


def again(graded, workers=None):
    """(what a second run did, {student: why nothing was run for it})."""
    heard = Heard()
    run = autograde.autograde(*graded, listener=heard, workers=workers)
    assert not run.faults
    return run, heard.why


def gradebook(course):
    return Gradebook(f"sqlite:///{course.gradebook}")


def mark(graded, student="ann", score=0.5):
    assignment, course = graded
    with gradebook(course) as book:
        grade = book.find_grade("second-why-answer", "second", assignment.name, student)
        grade.manual_score, grade.needs_manual_grade = score, False
        book.find_comment("second-why-answer", "second", assignment.name, student).manual_comment = "well argued"
        book.db.commit()


def entered(graded):
    """Everything in the gradebook that a result or a person has put there, in words."""
    assignment, course = graded
    with gradebook(course) as book:
        return {(one.student_id, notebook.name, grade.name): (grade.auto_score, grade.manual_score,
                                                              grade.needs_manual_grade, grade.max_score)
                for one in book.find_assignment(assignment.name).submissions
                for notebook in one.notebooks for grade in notebook.grades}


def test_with_nothing_changed_nothing_is_run(graded, nothing_can_run):
    run, why = again(graded)
    assert run.notebooks_run == 0 and why == {} and run.penalties_changed == []


def test_one_hidden_test_changed_runs_that_notebook_only_for_everybody(graded, workers):
    assignment, course = graded
    two_notebooks.write(assignment.folder, second=changed(SECOND, "second-half-check", "half(4) == 2", "half(9) == 3"))
    generate.generate(assignment, course)
    before = {student: results.read(course, student, assignment.name) for student in STUDENTS}
    counts = {student: count_of(course, assignment, student, "first") for student in STUDENTS}
    run, _ = again(graded, workers)
    assert run.notebooks_run == 3
    assert [result.autograded("second") for result in run] == [(0, 1), (0, 1), (1, 1)]
    for result in run:
        assert result.notebooks["first"] == before[result.student].notebooks["first"]
        assert count_of(course, assignment, result.student, "first") == counts[result.student]
        assert result.named == before[result.student].named
    assert run[2].named


def test_a_run_of_every_cell_runs_what_was_graded_without_them_and_holds_for_a_run_of_what_counts(graded, workers):
    assignment, course = graded
    first = results.read(course, "ann", assignment.name)

    def run(**options):
        done = autograde.autograde(assignment, course, ["ann", "bob"], workers=workers, **options)
        assert not done.faults and [result.autograded() for result in done] == [(3, 3), (3, 3)]
        return done.notebooks_run, done.whole_before

    assert run() == (0, []) and printed(course, assignment) == []
    assert run(whole=True) == (4, []) and printed(course, assignment) == ["the first notebook\n"]
    kept = results.read(course, "ann", assignment.name)
    assert kept.whole == ["first", "second"] and (kept.runs, kept.notebooks) == (first.runs, first.notebooks)
    assert run(whole=True) == (0, []) and run() == (0, ["ann", "bob"])
    path = course.autograded("bob", assignment.name) / "second.ipynb"
    path.unlink()
    assert run() == (1, ["ann"]) and results.read(course, "bob", assignment.name).whole == ["first"]
    assert run(whole=True) == (1, [])
    assert run(regrade=True) == (4, []) and printed(course, assignment) == []


def printed(course, assignment):
    """What the lesson's own cell of the first notebook, that no verdict depends on, shows of Ann's."""
    return [text for cell in count_of(course, assignment, "ann", "first")[-1:] for one in cell[1]
            if "the first" in (text := "".join(one.get("text", "")))]


def count_of(course, assignment, student, notebook):
    cells = json.loads((course.autograded(student, assignment.name) / f"{notebook}.ipynb").read_text())["cells"]
    return [(cell.get("execution_count"), cell.get("outputs")) for cell in cells]


def test_a_changed_answer_of_one_student_runs_that_students_notebooks_only(graded, workers):
    assignment, course = graded
    path = course.submitted("bob", assignment.name) / "second.ipynb"
    path.write_text(path.read_text().replace("return x / 2", "return x / 4"))
    run, why = again(graded, workers)
    assert run.notebooks_run == 2 and why == {}
    assert [result.autograded() for result in run] == [(3, 3), (2, 3), (0, 3)]


def test_a_changed_given_module_runs_everything(graded):
    assignment, course = graded
    with (course.source(assignment.name) / "cs231n" / "gradient_check.py").open("a") as file:
        file.write("# changed\n")
    assert again(graded)[0].notebooks_run == 6


def test_points_and_texts_that_change_run_nothing(graded, nothing_can_run):
    assignment, course = graded
    mark(graded)
    two_notebooks.write(assignment.folder, first=changed(FIRST, "first-loss-check", "", "", points=5.0))
    (assignment.folder / "README.md").write_text("Another text.\n")
    generate.generate(assignment, course, yes=True)
    run, why = again(graded)
    assert run.notebooks_run == 0 and set(why) == set(STUDENTS)
    assert [result.autograded() for result in run] == [(6, 6), (6, 6), (0, 6)]
    assert entered(graded)["ann", "first", "first-loss-check"] == (5, None, False, 5)
    assert entered(graded)["ann", "second", "second-why-answer"][1] == 0.5
    assert (course.autograded("ann", assignment.name) / "README.md").read_text() == "Another text.\n"
    assert run[2].named
    assert again(graded)[1] == {}


@pytest.mark.parametrize("lost", ["removed", "deleted", "edited", "rows"])
def test_a_gradebook_that_was_lost_or_edited_is_filled_again_and_marks_by_hand_survive(graded, lost, nothing_can_run):
    assignment, course = graded
    mark(graded)
    again(graded)                                       # as any run after the marking, it copies the marks
    before = entered(graded)
    if lost == "removed":                               # as `nbgrader db student remove --force` does
        with gradebook(course) as book:
            book.remove_student("ann")
    elif lost == "deleted":
        course.gradebook.unlink()
    else:
        with sqlite3.connect(course.gradebook) as book:
            book.execute("UPDATE grade SET auto_score = 17 WHERE auto_score = 2" if lost == "edited" else
                         "DELETE FROM grade WHERE manual_score = 0.5")
        book.close()
    assert lost == "deleted" or entered(graded) != before
    run, why = again(graded)
    assert run.notebooks_run == 0
    assert set(why) == {"removed": {"ann"}, "deleted": set(STUDENTS), "edited": {"ann", "bob"},
                        "rows": {"ann"}}[lost]
    after = entered(graded)
    if lost == "edited":                                # the mark was seen by then: nbgrader asks for another look
        before["ann", "second", "second-why-answer"] = after["ann", "second", "second-why-answer"]
    assert after == before
    with gradebook(course) as book:
        assert book.find_comment("second-why-answer", "second", assignment.name, "ann").manual_comment == "well argued"
    assert again(graded)[1] == {}


def test_a_mark_that_is_taken_back_stays_taken_back_and_the_former_copy_is_kept(graded, nothing_can_run):
    assignment, course = graded
    mark(graded)
    again(graded)
    mark(graded, score=None)
    again(graded)
    assert entered(graded)["ann", "second", "second-why-answer"][1] is None
    kept = json.loads((course.marks / f"{assignment.name}-1.json").read_text())
    assert kept["ann"]["second"]["second-why-answer"]["manual_score"] == 0.5


def test_a_due_date_that_moves_changes_penalties_and_runs_nothing(graded, nothing_can_run):
    assignment, course = graded
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write("\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
    (course.submitted("ann", assignment.name) / "timestamp.txt").write_text("2030-01-02 00:00:00 UTC")
    (course.submitted("bob", assignment.name) / "timestamp.txt").write_text("2030-01-04 00:00:00 UTC")
    assert again(graded)[0].penalties_changed == ["ann", "bob"]                # their times

    def due(day):
        with gradebook(course) as book:
            book.update_or_create_assignment(assignment.name, duedate=f"2030-01-0{day} 00:00:00 UTC")
        run, why = again(graded)
        assert run.notebooks_run == 0 and why == {}
        with gradebook(course) as book:
            scores = {one["student"]: one["score"] for one in book.submission_dicts(assignment.name)}
            lost = {student: sum(notebook.late_submission_penalty or 0 for notebook in
                                 book.find_submission(assignment.name, student).notebooks) for student in scores}
        return run.penalties_changed, lost

    assert due(1) == (["ann", "bob"], {"ann": 3, "bob": 3, "cem": 0})
    assert due(3) == (["ann"], {"ann": 0, "bob": 3, "cem": 0})
    assert due(3) == ([], {"ann": 0, "bob": 3, "cem": 0})
    assert due(5) == (["bob"], {"ann": 0, "bob": 0, "cem": 0})


def test_another_catalogue_names_the_mistakes_anew_and_runs_no_notebook(graded, workers):
    assignment, course = graded
    named = results.read(course, "cem", assignment.name).named
    assert [one["function"] for one in named] == ["softmax_loss_vectorized"]
    for student in STUDENTS:                            # named by a state of the catalogue that is not today's
        kept = results.read(course, student, assignment.name)
        kept.names, kept.named = "another", []
        results.write(course, kept)
    heard = []

    class Began(autograde.Listener):
        def began(self, student):
            heard.append(student)

    run = autograde.autograde(*graded, listener=Began(), workers=workers)
    assert heard == ["cem"] and run.notebooks_run == 0
    assert run[2].named == named and run[2].autograded() == (0, 3)


def test_a_kept_notebook_that_is_gone_is_run_again(graded, workers):
    assignment, course = graded
    (course.autograded("bob", assignment.name) / "first.ipynb").unlink()
    assert again(graded, workers)[0].notebooks_run == 1
    assert (course.autograded("bob", assignment.name) / "first.ipynb").exists()


def test_what_nbgrader_has_run_is_run_again_by_the_engine(graded, workers):
    assignment, course = graded
    stock = autograde.autograde(assignment, course, ["ann"], stock=True)
    assert stock.notebooks_run == 2 and stock[0].sandbox == "none"
    run, _ = again(graded, workers)
    assert run.notebooks_run == 2 and run[0].sandbox != "none" and run[0].autograded() == (3, 3)


def test_the_scores_that_the_ledger_compares_are_those_that_it_entered(graded):
    from grading.books import ledger

    assignment, course = graded
    with Ledger(course) as books:
        assert books.entered(assignment.name) == {
            student: ledger.scores(results.read(course, student, assignment.name)) for student in STUDENTS}


def test_a_due_date_in_the_description_and_an_extension_in_the_roster_cost_what_they_say_and_run_nothing(
        graded, nothing_can_run, tmp_path):
    assignment, course = graded
    described = tmp_path / "assignments" / assignment.name / "assignment.toml"
    described.parent.mkdir(parents=True)
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.LateDays.assignments = {str(tmp_path / 'assignments')!r}\n")
    for student, day in (("ann", 2), ("bob", 4)):
        (course.submitted(student, assignment.name) / "timestamp.txt").write_text(f"2030-01-0{day} 00:00:00 UTC")

    def lost(due):
        described.write_text(f"[late]\ndue = 2030-01-0{due}T00:00:00Z\nper_day = 0.5\n")
        run, why = again(graded)
        assert run.notebooks_run == 0 and why == {}
        with gradebook(course) as book:
            return {one.student.id: one.late_submission_penalty for one in book.assignment_submissions(assignment.name)}

    assert lost(3) == {"ann": 0, "bob": 0.5, "cem": 0}
    assert lost(1) == {"ann": 0.5, "bob": 1.5, "cem": 0}
    course.roster.write_text(f"id,extension {assignment.name}\nann,\nbob,36 h\ncem,\n")
    assert lost(1) == {"ann": 0.5, "bob": 1, "cem": 0}
