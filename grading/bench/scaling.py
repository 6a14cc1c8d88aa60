"""How grading grows: with jobs, with the class, when little or nothing has changed. On a copy of the kit.

Every run is the kit's own command, from start to end. What is compared is run in turn, round after round, and medians
are told: a machine's changing speed then touches all alike.
"""

import json
import re
import statistics
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from grading.bench import breakdown, cluster, parts, throughput
from grading.bench.breakdown import Breakdown
from grading.bench.cluster import Cluster
from grading.bench.parts import CLASSES, Books, Sizes
from grading.bench.runs import Run, cpu_of_children, kit, reap
from grading.bench.throughput import adopt_orphans
from grading.books.course import Course
from grading.errors import KitError
from grading.release import assignment as assignments
from grading.release.assignment import ASSIGNMENTS, Assignment
from grading.sample import generated, kit_copy

SIZES = (6, 12, 24)                      # of the classes
ROUNDS = 3
CLUSTERS = (1, 2, 4)                     # workers
LOOKS = 3                                # at a large class in which nothing has changed
ONCE = 100                               # a class of more than so many is graded once
WATCHED = 4                              # submissions graded while the workers' memory is looked at
_HIDDEN_END = "### END HIDDEN TESTS"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Graded:
    """One run of `kit autograde`: seconds on the wall, CPU seconds of all, and of the parent; MB that the parent took
    at most; how many submissions it ran, the others being as before, and how many notebooks, if that is told."""

    students: int
    jobs: int
    wall: float
    cpu: float
    parent: float
    memory: float
    ran: int
    notebooks: int | None = None

    def per_hour(self) -> float:
        return 3600 * self.students / self.wall


@dataclass(frozen=True)
class Scaling:
    """- by_jobs, by_size: medians, one for each number of jobs and size of class
    - one_test: the largest of them again, after one hidden test has changed
    - unchanged: large classes, copies of one submission, in which nothing has changed; as_json: with --json as well
    - books, sizes: of these large classes; of their submissions
    - worker: MB of one, at most
    - breakdown: of the CPU seconds in it
    - clusters: as `by_jobs`, by a cluster with so many workers, the CPU seconds with its start and end; `no_cluster`
      says why there are none
    """

    by_jobs: list[Graded]
    by_size: list[Graded]
    one_test: Graded
    unchanged: list[Graded]
    as_json: list[Graded]
    books: list[Books]
    sizes: Sizes
    worker: float
    breakdown: Breakdown | None
    clusters: list[Graded]
    no_cluster: str


