"""A class that is graded while everything goes wrong comes to the same; and what goes wrong is found."""

import json
import shutil
import sqlite3
import subprocess
import sys
import warnings

import pytest
import small_class
from nbgrader.api import Gradebook
from sqlalchemy.exc import SAWarning

from grading.bench import disturbances, endstate, endurance, small_disk, tables
from grading.bench.disturbed import Disturbed, Settings
from grading.bench.runs import kit
from grading.books import cells
from grading.books.course import Course
from grading.engine import sandbox
from grading.sample import faults, kit_copy

SEED, SUBMISSIONS = 3, 12


def test_a_disturbed_class_comes_to_the_same_books(tmp_path):
    if sandbox.probe().level == "none":
        pytest.skip("no sandbox here, and a tenth of the class is hostile")
    said = []
    endured = endurance.measure(SEED, SUBMISSIONS, 2, small_class.as_lesson(tmp_path / "small"), say=said.append)
    table = tables.endurance(endured)
    assert endured.equal, table
    assert endured.submissions == SUBMISSIONS and endured.rows > SUBMISSIONS and endured.files > 4 * SUBMISSIONS
    for way in endured.disturbed:
        assert way.told.made and all(way.told.made.values()), way.told
        assert way.told.runs > way.told.made[disturbances.RUN]
        assert way.by == "cluster" or way.told.tracebacks == []      # dask itself logs connections that were lost
    assert all(kind in table for kind in disturbances.OFTEN) and max(map(len, table.splitlines())) <= tables.WIDTH


def test_what_a_killed_run_graded_and_had_no_time_to_tell_counts_as_graded(tmp_path):
    """It stands in the books between the result and its line: every later run finds it there "as before"."""
    course, lesson = small_class.make(tmp_path, 2), small_class.as_lesson(tmp_path / "as" / "assignment1")
    copy = kit_copy.make(tmp_path / "kit", lesson)
    subprocess.run(kit("autograde", lesson.name, "--course", course.root, "--jobs", 1), cwd=copy, check=True,
                   capture_output=True)
    expected, log, told = (tmp_path / name for name in ("expected.json", "log", "told.json"))
    expected.write_text(endstate.of(course).to_json())
    settings = Settings(SEED, (), 2, 1.0, lesson.name, 1, False, (), str(copy), str(course.root),
                        str(tmp_path / "again"), str(log), str(expected), str(tmp_path / "kept"), str(told))
    done = Disturbed(settings).grade()
    assert (done.runs, done.lost, done.differ) == (1, [], [])


def test_the_same_seed_draws_the_same_disturbances_in_order():
    kinds = (disturbances.WORKER, disturbances.DISK, disturbances.RUN)
    drawn = disturbances.drawn(7, 1000, kinds)
    assert drawn == disturbances.drawn(7, 1000, kinds) != disturbances.drawn(8, 1000, kinds)
    assert [one.after for one in drawn] == sorted(one.after for one in drawn) and drawn[-1].after < 1000
    assert {one.kind for one in disturbances.drawn(7, 1, kinds)} == set(kinds)
    assert any(one.room for one in drawn) and all(not one.room for one in drawn if one.kind != disturbances.DISK)


@pytest.fixture(scope="module")
def graded_once(tmp_path_factory):
    """A course with a gradebook of nbgrader's tables, and a graded folder; not to be changed."""
    course = Course(tmp_path_factory.mktemp("graded") / "course")
    folder = course.autograded("s1", "a1")
    folder.mkdir(parents=True)
    (folder / "results.json").write_text('{"student": "s1", "fingerprint": "abc", "notebooks": {}}')
    (folder / "one.ipynb").write_text("{}")
    cells.make_empty(course.gradebook)
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        gradebook.add_assignment("a1")
        gradebook.add_notebook("one", "a1")
        gradebook.add_grade_cell("one-cell", "one", "a1", max_score=2, cell_type="code")
        gradebook.add_student("s1")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)           # nbgrader's own
            gradebook.add_submission("a1", "s1")
    return course


@pytest.fixture
def graded(graded_once, tmp_path):
    return Course(shutil.copytree(graded_once.root, tmp_path / "course"))


def test_a_score_a_file_and_a_kept_result_that_differ_are_told(graded, tmp_path):
    expected = endstate.of(graded)
    other = Course(shutil.copytree(graded.root, tmp_path / "other"))
    assert endstate.differences(expected, endstate.of(other)) == []
    (other.autograded("s1", "a1") / "results.json").write_text('{"notebooks":{},"fingerprint":"x","student":"s1"}')
    assert endstate.differences(expected, endstate.of(other)) == [], "neither fingerprint nor layout counts"

    (other.autograded("s1", "a1") / "one.ipynb").write_text("[]")
    (other.root / "autograded" / ".new-7-a1").write_text("")
    with sqlite3.connect(other.gradebook) as gradebook:
        gradebook.execute("UPDATE grade SET auto_score = 1.5")
    found = endstate.differences(expected, endstate.of(other))
    assert sorted(line.split()[0] for line in found) == ["file", "file", "row", "row"]
    assert endstate.from_json(expected.to_json()) == expected


def test_what_a_function_cost_this_time_is_no_difference(graded):
    def told(seconds):
        cost = f"{seconds} ms of processor time for 4096; here, operations on whole arrays take about 0.2 ms, and a " \
               f"Python loop {seconds + 1} ms"
        note = f"Note: f costs more than array operations do, and less than a loop: {cost}.\n" if seconds > 1 else ""
        streams = [{"output_type": "stream", "text": text} for text in (f"{note}Right.", note) if text]
        return json.dumps({"cells": [{"outputs": streams, "message": f"found: a loop\n  cost  {cost}\n"}]})

    path = graded.autograded("s1", "a1") / "one.ipynb"
    states = [endstate.of(graded) for seconds in (0.5, 1.5, 12) if path.write_text(told(seconds))]
    assert states[0] == states[1] == states[2]
    path.write_text(told(12).replace("a loop", "no loop", 1))
    assert endstate.of(graded) != states[0]


def test_the_hostile_class_still_has_the_attacks_that_are_taken_from_it():
    assert all(attack.code or attack.cell for attack in faults.attacks())


def test_a_small_disk_is_full_and_then_is_not(tmp_path):
    disk = small_disk.probe(tmp_path)
    if disk.why:
        pytest.skip(disk.why)
    place = tmp_path / "disk"
    place.mkdir()
    program = f"""
import errno
from pathlib import Path
from grading.bench.small_disk import Filler
place = Path({str(place)!r})
filler = Filler(place)
for left in (0, 100_000):
    filler.fill(left)
    try:
        (place / "more").write_bytes(bytes(200_000))
    except OSError as error:
        assert error.errno == errno.ENOSPC
        print("full")
    filler.free()
    (place / "more").write_bytes(bytes(200_000))
    (place / "more").unlink()
"""
    done = subprocess.run(disk.command(place, 2 << 20, [sys.executable, "-c", program]), capture_output=True, text=True,
                          timeout=60, check=False)
    assert (done.stdout, done.returncode) == ("full\nfull\n", 0), done.stderr
    assert list(place.iterdir()) == [], "nothing of it is seen outside"
