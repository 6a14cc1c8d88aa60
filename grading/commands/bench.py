"""The measurements, as ratios within one run."""

import json
import os
from pathlib import Path

from grading.commands import whole

PLACE = 90


def arguments(parser) -> None:
    parser.add_argument("--submissions", type=whole, default=40, metavar="N",
                        help="submissions graded, by the kit and by stock nbgrader (default: 40, about 8 minutes)")
    parser.add_argument("--quick", dest="submissions", action="store_const", const=4,
                        help="4 submissions, about 2 minutes")
    parser.add_argument("--functions", dest="submissions", action="store_const", const=0,
                        help="the reference functions only, some seconds")
    parser.add_argument("--rounds", type=whole, default=7, metavar="N",
                        help="times that each reference function is timed (default: 7)")
    parser.add_argument("--jobs", type=whole, default=os.cpu_count() or 1, metavar="N",
                        help="submissions that the kit grades at a time (default: one per core)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write them as JSON too")


def run(options) -> int:
    from itertools import chain

    from grading.bench import functions, measurement, throughput

    engine = throughput.measure(options.submissions, options.jobs) if options.submissions else ()
    measured = []
    for one in chain(functions.measure(options.rounds), engine):
        print(measurement.row(one), flush=True)
        measured.append(one)
    if options.json:
        options.json.write_text(json.dumps(measurement.as_json(measured), indent=1) + "\n", encoding="utf-8")
    return 1 if any(one.ratio > one.wanted for one in measured) else 0
