"""Due dates, extensions and times of handing in, through `kit late` and `kit export`: numbers, or a sentence."""

import csv
import io
import json

import pytest
import termed
from conftest import kit

ZURICH = {"timezone": "Europe/Zurich", "per_day": "10%"}


@pytest.fixture
def course(tmp_path):
    made = termed.make(tmp_path, "one")
    termed.whole(made, "ann", "one", "10-01 11:00")
    return made


def handed(course, text):
    (course.submitted("ann", "one") / "timestamp.txt").write_text(text, encoding="utf-8")


def penalty(course, tmp_path):
    """Of Ann, as both commands tell it."""
    kit("late", "one", "--json", tmp_path / "late.json", course=course.root, check=True)
    kit("export", "one", "--to", "csv", "--into", tmp_path / "grades.csv", course=course.root, check=True)
    row = next(csv.DictReader(io.StringIO((tmp_path / "grades.csv").read_text(encoding="utf-8-sig"))))
    told = json.loads((tmp_path / "late.json").read_text())["ann"]["penalty"]
    assert float(row["one: penalty"]) == told == 20 - float(row["one: total"])
    return told


@pytest.mark.parametrize("due, roster, expected", [
    ("2026-10-25T02:30:00", "", 0),                                     # 02:15 of the second time is before 02:30
    ("2026-10-24T02:30:00", "", 2), ("2026-10-24T02:30:00", "1 day", 0),
    ("2026-10-20T23:59:00", "2026-10-25 02:30", 0), ("2026-10-25T02:10:00", "", 2)])
def test_what_clocks_show_twice_is_over_when_they_have_shown_it_the_second_time(course, tmp_path, due, roster,
                                                                                expected):
    termed.describe(course, "one", due=due, **ZURICH)
    course.roster.write_text(f"id,extension one\nann,{roster}\n")
    handed(course, "2026-10-25 01:15:00 UTC")
    assert penalty(course, tmp_path) == expected


@pytest.mark.parametrize("when, expected", [("2026-03-29 01:30:00 UTC", 0), ("2026-03-29 01:30:01 UTC", 2)])
def test_what_clocks_leave_out_is_as_long_after_the_hour_before(course, tmp_path, when, expected):
    termed.describe(course, "one", due="2026-03-29T02:30:00", **ZURICH)
    handed(course, when)
    assert penalty(course, tmp_path) == expected


@pytest.mark.parametrize("when, expected", [
    ("2026-10-09 14:00:00 +02:00", 0), ("2026-10-09 14:00:01 +0200", 2), ("2026-10-09T12:00:01Z", 2),
    ("2026-10-09 12:00:01", 2), ("2026-10-09 12:00:00.5 UTC", 2), ("2026-10-09 14:00:00 Europe/Zurich", 0),
    ("\ufeff2026-10-09 12:00:00 UTC\r\n", 0)])
def test_a_time_of_handing_in_is_read_with_the_zone_that_it_says(course, tmp_path, when, expected):
    termed.describe(course, "one", due="2026-10-09T12:00:00Z", per_day="10%")
    handed(course, when)
    assert penalty(course, tmp_path) == expected


@pytest.mark.parametrize("when", ["2026-10-1", "12", "2026", "12:00", "10/11/2026 12:00", "2026-10-09 11:30:00 PDT",
                                  "2026-10-09 11:30:00 UTC\n2026-10-11 11:30:00 UTC", None])
def test_half_a_time_and_one_of_a_zone_that_nobody_knows_are_refused(course, when):
    termed.describe(course, "one", due="2026-10-09T12:00:00Z", per_day="10%")
    stamp = course.submitted("ann", "one") / "timestamp.txt"
    stamp.unlink()
    stamp.write_text(when) if when else stamp.mkdir()
    for command in (["late", "one"], ["export", "one", "--to", "csv"]):
        done = kit(*command, course=course.root)
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and f"{stamp} holds no time" in done.stderr


@pytest.mark.parametrize("roster, says", [
    ("id,extension one,Extension One\nann,,2 days\n", "two columns that mean the same, 'extension one' and 'Extension"),
    ("id,extension one,extension one\nann,2 days,\n", "two columns that mean the same"),
    ("id,late days,Late_Days\nann,0,4\n", "two columns that mean the same"),
    ("id,ID\nann,501\n", "two columns that mean the same"),
    ("id,extension one\nann,2026-W42\n", "is a week")])
def test_a_roster_of_two_minds_is_refused_and_no_extension_is_passed_over(course, roster, says):
    termed.describe(course, "one", due="2026-10-09T12:00:00Z", per_day="10%")
    course.roster.write_text(roster)
    done = kit("late", "one", course=course.root)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and says in done.stderr


def test_what_the_roster_grants_to_no_effect_is_told(course):
    termed.describe(course, "one", due="2026-10-09T12:00:00Z", per_day="10%")
    course.roster.write_text("id,extension onne,late days,extension\nann,2 days,3,4711\n")
    said = kit("late", "one", course=course.root, check=True).stdout
    assert "a column 'extension onne', and no assignment is called so" in said and said.count("no assignment") == 1
    assert "no [late] has 'budget_days'" in said
    termed.describe(course, "one", due="2026-10-09T12:00:00Z", per_day="10%", budget_days=0)
    course.roster.write_text("id,extension one,late days\nann,2 days,3\n")
    assert "no " not in kit("late", "one", course=course.root, check=True).stdout.partition("student")[0]


def test_a_roster_that_leads_nowhere_or_never_ends_is_told_and_not_taken_for_none(course):
    termed.describe(course, "one", due="2026-10-09T12:00:00Z", per_day="10%")
    for target in ("gone.csv", "roster.csv", "/dev/zero"):
        course.roster.unlink(missing_ok=True)
        course.roster.symlink_to(target)
        for command in (["late", "one"], ["roster", "list"], ["roster", "import", "/dev/zero"]):
            done = kit(*command, course=course.root)
            assert done.returncode == 1 and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
