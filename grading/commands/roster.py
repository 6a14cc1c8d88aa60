"""People: who is in the class, who has handed in; a new name, two ids of one person, somebody who leaves."""

from pathlib import Path

from grading import commands
from grading.commands import course_option
from grading.desk.columns import columns
from grading.desk.text import clean_text
from grading.errors import few

PLACE = 35


def arguments(parser) -> None:
    whats = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    taken = whats.add_parser("import", help="take a class list into roster.csv, names and addresses into the gradebook")
    taken.add_argument("file", type=Path, metavar="FILE", help="a CSV: Canvas's, Moodle's, an office's")
    taken.add_argument("--id", metavar="COLUMN", help="its column with the ids (default: the one that is called so)")
    listed = whats.add_parser("list", help="who is there, who has handed in, who twice, who is unknown")
    listed.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="(default: all in the gradebook)")
    renamed = whats.add_parser("rename", help="another id: submissions, results and marks go with it")
    renamed.add_argument("student", metavar="ID")
    renamed.add_argument("into", metavar="NEW")
    removed = whats.add_parser("remove", help="who has left: all goes into a dated folder, nothing is deleted")
    removed.add_argument("students", nargs="+", metavar="ID")
    merged = whats.add_parser("merge", help="two ids of one person become the second one")
    merged.add_argument("student", metavar="ID")
    merged.add_argument("into", metavar="STAYS")
    for one in (taken, listed, renamed, removed, merged):
        course_option(one)


def run(options) -> int:
    from grading.books import grades, ledger, people

    course = commands.course(options)
    if options.what == "import":
        return _import(course, options)
    if options.what == "list":
        return _list(course, options.assignments)
    with ledger.writing(course):
        if options.what == "rename":
            people.rename(course, options.student, options.into)
            print(clean_text(f"{options.student} is {options.into} now, everywhere in {course.root}"))
        elif options.what == "merge":
            aside = people.merge(course, options.student, options.into)
            print(clean_text(f"{options.student} and {options.into} are {options.into} now" +
                             (f"; what there was no place for is in {aside}" if aside else "")))
        else:
            for student in options.students:
                print(clean_text(f"{student}: removed, into {people.remove(course, student)}"))
    grades.settle(course)
    return 0


def _import(course, options) -> int:
    from grading.books import grades, ledger
    from grading.intake import classlist

    with ledger.writing(course):
        done = classlist.take(course, options.file, options.id)
    print(clean_text(f"{course.roster}: {len(done.new)} new, {len(done.changed)} changed" +
                     (f"; new: {few(done.new, 20)}" if done.new else "")))
    if done.absent:
        print(clean_text(f"{len(done.absent)} of the roster are not in {options.file}, and stay: "
                         f"{few(done.absent, 20)}. Who has left: kit roster remove ID"))
    grades.settle(course)
    return 0


def _list(course, names: list[str]) -> int:
    from grading.books import attempts, grades, ledger, people, rosters
    from grading.release import assignment as assignments

    ledger.settle_people(course)
    for name in names:
        assignments.load(name)
    grades.settle(course)
    roster = rosters.read(course)
    there = people.known(course)
    names = names or sorted(path.name for path in (course.root / "source").glob("*") if path.is_dir())
    ids = [*(roster.ids if roster else ()), *sorted(there - set(roster.ids if roster else ()))]
    rows = [("student", "name", "address", *names)]
    missing, several = {name: [] for name in names}, {name: [] for name in names}
    for student in ids:
        named = roster.named(student) if roster else rosters.Named()
        states = []
        for name in names:
            tries = len(attempts.every(course, student, name))
            graded = course.autograded(student, name).is_dir()
            states.append("-" if not tries else f"{tries} attempts" if tries > 1 else "graded" if graded else "in")
            if not tries:
                missing[name].append(student)
            elif tries > 1:
                several[name].append(student)
        rows.append((student, named.whole, named.email or "", *states))
    print(columns(rows))
    for name in names:
        for what, those in (("not handed in", missing[name]), ("handed in more than once", several[name])):
            if those:
                print(clean_text(f"{name}: {what}: {', '.join(those)}"))
    if roster:
        if unknown := sorted(there - set(roster.ids)):
            print(clean_text(f"unknown to {course.roster.name}: {', '.join(unknown)}"))
        for said, those in _alike(roster).items():
            print(clean_text(f"perhaps one person, with {said}: {', '.join(those)}. If so: kit roster merge "
                             f"{those[0]} {those[1]}"))
    return 0


def _alike(roster) -> dict[str, list[str]]:
    """Address -> ids of those who have the same."""
    found: dict[str, list[str]] = {}
    for student in roster.ids:
        if address := roster.named(student).email:
            found.setdefault(address.casefold(), []).append(student)
    return {address: those for address, those in found.items() if len(those) > 1}
