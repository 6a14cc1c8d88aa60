"""nbgrader's formgrader, started for real in the course folder, shows the course that the kit made."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from grading.autograde import autograde
from grading.books.course import Course
from grading.intake import collect as collecting


@pytest.fixture
def course(released, perfect, tmp_path):
    """A course with one graded submission."""
    assignment, before = released
    shutil.copytree(before.root, tmp_path / "course")
    course = Course(tmp_path / "course")
    shutil.copytree(perfect[1], course.root / "inbox" / "ann")
    collecting.collect(assignment, course, [course.root / "inbox"])
    assert not autograde.autograde(assignment, course)[0].fault
    return course


@pytest.fixture
def server(course):
    """The address of a Jupyter server started in the course folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    programs = Path(sys.executable).parent
    process = subprocess.Popen(
        [str(programs / "jupyter"), "lab", "--no-browser", "--allow-root", "--IdentityProvider.token=",
         "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"], cwd=course.root, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env=os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"})
    address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 120
    try:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{address}/api", timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def get(address, path):
    with urllib.request.urlopen(f"{address}/formgrader/{path}", timeout=60) as answer:
        return answer.read().decode()


def test_the_formgrader_shows_assignment_submission_tests_and_rubric(server, released):
    assignment, _ = released
    shown = {one["name"]: one for one in json.loads(get(server, "api/assignments"))}
    assert shown[assignment.name]["num_submissions"] == 1
    submitted = json.loads(get(server, f"api/submitted_notebooks/{assignment.name}/knn"))
    assert [one["student"] for one in submitted] == ["ann"]
    assert submitted[0]["needs_manual_grade"] and submitted[0]["code_score"] == submitted[0]["max_code_score"] > 15
    page = get(server, f"submissions/{submitted[0]['id']}")
    assert "MARK SCHEME" in page and "BEGIN HIDDEN TESTS" in page and "knn-structure-answer" in page
