"""People: who is in the class, who has handed in; a new name, two ids of one person, who leaves and comes back."""

import json

from grading import commands
from grading.commands import course_option, place
from grading.desk.text import clean_text
from grading.errors import few

PLACE = 35


def arguments(parser) -> None:
    whats = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    taken = whats.add_parser("import", help="take a class list into roster.csv, names and addresses into the gradebook")
    taken.add_argument("file", type=place, metavar="FILE", help="a CSV: Canvas's, Moodle's, an office's")
    taken.add_argument("--id", metavar="COLUMN", help="its column with the ids (default: the one that is called so)")
    listed = whats.add_parser("list", help="who is there, who has handed in, who twice, who is unknown")
    listed.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="(default: all in the gradebook)")
    listed.add_argument("--json", type=place, metavar="FILE",
                        help="write {student: name, address, whether the roster has the id, attempts by assignment}")
    renamed = whats.add_parser("rename", help="another id: submissions, results and marks go with it")
    renamed.add_argument("student", metavar="ID")
    renamed.add_argument("into", metavar="NEW")
    removed = whats.add_parser("remove", help="who has left: all goes into a dated folder, nothing is deleted")
    removed.add_argument("students", nargs="+", metavar="ID")
    merged = whats.add_parser("merge", help="two ids of one person become the second one")
    merged.add_argument("student", metavar="ID")
    merged.add_argument("into", metavar="STAYS")
    restored = whats.add_parser("restore", help="who was removed is back, with all that was handed in and marked")
    restored.add_argument("students", nargs="*", metavar="ID", help="or a folder's name in removed/ (none: lists them)")
    for one in (taken, listed, renamed, removed, merged, restored):
        course_option(one)


def run(options) -> int:
    from grading.books import grades, ledger, people

    course = commands.course(options, begun=options.what != "import")
    if options.what == "import":
        return _import(course, options)
    if options.what == "list":
        return _list(course, options)
    if options.what == "restore":
        return _restore(course, options.students)
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


def _list(course, options) -> int:
    from grading.books import grades, ledger, presence, rosters
    from grading.desk import terminal
    from grading.desk.terminal import Column, Row
    from grading.release import assignment as assignments

    commands.require_writable(options.json)
    ledger.settle_folders(course)
    for name in options.assignments:
        assignments.load(name)
    grades.settle(course)
    names = options.assignments or sorted(path.name for path in (course.root / "source").glob("*") if path.is_dir())
    present, on = presence.read(course, names), terminal.console()
    terminal.show([Column("student"), *(Column(name, spare=True) for name in names),
                   Column("name", spare=True, rest=on.is_terminal), Column("address", spare=True)],
                  [Row(one.student, *map(one.state, names), one.named.whole, one.named.email or "") for one in present],
                  on)

    def tell(what: str, those: list[str]) -> None:
        if those:
            terminal.say(f"{what}: {', '.join(those)}", on, indent=0)

    for name in names:
        tell(f"{name}: not handed in", [one.student for one in present if not one.attempts[name]])
        tell(f"{name}: handed in more than once", [one.student for one in present if one.attempts[name] > 1])
    if rosters.read(course):
        tell(f"unknown to {course.roster.name}", [one.student for one in present if not one.listed])
    for said, those in presence.alike(present).items():
        tell(f"perhaps one person, with {said}", [*those[:-1], f"{those[-1]}. If so: kit roster merge {those[0]} "
                                                               f"{those[1]}"])
    if options.json:
        told = {one.student: one.told() for one in present}
        commands.write(options.json, json.dumps(told, indent=1, ensure_ascii=False) + "\n", "--json")
    return 0


def _restore(course, whom: list[str]) -> int:
    from grading.books import grades, ledger, people

    if not whom:
        there = people.removed(course)
        for folder, student in there.items():
            print(clean_text(f"{student}, in {course.root / 'removed' / folder}"))
        if not there:
            print(f"nobody was removed from {course.root}")
    again = {}
    for which in whom:
        with ledger.writing(course):
            student = people.restore(course, which)
        failed = []
        if course.gradebook.exists():
            with ledger.Ledger(course) as books:
                failed = books.enter_all(student)
        print(clean_text(f"{student}: back, with all that was handed in, graded and marked"))
        again |= dict.fromkeys(failed)
    grades.settle(course)
    for name in again:
        print(f"{name} is another now; to have its grades: kit autograde {name}")
    return 0
