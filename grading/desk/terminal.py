"""What commands print: rows that fit the terminal, in any script, with colour where it is wanted.

Colour is rich's own decision: none in a pipe, in a dumb terminal, or where NO_COLOR says so. Widths are those that a
terminal draws. A name is broken only where it is wider than the terminal, and then at its edge, not at a hyphen.
"""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from grading.desk.text import clean_text

LOG = 100                        # columns of a log
GAP = 2                          # between two columns
INDENT = 4                       # of what is said below a row
LEAST = 16                       # columns of a sentence beside a row


@dataclass(frozen=True)
class Column:
    """- right: figures; spare: left out where there is no room, the last one first; rest: takes what room there is."""

    head: str
    right: bool = False
    spare: bool = False
    rest: bool = False


class Row:
    """The cells of a row; `below`: what is said below it; `style`: rich's name for its colour."""

    def __init__(self, *cells: str, below: str = "", style: str = ""):
        self.cells, self.below, self.style = [clean_text(cell) for cell in cells], clean_text(below, 10_000), style


def console(file: TextIO | None = None) -> Console:
    """Of what is printed, or of another `file`."""
    width = shutil.get_terminal_size((LOG, 24)).columns
    return Console(file=file or sys.stdout, width=max(width, 20), highlight=False, markup=False, emoji=False)


def cut(text: str, width: int) -> str:
    """One line of at most so many columns."""
    text = clean_text(text, 10_000)
    return text if cell_len(text) <= width else set_cell_size(text, max(width - 1, 0)).rstrip() + "…"


def show(columns: Sequence[Column], rows: Sequence[Row], on: Console | None = None) -> None:
    """Print a table. On a terminal, columns for which there is no room are left out, by name; a log has them all."""
    on = on or console()
    widths = [LEAST if column.rest else max(map(cell_len, (column.head, *(row.cells[at] for row in rows))))
              for at, column in enumerate(columns)]
    left = list(range(len(columns)))

    def taken() -> int:
        return sum(widths[at] for at in left) + GAP * (len(left) - 1)

    width = on.width if on.is_terminal else max(on.width, taken())
    while taken() > width and (spare := [at for at in left if columns[at].spare]):
        left.remove(spare[-1])
    for at in left:
        if columns[at].rest or at == 0 and taken() > width:
            widths[at] = max(widths[at] + width - taken(), 8)
    _print(on, [columns[at] for at in left], [columns[at].head for at in left], [widths[at] for at in left], "bold")
    on.print(Text("-" * min(taken(), width), "dim"), soft_wrap=True)
    for row in rows:
        _print(on, [columns[at] for at in left], [row.cells[at] for at in left], [widths[at] for at in left], row.style)
        say(row.below, on, "dim")
    if len(left) < len(columns):
        gone = ", ".join(column.head for at, column in enumerate(columns) if at not in left)
        say(f"left out, for want of room: {gone}", on, "dim")


class Steps:
    """How far a long piece of work is: rich's bar and the time that is left, on a terminal alone, gone at the end.

    It is drawn as steps are told, and starts no thread: what is drawn is wherever other processes are begun.
    """

    def __init__(self, on: Console | None = None):
        on = on or console()
        self.shown = on.is_terminal and not on.is_dumb_terminal
        self._bar = Progress(MofNCompleteColumn(), BarColumn(20), TimeRemainingColumn(),
                               TextColumn("{task.fields[what]}", markup=False), console=on, transient=True,
                               auto_refresh=False, disable=not self.shown)
        self._task = self._bar.add_task("", total=None, what="")

    def __enter__(self) -> "Steps":
        self._bar.start()
        return self

    def __exit__(self, *_) -> None:
        self._bar.stop()

    def __call__(self, done: int, of: int, what: str = "") -> None:
        self._bar.update(self._task, completed=done, total=of, what=cut(what, 30), refresh=True)


def say(text: str, on: Console | None = None, style: str = "", indent: int = INDENT) -> None:
    """Print a sentence, broken at blanks alone; what stands in it as a name is no command for a terminal."""
    on = on or console()
    text = "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)
    for line in Text(text).wrap(on, max(on.width - indent, 8)) if text else ():
        on.print(Text(" " * indent + line.plain.rstrip(), style), soft_wrap=True)


def _print(on: Console, columns: Sequence[Column], cells: Sequence[str], widths: Sequence[int], style: str) -> None:
    """One row; a first cell that is too wide takes lines of its own."""
    first, *more = [""] if not cells[0] else chop_cells(cells[0], widths[0])
    parts = []
    for column, cell, width in zip(columns, [first, *cells[1:]], widths):
        cell = cut(cell, width) if column.rest else cell
        blank = " " * (width - cell_len(cell))
        parts.append(blank + cell if column.right else cell + blank)
    on.print(Text((" " * GAP).join(parts).rstrip(), style), soft_wrap=True)
    for piece in more:
        on.print(Text(piece, style), soft_wrap=True)
