"""There is no door beside the sandbox: whatever runs submissions in a course of the kit is the kit's engine.

The submission of this class writes a file where it is run, into a folder that only its grader may write to.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import kit

from grading.books import results
from grading.books.course import Course
from grading.engine import sandbox
from grading.sample import sample_class

PROGRAMS = Path(sys.executable).parent
ENVIRONMENT = os.environ | {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def course(released, tmp_path_factory):
    """A course with one submission, of Eve's; its module writes `mark` when it is loaded."""
    assignment, before = released
    course = Course(tmp_path_factory.mktemp("doors") / "course")
    shutil.copytree(before.root, course.root)
    sample_class.complete(assignment, course, course.submitted("eve", assignment.name))
    module = course.submitted("eve", assignment.name) / "cs231n" / "layers.py"
    module.write_text(f"""
try:
    open({str(course.root / "mark")!r}, "w").close()
except OSError:
    pass
{module.read_text()}""")
    return course


@pytest.fixture(autouse=True)
def in_a_sandbox(course):
    """These tests are about submissions that are boxed; the mark, if one is made, is gone before the next."""
    if sandbox.probe().level == "none":
        pytest.skip("no sandbox here")
    yield
    (course.root / "mark").unlink(missing_ok=True)
    shutil.rmtree(course.root / "autograded", ignore_errors=True)


def is_graded_in_the_sandbox(course):
    kept = results.read(course, "eve", "assignment1")
    return kept is not None and kept.sandbox == sandbox.probe().level and not (course.root / "mark").exists()


# What the button's handler calls, in a process that has read the course's configuration as the server has.
PRESS = """
import json
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config.loader import PyFileConfigLoader
config = PyFileConfigLoader("nbgrader_config.py", path=".").load_config()
print(json.dumps(NbGraderAPI(CourseDirectory(config=config), config=config).autograde("assignment1", "eve")))
"""


def test_nbgraders_autograde_and_the_formgraders_button_go_through_the_engine(course):
    done = subprocess.run([PROGRAMS / "nbgrader", "autograde", "assignment1", "--student=e*"], cwd=course.root,
                          env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert is_graded_in_the_sandbox(course) and "[1/1] eve" in done.stderr
    done = subprocess.run([sys.executable, "-c", PRESS], cwd=course.root, env=ENVIRONMENT, capture_output=True,
                          text=True, timeout=300)
    answer = json.loads(done.stdout)
    assert answer["success"], answer
    assert "[1/1] eve" in answer["log"] and "as before" not in answer["log"]
    assert is_graded_in_the_sandbox(course)


def test_where_no_sandbox_works_nbgraders_autograde_refuses_with_a_sentence(course):
    done = subprocess.run([PROGRAMS / "nbgrader", "autograde", "assignment1"], cwd=course.root, capture_output=True,
                          env=ENVIRONMENT | {sandbox.FORCED: "none"}, text=True, timeout=300)
    assert done.returncode == 1
    assert "no sandbox works on this machine" in done.stderr and "Traceback" not in done.stderr
    assert not (course.root / "mark").exists() and not course.autograded("eve", "assignment1").exists()


def test_a_student_who_has_handed_in_nothing_is_one_sentence_at_nbgraders_door(course):
    done = subprocess.run([PROGRAMS / "nbgrader", "autograde", "assignment1", "--student=nobody"], cwd=course.root,
                          env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and "no submission of assignment1 by 'nobody'" in done.stderr


def test_stock_without_the_word_unsafe_is_refused(course):
    done = kit("autograde", "assignment1", "--stock", course=course.root)
    assert done.returncode == 1 and "--stock --unsafe" in done.stderr
    assert not (course.root / "mark").exists()
