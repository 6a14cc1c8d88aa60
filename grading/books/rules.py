"""Late days: what an assignment's description says about them.

    [late]                          # in assignment.toml
    due = 2026-10-09T23:59:00       # with an offset (+02:00), or beside a
    timezone = "Europe/Zurich"
    grace_minutes = 15              # taken off how late something is
    budget_days = 5                 # late days that a student has over the course: the same in every assignment
    free_days = 2                   # how many of them may be used for this one
    per_day = "10%"                 # what each day more costs, begun ones whole; or per_hour; "10%" or points
    of = "max"                      # of the points that there are, or of the "score"
    at_most = "50%"                 # all of it together; or points
    nothing_after_days = 4          # what is later than this earns nothing, and takes no late days

All of it but `due` may be left out. Days of the budget go to assignments in the order of their due dates. In
`roster.csv`, a column `late days` is a student's own budget, and `extension assignment1` what was granted: `2 days`,
`36 hours`, or the date until which. Times are UTC without saying so, as nbgrader's are.
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from grading import ROOT
from grading.errors import KitError

ASSIGNMENTS = ROOT / "assignments"
_FILE = "assignment.toml"
DAY, HOUR = 86_400, 3_600        # seconds
LONGEST = timedelta(days=10_000)         # of an extension
YEARS = range(1900, 9000)                # in which something is due: with every extension, in any zone, a date too
_KEYS = ("due", "timezone", "grace_minutes", "budget_days", "free_days", "per_day", "per_hour", "of", "at_most",
         "nothing_after_days")
_SPANS = {"w": 7 * DAY, "d": DAY, "t": DAY, "h": HOUR, "m": 60}
_SPAN = re.compile(r"(\d+(?:[.,]\d+)?)\s*(weeks?|w|days?|d|tage?|hours?|h|hrs?|minutes?|mins?|min|m)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Amount:
    """So many points, or percent of some."""

    number: float
    percent: bool

    def points(self, of: float) -> float:
        return self.number * of / 100 if self.percent else self.number

    def __str__(self) -> str:
        return f"{self.number:g}%" if self.percent else f"{round(self.number, 6):.10g} points"


@dataclass(frozen=True)
class Policy:
    """A `[late]`, as the head of this module shows it. None where nothing is said."""

    due: datetime | None = None
    zone: tzinfo = UTC
    grace: timedelta = timedelta()
    budget: int | None = None
    free: int | None = None
    rate: Amount | None = None
    hourly: bool = False
    of_score: bool = False
    most: Amount | None = None
    closes: float | None = None

    def local(self, moment: datetime) -> str:
        return f"{moment.replace(tzinfo=UTC).astimezone(self.zone):%Y-%m-%d %H:%M:%S %Z}"

    def after(self, moment: datetime, length: timedelta) -> datetime:
        """So much later; where clocks are set back meanwhile, as late by the clock there: a day had 25 hours."""
        there = moment.replace(tzinfo=UTC).astimezone(self.zone).replace(tzinfo=None) + length
        return max(moment + length, utc(there, self.zone))


def read(assignment: str, folder: Path = ASSIGNMENTS) -> Policy | None:
    """The assignment's policy; None where its description has none. Raises KitError for one that cannot be read."""
    path = folder / assignment / _FILE
    try:
        stamp = path.stat()
    except OSError:
        return None
    return _read(path, (stamp.st_mtime_ns, stamp.st_size, stamp.st_ino))


@lru_cache(maxsize=200)
def _read(path: Path, stamp: tuple) -> Policy | None:
    try:
        described = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KitError(f"{path} is not valid TOML: {error}.") from None
    return parse(described.get("late"), path)


def parse(said: object, path: Path) -> Policy | None:
    """The table `[late]` of the description at `path`."""
    if said is None:
        return None
    if not isinstance(said, dict):
        raise KitError(f"{path}: 'late' must be a table, [late], found {said!r}.")
    if unknown := sorted(said.keys() - set(_KEYS)):
        raise KitError(f"{path}: [late] has {unknown[0]!r}, which means nothing; it may have {', '.join(_KEYS)}.")
    if "per_day" in said and "per_hour" in said:
        raise KitError(f"{path}: [late] has both 'per_day' and 'per_hour'. Keep one.")
    if said.get("of", "max") not in ("max", "score"):
        raise KitError(f"{path}: [late] has of = {said['of']!r}; expected \"max\" or \"score\".")
    zone = _zone(said.get("timezone"), path)
    due = said.get("due")
    if due is not None:
        if type(due) is date:
            due = datetime.combine(due, time(23, 59, 59))
        if not isinstance(due, datetime):
            raise KitError(f"{path}: [late] has due = {due!r}; expected a time such as 2026-10-09T23:59:00+02:00, "
                           "without quotes.")
        if due.tzinfo is None and zone is None:
            raise KitError(f"{path}: [late] does not say where it is {due} when it is due. Add timezone = "
                           "\"Europe/Zurich\" (or yours), or an offset such as +02:00.")
        if due.year not in YEARS:
            raise KitError(f"{path}: [late] has due = {due}; expected a year from {YEARS[0]} to {YEARS[-1]}.")
        zone = zone or due.tzinfo
        due = utc(due, zone)
    rate = said.get("per_day", said.get("per_hour"))
    return Policy(
        due, zone or UTC, timedelta(minutes=_count(said, "grace_minutes", path, whole=False) or 0),
        _count(said, "budget_days", path), _count(said, "free_days", path),
        _amount(rate, "per_hour" if "per_hour" in said else "per_day", path), "per_hour" in said,
        said.get("of") == "score", _amount(said.get("at_most"), "at_most", path),
        _count(said, "nothing_after_days", path, whole=False))


