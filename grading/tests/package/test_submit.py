"""`python -m cs231n.submit`, run as a student runs it: in the release's folder, without the kit."""

import base64
import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from grading.books.course import Course
from grading.intake.collect import collect
from grading.intake.restore import key_notebook, picture_file, read_submitted, restore

PNG = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


@pytest.fixture
def folder(released, tmp_path):
    assignment, course = released
    return shutil.copytree(course.release(assignment.name), tmp_path / "work")


def submit(folder, *arguments):
    return subprocess.run([sys.executable, "-m", "cs231n.submit", "--no-writeup", *arguments], cwd=folder,
                          capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin"})


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


@pytest.mark.parametrize("line", ["from cs231n.my_helpers import shifted", "import cs231n.my_helpers as mine",
                                  "from cs231n import my_helpers", "from ..my_helpers import shifted",
                                  "from .. import my_helpers"])
def test_a_module_of_ones_own_that_another_needs_is_named(perfect, line):
    assignment, folder = perfect
    (folder / "cs231n" / "my_helpers.py").write_text("def shifted(s): return s\n")
    module = folder / "cs231n" / "classifiers" / "softmax.py"
    module.write_text(f"{line}\nfrom cs231n.layers import *\nimport cs231n.solver, cs231n.check\n" + module.read_text())
    done = submit(folder)
    said = [text for text in done.stdout.splitlines() if "is not handed in" in text]
    assert done.returncode == 1 and len(said) == 1
    assert "cs231n/classifiers/softmax.py: imports cs231n/my_helpers.py, which is not handed in" in said[0]


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
    for module in ("features.py", "layers.py", "optim.py"):
        (folder / "cs231n" / module).unlink(missing_ok=True)
    done = submit(folder)
    assert done.returncode == 1 and "Nothing was packed" in done.stderr
    assert not list(folder.glob("*.zip"))


def answer(folder, text):
    """Have the first answer of knn.ipynb say this."""
    path = folder / "knn.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    next(cell for cell in notebook["cells"] if cell["id"] == "knn-structure-answer")["source"] = text
    path.write_text(json.dumps(notebook))


def test_a_picture_beside_the_notebook_that_an_answer_shows_goes_along_to_the_graded_notebook(perfect, tmp_path):
    assignment, folder = perfect
    png = base64.b64decode(PNG)
    (folder / "plots").mkdir()
    (folder / "plots" / "my plot.png").write_bytes(png)
    answer(folder, "Look: ![it](<plots/my plot.png>) and <img src='gone.jpg'>")
    done = submit(folder, "--output", str(tmp_path / "ann.zip"))
    assert "files and 1 pictures into" in done.stdout
    assert "the answer knn-structure-answer shows gone.jpg, which is not there" in done.stdout
    course = Course(tmp_path / "course")
    course.prepare()
    taken = collect(assignment, course, [tmp_path / "ann.zip"])[0]
    assert "knn.ipynb shows gone.jpg, which is missing" in taken.sentence
    there = course.submitted("ann", assignment.name)
    assert (there / "plots" / "my plot.png").read_bytes() == png
    key = key_notebook(assignment.notebook_path("knn"))
    restored, _ = restore(read_submitted(there / "knn.ipynb")[0], key, file=lambda path: picture_file(there, path))
    cell = next(cell for cell in restored.cells if cell.id == "knn-structure-answer")
    assert cell.attachments == {"file-0-plots-my-plot.png": {"image/png": PNG}}
    assert cell.source.startswith("Look: ![it](attachment:file-0-plots-my-plot.png) and")


def test_files_of_before_1980_and_a_console_of_few_letters_do_not_hinder(perfect, tmp_path):
    _, folder = perfect
    os.utime(folder / "knn.ipynb", (0, 0))
    answer(folder, "![](\u738b.png)")
    done = subprocess.run([sys.executable, "-m", "cs231n.submit", "--output", str(tmp_path / "\u738b.zip")], cwd=folder,
                          capture_output=True, text=True, timeout=60,
                          env={"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "cp1252", "LC_ALL": "C.UTF-8"})
    assert "Traceback" not in done.stderr and (tmp_path / "\u738b.zip").exists()


def test_a_picture_that_an_answer_shows_and_that_does_not_go_along_is_named(perfect):
    _, folder = perfect
    answer(folder, r"![](C:\plots\a.png) ![](plots\b.png) ![](../c.png) ![](d.svg) ![e](attachment:e%201.png) "
                   "![](https://example.org/f.png) ![](data:image/png;base64,AAAA)")
    printed = submit(folder).stdout
    for path in (r"C:\plots\a.png", r"plots\b.png", "../c.png", "d.svg"):
        assert f"the answer knn-structure-answer shows {path}, which does not go along" in printed
    assert "shows the attachment e%201.png, which is not in the notebook" in printed
    assert "Not complete yet, 5 things" in printed


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_packed(perfect):
    _, folder = perfect
    (folder / "knn.ipynb").unlink()
    (folder / "knn.ipynb").symlink_to("/proc/self/mem")            # for root, too, reading fails
    done = submit(folder)
    assert "knn.ipynb: not packed, since it cannot be read (Input/output error)" in done.stdout
    assert done.stderr == "" and "Packed" in done.stdout


def test_the_archive_goes_into_a_folder_that_is_named(perfect, tmp_path):
    assignment, folder = perfect
    done = submit(folder, "--output", ".")
    assert done.returncode == 0 and done.stderr == ""
    submit(folder, "--output", str(tmp_path))
    for place in (folder, tmp_path):
        assert zipfile.is_zipfile(place / f"{assignment.name}-submission.zip")


def test_a_file_that_is_no_archive_is_never_replaced_by_one(folder):
    before = (folder / "knn.ipynb").read_bytes()
    done = submit(folder, "--output", "knn.ipynb")
    assert done.returncode == 1 and "knn.ipynb is there and no archive, so it stays as it is" in done.stderr
    assert (folder / "knn.ipynb").read_bytes() == before and not list(folder.glob("*.zip"))
    for _ in range(2):                                           # an earlier archive is
        assert "Packed 12 of 12 files" in submit(folder, "--output", "mine.zip").stdout
