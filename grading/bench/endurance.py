"""A generated class is graded undisturbed, and again while everything goes wrong: the books must come out the same.

What happens, and when, is drawn from a seed (`disturbances`); a run that is killed, or that stops because the disk is
full, is begun again, as a person would. The kit that grades is a copy, and so are the courses: nothing else is touched.
"""

import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from grading import ROOT
from grading.bench import cluster, disturbances, endstate, small_disk
from grading.bench.disturbed import Settings, Told, copy_course
from grading.bench.runs import Run, kit
from grading.bench.throughput import Cost
from grading.books import results, seeds
from grading.books.course import Course
from grading.errors import KitError
from grading.release import assignment as assignments
from grading.release.assignment import ASSIGNMENTS
from grading.sample import generated, kit_copy

LIMIT = 10                               # seconds for a cell: a tenth of the class is not to take half of the time
ROOM = 64 << 20                          # bytes of a small disk beyond half as much again as an undisturbed run writes
Say = Callable[[str], None]


@dataclass
class Disturbed:
    """The class graded once more, by jobs or by a cluster."""

    by: str
    cost: Cost
    told: Told


@dataclass
class Endured:
    """What came of it: `class_of` counts the kinds of submissions; `skipped` is what could not be done here -> why."""

    seed: int
    assignment: str
    jobs: int
    sandbox: str
    class_of: dict[str, int]
    undisturbed: Cost
    rows: int
    files: int
    disturbed: list[Disturbed]
    skipped: dict[str, str]
    kept: str = ""

    @property
    def submissions(self) -> int:
        return sum(self.class_of.values())

    @property
    def equal(self) -> bool:
        return not any(one.told.lost or one.told.differ for one in self.disturbed)

    def as_json(self) -> dict:
        return asdict(self) | {"submissions": self.submissions, "equal": self.equal}


def measure(seed: int, submissions: int, jobs: int, lesson: Path = ASSIGNMENTS / "assignment1",
            say: Say = print) -> Endured:
    """The class is of the assignment in the folder `lesson`. When something differs, all courses are left behind."""
    scratch = Path(tempfile.mkdtemp(prefix="kit-endurance-"))
    try:
        endured = _measure(scratch, seed, submissions, jobs, lesson, say)
    except KitError as error:
        raise KitError(f"{error} (everything is left in {scratch})") from None
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    if endured.equal:
        shutil.rmtree(scratch)
    else:
        endured.kept = str(scratch)
    return endured


def _measure(scratch: Path, seed: int, submissions: int, jobs: int, lesson: Path, say: Say) -> Endured:
    name = lesson.name
    copy = kit_copy.make(scratch / "kit", lesson)
    course = Course(scratch / "collected")
    _run(kit("generate", name, "--course", course.root), copy, scratch / "generate.log")
    course.prepare_data()
    seeds.secret(course)
    made = generated.make(assignments.load(name, copy / "assignments"), course, submissions, seed)

    limit = ("--timeout", str(LIMIT))
    say(f"{submissions} submissions of {name}, seed {seed}: graded undisturbed, {jobs} at a time")
    alone = Course(scratch / "undisturbed")
    copy_course(course.root, alone.root)
    undisturbed = _run(kit("autograde", name, "--course", alone.root, "--jobs", jobs, *limit), copy,
                       scratch / "undisturbed.log", _tenths(say))
    say(f"... in {undisturbed.wall:.0f} s")
    expected = endstate.of(alone)
    (scratch / "expected.json").write_text(expected.to_json(), encoding="utf-8")

    disk, no_cluster = small_disk.probe(scratch), cluster.missing(copy)
    skipped = {disturbances.DISK: disk.why} if disk.why else {}
    skipped |= {disturbances.SCHEDULER: no_cluster, disturbances.NODE: no_cluster} if no_cluster else {}
    common = (disturbances.WORKER, disturbances.RUN, *([] if disk.why else [disturbances.DISK]))
    ways = {"jobs": common}
    if not no_cluster:
        ways["cluster"] = (*common, disturbances.SCHEDULER, disturbances.NODE)
    disturbed = []
    for by, kinds in ways.items():
        say(f"... and now disturbed, by {by}")
        settings = Settings(
            seed, kinds, submissions, undisturbed.wall / submissions, name, jobs, by == "cluster", limit, str(copy),
            str(course.root), *(str(scratch / f"{by}{end}") for end in ("", ".log")),
            str(scratch / "expected.json"), *(str(scratch / f"{by}{end}") for end in ("-kept", ".json")))
        taken = _disturbed(settings, scratch, disk, _size(alone.root), say)
        told = Told(**json.loads(Path(settings.told).read_text(encoding="utf-8")))
        disturbed.append(Disturbed(by, taken, told))
    one = results.read(alone, course.students(name)[0], name)
    return Endured(seed, name, jobs, one.sandbox if one else "", dict(Counter(map(_kind, made.values()))),
                   undisturbed, len(expected.rows), len(expected.files), disturbed, skipped)


def _disturbed(settings: Settings, scratch: Path, disk: small_disk.SmallDisk, size: int, say: Say) -> Cost:
    path, folder = scratch / "settings.json", Path(settings.folder)
    path.write_text(json.dumps(asdict(settings)), encoding="utf-8")
    folder.mkdir()
    command = [sys.executable, "-m", "grading.bench.disturbed", str(path)]
    if disk.wrapper:
        command = disk.command(folder, size * 3 // 2 + ROOM, command)
    return _run(command, ROOT, scratch / "program.log", say)


def _run(command: list[str], folder: Path, log: Path, say: Say = lambda line: None) -> Cost:
    """To its end; a KitError with its last lines if it fails. Each of its lines is said."""
    run = Run(command, folder, log)
    try:
        while (line := run.line()) is not None:
            say(line)
    except BaseException:
        run.end()
        raise
    status = run.wait()
    if status:
        lines = log.read_text(errors="replace").strip().splitlines()[-5:]
        raise KitError(f"{' '.join(command)} ended with exit status {status}: {' / '.join(lines)}")
    return run.cost


def _tenths(say: Say) -> Say:
    """Says of the lines of a run every one that ends a tenth of the class."""
    def listen(line: str) -> None:
        number, _, of = line.partition("]")[0].removeprefix("[").partition("/")
        if number.isdecimal() and of.isdecimal() and int(number) * 10 // int(of) > (int(number) - 1) * 10 // int(of):
            say(line)
    return listen


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _kind(what: str) -> str:
    return what.partition(":")[0]
