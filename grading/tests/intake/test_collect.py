import errno
import gc
import io
import json
import os
import shutil
import stat
import struct
import tarfile
import tracemalloc
import unicodedata
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import kit

from grading.__main__ import main
from grading.books import ledger, rules
from grading.books.course import Course
from grading.errors import KitError
from grading.intake import archive
from grading.intake import collect as collecting
from grading.intake.collect import Collected, collect
from grading.release import assignment as assignments
from grading.release.assignment import Assignment

ASSIGNMENT = Assignment("assignment1", "One", Path("."), ("knn",), ("classifiers/near.py",), (), {})
NOTEBOOK, MODULE = "knn.ipynb", "cs231n/classifiers/near.py"


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def hand_in_folder(folder: Path, **files: str) -> None:
    for name, text in (files or {NOTEBOOK: "{}", MODULE: "x = 1\n"}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def hand_in_zip(path: Path, members: dict) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in members.items():
            packed.writestr(name, text)


def taken(course, *paths):
    return {one.student: one for one in collect(ASSIGNMENT, course, list(paths))}


def read(course, student, name):
    return (course.submitted(student, "assignment1") / name).read_text()


def test_a_folder_and_a_zip_are_taken_in_alike(course, inbox):
    hand_in_folder(inbox / "ann")
    hand_in_zip(inbox / "bob.zip", {NOTEBOOK: "{}", MODULE: "x = 1\n"})
    found = taken(course, inbox)
    assert {one.state for one in found.values()} == {"new"}
    for student in ("ann", "bob"):
        assert read(course, student, MODULE) == "x = 1\n"
        assert (course.submitted(student, "assignment1") / "timestamp.txt").exists()


def test_a_zip_with_a_folder_around_it_is_understood(course, inbox):
    hand_in_zip(inbox / "ann.zip", {f"my work/assignment1/{NOTEBOOK}": "{}", f"my work/assignment1/{MODULE}": "y\n",
                                    "__MACOSX/._x": "junk"})
    assert taken(course, inbox)["ann"].state == "new"
    assert read(course, "ann", MODULE) == "y\n"


def test_only_listed_files_are_taken(course, inbox):
    hand_in_folder(inbox / "ann", **{NOTEBOOK: "{}", MODULE: "x\n", "cs231n/testing.py": "bad", "data/big": "b",
                                     "gradebook.db": "no"})
    taken(course, inbox)
    folder = course.submitted("ann", "assignment1")
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()) == sorted(
        [NOTEBOOK, MODULE, "timestamp.txt"])


def test_what_is_missing_is_named(course, inbox):
    hand_in_folder(inbox / "ann", **{MODULE: "x\n"})
    assert taken(course, inbox)["ann"].sentence == "missing: knn.ipynb"


def test_a_newer_submission_replaces_the_older_one_and_the_older_one_is_kept(course, inbox):
    hand_in_folder(inbox / "ann")
    taken(course, inbox)
    assert taken(course, inbox)["ann"].state == "unchanged"
    (inbox / "ann" / MODULE).write_text("x = 2\n")
    assert taken(course, inbox)["ann"].state == "updated"
    assert read(course, "ann", MODULE) == "x = 2\n"
    kept = list(course.replaced("ann", "assignment1").rglob("near.py"))
    assert [path.read_text() for path in kept] == ["x = 1\n"]


@pytest.mark.parametrize("name", ["../evil.py", "/etc/passwd", "a/../../evil", "C:/evil", "..\\evil"])
def test_a_member_that_leaves_the_archive_is_refused(course, inbox, name):
    hand_in_zip(inbox / "ann.zip", {NOTEBOOK: "{}", name: "x"})
    assert "leaves the archive" in taken(course, inbox)["ann"].sentence
    assert course.students("assignment1") == []


