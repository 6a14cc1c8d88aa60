"""Run cells as a Jupyter kernel runs them, inside this process: no sockets, no threads, ready to be forked.

ipykernel's own shell, display hook and display publisher do the work; only what they would send over ZeroMQ goes to
`outputs.Recorder`. A shell is made once, warmed up, and then used in forked children, each of which starts at In[1]
with an empty namespace.

The code that runs here is a student's, so nothing that this process says is trusted later. What matters is that
`Shell.run` comes back with a cell whatever that code does to the display machinery.
"""

import asyncio
import atexit
import builtins
import contextlib
import contextvars
import getpass
import io
import linecache
import os
import random
import signal
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import ipykernel.compiler
import ipykernel_launcher
import matplotlib
import numpy as np
from IPython.core.interactiveshell import ExecutionResult
from IPython.core.profiledir import ProfileDir
from IPython.extensions import autoreload
from traitlets.config import Config

from grading.engine import elsewhere, ipython, lacking, missed, threaded
from grading.engine.local import LocalInteractiveShell, LocalKernel
from grading.engine.outputs import STREAMS, LocalSession, OutStream, Recorder

SEED = 231
INLINE = "module://matplotlib_inline.backend_inline"


@dataclass
class Cell:
    """What one run left behind: outputs as nbformat 4 has them, in plain data.

    As in a notebook, `update_display` in a later cell changes the outputs of an earlier one, in place.
    """

    outputs: list[dict] = field(default_factory=list)
    execution_count: int | None = None
    error: BaseException | None = None
    asked_exit: bool = False


