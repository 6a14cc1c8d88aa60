"""The examiner: the process in which the locked test cells run, and where pass or fail is decided.

Here `cs231n` is the kit's own, with proxies for the student's modules; the set-up cells that the tests rely on have run
here too, so that labels and data are the kit's own. What a student's notebook binds comes from the candidate, as data.
"""

import contextlib
import copy
import io
import re
import socket
import sys
import time
from collections import Counter
from functools import cache, partial
from typing import Any

import msgspec
import numpy as np

from grading.engine import codec, probing, reading
from grading.engine.candidate import lay_down
from grading.engine.channel import Channel, Closed, Late, TooLarge
from grading.engine.proxies import Finder, Link, Lost, Remote, StudentError, in_module, made_again
from grading.engine.shell import Cell, Shell

MAX_ANSWER = 64 * 2**20        # bytes of one answer of the candidate's
SECOND_LIMIT = 3.0             # seconds for a call of a function that was lost once; lost twice, it is not called again

_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r"(File|Cell|Input) ")

_HOW = {
    "dead": "the Python process ended here: a crash, a call of exit, or more memory than there is",
    "garbled": "the process that runs the submission sent what is no answer",
}


def serve(shell: Shell, parent: socket.socket, *peers: socket.socket) -> None:
    """Do what the parent asks for until it is gone. Peers: the candidates to come, the process that counts steps."""
    asked = Channel(parent)
    with contextlib.suppress(Closed):
        order = msgspec.msgpack.decode(asked.receive())
        examiner = Examiner(shell, [Channel(peer, MAX_ANSWER) for peer in peers], order["texts"])
        while True:
            message = msgspec.msgpack.decode(asked.receive())
            operation = {"begin": examiner.begin, "given": examiner.given, "test": examiner.test,
                         "probe": examiner.probe}[message.pop("do")]
            asked.send(msgspec.msgpack.encode(operation(**message)))