class Bench:
    """A copy of the kit in `scratch` with classes of perfect submissions."""

    def __init__(self, scratch: Path, sizes: tuple[int, ...], lesson: Path = ASSIGNMENTS / "assignment1",
                 say: Say = print):
        self._scratch, self._say, self._lesson = scratch, say, lesson.name
        self.copy = kit_copy.make(scratch / "kit", lesson)
        self.assignment: Assignment = assignments.load(lesson.name, self.copy / "assignments")
        self.sizes = tuple(sorted(set(sizes)))
        self.courses = {size: self._course(size) for size in self.sizes}

    def measure(self, jobs: int, rounds: int = ROUNDS, large: tuple[int, ...] = CLASSES) -> Scaling:
        """
        - jobs: the most at a time; classes are graded with so many, fewer are tried with the class in the middle
        - large: sizes of the classes in which nothing changes
        """
        middle, no_cluster = self.sizes[len(self.sizes) // 2], cluster.missing(self.copy)
        at_once = sorted({*jobs_to_try(jobs), *(() if no_cluster else CLUSTERS)})
        by_jobs, by_size = [(middle, one) for one in at_once], [(size, jobs) for size in self.sizes]
        found: dict[tuple[int, int], list[Graded]] = {case: [] for case in [*by_jobs, *by_size]}
        clusters: dict[int, list[Graded]] = {count: [] for count in (() if no_cluster else CLUSTERS)}
        for number in range(rounds):
            for size, one in found:
                if number == 0 or size <= ONCE:
                    found[size, one].append(self.grade(self.courses[size], one, "--regrade"))
            for count, those in clusters.items():
                those.append(self._by_cluster(self.courses[middle], count))
        worker = self._worker(self.courses[middle])
        parted = breakdown.measure(self.assignment, self.courses[middle])
        unchanged, as_json, known, sizes = self._large(large, jobs)
        self._change_a_hidden_test(self.courses[self.sizes[-1]])
        one_test = self.grade(self.courses[self.sizes[-1]], jobs)
        return Scaling([_median(found[case]) for case in by_jobs], [_median(found[case]) for case in by_size],
                       one_test, unchanged, as_json, known, sizes, worker, parted,
                       [_median(those) for those in clusters.values()], no_cluster)

    def _by_cluster(self, course: Course, count: int) -> Graded:
        adopt_orphans()
        others, before = set(psutil.Process().children()), cpu_of_children()
        with Cluster(self.copy, count, self._scratch / "cluster.log") as running:
            graded = self.grade(course, count, "--regrade", "--scheduler", running.address)
        reap(others)
        return replace(graded, cpu=cpu_of_children() - before)

    def _large(self, large: tuple[int, ...], jobs: int):
        """(runs, the same with --json, the books, sizes of the largest)"""
        unchanged, as_json, known, course = [], [], [], self.courses[self.sizes[0]]
        before = course.gradebook.stat().st_size
        for size in sorted(large):
            self._say(f"a class of {size}, copies of one submission")
            other = parts.large(self.assignment, course, size, self._scratch)
            sizes = parts.sizes(self.assignment, other, before)
            unchanged.append(_median([self.grade(other, jobs) for _ in range(LOOKS)]))
            as_json.append(self.grade(other, jobs, "--json", self._scratch / "scores.json"))
            known.append(parts.books(self.assignment, other))
        return unchanged, as_json, known, sizes

    def grade(self, course: Course, jobs: int, *options: object) -> Graded:
        parent, memory, ran, notebooks = 0.0, 0.0, 0, None
        size, log = len(course.students(self._lesson)), self._scratch / "autograde.log"
        run = Run(self.command(course, jobs, *options), self.copy, log)
        while (line := run.line()) is not None:
            with suppress(psutil.Error, OSError):
                process = psutil.Process(run.pid)
                used = process.cpu_times()
                parent, memory = used.user + used.system, max(memory, _peak(run.pid))
            ran += bool(re.match(r"\[\d+/\d+\] ", line)) and "as before" not in line
            if told := re.fullmatch(r"(\d+) notebooks? run", line):
                notebooks = int(told[1])
        if run.wait():
            raise KitError(f"grading failed: {' / '.join(log.read_text(errors='replace').splitlines()[-5:])}")
        graded = Graded(size, jobs, run.cost.wall, run.cost.cpu, parent, memory, ran, notebooks)
        self._say(f"{size} submissions, {jobs} jobs, {ran} run: {graded.wall:.1f} s, {graded.cpu:.1f} CPU s")
        return graded

    def command(self, course: Course, jobs: int, *options: object) -> list[str]:
        return kit("autograde", self._lesson, "--course", course.root, "--jobs", jobs, *options)

    def _course(self, size: int) -> Course:
        course = Course(self._scratch / f"course-{size}")
        self._generate(course)
        writer = generated.Writer(self.assignment, course)
        for number in range(size):
            student = f"s{number:05}"
            generated.hand_in(writer.submission("perfect", [None], student)[1],
                              course.submitted(student, self._lesson))
        return course

    def _generate(self, course: Course) -> None:
        throughput.cost(kit("generate", self._lesson, "--course", course.root), self.copy,
                        self._scratch / "generate.log")

    def _change_a_hidden_test(self, course: Course) -> None:
        """One more line in the first hidden test of the last notebook, and a new release."""
        path = self.assignment.notebook_path(self.assignment.notebooks[-1])
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cell = next(cell for cell in notebook["cells"] if _HIDDEN_END in "".join(cell["source"]))
        cell["source"] = "".join(cell["source"]).replace(_HIDDEN_END, f"assert 1 + 1 == 2\n{_HIDDEN_END}", 1)
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        self._generate(course)

    def _worker(self, course: Course) -> float:
        few = course.students(self._lesson)[:WATCHED]
        named = [word for student in few for word in ("--student", student)]
        return throughput.memory(self.command(course, 1, "--regrade", *named), self.copy,
                                 self._scratch / "memory.log")


def jobs_to_try(cores: int) -> tuple[int, ...]:
    """1, 2, 4, ... and all cores."""
    return tuple(dict.fromkeys([*_doubles(cores), cores]))


def _doubles(cores: int) -> Iterator[int]:
    number = 1
    while number <= cores:
        yield number
        number *= 2


def _median(those: list[Graded]) -> Graded:
    """Of each figure by itself."""
    first = those[0]
    return Graded(first.students, first.jobs,
                  *(statistics.median(getattr(one, name) for one in those)
                    for name in ("wall", "cpu", "parent", "memory")), first.ran, first.notebooks)


def _peak(pid: int) -> float:
    """MB that a process has had in memory, at most; nothing once it has ended."""
    told = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(told[1]) / 1024 if told else 0.0
