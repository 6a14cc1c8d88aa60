"""Grade a class while things happen to the run, again and again until everything has happened and all is graded.

    python -m grading.bench.disturbed SETTINGS.json

A program of its own, so that it can be started where a small disk is mounted. What came of it is written to the file
that the settings name.
"""

import json
import random
import re
import shutil
import sys
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from grading.bench import disturbances, endstate
from grading.bench.cluster import Cluster
from grading.bench.disturbances import Disturbance
from grading.bench.runs import Run, kit, nodes_below, workers_below
from grading.bench.small_disk import Filler
from grading.books.course import Course
from grading.errors import KitError

PATIENCE = 120.0             # seconds that a run may go on with a full disk; that a worker to be killed is waited for
_LINE = re.compile(r"\[(\d+)/\d+\] (\S+): (.*)")


@dataclass(frozen=True)
class Settings:
    """- copy: the kit that grades; collected: a course that nobody has graded
    - folder: where a copy of that course is graded: a small disk, when disks are to be full
    - pace: the usual seconds between two results
    - jobs: how many at a time, by as many workers of a cluster when `cluster`
    - expected: `endstate.EndState` of an undisturbed run; kept: where the graded course is left when it differs
    """

    seed: int
    kinds: tuple[str, ...]
    submissions: int
    pace: float
    assignment: str
    jobs: int
    cluster: bool
    options: tuple[str, ...]
    copy: str
    collected: str
    folder: str
    log: str
    expected: str
    kept: str
    told: str


@dataclass
class Told:
    """What was done how often; what an earlier run had recorded and a later one graded again; what differs."""

    made: dict[str, int] = field(default_factory=dict)
    runs: int = 0
    not_graded: int = 0                  # said by a run; each was graded by a later one
    tracebacks: list[str] = field(default_factory=list)          # said by runs: there should be sentences instead
    lost: list[str] = field(default_factory=list)
    differ: list[str] = field(default_factory=list)


