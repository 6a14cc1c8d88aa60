"""Stage, grade source and release, leak check, zip."""

from grading.commands import assignment_argument, course, course_option
from grading.release import assignment as assignments

PLACE = 30


def arguments(parser) -> None:
    assignment_argument(parser)
    course_option(parser)
    parser.add_argument("--yes", action="store_true", help="go on where cells change that students are graded by")


def run(options) -> int:
    from grading.autograde.tryout import try_out
    from grading.release import generate

    archive = generate.generate(assignments.load(options.assignment), course(options), yes=options.yes,
                                try_out=try_out, tell=lambda line: print(f"{options.assignment}: {line}", flush=True))
    print(f"{options.assignment}: released in {archive.with_suffix('')}\n"
          f"{options.assignment}: packed as  {archive} ({archive.stat().st_size / 1024:.0f} KB)")
    return 0