def test_links_are_not_followed_and_what_lies_beside_them_is_taken(course, inbox, tmp_path):
    (tmp_path / "secret.ipynb").write_text("{}")
    (inbox / "ann").mkdir()
    os.symlink(tmp_path / "secret.ipynb", inbox / "ann" / NOTEBOOK)
    link = zipfile.ZipInfo(NOTEBOOK)
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    hand_in_zip(inbox / "bob.zip", {link: "/etc/passwd", MODULE: "x"})
    os.symlink(tmp_path, inbox / "eve")
    found = taken(course, inbox)
    assert [found[name].state for name in ("ann", "bob", "eve")] == ["refused", "new", "refused"]
    assert all("symbolic link" in one.sentence for one in found.values())
    assert [path.name for path in course.submitted("bob", "assignment1").iterdir()] != [NOTEBOOK]


def test_environments_and_thousands_of_other_files_do_not_hinder(course, inbox):
    hand_in_folder(inbox / "ann")
    hand_in_folder(inbox / "ann" / ".venv", **{f"lib/{number}.py": "" for number in range(20)} | {NOTEBOOK: "venv"})
    hand_in_folder(inbox / "ann" / "mine", **{"pyvenv.cfg": "", f"lib/{NOTEBOOK}": "venv"})
    os.symlink("/", inbox / "ann" / ".venv" / "root")
    hand_in_folder(inbox / "ann" / "data", **{f"{number}.png": "" for number in range(11_000)})
    assert taken(course, inbox)["ann"] == Collected("ann", "new")
    assert read(course, "ann", NOTEBOOK) == "{}"


def test_archives_inside_archives_are_opened_two_deep(course, inbox, tmp_path):
    hand_in_zip(tmp_path / "inner.zip", {NOTEBOOK: "deep", MODULE: "y\n"})
    with tarfile.open(tmp_path / "middle.tar.gz", "w:gz") as packed:
        packed.add(tmp_path / "inner.zip", "work/inner.zip")
    hand_in_zip(inbox / "ann.zip", {"middle.tar.gz": (tmp_path / "middle.tar.gz").read_bytes()})
    assert taken(course, inbox)["ann"].state == "new"
    assert read(course, "ann", NOTEBOOK) == "deep"


@pytest.mark.parametrize("ending, mode", [("tar.gz", "w:gz"), ("tgz", "w:gz"), ("tar", "w"), ("tar.xz", "w:xz")])
def test_a_tar_is_read_as_a_zip_is(course, inbox, tmp_path, ending, mode):
    hand_in_folder(tmp_path / "work")
    with tarfile.open(inbox / f"ann.{ending}", mode) as packed:
        packed.add(tmp_path / "work", "assignment1")
    assert taken(course, inbox)["ann"] == Collected("ann", "new")


