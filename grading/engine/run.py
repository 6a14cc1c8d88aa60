"""Grade one notebook: its own cells in a candidate, its test cells in an examiner, an outcome for every test cell.

A cell that hangs or ends its process costs only itself: two new processes take over, the cells before are run again
without it. How often that may happen is limited, and so a notebook's time is.
"""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import msgspec
from nbformat import NotebookNode
from nbformat.v4 import new_output

from grading.desk import clean_outputs
from grading.engine.channel import Channel, Closed, Late, TooLarge
from grading.engine.plan import Plan, public
from grading.engine.worker import Child, Worker

NOTE = "kit"                   # the key under which a test cell's metadata holds its outcome and message
BUDGET = 20                    # a notebook may take so many times the limit of a cell
RESTARTS = 4                   # new processes that a notebook may use up before the rest of it is skipped
PATIENCE = 0.34                # after a first time-out, later cells get this share of the limit
GRACE = 2.0                    # seconds for an interrupt to end a cell
SPARE = 15.0                   # seconds beyond its limit that the examiner may take to answer
MAX_OUTPUT = 32 * 2**20        # bytes of one cell's outputs

_HUNG = "ran longer than a cell may, and did not react to an interrupt"
_DIED = "the Python process ended here: a crash, a call of exit, or more memory than there is"
_SLOW = "not run: the cells before it took longer than a whole notebook may"
_SKIPPED = "not run: the cells before it ended or hung the process too often"


@dataclass(frozen=True)
class Submission:
    """The student's modules, as the candidate gets them (path -> bytes) and as the examiner reads them."""

    files: dict[str, bytes]
    texts: dict[str, str]


class ExaminerLost(Exception):
    """The examiner ended or did not answer: our fault, whoever brought it about."""


def grade(worker: Worker, notebook: NotebookNode, plan: Plan, submission: Submission, limit: float,
          clean: Callable[[object], list[dict]] = clean_outputs) -> None:
    """Run the restored `notebook` where it is: outputs in every code cell, an outcome in every test cell's metadata.

    - limit: seconds a cell may take
    - clean: makes outputs that may be anything into outputs that a notebook may hold
    """
    _Run(worker, plan, submission, limit, clean).all(notebook)


