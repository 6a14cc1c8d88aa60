"""Graded submissions in the gradebook and the autograded folder: both or neither, whatever happens."""

import copy
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import time

import nbformat
import pytest
import two_notebooks
from forked import die, fork
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties

from grading.autograde.scores import SaveScores
from grading.books import results
from grading.books.course import Course
from grading.books.ledger import Ledger
from grading.books.results import Result
from grading.errors import KitError
from grading.intake.restore import key_notebook
from grading.release import generate

NAME = "assignment1"
FILES = {"cs231n/__init__.py": b"", "cs231n/layers.py": b"# a student's module\n"}
TIME = "2030-01-02 03:04:05 UTC"


@pytest.fixture(scope="module")
def keys(released):
    """{notebook: the released notebook with its hidden tests, nothing answered}."""
    assignment, course = released
    return {name: key_notebook(course.source(NAME) / f"{name}.ipynb") for name in assignment.notebooks}


@pytest.fixture
def course(released, tmp_path):
    return copied(released[1], tmp_path / "course")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """(a course where an assignment of two small notebooks is released, its keys): fewer steps to be killed at."""
    root = tmp_path_factory.mktemp("small")
    assignment, course = two_notebooks.make(root / "assignment"), Course(root / "course")
    generate.generate(assignment, course)
    return course, {name: key_notebook(course.source(NAME) / f"{name}.ipynb") for name in assignment.notebooks}


def copied(course, root):
    shutil.copytree(course.root, root)
    return Course(root)


def submit(course, *students, time=TIME):
    for student in students:
        folder = course.submitted(student, NAME)
        folder.mkdir(parents=True, exist_ok=True)
        if time:
            (folder / "timestamp.txt").write_text(time)


def executed(keys, *, passing=lambda number: True, answering=lambda number: True):
    """The key's notebooks as they are after grading; tests and answers are numbered through the assignment."""
    notebooks = copy.deepcopy(keys)
    cells = [cell for notebook in notebooks.values() for cell in notebook.cells]
    for number, cell in enumerate(cell for cell in cells if utils.is_solution(cell)):
        if answering(number):
            cell.source += "\nan answer"
    for number, cell in enumerate(cell for cell in cells if utils.is_grade(cell) and not utils.is_solution(cell)):
        passed = passing(number)
        cell.metadata["kit"] = {"outcome": "passed" if passed else "failed", "message": "" if passed else "a reason"}
        cell.outputs = [new_output("stream", name="stdout", text=f"test {number}\n")]
    return notebooks


def result_of(student, notebooks, fingerprint="first"):
    result = Result(student, NAME, fingerprint, "full")
    for name, notebook in notebooks.items():
        cells = result.notebooks[name] = {}
        for cell in filter(utils.is_grade, notebook.cells):
            points = float(cell.metadata.nbgrader.points)
            if utils.is_solution(cell):
                noted, score = {"outcome": "manual", "message": ""}, utils.determine_grade(cell)[0]
            else:
                noted = cell.metadata.kit
                score = points if noted.outcome == "passed" else 0.0
            cells[cell.metadata.nbgrader.grade_id] = {"score": score, "max_score": points, **noted}
    return result


def record(course, student, notebooks, fingerprint="first", files=FILES):
    with Ledger(course) as ledger:
        ledger.record(result_of(student, notebooks, fingerprint), notebooks, files)


def rows(course):
    """Everything in the gradebook about submissions, by names instead of ids."""
    with sqlite3.connect(course.gradebook) as gradebook:
        found = [gradebook.execute(query).fetchall() for query in (
            "SELECT * FROM student ORDER BY id",
            "SELECT a.name, s.student_id, s.timestamp, s.extension FROM submitted_assignment s "
            "JOIN assignment a ON a.id = s.assignment_id ORDER BY 1, 2",
            "SELECT s.student_id, n.name, b.flagged, b.late_submission_penalty FROM submitted_notebook b "
            "JOIN submitted_assignment s ON s.id = b.assignment_id JOIN notebook n ON n.id = b.notebook_id "
            "ORDER BY 1, 2",
            *(f"SELECT s.student_id, n.name, c.type, c.name, {columns} FROM {table} g "
              "JOIN submitted_notebook b ON b.id = g.notebook_id JOIN base_cell c ON c.id = g.cell_id "
              "JOIN submitted_assignment s ON s.id = b.assignment_id JOIN notebook n ON n.id = b.notebook_id "
              "ORDER BY 1, 2, 3, 4" for table, columns in (
                  ("grade", "g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade"),
                  ("comment", "g.auto_comment, g.manual_comment"))))]
    gradebook.close()
    return found


