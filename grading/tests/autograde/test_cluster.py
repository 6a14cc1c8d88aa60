"""Many machines, here many processes of one: the same results as without, whoever is lost on the way."""

import os
import shutil
import signal
import subprocess
import sys
import time

import clustered
import pytest
import small_class
from sandboxed import alive
from small_class import copy

from grading import ROOT
from grading.autograde import station
from grading.bench import endstate

pytest.importorskip("distributed", reason="grading/requirements-cluster.txt is not installed; `kit test` does that")
STUDENTS = 12
SECONDS = 240                # for a run, on a machine with other work to do


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """A course that nobody has graded; not to be changed."""
    return small_class.make(tmp_path_factory.mktemp("cluster"), STUDENTS)


@pytest.fixture(scope="module")
def on_one_machine(collected):
    """What a run without a cluster leaves."""
    course = copy(collected, "one")
    small_class.grade(course.root, small_class.Lines())
    return endstate.of(course)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    running = clustered.Running(clustered.certificate(tmp_path_factory.mktemp("tls")))
    yield running
    pids = [*clustered.descendants(running.workers), *clustered.descendants(running.scheduler)]
    said = running.end()
    assert alive(pids) == [], said


def lines_until(run, count):
    """What a run says until so many are graded."""
    said = []
    for line in run.stdout:
        said.append(line)
        if sum(one.startswith("done") for one in said) == count:
            break
    return said


def finish(run, said=()):
    """Everything that it says; it must go well."""
    said = "".join(said) + run.communicate(timeout=SECONDS)[0]
    assert run.returncode == 0, said
    return said


def sandboxes(cluster):
    return [pid for pid in clustered.descendants(cluster.workers) if "grading.engine.zygote" in clustered.command(pid)]


def test_a_worker_and_the_scheduler_that_are_killed_in_the_middle_change_nothing(collected, on_one_machine, cluster):
    course = copy(collected, "killed")
    run = cluster.grade(course)
    said = lines_until(run, 2)
    os.kill(cluster.processes()[0], signal.SIGKILL)
    said += lines_until(run, 3)
    cluster.scheduler.kill()
    cluster.scheduler.communicate()
    cluster.start_scheduler(cluster.address)
    said = finish(run, said)
    assert "the scheduler is back" in said and "Traceback" not in said and "distributed" not in said
    state = endstate.of(course)
    assert state.rows == on_one_machine.rows and len(state.rows) >= 4 * STUDENTS, said
    assert state.files == on_one_machine.files, said
    until = time.monotonic() + station.IDLE / 2
    while sandboxes(cluster) and time.monotonic() < until:       # the run is over, and the workers are told
        time.sleep(0.05)
    assert sandboxes(cluster) == []


def mark(course, student, what, file):
    """Have a submission bring something about in the worker that grades it: see in_a_worker.py."""
    module = course.submitted(student, "assignment1") / "cs231n" / "classifiers" / "softmax.py"
    text = module.read_bytes()
    module.unlink()                              # it is linked to others
    module.write_bytes(text + f"# in a worker: {what} {file}\n".encode())


def test_a_submission_that_kills_three_workers_is_set_aside_and_the_others_are_graded(
        collected, on_one_machine, cluster, tmp_path):
    course = copy(collected, "deadly")
    mark(course, "s001", "dies", tmp_path / "died")
    mark(course, "s003", "fails", tmp_path / "failed")
    mark(course, "s004", "fails-once", tmp_path / "failed-once")
    said = finish(cluster.grade(course))
    assert "fault s001 3 workers were lost while they graded this submission" in said and "set aside" in said
    assert "fault s003" in said and "No space left on device, on 127.0.0.1" in said
    assert said.count("fault") == 2
    assert [len((tmp_path / name).read_text().split()) for name in ("died", "failed", "failed-once")] == [3, 2, 1 + 1]
    state = endstate.of(course)
    rows, files = state.rows, state.files
    marked = ("s001", "s003", "s004")

    def others(names):
        return [name for name in names if not any(student in name for student in marked)]

    assert others(rows) == others(on_one_machine.rows)
    assert [row for row in rows if "s004" in row] == [row for row in on_one_machine.rows if "s004" in row]
    assert not [row for row in rows if "s001" in row or "s003" in row]
    assert {name: files[name] for name in others(files)} == {
        name: on_one_machine.files[name] for name in others(on_one_machine.files)}


def test_a_worker_with_another_source_is_refused(collected, cluster, tmp_path):
    for name in ("grading", "cs231n", "assignments"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("tests", "course", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "grading" / "course").mkdir()
    shutil.copy(ROOT / "grading" / "course" / "nbgrader_config.py", tmp_path / "grading" / "course")
    with (tmp_path / "grading" / "engine" / "run.py").open("a") as file:
        file.write("# one line more\n")
    run = cluster.grade(copy(collected, "other"), root=tmp_path)
    said = run.communicate(timeout=SECONDS)[0]
    assert run.returncode == 1 and "began" not in said
    assert "the worker on 127.0.0.1 is refused: the kit's source differs" in said
    assert "kit: every worker of the cluster is refused" in said


def test_nobody_comes_in_without_the_certificate(cluster, tmp_path):
    if not cluster.certificate:
        pytest.skip("no openssl here to make a certificate")
    other = clustered.certificate(tmp_path)
    script = (f"from pathlib import Path\nfrom grading.autograde import door\n"
              f"door.at({cluster.address!r}, certificate=Path({str(other)!r})).connect(1)")
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "KitError: no scheduler answers" in done.stderr
