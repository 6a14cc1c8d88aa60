"""Lend this machine to a scheduler: processes that grade what it sends."""

import asyncio
import os

from grading import commands
from grading.commands import door_options, whole

PLACE = 54
NEEDS = ("cluster",)


def arguments(parser) -> None:
    parser.add_argument("address", metavar="ADDRESS", help="the scheduler's, such as tls://desk:8786")
    parser.add_argument("--jobs", type=whole, default=os.cpu_count() or 1, metavar="N",
                        help="processes, one submission at a time each (default: one per core)")
    parser.add_argument("--unsafe", action="store_true", help="even where no sandbox works")
    door_options(parser)


def run(options) -> int:
    from grading.autograde.workers import choose_sandbox

    door = commands.door(options, options.address)
    sandbox = choose_sandbox(options.unsafe)
    print(f"sandbox: {sandbox.level} ({sandbox.why})", flush=True)

    from grading.autograde import serving

    asyncio.run(serving.workers(door, options.jobs))
    return 0
