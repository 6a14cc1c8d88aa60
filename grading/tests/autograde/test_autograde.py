"""The whole road: a sample class is collected, graded and given feedback, by the commands and by stock nbgrader.

Grading runs in the engine's sandboxes, unless a test says otherwise.
"""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from conftest import kit
from nbgrader.api import Gradebook

from grading import ROOT
from grading.autograde import autograde, grader
from grading.autograde.workers import Workers, choose_sandbox
from grading.books import notes, results
from grading.books.course import Course
from grading.engine import sandbox
from grading.errors import KitError
from grading.intake import collect as collecting
from grading.release import assignment as assignments
from grading.release import generate, leaks, stage
from grading.sample import sample_class

TIMEOUT = 30             # the kit's own: on a busy machine, a loop over many images takes more than ten seconds to tell
OLDER = "sample-older-package"           # of before there was a lesson on features


@pytest.fixture(scope="session")
def graded(released, tmp_path_factory):
    """(assignment, course, {student: Result}) of the sample class, graded once."""
    assignment, before = released
    course = Course(tmp_path_factory.mktemp("graded") / "course")
    shutil.copytree(before.root, course.root)
    folder = course.root / "sample-class"
    students = [*sample_class.make(assignment, course, folder), OLDER]
    shutil.copytree(folder / "sample-perfect", folder / OLDER)
    for later in ("features.ipynb", "cs231n/features.py"):
        (folder / OLDER / later).unlink()
    collecting.collect(assignment, course, [folder])
    return assignment, course, {result.student: result for result in
                                autograde.autograde(assignment, course, students, timeout=TIMEOUT, jobs=2)}


@pytest.fixture(scope="session")
def knn_alone(tmp_path_factory):
    """(assignment1 with its first notebook only, a course in which it is released); not to be changed."""
    whole, course = assignments.load("assignment1"), Course(tmp_path_factory.mktemp("knn") / "course")
    topics = {topic: functions for topic, functions in whole.topics.items() if topic.startswith("knn-")}
    assignment = replace(whole, notebooks=("knn",), topics=topics)
    generate.generate(assignment, course)
    return assignment, course


@pytest.fixture
def own_course(knn_alone, tmp_path):
    """(assignment1 with its first notebook only, a course of one's own with the release in it)."""
    assignment, before = knn_alone
    shutil.copytree(before.root, tmp_path / "course")
    return assignment, Course(tmp_path / "course")


@pytest.fixture
def perfect(own_course, tmp_path):
    """(assignment, a folder with a perfect submission laid out like the release)."""
    assignment, course = own_course
    sample_class.complete(assignment, course, tmp_path / "perfect")
    return assignment, tmp_path / "perfect"


def lost(result):
    return {name for name, cell in result.cells.items() if cell["outcome"] not in ("passed", "manual")}


def in_topics_of(assignment, function):
    topics = [topic for topic, functions in assignment.topics.items() if function in functions]
    return lambda name: name.rsplit("-", 1)[0] in topics


def test_a_perfect_submission_has_every_point(graded):
    _, _, found = graded
    score, max_score = found["sample-perfect"].autograded()
    assert score == max_score > 15


def test_the_untouched_release_has_no_point_in_any_autograded_cell(graded):
    _, _, found = graded
    untouched = found["sample-untouched"]
    assert untouched.autograded()[0] == 0
    assert not [name for name, cell in untouched.cells.items() if cell["outcome"] == "passed"]


@pytest.mark.parametrize("entry", sample_class.mistakes(assignments.load("assignment1")), ids=lambda entry: entry.label)
def test_a_known_mistake_loses_points_in_the_cells_of_its_function_only(graded, entry):
    assignment, _, found = graded
    gone = lost(found[f"sample-{entry.name.replace('_', '-')}"])
    assert gone and all(map(in_topics_of(assignment, entry.function), gone)), gone


@pytest.mark.parametrize("entry", sample_class.mistakes(assignments.load("assignment1")), ids=lambda entry: entry.label)
def test_a_known_mistake_is_named(graded, entry):
    _, _, found = graded
    named = found[f"sample-{entry.name.replace('_', '-')}"].named
    assert [(known["function"], known["says"]) for known in named] == [(entry.function, entry.says)]


def test_what_is_right_or_not_written_is_given_no_name(graded):
    _, _, found = graded
    for student in ("sample-perfect", "sample-untouched", "sample-syntax-error", "sample-missing-notebook"):
        assert found[student].named == []


