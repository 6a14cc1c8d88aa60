"""Late days: who has used how many, what they cost, and how one student's number comes about."""

import argparse
import json

from grading import commands
from grading.commands import course_option, place
from grading.desk.text import clean_text
from grading.errors import KitError

PLACE = 55


def arguments(parser) -> None:
    from grading.books import rules

    parser.formatter_class, parser.epilog = argparse.RawDescriptionHelpFormatter, rules.__doc__
    parser.add_argument("assignment", metavar="ASSIGNMENT", help="of the gradebook")
    parser.add_argument("--student", metavar="ID", help="explain this one's number, step by step")
    parser.add_argument("--json", type=place, metavar="FILE", help="write the same for programs")
    course_option(parser)


def run(options) -> int:
    from grading.books import grades, penalties

    course, name = commands.course(options), options.assignment
    commands.require_writable(options.json)
    with grades.settled(course, [name]) as session:
        folder = penalties.assignments_folder(course)
        if folder is None:
            raise KitError(f"{course.root / 'nbgrader_config.py'} has a late-submission plugin of its own: the kit "
                           "does not know its rules. The penalties are in the formgrader and in: kit export")
        found = grades.read(session, course, name)
        people = [*dict.fromkeys([*grades.people(session), *found.of])]
        if options.student is not None and options.student not in people:
            raise KitError(f"{options.student!r} is not in {course.gradebook}. In it: {', '.join(people) or 'nobody'}.")
        standings = {student: those.get(name) for student, those in
                     penalties.standings(session, course, people, folder).items()}
        known = penalties.policies(session, folder)
    if not any(standings.values()):
        raise KitError(f"{folder / name / 'assignment.toml'} has no [late], which says when {name} is due and what "
                       "lateness costs. kit late --help shows one.")
    for line in _without_effect(course, known, folder):
        print(clean_text(line, 1000))
    chosen = [options.student] if options.student is not None else people
    if options.student is not None:
        print(clean_text(f"{options.student}, {name}:"))
        print("\n".join(f"  {number}. {step}" for number, step in enumerate(standings[options.student].steps, 1)))
    else:
        _table(chosen, standings, found)
    if options.json:
        told = {student: {"days": one.days, "free": one.free, "charged": one.charged, "left": one.left,
                          "seconds": one.seconds, "penalty": one.penalty, "steps": one.steps}
                for student in chosen if (one := standings[student])}
        commands.write(options.json, json.dumps(told, indent=1) + "\n", "--json")
    return 0


def _without_effect(course, known, folder) -> list[str]:
    """Sentences on what the roster grants and no description asks for; known: policies by assignment."""
    from grading.books import rosters, rules

    roster = rosters.read(course)
    if roster is None:
        return []
    there = {rosters.plain(one) for one in (*known, *(path.name for path in folder.glob("*/")))}
    told = [f"{course.roster.name} has a column {heading!r}, and no assignment is called so: it extends nothing"
            for name, heading in roster.extended().items() if name not in there]
    if rules.budget(known) is None and any(map(roster.late_days, roster.ids)):
        told.append(f"{course.roster.name} has late days, and no [late] has 'budget_days': they free nobody. With a "
                    "budget_days of 0 they count, and nobody else has any")
    return told


def _table(students, standings, found) -> None:
    from grading.desk import terminal
    from grading.desk.export.book import number
    from grading.desk.terminal import Column, Row

    rows = []
    for student in students:
        one, graded = standings[student], found.of.get(student)
        policy = one.facts.policy
        rows.append(Row(student, number(graded.total) if graded else "", number(one.penalty) if one.penalty else "",
                        str(one.days or ""), f"{one.seconds / 3600:.1f} h" if one.seconds else "",
                        policy.local(one.facts.handed) if one.facts.handed else "-", str(one.free or ""),
                        str(one.charged or ""), "" if one.left is None else str(one.left),
                        policy.local(one.due) if one.due else "-", style="yellow" if one.penalty else ""))
    terminal.show([Column("student"), Column("total", right=True),
                   *(Column(head, right=True, spare=True) for head in ("penalty", "late days", "late")),
                   Column("handed in", spare=True),
                   *(Column(head, right=True, spare=True) for head in ("free", "charged", "left")),
                   Column("due", spare=True)], rows)