def utc(moment: datetime, zone: tzinfo) -> datetime:
    """A moment there, or with an offset of its own, as nbgrader keeps times. What clocks show twice is the second time,
    and what they leave out is as long after the hour before as it says: by the clock nobody is late earlier."""
    told = [moment] if moment.tzinfo else [moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    return max(one.astimezone(UTC).replace(tzinfo=None) for one in told)


def extension(text: str, policy: Policy, due: datetime | None, where: str) -> timedelta | None:
    """What is granted: a length, or a time until which. None for nothing. Raises KitError; `where` names the place."""
    text = text.strip()
    if not text:
        return None
    try:
        granted = _granted(text, policy, due, where)
    except OverflowError:                                # more than a calendar has
        granted = timedelta.max
    if granted > LONGEST:
        raise KitError(f"{where}: {text[:40]!r} is more than {LONGEST.days:,} days. Expected a length such as "
                       "'2 days'.")
    return granted


def _granted(text: str, policy: Policy, due: datetime | None, where: str) -> timedelta:
    if not _SPAN.sub("", text).strip(" ,+&and"):
        spans = [(float(number.replace(",", ".")), _SPANS[unit[0].lower()]) for number, unit in _SPAN.findall(text)]
        granted = timedelta(seconds=sum(number * unit for number, unit in spans))
        in_days = all(unit % DAY == 0 for _, unit in spans)
        return policy.after(due, granted) - due if due and in_days else granted
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        raise KitError(f"{where}: {text!r} is no extension. Expected a length such as '2 days' or '36 hours', or the "
                       "time until which, such as 2026-10-12 23:59.") from None
    if "w" in text.lower():                              # a week of the year: it has seven days to end on
        raise KitError(f"{where}: {text!r} is a week. Expected the day until which, such as 2026-10-12.")
    if re.fullmatch(r"[\d-]+", text):
        until = datetime.combine(until.date(), time(23, 59, 59))
    if due is None:
        raise KitError(f"{where}: {text!r} is a time, and the assignment has no due date to be later than. Add it to "
                       "[late] in its assignment.toml.")
    granted = utc(until, policy.zone) - due
    if granted < timedelta():
        raise KitError(f"{where}: {text!r} is before the due date, {policy.local(due)}.")
    return granted


def budget(policies: dict[str, Policy]) -> int | None:
    """The course's late days for each student. Raises KitError where assignments do not agree."""
    said = {name: policy.budget for name, policy in sorted(policies.items()) if policy.budget is not None}
    if len(set(said.values())) > 1:
        told = ", ".join(f"{days} in {name}" for name, days in said.items())
        raise KitError(f"'budget_days' in [late] is one number for the course, found {told}. Make them equal.")
    return next(iter(said.values()), None)


def _zone(name: object, path: Path) -> tzinfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, TypeError, KeyError):
        raise KitError(f"{path}: [late] has timezone = {name!r}; expected a name such as \"America/Los_Angeles\" or "
                       "\"UTC\".") from None


def _count(said: dict, key: str, path: Path, whole: bool = True) -> float | None:
    value = said.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not 0 <= value < 10_000:
        raise KitError(f"{path}: [late] has {key} = {value!r}; expected a {'whole ' if whole else ''}number, 0 or "
                       "more.")
    return value


def _amount(value: object, key: str, path: Path) -> Amount | None:
    if value is None:
        return None
    if isinstance(value, str) and (found := re.fullmatch(r"\s*(\d{1,6}(?:\.\d+)?)\s*%\s*", value)):
        return Amount(float(found[1]), True)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6:
        return Amount(float(value), False)
    raise KitError(f"{path}: [late] has {key} = {value!r}; expected percent such as \"10%\", or points such as 2.5.")
