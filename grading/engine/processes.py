"""The processes that grade one submission: a candidate for each notebook, one examiner, one for costs.

What runs a student's cells is new for every notebook. The examiner runs none, so it is kept from one notebook to the
next, as is the process in which costs are measured, which has the modules and never a cell.
"""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from grading.engine.answers import Answer
from grading.engine.budget import TICK, Budget
from grading.engine.channel import Channel, Closed, Late, TooLarge
from grading.engine.restrict import DISK_FULL
from grading.engine.worker import Child, Worker, WorkerLost

CANDIDATES = 8                 # that an examiner is connected with, one after the other
SPARE = 15.0                   # seconds of processor time beyond its limit that the examiner may take to answer,
WAIT = 4                       # and so many times as long where the processor has other work
LAST_SECONDS = 2.0             # that a process may take to end, when its lines are closed
MAX_OUTPUT = 16 * 2**20        # bytes of one cell's outputs, twice what an honest candidate keeps
_ANSWER = msgspec.msgpack.Decoder(Answer)


class ExaminerLost(Exception):
    """The examiner ended or did not answer. Whose fault that is, the reference tells in the same place."""


@dataclass(frozen=True)
class Submission:
    """The student's modules, as the candidate gets them (path -> bytes) and as the examiner reads them."""

    files: dict[str, bytes]
    texts: dict[str, str]


class Processes:
    """Made anew when one of them is lost; nothing of them is left after `close`."""

    def __init__(self, worker: Worker, submission: Submission, limit: float, budget: Budget | None = None):
        self._worker, self._submission, self._limit = worker, submission, limit
        self.budget = budget or Budget(limit)
        self._children: list[tuple[Child, Channel]] = []         # those that stay; the examiner first
        self._candidate: tuple[Child, Channel] | None = None
        self._lines: list[socket.socket] = []                    # the examiner's ends, until there is one
        self._calls: list[socket.socket] = []                    # those of the next candidates
        self._counting: socket.socket | None = None              # and of the process for costs, until there is one
        self._wanted: tuple[bool, dict[str, int]] | None = None  # of a notebook that the examiner does not know of yet
        self._unanswered = 0

    @property
    def candidate(self) -> Channel:
        return self._candidate[1]

    def begin(self, counts: bool, losses: dict[str, int]) -> None:
        """A new candidate for a notebook, known to the examiner; `counts` if its tests measure costs."""
        self.end_candidate()
        if self._unanswered or not self._calls:
            self.close()
            pairs = [socket.socketpair() for _ in range(CANDIDATES + 1)]
            self._lines, self._calls = [ours for ours, _ in pairs], [theirs for _, theirs in pairs]
            self._counting = self._calls.pop()
        self._candidate = self._fork("candidate", self._calls.pop())
        self._lay_down(self._candidate[1], self._submission.files)
        self._wanted = counts, losses

    def complete(self) -> None:
        """Have the others there as well; it takes a while, in which the candidate can have something to do."""
        if self._wanted is None:
            return
        (counts, losses), self._wanted = self._wanted, None
        if not self._children:
            lines, self._lines = self._lines, []
            self._children.append(self._fork("examiner", *lines))
            self._send(texts=self._submission.texts)
        if counts and self._counting:
            call, self._counting = self._counting, None
            self._children.append(self._fork("candidate", call))
            self._lay_down(self._children[-1][1], {})
        self.tell(do="begin", losses=losses)

    def _fork(self, role: str, *calls: socket.socket) -> tuple[Child, Channel]:
        ours, theirs = socket.socketpair()
        channel = Channel(ours, MAX_OUTPUT)
        try:
            return self._worker.fork(role, theirs, *calls), channel
        except BaseException:
            channel.close()
            raise

    def _lay_down(self, channel: Channel, files: dict[str, bytes]) -> None:
        with suppress(Closed, Late):             # it is then dead for the first cell as well
            channel.send(msgspec.msgpack.encode(files), self._limit)

    # The candidate

    def order(self, frame: bytes, seconds: float) -> None:
        """Have the candidate do something. Raises Closed or Late."""
        self.candidate.send(frame, min(seconds, self.budget.left()))

    def answer(self, seconds: float) -> bytes:
        """The candidate's. Raises Closed, Late, TooLarge or UsedUp."""
        return self._wait_for(self.candidate, time.monotonic() + seconds)

    def _wait_for(self, channel: Channel, until: float, has_had_enough: Callable[[], bool] = lambda: False) -> bytes:
        while True:
            self.budget.look([child for child, _ in (*filter(None, [self._candidate]), *self._children)])
            try:
                return channel.receive(min(TICK, until - time.monotonic(), self.budget.left()))
            except Late:
                if time.monotonic() >= until or has_had_enough():
                    raise

    # The examiner

    def tell(self, **message) -> None:
        """Have the examiner do something, while the candidate does something else."""
        self.complete()
        self._send(**message)
        self._unanswered += 1

    def ask(self, seconds: float, **message) -> Answer:
        """The examiner's answer; one that it owes for something else says first whether that went well."""
        self.complete()
        for _ in range(self._unanswered):
            lost = self._receive(2 * self._limit).lost
            self._unanswered -= 1
            if lost:
                return Answer(lost=lost)
        self._send(**message)
        return self._receive(seconds)

    def _send(self, **message) -> None:
        try:
            self._children[0][1].send(msgspec.msgpack.encode(message), self._limit)
        except (Closed, Late) as error:
            raise ExaminerLost(f"the examiner does not listen: {error}") from error

    def _receive(self, limit: float) -> Answer:
        """The examiner's answer; before it, it may ask how much processor time another process has had."""
        child, examiner = self._children[0]
        enough = (child.processor_seconds() or 0.0) + limit + SPARE
        until = time.monotonic() + WAIT * (limit + SPARE)
        try:
            while (answer := _ANSWER.decode(self._wait_for(
                    examiner, until, lambda: (child.processor_seconds() or 0.0) > enough))).clock:
                asked = self._candidate if answer.clock == "candidate" else self._children[-1]
                examiner.send(msgspec.msgpack.encode(asked[0].processor_seconds()), self._limit)
            return answer
        except (Closed, Late, TooLarge, ValueError) as error:
            raise ExaminerLost(f"the examiner did not answer: {error}") from error

    # The end

    def interrupt(self) -> None:
        self._candidate[0].interrupt()

    def why_dead(self) -> str:
        """What the candidate, whose line is closed, was ended for, as a clause; "" where it ended in another way."""
        counted = self._worker.level == "landlock" and self._candidate
        return DISK_FULL if counted and self._candidate[0].ended(LAST_SECONDS) == DISK_FULL else ""

    def end_candidate(self) -> None:
        if self._candidate:
            self._end([self._candidate])
            self._candidate = None

    def close(self) -> None:
        self._end([*filter(None, [self._candidate]), *self._children])
        for line in (*self._lines, *self._calls, *filter(None, [self._counting])):
            line.close()
        self._children, self._candidate, self._lines, self._calls = [], None, [], []
        self._counting, self._wanted, self._unanswered = None, None, 0

    def _end(self, those: list[tuple[Child, Channel]]) -> None:
        for child, _ in those:
            self.budget.settle(child)
            child.doom()                 # all at once, and then wait for each
        for child, channel in those:
            with suppress(WorkerLost):   # then all of them are gone
                child.kill()
            channel.close()
