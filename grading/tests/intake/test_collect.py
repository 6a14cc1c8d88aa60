import os
import stat
import zipfile
from pathlib import Path

import pytest

from grading.books.course import Course
from grading.errors import KitError
from grading.intake import archive
from grading.intake.collect import collect
from grading.release.assignment import Assignment

ASSIGNMENT = Assignment("assignment1", "One", Path("."), ("knn",), ("classifiers/near.py",), (), {})
NOTEBOOK, MODULE = "knn.ipynb", "cs231n/classifiers/near.py"


@pytest.fixture
def course(course_folder):
    made = Course(course_folder)
    made.prepare()
    return made


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


def test_a_symlink_is_refused_in_a_zip_and_in_a_folder(course, inbox, tmp_path):
    (tmp_path / "secret.ipynb").write_text("{}")
    (inbox / "ann").mkdir()
    os.symlink(tmp_path / "secret.ipynb", inbox / "ann" / NOTEBOOK)
    link = zipfile.ZipInfo(NOTEBOOK)
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    hand_in_zip(inbox / "bob.zip", {link: "/etc/passwd", MODULE: "x"})
    os.symlink(tmp_path, inbox / "eve")
    found = taken(course, inbox)
    assert all(one.state == "refused" and "symbolic link" in one.sentence for one in found.values())
    assert len(found) == 3


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


@pytest.mark.parametrize("name", ["-rf", "a b", "x" * 101, "zoë;drop", "_hidden"])
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


def test_a_path_of_no_use_is_one_sentence(course, inbox, tmp_path):
    with pytest.raises(KitError, match="does not exist"):
        taken(course, tmp_path / "nowhere")
    with pytest.raises(KitError, match="is empty"):
        taken(course, inbox)
    hand_in_folder(inbox)
    with pytest.raises(KitError, match="one student's submission"):
        taken(course, inbox)