class Disturbed:
    def __init__(self, settings: Settings):
        self._settings = settings
        self._course = Course(Path(settings.folder) / "course")
        self._waiting = disturbances.drawn(settings.seed, settings.submissions, settings.kinds)
        self._most_runs = 3 * len(self._waiting) + 10
        self._rng = random.Random(f"{settings.seed} victims")
        self._filler = Filler(Path(settings.folder))
        self._recorded: set[str] = set()     # by all runs
        self._made: Counter[str] = Counter(dict.fromkeys(settings.kinds, 0))
        self._cluster: Cluster | None = None
        self.told = Told()

    def grade(self) -> Told:
        copy_course(Path(self._settings.collected), self._course.root)
        with ExitStack() as held:
            if self._settings.cluster:
                self._cluster = held.enter_context(
                    Cluster(Path(self._settings.copy), self._settings.jobs, Path(f"{self._settings.log}.cluster")))
            self._grade()
        self.told.made = dict(self._made)
        said = Path(self._settings.log).read_text(encoding="utf-8", errors="replace")
        self.told.tracebacks = re.findall(r"(?m)^Traceback.*(?:\n[ \t].*)*(?:\n.*)?", said)
        expected = endstate.from_json(Path(self._settings.expected).read_text(encoding="utf-8"))
        self.told.differ = endstate.differences(expected, endstate.of(self._course))
        return self.told

    def _grade(self) -> None:
        while self.told.runs < self._most_runs:
            everything = len(self._recorded) == self._settings.submissions
            whole = self._run(["--regrade"] if everything else [])
            if whole and not self._waiting:
                return
        raise KitError(f"after {self.told.runs} runs the class is not graded; see {self._settings.log}")

    def _run(self, more: list[str]) -> bool:
        """One run, to its end or its disturbed end; whether it said that all is well."""
        settings = self._settings
        self.told.runs += 1
        where = ("--scheduler", self._cluster.address) if self._cluster else ("--jobs", settings.jobs)
        run = Run(kit("autograde", settings.assignment, "--course", self._course.root, *where, *settings.options,
                      *more), Path(settings.copy), Path(settings.log))
        self._seen, self._fresh, self._refused = set(), set(), 0
        try:
            while self._waiting and self._read_until(run, self._waiting[0]):
                self._disturb(run, self._waiting.pop(0))
            self._read_to_end(run)
        except BaseException:
            run.end()
            raise
        finally:
            self._filler.free()
        status = run.wait()
        if not more:
            listed = self._fresh or status == 0      # what was found graded is told first; a run may end before that
            gone = (self._recorded - self._seen if listed else set()) | (self._recorded & self._fresh)
            self.told.lost += sorted(gone - set(self.told.lost))
        self._recorded |= self._seen         # also what a killed run put in the books and had no time to tell
        self.told.not_graded += self._refused
        return status == 0 and len(self._recorded) == settings.submissions

    def _read_until(self, run: Run, one: Disturbance) -> bool:
        """Whether the moment for this one has come; if not, the run is over."""
        while len(self._seen) < one.after:
            if not self._read(run, None):
                return False
        until = time.monotonic() + one.wait * self._settings.pace
        while (left := until - time.monotonic()) > 0:
            with suppress(TimeoutError):
                if not self._read(run, left):
                    return False
        return True

    def _read(self, run: Run, seconds: float | None) -> bool:
        """Take a line in; False when there is none any more. Raises TimeoutError."""
        line = run.line(seconds)
        if line is None:
            return False
        if found := _LINE.fullmatch(line):
            student, state = found[2], found[3]
            if "not graded" in state:
                self._refused += 1
            else:
                self._seen.add(student)
                if "as before" not in state:
                    self._fresh.add(student)
        return True

    def _read_to_end(self, run: Run) -> None:
        while self._read(run, None):
            pass

    # What happens

    def _disturb(self, run: Run, one: Disturbance) -> None:
        happen = {disturbances.WORKER: self._kill_worker, disturbances.NODE: self._kill_worker,
                  disturbances.RUN: self._kill_run, disturbances.DISK: self._fill_disk,
                  disturbances.SCHEDULER: self._restart_scheduler}[one.kind]
        done = self._is_under_way() and happen(run, one)
        if done:
            self._made[one.kind] += 1
            print(f"run {self.told.runs}, [{len(self._seen)}/{self._settings.submissions}]: {one.kind}", flush=True)
        else:
            self._waiting.insert(0, one)         # there was nothing left to disturb: it happens to the next run

    def _kill_worker(self, run: Run, one: Disturbance) -> bool:
        """SIGKILL to one that there is now, or to the first that there is then."""
        find = nodes_below if one.kind == disturbances.NODE else workers_below
        top, until = self._cluster.workers if self._cluster else run.pid, time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if found := find(top):
                with suppress(psutil.NoSuchProcess):
                    self._rng.choice(found).kill()
                    return True
            with suppress(TimeoutError):
                if not self._read(run, 0.02):
                    return False
        return False

    def _restart_scheduler(self, run: Run, _: Disturbance) -> bool:
        run.spare(self._cluster.restart_scheduler())
        return True

    def _is_under_way(self) -> bool:
        return len(self._seen) < self._settings.submissions

    def _kill_run(self, run: Run, _: Disturbance) -> bool:
        run.kill()
        self._read_to_end(run)
        return True

    def _fill_disk(self, run: Run, one: Disturbance) -> bool:
        """Until the run has ended, or said that something is not graded; whether it felt anything."""
        self._filler.fill(one.room)
        refused, until = self._refused, time.monotonic() + PATIENCE
        with suppress(TimeoutError):
            while self._refused == refused and self._read(run, until - time.monotonic()):
                pass
        self._filler.free()
        return self._refused > refused or self._is_under_way()


def copy_course(collected: Path, target: Path) -> None:
    """A course to be graded: what was handed in and made is only read, and may be shared."""
    shared = {"submitted", "release", "source", "grading-data"}
    target.mkdir(parents=True)
    for path in collected.iterdir():
        if path.name in shared:
            (target / path.name).symlink_to(path)
        elif path.is_dir():
            shutil.copytree(path, target / path.name)
        else:
            shutil.copy2(path, target / path.name)


def main(path: Path) -> None:
    told = json.loads(path.read_text(encoding="utf-8"))
    settings = Settings(**told | {"kinds": tuple(told["kinds"]), "options": tuple(told["options"])})
    disturbed = Disturbed(settings)
    done = disturbed.grade()
    if done.differ:
        shutil.copytree(disturbed._course.root, settings.kept, symlinks=True)
    Path(settings.told).write_text(json.dumps(asdict(done), indent=1), encoding="utf-8")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except KitError as error:
        sys.exit(f"kit: {error}")
