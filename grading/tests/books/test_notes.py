"""What is said of submissions outlives the run that said it."""

from grading.__main__ import main
from grading.books import notes
from grading.books.course import Course


def test_a_new_sentence_takes_the_place_of_the_former_one_and_an_empty_one_ends_it(tmp_path):
    course = Course(tmp_path)
    assert notes.read(course, "assignment1", notes.FAULTS) == {}
    notes.keep(course, "assignment1", notes.FAULTS, {"ann": "first", "bob": "first"})
    notes.keep(course, "assignment1", notes.FAULTS, {"ann": "second", "bob": ""})
    assert notes.read(course, "assignment1", notes.FAULTS) == {"ann": "second"}
    assert notes.read(course, "assignment1", notes.COLLECTED) == {}


def test_what_collecting_refused_is_kept_for_the_report(tmp_path, capsys):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "ann.rar").write_bytes(b"Rar!\x1a\x07\x01\x00")
    course = Course(tmp_path / "course")
    assert main(["collect", "assignment1", str(tmp_path / "inbox"), "--course", str(course.root)]) == 1
    assert "RAR archive" in capsys.readouterr().err
    said = notes.read(course, "assignment1", notes.COLLECTED)
    assert list(said.values())[0].startswith("refused; ") and "RAR archive" in list(said.values())[0]
