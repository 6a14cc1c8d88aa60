"""A class list as a platform or an office gives it, taken into the course's roster: who is new, who is not in it.

What the roster has beside it (extensions, late days, columns of other lists) stays. Nobody is taken out.
"""

from dataclasses import dataclass, field
from pathlib import Path

from grading.books import rosters, sheets
from grading.books.course import Course
from grading.books.rosters import NO_ID, STUDENT, plain
from grading.books.sheets import Sheet
from grading.errors import KitError, few

_IDS = ("id", "studentid", "sisuserid", "sisloginid", "idnumber", "username", "login", "matriculationnumber",
        "matrikelnummer", "studentnumber")
_NOBODY = ("student, test", "test student", "points possible")


@dataclass
class Imported:
    """Ids: who is new, whose row is another now, and whom the roster has and the list has not."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


def take(course: Course, path: Path, heading: str | None = None) -> Imported:
    """Bring the list at `path` into the roster; heading: its column with the ids, where that is not plain to see."""
    given = sheets.read(path, blanks=True)
    column, kept = _ids(given, heading), _columns(given)
    rows: dict[str, dict[str, str]] = {}
    for number in range(1, len(given.rows)):
        student, values = rosters.student_in(given, number, column), rosters.row(given, number)
        if not values or any(value.casefold() in _NOBODY for value in values.values()):
            continue
        if not student:
            if len(values) > 1:
                raise KitError(f"{path}, row {number + 1} ({few(list(values.values()), 3)}) has no "
                               f"{given.header[column]!r}. Fill it in, or name another column with --id.")
            continue
        if not STUDENT.fullmatch(student):
            raise KitError(f"{path}, row {number + 1}: {student!r} is no student id: {NO_ID}. Name another column with "
                           "--id.")
        if student in rows:
            raise KitError(f"{path}, row {number + 1}: {student!r} is there twice. Each id stands for one student.")
        rows[student] = {"platform id" if plain(name) == "id" else name: value for name, value in values.items()
                         if name in kept and name != given.header[column].strip()}
    if not rows:
        raise KitError(f"{path} lists nobody.")
    return _merge(course, rows)


def _merge(course: Course, rows: dict[str, dict[str, str]]) -> Imported:
    done = Imported()
    roster = rosters.read(course)
    if roster:
        sheet = sheets.read(course.roster, blanks=True)
    else:
        course.prepare()
        sheet = sheets.parse(b"\xef\xbb\xbfid\n", str(course.roster))
    place = {plain(name): at for at, name in enumerate(sheet.header)}
    for name in dict.fromkeys(name for values in rows.values() for name in values):
        if plain(name) not in place:
            place[plain(name)] = sheet.add_column(name)
    for student, values in rows.items():
        said = {place[plain(name)]: value for name, value in values.items() if plain(name) != "id"}
        if roster is None or student not in roster.ids:
            sheet.add_row({rosters.id_column(sheet): student} | said)
            done.new.append(student)
            continue
        number = roster.at[student]
        if other := {at: value for at, value in said.items() if sheet.value(number, at).strip() != value}:
            for at, value in other.items():
                sheet.set(number, at, value)
            done.changed.append(student)
    done.absent = [student for student in (roster.ids if roster else ()) if student not in rows]
    sheets.write(course.roster, sheet.to_bytes())
    return done


def _columns(sheet: Sheet) -> set[str]:
    """Headings that are about people: behind Canvas's sections stand grades."""
    columns = [name.strip() for name in sheet.header]
    if any(plain(name).startswith("sis") for name in columns) and "Section" in columns:
        columns = columns[:columns.index("Section") + 1]
    return set(columns)


def _ids(sheet: Sheet, heading: str | None) -> int:
    columns = [name.strip() for name in sheet.header]
    if heading is not None:
        if columns.count(heading.strip()) != 1:
            raise KitError(f"{sheet.name} has {columns.count(heading.strip())} columns {heading!r}. Its columns: "
                           f"{', '.join(columns)}.")
        return columns.index(heading.strip())
    found = [at for at, name in enumerate(columns) if plain(name) in _IDS]
    if len(found) != 1:
        raise KitError(f"{sheet.name}: which column has the ids? Say --id COLUMN. Its columns: "
                       f"{', '.join(filter(None, columns)) or 'none'}.")
    return found[0]
