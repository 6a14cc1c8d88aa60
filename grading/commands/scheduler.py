"""Start the scheduler that workers and `kit autograde --scheduler` meet at."""

import asyncio

from grading import commands
from grading.commands import door_options

PLACE = 53
NEEDS = ("cluster",)


def arguments(parser) -> None:
    parser.add_argument("address", metavar="ADDRESS", nargs="?", default="tcp://127.0.0.1",
                        help="where to listen (default: tcp://127.0.0.1:8786, for this machine alone)")
    door_options(parser)


def run(options) -> int:
    door = commands.door(options, options.address)

    from grading.autograde import serving

    asyncio.run(serving.scheduler(door))
    return 0