def folders(course):
    """Every file below `autograded`, what is half done included."""
    root = course.root / "autograded"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*"))
            if path.is_file() and path.name != ".lock"}


def state(course):
    return rows(course), folders(course)


def by_nbgrader(course, student, notebooks):
    """What the steps of nbgrader's autograde enter for these executed notebooks."""
    with course.nbgrader() as nbgrader:
        url = nbgrader["coursedir"].db_url
        with Gradebook(url, nbgrader["coursedir"].course_id) as gradebook:
            gradebook.update_or_create_student(student)
            time = nbgrader["coursedir"].get_existing_timestamp(str(course.submitted(student, NAME)))
            gradebook.update_or_create_submission(NAME, student, **({"timestamp": time} if time else {}))
        for name, notebook in notebooks.items():
            described = {"notebook": name, "assignment": NAME, "student": student, "db_url": url}
            for step in (SaveScores, AssignLatePenalties):
                step(config=nbgrader["config"]).preprocess(copy.deepcopy(notebook), {"nbgrader": described})


def mark_by_hand(course, student):
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        for notebook in gradebook.find_submission(NAME, student).notebooks:
            tests = [one for one in notebook.grades if not one.name.endswith("-answer")]
            grade, comment = (min(those, key=lambda one: one.name) for those in (tests, notebook.comments))
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 0.5, 0.25, False
            comment.manual_comment = "well argued"
        gradebook.db.commit()


FIRST = {"passing": lambda number: number % 3 != 0, "answering": lambda number: number % 2 == 0}
OPPOSITE = {name: lambda number, told=told: not told(number) for name, told in FIRST.items()}
SECOND = {"passing": lambda number: number % 2 == 0, "answering": lambda number: number % 3 == 0}


def test_the_rows_are_those_that_nbgraders_own_steps_make(course, keys, tmp_path):
    other = copied(course, tmp_path / "other")
    for here in (course, other):
        submit(here, "ann")
        submit(here, "bob", time=None)
    for student, how in (("ann", {}), ("bob", FIRST), ("ann", SECOND), ("bob", FIRST)):
        notebooks = executed(keys, **how)
        record(course, student, notebooks)
        by_nbgrader(other, student, notebooks)
        assert rows(course) == rows(other)


def test_marks_and_comments_by_hand_survive_as_with_nbgrader(course, keys, tmp_path):
    other = copied(course, tmp_path / "other")
    for here, enter in ((course, record), (other, by_nbgrader)):
        submit(here, "ann")
        enter(here, "ann", executed(keys, **FIRST))
        mark_by_hand(here, "ann")
        submit(here, "ann", time="2030-02-03 04:05:06 UTC")
        enter(here, "ann", executed(keys, **OPPOSITE))
    assert rows(course) == rows(other)
    grades, comments = rows(course)[3:]
    assert [row[5:7] for row in grades if row[5] is not None] == [(0.5, 0.25)] * len(keys)
    assert sum(row[5] == "well argued" for row in comments) == len(keys)


PLACE = ("knn", "knn-structure-answer")


def answered(keys, text, **how):
    notebooks = executed(keys, **how)
    next(cell for cell in notebooks[PLACE[0]].cells if cell.id == PLACE[1]).source = text
    return notebooks


