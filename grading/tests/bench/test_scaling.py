"""What the model makes of measured numbers, and that every number is measured."""

import sqlite3
from dataclasses import replace

import nbformat
import pytest
import small_class

from grading.bench import breakdown, cloned, model, parts, picture, scaling, tables
from grading.bench.breakdown import Breakdown
from grading.bench.model import Machine
from grading.bench.parts import Books, Sizes
from grading.bench.scaling import Graded, Scaling
from grading.books import results
from grading.books.results import Result

RUNS = [Graded(size, 2, 4 + size / 2, 3 + size, 1 + size / 10, 120, size) for size in (6, 12, 24)]
MEASURED = Scaling(
    by_jobs=[Graded(12, 1, 16, 15, 2.2, 120, 12), RUNS[1]], by_size=RUNS, one_test=replace(RUNS[-1], ran=24),
    unchanged=[Graded(500, 2, 3, 3, 3, 110, 0), Graded(2000, 2, 6, 6, 6, 125, 0)],
    as_json=[Graded(500, 2, 8, 8, 8, 110, 0), Graded(2000, 2, 23, 23, 23, 125, 0)],
    books=[Books(500, 0.02, 0.001), Books(2000, 0.035, 0.004)],
    sizes=Sizes(150_000, 600_000, 12_000, 800_000, 30, 2_000_000), worker=150,
    breakdown=Breakdown(0.5, 0, 0.2, 0.1, 0.01), clusters=[], no_cluster="none here")
HERE = Machine(2, 24 * 2**30, 100 * 2**30, 10**7)


def test_a_submission_costs_the_slope_and_not_the_start():
    rate = model.rates(MEASURED)
    assert (rate.cpu, rate.parent, rate.unchanged) == pytest.approx((1, 0.1, 0.002))
    assert (rate.record, rate.record_growth) == pytest.approx((0.015, 1e-5))


def test_more_cores_help_until_the_parent_is_busy_all_the_time():
    one = model.forecast(model.rates(MEASURED), 10_000, (1, 4, 100))
    assert one.useful == pytest.approx(10)
    assert one.hours[1] == pytest.approx(10_000 / 3600) and one.hours[4] == pytest.approx(10_000 / 4 / 3600)
    assert one.hours[100] == pytest.approx(10_000 * 0.1 / 3600)
    assert model.forecast(model.rates(MEASURED), 100_000, (100,)).useful < 10, "the books grow, and slow it down"


def test_what_breaks_is_told_by_when_it_does():
    found = model.limits(model.rates(MEASURED), HERE)
    assert [one.students for one in found] == sorted(one.students for one in found)
    assert "night" in found[0].what and found[0].students == pytest.approx(2 * 8 * 3600, abs=1)
    assert "json" in found[1].what and found[1].students == pytest.approx(60_000, abs=1)
    poor = model.limits(model.rates(MEASURED), replace(HERE, disk=812_000))
    assert poor[0].students == 1 and "disk" in poor[0].what


def test_tables_fit_and_the_picture_is_one(tmp_path):
    rate = model.rates(MEASURED)
    shown = f"{tables.scaling(MEASURED)}\n{tables.where(MEASURED, rate)}\n{tables.forecasts(rate, HERE)}"
    assert max(map(len, shown.splitlines())) <= tables.WIDTH
    assert "100,000" in shown and "none here" in shown and "56%" in shown, shown
    picture.draw(MEASURED, rate, tmp_path / "scaling.png")
    assert (tmp_path / "scaling.png").read_bytes().startswith(b"\x89PNG")


def test_jobs_are_doubled_up_to_all_cores():
    assert scaling.jobs_to_try(1) == (1,) and scaling.jobs_to_try(6) == (1, 2, 4, 6)


def test_the_parts_of_a_submissions_seconds_are_measured(tmp_path):
    course = small_class.make(tmp_path, 1)
    found = breakdown.measure(small_class.small_assignment(tmp_path / "small"), course, rounds=1)
    assert found is None or found.own + found.aside + found.tests + found.forks > found.gloves >= 0 < found.forks


def test_a_large_class_of_copies_is_in_the_books_and_measured(tmp_path):
    from grading.books.ledger import Ledger

    course, assignment = small_class.make(tmp_path, 1), small_class.small_assignment(tmp_path / "small")
    notebook = nbformat.read(course.submitted("s000", assignment.name) / "small.ipynb", as_version=4)
    cells = {cell.metadata.nbgrader.grade_id: {"score": 1.0, "max_score": 2.0, "outcome": "passed", "message": ""}
             for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")}
    before = course.gradebook.stat().st_size
    with Ledger(course) as ledger:
        ledger.record(Result("s000", assignment.name, "", "full", {"small": cells}), {"small": notebook},
                      {name: b"" for name in assignment.student_files})
    large = cloned.make(assignment, course, "s000", 30, tmp_path / "large")
    students = large.students(assignment.name)
    assert len(students) == 30 and "s000" not in students
    with sqlite3.connect(large.gradebook) as gradebook:
        count, points = gradebook.execute("SELECT count(*), sum(auto_score) FROM grade").fetchone()
    assert (count, points) == (31 * len(cells), 31.0 * len(cells))
    books, sizes = parts.books(assignment, large), parts.sizes(assignment, large, before)
    assert books.students == 30 and min(books.record, books.list) > 0
    assert min(sizes.submitted, sizes.autograded, sizes.gradebook, sizes.disk, sizes.files, sizes.lesson) > 0
    assert large.students(assignment.name) == students and results.read(large, students[0], assignment.name)
