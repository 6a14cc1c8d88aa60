"""Who is in the class: `roster.csv`, and which of its students a name, an address or a number belongs to.

Beside `id` any column may stand there. A column for names, first and last names or an address is known by its heading;
`late days` is a student's own budget, and `extension ASSIGNMENT` what a student has been granted (see `rules.py`).
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from grading.books import sheets
from grading.books.course import Course
from grading.books.sheets import Sheet
from grading.errors import KitError

STUDENT = re.compile(r"[^\W_][\w.@+-]{0,99}")
NO_ID = "expected letters, digits and . _ @ + - only"
_DIGITS = 3                       # of a number that may stand for a student, at least
_ABOUT = ("section", "group", "role", "status", "grade", "points")
_FIRST = ("firstname", "givenname", "first", "forename", "vorname", "prénom", "nombre")
_LAST = ("lastname", "surname", "familyname", "last", "nachname", "nom", "apellido", "apellidos")
_FULL = ("name", "fullname", "student", "studentname", "sortablename", "displayname")
_ADDRESS = ("email", "emailaddress", "mail", "emailadresse", "correo", "address")
_EXTENSION, _BUDGET = "extension", "latedays"


class Named(NamedTuple):
    """What a student is called; None where nothing tells."""

    first: str | None = None
    last: str | None = None
    email: str | None = None

    @property
    def whole(self) -> str:
        return " ".join(filter(None, (self.first, self.last)))


@dataclass
class Roster:
    """Ids of students in the file's order, and for each key the ids of those whom it may mean.

    - rows: id -> column -> value, where there is one; at: id -> row of the sheet
    """

    ids: dict[str, None] = field(default_factory=dict)          # ordered, and asked for each of a class
    keys: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    at: dict[str, int] = field(default_factory=dict)
    sheet: Sheet | None = None

    def meant(self, word: str) -> list[str]:
        """Ids of the students whom a word may mean: as their id, or by what else stands in their rows."""
        return list(dict.fromkeys([word] * (word in self.ids) + self.keys.get(key(word), [])))

    def whose(self, words: Iterable[str]) -> list[str]:
        """Ids of the students whom the first word that means anybody may mean; of several, those whom the words behind
        it may mean as well. words: the most certain first."""
        found: list[str] = []
        for word in words:
            meant = self.meant(word)
            found = [one for one in found if one in meant] or found or meant
        return found

    def certainly(self, student: str, words: Iterable[str]) -> bool:
        """Whether one of these words is the student's id, or a number, login or address in the row, and no name."""
        known = {student, *map(key, certain(self.rows[student]))}
        return any(word in known or key(word) in known for word in words)

    def by_number_alone(self, student: str, words: Iterable[str]) -> bool:
        """Whether no name among these words means anybody, though the student has one here: a number that does may by
        chance be somebody else's."""
        names = [word for word in words if not word.isdecimal()]
        return bool(names and self.named(student).whole) and not any(map(self.meant, names))

    def named(self, student: str) -> Named:
        return named(self.rows.get(student, {}))

    def extension(self, student: str, assignment: str) -> str | None:
        """What the roster grants, as it is written; "" where the column has nothing, None where there is no column."""
        column = next((one for one in self.sheet.header if plain(one) == _EXTENSION + plain(assignment)), None)
        return None if column is None or student not in self.ids else self.rows[student].get(column, "")

    def extended(self) -> dict[str, str]:
        """Columns that grant extensions, where there are such: what they are for, as letters and digits -> heading."""
        return {plain(one).removeprefix(_EXTENSION): one for one in self.sheet.header
                if plain(one).startswith(_EXTENSION) and plain(one) != _EXTENSION}

    def late_days(self, student: str) -> str:
        """A budget of the student's own, as it is written, or ""."""
        return next((value for column, value in self.rows.get(student, {}).items() if plain(column) == _BUDGET), "")


def read(course: Course) -> Roster | None:
    """The course's roster, not to be changed; None when it has none. Raises KitError for one without a column `id`."""
    try:
        stamp = course.roster.stat()
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not course.roster.is_symlink():
            return None
        raise KitError(f"{course.roster} cannot be read: {error.strerror}. Mend that, or take it away to have no "
                       "roster.") from None
    return _read(course, (stamp.st_mtime_ns, stamp.st_size, stamp.st_ino))


