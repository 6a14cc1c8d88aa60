"""Who is in the class: `roster.csv`, and which of its students a name, an address or a number belongs to."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from grading.books.course import Course
from grading.errors import KitError

_ENCODINGS = "utf-8-sig", "cp1252", "latin-1"
_DIGITS = 3                       # of a number that may stand for a student, at least


@dataclass
class Roster:
    """Ids of students in the file's order, and for each key the ids of those whom it may mean."""

    ids: dict[str, None] = field(default_factory=dict)          # ordered, and asked for each of a class
    keys: dict[str, list[str]] = field(default_factory=dict)

    def whose(self, words: Iterable[str]) -> list[str]:
        """Ids of the students whom the first word that means anybody may mean; words: the most certain first."""
        for word in words:
            if word in self.ids:
                return [word]
            if found := self.keys.get(key(word)):
                return found
        return []


def read(course: Course) -> Roster | None:
    """The course's roster, or None when it has none. Raises KitError for one without a column `id`."""
    if not course.roster.exists():
        return None
    text = decoded(course.roster.read_bytes())
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    columns = [column for column in rows.fieldnames or [] if column]
    named = {column.strip().casefold(): column for column in columns}
    if "id" not in named:
        raise KitError(f"{course.roster}: expected a column named 'id' in the first row, "
                       f"found {', '.join(columns) or 'nothing'}.")
    roster = Roster()
    for row in rows:
        student = (row[named["id"]] or "").strip()
        if not student:
            continue
        if student in roster.ids:
            raise KitError(f"{course.roster}, line {rows.line_num}: {student!r} is there twice. Each id stands for "
                           "one student.")
        roster.ids[student] = None
        values = {column: value.strip() for column, value in row.items() if isinstance(value, str) and value.strip()}
        for word in {found for column, value in values.items() for found in _keys(column, value)} | _joined(values):
            roster.keys.setdefault(word, []).append(student)
    return roster


def decoded(content: bytes) -> str:
    """A table's text as spreadsheets write it: UTF-8 with or without a mark, UTF-16, or that of old Windows."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", "replace")


def key(text: str) -> str:
    """Letters and digits alone, without accents or case; of `Doe, Jane` and `Jane Doe` the same."""
    return " ".join(sorted(_words(text)))


def _words(text: str) -> list[str]:
    bare = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o").replace("ł", "l")).casefold()
    return re.findall(r"\w+", "".join(letter for letter in bare if not unicodedata.combining(letter)))


def _keys(column: str, value: str) -> set[str]:
    """What may stand for a student: a value of the row, and of a name what Canvas makes of it, last name first."""
    if column.strip().casefold() in ("section", "group", "role", "status", "grade", "points"):
        return set()
    found = {key(value)}
    if "@" in value:
        found.add(key(value.partition("@")[0]))
    before, comma, after = value.partition(",")
    words = _words(value)
    if comma:
        found.add("".join(_words(before) + _words(after)))
    elif len(words) > 1 and not any(word.isdigit() for word in words):
        found |= {"".join(words), "".join(words[-1:] + words[:-1])}
    return {one for one in found if len(one) >= (_DIGITS if one.isdigit() else 2)}


def _joined(values: dict[str, str]) -> set[str]:
    """The same of a first and a last name in two columns."""
    parts = {}
    for column, value in values.items():
        plain = re.sub(r"[^a-z]", "", column.casefold())
        parts[{"firstname": "first", "givenname": "first", "first": "first", "lastname": "last", "surname": "last",
               "familyname": "last", "last": "last"}.get(plain, "")] = value
    if "first" in parts and "last" in parts:
        return _keys("name", f"{parts['last']}, {parts['first']}")
    return set()
