"""Class lists of platforms and offices, taken into the roster."""

import pytest
import termed

from grading.books import grades, rosters
from grading.errors import KitError
from grading.intake import classlist

CANVAS = ("Student,ID,SIS User ID,SIS Login ID,Section,one (1),Current Score\n    Points Possible,,,,,20,\n"
          "\"Lee, Ann\",501,0017,ann,S 1,20,7\n\"O'Nel, Zoë\",502,0018,zoe,S 2,,\n\"Student, Test\",9,,x,S 1,,\n")


def test_a_list_adds_and_changes_and_takes_nobody_out(tmp_path):
    course = termed.make(tmp_path, "one")
    course.roster.write_bytes("id;Name;extension one\r\nzoe;Zo;2 days\r\nold;\"Öld; One\";\r\n".encode("cp1252"))
    (tmp_path / "canvas.csv").write_text(CANVAS, encoding="utf-8")
    with pytest.raises(KitError, match=r"which column has the ids\? Say --id COLUMN"):
        classlist.take(course, tmp_path / "canvas.csv")
    done = classlist.take(course, tmp_path / "canvas.csv", "SIS Login ID")
    assert (done.new, done.changed, done.absent) == (["ann"], ["zoe"], ["old"])
    assert course.roster.read_bytes().decode("cp1252") == (
        "id;Name;extension one;Student;platform id;SIS User ID;Section\r\n"
        "zoe;Zo;2 days;O'Nel, Zoë;502;0018;S 2\r\nold;\"Öld; One\";\r\nann;;;Lee, Ann;501;0017;S 1\r\n")
    roster = rosters.read(course)
    assert roster.whose(["0017"]) == ["ann"] == roster.whose(["Ann Lee"]) and roster.extension("zoe", "one") == "2 days"
    before = course.roster.read_bytes()
    assert classlist.take(course, tmp_path / "canvas.csv", "SIS Login ID").changed == []
    assert course.roster.read_bytes() == before
    grades.settle(course)
    with termed.session(course) as session:
        assert grades.people(session)["ann"] == ("Ann", "Lee", None)


@pytest.mark.parametrize("text, why", [
    ("id,name\na b,x\n", "is no student id"), ("id,name\na,x\na,y\n", "twice"),
    ("id,name\n,x,\n,y z\n", "lists nobody"),
    ("name,mail,id\nAnn,a@x.edu,\n", "has no 'id'"), ("name\nx\n", "which column"), ("", "which column")])
def test_what_is_no_list_changes_nothing(tmp_path, text, why):
    course = termed.make(tmp_path)
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(KitError, match=why):
        classlist.take(course, tmp_path / "list.csv")
    assert not course.roster.exists()
