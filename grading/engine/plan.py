"""What a lesson's source says about its cells: which names a test takes from the student, which cells it needs.

A name is the student's if a solution cell of the source binds or fills it. Any other name that a test reads is the
lesson's own: the set-up cell that binds it runs in the examiner too, so that no submission has a say in it.
"""

import ast
import builtins
import re
import symtable
from dataclasses import dataclass
from functools import lru_cache

from nbformat import NotebookNode

from grading.engine import MAX_TEXT, importing, parsing, reader
from grading.engine.facts import Facts
from grading.engine.ipython import TransformerManager, is_plain
from grading.engine.mentions import stored

MOST_MAGICS = 100_000          # characters of a cell, for each of its lines that may not be Python
LONGEST_WORD = 200             # of a cell that may ask for help: IPython's pattern for that is quadratic in a word

_MAGIC = re.compile(r"^[ \t]*[%!?,;/]|[?][ \t]*$|=[ \t]*[%!]", re.MULTILINE)
_ASKED = re.compile(r"[\w*.%\[\]-]+")                     # what that pattern takes for a word
_WORD = re.compile(r"[^\W\d]\w*")
_HIDDEN = re.compile(r"^[ \t]*### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS[^\n]*\n?", re.DOTALL | re.MULTILINE)
_COUNTING = re.compile(r"\b(assert_vectorized|interpreted_events|python_loop)\b")
_TIMING = re.compile(r"\A\s*%%(time|capture)\b[^\n]*\n")     # the rest of such a cell runs in the notebook's namespace
_FILLING = {"add", "append", "appendleft", "clear", "discard", "extend", "fill", "insert", "pop", "remove",
            "setdefault", "sort", "update"}
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_NOT_NEEDED = re.compile(r"^%(load_ext\s+autoreload|autoreload|matplotlib\s+inline)\b.*$", re.MULTILINE)


@dataclass(frozen=True)
class Test:
    """A test cell, by names.

    - owned: it takes them from the student
    - wanted: it takes them from wherever they are bound
    - left: what students see of it binds them, and no set-up cell imports them; a later cell may read them
    """

    owned: tuple[str, ...]
    wanted: tuple[str, ...]
    left: frozenset[str] = frozenset()

    __test__ = False


@dataclass(frozen=True)
class Plan:
    """Of one notebook.

    - tests, given: by grade_id its test cells, and the set-up cells that the examiner runs, as it runs them
    - read: by source the other code cells, and which names of earlier cells they read
    - lesson: by source the code cells that are neither tests nor solutions, and what they may do
    - shown: by grade_id what students see of a test, and what that may do
    - imports: (name, statement) of what cells import
    - plain: texts of cells that are run as they are, so that IPython need not find out
    - counts: a test measures what functions cost
    """

    tests: dict[str, Test]
    given: dict[str, str]
    read: dict[str, set[str]]
    lesson: dict[str, Facts]
    shown: dict[str, Facts]
    imports: frozenset[tuple[str, str]] = frozenset()
    plain: frozenset[str] = frozenset()
    counts: bool = False

    def reads(self, source: str) -> set[str]:
        """Names that a cell may read; of one that is not the lesson's own, all words in it."""
        return self.read[source] if source in self.read else set(_WORD.findall(source))

    @property
    def known(self) -> frozenset[str]:
        """Names of modules, and of what these define, in the lesson's cells."""
        return frozenset(name for name, _ in self.imports)

    def facts_of(self, source: str) -> Facts:
        """What a cell of the student's may do."""
        lines = "\n".join(source.splitlines())          # which end where IPython has them end
        if len(source) > MAX_TEXT or len(source) * len(_MAGIC.findall(lines)) > MOST_MAGICS or (
                "?" in source and max(map(len, _ASKED.findall(source)), default=0) > LONGEST_WORD):
            return Facts(whole="a cell is too long to be read")
        return reader.read(_transformed(_NOT_NEEDED.sub("", source)), self.known)


def make(source: NotebookNode) -> Plan:
    """The plan of a lesson; `source` is the instructor's notebook, with its solutions."""
    owned, filled, imported, binders, tests, left = set(), set(), set(), {}, {}, {}
    for cell in source.cells:
        described = cell.metadata.get("nbgrader")
        if cell.cell_type != "code" or not described:
            continue
        if described["solution"]:
            owned |= _bound(cell.source)
            filled |= _filled(cell.source)
        elif described["grade"]:
            tests[described["grade_id"]] = _read(cell.source)
            left[described["grade_id"]] = _bound(public(cell.source))
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
    taken = {name: Test(tuple(sorted(names & owned)), tuple(sorted(names - owned)), frozenset(left[name] - imported))
             for name, names in tests.items()}
    code = [cell for cell in source.cells if cell.cell_type == "code"]
    others = [cell.source for cell in code if name_of(cell) not in tests]
    visible = {name_of(cell): public(cell.source) for cell in code if name_of(cell) in tests}
    imports = frozenset().union(*(importing.imports(_transformed(text)) for text in [*others, *visible.values()]))
    known = frozenset(name for name, _ in imports)
    lesson = {cell.source: reader.read(_transformed(cell.source), known) for cell in code
              if name_of(cell) not in tests and not is_solution(cell)}
    return Plan(taken, needed, {text: names for text in others if (names := _read_first(text)) is not None},
                lesson, {name: reader.read(_transformed(text), known) for name, text in visible.items()}, imports,
                frozenset(filter(is_plain, [*needed.values(), *[cell.source for cell in code]])),
                any(_COUNTING.search(cell.source) for cell in source.cells if "nbgrader" in cell.metadata))


