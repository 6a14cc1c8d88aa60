"""The parent's side of a sandbox: start its zygote, have it fork children, end them.

A worker belongs to one thread. Whatever goes wrong with the zygote itself is a WorkerLost: the sandbox is then gone
already, and the caller makes another worker.
"""

import json
import math
import os
import select
import signal
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from grading.engine import looking
from grading.engine.glovebox import ROLE, Glovebox
from grading.engine.sandbox import HANDLING, PAGES, Sandbox
from grading.scratch import temporary

START_SECONDS = 120                      # the zygote's imports, on a machine with other work to do
ANSWER_SECONDS = 20
END_SECONDS = 5                          # what a zygote gets to clear up before it is killed
_MESSAGE = 1 << 16
_WEIGHT = 1.25                           # of a thread beside one that is nicer by 1
_PROCESSOR_CLOCK = 2                     # of a process: CPUCLOCK_SCHED, as clock_getcpuclockid(3) puts it together
_INFO = 4096                             # bytes of what the system says of a handle on a process


class WorkerLost(Exception):
    """The sandbox died or stopped answering; nothing of it is left."""


class Child:
    """One forked, restricted process. `pidfd` is a handle on it that no other process can ever come to own."""

    def __init__(self, zygote: "_Zygote", number: int, pidfd: int, alone: bool):
        self._zygote, self._number, self._pidfd, self._alone = zygote, number, pidfd, alone
        self._ended, self._buried, self._nicer = "", False, 0

    def interrupt(self) -> None:
        """SIGINT to the Python process that runs the cells."""
        self._zygote.ask("interrupt", child=self._number)

    def doom(self) -> None:
        """Have it end soon, where this process may do that by itself."""
        if not self._zygote.closed and not self._buried:
            _send_kill(self._pidfd)

    def kill(self) -> None:
        """Returns when the process and everything in its namespace is gone."""
        if not self._zygote.closed and not self._buried:
            self._ended = self._zygote.ask("kill", child=self._number)["ended"]
            self._zygote.forget(self._number, self._pidfd)
            self._buried = True
            if self._alone:
                self._zygote.close()

    def ended(self, seconds: float = 0.0) -> str:
        """"" while it runs, after so many seconds still; else how it ended: "killed by signal 9", "exit status 1"."""
        if not self._ended:
            if self._zygote.closed:
                self._ended = "killed with its sandbox"
            elif _is_gone(self._pidfd, seconds):
                self._ended = self._zygote.ask("ended", child=self._number)["ended"]
        return self._ended

    def processor_seconds(self) -> float | None:
        """What it has used of the processor, with all its threads, those that have ended too; None when it is gone."""
        with suppress(OSError):
            if (pid := self._pid()) > 0:
                return time.clock_gettime(~pid << 3 | _PROCESSOR_CLOCK)
        return None

    def memory(self) -> int:
        """Bytes that it has in memory, pages that it shares with others among them; 0 when it is gone."""
        with suppress(OSError):
            if (pid := self._pid()) > 0:
                return looking.resident(pid)
        return 0

    def share(self) -> None:
        """Have its threads that run get of a busy processor what one thread would, all together."""
        with suppress(OSError):
            nicer = round(math.log(max(1, looking.running(pid)), _WEIGHT)) if (pid := self._pid()) > 0 else 0
            if nicer > self._nicer:
                self._nicer = nicer
                self._zygote.ask("share", child=self._number, nicer=nicer)

    def _pid(self) -> int:
        """As this side sees it; -1 when it is gone. Raises OSError."""
        if self._zygote.closed or self._buried:
            return -1
        number = os.open(f"/proc/self/fdinfo/{self._pidfd}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return int(os.read(number, _INFO).partition(b"\nPid:")[2].split()[0])
        finally:
            os.close(number)


class Worker:
    """One sandbox with a warm zygote for what runs submissions, another for what handles hostile data.

    Without `given` it runs none. At level cold there is one for each child instead, since none can be nested there.
    After a loss the next fork has a new one.
    """

    def __init__(self, sandbox: Sandbox, given: Path | None = None, data: Path | None = None):
        self._sandbox, self._given, self._data = sandbox, given and Path(given), data and Path(data)
        self._zygotes = [] if sandbox.level == "cold" or not given else [self._start("")]
        self._handling: list[_Zygote] = []
        self.box = Glovebox(partial(self.fork, ROLE), WorkerLost)

    @property
    def level(self) -> str:
        """Of its sandbox."""
        return self._sandbox.level

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def fork(self, role: str, *sockets: socket.socket) -> Child:
        """Start `role` (candidate, examiner or gloves) with these sockets, which are then closed on this side."""
        alone, zygotes = self._sandbox.level == "cold", self._handling if role == ROLE else self._zygotes
        try:
            zygotes[:] = [zygote for zygote in zygotes if not zygote.closed]
            if alone or not zygotes:
                zygotes.append(self._start(role))
            child = zygotes[-1].fork(role, sockets)
        finally:
            for one in sockets:
                one.close()
        return Child(zygotes[-1], *child, alone)

    def _start(self, role: str) -> "_Zygote":
        if role != ROLE:
            return _Zygote(self._sandbox, self._given, self._data)
        return _Zygote(self._sandbox, None, None, HANDLING if self._given else HANDLING + PAGES)

    def memory(self) -> int:
        """Bytes that the sandbox's processes take, pages that several share counted once."""
        return sum(map(looking.memory, self.processes()))

    def processes(self) -> list[int]:
        """All that there are of it now, as this side's process ids."""
        return [pid for zygote in (*self._zygotes, *self._handling) for pid in zygote.processes()]

    def close(self) -> None:
        for zygote in (*self._zygotes, *self._handling):
            zygote.close()
        self.box.close()


class _Zygote:
    """A process that runs grading.engine.zygote, in bubblewrap or not, and the control socket to it."""

    def __init__(self, sandbox: Sandbox, given: Path | None, data: Path | None,
                 handling: tuple[str, ...] = ()):
        self.closed = False
        self._pidfds: list[int] = []     # of all that must be gone in the end
        self._held = ExitStack()
        self._scratch = None
        if not sandbox.boxed:
            self._scratch = self._held.enter_context(temporary("kit-held-work-"))
        # --die-with-parent follows the thread that started bwrap: this one lives until the zygote is closed.
        starter = ThreadPoolExecutor(1, thread_name_prefix="zygote")
        self._held.callback(starter.shutdown)
        self._printed = self._held.enter_context(tempfile.TemporaryFile())      # noqa: SIM115  closed by _held
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._held.enter_context(self._control)
        try:
            with theirs, sandbox.command(theirs.fileno(), given, data, self._scratch,
                                         handling) as (command, environment, passed):
                self._process = starter.submit(
                    subprocess.Popen, command, env=environment, pass_fds=passed, umask=0o022, cwd="/",
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._printed,
                    start_new_session=True).result()
        except OSError as error:
            self._held.close()
            raise WorkerLost(f"the sandbox cannot be started: {error}") from None
        self._receive(START_SECONDS)
        self._pidfds += [pidfd for pid in self.processes() if (pidfd := _pidfd(pid)) is not None]

    def fork(self, role: str, sockets: tuple[socket.socket, ...]) -> tuple[int, int]:
        """(the zygote's number for the child, a pidfd)."""
        known = len(self._pidfds)
        number = self.ask("fork", sockets, role=role)["child"]
        if len(self._pidfds) == known:   # this process has no descriptor left
            raise self._lost("forked a child, and no handle on it came across")
        return number, self._pidfds[-1]

    def forget(self, number: int, pidfd: int) -> None:
        """This child is gone, and so is what it wrote."""
        self._pidfds.remove(pidfd)
        os.close(pidfd)
        if self._scratch:
            _remove(self._scratch / "work" / str(number))

    def ask(self, what: str, sockets: tuple[socket.socket, ...] = (), **arguments) -> dict:
        if self.closed:
            raise WorkerLost("this sandbox has been closed")
        message = json.dumps({"do": what, **arguments}).encode()
        try:
            self._control.settimeout(ANSWER_SECONDS)
            socket.send_fds(self._control, [message], [one.fileno() for one in sockets])
        except OSError as error:
            raise self._lost(f"does not take messages ({error})") from None
        return self._receive(ANSWER_SECONDS)

    def _receive(self, seconds: float) -> dict:
        self._control.settimeout(seconds)
        try:
            message, handed, _, _ = socket.recv_fds(self._control, _MESSAGE, 1)
            self._pidfds += handed
        except TimeoutError:
            raise self._lost(f"did not answer within {seconds} s") from None
        except OSError:
            message = b""
        if not message:
            raise self._lost("ended")
        answer = json.loads(message)
        if "failed" in answer:
            raise self._lost(f"failed: {answer['failed']}")
        return answer

    def _lost(self, how: str) -> WorkerLost:
        self.close(keep_printed := [])
        return WorkerLost(f"the sandbox {how}{': ' + keep_printed[-1] if keep_printed else ''}")

    def processes(self) -> list[int]:
        """Every process of this sandbox, as this side's process ids."""
        return [] if self.closed else looking.with_descendants(self._process.pid)

    def close(self, printed: list[str] | None = None) -> None:
        """Nothing is left when this returns. Lines that the zygote printed are put into `printed`."""
        if self.closed:
            return
        if not self._pidfds:             # it never came to be ready
            self._pidfds += [pidfd for pid in self.processes() if (pidfd := _pidfd(pid)) is not None]
        self.closed = True
        self._control.close()            # the zygote takes this as the sign to kill its children and end
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        for pidfd in self._pidfds:
            _send_kill(pidfd)
        self._process.wait()
        for pidfd in self._pidfds:
            _is_gone(pidfd, None)
            os.close(pidfd)
        if printed is not None:
            self._printed.seek(0)
            printed += self._printed.read().decode(errors="replace").strip().splitlines()
        if self._scratch:
            _remove(self._scratch)
        self._held.close()


def _send_kill(pidfd: int) -> None:
    with suppress(ProcessLookupError, PermissionError):              # root in a container may not signal others
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def _is_gone(pidfd: int, seconds: float | None) -> bool:
    """Wait for the end of a process; for the first of a pid namespace, that is the end of all in it."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(None if seconds is None else 1000 * seconds))


def _pidfd(pid: int) -> int | None:
    with suppress(OSError):
        return os.pidfd_open(pid)
    return None


def _remove(folder: Path) -> None:
    """Whatever a submission has put there: closed folders, paths longer than any program takes at once."""
    for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
        subprocess.run([*command, "--", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
