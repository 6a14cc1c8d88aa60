"""The run of one notebook: each of its cells in turn, in the process that it belongs to, and what is noted of it."""

import re
import time
from collections.abc import Callable

import msgspec
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from grading import LEFT_OUT, NOTE
from grading.engine import MAX_MODULE, causes, needed, questions
from grading.engine.answers import Answer
from grading.engine.budget import UsedUp
from grading.engine.cleaned import Cleaning
from grading.engine.effects import Effects
from grading.engine.plan import Plan, name_of, public
from grading.engine.probing import Probing
from grading.engine.processes import Processes
from grading.engine.session import OURS, Session

_HUNG = "ran longer than a cell may, and did not react to an interrupt"
_DIED = "the Python process ended here: a crash, a call of exit, or more memory than there is"
_TOO_LONG = f"not run: a notebook may hold {MAX_MODULE:,} characters of code"
_LOST = "what it does here ended the kit's own process, or kept it busy for too long, twice"
_MISSING = re.compile(r"name '(\w+)' is not defined")
_QUIET = msgspec.msgpack.encode({"outputs": [], "error": False, "exit": False})     # of a cell that puts out nothing
MOST_NAME = 200                # characters of the name of a function
_SKIPPED = "not run: the cells before it ended or hung the process too often"


class Missing(Exception):
    """A cell that was left out binds a name that is read all the same."""


