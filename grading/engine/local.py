"""ipykernel's shell and as much of a kernel as it asks for, in one process: no sockets, no threads, no input."""

import ast
import contextlib
import shutil
import sys
import warnings
from collections.abc import Iterator

from ipykernel.eventloops import enable_gui
from ipykernel.kernelbase import Kernel
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.interactiveshell import ExecutionResult
from IPython.utils.text import LSString, SList

from grading.engine import ipython
from grading.engine.elsewhere import MAGICS, WINDOWLESS, not_here
from grading.engine.outputs import LocalSession


class LocalKernel:
    """As much of a kernel as `get_ipython().kernel` needs: no input, no event loop, and a way to end it."""

    _allow_stdin = False
    eventloop = None
    raw_input = Kernel.raw_input
    getpass = Kernel.getpass

    def __init__(self, session: LocalSession):
        self.session = session
        self.shell: LocalInteractiveShell | None = None

    def get_parent(self, channel: str | None = None) -> dict:
        return {}

    def do_shutdown(self, restart: bool) -> dict:
        self.shell.exit_now = True
        return {"status": "ok", "restart": restart}


class LocalInteractiveShell(ZMQInteractiveShell):
    """ipykernel's shell, without its ties to a running kernel application."""

    _looked_at = None, False             # (text, whether it awaits) of the cell that IPython asked about last

    def should_run_async(self, raw_cell: str, *, transformed_cell=None, preprocessing_exc_tuple=None) -> bool:
        """IPython asks twice for each cell and compiles it both times. Where that warns, it shall warn twice."""
        if not self.autoawait or preprocessing_exc_tuple is not None:
            return False
        text, found = self._looked_at
        if text != transformed_cell:
            warned, show = [], warnings._showwarnmsg
            warnings._showwarnmsg = lambda message: (warned.append(message), show(message))
            try:
                found = super().should_run_async(raw_cell, transformed_cell=transformed_cell)
            finally:
                warnings._showwarnmsg = show
            self._looked_at = None if warned else transformed_cell, found
        return found

    def take_as_plain(self, cell: str) -> None:
        """Spare IPython from finding out what is known: this cell `is_plain`."""
        self.input_transformer_manager.take_as_plain(cell)
        self._looked_at = ipython.ended(cell), False

    async def run_ast_nodes(self, nodelist: list[ast.stmt], cell_name: str, interactivity: str = "last_expr",
                            compiler=compile, result: ExecutionResult | None = None) -> bool | None:
        if not isinstance(nodelist, ipython.Codes):
            return await super().run_ast_nodes(nodelist, cell_name, interactivity, compiler, result)
        for code in nodelist:
            if await self.run_code(code, result):
                return True
        return False

    # What a student's machine has and this one has not, as `!ls` and `%store` where a solution begins, stops no cell.

    def system(self, cmd: str) -> None:
        if shutil.which("sh"):
            super().system(cmd)
        else:
            print(f"not run while grading: !{cmd}", file=sys.stderr)
            self.user_ns["_exit_code"] = 0

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> SList | LSString:
        if shutil.which("sh"):
            return super().getoutput(cmd, split, depth + 1)
        print(f"not run while grading: !{cmd}", file=sys.stderr)
        return SList([]) if split else LSString("")

    def init_magics(self) -> None:
        super().init_magics()
        for name in MAGICS:
            self.register_magic_function(lambda line, name=name: not_here(f"%{name}"), "line", name)

    def init_extension_manager(self) -> None:
        super().init_extension_manager()
        load = self.extension_manager.load_extension

        def load_if_there(name: str) -> str | None:
            try:
                return load(name)
            except ModuleNotFoundError:
                return not_here(f"%load_ext {name}")

        self.extension_manager.load_extension = load_if_there

    def enable_matplotlib(self, gui: str | None = None) -> tuple[str | None, str]:
        if gui in WINDOWLESS:
            return super().enable_matplotlib(gui)
        if gui not in (None, "auto"):
            not_here(f"%matplotlib {gui}; figures are drawn inline")
        return super().enable_matplotlib("inline")

    def enable_gui(self, gui: str | None = None) -> None:
        enable_gui(gui, kernel=self.kernel)
        self.active_eventloop = gui

    @contextlib.contextmanager
    def _tee(self, channel: str) -> Iterator[None]:
        """IPython would keep a second copy of all that is printed, without a limit."""
        yield


# Code that asks "am I in a notebook?" compares the name of the shell's class.
for _attribute in ("__name__", "__qualname__", "__module__"):
    setattr(LocalInteractiveShell, _attribute, getattr(ZMQInteractiveShell, _attribute))