def test_every_faulty_submission_has_a_sentence_that_says_what_happened(graded):
    from grading.trials.diagnosis import sentence

    _, _, found = graded
    says = {student: sentence(result) for student, result in found.items()}
    assert "line 21" in says["sample-syntax-error"] or re.search(r"line \d+: expected ':'", says["sample-syntax-error"])
    assert "is missing" in says["sample-missing-notebook"]
    assert "is corrupt" in says["sample-corrupt-notebook"]
    assert "ran too long" in says["sample-endless-loop"]
    assert "not implemented" in says["sample-untouched"]


def test_an_endless_loop_costs_only_the_cells_that_call_it(graded):
    assignment, _, found = graded
    gone = lost(found["sample-endless-loop"])
    assert gone and all(map(in_topics_of(assignment, "KNearestNeighbor.compute_distances_two_loops"), gone)), gone


def test_a_lost_notebook_costs_what_was_in_the_notebook_and_not_the_modules(graded):
    _, _, found = graded
    for student in ("sample-missing-notebook", "sample-corrupt-notebook"):
        assert found[student].autograded()[0] > 0
        assert lost(found[student]) and all("knn-cross_validation" in name or "knn-best_k" in name
                                            for name in lost(found[student]))


def test_a_package_older_than_a_lesson_loses_the_points_of_that_lesson_and_no_others(graded):
    _, _, found = graded
    perfect, older = found["sample-perfect"], found[OLDER]
    assert older.fault == "" and lost(older) == {name for name, cell in perfect.notebooks["features"].items()
                                                 if cell["outcome"] != "manual"}


def test_the_gradebook_says_what_the_results_say(graded):
    assignment, course, found = graded
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        for student, result in found.items():
            for notebook, cells in result.notebooks.items():
                for name, cell in cells.items():
                    grade = gradebook.find_grade(name, notebook, assignment.name, student)
                    assert (grade.auto_score, grade.max_score) == (cell["score"], cell["max_score"]), (student, name)


def test_json_has_a_score_and_an_outcome_for_every_graded_cell(graded, tmp_path):
    assignment, course, found = graded
    done = kit("autograde", assignment.name, "--timeout", TIMEOUT, "--json", tmp_path / "scores.json",
               "--totals", tmp_path / "totals.json", course=course.root)
    assert done.returncode == 0, done.stderr
    totals = json.loads((tmp_path / "totals.json").read_text())
    assert set(totals) == set(found) and set(totals["sample-perfect"]) == {assignment.name}
    told = totals["sample-squared-no-loops"][assignment.name]
    assert (told["total"], told["late_days"]) == (found["sample-squared-no-loops"].autograded()[0], 0)
    assert told["not_marked"] > 0 and ["squared" in one["says"] for one in told["known_mistakes"]] == [True]
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert set(scores) == set(found)
    perfect = scores["sample-perfect"]["knn"]
    assert all(set(cell) == {"score", "max_score", "outcome"} for cell in perfect.values())
    assert {cell["outcome"] for cell in perfect.values()} == {"passed", "manual"}
    assert all(cell["score"] is None for cell in perfect.values() if cell["outcome"] == "manual")


def test_what_is_graded_and_unchanged_is_skipped(graded):
    assignment, course, found = graded
    path = course.autograded("sample-perfect", assignment.name) / "knn.ipynb"
    before = path.stat().st_mtime_ns
    autograde.autograde(assignment, course, ["sample-perfect"], timeout=TIMEOUT)
    assert path.stat().st_mtime_ns == before


def test_helpers_are_restored_and_what_the_student_wrote_survives(graded):
    assignment, course, _ = graded
    folder = course.autograded("sample-squared-no-loops", assignment.name)
    source = course.source(assignment.name)
    for module in assignment.given_modules:
        assert (folder / "cs231n" / module).read_bytes() == (source / "cs231n" / module).read_bytes()
    submitted = course.submitted("sample-squared-no-loops", assignment.name)
    for name in assignment.student_files:
        assert (folder / name).read_bytes() == (submitted / name).read_bytes()


def test_a_module_that_came_in_after_the_release_is_a_sentence_with_what_to_do(own_course):
    assignment, course = own_course
    (course.source(assignment.name) / "cs231n" / assignment.given_modules[0]).unlink()
    with pytest.raises(KitError, match=f"is missing: .* Run: kit generate {assignment.name}"):
        Workers(assignment, course, choose_sandbox(unsafe=True))


