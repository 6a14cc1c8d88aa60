"""The kit's commands. Exit 0: done; 1: something failed and is named; 2: wrong use."""

import argparse
import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from grading import assignment as assignments
from grading.course import DEFAULT, Course
from grading.desk import clean_text
from grading.errors import KitError


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    options, options.others = parser.parse_known_args(arguments)
    if options.others and options.command not in ("test", "formgrade"):      # these hand them on
        parser.error(f"unrecognized arguments: {' '.join(options.others)}")
    try:
        return options.run(options)
    except KitError as error:
        print(f"kit: {clean_text(str(error), 10_000)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("kit: stopped. Run the same command again to go on.", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kit", description="The CS231n assignment kit: from source to grades.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, run, about: str, *, assignment: bool = True) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about)
        added.set_defaults(run=run)
        if assignment:
            added.add_argument("assignment", metavar="ASSIGNMENT", help=f"one of: {', '.join(assignments.names())}")
        added.add_argument("--course", type=Path, default=DEFAULT, metavar="FOLDER",
                           help="the nbgrader course folder (default: grading/course)")
        return added

    demo = command("demo", _demo, "the whole road on a sample class: release, collect, autograde, feedback, scores",
                   assignment=False)
    demo.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="default: all")

    test = commands.add_parser("test", help="every test of the repository; options are pytest's", add_help=False)
    test.set_defaults(run=_test)

    command("generate", _generate, "stage, release, leak check, zip")

    collect = command("collect", _collect, "take in submissions")
    collect.add_argument("paths", nargs="+", type=Path, metavar="PATH",
                         help="a folder with one folder or zip per student id, or one student's zip")

    autograde = command("autograde", _autograde, "grade what is collected; what is graded and unchanged is skipped")
    autograde.add_argument("--student", action="append", metavar="ID", help="only this one (may be repeated)")
    autograde.add_argument("--regrade", action="store_true", help="grade again what is graded and unchanged")
    autograde.add_argument("--timeout", type=_whole, metavar="SECONDS", help="limit of one cell (default: 30)")
    autograde.add_argument("--jobs", type=_whole, default=os.cpu_count() or 1, metavar="N",
                           help="submissions graded at a time (default: one per core)")
    autograde.add_argument("--stock", action="store_true", help="have nbgrader run submissions: slow, no sandbox")
    autograde.add_argument("--unsafe", action="store_true", help="grade even where no sandbox works")
    autograde.add_argument("--json", type=Path, metavar="FILE", help="write scores and outcomes of every cell")

    feedback = command("feedback", _feedback, "write feedback pages, without hidden tests")
    feedback.add_argument("--student", action="append", metavar="ID", help="only this one (may be repeated)")

    trial = command("trial", _trial, "put the tests on trial: which cells each known mistake loses")
    trial.add_argument("--only", metavar="WORD", default="", help="entries whose label contains WORD")
    trial.add_argument("--unusual", action="store_true", help="the correct but unusual versions instead")

    command("formgrade", _formgrade, "open nbgrader's formgrader on this course; other options are jupyter lab's",
            assignment=False)
    bench = commands.add_parser("bench", help="the measurements, as ratios within one run")
    bench.set_defaults(run=_bench)
    bench.add_argument("--submissions", type=_whole, default=40, metavar="N",
                       help="submissions graded, by the kit and by stock nbgrader (default: 40, about 8 minutes)")
    bench.add_argument("--quick", dest="submissions", action="store_const", const=4,
                       help="4 submissions, about 2 minutes")
    bench.add_argument("--functions", dest="submissions", action="store_const", const=0,
                       help="the reference functions only, some seconds")
    bench.add_argument("--jobs", type=_whole, default=os.cpu_count() or 1, metavar="N",
                       help="submissions that the kit grades at a time (default: one per core)")
    bench.add_argument("--json", type=Path, metavar="FILE", help="write them as JSON too")
    command("doctor", _doctor, "what this machine offers", assignment=False)
    return parser


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 1 or more")
    return int(text)


def _demo(options: argparse.Namespace) -> int:
    from grading import demo

    return demo.run(options.assignments or assignments.names(), Course(options.course.resolve()))


