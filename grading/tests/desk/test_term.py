"""A term in fast motion: three assignments, late ones, extensions, people who come, go and change names.

Totals are worked out by hand: an assignment is worth 20 points; a late day costs 2 of them once two free ones for an
assignment, and three over the term, are used; a quarter of an hour is given.
"""

import csv
import io

import pytest
import termed
from nbgrader import api
from sqlalchemy import select
from sqlalchemy.orm import undefer

from grading.__main__ import main
from grading.books import sheets

NAMES = "one", "two", "three"
RULES = {"grace_minutes": 15, "budget_days": 3, "free_days": 2, "per_day": "10%", "at_most": "50%"}


@pytest.fixture
def course(tmp_path):
    made = termed.make(tmp_path, *NAMES)
    for name, day in zip(NAMES, (1, 8, 15), strict=True):
        termed.describe(made, name, due=f"2026-10-{day:02}T12:00:00Z", **RULES)
    made.roster.write_text("id,name,extension two\nann,\"Á, Ann\",\nbob,Bob Lee,\n0042,王小明,\n", encoding="utf-8")
    return made


def kit(course, *arguments, code=0):
    assert main([*map(str, arguments), "--course", str(course.root)]) == code


def exported(course):
    """{student: {assignment: total}} of whoever has one: in the table, in a sheet of Canvas's, and in the gradebook."""
    kit(course, "export", *NAMES, "--to", "csv", "--into", course.root / "table.csv")
    text = (course.root / "table.csv").read_bytes().decode("utf-8-sig")
    table = {row["id"]: {name: float(row[f"{name}: total"]) for name in NAMES if row[f"{name}: total"]}
             for row in csv.DictReader(io.StringIO(text, newline=""))}
    sheet = io.StringIO(newline="")
    csv.writer(sheet).writerows([["Student", "ID", "SIS Login ID", "Section", *NAMES],
                                 ["Points Possible", "", "", "", 20, 20, 20],
                                 *(["?", f"x{one}", one, "S", "", "", ""] for one in table)])
    sheets.write(course.root / "canvas.csv", sheet.getvalue().encode())
    kit(course, "export", *NAMES, "--to", "canvas", "--sheet", course.root / "canvas.csv",
        "--into", course.root / "filled.csv")
    with (course.root / "filled.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[1:]
    assert {row["SIS Login ID"]: {name: float(row[name]) for name in NAMES if row[name]} for row in rows} == table
    book = {}
    with termed.session(course) as session:                              # as the formgrader reads it
        for one in session.scalars(select(api.SubmittedAssignment).options(
                undefer(api.SubmittedAssignment.score), undefer(api.SubmittedAssignment.late_submission_penalty))):
            book.setdefault(one.student_id, {})[one.name] = round(one.score - one.late_submission_penalty, 6)
    assert book == {student: totals for student, totals in table.items() if totals}
    return table


def test_a_term_in_fast_motion(course, tmp_path, capsys):
    termed.whole(course, "ann", "one", "10-01 11:59")
    termed.whole(course, "bob", "one", "10-02 13:00", hidden=False)                # two days begun, both free
    termed.whole(course, "0042", "one", "10-04 12:10")                             # three, of which one costs
    assert exported(course) == {"ann": {"one": 20}, "bob": {"one": 10}, "0042": {"one": 18}}

    course.roster.write_text(course.roster.read_text().replace("Ann\",", "Ann\",2 days"))
    termed.whole(course, "ann", "two", "10-10 11:00")
    termed.whole(course, "bob", "two", "10-10 13:00")                              # three, of which one is left free
    termed.whole(course, "0042", "two", "10-08 12:10")                             # within the quarter of an hour
    assert exported(course) == {"ann": {"one": 20, "two": 20}, "bob": {"one": 10, "two": 16},
                                "0042": {"one": 18, "two": 20}}

    capsys.readouterr()
    kit(course, "late", "two", "--student", "bob")
    assert capsys.readouterr().out == (
        "bob, two:\n  1. due 2026-10-08 12:00:00 UTC\n  2. handed in 2026-10-10 13:00:00 UTC: 2 days 1 h late\n"
        "  3. less 15 min of grace: 2 days 45 min\n"
        "  4. 3 late days begun; 3 late days for the course, 2 used for one, at most 2 for this assignment: 1 used "
        "here, 0 left\n  5. 2 days at 10% of all points, 20: 4 points\n  6. 20 - 4 = 16 points\n")

    (tmp_path / "late.csv").write_text("Student ID,name,Late days,Extension one\ndan,Dan New,0,2026-10-12\n")
    kit(course, "roster", "import", tmp_path / "late.csv")                         # a late enrolment
    termed.whole(course, "dan", "one", "10-11 09:00", 0.0)
    kit(course, "roster", "rename", "bob", "rob")
    assert exported(course) == {"ann": {"one": 20, "two": 20}, "rob": {"one": 10, "two": 16},
                                "0042": {"one": 18, "two": 20}, "dan": {"one": 16}}

    kit(course, "roster", "remove", "0042")
    termed.grade(course, "ann", "one", hidden=False)                               # a regrade; her mark stands
    termed.describe(course, "two", due="2026-10-09T12:00:00Z", **RULES)            # Rob's are two days now
    assert exported(course) == {"ann": {"one": 10, "two": 20}, "rob": {"one": 10, "two": 18}, "dan": {"one": 16}}

    termed.whole(course, "rob", "three", "10-15 11:00")
    termed.whole(course, "ann", "three", "10-20 12:00")                            # five, of which two are free
    termed.whole(course, "dan", "three", "10-16 11:00")                            # one, and none is free to him
    termed.hand_in(course, "dan", "two", "11-30 12:00")
    termed.grade(course, "dan", "two")
    termed.mark(course, "dan", "two", 4.0)                                         # at most a half
    assert exported(course) == {"ann": {"one": 10, "two": 20, "three": 14}, "rob": {"one": 10, "two": 18, "three": 20},
                                "dan": {"one": 16, "two": 10, "three": 18}}

    (tmp_path / "metadata.json").write_text('{"users": [{"email": "ROB@x.edu"}]}')
    capsys.readouterr()
    kit(course, "export", "two", "--to", "gradescope", "--domain", "x.edu", "--metadata", tmp_path / "metadata.json")
    said = capsys.readouterr().out
    assert "3 submitters answered, each with the gradebook's total" in said and "answered with 18 points" in said

    before = course.roster.read_bytes()
    course.roster.write_bytes(before.replace(b"2 days", b"2"))
    kit(course, "late", "one", code=1)
    assert "extension two of ann: '2' is no extension" in capsys.readouterr().err
    course.roster.write_bytes(before)
    kit(course, "roster", "list")
    kit(course, "late", "three")
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines()[:5] if line[0] != "-"] == ["student", "ann", "rob", "dan"]
    assert "unknown" not in said and "not handed in" not in said and "0042" not in said
