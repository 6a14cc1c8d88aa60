"""Grade what is collected; what is graded and unchanged is skipped.

Of a lesson's own cells those run that a verdict depends on; what a notebook shows of the others is what the student
saw, labelled "as handed in". `kit autograde --whole` runs them all, to the same scores: also of what is graded and
unchanged, where they did not run yet.
"""

import json
import os
from contextlib import ExitStack

from grading import commands, extras
from grading.commands import assignment_argument, course_option, door_options, place, student_option, whole
from grading.desk.text import clean_text
from grading.errors import KitError, few
from grading.release import assignment as assignments

PLACE = 50


def arguments(parser) -> None:
    assignment_argument(parser)
    course_option(parser)
    student_option(parser)
    parser.add_argument("--regrade", action="store_true", help="grade again what is graded and unchanged")
    parser.add_argument("--whole", action="store_true",
                        help="run every cell, not only those that a verdict depends on: slower, the same scores")
    parser.add_argument("--timeout", type=whole, metavar="SECONDS", help="limit of one cell (default: 30)")
    parser.add_argument("--jobs", type=whole, default=os.cpu_count() or 1, metavar="N",
                        help="submissions graded at a time (default: one per core)")
    runner = parser.add_mutually_exclusive_group()
    runner.add_argument("--scheduler", metavar="ADDRESS", help="grade on the workers of this dask scheduler")
    door_options(parser)
    runner.add_argument("--stock", action="store_true",
                        help="have nbgrader run submissions: slow, no sandbox; needs --unsafe")
    parser.add_argument("--unsafe", action="store_true", help="grade even where no sandbox works")
    parser.add_argument("--json", type=place, metavar="FILE", help="write scores and outcomes of every cell")
    parser.add_argument("--totals", type=place, metavar="FILE",
                        help="write what kit show --json does of everyone: totals, late days, known mistakes, "
                             "what is not marked")


def run(options) -> int:
    from grading.autograde.workers import Workers, choose_sandbox

    commands.require_writable(options.json, options.totals)
    assignment, course = assignments.load(options.assignment), commands.course(options, begun=False)
    if options.scheduler is None and (options.tls_cert or options.tls_key or options.tls_ca or options.without_tls):
        raise KitError("--tls-cert, --tls-key, --tls-ca and --without-tls say how to reach a scheduler: add "
                       "--scheduler ADDRESS.")
    if options.stock and not options.unsafe:
        raise KitError("--stock has nbgrader run submissions with your own rights, without a sandbox. For a class that "
                       "you trust, say both words: --stock --unsafe")
    with ExitStack() as held:
        workers = None
        if options.stock:
            print("sandbox: none (stock nbgrader runs submissions with your own rights). Mistakes in functions get "
                  "their names; those in cells only without --stock", flush=True)
        elif options.scheduler is not None:
            extras.ensure("cluster")
            from grading.autograde.cluster import Cluster

            door = commands.door(options, options.scheduler)
            course.require_release(assignment.name)
            workers = held.enter_context(Cluster(door, unsafe=options.unsafe,
                                                 tell=lambda said: print(clean_text(said, 10_000), flush=True)))
        else:
            sandbox = choose_sandbox(options.unsafe)
            print(f"sandbox: {sandbox.level} ({sandbox.why})", flush=True)
            workers = held.enter_context(Workers(assignment, course, sandbox))
            new = [student for student in course.students(assignment.name)
                   if (options.student is None or student in options.student)
                   and (options.regrade or not course.autograded(student, assignment.name).exists())]
            workers.start_ahead(min(options.jobs, len(new)))       # while nbgrader is imported, which takes as long

        from grading.autograde import autograde, best, suspects, table
        from grading.autograde.progress import Progress
        from grading.books import grades, ledger, marks, results, standing

        ledger.settle_folders(course)
        progress = held.enter_context(Progress())
        runs = []

        def grade(course, students):
            runs.append(autograde.autograde(assignment, course, students, workers=workers, stock=options.stock,
                                            regrade=options.regrade, timeout=options.timeout, jobs=options.jobs,
                                            listener=progress, whole=options.whole))
            return runs[-1]

        chosen = best.settle(assignment, course, options.student, grade)
        graded = grade(course, options.student)
    given = marks.scores(course, assignment.name)
    table.show(assignment, graded, given, chosen)
    if given:
        print("The table has what the tests gave. With marks, points that a person has changed, and late penalties: "
              "kit show STUDENT, kit export")
    print(f"{graded.notebooks_run} notebooks run")
    if graded.whole_before:
        print(clean_text(f"kept from a run of every cell, which gives the same scores: {few(graded.whole_before, 10)}. "
                         "To run only what counts: --regrade", 10_000))
    if graded.penalties_changed:
        print(clean_text(f"time or late penalty changed: {', '.join(graded.penalties_changed)}", 1_000_000))
    if waiting := marks.waiting(course, assignment.name):
        print(clean_text("marks that wait for another look, since what they were given for has changed: "
                         f"{few(waiting, 10)}. To see both texts of an answer: kit answers {assignment.name}; a test: "
                         "kit formgrade", 10_000))
    for sentence in suspects.sentences(graded):
        print(clean_text(sentence))
    if options.json:
        entered = grades.now(course, assignment.name).scores
        scores = {result.student: results.with_marks(course, result, entered) for result in graded}
        commands.write(options.json, json.dumps(scores, indent=1) + "\n", "--json")
    if options.totals:
        standings = standing.read(course, assignment.name, [result.student for result in graded])
        totals = {student: {assignment.name: one.told()} for student, one in standings.items()}
        commands.write(options.totals, json.dumps(totals, indent=1) + "\n", "--totals")
    return 1 if any(run.faults for run in runs) else 0