def test_a_resubmission_keeps_no_stale_points_and_no_mark_by_hand_is_lost(own_course, perfect, workers):
    assignment, course = own_course
    _, work = perfect
    inbox = course.root / "inbox"
    shutil.copytree(work, inbox / "ann")
    collecting.collect(assignment, course, [inbox])
    first = autograde.autograde(assignment, course, ["ann"], workers=workers)[0]
    assert first.autograded()[0] == first.autograded()[1]
    answer = next(name for name, cell in first.notebooks["knn"].items() if cell["outcome"] == "manual")
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        gradebook.find_grade(answer, "knn", assignment.name, "ann").manual_score = 1.5
        gradebook.db.commit()

    # The test cells are gone and a function is broken: the old points must not stay.
    path = inbox / "ann" / "knn.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"] = [cell for cell in notebook["cells"] if not cell["metadata"].get("nbgrader", {}).get("grade")
                         or cell["metadata"]["nbgrader"]["solution"]]
    path.write_text(json.dumps(notebook))
    module = inbox / "ann" / "cs231n" / "classifiers" / "k_nearest_neighbor.py"
    module.write_text(module.read_text().replace("np.sqrt(dists, out=dists)", "dists"))
    assert collecting.collect(assignment, course, [inbox])[0].state == "updated"
    second = autograde.autograde(assignment, course, ["ann"], workers=workers)[0]
    assert second.autograded()[1] == first.autograded()[1]
    assert "knn-no_loops-distances" in lost(second)
    marked = results.with_marks(course, second)["knn"][answer]
    assert marked["score"] == 1.5


def test_a_release_whose_cells_changed_is_refused_while_there_are_submissions(graded, monkeypatch):
    assignment, course, _ = graded
    changed = Course(course.root.parent / "changed")
    shutil.copytree(course.root, changed.root)
    whole = stage.files

    def one_cell_less(assignment):
        staged = whole(assignment)
        notebook = json.loads(staged["knn.ipynb"])
        notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "knn-two_loops-check"]
        return staged | {"knn.ipynb": json.dumps(notebook)}

    monkeypatch.setattr(stage, "files", one_cell_less)
    with pytest.raises(KitError, match="has submissions"):
        generate.generate(assignment, changed)
    assert "knn-two_loops-check" in (changed.release(assignment.name) / "knn.ipynb").read_text()


def test_odd_metadata_in_one_submission_never_stops_the_others(own_course, perfect, workers):
    assignment, course = own_course
    _, work = perfect
    inbox = course.root / "inbox"
    for student in ("ann", "bob", "cem"):
        shutil.copytree(work, inbox / student)

    def change(student, how):
        path = inbox / student / "knn.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        how(notebook["cells"])
        path.write_text(json.dumps(notebook))

    def twice(cells):
        cells.extend(json.loads(json.dumps(cells[-3:])))
        cells.insert(5, json.loads(json.dumps(next(c for c in cells if c["id"] == "knn-two_loops-check"))))

    def tampered(cells):
        for cell in cells:
            described = cell["metadata"].get("nbgrader")
            if described:
                described.update(schema_version=99, points=1000, checksum="0")
            cell["metadata"]["tags"] = ["skip-execution", "raises-exception"]

    change("ann", twice)
    change("bob", tampered)
    collecting.collect(assignment, course, [inbox])
    found = autograde.autograde(assignment, course, workers=workers)
    assert [result.fault for result in found] == ["", "", ""]
    assert len({result.autograded() for result in found}) == 1 and found[0].autograded()[0] == found[0].autograded()[1]


def hand_in(course, assignment, work, *students):
    for student in students:
        shutil.copytree(work, course.root / "inbox" / student)
    collecting.collect(assignment, course, [course.root / "inbox"])


def test_a_fault_of_ours_is_named_and_costs_the_student_nothing(own_course, perfect, workers, monkeypatch):
    assignment, course = own_course
    hand_in(course, assignment, perfect[1], "ann", "bob")
    whole = grader.load

    def disk_full(assignment, course, student, *lesson):
        if student == "ann":
            raise OSError("No space left on device")
        return whole(assignment, course, student, *lesson)

    monkeypatch.setattr(grader, "load", disk_full)
    ann, bob = autograde.autograde(assignment, course, workers=workers)
    assert "No space left" in ann.fault and not bob.fault
    assert results.with_marks(course, ann) == {}
    assert not course.autograded("ann", assignment.name).exists()
    assert "Traceback" in course.log.read_text() and "No space left" in course.log.read_text()
    monkeypatch.undo()
    again = autograde.autograde(assignment, course, workers=workers)[0]
    assert not again.fault and again.autograded()[0] == again.autograded()[1]
    took = notes.read(course, assignment.name, notes.COSTS)["ann"]
    assert took["seconds"] > 0.1 and took["bytes"] > 10**7