def _test(options: argparse.Namespace) -> int:
    os.chdir(assignments.ROOT)
    # One file's tests stay together: they share what is slow to make.
    pytest = [sys.executable, "-m", "pytest", "--numprocesses=auto", "--dist=loadfile"]
    os.execv(sys.executable, [*pytest, *options.others])


def _generate(options: argparse.Namespace) -> int:
    from grading import release

    archive = release.generate(assignments.load(options.assignment), Course(options.course.resolve()))
    print(f"{options.assignment}: released in {archive.with_suffix('')}\n"
          f"{options.assignment}: packed as  {archive} ({archive.stat().st_size / 1024:.0f} KB)")
    return 0


def _collect(options: argparse.Namespace) -> int:
    from grading import collect

    course = Course(options.course.resolve())
    course.prepare()
    taken = collect.collect(assignments.load(options.assignment), course, options.paths)
    for one in taken:
        stream = sys.stderr if one.state == "refused" else sys.stdout
        print(clean_text(f"{one.student}: {one.state}{'; ' + one.sentence if one.sentence else ''}"), file=stream)
    counts = {state: sum(one.state == state for one in taken) for state in ("new", "updated", "unchanged", "refused")}
    print(", ".join(f"{count} {state}" for state, count in counts.items()))
    return 1 if counts["refused"] else 0


def _autograde(options: argparse.Namespace) -> int:
    from grading.workers import Workers, choose_sandbox

    assignment, course = assignments.load(options.assignment), Course(options.course.resolve())
    with ExitStack() as held:
        workers = None
        if options.stock:
            print("sandbox: none (stock nbgrader runs submissions with your own rights)", flush=True)
        else:
            sandbox = choose_sandbox(options.unsafe)
            print(f"sandbox: {sandbox.level} ({sandbox.why})", flush=True)
            workers = held.enter_context(Workers(assignment, course, sandbox))
            new = [student for student in course.students(assignment.name)
                   if (options.student is None or student in options.student)
                   and (options.regrade or not course.autograded(student, assignment.name).exists())]
            workers.start_ahead(min(options.jobs, len(new)))       # while nbgrader is imported, which takes as long

        from grading import autograde, results, table
        from grading.progress import Progress

        progress = held.enter_context(Progress())
        graded = autograde.autograde(assignment, course, options.student, workers=workers, stock=options.stock,
                                     regrade=options.regrade, timeout=options.timeout, jobs=options.jobs,
                                     listener=progress)
    print(table.scores(assignment, graded))
    if options.json:
        scores = {result.student: results.with_marks(course, result) for result in graded}
        options.json.write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    return 1 if any(result.fault for result in graded) else 0


def _feedback(options: argparse.Namespace) -> int:
    from grading import feedback

    course = Course(options.course.resolve())
    students = feedback.feedback(assignments.load(options.assignment), course, options.student)
    print(f"{options.assignment}: feedback for {len(students)} in {course.root / 'feedback'}")
    return 0


def _trial(options: argparse.Namespace) -> int:
    from grading import catalogue, trial

    assignment = assignments.load(options.assignment)
    entries = catalogue.unusual(assignment) if options.unusual else catalogue.mistakes(assignment)
    entries = [entry for entry in entries if options.only in entry.label]
    lines, problems = trial.table(assignment, entries)
    print(f"{lines}\n{len(entries)} entries, {len(problems)} problems")
    for problem in problems:
        print(f"kit: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _formgrade(options: argparse.Namespace) -> int:
    course = Course(options.course.resolve())
    course.prepare()
    os.chdir(course.root)
    os.execvp("jupyter", ["jupyter", "lab", "--LabApp.default_url=/formgrader", *options.others])


def _bench(options: argparse.Namespace) -> int:
    from grading import bench

    measured = bench.run(options.submissions, options.jobs, tell=lambda one: print(bench.row(one), flush=True))
    if options.json:
        options.json.write_text(json.dumps(bench.as_json(measured), indent=1) + "\n", encoding="utf-8")
    return 1 if any(one.ratio > one.wanted for one in measured) else 0


def _doctor(options: argparse.Namespace) -> int:
    from grading import doctor

    lines, problems = doctor.findings()
    print("\n".join(lines))
    for problem in problems:
        print(f"kit: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
