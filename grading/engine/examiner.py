"""The examiner: the process in which the locked test cells run, and where pass or fail is decided.

Here `cs231n` is the kit's own, with proxies for the student's modules; the set-up cells that the tests rely on have run
here too, so that labels and data are the kit's own. What a student's notebook binds comes from the candidate, as data.
"""

import contextlib
import re
import socket
import sys
import time
from collections import Counter
from typing import Any

import msgspec

from grading.engine import codec, reading
from grading.engine.candidate import lay_down
from grading.engine.channel import Channel, Closed, Late, TooLarge
from grading.engine.proxies import Finder, Link, Lost, Remote, StudentError
from grading.engine.shell import Cell, Shell

MAX_ANSWER = 64 * 2**20        # bytes of one answer of the candidate's
SECOND_LIMIT = 3.0             # seconds for a call of a function that was lost once; lost twice, it is not called again

_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r"(File|Cell|Input) ")

_HOW = {
    "dead": "the Python process ended here: a crash, a call of exit, or more memory than there is",
    "garbled": "the process that runs the submission sent what is no answer",
}


def serve(shell: Shell, parent: socket.socket, peer: socket.socket) -> None:
    """Run what the parent asks for until it is gone."""
    asked = Channel(parent)
    with contextlib.suppress(Closed):
        examiner = Examiner(shell, Channel(peer, MAX_ANSWER), msgspec.msgpack.decode(asked.receive()))
        while True:
            message = msgspec.msgpack.decode(asked.receive())
            asked.send(msgspec.msgpack.encode(examiner.test(**message) if "limit" in message else examiner.given(**message)))


class Examiner:
    """Runs test cells against the candidate at the other end of `peer`.

    The order from the parent: {"texts": {module: source of the submission}, "lost": {function: how often}}.
    """

    def __init__(self, shell: Shell, peer: Channel, order: dict):
        self._shell, self._peer = shell, peer
        self._texts: dict[str, str] = order["texts"]
        self._losses = Counter(order["lost"])
        self._until = self._limit = 0.0
        self._broken = ""
        self._link = Link(self._ask, lambda text: sys.stdout.write(text))
        lay_down({})
        sys.meta_path.insert(0, Finder(list(self._texts), self._link))
        self._reroute()

    def given(self, source: str) -> dict:
        """Run a set-up cell of the lesson, for the names that it binds."""
        self._start(60.0)
        error = self._shell.run(source, silent=True).error
        return {"error": f"{type(error).__name__}: {error}" if error else "", "lost": self._broken}

    def test(self, source: str, count: int, limit: float, owned: list[str], wanted: list[str]) -> dict:
        """Run a test cell; `owned` names are the student's, `wanted` ones too where no set-up cell binds them."""
        self._start(limit)
        namespace, fetched = self._shell.namespace, []
        error: BaseException | None = None
        outputs: list[dict] = []
        try:
            for name in owned + [name for name in wanted if name not in namespace]:
                state, told = self._link.do("name", name, function=name)
                namespace.pop(name, None)
                if state == "done":
                    namespace[name] = self._link.held(state, told, name)
                    fetched.append(name)
        except (Lost, StudentError) as raised:
            error = raised
            outputs = [_told(raised)]
        else:
            self._shell._ip.execution_count = count
            cell = self._shell.run(source)
            error, outputs = cell.error, _with_students_lines(cell)
        for name in fetched:
            namespace.pop(name, None)
        outcome, message = self._verdict(error)
        return {"outcome": outcome, "message": message, "outputs": outputs, "lost": self._broken,
                "losses": dict(self._losses)}

    def _start(self, limit: float) -> None:
        self._limit, self._until = limit, time.monotonic() + limit

    def _ask(self, frame: bytes, function: str) -> bytes:
        """The candidate's answer. A function that keeps the candidate from answering is not asked a third time."""
        if self._broken:
            raise Lost(self._broken, function)
        left = self._until - time.monotonic()
        losses = self._losses[function]
        if losses >= 2:
            raise Lost("refused", function)
        until = min(left, SECOND_LIMIT) if losses else left
        try:
            self._peer.send(frame, until)
            return self._peer.receive(until)
        except Late:
            self._broken = "late"
        except Closed:
            self._broken = "dead"
        except TooLarge:
            self._broken = "garbled"
        self._losses[function] += 1
        raise Lost(self._broken, function)

    def _verdict(self, error: BaseException | None) -> tuple[str, str]:
        if error is None:
            return "passed", ""
        if isinstance(error, Lost):
            self._broken = self._broken or (error.how if error.how != "refused" else "")
            if error.how == "late":
                return "timed_out", f"{error.function} ran longer than {self._limit:g} s"
            if error.how == "refused":
                return "timed_out", f"{error.function} had ended or not answered before, twice; it was not run again"
            return "error", f"{error.function}: {_HOW[error.how]}"
        if isinstance(error, StudentError):
            return "error", f"{error.kind}: {error}"
        if isinstance(error, codec.CodecError):
            return "grader_error", f"the test uses what cannot be sent to the submission: {error}"
        if isinstance(error, AssertionError):
            return "failed", str(error) or "the check failed"
        return "error", f"{type(error).__name__}: {error}"

    def _reroute(self) -> None:
        """Counting happens where the code runs; the source that is read is the one that was handed in."""
        from cs231n import _counting, testing

        count_here, link, texts = _counting.interpreted_events, self._link, self._texts

        def interpreted_events(function: Any, args: tuple) -> int:
            __tracebackhide__ = True
            if not isinstance(function, Remote):
                return count_here(function, args)
            state, told = link.do("count", function._target, tuple(args), function=function._path)
            if state == "stopped":
                raise _counting.CountingStopped
            if type(told[0]) is not int or told[0] < 0:
                raise Lost("garbled", function._path)
            return told[0]

        def source_of(function: Any) -> tuple[str, str, str] | None:
            __tracebackhide__ = True
            if not isinstance(function, Remote):
                return find_here(function)
            _, told = link.do("defined", function._target, function=function._path)
            return reading.source(texts, function._target, told[0])

        find_here = _counting.source_of
        for module in (_counting, testing):
            module.interpreted_events, module.source_of = interpreted_events, source_of


def _told(error: BaseException) -> dict:
    message = f"{type(error).__name__}: {error}"
    return {"output_type": "error", "ename": type(error).__name__, "evalue": str(error), "traceback": [message]}


def _with_students_lines(cell: Cell) -> list[dict]:
    """The outputs; a traceback says nothing of how the student's code was called, and goes on inside that code."""
    for output in cell.outputs:
        if output["output_type"] == "error" and isinstance(cell.error, (StudentError, Lost)):
            lines, last = _without_ours(output["traceback"], output["ename"])
            inside = [f"In the submission:\n{cell.error.lines}"] if getattr(cell.error, "lines", "") else []
            output["traceback"] = [*lines, *inside, last]
    return cell.outputs


def _without_ours(traceback: list[str], name: str) -> tuple[list[str], str]:
    """(the traceback without frames of the engine, its last line)."""
    kept, ours = [], False
    for line in traceback[:-1]:
        plain = _COLORS.sub("", line)
        if _FRAME.match(plain):
            ours = "/grading/engine/" in plain
        if not ours and "skipping hidden" not in plain:
            kept.append(line)
    return kept, traceback[-1] if traceback else name
