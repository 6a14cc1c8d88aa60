"""The whole road on a sample class: release, collect, autograde, feedback, scores."""

from grading.commands import course, course_option
from grading.release import assignment as assignments

PLACE = 10


def arguments(parser) -> None:
    parser.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="default: all")
    course_option(parser)


def run(options) -> int:
    from grading.sample import demo

    return demo.run(options.assignments or assignments.names(), course(options, begun=False))