def marked(course, score=None):
    """(mark, whether it waits for a look, the text that it was given for) of the answer, marked with `score` before."""
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        grade = gradebook.find_grade(PLACE[1], PLACE[0], NAME, "ann")
        if score is not None:
            grade.manual_score, grade.needs_manual_grade = score, False
            gradebook.db.commit()
        return (grade.manual_score, grade.needs_manual_grade,
                results.read(course, "ann", NAME).marked_for.get(PLACE[0], {}).get(PLACE[1]))


def test_a_mark_stands_while_its_answer_says_the_same_whatever_else_is_graded_anew(course, keys):
    submit(course, "ann")
    record(course, "ann", answered(keys, "Far from all."))
    marked(course, 1.5)
    record(course, "ann", answered(keys, "Far from all.", **FIRST))
    record(course, "ann", answered(keys, "Far  from\nall.\n", **SECOND))
    assert marked(course) == (1.5, False, None)


def test_a_changed_answer_keeps_its_mark_and_waits_for_a_look_beside_the_text_that_was_marked(course, keys):
    submit(course, "ann")
    for text, expected in (("A", (1.5, False, None)), ("B", (1.5, True, "A")), ("B", (1.5, True, "A")),
                           ("C", (1.5, True, "A")), ("A", (1.5, False, None)), ("D", (1.5, True, "A"))):
        record(course, "ann", answered(keys, text))
        assert marked(course, 1.5 if expected == (1.5, False, None) and text == "A" else None) == expected
    marked(course, 0.5)                                          # somebody looked at D
    record(course, "ann", answered(keys, "E"))
    assert marked(course) == (0.5, True, "D")


def test_a_test_that_was_overruled_waits_for_a_look_when_its_own_score_changes(course, keys):
    submit(course, "ann")
    record(course, "ann", executed(keys))
    mark_by_hand(course, "ann")
    waiting = "SELECT count(*) FROM grade WHERE manual_score IS NOT NULL AND needs_manual_grade"
    for how, expected in (({}, 0), ({"passing": lambda number: False}, len(keys))):
        record(course, "ann", executed(keys, **how))
        with sqlite3.connect(course.gradebook) as gradebook:
            assert gradebook.execute(waiting).fetchone() == (expected,)
        gradebook.close()


