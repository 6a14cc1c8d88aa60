"""Canvas and Moodle: their own sheet, as the instructor exported it, with the totals filled in.

A row is somebody's whose id, number, login or address stands in it, or whose name does where nobody else is called so.
Two rows of one student, or a row that may be two students', are named and left alone.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from grading.books import rosters
from grading.books.grades import Grades
from grading.books.rosters import plain
from grading.books.sheets import Sheet
from grading.desk.export.book import Book, number
from grading.errors import KitError
from grading.release import assignment as assignments

_CERTAIN = re.compile(r"id|id\d*|.*userid|.*loginid|.*studentid|idn(umber|ummer|uméro)|.*integrationid|identifier"
                      r"|kennung|username|login|sid|.*e?mail(adresse|address)?|.*(matrikel|student|user)(number|nummer|nr)?"
                      r"|anmeldename|direccióndecorreo|adressedecourriel")
_NAMES = ("student", "fullname", "name", "vollständigername", "nomcomplet", "nombrecompleto", "studentname")
_GRADE = ("grade", "bewertung", "note", "calificación", "score")
_MAXIMUM = ("maximumgrade", "bestwertung", "notemaximale", "calificaciónmáxima", "höchstpunktzahl")
_PLATFORMS_OWN = ("id", "identifier")        # numbers of its own, which may by chance be somebody's id here
_LOCKED = ("gradecanbechanged",)
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_EITHER = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")
_THOUSANDS = re.compile(r"-?\d{1,3}(?:(,)\d{3}(?:,\d{3})*\.\d+|(\.)\d{3}(?:\.\d{3})*,\d+)")


@dataclass
class Filled:
    """What was done. filled: students; the others are sentences or names for the instructor."""

    filled: list[str] = field(default_factory=list)
    unknown_rows: list[str] = field(default_factory=list)
    without_row: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    nothing_handed_in: list[str] = field(default_factory=list)


def fill_canvas(sheet: Sheet, book: Book, columns: Mapping[str, str], scaled: bool = False) -> Filled:
    """Fill in a gradebook that Canvas exported; columns: assignment -> heading, where it is not called as here.

    - scaled: where the sheet counts other points than the gradebook, bring totals to those; else that is refused
    """
    identity = _headings(sheet, "section", "abschnitt", "sección")
    last = max(identity, default=None)
    if last is None:
        last = next((at for at, name in enumerate(sheet.header) if re.search(r"\(\d+\)\s*$", name)), 1) - 1
    place = _column(sheet, ("id",), "ID", "Canvas's gradebook")
    targets = {name: _target(sheet, name, columns.get(name), last) for name in book.grades}
    students = [row for row in range(1, len(sheet.rows)) if sheet.value(row, place).strip()]
    for row in range(1, students[0] if students else len(sheet.rows)):
        for name, column in targets.items():
            _agree(sheet, book.grades[name], sheet.value(row, column), scaled)
    possible = {name: next((points for row in range(1, students[0] if students else len(sheet.rows))
                            for points in _readings(sheet.value(row, column))), None)
                for name, column in targets.items()}
    return _fill(sheet, book, students, range(last + 1), targets,
                 (lambda name, row: possible[name]) if scaled else None)


def fill_moodle(sheet: Sheet, book: Book, columns: Mapping[str, str], scaled: bool = False) -> Filled:
    """Fill in the grading worksheet of one assignment."""
    if len(book.grades) != 1:
        raise KitError("Moodle has a grading worksheet for each assignment: name one assignment at a time.")
    name, grades = next(iter(book.grades.items()))
    heading = columns.get(name)
    target = _named(sheet, heading) if heading else _column(sheet, _GRADE, "Grade", "Moodle's grading worksheet")
    maximum = next(iter(_headings(sheet, *_MAXIMUM)), None)
    locked = next(iter(_headings(sheet, *_LOCKED)), None)
    students = [row for row in range(1, len(sheet.rows)) if any(cell.value.strip() for cell in sheet.rows[row])]
    if maximum is not None:
        for row in students:
            _agree(sheet, grades, sheet.value(row, maximum), scaled)
    closed = {row for row in students if locked is not None and plain(sheet.value(row, locked)) == "no"}
    return _fill(sheet, book, students, range(len(sheet.header)), {name: target},
                 (lambda _, row: None if maximum is None else next(iter(_readings(sheet.value(row, maximum))), None))
                 if scaled else None,
                 closed)


def _fill(sheet: Sheet, book: Book, rows: list[int], identity: range, targets: dict[str, int], possible,
          closed: Collection[int] = ()) -> Filled:
    found, uncertain = Filled(), set()
    whose: dict[int, str] = {}
    people = _People(book)
    names = [at for at in identity if plain(sheet.header[at]) in _NAMES]
    certain = [at for at in identity if _CERTAIN.fullmatch(plain(sheet.header[at])) and at not in targets.values()
               and at not in names]
    called = {row: _called(sheet, row, names) for row in rows}
    for row in rows:
        mine = people.certain(sheet.value(row, at) for at in certain)
        surely = people.certain(sheet.value(row, at) for at in certain if plain(sheet.header[at]) not in _PLATFORMS_OWN)
        others = [] if surely else sorted(one for one in mine if people.is_called_otherwise(one, called[row]))
        if others:
            found.doubtful.append(f"{_told(sheet, row)} has the number of {', '.join(others)}, who is called otherwise")
            continue
        if not mine and called[row] and sum(one == called[row] for one in called.values()) == 1:
            mine = people.called.get(called[row], set())
        if len(mine) == 1:
            whose[row] = next(iter(mine))
        elif mine:
            uncertain |= mine
            found.doubtful.append(f"{_told(sheet, row)} may be {', '.join(sorted(mine))}")
        else:
            found.unknown_rows.append(_told(sheet, row))
    twice = {student for student in whose.values() if list(whose.values()).count(student) > 1}
    for student in sorted(twice):
        found.doubtful.append(f"{student} has the rows " + " and ".join(
            _told(sheet, row) for row, one in whose.items() if one == student))
    comma = _has_decimal_commas(sheet, targets.values())
    handed_in = {student for grades in book.grades.values() for student in grades.of}
    waiting = {student for those in book.behind.values() for student in those}          # they are told by themselves
    for row, student in whose.items():
        if student in twice:
            continue
        if row in closed:
            found.doubtful.append(f"{_told(sheet, row)}: its grade cannot be changed, says the sheet")
            continue
        filled = False
        for name, column in targets.items():
            grades = book.grades[name]
            if student not in grades.of:
                continue
            total = grades.of[student].total
            if possible and (most := possible(name, row)) is None:
                found.doubtful.append(f"{_told(sheet, row)}: the sheet does not say of how many points {name} is")
                continue
            if possible and grades.most:
                total = total * most / grades.most
            if re.search(r"[^\W\d_]", before := sheet.value(row, column).strip()):          # EX: excused
                found.doubtful.append(f"{_told(sheet, row)}: {sheet.header[column]} says {before!r}")
                continue
            said = number(total)
            sheet.set(row, column, said.replace(".", ",") if comma else said)
            filled = True
        if filled or student not in handed_in | waiting:
            (found.filled if filled else found.nothing_handed_in).append(student)
    reached = uncertain | set(whose.values())
    found.without_row = [student for student in book.people if student not in reached and student in handed_in]
    return found


class _People:
    """Who is meant by a word, or a name."""

    def __init__(self, book: Book):
        self._by_word: dict[str, set[str]] = {}
        self.called: dict[str, set[str]] = {}
        self._whole = {student: named.whole for student, named in book.people.items()}
        for student, words in book.words.items():
            for word in words:
                self._by_word.setdefault(_folded(word), set()).add(student)
            if name := rosters.key(book.people[student].whole):
                self.called.setdefault(name, set()).add(student)

    def certain(self, words) -> set[str]:
        """Everybody whom one of these words means; a word that several have means nobody."""
        found = set()
        for word in words:
            for one in {_folded(word), _folded(word.removeprefix("Participant "))}:
                mine = self._by_word.get(one, set())
                found |= mine if len(mine) == 1 else set()
        return found

    def is_called_otherwise(self, student: str, called: str) -> bool:
        """Whether no word of this name is one of theirs, both being known."""
        theirs = rosters.key(self._whole[student])
        return bool(called and theirs) and set(called.split()).isdisjoint(theirs.split())


def _folded(word: str) -> str:
    """An address is the same in capitals; an id is not."""
    word = word.strip()
    return word.casefold() if "@" in word else word


def _called(sheet: Sheet, row: int, names: list[int]) -> str:
    said = next((value for at in names if (value := sheet.value(row, at).strip())), "")
    if not said:
        values = rosters.row(sheet, row)
        said = rosters.named(values).whole
    return rosters.key(said)


def _told(sheet: Sheet, row: int) -> str:
    values = [cell.value.strip() for cell in sheet.rows[row] if cell.value.strip()]
    return f"row {row + 1} ({', '.join(values[:3])})"


def _headings(sheet: Sheet, *wanted: str) -> list[int]:
    return [at for at, name in enumerate(sheet.header) if plain(name) in wanted]


def _column(sheet: Sheet, wanted: tuple[str, ...], name: str, what: str) -> int:
    found = _headings(sheet, *wanted)
    if len(found) != 1:
        raise KitError(f"{sheet.name}: expected one column {name!r} in the first row, as {what} has; found "
                       f"{', '.join(filter(None, sheet.header)) or 'nothing'}. Name it with --column, or export the "
                       "sheet once more.")
    return found[0]


def _named(sheet: Sheet, heading: str) -> int:
    found = [at for at, name in enumerate(sheet.header) if name == heading] or \
            [at for at, name in enumerate(sheet.header) if name.strip() == heading.strip()]
    if len(found) != 1:
        raise KitError(f"{sheet.name} has {len(found)} columns {heading!r}. Its columns: {', '.join(sheet.header)}.")
    return found[0]


def _target(sheet: Sheet, name: str, heading: str | None, last: int) -> int:
    """The assignment's column: the one that is said, or the only one that is called as the assignment is."""
    if heading:
        return _named(sheet, heading)
    called = {plain(name)}
    if name in assignments.names():
        title = assignments.load(name).title
        called |= {plain(title), plain(title.partition(":")[0])}
    bare = {at: plain(re.sub(r"\(\d+\)\s*$", "", one)) for at, one in enumerate(sheet.header) if at > last}
    found = [at for at, one in bare.items() if one in called]
    if len(found) != 1:
        those = ", ".join(repr(sheet.header[at]) for at in bare) or "none"
        raise KitError(f"{sheet.name} has {len(found) or 'no'} columns that are called {name} or as its title. Say "
                       f"which one: --column '{name}=HEADING'. Its columns: {those}.")
    return found[0]


