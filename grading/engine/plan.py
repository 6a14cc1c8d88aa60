"""What a lesson's source says about its cells: which names a test takes from the student, which cells it needs.

A name is the student's if a solution cell of the source binds or fills it. Any other name that a test reads is the
lesson's own: the set-up cell that binds it runs in the examiner too, so that no submission has a say in it.
"""

import ast
import builtins
import re
import symtable
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

_HIDDEN = re.compile(r"^[ \t]*### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS[^\n]*\n?", re.DOTALL | re.MULTILINE)
_COUNTING = re.compile(r"\b(assert_vectorized|interpreted_events)\b")
_TIMING = re.compile(r"\A\s*%%(time|capture)\b[^\n]*\n")     # the rest of such a cell runs in the notebook's namespace
_FILLING = {"add", "append", "appendleft", "clear", "discard", "extend", "fill", "insert", "pop", "remove",
            "setdefault", "sort", "update"}
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_NOT_NEEDED = re.compile(r"^%(load_ext\s+autoreload|autoreload|matplotlib\s+inline)\b.*$", re.MULTILINE)


@dataclass(frozen=True)
class Test:
    """A test cell: names that it takes from the student, and names that it takes from wherever they are bound."""

    owned: tuple[str, ...]
    wanted: tuple[str, ...]

    __test__ = False


@dataclass(frozen=True)
class Plan:
    """Of one notebook: by grade_id its test cells, and the set-up cells that the examiner runs, as it runs them."""

    tests: dict[str, Test]
    given: dict[str, str]
    counts: bool = False           # a test counts the steps that Python interprets


def make(source: NotebookNode) -> Plan:
    """The plan of a lesson; `source` is the instructor's notebook, with its solutions."""
    owned, filled, imported, binders, tests = set(), set(), set(), {}, {}
    for cell in source.cells:
        described = cell.metadata.get("nbgrader")
        if cell.cell_type != "code" or not described:
            continue
        if described["solution"]:
            owned |= _bound(cell.source)
            filled |= _filled(cell.source)
        elif described["grade"]:
            tests[described["grade_id"]] = _read(cell.source)
        else:
            for name in _bound(cell.source) - _imported(cell.source):
                binders.setdefault(name, []).append(cell)
            imported |= _imported(cell.source)
            for name in _imported(cell.source):          # wherever it is imported, it is the same
                binders.setdefault(name, [cell])
    owned |= filled - imported
    needed, waiting = {}, {name for names in tests.values() for name in names} - owned
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        for cell in binders.get(name, []):
            needed[cell.metadata.nbgrader["grade_id"]] = _NOT_NEEDED.sub("", cell.source)
            waiting |= _read(cell.source) - seen - owned
    taken = {name: Test(tuple(sorted(names & owned)), tuple(sorted(names - owned))) for name, names in tests.items()}
    return Plan(taken, needed,
                any(_COUNTING.search(cell.source) for cell in source.cells if "nbgrader" in cell.metadata))


def public(source: str) -> str:
    """A test cell as students have it; "" where nothing but comments is left."""
    shown = _HIDDEN.sub("", source)
    return shown if any(line.strip() and not line.lstrip().startswith("#") for line in shown.splitlines()) else ""


def _python(source: str) -> str:
    """A cell as Python: its magics are calls."""
    return TransformerManager().transform_cell(_TIMING.sub("", source))


def _table(source: str) -> symtable.SymbolTable:
    return symtable.symtable(_python(source), "cell", "exec")


def _bound(source: str) -> set[str]:
    return {symbol.get_name() for symbol in _table(source).get_symbols()
            if symbol.is_assigned() or symbol.is_imported()} - _passing(source)


def _passing(source: str) -> set[str]:
    """Names that live inside of comprehensions only; since Python 3.12 they are in the table of the cell itself."""
    inside, outside, waiting = set(), set(), [ast.parse(_python(source))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _COMPREHENSIONS):
            targets = [name for part in node.generators for name in ast.walk(part.target)]
            inside |= {name.id for name in targets if isinstance(name, ast.Name)}
        elif isinstance(node, ast.Name):
            outside.add(node.id)
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(node, _COMPREHENSIONS)
                    or isinstance(child, _COMPREHENSIONS)]
    return inside - outside


def _imported(source: str) -> set[str]:
    return {symbol.get_name() for symbol in _table(source).get_symbols() if symbol.is_imported()}


def _read(source: str) -> set[str]:
    """Names that a cell reads and does not bind itself."""
    table = _table(source)
    read = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    waiting = table.get_children()
    while waiting:
        inner = waiting.pop()
        read |= {symbol.get_name() for symbol in inner.get_symbols() if symbol.is_global() and symbol.is_referenced()}
        waiting += inner.get_children()
    return read - _bound(source) - _passing(source) - set(dir(builtins)) - {"get_ipython"}


def _filled(source: str) -> set[str]:
    """Names of what a cell fills, by item, by attribute or by a method that does so."""
    filled = set()
    for node in ast.walk(ast.parse(_python(source))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _FILLING:
            node = node.func
        elif not (isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store)):
            continue
        while isinstance(node, (ast.Subscript, ast.Attribute)):
            node = node.value
        if isinstance(node, ast.Name):
            filled.add(node.id)
    return filled
