"""`python -m cs231n.submit`, run as a student runs it: in the release's folder, without the kit."""

import base64
import json
import os
import shutil
import signal
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


def as_handed_in(folder, tmp_path, assignment):
    """What became of submit's archive at the grader's end."""
    archive = folder / f"{assignment.name}-submission.zip"
    shutil.copy(archive, tmp_path / "ann.zip")
    course = Course(tmp_path / "course")
    course.prepare()
    taken, = collect(assignment, course, [tmp_path / "ann.zip"])
    return taken, course.submitted("ann", assignment.name)


def test_what_is_too_large_to_be_taken_is_named_and_not_packed(perfect, tmp_path):
    """With one such file in it, nothing of an archive would be taken."""
    assignment, folder = perfect
    notebook, module = assignment.notebook_files[0], assignment.student_files[0]
    with (folder / notebook).open("r+b") as file:
        file.truncate(60_000_000)
    with (folder / module).open("r+b") as file:
        file.truncate(6_000_000_000)                               # it takes no room on the disk
    done = submit(folder)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"{notebook}: not packed, since it is 60.0 MB, and may be 50; clear the outputs of its cells" in done.stdout
    assert f"{module}: not packed, since it is 6,000.0 MB, and may be 1" in done.stdout
    taken, there = as_handed_in(folder, tmp_path, assignment)
    assert taken.state == "new" and (there / assignment.student_files[1]).exists()
    for name in assignment.submitted_files:
        (folder / name).unlink(missing_ok=name not in (notebook, module))
        if name in (notebook, module):
            with (folder / name).open("wb") as file:
                file.truncate(60_000_000)
    nothing = submit(folder)
    assert "Nothing was packed" in nothing.stderr and f"{module}: not packed, since it is 60.0 MB" in nothing.stderr


def test_a_module_that_submit_packs_is_one_that_is_graded(perfect):
    from cs231n import _reading as reading
    from grading.engine import MAX_MODULE

    assignment, folder = perfect
    assert reading.MODULE_BYTES == MAX_MODULE
    module = assignment.student_files[0]
    with (folder / module).open("a") as file:
        file.write("#" * MAX_MODULE)
    assert f"{module}: not packed" in submit(folder).stdout


def test_files_that_are_too_much_together_are_told(perfect):
    assignment, folder = perfect
    for name in assignment.notebook_files[:3]:
        content = (folder / name).read_bytes().rstrip()
        (folder / name).write_bytes(content[:-1] + b" " * 40_000_000 + b"}")
    done = submit(folder)
    assert done.returncode == 1 and "all files together are 120." in done.stdout and "Complete." not in done.stdout


@pytest.mark.parametrize("content, says", [
    (json.dumps({"cells": [{"cell_type": "markdown", "source": "x"}] * 6_000}), "has 6,000 cells, and may have 5,000"),
    ('{"cells":[' + "[]," * 4_000_000 + "[]]}", "is corrupt (more than 3,000,000 parts)")], ids=["cells", "parts"])
def test_a_notebook_that_is_too_much_to_be_read_is_told_as_the_grader_tells_it(perfect, content, says):
    assignment, folder = perfect
    (folder / assignment.notebook_files[0]).write_text(content)
    assert f"{assignment.notebook_files[0]}: {says}" in submit(folder).stdout
    assert read_submitted(folder / assignment.notebook_files[0])[1] in (says, "has more than 5,000 cells")


def shown(folder, notebook, source):
    """The notebook's first answer is this text."""
    found = json.loads((folder / notebook).read_text())
    answer = next(cell for cell in found["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")
                  and cell["cell_type"] == "markdown")
    answer["source"] = source
    (folder / notebook).write_text(json.dumps(found))


def test_pictures_go_along_as_far_as_they_are_taken_and_the_rest_is_told(perfect, tmp_path):
    assignment, folder = perfect
    names = [f"p{number}.png" for number in range(45)]
    for name in names:
        (folder / name).write_bytes(base64.b64decode(PNG))
    with (folder / "p7.png").open("r+b") as file:
        file.truncate(6_000_000_000)
    shown(folder, assignment.notebook_files[0], " ".join(f"![x]({name})" for name in names))
    done = submit(folder)
    assert "p7.png, which is no PNG or JPEG of at most 5 MB" in done.stdout and "and 40 pictures into" in done.stdout
    assert "4 of the pictures in files that its answers show do not go along, from p41.png on" in done.stdout
    taken, there = as_handed_in(folder, tmp_path, assignment)
    assert len(list(there.glob("*.png"))) == 40 and taken.state == "new"


