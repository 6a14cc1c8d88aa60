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


def kit(copy: Path, *words: object) -> list[str]:
    """The command line of a kit command; its folder is to be `copy`."""
    return [sys.executable, "-m", "grading", *map(str, words)]


class Run:
    """Started in `folder`, the kit's or a copy's; what it says goes to `log` as well, errors there alone.

    When it has been waited for, `cost` tells the seconds that it took, those of everything below it included.
    """

    def __init__(self, command: list[str], folder: Path, log: Path):
        adopt_orphans()
        self.cost = Cost(0.0, 0.0)
        self._began, self._cpu = time.monotonic(), _cpu_of_children()
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

    def wait(self) -> int:
        """The exit status, when nothing of the program is left. Raises KitError when something stays."""
        while self.line() is not None:
            pass
        status = self._process.wait()
        self._reader.join()
        self._log.close()
        until, wall = time.monotonic() + GONE_WITHIN, time.monotonic() - self._began
        while left := set(psutil.Process().children()) - self._others:
            if time.monotonic() > until:
                raise KitError(f"{GONE_WITHIN} s after a run has ended, {len(left)} processes of it are left: "
                               f"{', '.join(_named(one) for one in left)}")
            for orphan in left:
                with suppress(psutil.TimeoutExpired):
                    orphan.wait(1)
        self.cost = Cost(wall, _cpu_of_children() - self._cpu)
        return status

    def workers(self) -> list[psutil.Process]:
        """The processes of its sandboxes that fork others, or wait for one that does; not those with a student's code:
        when one of those is killed, that is the student's own doing for all that anybody can tell."""
        found: list[psutil.Process] = []
        with suppress(psutil.Error):
            for process in psutil.Process(self._process.pid).children(recursive=True):
                with suppress(psutil.Error):
                    if any(map(_in_sandbox, process.children())) and _in_sandbox(process):
                        found.append(process)
        return found


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _in_sandbox(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return any(ZYGOTE in word for word in process.cmdline())
    return False


def _named(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return f"{process.pid} {' '.join(process.cmdline())[:80]}"
    return str(process.pid)
