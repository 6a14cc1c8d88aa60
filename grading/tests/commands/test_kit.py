"""The one entry point: what a person sees who starts it for the first time, or wrongly."""

import argparse
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import kit

from grading import ROOT, commands
from grading.commands.test import with_number
from grading.errors import KitError
from grading.release.assignment import load


def test_help_names_every_command():
    done = kit("--help")
    assert done.returncode == 0
    for command in ("demo", "test", "generate", "collect", "autograde", "feedback", "formgrade", "doctor", "bench"):
        assert command in done.stdout
    assert "--json" in kit("autograde", "--help").stdout


def test_the_help_of_collect_says_where_clocks_stand_that_do_not_say_so():
    told = " ".join(kit("collect", "--help").stdout.split())
    assert "is read in the `timezone` of the assignment's `[late]`" in told and "in this machine's" in told


@pytest.mark.parametrize("arguments", [
    (), ("nonsense",), ("generate",), ("autograde", "assignment1", "--timeout", "soon")])
def test_wrong_use_exits_2_and_shows_the_usage(arguments):
    done = kit(*arguments)
    assert done.returncode == 2 and "usage: kit" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("given, handed_on", [
    (["--durations"], ["--durations=20"]), (["--durations", "-x"], ["--durations=20", "-x"]),
    (["--durations", "5"], ["--durations", "5"]), (["--durations=0", "-k", "x"], ["--durations=0", "-k", "x"]),
    (["--durations-min", "1"], ["--durations-min", "1"]), ([], [])])
def test_the_slowest_twenty_are_listed_where_no_number_is_said(given, handed_on):
    assert with_number(given) == handed_on


def test_test_hands_its_options_on_to_pytest():
    done = kit("test", "--durations", "--collect-only", "grading/tests/release/test_stubs.py")
    assert done.returncode == 0 and "test_stubs.py::" in done.stdout and "test_kit" not in done.stdout, done.stderr


def test_doctor_tells_what_is_there():
    done = kit("doctor")
    assert done.returncode == 0, done.stderr
    for word in ("python", "numpy", "nbgrader", "data", "sandbox"):
        assert word in done.stdout


