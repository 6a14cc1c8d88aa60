"""Odd inboxes: each is taken in with one true sentence for what was odd, and what is good in it is not lost."""

import io
import os
import tarfile
import unicodedata
import zipfile
from pathlib import Path

import pytest

from grading.books.course import Course
from grading.errors import KitError
from grading.intake import archive
from grading.intake.collect import Collecting, collect
from grading.release.assignment import Assignment

ASSIGNMENT = Assignment("assignment1", "One", Path("."), ("knn",), ("layers.py",), (), {})
GOOD = {"knn.ipynb": "{}", "cs231n/layers.py": "x = 1\n"}
INBOXES = []


def inbox(says: str, taken: str = "ann", refused: int = 0):
    """Of a function that fills an inbox.

    - taken: ids of those whose work counts afterwards; refused: how many were refused
    - says: a part of what is said, of any of them or of the whole
    """
    def enter(fill):
        INBOXES.append((fill, says, tuple(taken.split()), refused))
        return fill
    return enter


def folder(path: Path, files=GOOD) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zipped(files=GOOD, method=zipfile.ZIP_STORED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return packed.getvalue()


@inbox("both/ann, ", "bob", 1)
def both(here):
    folder(here / "both" / "ann")
    (here / "both" / "ann.zip").write_bytes(zipped())
    folder(here / "both" / "bob")
    return [here / "both"]


@inbox("is there 2 times", "bob", 1)
def two_inboxes_with_one_student(here):
    folder(here / "a" / "ann")
    folder(here / "b" / "ann")
    folder(here / "b" / "bob")
    return [here / "a", here / "b"]


@inbox("is there 2 times", "", 1)
def one_name_in_two_spellings_of_unicode(here):
    for form in ("NFC", "NFD"):
        folder(here / unicodedata.normalize(form, "jos\u00e9"))


@inbox("is there 3 times", "", 1)
def a_zip_a_tar_and_a_folder(here):
    folder(here / "ann")
    (here / "ann.zip").write_bytes(zipped())
    with tarfile.open(here / "ann.tar.gz", "w:gz") as made:
        made.add(folder(here.parent / "spare"), "work")


@inbox("neither a folder nor a .zip but a RAR archive", "bob", 1)
def a_rar_beside(here):
    (here / "ann.rar").write_bytes(b"Rar!\x1a\x07")
    folder(here / "bob")


@inbox("neither a folder nor a .zip but a 7-Zip archive", "bob", 1)
def a_seven_zip_beside(here):
    (here / "ann.7z").write_bytes(b"7z\xbc\xaf\x27\x1c")
    folder(here / "bob")


@inbox("cem: new", "ann bob cem dan", 1)
def zips_of_every_method(here):
    methods = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA
    for name, method in zip(("ann", "bob", "cem", "dan"), methods):
        (here / f"{name}.zip").write_bytes(zipped({**GOOD, "cs231n/layers.py": "x = 1\n" * 9_000}, method))
    damaged = zipped({**GOOD, "knn.ipynb": "{}" * 9_000}, zipfile.ZIP_BZIP2).replace(b"BZh9", b"BZh0")
    (here / "eve.zip").write_bytes(damaged)


@inbox("cannot be read as a zip", "bob", 1)
def a_rar_that_calls_itself_zip(here):
    (here / "ann.zip").write_bytes(b"Rar!\x1a\x07\x00")
    folder(here / "bob")


@inbox("cannot be read as a zip", "bob", 1)
def an_empty_zip(here):
    (here / "ann.zip").write_bytes(b"")
    folder(here / "bob")


@inbox("cannot be read as a zip", "bob", 1)
def a_download_that_was_cut(here):
    (here / "ann.zip").write_bytes(zipped()[:60])
    folder(here / "bob")


@inbox("is encrypted", "bob", 1)
def an_archive_with_a_password(here):
    content = bytearray(zipped())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    (here / "ann.zip").write_bytes(content)
    folder(here / "bob")


@inbox("holds none of the files", "bob", 1)
def an_empty_folder(here):
    (here / "ann").mkdir()
    folder(here / "bob")


@inbox("holds none of the files", "bob", 1)
def an_essay(here):
    folder(here / "ann", {"essay.docx": b"PK\x03\x04", "notes.txt": "x"})
    folder(here / "bob")


@inbox("is one student's submission")
def one_students_own_folder(here):
    folder(here)


@inbox("is empty")
def nothing(here):
    return None


@inbox("does not exist")
def a_path_that_was_mistyped(here):
    return [here / "nowhere"]


@inbox("is no student id", "bob", 1)
def a_name_with_spaces(here):
    folder(here / "Ann Smith")
    folder(here / "bob")


@inbox("'mallory' is not in", "ann", 1)
def a_stranger(here):
    (here.parent / "course" / "roster.csv").write_text("id\nann\n")
    folder(here / "ann")
    folder(here / "mallory")


@inbox("missing: bob")
def one_who_handed_in_nothing(here):
    (here.parent / "course" / "roster.csv").write_bytes("id;name\r\nann;\u00c4nn\r\nbob;B\u00f6b\r\n".encode("cp1252"))
    folder(here / "ann")


@inbox("symbolic link", "bob", 1)
def a_link_to_elsewhere(here):
    os.symlink(folder(here.parent / "elsewhere"), here / "ann")
    folder(here / "bob")


@inbox("ann: new")
def files_of_the_desktop(here):
    folder(here / "ann")
    (here / ".DS_Store").write_bytes(b"\0")
    (here / "__MACOSX").mkdir()


@inbox("ann: new")
def one_students_zip_as_the_path(here):
    (here / "ann.zip").write_bytes(zipped())
    return [here / "ann.zip"]


@inbox("ann: new; taken from", "ann bob")
def sections_inside_each(here):
    folder(here / "ann" / "section 2" / "hw")
    folder(here / "ann" / "old", {**GOOD, "cs231n/layers.py": "x = 0\n"})
    folder(here / "bob")


@inbox("knn.ipynb is a symbolic link and was not taken", "ann bob")
def a_link_inside_an_archive(here):
    folder(here / "bob")
    with tarfile.open(here / "ann.tar", "w") as made:
        link = tarfile.TarInfo("knn.ipynb")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(link)
        made.add(here / "bob" / "cs231n", "cs231n")


@inbox("leaves the archive's folder", "bob", 1)
def a_member_above_its_archive(here):
    (here / "ann.zip").write_bytes(zipped({"../knn.ipynb": "{}"}))
    folder(here / "bob")


@inbox("bb1: new", "bb1 bb2")
def a_blackboard_class(here):
    for student in ("bb1", "bb2"):
        name = f"Assignment 1_{student}_attempt_2025-10-08-21-14-03"
        folder(here, {f"{name}.txt": "Name", f"{name}_knn.ipynb": "{}", f"{name}_layers.py": "x"})


@inbox("late, says the platform", "doejane-7 roejoe-8")
def a_canvas_class_with_one_late(here):
    folder(here, {"doejane_LATE_7_1_knn.ipynb": "{}", "doejane_LATE_7_2_layers.py": "x", "roejoe_8_3_knn.ipynb": "{}"})


@inbox("one submission names nobody", "s1", 1)
def a_gradescope_class_with_a_nameless_one(here):
    folder(here / "submission_1")
    folder(here / "submission_2")
    folder(here, {"submission_metadata.yml": "submission_1:\n  :submitters:\n  - :sid: s1\nsubmission_2:\n  :a: 1\n"})


@inbox("a Moodle folder", "Jane-Doe-5")
def a_moodle_class(here):
    folder(here / "Jane Doe_5_assignsubmission_file_")
    folder(here / "Jane Doe_5_assignsubmission_onlinetext_", {"onlinetext.html": "a Moodle folder"})


def test_the_corpus_is_large():
    assert len(INBOXES) >= 25


@pytest.mark.parametrize("fill, says, counted, refused", INBOXES, ids=[fill.__name__ for fill, *_ in INBOXES])
def test_what_is_odd_is_said_and_what_is_good_is_taken(tmp_path, fill, says, counted, refused):
    course, here = Course(tmp_path / "course"), tmp_path / "inbox"
    course.prepare()
    here.mkdir()
    paths = fill(here) or [here]
    try:
        taken = collect(ASSIGNMENT, course, paths)
    except KitError as error:
        assert says in str(error)
        return
    assert sum(one.state == "refused" for one in taken) == refused, taken
    assert set(course.students("assignment1")) == set(counted)
    missing = Collecting(ASSIGNMENT, course).missing()
    said = [f"{one.student}: {one.state}; {one.sentence}" for one in taken] + [f"missing: {', '.join(missing)}"]
    assert any(says in one for one in said) or says == "a Moodle folder", said


@pytest.mark.parametrize("error", [MemoryError, RecursionError, LookupError, AssertionError])
def test_whatever_goes_wrong_with_one_archive_costs_that_archive_alone(tmp_path, monkeypatch, error):
    course, here = Course(tmp_path / "course"), tmp_path / "inbox"
    for student in ("ann", "bob", "cem"):
        folder(here / student)
    real = archive.open_submission

    def opened(path, zone):
        if path.name == "bob":
            raise error("what nobody has thought of")
        return real(path, zone)

    monkeypatch.setattr(archive, "open_submission", opened)
    assert [(one.student, one.state) for one in collect(ASSIGNMENT, course, [here])] == [
        ("ann", "new"), ("bob", "refused"), ("cem", "new")]
