"""The warm process of a sandbox: it has imported everything, and forks a restricted child for each role of each job.

It never sees a submission or a test: those go over the child's own sockets, so that nothing of one student is in the
memory that the next one's process is forked from. It has one thread, because a forked process has only one. Its parent
speaks to it over a socket: one JSON message there, one back. When that socket closes it kills its children and ends.
In bubblewrap it is the first process of its pid namespace: orphans become its own, and nothing there outlives it. At
level full it has a user namespace of its own as well, the right in it to make the namespaces of its children, and none
outside.
"""

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from grading.engine import kernel, quota, restrict, seccomp
from grading.engine.restrict import Place
from grading.engine.warmth import handle, warm

_MESSAGE = 1 << 16
LOOK_SECONDS = 0.25


@dataclass
class Forked:
    """A child: its process id as the zygote sees it, its folder, and how it ended."""

    pid: int
    folder: Path
    ended: str = ""


class Zygote:
    def __init__(self, place: Place, given: Path | None, handling: Sequence[str] = ()):
        self._place = place
        self._children: list[Forked] = []
        self._looked = 0.0               # when, at their folders
        if place.level != "none":
            seccomp.library()            # a child could not import it any more
        self._program = seccomp.program() if place.level == "full" else b""
        gc.disable()                     # while so much is imported, a third of the time would go into collections
        self._shell, self._roles = warm(given) if given else (None, handle(handling))
        if threading.active_count() != 1 or len(os.listdir("/proc/self/task")) != 1:
            names = ", ".join(thread.name for thread in threading.enumerate())
            raise RuntimeError(f"an import started a thread ({names}), and a fork would lose it")
        gc.collect()
        gc.freeze()                      # else the first collection in a child copies every page
        kernel.prefer_huge_pages()
        gc.set_threshold(10_000, 20, 50)
        gc.enable()

    def serve(self, control: socket.socket) -> None:
        while True:
            self._wait_for(control)
            message, descriptors, _, _ = socket.recv_fds(control, _MESSAGE, 16)
            if not message:
                return
            handed = []                  # descriptors that go back
            try:
                asked = json.loads(message)
                answer = {"fork": self._fork, "kill": self._kill, "interrupt": self._interrupt,
                          "ended": self._ended, "share": self._share}[asked.pop("do")](descriptors=descriptors, **asked)
            except Exception as error:
                answer = {"failed": f"{type(error).__name__}: {error}"}
            finally:
                for descriptor in descriptors:
                    os.close(descriptor)
            if "child" in answer:
                handed.append(os.pidfd_open(self._children[answer["child"]].pid))
            socket.send_fds(control, [json.dumps(answer).encode()], handed)
            for descriptor in handed:
                os.close(descriptor)

    def _wait_for(self, control: socket.socket) -> None:
        """Where no file system of its own bounds what a child writes, look meanwhile, and end who has written more."""
        while self._place.level == "landlock":
            waited = not select.select([control], [], [], LOOK_SECONDS)[0]
            if waited or time.monotonic() - self._looked > LOOK_SECONDS:
                for number, forked in enumerate(self._children):
                    if not forked.ended and quota.is_over(forked.folder, restrict.DISK, restrict.INODES, forked.pid,
                                                          restrict.FILE):
                        self._kill(number)
                        forked.ended = restrict.DISK_FULL
                self._looked = time.monotonic()
            if not waited:
                return

    def close(self) -> None:
        for number in range(len(self._children)):
            self._kill(number)

    def _fork(self, role: str, descriptors: list[int]) -> dict:
        if role and role not in self._roles:
            raise ValueError(f"no role {role!r}; there are {', '.join(self._roles)}")
        folder = self._folder()
        reading, report = os.pipe()
        pid = _fork_first() if self._place.level == "full" else os.fork()
        if pid == 0:
            self._become(role, folder, descriptors, report)
        os.close(report)
        told = _read_all(reading)        # ends when the child has restricted itself and closes its end, or has died
        if told != ["ready"]:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise RuntimeError("; ".join(told) or "the child died at once")
        self._children.append(Forked(pid, folder))
        return {"child": len(self._children) - 1}

    def _folder(self) -> Path:
        if self._place.level in ("full", "cold"):
            return self._place.work
        folder = self._place.work / str(len(self._children))
        folder.mkdir(mode=0o700)
        return folder

    def _become(self, role: str, folder: Path, descriptors: list[int], report: int) -> NoReturn:
        """In the child, which never comes back from here."""
        try:
            if self._place.level == "full":
                root = restrict.mounted_apart(lambda: restrict.mount_own(self._place))
                restrict.enter_namespaces()
                restrict.enter_root(root)
            restrict.close_all_but([*descriptors, report])
            restrict.reset_signals()
            program = self._program
            if self._place.level in ("cold", "landlock"):      # others share its pid namespace: signals to itself only
                program = seccomp.program(os.getpid(), no_attributes=self._place.level == "landlock")
            restrict.settle(self._place, folder, program)
            if not role:
                restrict.prove()
        except BaseException as error:
            os.write(report, f"{type(error).__name__}: {error}\n".encode())
            os._exit(1)
        status = 1
        try:
            sockets = [socket.socket(fileno=number) for number in descriptors]
            os.write(report, b"ready\n")
            os.close(report)
            if role:
                if self._shell:
                    self._shell.seed()
                self._roles[role].serve(self._shell, *sockets)
            status = 0
        finally:
            os._exit(status)

    def _kill(self, child: int, descriptors=()) -> dict:
        """Nothing of the child is left afterwards: with the first process of a pid namespace all others go."""
        forked = self._children[child]
        if not forked.ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(forked.pid, signal.SIGKILL)      # not reaped yet, so the number is still this child's
            forked.ended = _in_words(os.waitpid(forked.pid, 0)[1])
        return {"ended": forked.ended}

    def _interrupt(self, child: int, descriptors=()) -> dict:
        if not self._ended(child)["ended"]:
            os.kill(self._children[child].pid, signal.SIGINT)
        return {}

    def _share(self, child: int, nicer: int, descriptors=()) -> dict:
        """Where no scheduler shares by sessions: else who starts many threads takes the processor from all others."""
        if not self._ended(child)["ended"]:
            with contextlib.suppress(OSError):
                nice = os.getpriority(os.PRIO_PROCESS, 0) + nicer
                os.setpriority(os.PRIO_PGRP, self._children[child].pid, min(nice, 19))
        return {}

    def _ended(self, child: int, descriptors=()) -> dict:
        forked = self._children[child]
        if not forked.ended:
            pid, status = os.waitpid(forked.pid, os.WNOHANG)
            if pid:
                forked.ended = _in_words(status)
        return {"ended": forked.ended}


