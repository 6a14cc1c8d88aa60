"""Late days: what a description may say, and numbers worked out by hand."""

import tomllib
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grading import ROOT
from grading.books import late, rules
from grading.books.late import Facts
from grading.errors import KitError

HERE = Path("assignments/one/assignment.toml")
DUE = datetime(2026, 10, 9, 12, 0)


def policy(**said):
    return rules.parse({"due": DUE, "timezone": "UTC"} | said, HERE)


def standing(rules, seconds, score=80.0, points=100.0, days=None, extension=None):
    return late.standings([Facts("one", rules, DUE, DUE + timedelta(seconds=seconds), extension, "roster.csv", score,
                                 points)], days)["one"]


HOUR, DAY = 3600, 86400
CASES = [
    # said, seconds late, budget -> days, free, charged, penalty
    ({"per_day": "10%"}, 0, None, (0, 0, 0, 0)),
    ({"per_day": "10%"}, 1, None, (1, 0, 1, 10)),
    ({"per_day": "10%"}, DAY, None, (1, 0, 1, 10)),
    ({"per_day": "10%"}, DAY + 1, None, (2, 0, 2, 20)),
    ({"per_day": "10%", "of": "score"}, DAY + 1, None, (2, 0, 2, 16)),
    ({"per_day": 2.5}, 3 * DAY, None, (3, 0, 3, 7.5)),
    ({"per_day": "10%", "grace_minutes": 15}, 900, None, (0, 0, 0, 0)),
    ({"per_day": "10%", "grace_minutes": 15}, DAY + 901, None, (2, 0, 2, 20)),
    ({"per_day": "10%", "at_most": "25%"}, 5 * DAY, None, (5, 0, 5, 25)),
    ({"per_day": "10%", "at_most": 12}, 5 * DAY, None, (5, 0, 5, 12)),
    ({"per_day": "30%"}, 5 * DAY, None, (5, 0, 5, 80)),
    ({"per_hour": "1%"}, 90 * 60, None, (1, 0, 2, 2)),
    ({"per_hour": "1%", "budget_days": 1}, DAY + 90 * 60, 1, (2, 1, 2, 2)),
    ({"per_day": "10%", "budget_days": 3}, 4 * DAY, 3, (4, 3, 1, 10)),
    ({"per_day": "10%", "budget_days": 3, "free_days": 2}, 4 * DAY, 3, (4, 2, 2, 20)),
    ({"per_day": "10%", "free_days": 1}, 2 * DAY, None, (2, 1, 1, 10)),
    ({"per_day": "10%", "budget_days": 3, "nothing_after_days": 2}, 2 * DAY + 1, 3, (3, 0, 3, 80)),
    ({"budget_days": 1}, 2 * DAY, 1, (2, 1, 1, 0)),
]


@pytest.mark.parametrize("said, seconds, days, expected", CASES)
def test_penalties_worked_out_by_hand(said, seconds, days, expected):
    found = standing(policy(**said), seconds, days=days)
    assert (found.days, found.free, found.charged, found.penalty) == expected


def test_the_budget_goes_to_assignments_in_the_order_of_their_due_dates():
    rules = policy(per_day="10%", budget_days=3)
    facts = [Facts(name, rules, DUE + timedelta(days=7 * number), DUE + timedelta(days=7 * number + over), score=80,
                   points=100) for name, number, over in (("third", 3, 1), ("first", 1, 2), ("second", 2, 2))]
    found = late.standings(facts, 3)
    assert {name: (one.free, one.charged, one.left, one.penalty) for name, one in found.items()} == {
        "first": (2, 0, 1, 0), "second": (1, 1, 0, 10), "third": (0, 1, 0, 10)}
    assert "3 late days for the course, 2 used for first: 1 used here, 0 left" in found["second"].steps[2]


def test_a_number_is_explained_step_by_step():
    rules = policy(per_day="10%", grace_minutes=15, budget_days=2, at_most="50%")
    found = standing(rules, 3 * DAY + 2 * HOUR, days=2, extension=timedelta(hours=1))
    assert found.steps == (
        "due 2026-10-09 12:00:00 UTC",
        "extended by 1 h (roster.csv): due 2026-10-09 13:00:00 UTC",
        "handed in 2026-10-12 14:00:00 UTC: 3 days 1 h late",
        "less 15 min of grace: 3 days 45 min",
        "4 late days begun; 2 late days for the course: 2 used here, 0 left",
        "2 days at 10% of all points, 100: 20 points",
        "80 - 20 = 60 points")


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10 * DAY), st.integers(0, 10 * DAY), st.integers(0, 4), st.integers(0, 30), st.booleans())
def test_later_never_costs_less_and_never_more_than_there_is(one, more, budget, grace, hourly):
    rules = policy(**{"per_hour" if hourly else "per_day": "3%"}, budget_days=budget, grace_minutes=grace,
                   at_most="60%")
    first, second = standing(rules, one, days=budget), standing(rules, one + more, days=budget)
    assert 0 <= first.penalty <= second.penalty <= 80 and first.free <= budget and first.left == budget - first.free


