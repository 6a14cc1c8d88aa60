"""Random edits that keep the work lose nothing of it, on the whole way through `collect` and the engine.

Edits are those of the corpus that keep everything, several of them one upon the other. All are collected; the verdict
of `submit` and what would be graded are compared for each, and a class of some of them is graded.
"""

import json
import random
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odd_lesson import NOTEBOOK, WORDS, released, work
from odd_submissions import CORPUS

from cs231n import submit
from grading.autograde import autograde
from grading.engine import sandbox
from grading.intake import submission
from grading.intake.collect import collect

# What one of them makes of a submission another can go on with; those of the last row end it.
FIRST = ("an_answer_in_the_questions_cell", "an_answer_in_a_copy", "an_answer_that_became_raw",
         "cells_in_another_order",
         "code_split_in_two", "tests_twice", "trials_that_fail_everywhere",
         "emojis_and_letters_of_many_scripts", "tests_and_set_up_deleted", "an_answer_of_twelve_thousand_characters")
THEN = ("of_colab", "of_vs_code", "of_kaggle", "format_4_0_without_ids", "sources_with_returns",
        "outputs_of_a_lost_kernel")
CODED = ("utf_8_with_a_mark", "utf_16", "lines_of_windows", "a_bare_list_of_all_cells", "module_with_tabs",
         "module_with_lines_of_windows", "module_with_a_mark")
LAID = ("in_a_folder_of_the_assignment", "downloaded_twice", "saved_by_a_browser", "a_backup_beside",
        "without_folders",
        "an_archive_of_a_mac", "an_archive_with_backslashes", "an_archive_in_an_archive_in_an_archive", "a_tar")
MAKE = {one.name: one.make for one in CORPUS}
edits = st.tuples(st.sampled_from(FIRST), st.sampled_from(THEN), st.sampled_from(CODED), st.sampled_from(LAID))


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    root = tmp_path_factory.mktemp("edits")
    assignment, course = released(root)
    with course.nbgrader() as nbgrader:
        lessons = submission.lessons(assignment, course, nbgrader["config"])
    return assignment, course, work(assignment, course, root / "perfect"), lessons, root


def hand_in(folder, student, files, names):
    for name in names:
        files = MAKE[name](dict(files))
    for name, content in files.items():
        path = folder / f"{student}{name}" if name.startswith(".") and "/" not in name else folder / student / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@settings(max_examples=30, derandomize=True, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(edits)
def test_no_edit_that_keeps_the_work_loses_a_word_or_a_line_of_it(lesson, names):
    assignment, course, perfect, lessons, root = lesson
    shutil.rmtree(root / "inbox", ignore_errors=True)
    hand_in(root / "inbox", "ann", perfect, names)
    collect(assignment, course, [root / "inbox"])
    found = submission.load(assignment, course, "ann", lessons, {})
    sources = {cell.id: cell.source for cell in found.notebooks["small"].cells}
    for name, text in WORDS.items():
        assert all(word in sources[name] for word in text.split()), name
    assert "x / SCALE" in "".join(sources.values()) and "not written yet" not in sources["small-half-solution"]
    asked = json.loads((course.release(assignment.name) / "cs231n" / "assignment.json").read_text(encoding="utf-8"))
    _, problems = submit._inspect(course.submitted("ann", assignment.name), asked)
    assert not [problem for problem in problems if "not answered" in problem or "not written" in problem]
    assert (course.submitted("ann", assignment.name) / NOTEBOOK).exists()


def test_no_edit_that_keeps_the_work_costs_a_point(lesson):
    if sandbox.probe().level == "none":
        pytest.skip("no sandbox here")
    assignment, course, perfect, _, root = lesson
    rng = random.Random(4)
    shutil.rmtree(root / "inbox", ignore_errors=True)
    students = {f"s{number}": tuple(map(rng.choice, (FIRST, THEN, CODED, LAID))) for number in range(10)}
    for student, names in students.items():
        hand_in(root / "inbox", student, perfect, names)
    collect(assignment, course, [root / "inbox"])
    for result in autograde.autograde(assignment, course, list(students), jobs=2):
        assert result.autograded() == (2, 2), students[result.student]
