"""A scheduler and workers on this machine, for `kit autograde --scheduler`: programs that can be lost."""

import importlib.util
import os
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

from grading.bench.runs import kit
from grading.errors import KitError

START_SECONDS = 120
END_SECONDS = 20


def missing(copy: Path) -> str:
    """Why the kit in `copy` cannot grade on many machines here; nothing when it can."""
    if importlib.util.find_spec("distributed") is None:
        return "the library `distributed` is not installed"
    if not (copy / "grading" / "commands" / "scheduler.py").is_file():
        return "this kit has no command `scheduler`"
    return ""


class Cluster:
    """`kit scheduler` and `kit worker --jobs N` of the kit in `copy`, on the loopback; what they say goes to `log`."""

    def __init__(self, copy: Path, jobs: int, log: Path):
        self._copy, self._log, self._held = copy, log, ExitStack()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self._output = self._held.enter_context(log.open("ab"))
        self._running: list[subprocess.Popen] = []
        try:
            self._scheduler = self._start("scheduler", self.address, says="scheduler: ")
            self.workers = self._start("worker", self.address, "--jobs", jobs, says=f"workers: {jobs} at ").pid
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def restart_scheduler(self) -> psutil.Process:
        """The old one is killed without a warning; a new one listens at the same address when this returns."""
        self._scheduler.kill()
        self._scheduler.wait()
        self._scheduler = self._start("scheduler", self.address, says="scheduler: ")
        return psutil.Process(self._scheduler.pid)

    def close(self) -> None:
        """Nothing is left of any of them."""
        for process in reversed(self._running):
            below = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for left in psutil.wait_procs(below, END_SECONDS)[1]:
                left.kill()
        self._held.close()

    def _start(self, *words: object, says: str) -> subprocess.Popen:
        """Returns when the program has said so."""
        known = self._log.stat().st_size
        process = subprocess.Popen(kit(*words), cwd=self._copy, env=os.environ | {"PYTHONPATH": str(self._copy)},
                                   stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output)
        self._running.append(process)
        until = time.monotonic() + START_SECONDS
        while says not in (said := self._log.read_bytes()[known:].decode(errors="replace")):
            if process.poll() is not None or time.monotonic() > until:
                raise KitError(f"kit {words[0]} does not start: {' / '.join(said.strip().splitlines()[-3:])}")
            time.sleep(0.05)
        return process
