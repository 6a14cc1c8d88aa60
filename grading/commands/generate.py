"""Stage, release, leak check, zip."""

from grading.commands import assignment_argument, course, course_option
from grading.release import assignment as assignments

PLACE = 30


def arguments(parser) -> None:
    assignment_argument(parser)
    course_option(parser)


def run(options) -> int:
    from grading.release import generate

    archive = generate.generate(assignments.load(options.assignment), course(options))
    print(f"{options.assignment}: released in {archive.with_suffix('')}\n"
          f"{options.assignment}: packed as  {archive} ({archive.stat().st_size / 1024:.0f} KB)")
    return 0
