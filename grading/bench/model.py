"""What classes that nobody has graded yet would take, worked out from the measured parts of those that were.

Straight lines through measured points and no more: seconds of a run are a start and so much for every submission;
the books' seconds grow with the books as they did between the two large classes. One parent hands out the work and
writes the books, in one interpreter, so its own seconds bound every run, however many cores there are.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from grading.bench.scaling import Scaling

CLASSES = (1_000, 10_000, 100_000)
NIGHT = 8 * 3600.0           # seconds that a class may take
PAUSE = 600.0                # and a run in which nothing has changed
MB = 2**20


@dataclass(frozen=True)
class Machine:
    """Cores, bytes of memory, bytes and files that the disk has room for."""

    cores: int
    memory: int
    disk: int
    files: int


@dataclass(frozen=True)
class Rates:
    """Of one submission, all from measured numbers: CPU seconds of everything and of the parent alone, seconds on the
    wall of entering it (`record`, and how much that grows with every further student), of finding it `unchanged`, and
    of writing its scores as JSON besides; bytes. MB: of the parent at its start, and for each submission; of a worker.
    """

    cpu: float
    parent: float
    record: float
    record_growth: float
    unchanged: float
    as_json: float
    parent_start: float
    parent_each: float
    worker: float
    moved: int
    lesson: int
    disk: int
    files: int


@dataclass(frozen=True)
class Forecast:
    """Of one class; `useful` cores are as many as one parent keeps busy."""

    students: int
    core_hours: float
    hours: dict[int, float]              # by cores
    useful: float
    parent_memory: float                 # MB
    moved: float                         # GB to the workers and back
    disk: float                          # GB
    files: int
    record: float                        # seconds of the last one
    unchanged: float                     # seconds of a run in which nothing has changed
    as_json: float                       # seconds of one with --json


@dataclass(frozen=True)
class Limit:
    """From so many students on it does not work any more, or takes longer than somebody waits."""

    students: int
    what: str


def machine(folder: Path) -> Machine:
    """This one; `folder` is on the disk that is meant."""
    room = os.statvfs(folder)
    return Machine(os.cpu_count() or 1, psutil.virtual_memory().total, shutil.disk_usage(folder).free, room.f_favail)


def rates(measured: Scaling) -> Rates:
    small, large = measured.books[0], measured.books[-1]
    further = max(1, large.students - small.students)

    grown = large.record - small.record
    growth = grown / further if grown > max(small.spread, large.spread) else 0.0         # else it is noise
    graded, unchanged, sizes = measured.by_size, measured.unchanged, measured.sizes
    return Rates(
        cpu=_line(graded, "cpu")[0], parent=_line(graded, "parent")[0],
        record=large.record - growth * large.students, record_growth=growth,
        unchanged=_line(unchanged, "wall")[0],
        as_json=_line(measured.as_json, "wall")[0],
        parent_start=max(one.memory for one in graded), parent_each=_line(unchanged, "memory")[0],
        worker=measured.worker, moved=sizes.submitted + sizes.autograded, lesson=sizes.lesson,
        disk=sizes.disk + sizes.gradebook, files=sizes.files)


def forecast(rate: Rates, students: int, cores: Sequence[int]) -> Forecast:
    serial = max(rate.parent, rate.record + rate.record_growth * students / 2)
    return Forecast(
        students=students, core_hours=students * rate.cpu / 3600,
        hours={count: students * max(rate.cpu / count, serial) / 3600 for count in cores},
        useful=rate.cpu / serial,
        parent_memory=rate.parent_start + rate.parent_each * students,
        moved=(students * rate.moved + max(cores) * rate.lesson) / 2**30,
        disk=students * rate.disk / 2**30, files=students * rate.files,
        record=rate.record + rate.record_growth * students, unchanged=students * rate.unchanged,
        as_json=students * rate.as_json)


def limits(rate: Rates, here: Machine) -> list[Limit]:
    """What breaks, by when it does: the first is what breaks first."""
    per_cores = f"{here.cores} cores" if here.cores > 1 else "one core"
    found = [
        (NIGHT * here.cores / rate.cpu, f"a night ({NIGHT / 3600:g} h) on this machine's {per_cores}"),
        (_until(NIGHT, max(rate.parent, rate.record), rate.record_growth / 2),
         f"a night with any number of cores: the one parent's own {max(rate.parent, rate.record):.3f} s each"),
        (_until(PAUSE, rate.unchanged), f"{PAUSE / 60:g} minutes to find that nothing has changed"),
        (_until(PAUSE, rate.as_json), f"{PAUSE / 60:g} minutes to find that, with --json"),
        ((here.memory / MB - rate.parent_start - here.cores * rate.worker) / rate.parent_each
         if rate.parent_each > 0 else np.inf, f"the parent's memory, of {here.memory / 2**30:.0f} GB"),
        (here.disk / rate.disk, f"the disk's room, {here.disk / 2**30:.0f} GB"),
        (here.files / rate.files if here.files else np.inf, f"the disk's room for {here.files:,} files"),
    ]
    return sorted((Limit(round(min(students, 1e12)), what) for students, what in found), key=lambda one: one.students)


def _until(seconds: float, each: float, growth: float = 0.0) -> float:
    """The number of students n at which n * (each + growth * n) are so many seconds."""
    if each <= 0:
        return np.inf
    if growth <= 0:
        return seconds / each
    return (-each + np.sqrt(each**2 + 4 * growth * seconds)) / (2 * growth)


def _line(points: Sequence, name: str) -> tuple[float, float]:
    """(slope, start) of the best line through a figure by number of students; through the start when there is one."""
    if len({one.students for one in points}) < 2:
        return getattr(points[0], name) / points[0].students, 0.0
    slope, start = np.polyfit([one.students for one in points], [getattr(one, name) for one in points], 1)
    return max(0.0, float(slope)), float(start)
