"""Measurements as tables that fit a terminal."""

import shutil
import textwrap
from collections.abc import Iterable, Sequence

from grading.bench import disturbances, model
from grading.bench.endurance import Endured
from grading.bench.model import Machine, Rates
from grading.bench.scaling import Graded, Scaling
from grading.bench.throughput import Cost

WIDTH = 100                  # at most


# Endurance

def endurance(one: Endured) -> str:
    """What was done to the runs how often, what was lost, what differs."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(one.class_of.items(), key=lambda item: -item[1]))
    columns = ["undisturbed", *(f"disturbed, by {way.by}" for way in one.disturbed)]
    told = [way.told for way in one.disturbed]
    rows = [[kind, "-", *(str(way.made.get(kind, "-")) for way in told)] for kind in disturbances.OFTEN]
    rows += [["runs begun", "1", *(str(way.runs) for way in told)],
             ["given up by a run, graded by a later one", "-", *(str(way.not_graded) for way in told)],
             ["tracebacks where a sentence should be", "-", *(str(len(way.tracebacks)) for way in told)],
             ["recorded, and graded again (lost)", "-", *(str(len(way.lost)) for way in told)],
             ["rows and files that differ", f"of {one.rows + one.files:,}", *(str(len(way.differ)) for way in told)],
             ["seconds, wall", *_costs(one, "wall")], ["seconds, CPU", *_costs(one, "cpu")]]
    lines = [*wrapped(f"Endurance, seed {one.seed}: {one.submissions} submissions of {one.assignment} ({kinds}); "
                      f"{one.jobs} at a time, sandbox {one.sandbox}."), "",
             *table(["", *columns], rows)]
    lines += [line for kind, why in one.skipped.items() for line in wrapped(f"Not done here: {kind} ({why}).")]
    for way in one.disturbed:
        lines += [f"  lost, by {way.by}: {student}" for student in way.told.lost[:10]]
        lines += [f"  differs, by {way.by}: {what}"[:width()] for what in way.told.differ[:10]]
    if one.kept:
        lines += wrapped(f"Everything is left in {one.kept}.")
    return "\n".join(lines)


def _costs(one: Endured, name: str) -> Iterable[str]:
    first = getattr(one.undisturbed, name)
    yield _seconds(one.undisturbed, name)
    for way in one.disturbed:
        yield f"{_seconds(way.cost, name)} ({getattr(way.cost, name) / first:.2f} x)"


def _seconds(cost: Cost, name: str) -> str:
    return f"{getattr(cost, name):,.0f}"


# Scaling

def scaling(measured: Scaling) -> str:
    """Runs by jobs, by size of the class, by what has changed; each beside the run that it is to be compared with."""
    first, last = measured.by_jobs[0], measured.by_size[-1]
    heads = ["", "wall s", "per hour", "speed", "CPU s each", "parent", "parent MB"]
    rows = [_run(f"{one.students} submissions, {one.jobs} jobs", one, first) for one in measured.by_jobs]
    rows += [_run(f"{one.students} submissions, cluster of {one.jobs}", one, first) for one in measured.clusters]
    rows += [_run(f"{one.students} submissions, {one.jobs} jobs", one, first) for one in measured.by_size]
    changed = measured.one_test
    what = f"{changed.ran} run" if changed.notebooks is None else f"{changed.notebooks} notebooks run"
    rows.append(_run(f"{changed.students}, one hidden test changed, {what}", changed, last))
    rows += [_run(f"{one.students}, nothing changed, {one.ran} run", one, last) for one in measured.unchanged]
    rows += [_run(f"{one.students}, nothing changed, --json", one, last) for one in measured.as_json]
    lines = [*wrapped(f"Grading by jobs and by class. Speed is per submission: of the first run, and below the line "
                      f"of the run of all {last.students}. A worker takes {measured.worker:.0f} MB at most."), "",
             *table(heads, rows)]
    lines.insert(len(lines) - 2 * len(measured.unchanged) - 1, "")
    if measured.no_cluster:
        lines += wrapped(f"Not done here: a cluster ({measured.no_cluster}).")
    lines += ["", *table(["students in the books", "enter one", "list all"],
                         [[f"{one.students:,}", _ms(one.record), _ms(one.list)]
                          for one in measured.books])]
    return "\n".join(lines)


def where(measured: Scaling, rate: Rates) -> str:
    """Where the CPU seconds of one more submission go."""
    parts = measured.breakdown
    if parts is None:
        return "\n".join(wrapped("Not done here: where the CPU seconds go (level cold: they end with each process)."))
    named = {"own cells, run for the verdict": parts.own, "own cells that no verdict needs": parts.aside,
             "tests": parts.tests, "forks: processes made, restricted, ended": parts.forks,
             "the parent": rate.parent}
    rows = [[what, f"{seconds:.3f}", f"{seconds / sum(named.values()):.0%}"] for what, seconds in named.items()]
    rows.append(["together", f"{sum(named.values()):.3f}", "100%"])
    rows.append(["of that, to decode and clean what came", f"{parts.gloves:.3f}",
                 f"{parts.gloves / sum(named.values()):.1%}"])
    rows.append(["one more submission of a class", f"{rate.cpu:.3f}", ""])
    return "\n".join(table(["where the CPU seconds of a perfect submission go", "CPU s", "share"], rows))


def _run(what: str, one: Graded, other: Graded) -> list[str]:
    return [what, f"{one.wall:.1f}", f"{one.per_hour():,.0f}", f"{one.per_hour() / other.per_hour():.2f} x",
            f"{one.cpu / one.students:.3f}", f"{one.parent / one.students:.3f}", f"{one.memory:.0f}"]


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.2f} ms"


# The model

def forecasts(rate: Rates, here: Machine) -> str:
    """What large classes would take, from which numbers, and what breaks first."""
    cores = tuple(dict.fromkeys([here.cores, 16, 64, 256]))
    those = [model.forecast(rate, students, cores) for students in model.CLASSES]
    rows = [
        ["core hours", *(f"{one.core_hours:,.1f}" for one in those)],
        *([f"hours, {count} cores", *(f"{one.hours[count]:,.1f}" for one in those)] for count in cores),
        ["cores that one parent keeps busy", *(f"{one.useful:.0f}" for one in those)],
        ["parent's memory, MB", *(f"{one.parent_memory:,.0f}" for one in those)],
        [f"memory of {cores[1]} workers, GB", *(f"{cores[1] * rate.worker / 1024:.1f}" for _ in those)],
        [f"moved to {cores[-1]} workers and back, GB", *(f"{one.moved:,.1f}" for one in those)],
        ["disk, GB", *(f"{one.disk:,.1f}" for one in those)],
        ["files", *(f"{one.files:,}" for one in those)],
        ["ms to enter the last one", *(f"{1000 * one.record:.0f}" for one in those)],
        ["minutes to find nothing changed", *(f"{one.unchanged / 60:,.1f}" for one in those)],
        ["the same with --json", *(f"{one.as_json / 60:,.1f}" for one in those)],
    ]
    taken = ", ".join([
        f"{rate.cpu:.3f} CPU s, {rate.parent:.3f} of them the parent's", f"{1000 * rate.record:.1f} ms to enter it",
        f"{1000 * rate.unchanged:.2f} ms to find it unchanged ({1000 * rate.as_json:.2f} with --json)",
        f"{rate.moved / 1000:,.0f} KB moved", f"{rate.disk / 1000:,.0f} KB on disk in {rate.files} files",
        f"{1000 * rate.parent_each:.1f} KB of the parent's memory"])
    return "\n".join([
        "The model, of one parent and any number of cores", "",
        *table(["", *(f"{one.students:,}" for one in those)], rows), "",
        *wrapped(f"From the measured numbers, of one submission: {taken}. Each student who is in the books already "
                 f"adds {1e6 * rate.record_growth:.2f} us to that."),
        "", *table(["what breaks, the first first", "submissions"],
                   [[one.what, f"{one.students:,}" if one.students < 10**9 else "-"]
                    for one in model.limits(rate, here)])])


# Any table

def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]

    def line(row: Sequence[str]) -> str:
        return "  ".join([f"{row[0]:<{widths[0]}}", *(f"{cell:>{size}}" for cell, size in
                                                     zip(row[1:], widths[1:], strict=True))]).rstrip()

    return [line(heads), "-" * (sum(widths) + 2 * len(widths) - 2), *map(line, rows)]


def wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, width())


def width() -> int:
    return min(WIDTH, max(60, shutil.get_terminal_size((WIDTH, 24)).columns))
