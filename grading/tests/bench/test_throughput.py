"""The measurements of the engine: their figures are for people; here they have to be there, and to count everything."""

import subprocess
import sys

import pytest
import small_class
from sandboxed import write_given

from grading import ROOT
from grading.bench import measurement, throughput
from grading.books.course import Course
from grading.release import assignment as assignments


def test_a_programs_cost_counts_processes_that_it_leaves_behind(tmp_path):
    burn = "import os, time\nif os.fork() == 0:\n    while time.process_time() < 0.3: pass"
    script = (f"from pathlib import Path\nfrom grading.bench import throughput\n"
              f"print(throughput.cost([{sys.executable!r}, '-c', {burn!r}], Path({str(tmp_path)!r}), "
              f"Path({str(tmp_path / 'log')!r})).cpu)")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert float(done.stdout) >= 0.3, done.stderr


def test_the_memory_of_a_programs_largest_child_is_told(tmp_path):
    child = "import time; kept = b'x' * 100_000_000; time.sleep(4)"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert 95 < throughput.memory([sys.executable, "-c", program], tmp_path, tmp_path / "log") < 200


def test_the_overhead_of_each_notebook_is_measured(tmp_path):
    course = small_class.make(tmp_path, 1)
    assignment = small_class.small_assignment(tmp_path / "small")
    measured = list(throughput.overheads(assignment, course, tmp_path))
    assert [one.what for one in measured] == ["grading small"]
    assert all(one.found > 0 and one.least > 0 for one in measured)
    assert "ratio" in measurement.row(measured[0])


@pytest.mark.parametrize("name", assignments.names())
def test_every_cell_of_the_complete_notebooks_runs_on_the_little_that_grading_takes(name, tmp_path):
    """With pictures drawn, as stock nbgrader and --whole have them."""
    assignment, course = assignments.load(name), Course(tmp_path / "course")
    course.prepare_data()
    throughput._write_complete(assignment, tmp_path / "complete")
    write_given(assignment, tmp_path / "given")
    with throughput._bare(course, tmp_path / "given", tmp_path / "complete") as bare:
        assert all(bare(notebook) > 0 for notebook in assignment.notebooks)
