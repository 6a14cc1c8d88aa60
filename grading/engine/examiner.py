"""The examiner: the process in which the locked test cells run, and where pass or fail is decided.

Here `cs231n` is the kit's own, with proxies for the student's modules; the set-up cells that the tests rely on have run
here too, so that labels and data are the kit's own. What a student's notebook binds comes from the candidate, as data.
"""

import contextlib
import io
import re
import socket
import sys
import time
from collections import Counter
from functools import partial

import msgspec

from grading.engine import codec, probing, stops, telling
from grading.engine.candidate import lay_down
from grading.engine.channel import Channel, Closed, Late, TooLarge
from grading.engine.finder import Finder
from grading.engine.link import Link
from grading.engine.measures import Measures
from grading.engine.proxies import Remote
from grading.engine.raised import Lost, StudentError
from grading.engine.shell import Cell, Shell
from grading.engine.telling import Told

MAX_ANSWER = 64 * 2**20        # bytes of one answer of the candidate's
MAX_TOLD = 12 * 2**20          # and of what is told to the parent: beyond that, no outputs and no answers to probes
SECOND_LIMIT = 3.0             # seconds for a call of a function that was lost once; lost twice, it is not called again

BESIDE = ("cs231n._recorded",)  # the kit's own, but made of the student's classes, so they run where these are

_FRAME = re.compile(r"(File|Cell|Input) ")

_HOW = {
    "dead": "the Python process ended here: a crash, a call of exit, or more memory than there is",
    "garbled": "the process that runs the submission sent what is no answer",
}
_UNLOADED = "it ended the Python process while it was loaded, or was not done in time"


def serve(shell: Shell, parent: socket.socket, *peers: socket.socket) -> None:
    """Do what the parent asks for until it is gone. Peers: the candidates to come, the process of costs."""
    asked = Channel(parent)
    with contextlib.suppress(Closed):
        order = msgspec.msgpack.decode(asked.receive())
        examiner = Examiner(shell, asked, [Channel(peer, MAX_ANSWER) for peer in peers], order["texts"])
        while True:
            message = msgspec.msgpack.decode(asked.receive())
            operation = {"begin": examiner.begin, "given": examiner.given, "test": examiner.test,
                         "probe": examiner.probe, "look": examiner.look}[message.pop("do")]
            asked.send(_frame(operation(**message)))


def _frame(answer: dict) -> bytes:
    """What the submission had a part in is left out where it is more than the parent takes."""
    frame = msgspec.msgpack.encode(answer)
    if len(frame) > MAX_TOLD:
        frame = msgspec.msgpack.encode(answer | {name: type(answer[name])() for name in ("outputs", "answers")
                                                 if name in answer})
    return frame


