"""The measurements, as ratios within one run."""

import json
import os
from pathlib import Path

from grading import commands
from grading.commands import place, whole

PLACE = 90


def arguments(parser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--quick", action="store_true", help="4 submissions, about 2 minutes")
    which.add_argument("--functions", action="store_true", help="the reference functions only, some seconds")
    which.add_argument("--scaling", action="store_true",
                       help="how grading grows with jobs and with the class, and what 100,000 would take")
    which.add_argument("--endurance", type=int, metavar="SEED",
                       help="a generated class, graded while all goes wrong that SEED draws: the same books as without")
    parser.add_argument("--submissions", type=whole, metavar="N",
                        help="submissions graded, by the kit and by stock nbgrader (default: 40, about 8 minutes); "
                             "with --endurance: of the class (default: 1000)")
    parser.add_argument("--sizes", type=_sizes, metavar="N,N,...",
                        help="with --scaling: of the classes, such as 10,100,1000 (default: 6,12,24)")
    parser.add_argument("--rounds", type=whole, metavar="N",
                        help="times that each reference function is timed (default: 7), or with --scaling each run (3)")
    parser.add_argument("--jobs", type=whole, default=os.cpu_count() or 1, metavar="N",
                        help="submissions that the kit grades at a time (default: one per core)")
    parser.add_argument("--json", type=place, metavar="FILE", help="write them as JSON too")
    parser.add_argument("--picture", type=place, metavar="FILE", help="with --scaling: a PNG of it (default: none)")


def run(options) -> int:
    commands.require_writable(options.json, options.picture)
    if options.endurance is not None:
        return _endurance(options)
    if options.scaling:
        return _scaling(options)
    return _ratios(options)


def _ratios(options) -> int:
    from itertools import chain

    from grading.bench import functions, measurement, throughput

    submissions = 0 if options.functions else 4 if options.quick else options.submissions or 40
    engine = throughput.measure(submissions, options.jobs) if submissions else ()
    measured = []
    for one in chain(functions.measure(options.rounds or 7), engine):
        print(measurement.row(one), flush=True)
        measured.append(one)
    _write(options, measurement.as_json(measured))
    return 1 if any(one.ratio > one.wanted for one in measured) else 0


def _endurance(options) -> int:
    from grading.bench import endurance, tables

    endured = endurance.measure(options.endurance, options.submissions or 1000, options.jobs, say=_say)
    print(tables.endurance(endured))
    _write(options, endured.as_json())
    return 0 if endured.equal else 1


def _scaling(options) -> int:
    import tempfile
    from dataclasses import asdict

    from grading.bench import model, picture, scaling, tables

    with tempfile.TemporaryDirectory(prefix="kit-scaling-") as scratch:
        here = model.machine(Path(scratch))
        bench = scaling.Bench(Path(scratch), options.sizes or scaling.SIZES, say=_say)
        measured = bench.measure(options.jobs, options.rounds or scaling.ROUNDS)
    rate = model.rates(measured)
    print("", tables.scaling(measured), tables.where(measured, rate), tables.forecasts(rate, here), sep="\n\n")
    if options.picture:
        picture.draw(measured, rate, options.picture)
    forecasts = [asdict(model.forecast(rate, students, (here.cores, 16, 64, 256))) for students in model.CLASSES]
    limits = [asdict(one) for one in model.limits(rate, here)]
    _write(options, {"measured": asdict(measured), "rates": asdict(rate), "machine": asdict(here),
                     "forecasts": forecasts, "limits": limits})
    return 0


def _write(options, measured) -> None:
    if options.json:
        commands.write(options.json, json.dumps(measured, indent=1) + "\n", "--json")


def _say(line: str) -> None:
    print(line, flush=True)


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(whole(part) for part in text.split(","))
