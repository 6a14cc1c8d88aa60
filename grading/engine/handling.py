"""A glovebox for commands that run no submission, and handle what was handed in all the same.

It is in the strongest sandbox that this machine offers; where there is none, its limits of memory and time hold. It is
made when it is first needed, made anew when it is lost, and ends with this process.
"""

import atexit
import importlib
import sys
from collections.abc import Iterable
from functools import cache
from typing import BinaryIO

from grading.engine import sandbox
from grading.engine.glovebox import Glovebox, Refused
from grading.engine.worker import Worker, WorkerLost


@cache
def box() -> "Shared | Bare":
    """This process's own."""
    if sys.platform != "linux":
        return Bare()
    made = Shared()
    atexit.register(made.close)
    return made


class Shared:
    """A glovebox whose sandbox may be lost: it is then tried once more in another."""

    def __init__(self):
        self._sandbox = sandbox.probe()
        self._worker = Worker(self._sandbox)

    @property
    def seconds(self) -> float:
        return self._worker.box.seconds

    def begin(self, anew: bool = True) -> None:
        self._worker.box.begin(anew)

    def do(self, what: str, asked: bytes, parts: Iterable[bytes] = (), *, seconds: float, most: int) -> bytes:
        parts = list(parts)
        return self._twice(lambda box: box.do(what, asked, parts, seconds=seconds, most=most))

    def read(self, what: str, asked: bytes, file: BinaryIO, size: int, *, seconds: float, most: int) -> bytes:
        def once(box: Glovebox) -> bytes:
            file.seek(0)
            return box.read(what, asked, file, size, seconds=seconds, most=most)

        return self._twice(once)

    def _twice(self, once) -> bytes:
        try:
            return once(self._worker.box)
        except WorkerLost:
            self._worker = Worker(self._sandbox)
            return once(self._worker.box)

    def close(self) -> None:
        self._worker.close()


class Bare:
    """Where processes cannot be limited as on Linux: everything is done here."""

    seconds = 0.0

    def __init__(self):
        self._kept: dict = {}

    def begin(self, anew: bool = True) -> None:
        self._kept.clear()

    def do(self, what: str, asked: bytes, parts: Iterable[bytes] = (), **_) -> bytes:
        module, _, name = what.rpartition(".")
        try:
            return getattr(importlib.import_module(module), name)(asked, b"".join(parts), self._kept)
        except Exception as error:
            raise Refused(f"it cannot be read ({type(error).__name__})") from None

    def read(self, what: str, asked: bytes, file: BinaryIO, size: int, **limits) -> bytes:
        return self.do(what, asked, [file.read(size)], **limits)