class _Run:
    def __init__(self, worker: Worker, plan: Plan, submission: Submission, limit: float, clean: Callable):
        self._worker, self._plan, self._submission, self._clean = worker, plan, submission, clean
        self._limit, self._ends = limit, time.monotonic() + BUDGET * limit
        self._given: list[str] = []              # what the examiner ran, to be run again by the next one
        self._ran: list[str] = []                # what the candidate ran
        self._losses: dict[str, int] = {}        # how often a function kept the candidate from answering
        self._starts = 0
        self._count = 0
        self._children: list[Child] = []         # the candidate first
        self._channels: list[Channel] = []

    def all(self, notebook: NotebookNode) -> None:
        try:
            self._start()
            for cell in notebook.cells:
                if cell.cell_type == "code":
                    self._cell(cell)
        finally:
            self._stop()

    def _cell(self, cell: NotebookNode) -> None:
        cell.outputs, cell.execution_count = [], None
        described = cell.metadata.get("nbgrader") or {}
        name = described.get("grade_id", "")
        test = name in self._plan.tests
        if self._starts > RESTARTS or time.monotonic() > self._ends:
            if test:
                self._note(cell, "skipped", _SKIPPED if self._starts > RESTARTS else _SLOW)
            return
        if not cell.source.strip():
            if test:
                self._note(cell, "passed", "")
            return
        self._count += 1
        cell.execution_count = self._count
        if test:
            self._test(cell, name)
        else:
            if name in self._plan.given:
                self._give(self._plan.given[name])
            self._own(cell)

    # The student's cells

    def _own(self, cell: NotebookNode, silent: bool = False) -> None:
        """Run a cell in the candidate; one that hangs or dies is left out from now on."""
        source = public(cell.source) if silent else cell.source
        outputs, lost = self._execute(source, silent)
        if not silent:
            cell.outputs = [NotebookNode(output) for output in self._clean(outputs)]
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = self._count
        if lost in ("late", "interrupted"):
            self._limit = max(1.0, self._limit * PATIENCE)
        if not lost:
            self._ran.append(source)
        elif lost != "interrupted":
            if not silent:
                cell.outputs.append(_error("CellTimeoutError", _HUNG) if lost == "late" else
                                    _error("DeadKernelError", _DIED))
            self._restart()

    def _execute(self, source: str, silent: bool) -> tuple[object, str]:
        """(outputs, "" or how the candidate was lost: late, dead; interrupted if an interrupt helped)."""
        asked = msgspec.msgpack.encode({"source": source, "silent": silent, "count": self._count})
        try:
            self._candidate.send(asked, self._limit)
            try:
                return self._told(self._candidate.receive(self._limit)), ""
            except Late:
                self._children[0].interrupt()
                return self._told(self._candidate.receive(GRACE)), "interrupted"
        except Late:
            return [], "late"
        except (Closed, TooLarge, msgspec.DecodeError, RecursionError):
            return [], "dead"

    def _told(self, frame: bytes) -> object:
        answer = msgspec.msgpack.decode(frame)
        return answer.get("outputs") if isinstance(answer, dict) else None

    # The test cells

    def _test(self, cell: NotebookNode, name: str) -> None:
        test = self._plan.tests[name]
        answer = self._ask({"source": cell.source, "count": self._count, "limit": self._limit,
                            "owned": test.owned, "wanted": test.wanted}, self._limit)
        cell.outputs = [NotebookNode(output) for output in self._clean(answer["outputs"])]
        self._note(cell, answer["outcome"], answer["message"])
        self._losses = answer["losses"]
        if answer["lost"] == "late":
            self._limit = max(1.0, self._limit * PATIENCE)
        if answer["lost"]:
            self._restart()
        elif public(cell.source):
            self._own(cell, silent=True)         # later cells of the lesson may use what it binds

    def _give(self, source: str) -> None:
        self._given.append(source)
        if self._ask({"source": source}, self._limit)["lost"]:
            self._restart()

    def _ask(self, message: dict, limit: float) -> dict:
        try:
            self._examiner.send(msgspec.msgpack.encode(message), limit)
            return msgspec.msgpack.decode(self._examiner.receive(limit + SPARE))
        except (Closed, Late, TooLarge) as error:
            raise ExaminerLost(f"the examiner did not answer: {error}") from error

    def _note(self, cell: NotebookNode, outcome: str, message: str) -> None:
        cell.metadata[NOTE] = {"outcome": outcome, "message": message}

    # The processes

    def _start(self) -> None:
        self._stop()
        theirs, ours = socket.socketpair()
        self._candidate, calls = self._fork("candidate", theirs), [ours]
        files = [self._submission.files]
        if self._plan.counts:                    # a second one, in which no cell ever runs
            theirs, ours = socket.socketpair()
            self._fork("candidate", theirs)
            calls.append(ours)
            files.append({})
        self._examiner = self._fork("examiner", *calls)
        with suppress(Closed):
            for channel, content in zip(self._channels, files):
                channel.send(msgspec.msgpack.encode(content), self._limit)
        order = {"texts": self._submission.texts, "lost": self._losses}
        self._examiner.send(msgspec.msgpack.encode(order), self._limit)

    def _fork(self, role: str, *calls: socket.socket) -> Channel:
        ours, theirs = socket.socketpair()
        self._channels.append(Channel(ours, MAX_OUTPUT))
        self._children.append(self._worker.fork(role, theirs, *calls))
        return self._channels[-1]

    def _restart(self) -> None:
        """New processes, brought to where the old ones were."""
        self._starts += 1
        if self._starts > RESTARTS:
            self._stop()
            return
        self._start()
        for source in self._given:
            self._ask({"source": source}, self._limit)
        for source in self._ran:
            if self._execute(source, silent=True)[1] not in ("", "interrupted"):
                self._ran = []                   # what it did before, it does not do again: go on without
                self._restart()
                return

    def _stop(self) -> None:
        for child in self._children:
            child.kill()
        for channel in self._channels:
            channel.close()
        self._children, self._channels = [], []


def _error(name: str, message: str) -> NotebookNode:
    return new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
