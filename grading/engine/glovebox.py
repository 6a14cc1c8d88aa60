"""The glovebox: hostile data is decoded, cleaned and converted in a limited process, never in the one that judges.

    box.begin()                                          # another submission: with hands that nothing has touched
    found = box.do("grading.desk.handling.clean", messages, [frame], seconds=3, most=8 * 2**20)

What comes back is bytes of bounded length; who asked decodes them, by a type with bounds. Seconds are of processor
time: whether something can be handled depends on what it is, not on how busy the machine is.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import BinaryIO, Protocol

import msgspec

from grading.engine.channel import Channel, Closed, Late, TooLarge
from grading.engine.gloves import DONE, Order

ROLE = "gloves"
MEMORY = 2**30                         # bytes of a glove's address space
LOSSES = 5                             # gloves that one submission may use up; nothing more of it is handled then
PART = 2**20                           # bytes of a file that are on their way at a time
TICK = 0.25                            # seconds between two looks at the clock of one that has not answered
WAIT = 10                              # so many times as long an answer may take where the processor has other work
SPARE = 20.0                           # and so many seconds more


class Refused(Exception):
    """What was to be handled cannot be, in the time and memory that there is for it; the message is one clause."""


class Hands(Protocol):
    """A forked process."""

    def doom(self) -> None: ...
    def kill(self) -> None: ...
    def processor_seconds(self) -> float | None: ...


class Glovebox:
    """One process at a time, made when it is needed. For any thread, one after the other."""

    def __init__(self, fork: Callable[[socket.socket], Hands], lost: type[Exception]):
        """lost: what is raised where a process is gone with its sandbox."""
        self._fork, self._gone, self._lock = fork, lost, threading.Lock()
        self._hands: tuple[Hands, Channel] | None = None
        self._losses = 0
        self.seconds = 0.0             # of processor time that all has taken

    def begin(self, anew: bool = True) -> None:
        """What comes now is of another submission; `anew`: it gets gloves that have touched nothing."""
        with self._lock:
            if anew:
                self.close()
            self._losses = 0

    def do(self, what: str, asked: bytes, parts: Iterable[bytes] = (), *, seconds: float, most: int) -> bytes:
        """What a function made of its arguments.

        - what: its name
        - asked: what is said of the hostile data; parts: the data itself
        - seconds: of processor time that it may take
        - most: bytes that may come back

        Raises Refused.
        """
        with self._lock:
            return self._do(what, asked, list(parts), seconds, most)

    def read(self, what: str, asked: bytes, file: BinaryIO, size: int, *, seconds: float, most: int) -> bytes:
        """The same of a file's first `size` bytes, of which little is here at a time."""
        with self._lock:
            return self._do(what, asked, _Parts(file, size), seconds, most)

    def _do(self, what: str, asked: bytes, parts: "list[bytes] | _Parts", seconds: float, most: int) -> bytes:
        if self._losses >= LOSSES:
            raise Refused("not looked at: what came before it took more time or memory than a submission may")
        if self._hands is None:
            self._hands = self._made()
        hands, line = self._hands
        line.max_frame = most
        began, until = hands.processor_seconds() or 0.0, time.monotonic() + WAIT * seconds + SPARE
        used = seconds
        try:
            line.send(msgspec.msgpack.encode(Order(what, asked, len(parts))), SPARE)
            for part in parts:
                line.send(part, SPARE)
            state = self._answer(hands, line, began + seconds, until)
            answer = self._answer(hands, line, began + seconds, until)
            used = (hands.processor_seconds() or began) - began
        except (Closed, Late, TooLarge) as error:
            self._losses += 1
            self.close()
            raise Refused({Closed: "it takes more memory than there is for it",
                           Late: f"it takes more than {seconds:.2g} s"}.get(type(error), "it is too large")) from None
        finally:
            self.seconds += used
        if state != DONE:
            raise Refused(f"it cannot be read ({answer[:100].decode(errors='replace')})")
        return answer

    def _answer(self, hands: Hands, line: Channel, enough: float, until: float) -> bytes:
        while True:
            try:
                return line.receive(TICK)
            except Late:
                had = hands.processor_seconds()
                if had is None or had >= enough or time.monotonic() > until:
                    raise

    def _made(self) -> tuple[Hands, Channel]:
        ours, theirs = socket.socketpair()
        line = Channel(ours)
        try:
            return self._fork(theirs), line
        except BaseException:
            line.close()
            raise

    def close(self) -> None:
        """Nothing of it is left when this returns; the next thing that is to be done makes another."""
        if self._hands:
            hands, line = self._hands
            self._hands = None
            line.close()
            hands.doom()
            with suppress(self._gone):
                hands.kill()


class _Parts:
    """A file's bytes as frames."""

    def __init__(self, file: BinaryIO, size: int):
        self._file, self._size = file, size

    def __len__(self) -> int:
        return -(-self._size // PART)

    def __iter__(self):
        for _ in range(len(self)):
            yield self._file.read(PART)
