"""`python -m cs231n.submit`, run as a student runs it: in the release's folder, without the kit."""

import json
import shutil
import subprocess
import sys
import zipfile

import pytest

from grading.books.course import Course
from grading.intake.collect import collect


@pytest.fixture
def folder(released, tmp_path):
    assignment, course = released
    return shutil.copytree(course.release(assignment.name), tmp_path / "work")


def submit(folder, *arguments):
    return subprocess.run([sys.executable, "-m", "cs231n.submit", *arguments], cwd=folder, capture_output=True,
                          text=True, timeout=60, env={"PATH": "/usr/bin:/bin"})


def test_an_untouched_release_is_packed_and_everything_unwritten_is_listed(folder):
    done = submit(folder)
    assert done.returncode == 1
    assert "KNearestNeighbor.compute_distances_two_loops is not implemented yet" in done.stdout
    assert "knn-structure-answer is not answered" in done.stdout
    assert "is not written" in done.stdout


def test_a_complete_submission_holds_exactly_what_is_asked_for_and_can_be_collected(perfect, tmp_path):
    assignment, folder = perfect
    (folder / "notes.txt").write_text("private")
    done = submit(folder, "--output", str(tmp_path / "ann.zip"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Complete." in done.stdout
    with zipfile.ZipFile(tmp_path / "ann.zip") as packed:
        assert sorted(packed.namelist()) == sorted(assignment.submitted_files)
    course = Course(tmp_path / "course")
    course.prepare()
    assert [one.state for one in collect(assignment, course, [tmp_path / "ann.zip"])] == ["new"]


def test_what_is_missing_or_damaged_is_named_and_the_rest_is_packed(perfect):
    assignment, folder = perfect
    (folder / assignment.student_files[0]).write_text("def f(:\n")
    (folder / assignment.notebook_files[0]).write_text("{")
    done = submit(folder)
    assert done.returncode == 1
    assert f"{assignment.student_files[0]}: does not load (line 1" in done.stdout
    assert f"{assignment.notebook_files[0]}: is corrupt" in done.stdout
    (folder / assignment.notebook_files[0]).unlink()
    assert f"{assignment.notebook_files[0]}: missing" in submit(folder).stdout


def test_a_deleted_answer_cell_is_named(perfect):
    assignment, folder = perfect
    path = folder / "knn.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "knn-structure-answer"]
    path.write_text(json.dumps(notebook))
    assert "the question knn-structure-answer is not answered (its cell is gone)" in submit(folder).stdout


def test_without_any_file_nothing_is_packed(folder):
    for name in json.loads((folder / "cs231n" / "assignment.json").read_text())["notebooks"]:
        (folder / name).unlink()
    shutil.rmtree(folder / "cs231n" / "classifiers")
    for module in ("layers.py", "optim.py"):
        (folder / "cs231n" / module).unlink(missing_ok=True)
    done = submit(folder)
    assert done.returncode == 1 and "Nothing was packed" in done.stderr
    assert not list(folder.glob("*.zip"))