def uncommented(text):
    """The [late] that a text shows, commented out or indented."""
    lines = [line.lstrip("# ") for line in text.splitlines()]
    return "\n".join(takewhile(str.strip, lines[lines.index("[late]"):]))


def test_the_forms_that_the_readme_the_help_and_the_first_assignment_show_can_be_used_as_they_are():
    shown = [(ROOT / "README.md").read_text(), (ROOT / "assignments/assignment1/assignment.toml").read_text()]
    found = [rules.parse(tomllib.loads(uncommented(text))["late"], HERE) for text in shown]
    assert [(one.due, one.budget, str(one.rate)) for one in found] == [(datetime(2026, 10, 10, 6, 59), 5, "10%")] * 2
    assert standing(found[1], 4 * 86_400, days=5).penalty == 20            # two of them are free for this one


def test_local_times_know_summer_time():
    summer, winter = (rules.parse({"due": datetime(2026, month, 1, 23, 59), "timezone": "Europe/Zurich"}, HERE).due
                      for month in (7, 12))
    assert (summer.hour, winter.hour) == (21, 22)


@pytest.mark.parametrize("text, hours", [("2 days", 48), ("2d", 48), ("36 h", 36), ("1 day 12 hours", 36),
                                         ("1,5 days", 36), ("90 min", 1.5), ("1 week", 168), ("", None),
                                         ("2026-10-10 12:00", 24),
                                         ("2026-10-10T14:00+02:00", 24)])
def test_extensions_as_people_write_them(text, hours):
    found = rules.extension(text, policy(), DUE, "roster.csv")
    assert (found and found.total_seconds() / HOUR) == hours


def test_where_clocks_are_set_back_a_day_ends_at_the_same_hour_by_the_clock():
    """On 25 October 2026 Zurich's clocks show 2 to 3 o'clock twice; what ends at 23:59 does so on the next day, too."""
    said = policy(due=datetime(2026, 10, 23, 23, 59), timezone="Europe/Zurich", per_day="10%", nothing_after_days=2)
    assert said.due == datetime(2026, 10, 23, 21, 59)
    assert said.due + rules.extension("2 days", said, said.due, "roster.csv") == datetime(2026, 10, 25, 22, 59)
    assert rules.extension("48 hours", said, said.due, "roster.csv") == timedelta(hours=48)

    def after(handed):
        found = late.standings([Facts("one", said, said.due, handed, score=80.0, points=100.0)], None)["one"]
        return found.days, found.penalty

    assert [after(datetime(2026, 10, day, hour, minute)) for day, hour, minute in
            ((24, 21, 59), (24, 22, 0), (25, 22, 59), (25, 23, 0))] == [(1, 10), (2, 20), (2, 20), (3, 80)]


@pytest.mark.parametrize("text", ["2", "soon", "2 months", "2026-10-08 12:00", "-1 day", "999999999999 days",
                                  "9" * 400 + " days", "20000 days", "9999-12-31"])
def test_an_extension_that_says_nothing_certain_is_refused(text):
    with pytest.raises(KitError, match=r"roster.csv: '.*' is"):
        rules.extension(text, policy(), DUE, "roster.csv")


@pytest.mark.parametrize("said, found", [
    ({"due": "2026-10-09"}, "without quotes"), ({"due": DUE, "timezone": "Zurich"}, "America/Los_Angeles"),
    ({"due": DUE, "timezone": None} | {"per_day": "ten"}, "does not say where"),
    ({"dues": 1}, "'dues', which means nothing"),
    ({"due": datetime(9999, 12, 31, tzinfo=UTC)}, "a year from 1900 to 8999"),
    ({"due": datetime(1, 1, 1, tzinfo=UTC)}, "a year from"), ({"per_day": "9" * 400 + "%"}, "percent"),
    ({"per_day": 1, "per_hour": 1}, "both"), ({"per_day": True}, "percent"), ({"per_day": "10 percent"}, "percent"),
    ({"grace_minutes": -1}, "0 or more"), ({"budget_days": 1.5}, "whole"), ({"of": "all"}, "max"), (3, "a table")])
def test_what_cannot_be_read_is_a_sentence(said, found):
    with pytest.raises(KitError, match=found):
        rules.parse(said, HERE)


def test_a_budget_is_one_number_for_the_course():
    with pytest.raises(KitError, match="3 in a, 4 in b"):
        rules.budget({"a": policy(budget_days=3), "b": policy(budget_days=4), "c": policy()})
