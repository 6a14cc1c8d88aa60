"""Grades out: each export, read back by a parser that is not ours, has the gradebook's numbers; the rest is kept."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest
import termed
from conftest import kit
from hypothesis import given, settings
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties

from grading.books import grades, sheets, standing
from grading.books.course import Course
from grading.books.grades import Graded, Grades, Mark
from grading.books.rosters import Named
from grading.desk.export import book, gradescope, platforms, table
from grading.errors import KitError

ROSTER = ("id,name,email,extension one\n0042,王小明,w@x.edu,\nann,\"=Á, Ann\",Ann@x.edu,1 day\nbob,Bob Lee,,\n"
          "cem,Cem Lee,cem@x.edu,\nlea,Lea No,lea@x.edu,\n")
CANVAS = ("Student,ID,SIS User ID,SIS Login ID,Section,one (123),Quiz (9),Current Score\r\n"
          ",,,,,Manual Posting,,(read only)\r\n"
          "    Points Possible,,,,,20.00,5,(read only)\r\n"
          "\"Á, Ann\",501,,ann,S 1,,1.5,=1+1\r\n"
          "王小明,502,0042,,\"S, 2\",3,,\r\n"
          "Bob Lee,503,,,S 1,,2,\r\n"
          "\"Lea No\",504,,lea,S 1,,,\r\n"
          "Nobody Here,505,,nobody,S 1,,,\r\n"
          "\"Student, Test\",506,,,S 1,,,\r\n")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Ann is two days late with one of extension, Bob's is 42 h late, Lea handed in nothing."""
    made = termed.make(tmp_path_factory.mktemp("export"), "one", "two")
    termed.describe(made, "one", due="2026-10-01T12:00:00Z", per_day="10%")
    made.roster.write_text(ROSTER, encoding="utf-8")
    for student, when, outcomes in (("0042", "10-01 11:00", {}), ("ann", "10-03 11:00", {"score": 2.5}),
                                    ("bob", "10-03 06:00", {"hidden": False}), ("cem", "10-01 11:00", {"test": False})):
        termed.whole(made, student, "one", when, **outcomes)
    termed.whole(made, "ann", "two", "10-09 10:00", 1.5)
    termed.mark(made, "cem", "one", 1.0, "=Read again: $x$.")
    return made


TOTALS = {"0042": 20, "ann": 16.5, "bob": 6, "cem": 11}


@pytest.fixture(scope="module")
def found(course):
    return book.gather(course, ["one"])


def test_the_table_has_every_number_of_the_gradebook(course):
    content = table.table(book.gather(course, ["one", "two"]))
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))}
    assert list(rows) == ["0042", "ann", "bob", "cem", "lea"] and rows["0042"]["last name"] == "王小明"
    with grades.settled(course, ["one"]) as session:
        known = grades.read(session, course, "one")
    for student, one in known.of.items():
        assert float(rows[student]["one: total"]) == one.total == TOTALS[student]
        assert [float(rows[student][f"one: {cell}"]) for _, cell in one.scores] == list(one.scores.values())
        assert float(rows[student]["one: penalty"]) == one.penalty
    assert [rows[one]["one: late days"] for one in rows] == ["0", "1", "2", "0", ""]
    assert rows["ann"]["two: total"] == "17.5" and rows["bob"]["two: total"] == "" == rows["lea"]["one: total"]
    assert rows["ann"]["last name"] == "'=Á"


def test_nbgrader_export_gives_the_same_table(course, tmp_path):
    done = subprocess.run([sys.executable, "-m", "nbgrader", "export", "--to", str(tmp_path / "grades.csv")],
                          cwd=course.root, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "grades.csv").read_bytes() == table.table(book.gather(course, ["one", "two"]))


def test_nbgraders_own_step_finds_the_same_penalty(course):
    with course.nbgrader() as nbgrader, Gradebook(f"sqlite:///{course.gradebook}", "cs231n") as gradebook:
        step = AssignLatePenalties(config=nbgrader["config"])
        step.gradebook, step.assignment_id = gradebook, "one"
        step.init_plugin()
        assert step.plugin_inst.late_submission_penalty("bob", 10.0, 1) == 4
        step.assignment_id = "two"
        assert step.plugin_inst.late_submission_penalty("ann", 10.0, 1) is None