class Notebook:
    """The run of one notebook.

    - asked: asked(grade_id, source) is a test cell as the examiner gets it
    - modules: what the submission's modules do
    """

    def __init__(self, processes: Processes, plan: Plan, limit: float, cleaning: Cleaning, asked: Callable,
                 modules: Effects):
        self._processes, self._session, self._budget = processes, Session(processes, plan, limit), processes.budget
        self._plan, self._cleaning, self._asked, self._modules = plan, cleaning, asked, modules
        self._to_read: list[set[str]] = []       # of each cell to come, names that it may take from cells before
        self._absent: frozenset[str] = frozenset()       # names that only cells bind that were left out
        self._spoilt = False                     # a cell that does not matter was lost, so no other such cell is run

    def all(self, notebook: NotebookNode, whole: bool) -> None:
        cells = self._run_at_all([cell for cell in notebook.cells if cell.cell_type == "code"])
        choice = needed.choose(self._plan, cells, self._modules)
        self._session.begin()
        lean = not whole and not choice.why_whole
        if lean:
            self._absent = choice.binds
        self._to_read = [set() if name_of(cell) in self._plan.tests else self._plan.reads(cell.source)
                         for cell in cells]
        for number, cell in enumerate(cells):
            del self._to_read[0]
            cell.outputs, cell.execution_count = [], None
            for key in (LEFT_OUT, NOTE):
                cell.metadata.pop(key, None)
            try:
                self._in_turn(cell, choice.aside.get(number), choice.shown.get(number), lean)
            except UsedUp as error:
                self._processes.close()
                if name_of(cell) in self._plan.tests and NOTE not in cell.metadata:
                    self._note(cell, "timed_out", f"ended here: {error}")

    def _run_at_all(self, cells: list[NotebookNode]) -> list[NotebookNode]:
        """As many of them as there is room for; the others say why they are left out."""
        room, found = MAX_MODULE, []
        for cell in cells:
            size = 0 if name_of(cell) in self._plan.tests or cell.source in self._plan.read else len(cell.source)
            if size <= room:
                room -= size
                found.append(cell)
            else:
                cell.outputs, cell.execution_count = [_error("CellTooLong", _TOO_LONG)], None
        return found

    def _in_turn(self, cell: NotebookNode, aside: str | None, shown: str | None, lean: bool) -> None:
        """Do with a cell what is to be done with it; once more, where one of the kit's own processes was lost."""
        session = self._session
        count, given = session.count, len(session.given)
        for _ in range(2):
            session.count = count
            del session.given[given:]
            try:
                if aside is None:
                    self._cell(cell, shown, lean)
                elif not session.is_over:
                    self._leave_out(cell, aside) if lean else self._aside(cell)
                return
            except OURS as error:
                session.lost = str(error)
                session.restart()
        session.hurry()
        if name_of(cell) in self._plan.tests:
            self._note(cell, "error", _LOST, lost=True)

    def _leave_out(self, cell: NotebookNode, imports: str) -> None:
        """Not to run a cell, but for what others need it to import; it is counted."""
        if cell.source.strip():
            self._session.count += 1
            cell.execution_count, cell.metadata[LEFT_OUT] = self._session.count, True
        self._begin_given(cell)
        if imports:
            self._own(new_code_cell(imports), silent=True)

    def _aside(self, cell: NotebookNode, silent: bool = False) -> None:
        """Run a cell of which the verdict shall see nothing, nor of what it costs."""
        if not silent:
            self._session.count += bool(cell.source.strip())
            self._begin_given(cell)
        if self._spoilt or not cell.source.strip() or not self._budget.may_go_aside:
            return
        began = time.monotonic()
        frame, lost = self._session.execute(public(cell.source) if silent else cell.source, silent, aside=True)
        if not silent:
            cell.execution_count = self._session.count
            self._keep(cell, frame, lost)
        if lost:
            self._spoilt = True
            if lost != "interrupted":
                self._session.restart(counted=False)
        self._budget.spend_aside(time.monotonic() - began)

    def _begin_given(self, cell: NotebookNode) -> None:
        if name_of(cell) in self._plan.given:
            self._session.set_up(self._plan.given[name_of(cell)])

    def look(self, notebook: NotebookNode, asked: Probing) -> dict[str, dict[str, list]]:
        """What the names that the notebook's cells have left answer to the probes of the cells."""
        if self._session.is_over:
            return {}
        names = sorted({name for test in self._plan.tests.values() for name in test.owned})
        return questions.of_cells(self._processes, notebook, names, asked)

    def _cell(self, cell: NotebookNode, shown: str | None, lean: bool) -> None:
        """shown: what has to run of a test's visible part; None if nobody knows."""
        name = name_of(cell)
        test = name in self._plan.tests
        if self._session.is_over:
            if test:
                self._skip(cell)
            return
        if not cell.source.strip():
            if test:
                self._note(cell, "passed", "")
            return
        self._session.count += 1
        cell.execution_count = self._session.count
        if test:
            self._test(cell, name, shown, lean)
        else:
            self._begin_given(cell)
            self._own(cell)

    # The student's cells

    def _own(self, cell: NotebookNode, silent: bool = False) -> None:
        """Run a cell in the candidate; one that hangs or dies is left out from now on."""
        source = public(cell.source) if silent else cell.source
        frame, lost = self._session.execute(source, silent)
        if not silent:
            self._keep(cell, frame, lost)
            for output in cell.outputs:
                if output.output_type == "error" and output.ename == "NameError":
                    self._look_for(output.evalue)
        if lost in ("late", "interrupted"):
            self._session.hurry()
        if not lost:
            self._session.ran.append((self._session.count, source))
        elif lost != "interrupted":
            self._session.restart()

    def _keep(self, cell: NotebookNode, frame: bytes, lost: str) -> None:
        if frame not in (b"", _QUIET):
            cell.outputs = [output.node() for output in self._cleaning.clean(frame)[0]]
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = self._session.count
        if lost in ("late", "dead"):
            cell.outputs.append(_error("CellTimeoutError", _HUNG) if lost == "late" else
                                _error("DeadKernelError", self._session.why_dead() or _DIED))

    def _look_for(self, message: str) -> None:
        """Raise Missing if a cell that was left out binds what this message misses."""
        if self._absent & set(_MISSING.findall(message)):
            raise Missing

    # The test cells

    def _test(self, cell: NotebookNode, name: str, shown: str | None, lean: bool) -> None:
        test = self._plan.tests[name]
        while not (answer := self._session.test(cell.source, self._asked(name, cell.source), test)).outcome:
            self._session.restart()
            if self._session.is_worn_out:
                self._skip(cell)
                return
        if self._absent & set(answer.absent):
            raise Missing
        self._look_for(answer.message)
        self._show(cell, answer)
        self._session.losses = answer.losses
        if answer.lost == "late":
            self._session.hurry()
        if answer.lost:
            self._session.restart()
        elif lean:
            if shown:
                self._own(new_code_cell(shown), silent=True)
        elif any(test.left & names for names in self._to_read):      # a later cell uses what students see the test bind
            if shown == "":
                self._aside(cell, silent=True)
            else:
                self._own(cell, silent=True)

    def _show(self, cell: NotebookNode, answer: Answer) -> None:
        """What the test put out, and what is said of it."""
        if answer.is_quiet:
            cell.outputs = []
            self._note(cell, answer.outcome, "")
            return
        frame = msgspec.msgpack.encode({"outputs": answer.outputs})
        outputs, (message, unloaded, doubted) = self._cleaning.clean(
            frame, (answer.message, answer.unloaded, answer.doubted))
        cell.outputs = [output.node() for output in outputs]
        self._note(cell, answer.outcome, (answer.lost == "dead" and self._session.why_dead()) or message, unloaded)
        if doubted:
            cell.metadata[NOTE]["doubted"] = doubted
        if answer.outcome == "error" and len(answer.why) == 2 and causes.cause(answer.why[1]):
            cell.metadata[NOTE]["why"] = [answer.why[0][:MOST_NAME], answer.why[1]]

    def _skip(self, cell: NotebookNode) -> None:
        worn_out = self._session.is_worn_out
        why = _SKIPPED if worn_out else f"not run: {self._budget.over()}"
        self._note(cell, "skipped", why, lost=bool(self._session.lost) and worn_out)

    def _note(self, cell: NotebookNode, outcome: str, message: str, unloaded: str = "", lost: bool = False) -> None:
        cell.metadata[NOTE] = {"outcome": outcome, "message": message} | ({"unloaded": unloaded} if unloaded else {})
        if lost:
            cell.metadata[NOTE] |= {"doubted": self._session.lost, "lost": True}


def _error(name: str, message: str) -> NotebookNode:
    return new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