def test_collecting_more_pictures_than_are_taken_is_one_sentence(perfect, tmp_path):
    assignment, folder = perfect
    for number in range(60):
        (folder / f"p{number}.png").write_bytes(base64.b64decode(PNG))
    shown(folder, assignment.notebook_files[0], " ".join(f"![x](p{number}.png)" for number in range(60)))
    course = Course(tmp_path / "course")
    course.prepare()
    shutil.copytree(folder, tmp_path / "inbox" / "ann")
    taken, = collect(assignment, course, [tmp_path / "inbox"])
    assert "20 pictures in files are left out: at most 40 are taken" in taken.sentence
    assert "fit size" not in taken.sentence


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
@pytest.mark.parametrize("name", ["{}.zip", "{}.part"])
def test_a_pipe_or_a_link_in_the_archives_place_holds_nobody_up_and_nothing_is_written_through_it(perfect, tmp_path,
                                                                                                 name):
    assignment, folder = perfect
    here = folder / name.format(f"{assignment.name}-submission")
    os.mkfifo(here)
    done = submit(folder)
    assert (done.returncode == 0) is name.endswith(".part") and here.is_fifo()
    here.unlink()
    (tmp_path / "mine.txt").write_text("MINE")
    here.symlink_to(tmp_path / "mine.txt")
    submit(folder)
    assert (tmp_path / "mine.txt").read_text() == "MINE"
    here.unlink()
    here.write_text("MINE")
    submit(folder)
    assert here.read_text() == "MINE"


def test_names_and_messages_are_no_commands_for_a_terminal(perfect):
    assignment, folder = perfect
    evil = "\x1b]0;HOSTILE\x07"
    (folder / f"a{evil}b.png").write_bytes(base64.b64decode(PNG))
    shown(folder, assignment.notebook_files[0], f"![x](<a{evil}b.png>) ![x](<{evil}.png>)")
    (folder / assignment.student_files[0]).write_text(
        f"def f():\n    raise NotImplementedError({evil + ' is not implemented yet'!r})\n")
    done = submit(folder)
    assert "HOSTILE" in done.stdout and not {sign for sign in done.stdout if not sign.isprintable()} - {"\n"}