def test_canvas_gets_its_own_sheet_back_with_the_totals_filled_in(found):
    sheet = sheets.parse(CANVAS.encode("utf-8-sig"), "canvas.csv")
    done = platforms.fill_canvas(sheet, found, {})
    expected = CANVAS.replace("1,,1.5", "1,16.5,1.5").replace(' 2",3', ' 2",20').replace("1,,2,", "1,6,2,")
    assert sheet.to_bytes() == expected.encode("utf-8-sig")
    assert sorted(done.filled) == ["0042", "ann", "bob"] and done.without_row == ["cem"]
    assert done.nothing_handed_in == ["lea"] and done.doubtful == []
    assert done.unknown_rows == ["row 8 (Nobody Here, 505, nobody)", "row 9 (Student, Test, 506, S 1)"]
    platforms.fill_canvas(sheet, found, {})
    assert sheet.to_bytes() == expected.encode("utf-8-sig")


def test_canvas_of_other_points_or_without_the_column_is_refused_and_nothing_is_guessed(found):
    other = sheets.parse(CANVAS.replace("20.00", "40").encode(), "canvas.csv")
    with pytest.raises(KitError, match=r"counts one of 40 points, the gradebook of 20\. .*--scale"):
        platforms.fill_canvas(other, found, {})
    platforms.fill_canvas(other, found, {}, scaled=True)
    assert other.value(3, 5) == "33"
    named = sheets.parse(CANVAS.replace("one (123)", "HW (123)").encode(), "canvas.csv")
    with pytest.raises(KitError, match=r"no columns that are called one.*'HW \(123\)'"):
        platforms.fill_canvas(named, found, {})
    platforms.fill_canvas(named, found, {"one": "HW (123)"})
    assert named.value(3, 5) == "16.5"


def test_what_was_handed_in_last_and_is_not_graded_is_named_and_costs_nothing_until_it_is(tmp_path):
    course = termed.make(tmp_path, "one")
    termed.describe(course, "one", due="2026-10-01T12:00:00Z", per_day="10%")
    course.roster.write_text("id\nann\nbob\ncem\n")
    for student in ("ann", "bob"):
        termed.whole(course, student, "one", "10-01 11:00")
    termed.hand_in(course, "ann", "one", "10-03 11:00", "more work")
    termed.hand_in(course, "cem", "one", "10-01 11:00")
    assert termed.totals(course, "one") == {"ann": (0, 20), "bob": (0, 20)}           # of the attempt that is graded
    with pytest.raises(KitError, match="one: what ann, cem handed in last is not graded. Run: kit autograde one; or"):
        book.gather(course, ["one"])
    found = book.gather(course, ["one"], partial=True)
    assert found.behind == {"one": ["ann", "cem"]}
    sheet = sheets.parse(b"Student,ID,SIS User ID,Section,one (1)\nPoints Possible,,,,20\nC,3,cem,S,\n", "canvas.csv")
    assert platforms.fill_canvas(sheet, found, {}).nothing_handed_in == []
    assert standing.read(course, "one", ["ann"])["ann"].former
    for student in ("ann", "cem"):
        termed.grade(course, student, "one")
    termed.mark(course, "ann", "one", 4.0)
    termed.mark(course, "cem", "one", 4.0)
    assert termed.totals(course, "one") == {"ann": (4, 16), "bob": (0, 20), "cem": (0, 20)}
    assert book.gather(course, ["one"]).behind == {"one": []}
    assert not standing.read(course, "one", ["ann"])["ann"].former


def test_who_is_excused_stays_excused(found):
    sheet = sheets.parse(CANVAS.replace("S 1,,1.5", "S 1,EX,1.5").encode(), "canvas.csv")
    done = platforms.fill_canvas(sheet, found, {})
    assert sorted(done.filled) == ["0042", "bob"] and done.nothing_handed_in == ["lea"]
    assert sheet.value(3, 5) == "EX" and done.doubtful == ["row 4 (Á, Ann, 501, ann): one (123) says 'EX'"]


