"""Put the tests on trial: which cells each known mistake loses, and by which name it goes."""

import sys

from grading import commands
from grading.commands import assignment_argument, course_option, whole
from grading.errors import KitError
from grading.release import assignment as assignments

PLACE = 80
PAIRS_MISSED = 0.05            # of the pairs tried, so many may go without one of their names


def arguments(parser) -> None:
    assignment_argument(parser)
    course_option(parser)
    parser.add_argument("--only", metavar="WORD", default="", help="entries whose label contains WORD")
    parser.add_argument("--pairs", metavar="N", type=whole, default=0,
                        help="try N pairs of mistakes in different aspects of one function as well: both are named")
    parser.add_argument("--seeds", metavar="N", type=whole, default=0,
                        help="try each entry with N seeds as well: its verdict is the same for all of them")
    parser.add_argument("--said", action="store_true", help="only what a visible cell says of each, or that none does")
    parser.add_argument("--skeleton", nargs=2, metavar=("STUDENT", "CELL"),
                        help="print the skeleton of an entry, from the code by which a student has lost a test cell")
    parser.add_argument("--unusual", action="store_true", help="the correct but unusual versions instead")


def run(options) -> int:
    from grading.trials import catalogue, cell_trial, cells, confusion, skeleton, trial, visible
    from grading.trials.naming import Names

    assignment, course = assignments.load(options.assignment), commands.course(options, begun=False)
    if options.skeleton:
        print(skeleton.skeleton(assignment, course, *options.skeleton), end="")
        return 0
    kind = catalogue.unusual if options.unusual else catalogue.mistakes
    entries = [entry for entry in kind(assignment) if options.only in entry.label]
    kind = cells.unusual if options.unusual else cells.mistakes
    in_cells = [entry for entry in kind(assignment) if options.only in entry.label]
    if not entries and not in_cells:
        raise KitError(f"No entry of {assignment.name} has {options.only!r} in its label. Without --only: all of them.")
    if options.said:
        found = visible.said(assignment, entries)
        print("\n".join(f"{label:<60} {sentence or 'nothing'}" for label, sentence in found.items()))
        print(f"{len(found)} entries, {list(found.values()).count('')} that no visible cell catches")
        return 0
    lines, problems = trial.table(assignment, entries)
    course.prepare_data()
    more, named, wrong = cell_trial.table(assignment, in_cells, str(course.grading_data))
    print("\n".join(filter(None, [lines, more])))
    problems += wrong
    names = Names(assignment)
    if options.unusual:
        problems += confusion.unusual(names, assignment, entries)
    else:
        own, confused = confusion.table(names, entries)
        problems += confused
        others = [f"{entry.label:<60} named {found[entry.label]}" for ones, found in ((entries, own), (in_cells, named))
                  for entry in ones if found[entry.label] != entry.name]
        print("\n".join(["", *others]) if others else "\nEach is named by its own entry.")
    if options.pairs:
        tried, unnamed = confusion.pairs(names, assignment, entries, options.pairs)
        print(f"{tried} pairs, {tried - len(unnamed)} with both named")
        problems += unnamed if len(unnamed) > PAIRS_MISSED * tried else []
        print("\n".join(unnamed))
    if options.seeds:
        tests, seeds = trial.test_cells(assignment), tuple(range(options.seeds))
        problems += [f"{entry.label}: fails {cell} for some seeds only" for entry in entries
                     for cell in trial.wavering(assignment, entry, tests, seeds)]
    print(f"{len(entries)} entries in functions, {len(in_cells)} in cells, {len(problems)} problems")
    for problem in problems:
        print(f"kit: {problem}", file=sys.stderr)
    return 1 if problems else 0