def test_a_tar_that_grows_without_end_or_leaves_its_folder_is_refused(course, inbox, monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED", 1_000_000)
    for student, name, content in (("ann", "data", bytes(5_000_000)), ("bob", "../evil", b"x")):
        member = tarfile.TarInfo(name)
        member.size = len(content)
        with tarfile.open(inbox / f"{student}.tar.gz", "w:gz") as packed:
            packed.addfile(member, io.BytesIO(content))
    found = taken(course, inbox)
    assert "unpacks to more than 1 MB" in found["ann"].sentence
    assert "leaves the archive" in found["bob"].sentence


@pytest.mark.parametrize("packed", [False, True], ids=["alone", "in another"])
def test_a_directory_of_more_entries_than_anyone_hands_in_is_refused_before_each_is_a_record(course, inbox, packed):
    """A million of them, packed small in another zip, took half a gigabyte."""
    hand_in_zip(inbox / "one.zip", {"x": ""})
    content = (inbox / "one.zip").read_bytes()
    (inbox / "one.zip").unlink()
    begin, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    many = 250_000 * content[begin:end]
    long = content[:begin] + many + content[end:end + 12] + struct.pack("<II", len(many), begin) + bytes(2)
    if packed:
        hand_in_zip(inbox / "ann.zip", {"inner.zip": long})
        assert archive.with_inner(archive.open_submission(inbox / "ann.zip"), "").others == {
            "inner.zip": "an archive that cannot be read"}
    else:
        (inbox / "ann.zip").write_bytes(long)
        assert "has a directory of 250,000 entries" in taken(course, inbox)["ann"].sentence


def test_files_that_are_too_much_together_are_refused_before_all_of_them_are_there(course, inbox, monkeypatch):
    """A few megabytes of a zip may unpack to 50 MB for each of the assignment's files."""
    monkeypatch.setattr(collecting, "MAX_BYTES", 1_000)
    hand_in_zip(inbox / "ann.zip", {NOTEBOOK: 600 * " ", MODULE: 600 * "#"})
    hand_in_zip(inbox / "bob.zip", {NOTEBOOK: 400 * " ", MODULE: 600 * "#"})
    found = taken(course, inbox)
    assert "its files come to more than" in found["ann"].sentence and found["bob"].state == "new"


def test_what_a_tar_holds_is_kept_on_disk(inbox):
    with tarfile.open(inbox / "ann.tar.gz", "w:gz") as packed:
        for name in "abcd":
            member = tarfile.TarInfo(name)
            member.size = 5_000_000
            packed.addfile(member, io.BytesIO(member.size * name.encode()))
    tracemalloc.start()
    handed = archive.open_submission(inbox / "ann.tar.gz")
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < 2_000_000 and [handed.files[name].read()[-3:] for name in "bda"] == [b"bbb", b"ddd", b"aaa"]


def test_of_a_tar_no_record_is_kept_of_each_member(inbox, monkeypatch):
    def kept(name, where):
        if name == "last":
            found.append(sum(isinstance(one, tarfile.TarInfo) for one in gc.get_objects()))
        return name

    found = []
    monkeypatch.setattr(archive, "_inside", kept)
    with tarfile.open(inbox / "ann.tar", "w") as packed:
        for name in (*map(str, range(500)), "last"):
            packed.addfile(tarfile.TarInfo(name))
        packed.members = []
    archive.open_submission(inbox / "ann.tar")
    assert found and found[0] < 50


def test_a_folder_and_a_zip_of_one_student_are_a_question_and_not_an_update(course, inbox):
    hand_in_folder(inbox / "ann")
    hand_in_zip(inbox / "ann.zip", {NOTEBOOK: "{}", MODULE: "x = 2\n"})
    assert taken(course, inbox)["ann"].state == "refused"
    assert "2 times" in taken(course, inbox)["ann"].sentence
    assert course.students("assignment1") == []


def test_an_older_submission_never_replaces_a_newer_one_unless_the_first_counts(course, inbox):
    for number, year in enumerate((2025, 2024, 2026)):
        hand_in_folder(inbox / "ann", **{MODULE: f"x = {number}\n"})
        moment = datetime(year, 10, 1, tzinfo=UTC).timestamp()
        os.utime(inbox / "ann" / MODULE, (moment, moment))
        states = taken(course, inbox)["ann"].state, *(
            one.state for one in collect(ASSIGNMENT, Course(course.root / "other"), [inbox], "first"))
        assert states == (("new", "new"), ("older", "updated"), ("updated", "later"))[number]
    assert read(course, "ann", MODULE) == "x = 2\n"
    assert read(Course(course.root / "other"), "ann", MODULE) == "x = 1\n"
    assert sorted(path.read_text() for path in course.replaced("ann", "assignment1").rglob("near.py")) == [
        "x = 0\n", "x = 1\n"]


def test_a_zips_time_is_that_of_its_newest_file_and_not_of_its_download(course, inbox):
    with zipfile.ZipFile(inbox / "ann.zip", "w") as packed:
        packed.writestr(zipfile.ZipInfo(NOTEBOOK, (2025, 3, 1, 12, 0, 0)), "{}")
        packed.writestr(zipfile.ZipInfo(MODULE, (1980, 1, 1, 0, 0, 0)), "x")
    taken(course, inbox)
    local = datetime(2025, 3, 1, 12).astimezone(UTC)
    assert read(course, "ann", "timestamp.txt") == f"{local:%Y-%m-%d %H:%M:%S} UTC"


@pytest.mark.parametrize("kind", ["tar", "zip", "folder"])
def test_a_time_before_there_were_any_such_files_says_nothing(course, inbox, kind):
    """Who packs with one, or with a clock that was never set, has handed in nothing in time for that."""
    written = datetime(2025, 3, 1, 12, tzinfo=UTC)
    if kind == "folder":
        hand_in_folder(inbox / "ann")
        for path in [*(inbox / "ann").rglob("*.*")]:
            os.utime(path, (100, 100))
    elif kind == "zip":
        with zipfile.ZipFile(inbox / "ann.zip", "w") as packed:
            for name in (NOTEBOOK, MODULE):
                member = zipfile.ZipInfo(name, (2024, 3, 1, 12, 0, 0))
                member.extra = struct.pack("<HHBi", 0x5455, 5, 1, -5)            # it tells Unix seconds, too
                packed.writestr(member, "{}")
    else:
        with tarfile.open(inbox / "ann.tar", "w") as packed:
            for name in (NOTEBOOK, MODULE):
                packed.addfile(tarfile.TarInfo(name))
    os.utime(next(inbox.iterdir()), (written.timestamp(), written.timestamp()))
    taken(course, inbox)
    assert read(course, "ann", "timestamp.txt") == f"{written:%Y-%m-%d %H:%M:%S} UTC"


def test_where_a_date_is_due_it_is_said_whose_time_is_only_that_of_their_files(course, inbox, monkeypatch, capsys):
    hand_in_folder(inbox / "ann")
    asked = ["collect", "assignment1", str(inbox), "--course", str(course.root)]
    assert main(asked) == 0
    assert "newest file" not in capsys.readouterr().out
    monkeypatch.setattr(rules, "read", lambda *_: rules.parse({"due": datetime(2026, 10, 9, tzinfo=UTC)}, Path("here")))
    hand_in_folder(inbox / "bob")
    assert main(asked) == 0
    told = capsys.readouterr().out.splitlines()[-1]
    assert told.startswith("2 without a platform's time") and told.endswith("can set: ann, bob")


def test_names_with_letters_of_any_language_are_ids(course, inbox):
    for name in ("zo\u00eb", "\u738b\u5c0f\u660e", unicodedata.normalize("NFD", "jos\u00e9")):
        hand_in_folder(inbox / name)
    assert {one.state for one in taken(course, inbox).values()} == {"new"}
    assert course.students("assignment1") == ["jos\u00e9", "zo\u00eb", "\u738b\u5c0f\u660e"]


def test_a_broken_archive_and_a_foreign_one_are_refused_and_the_rest_is_taken(course, inbox):
    hand_in_folder(inbox / "ann")
    (inbox / "bob.zip").write_bytes(b"PK\x03\x04 not a zip at all")
    (inbox / "cem.rar").write_bytes(b"Rar!")
    hand_in_zip(inbox / "dan.zip", {"essay.txt": "hello"})
    found = taken(course, inbox)
    assert {name: one.state for name, one in found.items()} == {
        "ann": "new", "bob": "refused", "cem.rar": "refused", "dan": "refused"}
    assert "cannot be read as a zip" in found["bob"].sentence
    assert "neither a folder nor a .zip" in found["cem.rar"].sentence
    assert "none of the files" in found["dan"].sentence


def test_a_truncated_zip_member_is_refused(course, inbox):
    hand_in_zip(inbox / "ann.zip", {NOTEBOOK: "{}" * 500, MODULE: "x"})
    content = bytearray((inbox / "ann.zip").read_bytes())
    content[60:90] = bytes(30)
    (inbox / "ann.zip").write_bytes(content)
    assert "cannot be unpacked" in taken(course, inbox)["ann"].sentence


def test_an_archive_that_grows_without_end_is_refused(course, inbox, monkeypatch):
    monkeypatch.setattr(archive, "MAX_BYTES", 1_000_000)
    with zipfile.ZipFile(inbox / "ann.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(NOTEBOOK, b"0" * 5_000_000)
    assert "larger than 1 MB" in taken(course, inbox)["ann"].sentence


def test_a_file_that_is_in_the_archive_twice_is_refused(course, inbox):
    with zipfile.ZipFile(inbox / "ann.zip", "w") as packed, pytest.warns(UserWarning):
        packed.writestr(NOTEBOOK, "1")
        packed.writestr(NOTEBOOK, "2")
    assert "twice" in taken(course, inbox)["ann"].sentence


@pytest.mark.parametrize("name", ["-rf", "a b", "x" * 101, "zoë;drop", "_hidden", "\uff41nn"])
def test_a_name_that_is_no_students_is_refused(course, inbox, name):
    hand_in_folder(inbox / name)
    assert "is no student id" in taken(course, inbox)[name].sentence


def test_with_a_roster_only_its_students_are_taken(course, inbox):
    course.roster.write_text("id,name\nann,Ann\n", encoding="utf-8-sig")
    hand_in_folder(inbox / "ann")
    hand_in_folder(inbox / "mallory")
    found = taken(course, inbox)
    assert found["ann"].state == "new"
    assert "'mallory' is not in" in found["mallory"].sentence


def test_an_id_is_the_same_in_the_roster_however_its_accents_are_written(course, inbox):
    course.roster.write_text(unicodedata.normalize("NFD", "id,name\njos\u00e9,Jos\u00e9\n"), encoding="utf-8")
    hand_in_folder(inbox / "jos\u00e9")
    assert taken(course, inbox)["jos\u00e9"].state == "new"


def test_a_full_disk_is_called_that_and_what_counted_counts_still(course, inbox, monkeypatch):
    hand_in_folder(inbox / "ann")
    taken(course, inbox)
    hand_in_folder(inbox / "ann", **{NOTEBOOK: "{}", MODULE: "x = 2\n"})

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    found = taken(course, inbox)["ann"]
    assert found.state == "refused" and "no room left on the disk" in found.sentence
    assert read(course, "ann", MODULE) == "x = 1\n"


def test_a_path_of_no_use_is_one_sentence(course, inbox, tmp_path):
    with pytest.raises(KitError, match="does not exist"):
        taken(course, tmp_path / "nowhere")
    with pytest.raises(KitError, match="is empty"):
        taken(course, inbox)
    hand_in_folder(inbox)
    with pytest.raises(KitError, match="one student's submission"):
        taken(course, inbox)


def test_files_of_another_assignment_an_untouched_release_and_a_foreign_notebook_are_said(released, perfect, tmp_path):
    assignment, course = released
    _, folder = perfect
    other = next(name for name in assignments.names() if name != assignment.name)
    inbox = tmp_path / "inbox"
    shutil.copytree(course.release(assignment.name), inbox / "untouched")
    shutil.copytree(folder, inbox / "foreign")
    (inbox / "foreign" / "svm.ipynb").write_text(json.dumps({"cells": [
        {"cell_type": "code" if number % 3 else "markdown", "source": str(number), "metadata": {}, "id": f"c{number}"}
        for number in range(40)]}))
    hand_in_folder(inbox / "other", **{name: "{}" for name in assignments.load(other).notebook_files})
    elsewhere = Course(tmp_path / "course")
    elsewhere.prepare()
    shutil.copytree(course.root / "release", elsewhere.root / "release")
    found = {one.student: one.sentence for one in collect(assignment, elsewhere, [inbox])}
    assert found["untouched"] == "nothing in it differs from what was handed out"
    assert found["foreign"] == "svm.ipynb: none of its 40 cells is of this assignment"
    assert f"holds files of {other} and none of {assignment.name}" in found["other"]


def test_while_another_run_writes_in_the_course_collect_says_so_and_takes_nothing(course, inbox):
    hand_in_folder(inbox / "ann")
    with ledger.writing(course):
        done = kit("collect", "assignment1", inbox, course=course.root)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(f"kit: Another run is writing grades or submissions in {course.root}.")
    assert course.students("assignment1") == []
    assert kit("collect", "assignment1", inbox, course=course.root).stdout.startswith("ann: new")
    assert course.students("assignment1") == ["ann"]