def name_of(cell: NotebookNode) -> str:
    """Its grade_id; "" where it has none."""
    return (cell.metadata.get("nbgrader") or {}).get("grade_id", "")


def is_solution(cell: NotebookNode) -> bool:
    """Whether its content is the student's."""
    return bool((cell.metadata.get("nbgrader") or {}).get("solution"))


def public(source: str) -> str:
    """A test cell as students have it; "" where nothing but comments is left."""
    shown = _HIDDEN.sub("", source)
    return shown if any(line.strip() and not line.lstrip().startswith("#") for line in shown.splitlines()) else ""


def has_hidden(source: str) -> bool:
    """Whether students have not all of a test cell."""
    return bool(_HIDDEN.search(source))


@lru_cache(maxsize=1024)
def _python(source: str) -> str:
    """A cell as Python: its magics are calls."""
    return TransformerManager().transform_cell(_TIMING.sub("", source))


def _transformed(source: str) -> str:
    """The same, also of what is no Python."""
    try:
        return _python(source)
    except SyntaxError:
        return source


@lru_cache(maxsize=1024)
def _table(source: str) -> symtable.SymbolTable:
    return symtable.symtable(_python(source), "cell", "exec")


@lru_cache(maxsize=1024)
def _bound(source: str) -> frozenset[str]:
    return frozenset(symbol.get_name() for symbol in _table(source).get_symbols()
                     if symbol.is_assigned() or symbol.is_imported()) - _passing(source)


@lru_cache(maxsize=1024)
def _passing(source: str) -> frozenset[str]:
    """Names that live inside of comprehensions only; since Python 3.12 they are in the table of the cell itself."""
    inside, outside, waiting = set(), set(), [parsing.parse(_python(source))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _COMPREHENSIONS):
            targets = [name for part in node.generators for name in parsing.parts(part.target)]
            inside |= {name.id for name in targets if isinstance(name, ast.Name)}
        elif isinstance(node, ast.Name):
            outside.add(node.id)
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(node, _COMPREHENSIONS)
                    or isinstance(child, _COMPREHENSIONS)]
    return frozenset(inside - outside)


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


def _read_first(source: str) -> set[str] | None:
    """Names that a cell may read before it binds them; None for what is no Python."""
    try:
        return _before_bound(parsing.parse(_python(source)).body, set())
    except SyntaxError:
        return None


def _before_bound(statements: list[ast.stmt], bound: set[str]) -> set[str]:
    """Names that statements read before they bind them; those that they bind for certain are added to `bound`."""
    read = set()
    for statement in statements:
        if isinstance(statement, (ast.For, ast.With)):
            heads = [statement.iter] if isinstance(statement, ast.For) else statement.items
            read |= set().union(*map(_loaded, heads)) - bound
            targets = [statement.target] if isinstance(statement, ast.For) else statement.items
            inside = bound.union(*map(stored, targets))
            read |= _before_bound(statement.body, inside) | _before_bound(getattr(statement, "orelse", []), set(bound))
        else:
            read |= _loaded(statement) - bound
            if isinstance(statement, ast.Assign):
                bound |= stored(statement)
            elif isinstance(statement, (ast.Import, ast.ImportFrom)):
                bound |= {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
            elif isinstance(statement, ast.FunctionDef):
                bound.add(statement.name)
    return read


def _loaded(node: ast.AST) -> set[str]:
    """Names that are read somewhere in this node, those left out that live only in a part of it."""
    if isinstance(node, ast.Name):
        return set() if isinstance(node.ctx, ast.Store) else {node.id}
    within = [_loaded(child) for child in ast.iter_child_nodes(node)]
    if isinstance(node, ast.AugAssign):
        within.append(stored(node.target))
    own: set[str] = set()
    if isinstance(node, _COMPREHENSIONS):
        own = set().union(*[stored(part.target) for part in node.generators]) - _loaded(node.generators[0].iter)
    elif isinstance(node, (ast.Lambda, ast.FunctionDef)):
        own = parsing.parameters(node.args) - _loaded(node.args)
    return set().union(*within) - own


def _filled(source: str) -> set[str]:
    """Names of what a cell fills, by item, by attribute or by a method that does so."""
    filled = set()
    for node in parsing.parts(parsing.parse(_python(source))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _FILLING:
            node = node.func
        elif not (isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store)):
            continue
        while isinstance(node, (ast.Subscript, ast.Attribute)):
            node = node.value
        if isinstance(node, ast.Name):
            filled.add(node.id)
    return filled