@pytest.mark.parametrize("points, ann", [('"1,000.00"', "825"), ("40", "33"), ("", ""), ("many", "")])
def test_no_total_is_brought_to_points_that_a_sheet_does_not_tell(found, points, ann):
    sheet = sheets.parse(CANVAS.replace("20.00", points).encode(), "canvas.csv")
    done = platforms.fill_canvas(sheet, found, {}, scaled=True)
    assert sheet.value(3, 5) == ann and ("ann" in done.filled) == bool(ann)
    assert [one for one in done.doubtful if "(Á, Ann" in one] == ([] if ann else [
        "row 4 (Á, Ann, 501, ann): the sheet does not say of how many points one is"])


def test_points_with_signs_between_thousands_are_compared_too(found):
    with pytest.raises(KitError, match=r"counts one of 1000 points"):
        platforms.fill_canvas(sheets.parse(CANVAS.replace("20.00", '"1,000.00"').encode(), "canvas.csv"), found, {})


def test_two_rows_of_one_student_and_one_row_of_two_are_named_and_left(found):
    content = CANVAS + "Ann Á,507,ann,,S 1,,,\r\nBob Lee,508,0042,cem,S 1,,,\r\n"
    sheet = sheets.parse(content.encode(), "canvas.csv")
    done = platforms.fill_canvas(sheet, found, {})
    assert done.doubtful == ["row 11 (Bob Lee, 508, 0042) may be 0042, cem",
                             "ann has the rows row 4 (Á, Ann, 501, ann) and row 10 (Ann Á, 507, ann)"]
    assert done.filled == ["0042"] and sheet.value(3, 5) == "" == sheet.value(5, 5)            # two are called Bob Lee
    assert done.without_row == ["bob"]


MOODLE = ('Identifier;"Full name";"Email address";Grade;"Maximum grade";"Grade can be changed";"Feedback comments"\r\n'
          'Participant 7;"Ann Á";ANN@x.edu;"3,25";20,00;Yes;"a ""quoted"" word"\r\n'
          'Participant 8;"Cem Lee";cem@x.edu;;20,00;No;\r\n'
          'Participant 9;王小明;;;20,00;Yes;+1\r\n')


@pytest.mark.parametrize("mark, encoding", [(b"", "utf-8"), (b"\xff\xfe", "utf-16-le")])
def test_moodle_gets_its_worksheet_back_with_decimal_commas(found, mark, encoding):
    sheet = sheets.parse(mark + MOODLE.encode(encoding), "moodle.csv")
    done = platforms.fill_moodle(sheet, found, {})
    expected = MOODLE.replace('"3,25"', '"16,5"').replace("王小明;;;", "王小明;;20;")
    assert sheet.to_bytes() == mark + expected.encode(encoding)
    assert done.doubtful == ["row 3 (Participant 8, Cem Lee, cem@x.edu): its grade cannot be changed, says the sheet"]
    assert done.without_row == ["bob"]


IDS = st.from_regex(r"[0-9]{2,5}|[a-zα-ω王明][\w.+-]{0,6}", fullmatch=True)
WORDS = st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd"]) | st.sampled_from(" =+-@,;\"'"), max_size=8)
SCORES = st.integers(0, 4000).map(lambda n: n / 8)


@st.composite
def books(draw):
    """A book of one assignment, and a sheet's rows (name, id, grade as it was) in which most of its people are."""
    people = draw(st.dictionaries(IDS, WORDS, min_size=1, max_size=6))
    place = "a", "q"
    graded = {student: Graded(student, {place: Mark(draw(SCORES))}, penalty=draw(SCORES)) for student in people}
    made = book.Book({student: Named("", name) for student, name in people.items()},
                     {student: {student} for student in people}, {"one": Grades("one", {place: 500.0}, graded)},
                     {"one": [place]}, {"one": {}})
    there = draw(st.lists(st.sampled_from(sorted(people)), unique=True))
    rows = [(draw(WORDS), student, draw(st.sampled_from(["", "1", "2.5"]))) for student in there]
    return made, rows