def _agree(sheet: Sheet, grades: Grades, text: str, scaled: bool) -> None:
    """Raises KitError where a sheet's points are not the gradebook's, or none to which totals can be brought."""
    told, readings = text.strip(), _readings(text)
    if not readings and not re.search(r"\d", told):              # `Manual Posting`, `(read only)`, nothing
        return
    if scaled and (len(readings) != 1 or readings[0] <= 0):
        raise KitError(f"{sheet.name} says of {grades.assignment} that it is of {told!r} points, to which no total can "
                       "be brought: expected one number above 0, without a sign between thousands. Change it there.")
    if not scaled and not any(abs(most - grades.most) <= 1e-6 for most in readings):
        raise KitError(f"{sheet.name} counts {grades.assignment} of {number(readings[0]) if readings else repr(told)} "
                       f"points, the gradebook of {number(grades.most)}. Make them equal there and export the sheet "
                       "once more, or bring the totals to the sheet's points with --scale.")


def _readings(text: str) -> list[float]:
    """The number that a cell says; of `1,000`, which is one thing here and another there, both."""
    text = text.strip()
    if parted := _THOUSANDS.fullmatch(text):
        text = text.replace(parted[1] or parted[2], "")
    elif _EITHER.fullmatch(text):
        return [float(re.sub("[.,]", ".", text)), float(re.sub("[.,]", "", text))]
    return [float(text.replace(",", "."))] if _NUMBER.fullmatch(text) else []


def _has_decimal_commas(sheet: Sheet, targets) -> bool:
    """As the column has numbers already, else as the other columns do, else as separators go with them. Of three
    digits behind a sign, which may be a thousand's, only the column itself tells, where nothing else does."""
    several, every = list(targets), range(len(sheet.header))
    for columns, either in ((several, False), (every, False), (several, True)):
        values = [sheet.value(row, at).strip() for row in range(1, len(sheet.rows)) for at in columns]
        signs = [found[1] for value in values if (found := re.fullmatch(r"-?\d+([.,])\d+", value))
                 and (either or not _EITHER.fullmatch(value))]
        if signs:
            return signs.count(",") > signs.count(".")
    return sheet.separator == ";"