def test_a_test_that_fails_for_a_reason_of_our_own_enters_no_points(own_course, perfect, workers):
    """A test that hands over what is no data would cost every student its points."""
    assignment, course = own_course
    hand_in(course, assignment, perfect[1], "ann")
    first = autograde.autograde(assignment, course, workers=workers)[0]
    assert not first.fault
    path = course.source(assignment.name) / "knn.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("tiny = KNearestNeighbor()", "tiny = KNearestNeighbor(print)", 1))
    second = autograde.autograde(assignment, course, workers=workers)[0]
    assert second.fault.startswith("1 test cells failed for a reason of the kit's own, knn-two_loops-check first")
    assert results.with_marks(course, second) == {}
    assert results.read(course, "ann", assignment.name) == first


def test_without_a_sandbox_nothing_is_run_unless_the_instructor_says_so(own_course, perfect, monkeypatch):
    assignment, course = own_course
    hand_in(course, assignment, perfect[1], "ann")
    monkeypatch.setenv(sandbox.FORCED, "none")
    with pytest.raises(KitError, match="no sandbox works on this machine: .*--unsafe"):
        autograde.autograde(assignment, course)
    assert not course.autograded("ann", assignment.name).exists()
    with Workers(assignment, course, choose_sandbox(unsafe=True)) as workers:
        result = autograde.autograde(assignment, course, workers=workers)[0]
    assert result.autograded()[0] == result.autograded()[1] > 15 and result.sandbox == "none"


def test_a_listener_hears_who_is_begun_and_what_is_done(own_course, perfect, workers):
    assignment, course = own_course
    hand_in(course, assignment, perfect[1], "ann", "bob")

    heard = []

    class Heard(autograde.Listener):
        def began(self, student):
            heard.append(student)

        def done(self, result, number, of):
            heard.append((result.student, number, of))

    autograde.autograde(assignment, course, ["bob"], listener=Heard(), workers=workers)
    assert heard == ["bob", ("bob", 1, 1)]
    heard.clear()
    autograde.autograde(assignment, course, listener=Heard(), workers=workers)
    assert heard == [("bob", 1, 2), "ann", ("ann", 2, 2)]
    heard.clear()
    autograde.autograde(assignment, course, ["ann"], regrade=True, listener=Heard(), workers=workers)
    assert heard == ["ann", ("ann", 1, 1)]


def test_the_sandbox_is_kept_with_the_result(graded):
    _, _, found = graded
    assert {result.sandbox for result in found.values()} == {sandbox.probe().level}


def test_the_executed_notebook_is_an_ordinary_one_with_outputs_and_counts(graded):
    assignment, course, _ = graded
    for name in assignment.notebooks:
        path = course.autograded("sample-perfect", assignment.name) / f"{name}.ipynb"
        executed = nbformat.read(path, as_version=4)
        nbformat.validate(executed)
        code = [cell for cell in executed.cells if cell.cell_type == "code"]
        counts = [cell.execution_count for cell in code if cell.execution_count is not None]
        assert counts == list(range(1, len(counts) + 1)) and len(counts) > 15
        assert not [output for cell in code for output in cell.outputs if output.output_type == "error"]
        assert any(output.output_type == "stream" for cell in code for output in cell.outputs)


def test_feedback_shows_points_and_messages_but_no_hidden_test_and_no_rubric(graded):
    assignment, course, found = graded
    kit("feedback", assignment.name, course=course.root, check=True)
    secrets = leaks.secrets(assignment)
    hidden = [line for line in secrets.lines if len(line) > 30]
    for student in found:
        submitted = course.submitted(student, assignment.name)
        own = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in submitted.rglob("*.py"))
        for notebook in submitted.glob("*.ipynb"):                                               # may be shown
            with suppress(ValueError):
                own += "\n".join("".join(cell["source"]) for cell in json.loads(notebook.read_text())["cells"])
        pages = {path.name: path.read_text(encoding="utf-8")
                 for path in course.feedback(student, assignment.name).glob("*.html")}
        assert pages.keys() == {"index.html", *(f"{name}.html" for name in assignment.notebooks)}
        for name, page in pages.items():
            text = html.unescape(re.sub(r"<[^>]+>", "", page))
            shown = [line for line in hidden if line in text and line not in own]
            assert not shown, (student, name, shown[:3])
            assert "BEGIN HIDDEN" not in text and "MARK SCHEME" not in text
            assert not [seed for seed in secrets.seeds if re.search(rf"\b{seed}\b", text) and seed not in own]
            assert str(course.root) not in text and str(ROOT) not in text and "site-packages" not in text
    page = (course.feedback("sample-squared-no-loops", assignment.name) / "knn.html").read_text(encoding="utf-8")
    assert "Failed." in page and "looks like a known mistake. The distances are squared" in page


