"""What follows for a student from the rules about late days, step by step."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from grading.books.rules import DAY, HOUR, Policy


@dataclass(frozen=True)
class Facts:
    """What is known of one student and one assignment. due: without extension; granted: who says the extension."""

    assignment: str
    policy: Policy
    due: datetime | None
    handed: datetime | None = None
    extension: timedelta | None = None
    granted: str = ""
    score: float = 0.0
    points: float = 0.0


@dataclass(frozen=True)
class Standing:
    """What follows. days: begun late days, after grace; free, charged: which of them cost nothing, and those that do
    (hours, where hours count); left: of the student's budget after this assignment, None without one."""

    facts: Facts
    due: datetime | None
    seconds: float
    days: int
    free: int
    charged: int
    left: int | None
    penalty: float
    steps: tuple[str, ...]


def standings(facts: Iterable[Facts], days: int | None) -> dict[str, Standing]:
    """Of one student, by assignment; days: the student's budget over the course."""
    found: dict[str, Standing] = {}
    used: dict[str, int] = {}
    for one in sorted(facts, key=lambda one: (one.due or datetime.max, one.assignment)):
        standing = found[one.assignment] = _standing(one, days, used)
        if standing.free and one.policy.budget is not None:
            used[one.assignment] = standing.free
    return found


def _standing(facts: Facts, days: int | None, used: dict[str, int]) -> Standing:
    policy, steps = facts.policy, []
    budgeted = policy.budget is not None and days is not None
    left = max(0, days - sum(used.values())) if budgeted else None
    due = facts.due

    def ends(seconds=0.0, begun=0, free=0, charged=0, penalty=0.0) -> Standing:
        return Standing(facts, due, seconds, begun, free, charged, None if left is None else left - free, penalty,
                        tuple(steps))

    if due is None:
        steps.append("there is no due date")
        return ends()
    steps.append(f"due {policy.local(due)}")
    if facts.extension:
        due += facts.extension
        steps.append(f"extended by {span(facts.extension)} ({facts.granted}): due {policy.local(due)}")
    if facts.handed is None:
        steps.append("nothing is handed in, or its time is not known: nothing is late")
        return ends()
    late = facts.handed - due
    steps.append(f"handed in {policy.local(facts.handed)}: " +
                 (f"{span(late)} late" if late > timedelta() else "in time"))
    if late > timedelta() and policy.grace:
        late -= policy.grace
        steps.append(f"less {span(policy.grace)} of grace: " +
                     (f"{span(late)}" if late > timedelta() else "in time"))
    seconds = max(0.0, late.total_seconds())
    if not seconds:
        return ends()

    def over(days: float) -> bool:
        """Whether it is later than so many days by the clock."""
        return seconds > (policy.after(due, timedelta(days=days)) - due).total_seconds()

    begun = most = math.ceil(seconds / DAY)
    while begun > 1 and not over(begun - 1):
        begun -= 1
    if begun < most:
        steps.append("clocks were set back meanwhile: a late day ends at the same hour as the one before")
    base, what = (facts.score, "the score") if policy.of_score else (facts.points, "all points")
    if policy.closes is not None and over(policy.closes):
        steps.append(f"more than {policy.closes:g} days late: nothing of {_number(facts.score)} points is left")
        return ends(seconds, begun, 0, begun, facts.score)
    free = 0
    if budgeted or policy.free is not None:
        limits = [one for one in (left, policy.free) if one is not None]
        free = min(begun, *limits)
        told = [f"{days} late days for the course"] if budgeted else []
        told += [f"{number} used for {name}" for name, number in used.items()] if budgeted else []
        told += [f"at most {policy.free} for this assignment"] if policy.free is not None else []
        steps.append(f"{begun} late {_days(begun)} begun; {', '.join(told)}: {free} used here" +
                     (f", {left - free} left" if left is not None else ""))
    elif not policy.hourly:
        steps.append(f"{begun} late {_days(begun)} begun")
    charged = math.ceil(max(0.0, seconds - free * DAY) / HOUR) if policy.hourly else begun - free
    if not charged or policy.rate is None:
        steps.append("nothing is taken off")
        return ends(seconds, begun, free, charged)
    unit = ("hour" if charged == 1 else "hours") if policy.hourly else _days(charged)
    penalty = charged * policy.rate.points(base)
    of = f" of {what}, {_number(base)}" if policy.rate.percent else ""
    steps.append(f"{charged} {unit} at {policy.rate}{of}: {_number(penalty)} points")
    if policy.most is not None and penalty > policy.most.points(base):
        penalty = policy.most.points(base)
        steps.append(f"at most {policy.most}{f' of {what}' if policy.most.percent else ''}: {_number(penalty)} points")
    if penalty > facts.score:
        penalty = facts.score
        steps.append(f"no more than there is: {_number(penalty)} points")
    steps.append(f"{_number(facts.score)} - {_number(penalty)} = {_number(facts.score - penalty)} points")
    return ends(seconds, begun, free, charged, round(penalty, 9))


def span(length: timedelta) -> str:
    """`2 days 3 h 15 min`; seconds where it is less than a minute, or they are more than none."""
    seconds = round(abs(length).total_seconds())
    days, rest = divmod(seconds, DAY)
    parts = [(days, _days(days)), (rest // HOUR, "h"), (rest % HOUR // 60, "min"), (rest % 60, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def _days(number: int) -> str:
    return "day" if number == 1 else "days"


def _number(value: float) -> str:
    return f"{round(value, 6):.10g}"
