"""Show pairs of submissions that are too alike."""

import json
import sys
from contextlib import ExitStack
from pathlib import Path

from grading import commands
from grading.books.course import Course
from grading.commands import assignment_argument, course_option, place, whole
from grading.desk.text import clean_text
from grading.errors import KitError, few
from grading.release import assignment as assignments
from grading.scratch import temporary

PLACE = 68
PAIRS = 20


def arguments(parser) -> None:
    assignment_argument(parser)
    course_option(parser)
    parser.add_argument("--against", type=place, nargs="+", default=[], metavar="FOLDER",
                        help="earlier years, too: a course folder, or anything that `kit collect` takes")
    parser.add_argument("--into", type=place, metavar="FILE",
                        help="the page (default: similarity/ASSIGNMENT.html in the course folder)")
    parser.add_argument("--pairs", type=whole, default=PAIRS, metavar="N",
                        help=f"how many pairs to show, the most alike first (default: {PAIRS})")
    parser.add_argument("--json", type=place, metavar="FILE", help="write the pairs, and where they are alike")


def run(options) -> int:
    from grading.books import ledger
    from grading.desk import terminal
    from grading.desk.terminal import Column, Row
    from grading.similarity import page, pairs
    from grading.similarity.documents import Documents

    assignment, course = assignments.load(options.assignment), commands.course(options)
    ledger.settle_folders(course)
    if not course.students(assignment.name):
        raise KitError(f"No submission of {assignment.name} is collected yet. Run: kit collect {assignment.name} PATH")
    into = options.into or course.root / "similarity" / f"{assignment.name}.html"
    if not options.into:
        into.parent.mkdir(exist_ok=True)
    commands.require_writable(into, options.json)
    with ExitStack() as held:
        others = [(path.resolve().name, _course(assignment, path, held)) for path in options.against]
        reading = Documents(assignment)
        documents = [found for source, one in [("", course), *others] for found in reading.read(one, source)]
    found = pairs.find(documents, options.pairs)
    commands.write(into, page.render(assignment, documents, found), "--into")
    if options.json:
        commands.write(options.json, json.dumps(_told(assignment.name, documents, found), indent=1) + "\n",
                       "--json")
    for one in documents:
        if not one.source and one.unread:
            print(clean_text(f"{one.label}: {few(one.unread, 3)}"), file=sys.stderr)
    terminal.show([Column("pair"), Column(""), Column("code", right=True), Column("answers", right=True)],
                  [Row(pair.one.label, pair.other.label, f"{pair.code:.0%}", f"{pair.answers:.0%}")
                   for pair in found.pairs])
    print(f"{assignment.name}: {len(documents)} submissions compared; half of the class has nobody closer than "
          f"{found.usual:.0%}")
    print(f"passages side by side: {into}  (no proof: read both, and hear both)")
    return 0


def _course(assignment: assignments.Assignment, folder: Path, held: ExitStack) -> Course:
    """The submissions below a folder, collected into a course of its own where it is none."""
    from grading.intake import collect

    if not folder.exists():
        raise KitError(f"{folder} does not exist. --against takes a course folder, or what `kit collect` takes.")
    if (folder / "submitted").is_dir():
        return Course(folder.resolve())
    course = Course(held.enter_context(temporary("kit-held-against-")))
    course.prepare()
    for one in collect.Collecting(assignment, course, None).take([folder]):
        if one.state == "refused":
            print(clean_text(f"{folder.name}/{one.student}: refused; {one.sentence}"), file=sys.stderr)
    if not course.students(assignment.name):
        raise KitError(f"{folder} holds no submission of {assignment.name}.")
    return course


def _told(assignment: str, documents: list, found) -> dict:
    return {"assignment": assignment, "submissions": len(documents), "usual": round(found.usual, 4),
            "pairs": [{"students": [pair.one.label, pair.other.label], "code": round(pair.code, 4),
                       "answers": round(pair.answers, 4), "bits": round(pair.weight),
                       "passages": [{"bits": round(match.weight),
                                     "places": [{"place": one.place, "function": one.name, "lines":
                                                 [one.first + min(lines), one.first + max(lines)]}
                                                for one, lines in zip((match.one, match.other), match.lines)]}
                                    for match in pair.matches]} for pair in found.pairs],
            "unread": {one.label: one.unread for one in documents if one.unread}}