def stock(course: Course, *arguments):
    programs = Path(sys.executable).parent
    return subprocess.run([str(programs / "nbgrader"), *arguments], cwd=course.root, capture_output=True, text=True,
                          timeout=600, env=os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"})


def test_stock_nbgrader_releases_grades_and_reports_the_same_course(graded, released, tmp_path):
    """Its autograde has the kit grade, in the kit's sandbox."""
    assignment, whole, by_kit = graded
    course = Course(tmp_path / "course")
    shutil.copytree(released[1].root, course.root)
    before = (course.release(assignment.name) / "knn.ipynb").read_bytes()
    done = stock(course, "generate_assignment", assignment.name, "--force")
    assert done.returncode == 0, done.stderr
    assert (course.release(assignment.name) / "knn.ipynb").read_bytes() == before
    students = ["sample-perfect", "sample-squared-no-loops"]
    for student in students:
        shutil.copytree(whole.submitted(student, assignment.name), course.submitted(student, assignment.name))
    done = stock(course, "autograde", assignment.name)
    assert done.returncode == 0, done.stderr
    assert f"sandbox: {sandbox.probe().level}" in done.stderr
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        for student in students:
            for name, cell in by_kit[student].notebooks["knn"].items():
                assert gradebook.find_grade(name, "knn", assignment.name, student).auto_score == cell["score"]
    done = stock(course, "generate_feedback", assignment.name, "--notebook", "knn")
    assert done.returncode == 0, done.stderr
    assert "BEGIN HIDDEN" not in (course.feedback(students[0], assignment.name) / "knn.html").read_text()


def test_the_engine_and_nbgraders_own_way_of_running_give_the_same_scores(own_course, graded):
    assignment, course = own_course
    _, whole, by_engine = graded
    students = ["sample-perfect", "sample-squared-no-loops", "sample-tie-larger", "sample-missing-notebook"]
    for student in students:
        shutil.copytree(whole.submitted(student, assignment.name), course.submitted(student, assignment.name))
    heard = []

    class Heard(autograde.Listener):
        def done(self, result, number, of):
            heard.append(result.student)

    by_nbgrader = autograde.autograde(assignment, course, students, stock=True, timeout=TIMEOUT, jobs=2,
                                      listener=Heard())
    assert sorted(heard) == sorted(students)
    for student, result in zip(students, by_nbgrader):
        assert result.fault == "" and result.sandbox == "none"
        expected = {name: (cell["score"], cell["max_score"], cell["outcome"])
                    for name, cell in by_engine[student].notebooks["knn"].items()}
        assert {name: (cell["score"], cell["max_score"], cell["outcome"])
                for name, cell in result.notebooks["knn"].items()} == expected, student
        assert [known["says"] for known in result.named] == [known["says"] for known in by_engine[student].named]


def test_stock_nbgrader_stops_at_a_misspelt_marker_too(own_course):
    assignment, course = own_course
    path = course.source(assignment.name) / "knn.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("### BEGIN SOLUTION", "### BEGIN SOLUTON", 1))
    done = stock(course, "generate_assignment", assignment.name, "--force")
    assert done.returncode != 0 and "looks like a marker" in done.stderr


def test_grading_before_the_release_or_an_unknown_student_is_one_sentence(own_course, tmp_path):
    done = kit("autograde", "assignment1", course=tmp_path / "new")
    assert done.returncode == 1 and "has not been generated" in done.stderr and "Traceback" not in done.stderr
    done = kit("autograde", "assignment1", "--student", "nobody", course=own_course[1].root)
    assert done.returncode == 1 and "'nobody' has no submission" in done.stderr
    done = kit("feedback", "assignment1", course=own_course[1].root)
    assert done.returncode == 1 and "is graded yet" in done.stderr
