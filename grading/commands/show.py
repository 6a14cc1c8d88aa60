"""Show where a student stands, with all that happened."""

import json

from grading import commands
from grading.commands import course_option, place
from grading.errors import KitError, few
from grading.release import assignment as assignments

PLACE = 58


def arguments(parser) -> None:
    parser.add_argument("students", nargs="+", metavar="STUDENT", help="an id")
    parser.add_argument("--assignment", metavar="ASSIGNMENT", help="only this one (default: all that are collected)")
    parser.add_argument("--json", type=place, metavar="FILE",
                        help="write {student: {assignment: points, penalty, late days, known mistakes, what is not "
                             "marked, each cell}}")
    course_option(parser)


def run(options) -> int:
    from grading.books import standing

    course = commands.course(options)
    commands.require_writable(options.json)
    commands.settle_penalties(course)
    names = [assignments.load(options.assignment).name] if options.assignment else assignments.names()
    collected = {name: course.students(name) for name in names}
    standings = {name: standing.read(course, name, set(options.students) & set(collected[name])) for name in names}
    told: dict[str, dict] = {}
    for student in dict.fromkeys(options.students):
        there = [name for name in names if student in collected[name]]
        if not there:
            known = sorted({one for those in collected.values() for one in those})
            raise KitError(f"{student!r} has no submission of {', '.join(names)} in {course.root / 'submitted'}. "
                           f"Collected: {few(known, 20) or 'none'}.")
        for name in there:
            found = standings[name][student]
            told.setdefault(student, {})[name] = found.told()
            _print(assignments.load(name), found)
    if options.json:
        commands.write(options.json, json.dumps(told, indent=1) + "\n", "--json")
    return 0


def _print(assignment: assignments.Assignment, found) -> None:
    from grading.desk import terminal
    from grading.desk.terminal import Column, Row
    from grading.desk.text import clean_text
    from grading.trials import diagnosis

    on = terminal.console()
    when = f", handed in {found.handed_in}" if found.handed_in else ""
    terminal.say(f"{found.student}, {assignment.name}{when}", on, "bold", indent=0)
    if found.result is None:
        terminal.say(f"not graded yet. Run: kit autograde {assignment.name}", on)
        return
    if found.former:
        terminal.say(f"what is handed in is not graded yet; this is of the attempt before. Run: kit autograde "
                     f"{assignment.name}", on, "yellow")
    rows = []
    for notebook, cells in found.cells.items():
        tests = [cell for cell in cells.values() if cell["outcome"] != "manual"]
        by_hand = [cell for cell in cells.values() if cell["outcome"] == "manual"]
        open_ones = sum(cell["score"] is None for cell in by_hand)
        rows.append(Row(notebook, _points(tests), _points(by_hand), str(open_ones or "")))
    rows.append(Row("together", f"{found.score:g}/{found.max_score:g}", "", ""))
    terminal.show([Column("notebook"), Column("tests", right=True), Column("answers", right=True),
                   Column("not marked yet", right=True, spare=True)], rows, on)
    if found.late_days or found.penalty:
        terminal.say(f"{found.late_days} late day{'s' * (found.late_days != 1)}, {found.penalty:g} points off: "
                     f"{found.total:g} remain", on)
    for part in diagnosis.told(found.result, found.marks):
        terminal.say(part, on)
    tested = found.result.cells
    for cell, mark in found.marks.items():
        by = f", by {found.markers[cell]}" if cell in found.markers else ""
        was = tested[cell]["score"] if cell in tested else None
        instead = f" in place of {was:g}" if was is not None and mark.overrules(was) else ""
        terminal.say(clean_text(f"{cell}: marked {mark.score:g}{instead}{by}{_said(mark.comment)}"), on)
    for cell, extra in found.extra.items():
        terminal.say(clean_text(f"{cell}: {extra:g} extra"), on)
    for cell, words in found.comments.items():
        terminal.say(clean_text(f"{cell}: a comment{_said(words)}"), on)
    if found.waiting:
        terminal.say("marks that wait for another look, since what they were given for has changed: "
                     f"{few(list(found.waiting), 10)}", on, "yellow")
    terminal.say(f"graded in the sandbox level {found.result.sandbox}", on, "dim")


def _said(comment: str) -> str:
    """What a marker has given points for, then the comment."""
    from grading.books import rubric

    read = rubric.read_comment(comment)
    items = "; ".join(f"{title} ({points:g})" for points, title in read.items)
    said = ". ".join(filter(None, (items, read.words)))
    return f": {said}" if said else ""


def _points(cells: list[dict]) -> str:
    if not cells:
        return ""
    return f"{sum(cell['score'] or 0 for cell in cells):g}/{sum(cell['max_score'] for cell in cells):g}"
