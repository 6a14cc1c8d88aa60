"""A whole class in the shape that a learning platform lets it down in: Canvas, Moodle, Gradescope, Blackboard.

Each shape becomes the same: one `HandIn` for each person's or group's attempt, with the time that the platform tells.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

import yaml

from grading.errors import KitError, few
from grading.intake.archive import File, Handed

METADATA = "submission_metadata.yml"
# What the platform writes stands in front; the rest is a file's own name, which may be made to look the same.
_CANVAS = re.compile(r"(?P<who>[^_/]+)_(?P<late>LATE_)?(?P<id>\d+)_(?P<file>\d+)_(?P<name>.+)")
_MOODLE = re.compile(r"(?P<who>[^/]+?)_(?P<id>\d+)_assignsubmission_(?P<kind>file|onlinetext)_?(?P<name>[^/]*)")
_MOODLES_FOLDER = re.compile(r"(?P<who>.+)_(?P<id>\d+)_assignsubmission_(?P<kind>file|onlinetext)_?(?P<name>)")
_GOES_ON = re.compile(r"(?:^|_)\d+_assignsubmission_(?:file|onlinetext)_")
_BLACKBOARD = re.compile(r"(?P<title>.+?)_(?P<who>[^_/]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<name>.+)|\.txt)")
_AGAIN = re.compile(r"-(\d{1,2})(?=\.[A-Za-z0-9.]+$)")
_MOST = 5_000_000                 # bytes of Gradescope's record
_MOST_NAME = 100                  # characters of what somebody is called, a number that tells it from others included


class Person(NamedTuple):
    """One who handed in.

    - name: what they are called where there is no roster
    - words: what may stand for them in one, the most certain first
    - agree: no word is certain by itself, such as a number that may be somebody else's in another list
    - platform, sure: what the platform itself knows them by, which they do not choose
    """

    name: str
    words: tuple[str, ...]
    agree: bool = False
    platform: str = ""
    sure: tuple[str, ...] = ()


class HandIn(NamedTuple):
    """One attempt, of one person or of a group. late: so says the platform; remark: what is not certain of it."""

    people: list[Person]
    handed: Handed
    late: bool = False
    remark: str = ""


def is_download(tops: Iterable[str]) -> bool:
    """Tell by the names at its top whether a folder is a platform's download."""
    return _shape(set(tops)) is not None


def read(handed: Handed, where: str, zone: tzinfo | None = None) -> Iterator[HandIn] | None:
    """The attempts in what a platform made, also with one folder around it; None for what no platform made.

    - zone: where the platform's clock stands, which may not say so; None: here
    """
    tops = {name.partition("/")[0] for name in handed.files}
    if len(tops) == 1 and not _shape(tops):
        handed = handed.below(tops.pop())
        tops = {name.partition("/")[0] for name in handed.files}
    shape = _shape(tops)
    if shape is None:
        return None
    if shape is _blackboard:
        return _blackboard(handed, zone)
    return _gradescope(handed, where) if shape is _gradescope else shape(handed)


def _shape(tops: set[str]) -> Callable | None:
    """The reader for what has these names at its top: the one that knows most of them, and more than half.

    A platform's own part stands in all of its names; another's in those alone that a student has named files so.
    """
    if METADATA in tops:
        return _gradescope
    known = {reader: sum(bool(pattern.fullmatch(top)) for top in tops)
             for pattern, reader in ((_BLACKBOARD, _blackboard), (_MOODLE, _moodle), (_CANVAS, _canvas))}
    likeliest = max(known, key=known.get)                # of several, the first: its names hold most of its own
    return likeliest if 2 * known[likeliest] > len(tops) else None


def _grouped(handed: Handed, pattern: re.Pattern, identity: Callable[[re.Match], tuple],
             of_folders: re.Pattern | None = None) -> dict[tuple, list]:
    """{whose attempt: [(match, the rest of the path, file)]}, for what the pattern knows.

    - of_folders: what folders are called, which hold no name that a student gave a file
    """
    found: dict[tuple, list] = {}
    for name, file in handed.files.items():
        top, _, rest = name.partition("/")
        if match := rest and of_folders and of_folders.fullmatch(top) or pattern.fullmatch(top):
            found.setdefault(identity(match), []).append((match, rest, file))
    return found


def _canvas(handed: Handed) -> Iterator[HandIn]:
    """`doejane_LATE_123_456_knn-1.ipynb`: last and first name, late or not, user, file, the file's name, which upload.

    A file that was uploaded again has a number; an attempt has the newest upload of each file so far. Which is newer,
    the file's own id says: a student's own name for it may end in a number, too.
    """
    for (who, user), files in sorted(_grouped(handed, _CANVAS, lambda match: match.group("who", "id")).items()):
        found: dict[str, dict[tuple[int, int], list[tuple[str, File]]]] = {}
        for match, rest, file in files:
            again = _AGAIN.search(match["name"])
            name, number = (_AGAIN.sub("", match["name"]), int(again[1])) if again else (match["name"], 0)
            found.setdefault(name, {}).setdefault((int(match["file"]), number), []).append(
                (f"{name}/{rest}" if rest else name, file))
        uploads = [dict(zip(sorted(number for _, number in those), (those[one] for one in sorted(those)), strict=True))
                   for those in found.values()]
        several = any(len(numbers) > 1 for numbers in uploads)
        rounds = sorted({number for numbers in uploads for number in numbers})
        for number in rounds if several else rounds[-1:]:
            one = Handed(made=handed.made, surpassed=number != rounds[-1], follows=several and number != rounds[0])
            for numbers in uploads:
                if newest := [upload for upload in sorted(numbers) if upload <= number]:
                    one.files.update(numbers[newest[-1]])
            person = Person(_numbered(who, user), (user, who), True, "canvas", (user,))
            yield HandIn([person], one, any(match["late"] for match, *_ in files))


