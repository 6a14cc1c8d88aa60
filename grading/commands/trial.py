"""Put the tests on trial: which cells each known mistake loses."""

import sys

from grading.commands import assignment_argument, course_option
from grading.release import assignment as assignments

PLACE = 80


def arguments(parser) -> None:
    assignment_argument(parser)
    course_option(parser)
    parser.add_argument("--only", metavar="WORD", default="", help="entries whose label contains WORD")
    parser.add_argument("--unusual", action="store_true", help="the correct but unusual versions instead")


def run(options) -> int:
    from grading.trials import catalogue, trial

    assignment = assignments.load(options.assignment)
    entries = catalogue.unusual(assignment) if options.unusual else catalogue.mistakes(assignment)
    entries = [entry for entry in entries if options.only in entry.label]
    lines, problems = trial.table(assignment, entries)
    print(f"{lines}\n{len(entries)} entries, {len(problems)} problems")
    for problem in problems:
        print(f"kit: {problem}", file=sys.stderr)
    return 1 if problems else 0
