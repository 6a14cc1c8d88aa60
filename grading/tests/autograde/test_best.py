"""Where the best of several attempts counts, all of them are graded, and none is lost."""

import os
import shutil

import pytest
import two_notebooks
from nbgrader.api import Gradebook

from grading.autograde import autograde, best, table
from grading.books import attempts, results
from grading.books.course import Course
from grading.books.results import Result
from grading.intake.collect import collect
from grading.release import generate


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """(assignment, course with it released, an inbox with a class of three, all of it right but Cem's)."""
    root = tmp_path_factory.mktemp("best")
    assignment, course = two_notebooks.released(root)
    inbox = root / "inbox"
    for student in ("ann", "bob", "cem"):
        shutil.move(course.submitted(student, assignment.name), inbox / student)
    return assignment, course, inbox


def hand_in(inbox, student, moment, change=None):
    path = inbox / student / "second.ipynb"
    if change:
        path.write_text(path.read_text().replace(*change))
    for one in (inbox / student).rglob("*"):
        os.utime(one, (moment, moment))


def test_an_attempt_that_lateness_costs_more_than_it_gains_does_not_count(whole, tmp_path):
    assignment, course = two_notebooks.copied(whole[:2], tmp_path)
    name, inbox = assignment.name, tmp_path / "inbox"
    shutil.copytree(whole[2] / "ann", inbox / "ann")
    described = tmp_path / "assignments" / name / "assignment.toml"
    described.parent.mkdir(parents=True)
    described.write_text("[late]\ndue = 2023-11-15T00:00:00Z\nper_day = 0.5\n")
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.LateDays.assignments = {str(described.parents[1])!r}\n")
    for moment, change in ((1_700_000_000, None), (1_700_200_000, ("return x / 2", "return x * 0.5"))):
        hand_in(inbox, "ann", moment, change)
        collect(assignment, course, [inbox], "best")

    def scored(course, students):
        """2 of 3 for the first attempt, all for the second."""
        return [Result(student, name, "", "full", {"first": {"check": {
            "outcome": "passed", "score": 3.0 - (student == "ann+1"), "max_score": 3.0}}}) for student in students]

    def settled():
        return best.settle(assignment, course, None, scored)["ann"], str(attempts.time(course.submitted("ann", name)))

    early, late = "2023-11-14 22:13:20+00:00", "2023-11-17 05:46:40+00:00"
    assert settled() == ("attempt 1 of 2 counts, the best by its tests, less what lateness costs: 2, 3 - 1.5 of 3",
                         early)
    course.roster.write_text(f"id,extension {name}\nann,48 h\n")
    assert settled() == ("attempt 2 of 2 counts, the best by its tests, less what lateness costs: 2, 3 - 0.5 of 3",
                         late)
    described.unlink()                                                            # nbgrader's own rules
    assert settled() == ("attempt 2 of 2 counts, the best by its tests: 2, 3 of 3", late)
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write("\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
    assert settled()[1] == late
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        gradebook.update_or_create_assignment(name, duedate="2023-11-16 00:00:00 UTC")
    assert settled() == ("attempt 1 of 2 counts, the best by its tests, less what lateness costs: 2, 3 - 3 of 3",
                         early)


def test_the_best_attempt_counts_and_the_others_are_kept_and_said(whole, workers, capsys):
    assignment, course, inbox = whole
    name = assignment.name

    def grade(course, students):
        run = autograde.autograde(assignment, course, students, workers=workers)
        assert not run.faults
        return run

    for student in ("ann", "bob", "cem"):
        hand_in(inbox, student, 1_700_000_000)
    assert {one.state for one in collect(assignment, course, [inbox], "best")} == {"new"}
    assert best.settle(assignment, course, None, grade) == {}
    grade(course, None)
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        answer = gradebook.find_grade("second-why-answer", "second", name, "ann")
        answer.manual_score = 1.0
        gradebook.db.commit()

    hand_in(inbox, "ann", 1_700_000_100, ("return x / 2", "return x / 5"))         # worse
    hand_in(inbox, "cem", 1_700_000_100, ("return x / 3", "return x / 2"))         # better
    states = {one.student: one.state for one in collect(assignment, course, [inbox])}
    assert states == {"ann": "kept", "bob": "unchanged", "cem": "kept"}
    assert results.behind(course, name) == ["ann", "cem"]
    said = best.settle(assignment, course, None, grade)
    assert said == {"ann": "attempt 1 of 2 counts, the best by its tests: 3, 2 of 3",
                    "cem": "attempt 2 of 2 counts, the best by its tests: 0, 1 of 3"}
    run = grade(course, None)
    assert [result.autograded()[0] for result in run] == [3, 3, 1] and results.behind(course, name) == []
    assert run.notebooks_run == 2                                                 # Cem's two alone
    table.show(assignment, run, {}, said)
    assert "attempt 2 of 2 counts" in " ".join(capsys.readouterr().out.split())
    assert [attempts.time(folder).timestamp() for folder in attempts.every(course, "cem", name)] == [
        1_700_000_000, 1_700_000_100]
    assert attempts.time(course.submitted("cem", name)).timestamp() == 1_700_000_100
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        assert gradebook.find_grade("second-why-answer", "second", name, "ann").manual_score == 1.0
        assert sorted(student.id for student in gradebook.students) == ["ann", "bob", "cem"]

    assert {one.state for one in collect(assignment, course, [inbox])} == {"unchanged"}
    generate.generate(assignment, course, yes=True)                               # as it was: nothing is due
    assert best.settle(assignment, course, ["cem"], grade) == {"cem": said["cem"]}
    assert grade(course, None).notebooks_run == 0


def test_what_was_said_to_count_holds_until_something_else_is(course_folder):
    course = Course(course_folder)
    assert attempts.counting(course, "assignment1") == "last"
    for which in attempts.CHOICES:
        attempts.let_count(course, "assignment1", which)
        assert attempts.counting(course, "assignment1") == which
    assert attempts.counting(course, "assignment2") == "last"
