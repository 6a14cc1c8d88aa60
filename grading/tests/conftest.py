"""What the tests share: small notebooks, a course folder, the kit started as a person starts it."""

import fcntl
import os
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import nbformat
import pytest
from xdist.scheduler import LoadFileScheduling

from grading import ROOT
from grading.books.course import Course
from grading.engine import sandbox
from grading.release import assignment as assignments
from grading.sample import sample_class

# In parallel, the tests of a file stay together, because they share what is slow to make; the longest files come first.
LONGEST = ("test_hostile.py", "test_notebooks.py", "test_autograde.py", "test_corpus.py",
           "test_killed.py", "test_fairness.py",
           "test_worker.py", "test_desk.py")
APART = ("test_notebooks.py", "test_seeds.py", "test_catalogue.py")      # nothing to share: these fill the gaps


class ByFile(LoadFileScheduling):
    """xdist's `loadfile`, in the order of collection, where tests of `APART` are units by themselves."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return nodeid if file.endswith(APART) else file


def pytest_configure(config):
    """Drawn examples are the same each time, and how fast the machine is does not matter: what fails, fails again."""
    from hypothesis import HealthCheck, settings

    settings.register_profile("kit", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("kit")


def pytest_xdist_auto_num_workers(config):
    """A fifth of their time, tests wait: for a process of theirs to end, or for one to be ended."""
    processors = os.cpu_count() or 1
    return processors + (processors + 1) // 2


def pytest_xdist_make_scheduler(config, log):
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(config, items):
    """In the workers of a parallel run: the longest first, what is apart last, so that all are busy until the end."""
    def turn(item) -> int:
        name = item.path.name
        return LONGEST.index(name) if name in LONGEST else len(LONGEST) + (name in APART)

    if hasattr(config, "workerinput"):
        items.sort(key=turn)


def has_one_thread() -> None:
    """Raises where a process with threads is about to fork.

    Python 3.12 warns of that, but only after the fork, where a warning that is an error is lost. What is raised here
    is found by pytest as an error that nobody could catch, on every Python.
    """
    threads = len(os.listdir("/proc/self/task")) if sys.platform == "linux" else threading.active_count()
    if threads > 1:
        raise RuntimeError(f"a process with {threads} threads forks, and the child may wait for ever: fork from one "
                           "that has a single thread, as forked.py and grading/trials/warm.py do")


os.register_at_fork(before=has_one_thread)


def cell(kind: str, grade_id: str = "", source: str = "", points: float | None = None, *, solution: bool = False,
         locked: bool = False, **metadata):
    """A notebook cell as nbgrader describes it; without a grade_id, an ordinary one."""
    made = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    if grade_id:
        made.id = grade_id
        made.metadata["nbgrader"] = {"grade": points is not None, "grade_id": grade_id, "locked": locked,
                                     "schema_version": 3, "solution": solution, "task": False}
        if points is not None:
            made.metadata.nbgrader["points"] = points
    made.metadata.update(metadata)
    return made


def given(name: str, source: str):
    """A set-up cell of the lesson's."""
    return cell("code", name, source, locked=True)


def solution(name: str, source: str):
    return cell("code", name, source, solution=True)


def check(name: str, source: str):
    """A test cell."""
    return cell("code", name, source, 1, locked=True)


def notebook(*cells):
    made = nbformat.v4.new_notebook(cells=list(cells))
    made.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return made


def kit(*arguments, course: Path | None = None, root: Path = ROOT, check: bool = False) -> subprocess.CompletedProcess:
    """Run a kit command in its own process, as `grading/kit` does once the environment stands."""
    command = [sys.executable, "-m", "grading", *map(str, arguments)]
    if course is not None:
        command += ["--course", str(course)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=900,
                          env=os.environ | {"PYTHONPATH": str(root)})
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="session")
def released(tmp_path_factory, worker_id):
    """(assignment1, a course in which it is released); made once for all workers, and not to be changed."""
    from grading.release import generate

    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "released"
    assignment, course = assignments.load("assignment1"), Course(folder / "course")
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "whole").exists():
            generate.generate(assignment, course)
            (folder / "whole").touch()
    return assignment, course


@pytest.fixture
def perfect(released, tmp_path):
    """(assignment1, a folder with a perfect submission laid out like the release)."""
    assignment, course = released
    sample_class.complete(assignment, course, tmp_path / "perfect")
    return assignment, tmp_path / "perfect"


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """For runs of assignment1, or of small ones in its place: started once for a file's tests."""
    from kept import Kept

    if sandbox.probe().level == "none":
        pytest.skip("no sandbox here")
    with closing(Kept(assignments.load("assignment1"), tmp_path_factory.mktemp("kept"))) as made:
        yield made


@pytest.fixture
def course_folder(tmp_path):
    return tmp_path / "course"


@pytest.fixture
def course(course_folder):
    made = Course(course_folder)
    made.prepare()
    return made
