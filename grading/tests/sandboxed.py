"""Cells in a sandbox, for tests: start a worker, fork a candidate, run source in it."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from grading.engine import sandbox, worker
from grading.engine.channel import Channel
from grading.release import assignment as assignments

LEVELS = ("full", "cold", "landlock")


def box(level: str) -> sandbox.Sandbox:
    """The sandbox of this level; skips the test where this machine does not offer it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(sandbox.FORCED, level)
        found = sandbox.probe()
    if found.level != level:
        pytest.skip(f"this machine offers no level {level}: {found.why}")
    return found


def write_given(assignment: assignments.Assignment, folder: Path) -> None:
    """The package as far as the kit gives it, as a worker takes it."""
    for module in assignment.given_modules:
        path = folder / "cs231n" / module
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(assignment.complete(module), encoding="utf-8")


def folders(where: Path) -> tuple[Path, Path]:
    """(given, data) for a worker: the given modules of assignment1, and one file of data."""
    assignment, given, data = assignments.load("assignment1"), where / "given", where / "data"
    write_given(assignment, given)
    data.mkdir()
    (data / "numbers.txt").write_text("1 2 3\n")
    return given, data


def strongest(where: Path) -> worker.Worker:
    """A worker of the strongest level that this machine offers; skips the test where there is none."""
    found = sandbox.probe()
    if found.level == "none":
        pytest.skip(f"no sandbox here: {found.why}")
    return worker.Worker(found, *folders(where))


@dataclass
class Running:
    """A forked candidate and this side's end of its sockets."""

    child: worker.Child
    channel: Channel
    peer: socket.socket

    def send(self, source: str) -> None:
        order = {"source": source, "plain": False, "silent": False, "count": 1}
        self.channel.send(msgspec.msgpack.encode(order))

    def receive(self, seconds: float = 30) -> str:
        """What the cell printed, and the name and message of what it raised."""
        cell = msgspec.msgpack.decode(self.channel.receive(seconds))
        return "".join(output.get("text") or f"{output.get('ename', '')}: {output.get('evalue', '')}"
                       for output in cell["outputs"] if output["output_type"] in ("stream", "error")).strip()

    def run(self, source: str, seconds: float = 30) -> str:
        self.send(source)
        return self.receive(seconds)


def fork(started: worker.Worker) -> Running:
    mine, its = socket.socketpair()
    peer, its_peer = socket.socketpair()
    child = started.fork("candidate", its, its_peer)
    running = Running(child, Channel(mine), peer)
    running.channel.send(msgspec.msgpack.encode({}))
    return running


def alive(pids: list[int]) -> list[int]:
    """Which of these processes run, zombies left out."""
    found = []
    for pid in pids:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX":
                found.append(pid)
        except OSError:
            continue
    return found


def is_root() -> bool:
    return os.geteuid() == 0