def _moodle(handed: Handed) -> Iterator[HandIn]:
    """`Jane Doe_12345_assignsubmission_file/...`: the participant's name and number, then the files.

    Without folders a file's own name follows, and one that goes on like a participant's may be that one's file.
    """
    found = _grouped(handed, _MOODLE, lambda match: match.group("who", "id"), _MOODLES_FOLDER)
    for (who, number), files in sorted(found.items()):
        one, doubtful = Handed(made=handed.made), {}
        for match, rest, file in files:
            if match["kind"] == "file":
                named = "/".join(part for part in (match["name"], rest) if part)
                (doubtful if not rest and _GOES_ON.search(match["name"]) else one.files)[named] = file
        remark = ""
        if doubtful:
            remark = f"{few(sorted(doubtful), 2)} may be somebody else's, by its name"
            remark += ", and was not taken" if one.files else ""
            one.files.update({} if one.files else doubtful)
        if one.files:
            person = Person(_numbered(who, number), (who, number), False, "moodle", (number,))
            yield HandIn([person], one, remark=remark)


def _blackboard(handed: Handed, zone: tzinfo | None) -> Iterator[HandIn]:
    """`Assignment 1_jdoe_attempt_2025-10-08-21-14-03_knn.ipynb`; the text file beside it is Blackboard's own."""
    found = _grouped(handed, _BLACKBOARD, lambda match: match.group("title", "who", "time"))
    titles = {title for title, *_ in found}
    shortest = min(titles, key=len, default="")
    for (title, who, time), files in sorted(found.items(), key=lambda one: one[0][1:]):
        parts = title.split("_")
        if title != shortest and all(one == shortest or one.startswith(f"{shortest}_") for one in titles):
            who = f"{title.removeprefix(shortest)[1:]}_{who}"            # a login with an underscore, not another's
            parts = []
        one = Handed(told=_clock(time, zone))
        for match, rest, file in files:
            if match["name"]:
                one.files[f"{match['name']}/{rest}" if rest else match["name"]] = file
        if one.files:                                                    # a longer login is the likelier one
            words = (*("_".join([*parts[at:], who]) for at in range(len(parts))), who)
            yield HandIn([Person(who, words, False, "blackboard", words[1:] or words)], one)


def _numbered(who: str, number: str) -> str:
    return f"{who[:_MOST_NAME - 1 - len(number)]}-{number}"


def _clock(time: str, zone: tzinfo | None) -> datetime | None:
    """When Blackboard's clock showed this; None where it cannot have."""
    try:
        return datetime.strptime(time, "%Y-%m-%d-%H-%M-%S").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _gradescope(handed: Handed, where: str) -> Iterator[HandIn]:
    """Folders `submission_123`, and one record of who handed them in, and when."""
    record = _record(handed.files[METADATA], f"{where}: {METADATA}")
    folders: dict[str, Handed] = {}
    for field in ("files", "others"):
        for path, what in getattr(handed, field).items():
            top, _, rest = path.partition("/")
            getattr(folders.setdefault(top, Handed(made=handed.made)), field)[rest] = what
    for name, about in sorted(record.items()):
        if not isinstance(about, dict):
            raise KitError(f"{where}: {METADATA} says nothing of {name} that can be read. Download it again.")
        submitters = about.get(":submitters") or about.get("submitters") or []
        people = [found for person in submitters if isinstance(person, dict) and (found := _submitter(person))]
        one = folders.get(str(name), Handed(made=handed.made))
        one.told = _moment(about.get(":created_at") or about.get("created_at"))
        yield HandIn(people, one)


def _submitter(person: dict) -> Person | None:
    """Of number, address and name an account on Gradescope has but the address for certain."""
    words = {field: str(person[field]) for field in (":sid", ":email", ":name", "sid", "email", "name")
             if person.get(field) and isinstance(person[field], str | int)}
    address = words.get(":email") or words.get("email")
    told = tuple(words.values())
    return Person(told[0], told, True, "gradescope", (address,) if address else ()) if told else None


def _record(file: File, where: str) -> dict:
    content = file.read()
    if len(content) > _MOST:
        raise KitError(f"{where} is larger than {_MOST // 1_000_000} MB, which no class's record is.")
    try:
        found = yaml.load(io.BytesIO(content), Loader=_Plain)      # noqa: S506  (a SafeLoader that skips Ruby's tags)
    except (yaml.YAMLError, ValueError, RecursionError, AttributeError, TypeError) as error:
        raise KitError(f"{where} cannot be read ({' '.join(str(error).split())[:200]}). Download it again.") from None
    if not isinstance(found, dict):
        raise KitError(f"{where}: expected an entry for each submission. Download it again.")
    return found


class _Plain(yaml.SafeLoader):
    """Plain values only; what carries a tag of Ruby's is taken as the mapping, list or text that it is.

    Merges (`<<`) are left alone: nested, ten lines of them make a billion entries.
    """

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Not done."""


def _untagged(loader: _Plain, _: str, node: yaml.Node):
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_Plain.add_multi_constructor("!", _untagged)


def _moment(told: object) -> datetime | None:
    if isinstance(told, datetime):
        return told.replace(tzinfo=told.tzinfo or UTC).astimezone(UTC)
    try:
        found = datetime.fromisoformat(re.sub(r" (?=[+-]\d|UTC|Z)", "", str(told)).replace("UTC", "Z"))
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
