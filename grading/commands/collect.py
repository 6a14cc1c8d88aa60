"""Take in submissions."""

import sys
from pathlib import Path

from grading import commands
from grading.commands import assignment_argument, course_option
from grading.desk.text import clean_text
from grading.release import assignment as assignments

PLACE = 40


def arguments(parser) -> None:
    assignment_argument(parser)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH",
                        help="a folder with one folder or zip per student id, or one student's zip")
    course_option(parser)


def run(options) -> int:
    from grading.intake import collect

    course = commands.course(options)
    course.prepare()
    taken = collect.collect(assignments.load(options.assignment), course, options.paths)
    for one in taken:
        stream = sys.stderr if one.state == "refused" else sys.stdout
        print(clean_text(f"{one.student}: {one.state}{'; ' + one.sentence if one.sentence else ''}"), file=stream)
    counts = {state: sum(one.state == state for one in taken) for state in ("new", "updated", "unchanged", "refused")}
    print(", ".join(f"{count} {state}" for state, count in counts.items()))
    return 1 if counts["refused"] else 0