def _prepare(settings: dict) -> Place:
    """Make the sandbox's inside ready, and give up root and every right that went with it."""
    level, root = settings["level"], os.geteuid() == 0
    place = Place(level, Path(settings["work"]), Path(settings["caches"]), tuple(map(Path, settings["readable"])))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    boxed = level in ("full", "cold")
    if boxed and root:
        # When root asks, bubblewrap covers parts of the /proc that it mounts, and then no namespace inside may mount
        # another.
        kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    if level == "cold":
        restrict.enter_root(restrict.mounted_apart(lambda: restrict.mount_for_one(place)))
    if root:
        for path in (place.caches, *((place.work, Path("/tmp")) if level == "cold" else ())):
            os.chown(path, restrict.NOBODY, restrict.NOBODY)
    kept = ()
    if root and not boxed and kernel.holds(kernel.CAP_DAC_READ_SEARCH):
        kept = (kernel.CAP_DAC_READ_SEARCH,)             # Python may lie where only root may look
    if root:
        restrict.drop_root(kept)
    else:
        kernel.drop_capabilities()
    if level == "full":
        _go_on_in_own_namespaces()
    kernel.set_dumpable(False)
    kernel.die_with_parent()             # after the change of uid, which takes it back
    if not boxed:
        place = Place(level, place.work, place.caches, place.readable, restrict.THREADS + _threads_of_user(), kept)
    for name in ("matplotlib", "ipython"):
        os.makedirs(place.caches / name, exist_ok=True)
    for path in filter(None, (settings["given"], settings["data"])):
        os.listdir(path)                 # raises here, in words, what a student would meet as a puzzle
    return place


def _fork_first() -> int:
    """A fork of which comes the first process of a new pid namespace."""
    own, pid = os.open("/proc/self/ns/pid", os.O_RDONLY), -1
    kernel.unshare(kernel.CLONE_NEWPID)
    try:
        pid = os.fork()
        return pid
    finally:
        if pid:
            kernel.setns(own, kernel.CLONE_NEWPID)
            os.close(own)


def _go_on_in_own_namespaces() -> None:
    """Return in a child, which may make further namespaces from there. This process waits for it and ends with it."""
    restrict.enter_namespaces(kernel.CLONE_NEWUSER | kernel.CLONE_NEWPID)
    child = os.fork()
    if child:
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)


def _in_words(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"killed by signal {-code}" if code < 0 else f"exit status {code}"


def _threads_of_user() -> int:
    """How many threads this user has: RLIMIT_NPROC counts them all where there is no user namespace."""
    count, mine = 0, str(os.getuid())
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            lines = status.read_text(errors="replace").splitlines()              # a process may have any name
            told = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
            if told["Uid"].split()[0] == mine:
                count += int(told["Threads"])
    return count


def _read_all(descriptor: int) -> list[str]:
    with os.fdopen(descriptor, "rb") as file:
        return file.read().decode(errors="replace").splitlines()


def main(settings: dict) -> None:
    """Settings without `given` ask for gloves, with `handling`; else for a trial of the sandbox: one child that proves
    its restrictions, nothing warm."""
    control = socket.socket(fileno=settings["control"])
    try:
        zygote = Zygote(_prepare(settings), Path(settings["given"]) if settings["given"] else None,
                        settings["handling"])
        if not settings["given"] and not settings["handling"]:
            zygote._fork("", [])
    except Exception as error:
        control.send(json.dumps({"failed": f"{type(error).__name__}: {error}"}).encode())
        raise
    control.send(b"{}")
    try:
        zygote.serve(control)
    finally:
        zygote.close()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
