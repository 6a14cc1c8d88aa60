"""A program of the kit as it runs: the lines that it prints, the sandboxes below it, and its end."""

import os
import queue
import resource
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

from grading.bench.throughput import Cost, adopt_orphans
from grading.errors import KitError

ZYGOTE = "grading.engine.zygote"         # in the command line of every process of a sandbox
GONE_WITHIN = 60                         # seconds in which everything must be gone once a program has ended


def kit(*words: object) -> list[str]:
    """The command line of a kit command, to be run in the kit's folder."""
    return [sys.executable, "-m", "grading", *map(str, words)]


class Run:
    """Started in `folder`, the kit's or a copy's; what it says goes to `log` as well, errors there alone.

    When it has been waited for, `cost` tells the seconds that it took, those of everything below it included.
    """

    def __init__(self, command: list[str], folder: Path, log: Path):
        adopt_orphans()
        self.cost = Cost(0.0, 0.0)
        self._began, self._cpu = time.monotonic(), cpu_of_children()
        self._others = set(psutil.Process().children())
        self._log = log.open("ab")
        self._process = subprocess.Popen(command, cwd=folder, env=os.environ | {"PYTHONPATH": str(folder)},
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log)
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._ended = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def _read(self) -> None:
        for line in self._process.stdout:
            self._log.write(line)
            self._lines.put(line.decode(errors="replace").rstrip("\n"))
        self._lines.put(None)

    def line(self, seconds: float | None = None) -> str | None:
        """The next line; None when there is no further one. Raises TimeoutError."""
        if self._ended:
            return None
        try:
            line = self._lines.get(timeout=None if seconds is None else max(0.0, seconds))
        except queue.Empty:
            raise TimeoutError from None
        self._ended = line is None
        return line

    def kill(self) -> None:
        """As the system does when memory is short: that process alone, and without a warning."""
        self._process.kill()

    def end(self) -> None:
        """All of it, whatever it is doing."""
        below = _below(self.pid)
        self._process.kill()
        for process in below:
            with suppress(psutil.Error):
                process.kill()
        self.wait()

    def wait(self) -> int:
        """The exit status, when nothing of the program is left. Raises KitError when something stays."""
        while self.line() is not None:
            pass
        status = self._process.wait()
        self._reader.join()
        self._log.close()
        wall = time.monotonic() - self._began
        reap(self._others)
        self.cost = Cost(wall, cpu_of_children() - self._cpu)
        return status

    def spare(self, process: psutil.Process) -> None:
        """A process that is not the run's, though it came while it ran."""
        self._others.add(process)


def reap(others: set[psutil.Process]) -> None:
    """Wait until this process has no children but these. Raises KitError when some stay."""
    until = time.monotonic() + GONE_WITHIN
    while left := set(psutil.Process().children()) - others:
        if time.monotonic() > until:
            raise KitError(f"{GONE_WITHIN} s after a run has ended, {len(left)} processes of it are left: "
                           f"{', '.join(_named(one) for one in left)}")
        for orphan in left:
            with suppress(psutil.TimeoutExpired):
                orphan.wait(1)


def cpu_of_children() -> float:
    """Seconds, of those that have ended and been waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def workers_below(pid: int) -> list[psutil.Process]:
    """The processes of sandboxes that fork others, or wait for one that does; not those with a student's code: when
    one of those is killed, that is the student's own doing for all that anybody can tell."""
    return [process for process in _below(pid) if _in_sandbox(process) and _has_sandbox(process)]


def nodes_below(pid: int) -> list[psutil.Process]:
    """Processes that have a sandbox and are in none: those of a cluster's workers that grade."""
    return [process for process in _below(pid) if not _in_sandbox(process) and _has_sandbox(process)]


def _below(pid: int) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


def _has_sandbox(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return any(map(_in_sandbox, process.children()))
    return False


def _in_sandbox(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return any(ZYGOTE in word for word in process.cmdline())
    return False


def _named(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return f"{process.pid} {' '.join(process.cmdline())[:80]}"
    return str(process.pid)