@settings(max_examples=100, deadline=None)
@given(books(), st.sampled_from(",;\t"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.booleans())
def test_any_people_come_back_from_a_table_and_a_sheet(made, separator, encoding, commas):
    found, rows = made
    back = list(csv.DictReader(io.StringIO(table.table(found).decode("utf-8-sig"), newline="")))
    assert {row["id"]: float(row["one: total"]) for row in back} == {
        student: one.total for student, one in found.grades["one"].of.items()}
    assert all(row["last name"].removeprefix("'") == found.people[row["id"]].last for row in back
               if not found.people[row["id"]].last.startswith("'") and not set(";\t|") & set(row["last name"]))
    assert not any(value.startswith(("=", "+", "-", "@")) for row in back for value in row.values())
    for other in ";\t|":                             # a spreadsheet of another country takes the lines apart at these
        apart = csv.reader(io.StringIO(table.table(found).decode("utf-8-sig"), newline=""), delimiter=other)
        assert not any(value.strip().startswith(("=", "+", "-", "@")) for row in apart for value in row)
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows([
        ("Student", "ID", "SIS Login ID", "Section", "one (1)", "other (2)"),
        ("    Points Possible", "", "", "", "500", "0,5" if commas else "0.5"),
        *((name, f"x{at}x", student, "S", grade.replace(".", "," if commas else "."), "=A1")
          for at, (name, student, grade) in enumerate(rows))])
    sheet = sheets.parse(text.getvalue().encode(encoding), "canvas.csv")
    platforms.fill_canvas(sheet, found, {})
    before, after = (list(csv.reader(io.StringIO(one, newline=""), delimiter=separator))
                     for one in (text.getvalue(), sheet.to_bytes().decode(encoding)))
    for old, new, student in zip(before[2:], after[2:], [row[1] for row in rows], strict=True):
        assert old[:4] + old[5:] == new[:4] + new[5:]
        assert float(new[4].replace(",", ".")) == pytest.approx(found.grades["one"].of[student].total, abs=1e-6)
        assert "." not in new[4] if commas else "," not in new[4]


@pytest.mark.parametrize("name", ["x;=1+1", "x\t@SUM(1)", "x |-1", "=1", "x;\u00a0＝1", "\t=1"])
def test_no_part_of_a_name_is_a_formula_wherever_a_spreadsheet_takes_it_apart(name):
    parts = re.split(r"[;\t|,]", table.guarded(name))
    assert len(parts) > 1 or name == "=1"
    assert not any(part.strip(" \u00a0").startswith(("=", "+", "-", "@", "＝")) for part in parts)


@pytest.mark.parametrize("name", ["Doe; Jane", "a-b", "Lee|Kim", "王小明"])
def test_a_name_without_formulas_stays_as_it_is(name):
    assert table.guarded(name) == name


def test_gradescope_is_answered_by_who_submitted_with_the_visibility_of_each_test(course, found, tmp_path):
    with pytest.raises(KitError, match="--domain 'an office@' is none"):
        gradescope.submitters(found, "an office@")
    known, without = gradescope.submitters(found)
    assert without == ["bob"]
    packed = gradescope.archive(found, course, known, "after_published")
    assert packed == gradescope.archive(found, course, known, "after_published")
    assert gradescope.dry_run(packed, found, known) == []
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        assert opened.getinfo("run_autograder").external_attr >> 16 & 0o111
        opened.extractall(tmp_path / "source")
    (tmp_path / "submission_metadata.json").write_text(json.dumps(
        gradescope.submission("one", "cem@X.edu", "Cem", found.grades["one"])))
    subprocess.run(["bash", str(tmp_path / "source" / "run_autograder")], check=True, timeout=60,
                   env=os.environ | {"AUTOGRADER_ROOT": str(tmp_path)})
    said = json.loads((tmp_path / "results" / "results.json").read_text())
    assert said["score"] == TOTALS["cem"] and said["visibility"] == "after_published"
    shown = "name", "score", "max_score", "visibility", "output"
    assert [tuple(one[key] for key in shown) for one in said["tests"]] == [
        ("a: a-test-check", 0, 6, "visible", "is 3, not 4"), ("a: a-hidden-check", 10, 10, "after_published", ""),
        ("a: a-why-answer", 1, 4, "after_published", "=Read again: $x$.")]
    told = json.loads((tmp_path / "source" / "grades.json").read_text())
    assert "1 late day begun" in told["students"]["ann"]["output"]
    assert told["students"]["bob"]["tests"][1]["output"] == "is \u2026, not \u2026"          # of a hidden test, words


def test_gradescope_says_of_a_test_whose_points_a_person_gave_that_it_passed_or_failed_only_where_they_are_the_tests(
        tmp_path):
    course = termed.make(tmp_path, "one")
    course.roster.write_text("id,email\nann,ann@x.edu\n")
    termed.whole(course, "ann", "one", "10-01 11:00", test=False, hidden=False)

    def told(points):
        with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
            gradebook.find_grade("a-test-check", "a", "one", "ann").manual_score = points
            gradebook.db.commit()
        found = book.gather(course, ["one"])
        packed = gradescope.archive(found, course, gradescope.submitters(found)[0], "after_published")
        return gradescope.answered(packed, {"users": [{"email": "ann@x.edu"}]})["tests"]

    tests = told(5.0)
    assert [(one["score"], one.get("status")) for one in tests] == [(5, None), (0, "failed"), (4, None)]
    assert "a person gave these points" in tests[0]["output"].lower() and tests[0]["visibility"] == "after_published"
    assert told(0.0) == told(None) and told(0.0)[0]["status"] == "failed"           # as the feedback page has it


def test_a_group_on_gradescope_whose_members_have_the_same_grade_is_answered(tmp_path):
    course = termed.make(tmp_path, "one")
    course.roster.write_text("id,email\nann,ann@x.edu\ncem,cem@x.edu\nlea,lea@x.edu\n")
    for student, outcomes in (("ann", {}), ("cem", {}), ("lea", {"test": False})):
        termed.whole(course, student, "one", "10-01 11:00", **outcomes)
    found = book.gather(course, ["one"])
    packed = gradescope.archive(found, course, gradescope.submitters(found)[0], "visible")
    told = gradescope.answered(packed, {"users": [{"email": "ann@x.edu"}, {"email": "cem@x.edu"}]})
    assert told["score"] == found.grades["one"].of["cem"].total
    with pytest.raises(LookupError, match="differ"):
        gradescope.answered(packed, {"users": [{"email": "ann@x.edu"}, {"email": "lea@x.edu"}]})


def test_gradescope_knows_by_name_only_who_has_no_address_and_a_name_of_their_own(course, found):
    people = {"ann": Named("Ann", "Ångström"), "bob": Named("Bob", "de la Cruz"), "cem": Named("王", "小明"),
              "lea": Named("Ann", "Ångström")}
    named = replace(found, people=people, words={one: {one} for one in people})
    assert gradescope.submitters(named)[1] == list(people)
    known, without = gradescope.submitters(named, by_name=True)
    packed = gradescope.archive(named, course, known, "visible")
    assert without == ["ann", "lea"] and gradescope.dry_run(packed, named, known) == []
    for name, student in (("DE LA CRUZ, Bob", "bob"), ("王 小明", "cem")):
        told = gradescope.answered(packed, {"users": [{"email": "who@x.edu", "name": name}]})
        assert told["extra_data"]["student"] == student
    with pytest.raises(LookupError, match="is nobody"):
        gradescope.answered(packed, {"users": [{"email": "who@x.edu", "name": "Ann Ångström"}]})
    packed = gradescope.archive(found, course, gradescope.submitters(found, by_name=True)[0], "visible")
    with pytest.raises(LookupError, match="is nobody"):                   # Cem has an address, and this is not it
        gradescope.answered(packed, {"users": [{"email": "who@x.edu", "name": found.people["cem"].whole}]})


def test_gradescope_knows_by_number_only_who_has_no_address(course, found):
    without = replace(found, words={**found.words, "ann": {"ann", "s0815"}})
    packed = gradescope.archive(without, course, gradescope.submitters(without)[0], "visible")
    told = gradescope.answered(packed, {"users": [{"email": "who@x.edu", "sid": "s0815", "name": "Who"}]})
    assert told["extra_data"]["student"] == "ann"


@pytest.mark.parametrize("users, why", [
    ([], "names nobody"), ([{"email": "who@x.edu", "name": "Who"}], "is nobody in the grades"),
    ([{"email": "who@x.edu", "sid": "ann"}], "is nobody in the grades"),         # what people write in themselves
    ([{"email": "who@x.edu", "sid": "ann@x.edu"}], "is nobody in the grades"),
    ([{"email": "lea@x.edu", "sid": "ann"}], "has no grade"),
    ([{"email": "lea@x.edu", "name": "Lea"}], "has no grade"),
    ([{"email": "ann@x.edu"}, {"email": "cem@x.edu"}], "differ")])
def test_gradescope_answers_nothing_where_it_is_not_certain_who_asks(course, found, users, why):
    packed = gradescope.archive(found, course, gradescope.submitters(found)[0], "hidden")
    with pytest.raises(LookupError, match=why):
        gradescope.answered(packed, {"users": users})
    told = gradescope.answered(packed, {"users": [{"email": "ann@x.edu"}]})
    assert {test["visibility"] for test in told["tests"]} == {"hidden"}


def test_unmarked_questions_are_refused_unless_what_there_is_will_do(course, tmp_path):
    other = Course(tmp_path / "course")
    termed.copy(course, other)
    termed.hand_in(other, "lea", "one", "10-01 10:00")
    termed.grade(other, "lea", "one")
    with pytest.raises(KitError, match=r"1 questions of 1 students wait for a mark \(lea: a-why-answer\)"):
        book.gather(other, ["one"])
    rows = list(csv.DictReader(io.StringIO(table.table(book.gather(other, ["one"], partial=True)).decode("utf-8-sig"))))
    assert rows[-1]["one: total"] == "16" and rows[-1]["one: a-why-answer"] == ""
    (tmp_path / "sheet.csv").write_text(CANVAS, encoding="utf-8", newline="")
    done = kit("export", "one", "--to", "canvas", "--sheet", tmp_path / "sheet.csv", "--partial", course=other.root)
    assert done.returncode == 1 and "graded, and without a row in the sheet: cem" in done.stdout, done.stderr
    assert "Traceback" not in done.stderr and (other.root / "exports" / "one-canvas.csv").exists()
    assert "moodle fills in the sheet" in kit("export", "one", "--to", "moodle", course=other.root).stderr


@pytest.mark.parametrize("points, says", [("0", "'0' points"), ("-5", "'-5' points"), ('"1,000"', "'1,000' points"),
                                          ("20 pts", "'20 pts' points")])
def test_no_total_is_brought_to_points_that_may_be_two_numbers_or_none(found, points, says):
    sheet = sheets.parse(CANVAS.replace("20.00", points).encode(), "canvas.csv")
    with pytest.raises(KitError, match=says):
        platforms.fill_canvas(sheet, found, {}, scaled=True)
    assert sheet.to_bytes() == CANVAS.replace("20.00", points).encode()


def test_a_platforms_own_number_is_nobodys_id_here_where_the_row_has_another_name(found):
    sheet = sheets.parse(CANVAS.replace('Nobody Here,505,,nobody', 'Nobody Here,0042,,nobody')
                         .replace('王小明,502,0042', 'Somebody Else,502,x').encode(), "canvas.csv")
    done = platforms.fill_canvas(sheet, found, {})
    assert "0042" not in done.filled and any("has the number of 0042" in one for one in done.doubtful)