class Examiner:
    """Runs test cells of one notebook after the other, each against the candidate at the other end of the next peer.

    - peers: of them, the last is the process that counts steps, and the one before it the first candidate
    - texts: module -> source of the submission
    """

    def __init__(self, shell: Shell, peers: list[Channel], texts: dict[str, str]):
        self._shell, self._texts = shell, texts
        *self._candidates, counting = peers
        self._peer: Channel | None = None        # the candidate of this notebook
        self._losses: Counter[str] = Counter()
        self._until = self._limit = 0.0
        self._broken = ""
        self._link = Link(lambda frame, function: self._ask(self._peer, frame, function), _show)
        self._counting = Link(partial(self._ask, counting), _show)
        self._defined: dict[str, str] = {}       # the modules that are there
        self._needed = cache(partial(reading.needed, self._texts))
        lay_down({})
        self._finder = Finder(list(self._texts), self._link)
        sys.meta_path.insert(0, self._finder)
        self._reroute()

    def begin(self, losses: dict[str, int]) -> dict:
        """Another notebook, with nothing of the one before; losses: function -> how often it was lost."""
        if self._peer:
            self._peer.close()
            self._link.reset()
            self._finder.forget()
            self._shell.start_again()
        self._peer, self._losses, self._broken = self._candidates.pop(), Counter(losses), ""
        return {"lost": ""}

    def given(self, source: str, plain: bool, limit: float) -> dict:
        """Run a set-up cell of the lesson, for the names that it binds."""
        self._start(limit)
        self._shell.run(source, silent=True, plain=plain)
        return {"lost": self._broken}

    def test(self, source: str, plain: bool, count: int, limit: float, owned: list[str], wanted: list[str]) -> dict:
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
            self._shell.execution_count = count
            cell = self._shell.run(source, plain=plain)
            error, outputs = cell.error, _with_students_lines(cell)
            try:
                self._link.settle("the last assignment of the test")
            except (Lost, StudentError) as raised:
                error = error or raised
        for name in fetched:
            namespace.pop(name, None)
        outcome, message = self._verdict(error)
        return {"outcome": outcome, "message": message, "outputs": outputs, "lost": self._broken,
                "losses": dict(self._losses)}

    def probe(self, sources: dict[str, str], functions: dict[str, list[str]], limit: float) -> dict:
        """What functions answer to their probes, as far as it goes: function -> aspect -> what was told."""
        self._start(limit)
        answers: dict[str, dict[str, list]] = {}
        with contextlib.suppress(Lost), contextlib.redirect_stdout(io.StringIO()):
            probes = probing.load(sources)
            for module, names in functions.items():
                for name in names:
                    probing.ask(probes[module][name], self._seed, answers.setdefault(name, {}))
        return {"answers": answers, "lost": self._broken}

    def _seed(self) -> None:
        """Have the candidate draw the same random numbers again."""
        for module in ("numpy.random", "random"):
            with contextlib.suppress(StudentError):
                Remote(self._link, (module, "seed"), f"{module}.seed")(7)

    def _start(self, limit: float) -> None:
        self._limit, self._until = limit, time.monotonic() + limit

    def _ask(self, peer: Channel, frame: bytes, function: str) -> bytes:
        """The candidate's answer. A function that keeps the candidate from answering is not asked a third time."""
        if self._broken:
            raise Lost(self._broken, function)
        left = self._until - time.monotonic()
        losses = self._losses[function]
        if losses >= 2:
            raise Lost("refused", function)
        until = min(left, SECOND_LIMIT) if losses else left
        try:
            peer.send(frame, until)
            return peer.receive(until)
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

        count_here, find_here = _counting.interpreted_events, _counting.source_of

        def interpreted_events(function: Any, args: tuple) -> int:
            __tracebackhide__ = True
            return self._count(function, tuple(args)) if isinstance(function, Remote) else count_here(function, args)

        def source_of(function: Any) -> tuple[str, str, str] | None:
            __tracebackhide__ = True
            return self._source(function) if isinstance(function, Remote) else find_here(function)

        for module in (_counting, testing):
            module.interpreted_events, module.source_of = interpreted_events, source_of

    def _source(self, function: Remote) -> tuple[str, str, str] | None:
        __tracebackhide__ = True
        _, told = self._link.do("defined", function._target, function=function._path)
        return reading.source(self._texts, function._target, told[0])

    def _count(self, function: Remote, args: tuple):
        """Steps of a call, counted where no cell of the notebook has run; it must return there what it returns here."""
        __tracebackhide__ = True
        from cs231n import _counting
        from cs231n._messages import fail, places

        target = function._target
        if not in_module(target) and function._owner and function._owner[0]._past:
            past = function._owner[0]._past
            target = past[0][0]
            used = ["__init__", function._owner[1], *[step[0] for step in past[1:]]]
            names = [".".join([*target[1:], name]) for name in used]
        else:
            names = [".".join(target[1:])] if in_module(target) else []
        twin = None
        if names:
            texts, escaped = self._needed(target[0], tuple(sorted(set(names))))
            if escaped:
                fail(f"{function.__name__} hides its loops.",
                     ("found", places(escaped, target[0].rpartition(".")[2] + ".py")),
                     ("expected", "operations on whole arrays, and nothing that could stop the count"))
            if texts != self._defined:
                self._defined = {}               # until it is certain
                self._counting.do("define", texts, function=function._path)
                self._defined = texts
            twin = made_again(function, self._counting)
        twin = function if twin is None else twin
        state, told = twin._link.do("count", twin._target, args, function=function._path)
        if state == "stopped":
            raise _counting.CountingStopped
        if len(told) != 2 or type(told[0]) is not dict or any(type(count) is not int for count in told[0].values()):
            raise Lost("garbled", function._path)
        if not _alike(told[1], function(*copy.deepcopy(args))):
            fail(f"{function.__name__} does something else while its steps are counted.",
                 ("expected", "the same result for an array whose rows are watched, with no cell of the notebook run"))
        return _counting.Steps(told[0])


def _alike(counted: Any, returned: Any) -> bool:
    """Tell whether two results are the same, up to what the order of a sum may change."""
    if isinstance(counted, (tuple, list)) and isinstance(returned, (tuple, list)):
        return len(counted) == len(returned) and all(map(_alike, counted, returned))
    if isinstance(counted, dict) and isinstance(returned, dict):
        return counted.keys() == returned.keys() and all(_alike(counted[key], returned[key]) for key in counted)
    try:
        one, other = np.asarray(counted, dtype=complex), np.asarray(returned, dtype=complex)
    except (TypeError, ValueError):
        return type(counted).__name__ == type(returned).__name__
    size = np.sqrt(np.mean(np.abs(other) ** 2)) if other.size else 0.0
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-3, atol=1e-3 * size, equal_nan=True)


def _show(text: str) -> None:
    sys.stdout.write(text)


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