@pytest.mark.parametrize("content", ["[]", '{"name": "assignment1"}', '{"name": 7, "notebooks": {}}', "[" * 100_000])
def test_a_damaged_description_of_the_assignment_is_one_sentence(folder, content):
    (folder / "cs231n" / "assignment.json").write_text(content)
    for program in ("submit", "check"):
        done = subprocess.run([sys.executable, "-m", f"cs231n.{program}"], cwd=folder, capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 1 and "Take it from the assignment's archive again" in done.stderr
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("content, says", [
    (b"x = 1\0\n", "(source code string cannot contain null bytes)"),
    (b"x = " + b"-" * 50_000 + b"1\n", "(")], ids=["nul", "nested"])
def test_a_module_that_cannot_be_parsed_is_told_without_a_line_that_is_not_known(perfect, content, says):
    assignment, folder = perfect
    (folder / assignment.student_files[0]).write_bytes(content)
    told = next(line for line in submit(folder).stdout.splitlines() if "does not load" in line)
    assert f"does not load {says}" in told
    assert not [odd for odd in ("line ?", "line None", "()") if odd in told]


def test_a_picture_that_two_answers_show_goes_along_once_and_the_archive_can_be_collected(perfect, tmp_path):
    assignment, folder = perfect
    (folder / "plot.png").write_bytes(base64.b64decode(PNG))
    path = folder / assignment.notebook_files[0]
    notebook = json.loads(path.read_text())
    answers = [cell for cell in notebook["cells"] if cell["id"].endswith("-answer")]
    for cell in answers:
        cell["source"] = "See ![it](plot.png) and ![again](./plot.png)."
    path.write_text(json.dumps(notebook))
    done = submit(folder, "--output", str(tmp_path / "ann.zip"))
    assert len(answers) > 1 and done.stderr == "" and "and 1 pictures into" in done.stdout
    course = Course(tmp_path / "course")
    course.prepare()
    assert [one.state for one in collect(assignment, course, [tmp_path / "ann.zip"])] == ["new"]


@pytest.mark.parametrize("code", ["raise ValueError(" + "+".join(["1"] * 600) + ")",
                                  f"import cs231n.{'a' * 300}"], ids=["nested", "long"])
def test_a_module_with_an_odd_line_is_packed_as_any_other(perfect, tmp_path, code):
    assignment, folder = perfect
    with (folder / assignment.student_files[0]).open("a") as file:
        file.write(f"\ndef odd():\n    {code}\n")
    done = submit(folder, "--output", str(tmp_path / "ann.zip"))
    assert done.stderr == "" and "Complete." in done.stdout


@pytest.mark.parametrize("name", ["essay.docx", "{}.zip", "{}-submission.zip"])
def test_an_archive_of_something_else_is_never_replaced(folder, released, name):
    place = folder / name.format(released[0].name)
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("word/document.xml", "MINE")
    done = submit(folder, "--output", str(place))
    assert done.returncode == 1 and "an archive of something else (it has word/document.xml)" in done.stderr
    with zipfile.ZipFile(place) as archive:
        assert archive.namelist() == ["word/document.xml"]


def test_a_mistake_of_where_or_whereto_is_one_sentence(folder):
    for program in ("submit", "check"):
        done = subprocess.run([sys.executable, str(folder / "cs231n" / f"{program}.py")], cwd=folder.parent,
                              capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin"})
        assert (done.returncode, done.stderr) == (
            1, f"{program}: in the folder of the assignment, run: python -m cs231n.{program}\n")
    done = submit(folder, "--output", "a" * 300)
    assert done.returncode == 1 and done.stderr.endswith("cannot be written: File name too long.\n")
    done = submit(folder, "--output", "a\x1b]0;HOSTILE\x07.zip")
    assert not [sign for sign in done.stdout + done.stderr if not sign.isprintable() and sign != "\n"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a system without /dev/full")
def test_where_nobody_takes_what_is_said_that_is_one_sentence_and_the_archive_is_there(folder):
    command = [sys.executable, "-m", "cs231n.submit", "--no-writeup"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (
        1, "submit: what it says cannot be written: No space left on device. Run it again.\n")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, cwd=folder, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "submit: what it says cannot be written: Broken pipe. Run it again.\n")
    assert len(list(folder.glob("*.zip"))) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopped_in_the_middle_it_leaves_the_former_archive_and_nothing_half(perfect, number):
    assignment, folder = perfect
    submit(folder)
    archive = folder / f"{assignment.name}-submission.zip"
    former = archive.read_bytes()
    (folder / assignment.student_files[0]).write_text(f"# {os.urandom(400_000).hex()}\ndef f(): pass\n")
    usual = "default_int_handler" if number == signal.SIGINT else "SIG_DFL"                  # nohup ignores some
    script = (f"import os, signal, zipfile\nsignal.signal({int(number)}, signal.{usual})\n"
              "from cs231n import _console, submit\nwrite = zipfile.ZipFile.write\n"
              "def stopped(self, *what):\n    write(self, *what)\n"
              f"    os.kill(os.getpid(), {int(number)})\n"
              "zipfile.ZipFile.write = stopped\n_console.run_as_program(lambda: submit.main([]), 'submit')")
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, "submit: stopped before its end. Run it again.\n")
    assert archive.read_bytes() == former and not list(folder.glob(".*.part"))


@pytest.mark.parametrize("changed", [{"cells": {"knn": [{"odd": 1}]}}, {"cells": {"knn": 5}}, {"notebooks": [1]},
                                     {"notebooks": ["../secret.txt"]}, {"name": "../x"}, {"points": {"knn-a": "x"}}])
def test_a_description_with_odd_parts_is_one_sentence_and_leads_nowhere_else(folder, changed):
    path = folder / "cs231n" / "assignment.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))
    (folder.parent / "secret.txt").write_text("SECRET")
    for program in ("submit", "check"):
        done = subprocess.run([sys.executable, "-m", f"cs231n.{program}"], cwd=folder, capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 1 and "Take it from the assignment's archive again" in done.stderr
        assert len(done.stderr.splitlines()) == 1 and not list(folder.parent.rglob("*.zip"))


def test_a_picture_behind_a_linked_folder_stays_where_it_is(perfect, tmp_path):
    assignment, folder = perfect
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "mine.png").write_bytes(base64.b64decode(PNG))
    (folder / "pictures").symlink_to(tmp_path / "private")
    shown(folder, assignment.notebook_files[0], "![x](pictures/mine.png)")
    done = submit(folder, "--output", str(tmp_path / "ann.zip"))
    assert "shows pictures/mine.png, which is no PNG or JPEG" in done.stdout
    with zipfile.ZipFile(tmp_path / "ann.zip") as packed:
        assert "pictures/mine.png" not in packed.namelist()
