"""Write one page about the class: scores, tests, mistakes, and whom to look at."""

import json
import sys

from grading import commands
from grading.commands import assignment_argument, course_option, place
from grading.release import assignment as assignments

PLACE = 72


def arguments(parser) -> None:
    assignment_argument(parser)
    parser.add_argument("--into", type=place, metavar="FILE", help="write there (default: in the course folder)")
    parser.add_argument("--anonymous", action="store_true", help="leave names out")
    parser.add_argument("--json", action="store_true", help="what the page says, as JSON")
    course_option(parser)


def run(options) -> int:
    from grading import report
    from grading.desk import terminal
    from grading.report import page

    assignment, course = assignments.load(options.assignment), commands.course(options)
    commands.require_writable(options.into)
    commands.settle_penalties(course)
    with terminal.Steps(terminal.console(sys.stderr)) as steps:
        found = report.data(assignment, course, options.anonymous, steps)
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n" if options.json else page.page(found)
    if options.json and options.into is None:
        sys.stdout.write(text.encode("utf-8", "replace").decode())
        return 0
    path = options.into or course.root / f"report-{assignment.name}.html"
    commands.write(path, text, "--into")
    print(f"{assignment.name}: {found['graded']} of {found['students']} submissions in {path} "
          f"({len(text.encode('utf-8', 'replace')) / 1e6:.1f} MB)")
    commands.tell_behind(course, assignment.name)
    return 0