class Shell:
    """One notebook's shell. Make it before the fork, in a process with one thread; call `run` after it."""

    def __init__(self):
        self._recorder = Recorder()
        session = LocalSession(self._recorder)
        kernel = LocalKernel(session)
        config = Config()
        config.HistoryManager.enabled = False           # neither its file nor its thread
        os.environ.setdefault("MPLBACKEND", INLINE)
        matplotlib.rcParams["backend"] = os.environ["MPLBACKEND"]
        autoreload.ModuleReloader, autoreload.DeduperReloader = ipython.ModuleReloader, ipython.DeduperReloader
        ipykernel.compiler.murmur2_x86 = ipython.murmur2_x86
        self._ip = LocalInteractiveShell.instance(
            config=config, profile_dir=ProfileDir(), kernel=kernel, compiler_class=ipython.Compiler,
            input_transformer_manager=ipython.TransformerManager())
        atexit.unregister(self._ip.atexit_operations)   # they would clear the namespace under a student's own
        kernel.shell = self._ip
        self._ip.displayhook.session = self._ip.display_pub.session = session
        self._ip.displayhook.topic = b"execute_result"
        self._home: int | None = None                   # the process in which cells run
        self._names, self._filters = (dict(self._ip.user_ns), dict(self._ip.user_ns_hidden)), list(warnings.filters)
        self._warm_up()

    @property
    def namespace(self) -> dict:
        return self._ip.user_ns

    @property
    def execution_count(self) -> int:
        """The number of the next cell."""
        return self._ip.execution_count

    @execution_count.setter
    def execution_count(self, count: int) -> None:
        self._ip.execution_count = count

    def put_off_imports(self) -> None:
        """From now on, what a cell imports and is not there is missed where it is used."""
        self._ip.ast_transformers.append(missed.Transformer())

    def start_again(self) -> None:
        """As a new kernel starts: no names, In[1], no figure, warnings and random numbers as at first."""
        ip, history = self._ip, self._ip.history_manager
        for kept, before in zip((ip.user_ns, ip.user_ns_hidden), self._names):
            kept.clear()
            kept.update(before)
        history.input_hist_parsed[:] = history.input_hist_raw[:] = [""]
        for kept in (history.output_hist, history.output_hist_reprs, history.outputs, history.exceptions,
                     history.db_input_cache, ip.compile._filename_map):
            kept.clear()
        history._i00 = history._i = history._ii = history._iii = ""
        ip.displayhook._ = ip.displayhook.__ = ip.displayhook.___ = ""
        ip.execution_count = 1
        linecache.clearcache()
        _close_figures(keep=[])
        warnings.filters[:] = self._filters
        warnings._filters_mutated()
        if self._home is not None:
            self._loop.close()
            asyncio.set_event_loop(None)
            self._home = None
        self.seed()

    def take_for_granted(self) -> None:
        """That no module that is imported now will change: %autoreload need not look at them."""
        ipython.others.grant()

    def seed(self) -> None:
        """The same random numbers each time: a submission graded again ends with the same marks."""
        random.seed(SEED)
        np.random.seed(SEED)

    @contextlib.contextmanager
    def numbers_put_back(self) -> Iterator[None]:
        """Whatever random numbers are drawn here, the next ones are those that would have come without."""
        states = None
        with contextlib.suppress(Exception):             # what a cell may have made of these functions
            states = random.getstate(), np.random.get_state()
        try:
            yield
        finally:
            with contextlib.suppress(Exception):
                random.setstate(states[0])
                np.random.set_state(states[1])

    def run(self, source: str, *, silent: bool = False, plain: bool = False,
            code: tuple[bytes, list[int]] | None = None) -> Cell:
        """Run one cell. Silent: nothing is shown or kept of what it displays, and it has no number.

        Plain: it is known that `ipython.is_plain(source)`, as it is of a lesson's own cells; code: what
        `compiled.compiled` tells of such a cell.
        """
        cell = Cell()
        if not source.strip():
            return cell
        figures = _figures() if silent else []
        try:
            self._settle()
            if plain:
                self._ip.take_as_plain(source)
                if code:
                    self._ip.compile.expect(source, *code)
            if not silent:
                cell.execution_count = self.execution_count
                self._recorder.open()
            with self._interruptible():
                result = self._in_loop(source, silent)
            cell.error = self._error_of(result)
            payloads = self._ip.payload_manager.read_payload()
            self._ip.payload_manager.clear_payload()
            cell.asked_exit = self._ip.exit_now or any(p.get("source") == "ask_exit" for p in payloads)
            self._ip.exit_now = False
        except BaseException as error:      # the cell broke the machinery, or an interrupt came in between
            cell.error = error
        try:
            cell.outputs = self._recorder.close(cell.error)
        except BaseException as error:
            cell.error = cell.error or error
            cell.outputs = [{"output_type": "error", "ename": "OutputError", "traceback": [],
                             "evalue": "this cell broke Python's own functions, and its output is lost"}]
        if silent:
            _close_figures(keep=figures)
        return cell

    def shown(self, filename: str) -> str:
        """A file as tracebacks call it: what a cell is compiled as, is the cell by its number."""
        return " ".join(self._ip.compile.format_code_name(filename) or (filename,))

    def _error_of(self, result: ExecutionResult) -> BaseException | None:
        if result.error_before_exec is not None:
            return result.error_before_exec
        if result.error_in_exec is None and getattr(self._ip, "_last_traceback_during_displayhook", False):
            return sys.last_value           # raised by the __repr__ of the cell's result
        return result.error_in_exec

    def _settle(self) -> None:
        """Once per process, put in place what a kernel has. Who replaces sys.stdout later replaces it for good."""
        if self._home == os.getpid():
            return
        self._home = os.getpid()
        for name in STREAMS:
            setattr(sys, name, OutStream(name, self._recorder))
        sys.argv = [ipykernel_launcher.__file__, "-f", "kernel.json"]
        if "" not in sys.path:              # behind the standard library, before the installed packages
            installed = [place for place, path in enumerate(sys.path) if path.endswith("-packages")]
            sys.path.insert(installed[0] if installed else 0, "")
        self._ip.history_manager.dir_hist[:] = [Path.cwd()]
        signal.signal(signal.SIGINT, signal.SIG_IGN)    # an interrupt that comes between two cells is late
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._context = contextvars.copy_context()      # one for all cells: np.seterr lasts

    def _in_loop(self, source: str, silent: bool) -> ExecutionResult:
        """As in a kernel, a cell runs inside a loop that is already running."""
        self._task = self._loop.create_task(self._execute(source, silent), context=self._context)
        try:
            return self._loop.run_until_complete(self._task)
        except BaseException:
            if not self._task.done():
                self._task.cancel()
                self._loop.run_until_complete(asyncio.wait([self._task], timeout=1))
            raise

    async def _execute(self, source: str, silent: bool) -> ExecutionResult:
        """ipykernel's do_execute."""
        ip, failed = self._ip, None
        try:
            transformed = ip.transform_cell(source)
        except Exception:
            transformed, failed = source, sys.exc_info()
        saved = builtins.input, getpass.getpass
        builtins.input, getpass.getpass = ip.kernel.raw_input, ip.kernel.getpass
        try:
            if not ip.should_run_async(source, transformed_cell=transformed, preprocessing_exc_tuple=failed):
                return ip.run_cell(source, store_history=not silent, silent=silent)
            signal.signal(signal.SIGINT, self._interrupt_await)
            result = None
            try:
                result = await ip.run_cell_async(source, store_history=not silent, silent=silent,
                                                 transformed_cell=transformed, preprocessing_exc_tuple=failed)
            finally:
                ip.events.trigger("post_execute")
                if not silent:
                    ip.events.trigger("post_run_cell", result)
            return result
        finally:
            builtins.input, getpass.getpass = saved

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _interrupt_await(self, number: int, frame: object) -> None:
        """An interrupt cancels a cell that awaits; one that computes gets its KeyboardInterrupt."""
        if asyncio.current_task(self._loop) is not None:
            raise KeyboardInterrupt
        self._loop.call_soon_threadsafe(self._task.cancel)

    def _warm_up(self) -> None:
        """Pay before the fork for what a first cell, a first figure and a first traceback cost; leave no trace."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        elsewhere.draw_inline()
        threaded.threads_for_processes()
        lacking.stand_in()
        figure = Figure()
        figure.add_subplot().set_title("warm")
        FigureCanvasAgg(figure).print_png(io.BytesIO())

        process, interrupt = _process_state(), signal.getsignal(signal.SIGINT)
        for source in ("1 + 1", "def fail(x):\n    return 1 / x\nfail(0)", "%time pass"):
            self.run(source)
        for name in ("load_ext", "matplotlib", "time", "timeit"):
            self._ip.find_line_magic(name)              # imports it
        for name, value in process.items():
            setattr(sys, name, value)
        for name in ("last_type", "last_value", "last_traceback", "last_exc"):
            vars(sys).pop(name, None)
        self.start_again()
        signal.signal(signal.SIGINT, interrupt)


def _process_state() -> dict:
    return {name: getattr(sys, name) for name in (*STREAMS, "argv")} | {"path": list(sys.path)}


def _figures() -> list[int]:
    pyplot = sys.modules.get("matplotlib.pyplot")
    return pyplot.get_fignums() if pyplot else []


def _close_figures(keep: list[int]) -> None:
    with contextlib.suppress(Exception):
        for number in set(_figures()) - set(keep):
            sys.modules["matplotlib.pyplot"].close(number)