class Examiner:
    """Runs test cells of one notebook after the other, each against the candidate at the other end of the next peer.

    - asked: the line to the parent, which also tells what processes cost
    - peers: of them, the last is the process that measures costs, and the one before it the first candidate
    - texts: module -> source of the submission
    """

    def __init__(self, shell: Shell, asked: Channel, peers: list[Channel], texts: dict[str, str]):
        self._shell, self._texts = shell, texts
        self._files = {name: f"{name.replace('.', '/')}.py" for name in texts}
        self._of_submission = {self._files[name]: text for name, text in texts.items()}
        *self._candidates, counting = peers
        self._peer: Channel | None = None        # the candidate of this notebook
        self._losses: Counter[str] = Counter()
        self._until = self._limit = 0.0
        self._broken = ""
        self._link = Link(lambda frame, function: self._ask(self._peer, frame, function), _show)
        lay_down({})
        for name in BESIDE:
            sys.modules.pop(name, None)          # this process came with them imported
        self._finder = Finder([*self._texts, *BESIDE], self._link)
        sys.meta_path.insert(0, self._finder)
        Measures(self._link, Link(partial(self._ask, counting), _show), asked, texts).reroute()

    def begin(self, losses: dict[str, int]) -> dict:
        """Another notebook, with nothing of the one before; losses: function -> how often it was lost."""
        if self._peer:
            self._peer.close()
            self._link.reset()
            self._finder.forget()
            self._shell.start_again()
        self._peer, self._losses, self._broken = self._candidates.pop(), Counter(losses), ""
        return {"lost": ""}

    def given(self, source: str, plain: bool, code: tuple[bytes, list[int]] | None, limit: float) -> dict:
        """Run a set-up cell of the lesson, for the names that it binds."""
        self._start(limit)
        self._shell.run(source, silent=True, plain=plain, code=code)
        return {"lost": self._broken}

    def test(self, source: str, plain: bool, code: tuple[bytes, list[int]] | None, count: int, limit: float,
             owned: list[str], wanted: list[str]) -> dict:
        """Run a test cell; `owned` names are the student's, `wanted` ones too where no set-up cell binds them."""
        self._start(limit)
        namespace, fetched, absent = self._shell.namespace, [], []
        error: BaseException | None = None
        outputs: list[dict] = []
        try:
            for name in owned + [name for name in wanted if name not in namespace]:
                state, told = self._link.do("name", name, function=name)
                namespace.pop(name, None)
                if state == "done":
                    namespace[name] = self._link.held(state, told, name)
                    fetched.append(name)
                else:
                    absent.append(name)
        except (Lost, StudentError) as raised:
            error = raised
            outputs = [_told(raised)]
        else:
            self._shell.execution_count = count
            cell = self._shell.run(source, plain=plain, code=code)
            error, outputs = cell.error, _with_students_lines(cell)
            try:
                self._link.settle("the last assignment of the test")
            except (Lost, StudentError) as raised:
                error = error or raised
        outcome, told = self._verdict(error, source)     # it reads names of the test's
        may_be_ours = self._may_be_ours(error, set(owned) - set(fetched))
        doubted = telling.short(f"{type(error).__name__}: {error}") if may_be_ours else ""
        message = telling.short(told.message)
        for output in outputs:
            if outcome == "error" and output["output_type"] == "error":
                output["traceback"][-1:], output["evalue"] = [message], message
        for name in fetched:
            namespace.pop(name, None)
        return {"outcome": outcome, "message": message, "unloaded": telling.short(told.unloaded), "outputs": outputs,
                "lost": self._broken, "losses": dict(self._losses), "absent": absent, "doubted": doubted,
                "why": self._why(error) if isinstance(error, StudentError) and not told.unloaded else []}

    def probe(self, sources: dict[str, str], functions: dict[str, list[str]], limit: float) -> dict:
        """What functions answer to their probes, as far as it goes: function -> aspect -> what was told."""
        self._start(limit)
        answers: dict[str, dict[str, list]] = {}
        with contextlib.suppress(Lost), contextlib.redirect_stdout(io.StringIO()):
            probes = probing.load(sources)
            for module, names in functions.items():
                for name in names:
                    probing.ask(probes[module][name], self._seed, answers.setdefault(name, {}), why=self._why)
        return {"answers": answers, "lost": self._broken}

    def _why(self, error: Exception) -> list[str]:
        if getattr(error, "loading", ""):
            return []
        kind = error.kind if isinstance(error, StudentError) else type(error).__name__
        return stops.found(kind, str(error), getattr(error, "lines", ""), self._of_submission)

    def look(self, sources: dict[str, str], cells: dict[str, list[str]], names: list[str], limit: float) -> dict:
        """What the probes of cells read off these names of the notebook: cell -> aspect -> what was told."""
        self._start(limit)
        answers: dict[str, dict[str, list]] = {}
        with contextlib.suppress(Lost), contextlib.redirect_stdout(io.StringIO()):
            found = dict(self._shell.namespace)
            for name in names:
                with contextlib.suppress(StudentError):
                    state, told = self._link.do("name", name, function=name)
                    found.pop(name, None)
                    if state == "done":
                        found[name] = self._link.held(state, told, name)
            probes = probing.load(sources)
            for module, ones in cells.items():
                for one in ones:
                    probing.ask(probes[module][one](found), self._seed, answers.setdefault(one, {}))
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

    def _verdict(self, error: BaseException | None, source: str) -> tuple[str, Told]:
        """(outcome, what is said of it)."""
        if error is None:
            return "passed", Told("")
        files = self._of_submission
        if isinstance(error, Lost):
            self._broken = self._broken or (error.how if error.how != "refused" else "")
            outcome, how = {
                "late": ("timed_out", f"ran longer than {self._limit:g} s"),
                "refused": ("timed_out", "had ended or not answered before, twice; it was not run again"),
            }.get(error.how, ("error", ""))
            if error.function.startswith("import "):
                file = self._files.get(error.function.removeprefix("import "), error.function)
                return outcome, telling.not_loaded(file, _UNLOADED)
            return outcome, Told(f"{error.function} {how}" if how else f"{error.function}: {_HOW[error.how]}")
        if isinstance(error, StudentError):
            return "error", telling.raised(error.kind, str(error), error.lines, files,
                                           self._files.get(error.loading, ""))
        if isinstance(error, codec.CodecError):
            return "grader_error", Told(f"the test uses what cannot be sent to the submission: {error}")
        if isinstance(error, AssertionError):
            return "failed", Told(str(error) or "the check failed")
        return "error", Told(telling.in_test(error, source, files=files) or f"{type(error).__name__}: {error}")

    def _may_be_ours(self, error: BaseException | None, missing: set[str]) -> bool:
        """Whether this was raised by the test's own lines or the kit's, or at the call of a student's function.

        It is the student's all the same when what came from the submission brought it about, such as None in place of
        two values: only the same test beside the reference can tell.

        - missing: the student's names that are not there
        """
        if error is None or isinstance(error, (Lost, AssertionError)):
            return False
        if isinstance(error, StudentError):
            return not error.loading and not telling.shows(error.lines, self._files.values())
        return not (isinstance(error, NameError) and error.name in missing)


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
        plain = telling.COLORS.sub("", line)
        if _FRAME.match(plain):
            ours = "/grading/engine/" in plain
        if not ours and "skipping hidden" not in plain:
            kept.append(line)
    return kept, traceback[-1] if traceback else name
