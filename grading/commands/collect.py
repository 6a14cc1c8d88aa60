"""Take in submissions.

`kit collect` also takes what Canvas, Moodle, Gradescope or Blackboard let you download for a class, as a folder or
as the one zip that it is, given alone. An optional `grading/course/roster.csv` says who is in the class: a column
`id`, and beside it whatever your platform calls people by (name, login, e-mail, number; comma or semicolon). Without
one, people are called what the platform calls them; who would be filed as somebody whom it knew by another address,
number or login is named and not taken. Times come from the platform or from the newest file, whose date its owner can
set; where there is a due date, that is said. A clock that does not say where it stands, a zip's or Blackboard's, is
read in the `timezone` of the assignment's `[late]`, or that of its `due`; where neither is said, in this machine's. A
newer attempt replaces an older one, and `--attempt first` has the first one count, `--attempt best` the one with the
best score, less what lateness costs: `autograde` then grades all of who has several, and says which it was. Whatever
folder the work lies in, and whatever became of its files' names, it is looked for, and what was passed over is said.
"""

import sys

from grading import commands
from grading.books import attempts
from grading.commands import assignment_argument, course_option, place
from grading.desk.text import clean_text
from grading.errors import few
from grading.release import assignment as assignments

PLACE = 40
ALWAYS = "new", "updated", "unchanged", "refused"


def arguments(parser) -> None:
    assignment_argument(parser)
    parser.add_argument("paths", nargs="+", type=place, metavar="PATH",
                        help="a folder with one folder or zip per student id, one student's zip, or what Canvas, "
                             "Moodle, Gradescope or Blackboard let down, as a folder or zip")
    parser.add_argument("--attempt", choices=attempts.CHOICES,
                        help="which of a student's submissions counts, from now on (at first: last); the others are "
                             "kept; which is the best, autograde finds out")
    course_option(parser)


def run(options) -> int:
    from grading.books import ledger, notes, rules
    from grading.intake import collect

    course, assignment = commands.course(options, begun=False), assignments.load(options.assignment)
    course.prepare()
    counts, said, dated = dict.fromkeys(collect.STATES, 0), {}, set()
    with ledger.writing(course):                         # nobody else takes in meanwhile, and nobody grades
        collecting = collect.Collecting(assignment, course, options.attempt)
        for one in collecting.take(options.paths):
            if one.state != "unchanged":
                said[one.student] = f"refused; {one.sentence}" if one.state == "refused" else one.sentence
            counts[one.state] += 1
            if one.dated:
                dated.add(one.student)
            stream = sys.stderr if one.state == "refused" else sys.stdout
            print(clean_text(f"{one.student}: {one.state}{'; ' + one.sentence if one.sentence else ''}"), file=stream)
        notes.keep(course, options.assignment, notes.COLLECTED, said)
    print(", ".join(f"{count} {state}" for state, count in counts.items() if count or state in ALWAYS))
    policy = rules.read(assignment.name, assignment.folder.parent)
    if dated and policy and policy.due:
        print(clean_text(f"{len(dated)} without a platform's time, so that of their newest file counts, which its "
                         f"owner can set: {few(sorted(dated), 8)}"))
    if missing := collecting.missing():
        print(clean_text(f"{len(missing)} of the roster without a submission: {', '.join(missing)}"))
    return 1 if counts["refused"] else 0
