"""What one submission may use up, all that is done for it together: replays, second runs and probes included.

It is kept by the side that waits for the submission's processes: before every wait, and every TICK of one, their
processor time and memory are read from outside. What is used up stays used up, whoever is begun anew.
"""

import time
from collections.abc import Iterable
from typing import Protocol

TIMES = 20                     # the limit of a cell, and that is what a submission may take
KEPT_BACK = 0.05               # of that, for what is done when nothing of the submission runs any more
ASIDE = 0.25                   # of that, for cells that decide nothing
MEMORY = 4 * 2**30             # bytes of all its processes; each may take less
TICK = 0.25                    # seconds


class UsedUp(Exception):
    """A submission has had all that it may have; the message is a clause that says of what."""


class Process(Protocol):
    def processor_seconds(self) -> float | None: ...
    def memory(self) -> int: ...
    def share(self) -> None: ...
    def kill(self) -> None: ...


class Budget:
    """- limit: seconds that a cell may take; all the rest follows from it. Time runs from the start."""

    def __init__(self, limit: float, memory: int = MEMORY):
        self.seconds, self._memory = TIMES * limit, memory
        self._began, self._looked = time.monotonic(), 0.0
        self._aside = 0.0                        # seconds that went into cells that decide nothing
        self._had: dict[Process, float] = {}     # of processor time, by those that run
        self._ended = 0.0                        # and by those that have ended, or did something for it
        self.most = 0                            # bytes that they had together, whenever somebody looked

    # Time

    def left(self) -> float:
        """Seconds until nothing more is run; never below 0."""
        return max(0.0, self._began + (1.0 - KEPT_BACK) * self.seconds - time.monotonic())

    def over(self) -> str:
        """What is used up, as a clause; "" while something is left."""
        if not self.left():
            return f"the submission as a whole has had the {self.seconds:g} s that it may take"
        if self.processor_seconds > self.seconds:
            return f"the submission as a whole has had the {self.seconds:g} s of processor time that it may take"
        return ""

    @property
    def processor_seconds(self) -> float:
        """That its processes have had, as far as anybody has looked."""
        return self._ended + sum(self._had.values())

    def charge(self, seconds: float) -> None:
        """Processor time of a process that is not its own."""
        self._ended += seconds

    def spend_aside(self, seconds: float) -> None:
        self._aside += seconds

    @property
    def may_go_aside(self) -> bool:
        return self._aside < ASIDE * self.seconds

    # Processes

    def look(self, processes: Iterable[Process]) -> None:
        """See what they have had; the largest is ended where they take more memory together than there is for them.

        Raises UsedUp.
        """
        now = time.monotonic()
        if now - self._looked >= TICK:
            self._looked = now
            sizes = {}
            for one in processes:
                self._see(one)
                sizes[one] = one.memory()
                one.share()
            self.most = max(self.most, sum(sizes.values()))
            if sum(sizes.values()) > self._memory:
                max(sizes, key=sizes.get).kill()
        if why := self.over():
            raise UsedUp(why)

    def settle(self, process: Process) -> None:
        """This one is about to be ended."""
        self._see(process)
        self._ended += self._had.pop(process, 0.0)

    def _see(self, process: Process) -> None:
        if (seconds := process.processor_seconds()) is not None:
            self._had[process] = seconds