@lru_cache(maxsize=10)
def _read(course: Course, stamp: tuple) -> Roster:
    if not course.roster.is_file() and not course.roster.is_dir():
        raise KitError(f"{course.roster} is no file, but a pipe or a device. Give a table saved as CSV.")
    sheet = sheets.read(course.roster, blanks=True)
    column = id_column(sheet)
    _require_one_each(sheet)
    roster = Roster(sheet=sheet)
    for number in range(1, len(sheet.rows)):
        student = student_in(sheet, number, column)
        if not student:
            continue
        if student in roster.ids:
            raise KitError(f"{course.roster}, row {number + 1}: {student!r} is there twice. Each id stands for "
                           "one student.")
        roster.ids[student] = None
        roster.at[student] = number
        values = roster.rows[student] = row(sheet, number)
        for word in {found for name, value in values.items() for found in _keys(name, value)} | _joined(values):
            roster.keys.setdefault(word, []).append(student)
    return roster


def student_in(sheet: Sheet, number: int, column: int) -> str:
    """The id in a row, with its letters as in folders' names."""
    return unicodedata.normalize("NFC", sheet.value(number, column).strip())


def row(sheet: Sheet, number: int) -> dict[str, str]:
    """Column -> value of a row, where there is one."""
    return {name.strip(): value for column, name in enumerate(sheet.header)
            if name.strip() and (value := sheet.value(number, column).strip())}


def id_column(sheet: Sheet) -> int:
    columns = [name.strip().casefold() for name in sheet.header]
    if "id" not in columns:
        raise KitError(f"{sheet.name}: expected a column named 'id' in the first row, "
                       f"found {', '.join(filter(None, map(str.strip, sheet.header))) or 'nothing'}.")
    return columns.index("id")


def _require_one_each(sheet: Sheet) -> None:
    """Raises KitError where two columns say who somebody is, or what is granted them: one would be passed over."""
    there: dict[str, str] = {}
    for heading in sheet.header:
        what = plain(heading)
        if what not in ("id", _BUDGET) and not what.startswith(_EXTENSION):
            continue
        if what in there:
            raise KitError(f"{sheet.name} has two columns that mean the same, {there[what]!r} and {heading.strip()!r}. "
                           "Keep one, with what both say.")
        there[what] = heading.strip()


def named(values: dict[str, str]) -> Named:
    """Of a row. `Doe, Jane` has a last name first; of another name in one column the last word is taken for that."""
    said: dict[str, str] = {}
    for column, value in values.items():
        for what, headings in (("first", _FIRST), ("last", _LAST), ("full", _FULL), ("email", _ADDRESS)):
            if plain(column) in headings:
                said.setdefault(what, value)
    if "first" in said or "last" in said:
        return Named(said.get("first", ""), said.get("last", ""), said.get("email"))
    if "full" not in said:
        return Named(email=said.get("email"))
    last, comma, first = said["full"].partition(",")
    if not comma:
        first, _, last = said["full"].rpartition(" ")
    return Named(first.strip(), last.strip(), said.get("email"))


def certain(values: dict[str, str]) -> set[str]:
    """What of a row stands for its student and nobody else: numbers, logins and addresses, no names."""
    return {value for column, value in values.items()
            if plain(column) not in (*_FIRST, *_LAST, *_FULL, *_ABOUT, _BUDGET)
            and not plain(column).startswith(_EXTENSION)}


def plain(heading: str) -> str:
    """A heading's letters and digits alone."""
    return "".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", heading).casefold()))


def key(text: str) -> str:
    """Letters and digits alone, without accents or case; of `Doe, Jane` and `Jane Doe` the same."""
    return " ".join(sorted(_words(text)))


def _words(text: str) -> list[str]:
    bare = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o").replace("ł", "l")).casefold()
    return re.findall(r"\w+", "".join(letter for letter in bare if not unicodedata.combining(letter)))


def _keys(column: str, value: str) -> set[str]:
    """What may stand for a student: a value of the row, and of a name what Canvas makes of it, last name first."""
    if plain(column) in (*_ABOUT, _BUDGET) or plain(column).startswith(_EXTENSION):
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
        heading = plain(column)
        parts["first" if heading in _FIRST else "last" if heading in _LAST else ""] = value
    if "first" in parts and "last" in parts:
        return _keys("name", f"{parts['last']}, {parts['first']}")
    return set()