def test_late_penalties_are_those_of_nbgraders_plugin(course, keys, tmp_path):
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write("\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate="2030-01-02 00:00:00 UTC")
    other = copied(course, tmp_path / "other")
    for here, enter in ((course, record), (other, by_nbgrader)):
        submit(here, "ann")
        submit(here, "bob", time="2030-01-01 00:00:00 UTC")
        for student in ("ann", "bob"):
            enter(here, student, executed(keys, **FIRST))
    assert rows(course) == rows(other)
    penalties = {(student, penalty is None) for student, _, _, penalty in rows(course)[2]}
    assert penalties == {("ann", False), ("bob", True)}


def test_the_folder_holds_notebooks_files_and_results(course, keys):
    submit(course, "ann")
    notebooks = executed(keys, **FIRST)
    record(course, "ann", notebooks)
    target = course.autograded("ann", NAME)
    assert sorted(folders(course)) == sorted(f"ann/{NAME}/{name}" for name in (
        *FILES, *(f"{name}.ipynb" for name in keys), results.FILE))
    assert {path.stat().st_mode & 0o777 for path in target.rglob("*") if path.is_file()} == {0o644}
    for name, notebook in notebooks.items():
        assert nbformat.read(target / f"{name}.ipynb", as_version=4) == notebook
    assert results.read(course, "ann", NAME) == result_of("ann", notebooks)
    record(course, "ann", notebooks, files={"cs231n/optim.py": b""})
    assert not (target / "cs231n" / "layers.py").exists(), "a file of the former grading stayed"


def test_the_formgraders_queries_give_the_results_scores(course, keys):
    submit(course, "ann", "bob")
    nothing = {"passing": lambda number: False, "answering": lambda number: False}
    graded = {"ann": executed(keys), "bob": executed(keys, **nothing)}
    for student, notebooks in graded.items():
        record(course, student, notebooks)
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        ann, bob = sorted(gradebook.submission_dicts(NAME), key=lambda row: row["student"])
        score, _ = result_of("ann", graded["ann"]).autograded()
        assert (ann["score"], ann["needs_manual_grade"], f"{ann['timestamp']} UTC") == (score, True, TIME)
        assert (bob["score"], bob["needs_manual_grade"]) == (0, False)
        assert ann["max_score"] == bob["max_score"] > score > 0
        ann, bob = sorted(gradebook.notebook_submission_dicts("knn", NAME), key=lambda row: row["student"])
        assert ann["score"] == result_of("ann", graded["ann"]).autograded("knn")[0] and not ann["failed_tests"]
        assert bob["score"] == 0 and bob["failed_tests"]


@pytest.mark.parametrize("graded_before", [False, True])
def test_an_error_in_the_middle_leaves_gradebook_and_folder_as_before(course, keys, graded_before):
    submit(course, "ann")
    if graded_before:
        record(course, "ann", executed(keys, **FIRST))
    before = state(course) if graded_before else (rows(course), {})
    notebooks = executed(keys, **SECOND)

    with sqlite3.connect(course.gradebook) as gradebook:
        gradebook.execute("CREATE TRIGGER broken BEFORE UPDATE ON comment BEGIN SELECT RAISE(ABORT, 'broken'); END")
    with pytest.raises(Exception, match="broken"):
        record(course, "ann", notebooks)
    assert state(course) == before
    gradebook.execute("DROP TRIGGER broken")
    gradebook.close()

    with pytest.raises(ValueError, match="leaves the autograded folder"):
        record(course, "ann", notebooks, files={"../stray.py": b""})
    assert state(course) == before

    del notebooks["svm"]
    with pytest.raises(KitError, match="of svm is only in the gradebook"):
        record(course, "ann", notebooks)
    assert state(course) == before


def test_a_locked_gradebook_is_one_sentence(course, keys):
    submit(course, "ann")
    record(course, "ann", executed(keys, **FIRST))
    before = state(course)
    holder = sqlite3.connect(course.gradebook, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    notebooks = executed(keys, **SECOND)
    with Ledger(course, patience=0.1) as ledger, pytest.raises(KitError, match=r"gradebook\.db is locked.* run this"):
        ledger.record(result_of("ann", notebooks), notebooks, FILES)
    holder.close()
    assert state(course) == before


def test_an_open_formgrader_that_only_reads_stops_nothing(course, keys):
    submit(course, "ann")
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        assert gradebook.submission_dicts(NAME) == []
        record(course, "ann", executed(keys))
        assert len(gradebook.submission_dicts(NAME)) == 1


def test_a_second_run_in_the_same_course_is_refused_and_the_first_one_frees_it(course):
    with Ledger(course), pytest.raises(KitError, match="Another run is writing grades"), Ledger(course):
        pass
    with Ledger(course):
        pass


def test_a_time_that_cannot_be_read_is_one_sentence(course, keys):
    submit(course, "ann", time="tomorrow, perhaps")
    with pytest.raises(KitError, match=r"timestamp\.txt holds no time"):
        record(course, "ann", executed(keys))


def test_outputs_that_no_notebook_can_hold_cost_only_themselves(course, keys):
    submit(course, "ann")
    notebooks = executed(keys)
    deep = current = []
    for _ in range(100_000):
        current.append([])
        current = current[0]
    odd = [cell for cell in notebooks["knn"].cells if cell.cell_type == "code"][:4]
    odd[0].outputs = [new_output("stream", name="stdout", text="kept"),
                      nbformat.NotebookNode(output_type="display_data", data={"text/plain": 5}, metadata={})]
    odd[1].outputs = [nbformat.NotebookNode(output_type="strange")]
    odd[2].outputs = [nbformat.NotebookNode(output_type="display_data", data={"application/json": deep}, metadata={})]
    odd[3].outputs = [new_output("stream", name="stdout", text="half a pair: \ud83d")]
    record(course, "ann", notebooks)
    path = course.autograded("ann", NAME) / "knn.ipynb"
    nbformat.validate(json.loads(path.read_text(encoding="utf-8")))
    cells = {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
    texts = ["".join(output.text for output in cells[cell.id].outputs) for cell in odd]
    assert texts[0].startswith("keptAn output of this cell was left out")
    assert texts[1] == texts[2] and texts[1].startswith("An output") and texts[3] == "half a pair: ?"
    remark, = results.read(course, "ann", NAME).remarks
    assert all(cell.id in remark for cell in odd[:3]) and odd[3].id not in remark
    assert rows(course)[3]


def test_a_folder_that_stands_aside_with_nothing_in_its_place_comes_back(course, keys):
    submit(course, "ann")
    record(course, "ann", executed(keys))
    before = state(course)
    target = course.autograded("ann", NAME)
    target.rename(target.with_name(f".former-{NAME}"))
    with Ledger(course):
        assert state(course) == before


def die_at(step):
    """This process is killed just before the step-th time that it opens, makes, renames or removes anything."""
    left = [step]

    def hook(event, _):
        if event.split(".")[0] in ("open", "os", "shutil"):
            left[0] -= 1
            if left[0] == 0:
                die()
    sys.addaudithook(hook)


def dying(course, notebooks, step):
    with Ledger(course) as ledger:
        die_at(step)
        ledger.record(result_of("ann", notebooks, "second"), notebooks, FILES)
    os._exit(0)                              # what comes after that is no step of the ledger's


def recording_for_ever(course, students, turns):
    with Ledger(course) as ledger:
        for number in range(1000):
            for student in students:
                ledger.record(result_of(student, turns[number % 2], str(number)), turns[number % 2], FILES)


@pytest.mark.parametrize("graded_before", [False, True])
def test_killed_at_any_step_the_former_state_or_the_new_one_is_there_whole(small, graded_before, tmp_path):
    course, keys = copied(small[0], tmp_path / "course"), small[1]
    submit(course, "ann")
    first, second = executed(keys, **FIRST), executed(keys, **SECOND)
    if graded_before:
        record(course, "ann", first)
    with Ledger(course):
        pass
    before = state(course)
    undisturbed = copied(course, tmp_path / "undisturbed")
    record(undisturbed, "ann", second, "second")
    after = state(undisturbed)

    seen = []
    for step in range(1, 1000):
        child = fork(dying, course, second, step)
        child.join()
        assert child.exitcode in (0, -signal.SIGKILL)
        if child.exitcode == 0:
            break
        with Ledger(course):
            seen.append(state(course))
        assert seen[-1] in (before, after), step
        if seen[-1] == after:                             # set the stage again
            shutil.rmtree(course.root / "autograded")
            with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
                gradebook.remove_student("ann")
            if graded_before:
                record(course, "ann", first)
    assert before in seen and after in seen and len(seen) > 20
    assert state(course) == after


def test_killed_at_any_moment_a_rerun_gives_what_an_undisturbed_run_gives(small, tmp_path):
    course, keys = copied(small[0], tmp_path / "course"), small[1]
    students = ["ann", "bob", "cem"]
    submit(course, *students)
    turns = [executed(keys, **FIRST), executed(keys, **SECOND)]
    undisturbed = copied(course, tmp_path / "undisturbed")
    for student in students:
        record(undisturbed, student, turns[0], "final")

    chance = random.Random(231)
    for _ in range(10):
        child = fork(recording_for_ever, course, students, turns)
        time.sleep(chance.uniform(0.02, 0.4))
        child.kill()
        child.join()
        with Ledger(course):
            pass
        assert not [name for name in folders(course) if "/." in name]
        for student in students:                          # gradebook and folder tell the same, whichever turn it was
            kept = results.read(course, student, NAME)
            entered = {row[3]: row[4] for row in rows(course)[3] if row[0] == student}
            assert entered == ({name: cell["score"] for name, cell in kept.cells.items()} if kept else {})
    for student in students:
        record(course, student, turns[0], "final")
    assert state(course) == state(undisturbed)
