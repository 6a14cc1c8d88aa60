"""Run a restored notebook in a kernel and note an outcome for each test cell.

nbgrader's Execute loses every grade of a student whose kernel dies or ignores an interrupt. Here the kernel is
started anew and the cells before are run again without the one that did it, so only that cell pays.
"""

import os
import subprocess
from contextlib import ExitStack

from nbclient.client import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.preprocessors import Execute as NbgraderExecute
from traitlets import Float, Integer, Unicode

from grading import NOTE
from grading.books.seeds import Seeds
from grading.engine import apart, telling
from grading.engine.telling import Told
from grading.scratch import temporary

SEEDS = "kit_seeds"          # the key under which resources may hold what draws the hidden tests' seeds
MODULES = "kit_modules"      # the same for the student's modules, path -> text: messages tell places in them
_FAILED = ("AssertionError", "CheckFailed")


class Execute(NbgraderExecute):
    """nbgrader's Execute with an outcome per cell (DESIGN's words), and a new kernel after a death or a hang."""

    shutdown_kernel = Unicode("immediate", help="Do not wait for what the student's code does at exit").tag(config=True)
    restarts = Integer(4, help="New kernels a notebook may use up before the rest is skipped").tag(config=True)
    patience = Float(0.34, help="After a first time-out, later cells get this share of `timeout`").tag(config=True)
    max_output = Integer(1_000_000, help="Characters of output that are kept of one cell").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources, km=None):
        NotebookClient.__init__(self, nb, km)
        self.reset_execution_trackers()
        self._check_assign_resources(resources)
        self._hung = False
        self._seeds: Seeds | None = resources.get(SEEDS)
        self._modules: dict[str, str] = resources.get(MODULES, {})
        replayed: list[int] = []                 # what a new kernel has to run again
        starts = 0
        with ExitStack() as kernel:
            self._start(kernel)
            for index, cell in enumerate(nb.cells):
                if cell.cell_type != "code":
                    continue
                if starts > self.restarts:
                    self._note(cell, "skipped",
                               Told("not run: the cells before it killed or hung the kernel too often"))
                    continue
                outcome, told = self._run(cell, index)
                self._note(cell, outcome, told)
                if self._alive and outcome != "hung":
                    if not utils.is_grade(cell) and outcome != "timed_out":
                        replayed.append(index)
                    continue
                starts += 1
                if starts <= self.restarts:
                    self._start(kernel)
                    self._replay(nb, replayed)
        apart.mark(nb)
        return nb, resources

    def _start(self, kernel: ExitStack) -> None:
        kernel.close()
        self.km = self.kc = None
        self._sockets = kernel.enter_context(temporary("kit-held-sockets-"))
        # What is written past Python's own streams is not for the instructor's terminal.
        kernel.enter_context(self.setup_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        self._alive = True

    def create_kernel_manager(self):
        manager = super().create_kernel_manager()
        if os.name == "posix":                   # no port that others on this machine could open
            manager.transport, manager.ip = "ipc", os.path.join(self._sockets, "kernel")
        return manager

    def _run(self, cell: NotebookNode, index: int) -> tuple[str, Told]:
        """Run one cell. Returns (outcome, what is said of it); "hung" is a time-out that no interrupt ended."""
        self._reply, self._printed = None, 0
        limit = self._get_timeout(cell)
        shown = cell.source
        if self._seeds and utils.is_grade(cell) and not utils.is_solution(cell):
            cell.source = self._seeds.asked(cell.metadata.nbgrader.grade_id, shown)
        try:
            self.execute_cell(cell, index, store_history=True)
        except DeadKernelError:
            self._alive = False
            message = ("the Python process ended here: a crash, a call of exit, or more memory than there is")
            cell.outputs.append(_error("DeadKernelError", message))
            return "error", Told(message)
        except CellTimeoutError:
            self._hung = True
            message = f"ran longer than {limit:g} s and did not react to an interrupt"
            cell.outputs.append(_error("CellTimeoutError", message))
            return "hung", Told(message)
        finally:
            cell.source = shown
        if self._reply is None:                  # an empty cell: nothing to run, nothing to fail
            return "passed", Told("")
        content = self._reply["content"]
        if any(payload.get("source") == "ask_exit" for payload in content.get("payload", [])):
            self._alive = False                  # exit() in IPython ends the process once the cell is done
        if content.get("status") == "ok":
            return "passed", Told("")
        name, value = content.get("ename", "Error"), content.get("evalue", "")
        if name == "CellTimeoutError":
            self._hung = True
            return "timed_out", Told(f"ran longer than {limit:g} s")
        if name in _FAILED:
            return "failed", Told(value or "the check failed")
        return "error", telling.raised(name, value, "\n".join(content.get("traceback", [])), self._modules)

    def _replay(self, nb: NotebookNode, indices: list[int]) -> None:
        """Bring a new kernel to where the old one was; what the cells put out the first time stays."""
        for index in indices:
            again = nb.cells[index].copy()
            outcome, _ = self._run(again, index)
            nb.cells[index] = NotebookNode(again, outputs=nb.cells[index].outputs)
            if outcome == "hung" or not self._alive:
                self._alive = False
                return

    def _note(self, cell: NotebookNode, outcome: str, told: Told) -> None:
        if utils.is_grade(cell):
            cell.metadata[NOTE] = {"outcome": "timed_out" if outcome == "hung" else outcome, "message": told.message}
            if told.unloaded:
                cell.metadata[NOTE]["unloaded"] = told.unloaded

    def _get_timeout(self, cell):
        limit = super()._get_timeout(cell)
        return max(1, round(limit * self.patience)) if limit and self._hung else limit

    def on_cell_executed(self, **kwargs):
        self._reply = kwargs["execute_reply"]
        super().on_cell_executed(**kwargs)

    def process_message(self, msg, cell, cell_index):
        """Drop what a cell prints beyond `max_output`, before it fills the grader's memory."""
        content = msg.get("content", {})
        if msg.get("msg_type") == "stream":
            room = self.max_output - self._printed
            text = content.get("text", "")
            self._printed += len(text)
            if room <= 0:
                return None
            if len(text) > room:
                content["text"] = text[:room] + "\n... output cut here ...\n"
        return super().process_message(msg, cell, cell_index)


def _error(name: str, message: str) -> NotebookNode:
    return new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
