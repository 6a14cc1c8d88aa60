"""Grades for the course's own system: Canvas's or Moodle's sheet filled in, a table, an archive for Gradescope."""

import argparse
import json

from grading import commands
from grading.commands import course_option, place
from grading.desk.text import clean_text
from grading.errors import KitError, few

PLACE = 75


def arguments(parser) -> None:
    parser.add_argument("assignments", nargs="+", metavar="ASSIGNMENT", help="of the gradebook")
    parser.add_argument("--to", required=True, choices=("canvas", "moodle", "csv", "gradescope"))
    parser.add_argument("--sheet", type=place, metavar="FILE",
                        help="what Canvas (Export) or Moodle (Download grading worksheet) gave: it is filled in")
    parser.add_argument("--into", type=place, metavar="FILE",
                        help="where to write (default: exports/ in the course folder)")
    parser.add_argument("--partial", action="store_true",
                        help="although questions wait for a mark, or submissions for autograde")
    parser.add_argument("--column", action="append", default=[], type=_column, metavar="ASSIGNMENT=HEADING",
                        help="the sheet's column for an assignment, where it is not called as here (may be repeated)")
    parser.add_argument("--scale", action="store_true",
                        help="where the sheet counts other points than the gradebook: bring totals to those")
    parser.add_argument("--domain", default="", help="Gradescope: who has no address in the roster is ID@DOMAIN")
    parser.add_argument("--by-name", action="store_true",
                        help="Gradescope: who has no address is known by a name that nobody else in the class has; "
                             "people can call themselves anything there")
    parser.add_argument("--visibility", default="after_published",
                        choices=("visible", "after_published", "after_due_date", "hidden"),
                        help="Gradescope: of the total, hidden tests and marks (default: after_published)")
    parser.add_argument("--metadata", type=place, metavar="FILE",
                        help="Gradescope: try the archive on this submission_metadata.json, too")
    course_option(parser)


def run(options) -> int:
    from grading.books import sheets
    from grading.desk.export import book

    course = commands.course(options)
    filling = options.to in ("canvas", "moodle")
    if filling != bool(options.sheet):
        raise KitError(f"--to {options.to} fills in the sheet that it gave: add --sheet FILE." if filling else
                       f"--sheet is for canvas and moodle; --to {options.to} makes a file of its own.")
    if unknown := [name for name, _ in options.column if name not in options.assignments]:
        raise KitError(f"--column names {unknown[0]!r}, which is not exported.")
    commands.require_free(options.into)
    sheet = sheets.read(options.sheet) if filling else None
    found = book.gather(course, options.assignments, options.partial)
    ending = "zip" if options.to == "gradescope" else "csv"
    into = options.into or course.root / "exports" / f"{'+'.join(found.grades)}-{options.to}.{ending}"
    told, failed = [], False
    if filling:
        told, failed = _fill(options, sheet, found)
        content = sheet.to_bytes()
    elif options.to == "csv":
        from grading.desk.export import table

        content = table.table(found)
    else:
        content, told, failed = _gradescope(options, course, found)
    sheets.write(into, content)
    print(f"{', '.join(found.grades)}: {into}")
    for line in told:
        print(clean_text(line, 10_000))
    for name, one in found.grades.items():
        commands.tell_behind(course, name)
        if one.unmarked:
            print(clean_text(f"{name}: of {len(one.unmarked)} students some questions are not marked: "
                             f"{few(sorted(one.unmarked), 10)}", 10_000))
    return 1 if failed else 0


def _fill(options, sheet, found) -> tuple[list[str], bool]:
    from grading.desk.export import platforms

    fill = platforms.fill_canvas if options.to == "canvas" else platforms.fill_moodle
    done = fill(sheet, found, dict(options.column), options.scale)
    told = [f"{len(done.filled)} students filled in"]
    for what, those in (("nothing handed in, left as it was", done.nothing_handed_in),
                        ("rows of nobody here, left as they were", done.unknown_rows),
                        ("not certain, left as it was", done.doubtful),
                        ("graded, and without a row in the sheet", done.without_row)):
        if those:
            told.append(f"{what}: {'; '.join(those)}")
    return told, bool(done.doubtful or done.without_row)


def _gradescope(options, course, found) -> tuple[bytes, list[str], bool]:
    from grading.desk.export import gradescope
    from grading.desk.export.book import number

    gradescope.require_one(found)
    known, without = gradescope.submitters(found, options.domain, options.by_name)
    content = gradescope.archive(found, course, known, options.visibility)
    name, grades = next(iter(found.grades.items()))
    wrong, tried = gradescope.dry_run(content, found, known), ""
    if options.metadata:
        try:
            given = json.loads(options.metadata.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise KitError(f"{options.metadata} is no submission_metadata.json that can be read ({error}).") from None
        try:
            tried = f"{options.metadata}: answered with {number(gradescope.answered(content, given)['score'])} points"
        except (LookupError, AttributeError, TypeError) as error:
            wrong.append(f"{options.metadata}: {error}")
    without = [student for student in without if student in grades.of]
    told = [f"dry run: {len(grades.of) - len(without)} submitters answered" +
            (", each with the gradebook's total" if not wrong else f"; wrong: {'; '.join(wrong)}"),
            *filter(None, [tried]),
            f"upload it as the assignment's autograder, of {number(grades.most)} points"]
    if without:
        told.append("no address that is theirs alone, and so no answer: " + ", ".join(without) +
                    ". Add a column 'email' to roster.csv, or say --domain, or --by-name")
    return content, told, bool(wrong or without)


def _column(text: str) -> tuple[str, str]:
    name, equals, heading = text.partition("=")
    if not equals or not name.strip() or not heading.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not ASSIGNMENT=HEADING")
    return name.strip(), heading