@pytest.fixture
def alone(tmp_path):
    """Starts the entry point of a copy where no Python is on PATH but the one that `python3` is made to be."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "dirname", "cat", "cksum", "rm"):
        (programs / name).symlink_to(shutil.which(name))
    (tmp_path / "repository" / "grading").mkdir(parents=True)
    for name in ("grading/kit", "requirements.txt", ".requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / "repository" / name)

    def start(python3, **environment):
        (programs / "python3").write_text(python3)
        (programs / "python3").chmod(0o755)
        return subprocess.run([str(tmp_path / "repository" / "grading" / "kit"), "demo"], capture_output=True,
                              text=True, env={"PATH": str(programs), **environment}, timeout=60)
    return start


def of_version(version):
    """A program that answers `-c` as a Python of another version would."""
    return (f'#!/bin/sh\nshift\nexec {sys.executable} -c '
            f'"import sys; sys.version_info = ({version}, 0); exec(sys.argv.pop(1))" "$@"\n')


def test_without_a_usable_python_the_entry_point_says_what_to_install(alone):
    done = alone("#!/bin/sh\nexit 1\n")                           # a name on PATH that does not start
    assert done.returncode == 1
    assert "no Python 3.11, 3.12 or 3.13 on PATH;" in done.stderr and "KIT_PYTHON" in done.stderr


@pytest.mark.parametrize("version", ["3, 14", "3, 10", "4, 11"])
def test_a_python_that_is_too_old_or_too_new_is_told_and_not_taken(alone, version):
    told, python3 = version.replace(", ", "."), of_version(version)
    done = alone(python3)
    assert done.returncode == 1 and f"on PATH, only {told}; the kit runs on these" in done.stderr
    done = alone(python3, KIT_PYTHON="python3")
    assert done.returncode == 1 and f"KIT_PYTHON=python3 is Python {told}; the kit runs on" in done.stderr
    done = alone(python3, KIT_PYTHON="/no/python")
    assert done.returncode == 1 and "KIT_PYTHON=/no/python does not start" in done.stderr


def test_the_newest_usable_python_is_taken(alone):
    done = alone(of_version("3, 13"))
    assert "kit: making .venv with" in done.stderr and "on PATH" not in done.stderr


@pytest.mark.parametrize("text, says", [
    ("title = ", "not valid TOML"),
    ("title = 'x'\nnotebooks = 'knn'\n", "'notebooks' must be a list of strings"),
    ("title = ''\n", "'title' must be a non-empty string"),
    ("title = 'x'\nnotebooks = ['gone']\nstudent_modules = []\ngiven_modules = []\n", "gone.ipynb is not in"),
    ("title = 'x'\nnotebooks = []\nstudent_modules = ['gone.py']\ngiven_modules = []\n", "gone.py does not exist"),
    ("title = 'x'\nnotebooks = []\nstudent_modules = []\ngiven_modules = []\ntopics = 3\n", "'topics' must be a table"),
    ("title = 'x'\nnotebooks = []\nstudent_modules = []\ngiven_modules = []\n[topics]\nx-y = 'one'\n",
     "'x-y' must be a list of strings"),
    ("title = 'Sk\udcf6la'", "not valid TOML"),                         # saved in another encoding
    ("title = 'x'\nnotebooks = []\nstudent_modules = []\ngiven_modules = []\nby_hand = ['knn']\n",
     "'by_hand' names 'knn'; the tasks are distances"),
])
def test_a_wrong_description_of_an_assignment_is_one_sentence(tmp_path, text, says):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "assignment.toml").write_text(text, errors="surrogateescape")
    with pytest.raises(KitError, match=says):
        load("one", tmp_path)


def test_the_demo_does_not_mix_with_a_real_class(tmp_path):
    course = tmp_path / "course"
    (course / "submitted" / "ann" / "assignment1").mkdir(parents=True)
    done = kit("demo", course=course)
    assert done.returncode == 1
    assert "holds 1 submissions of assignment1 from your class" in done.stderr
    assert [path.name for path in (course / "submitted").iterdir()] == ["ann"]


def test_bench_measures_ratios(tmp_path):
    done = kit("bench", "--functions", "--rounds", 1, "--json", tmp_path / "bench.json")
    assert done.returncode in (0, 1), done.stderr          # the figures are for people; here they only have to be there
    measured = json.loads((tmp_path / "bench.json").read_text())
    assert len(measured) >= 3 and all(one["ratio"] > 0 and one["wanted"] for one in measured)


def test_the_version_is_told():
    done = kit("--version")
    assert done.returncode == 0 and done.stdout.startswith("kit 0."), done.stderr


def test_a_file_that_cannot_be_written_is_told_before_the_work(tmp_path):
    for wrong, says in ((tmp_path / "no" / "x.json", "there is no folder"), (tmp_path, "is a folder")):
        with pytest.raises(KitError, match=says):
            commands.require_writable(None, wrong)
    commands.require_writable(tmp_path / "x.json")
    commands.write(tmp_path / "x.json", "1", "--json")
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
    done = kit("autograde", "assignment1", "--json", tmp_path / "no" / "x.json", course=tmp_path / "course")
    assert done.returncode == 1 and "there is no folder" in done.stderr and "sandbox" not in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_what_is_written_to_a_device_goes_there_and_the_device_stays(tmp_path):
    (tmp_path / "null").symlink_to("/dev/null")
    (tmp_path / "full").symlink_to("/dev/full")
    commands.write(tmp_path / "null", [b"1", b"2"], "--html")
    with pytest.raises(KitError, match="cannot be written: No space left"):
        commands.write(tmp_path / "full", [b"1", b"2"], "--html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "null"]
    commands.write(tmp_path / "x.html", [b"<p>", b"\xc3\xa9"], "--html")
    assert (tmp_path / "x.html").read_text(encoding="utf-8") == "<p>\u00e9"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_and_a_closed_pipe_are_one_sentence():
    command = [sys.executable, "-m", "grading", "completion", "bash"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and done.stderr.startswith("kit: No space left") and done.stderr.count("\n") == 1
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert done.returncode == 1 and "has stopped reading" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [
    ("collect", "assignment1", ""), ("demos", "--into", ""), ("report", "assignment1", "--into", ""),
    ("roster", "import", ""), ("generate", "assignment1", "--course", "")])
def test_an_empty_word_is_not_taken_for_the_folder_one_is_in(arguments):
    done = kit(*arguments)
    assert done.returncode == 2 and "found an empty word" in done.stderr


@pytest.mark.parametrize("command", [
    ("report", "assignment1"), ("roster", "list"), ("roster", "remove", "ann"), ("show", "ann"),
    ("export", "assignment1", "--to", "csv"), ("similarity", "assignment1")])
def test_a_course_folder_that_is_not_there_is_told_and_not_made(tmp_path, command):
    done = kit(*command, course=tmp_path / "mistyped")
    assert done.returncode == 1 and "There is no course folder" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [("generate", "assignment1"), ("collect", "assignment1", "."), ("roster", "list"),
                                     ("demo", "assignment1"), ("trial", "assignment1"), ("doctor",)])
def test_a_file_where_a_course_folder_should_be_is_told(tmp_path, command):
    (tmp_path / "file").touch()
    for course in (tmp_path / "file", tmp_path / "file" / "below"):
        done = kit(*command, course=course)
        assert done.returncode == 1 and f"{tmp_path / 'file'} is a file, and no course folder" in done.stderr
        assert "Traceback" not in done.stderr


def test_doctor_looks_at_the_course_that_is_named(tmp_path):
    (tmp_path / "gradebook.db").touch()
    assert f"gradebook  {tmp_path / 'gradebook.db'}" in kit("doctor", course=tmp_path).stdout


def test_demonstrations_that_cannot_be_written_are_told(tmp_path):
    (tmp_path / "file").touch()
    for folder, says in ((tmp_path / "file", "is a file"), (tmp_path / "file" / "below", "is no folder")):
        done = kit("demos", "--into", str(folder))
        assert done.returncode == 1 and f"kit: {folder} {says}" in done.stderr and "Traceback" not in done.stderr


def test_a_trial_of_nothing_is_no_success(tmp_path):
    done = kit("trial", "assignment0", "--only", "no such entry", course=tmp_path)
    assert done.returncode == 1 and "No entry of assignment0 has 'no such entry'" in done.stderr


@pytest.mark.parametrize("content", [b"", b"no database " * 500, None])
def test_a_damaged_gradebook_is_one_sentence_and_stays_as_it_is(tmp_path, content):
    gradebook = tmp_path / "gradebook.db"
    gradebook.mkdir() if content is None else gradebook.write_bytes(content)
    for command in (("roster", "list"), ("export", "assignment1", "--to", "csv"), ("late", "assignment1")):
        done = kit(*command, course=tmp_path)
        assert done.returncode == 1 and f"kit: {gradebook} is no gradebook that can be used: " in done.stderr
        assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert gradebook.is_dir() if content is None else gradebook.read_bytes() == content


def test_only_what_sqlite_refuses_is_told_as_the_gradebooks_fault(tmp_path):
    options = argparse.Namespace(course=tmp_path)
    with contextlib.closing(sqlite3.connect(":memory:")) as book:
        for wrong, found in (("SELECT * FROM grade", "no such table: grade"), ("SELECT FROM", ""),
                             ("SELECT CAST(x'FF' AS TEXT)", "Could not decode to UTF-8")):
            with pytest.raises(sqlite3.Error) as raised:
                book.execute(wrong).fetchall()
            said = commands.gradebook_fault(options, raised.value)
            assert found in said and bool(found) == bool(said)
    assert commands.gradebook_fault(options, ValueError("no such table")) == ""


def test_letters_that_a_terminal_does_not_have_stop_no_command(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii:strict")
    done = kit("demos", "--into", tmp_path / "Łukasz")
    assert done.returncode == 0 and "?ukasz" in done.stdout, done.stderr
    done = kit("roster", "import", tmp_path / "Łukasz", course=tmp_path / "course")
    assert done.returncode == 1 and "?ukasz cannot be read: Is a directory" in done.stderr


@pytest.mark.parametrize("command", [
    ("export", "assignment1", "--to", "csv", "--into"), ("report", "assignment1", "--into"), ("show", "ann", "--json"),
    ("roster", "list", "--json"), ("late", "assignment1", "--json"), ("autograde", "assignment1", "--json")])
def test_no_output_takes_the_place_of_what_people_wrote(course, command):
    (course.root / "submitted" / "ann").mkdir(parents=True)
    for name in ("roster.csv", "gradebook.db", "submitted/ann/knn.ipynb", "nbgrader_config.py"):
        (course.root / name).touch()
        before = (course.root / name).read_bytes()
        done = kit(*command, course.root / name, course=course.root)
        assert done.returncode == 1 and f"belongs to the course in {course.root}" in done.stderr
        assert (course.root / name).read_bytes() == before and "Traceback" not in done.stderr
    done = kit(*command, ROOT / "assignments" / "assignment1" / "knn.ipynb", course=course.root)
    assert done.returncode == 1 and "belongs to the kit itself" in done.stderr


def test_a_course_whose_gradebook_nbgrader_would_look_for_elsewhere_is_refused(tmp_path):
    done = kit("roster", "import", tmp_path / "class.csv", course=tmp_path / "what?" / "course")
    assert done.returncode == 1 and "has a question mark in it" in done.stderr and not list(tmp_path.iterdir())


def test_a_path_that_leads_nowhere_is_one_sentence(tmp_path):
    done = kit("report", "assignment1", course=tmp_path / ("x" * 300))
    assert done.returncode == 1 and "File name too long" in done.stderr and "Traceback" not in done.stderr


def test_a_shell_completes_commands_and_assignments():
    done = kit("completion", "bash")
    assert done.returncode == 0 and "assignment1" in done.stdout and "similarity" in done.stdout, done.stderr
    shell = shutil.which("bash")
    asked = done.stdout + ("\nCOMP_WORDS=(kit autograde ass) COMP_CWORD=2; _shtab_kit kit ass autograde; "
                           'echo "${COMPREPLY[@]}"')
    assert "assignment1" in subprocess.run([shell, "-c", asked], capture_output=True, text=True).stdout
