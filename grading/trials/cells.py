"""Cells on trial: known mistakes in the cells that students write in a notebook, and unusual right ones.

`misconceptions/cells_<notebook>.toml` holds wrong cells, `tests/unusual/cells_<notebook>.toml` right ones, in the form
of the other entries (see `catalogue.py`) with the solution cell in place of the function:

    [[mistake]]
    name = "chosen_by_one_fold"
    cell = "knn-best_k-solution"
    says = "best_k is the k with the best single fold; it should be the one with the best mean."
    read = "\"Choosing k by cross-validation\", knn.ipynb: the mean of the folds ranks the values of k"
    shows = {"best k" = "by the best fold"}
    edits = [["np.mean", "np.max"]]

What a mistake `shows` is what the cell's probe (`probes/cells_<notebook>.py`) reads off the names that the cell has
filled: aspect -> reading. By that it is known again, whoever wrote the cell, and however.

The notebook's set-up cells run first, then its solution cells with the wrong one in its place, and its test cells.
"""

import ast
import re
import textwrap
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat

from grading.engine.plan import name_of
from grading.errors import KitError
from grading.release.assignment import Assignment, topic
from grading.trials import warm
from grading.trials.catalogue import MISTAKES, UNUSUAL
from grading.trials.trial import complete

PROBES = Path(__file__).parent / "probes"
SHARED = ("searches", "classifiers", "nets")     # what the modules with probes of cells need, in this order
_MAGIC = re.compile(r"^\s*%.*$", re.MULTILINE)
_REGION = re.compile(r"([ \t]*)### BEGIN SOLUTION\n(.*?)[ \t]*### END SOLUTION", re.DOTALL)


@dataclass(frozen=True)
class CellEntry:
    """A variant of one solution cell.

    - body: in place of the whole solution region; or edits: (what stands in it, what is written there)
    - says, read: for a mistake, one sentence to the student and what to read again
    - shows: by what it is known, (aspect, reading)
    """

    name: str
    notebook: str
    cell: str
    says: str = ""
    read: str = ""
    shows: tuple[tuple[str, str], ...] = ()
    edits: tuple[tuple[str, str], ...] = ()
    body: str = ""
    correct: bool = False

    @property
    def label(self) -> str:
        return f"{self.notebook}/{self.name}"

    def source(self, reference: str) -> str:
        """The cell with this variant in it; `reference` is that of the instructor's notebook."""
        region = _REGION.search(reference)
        if region is None:
            raise KitError(f"catalogue, {self.label}: {self.cell} has no solution region. "
                           "The notebook has changed; change the entry with it.")
        indent, text = region.groups()
        if self.body:
            text = textwrap.indent(textwrap.dedent(self.body).strip("\n") + "\n", indent)
        for old, new in self.edits:
            if old not in text:
                raise KitError(f"catalogue, {self.label}: {old!r} does not stand in the solution of {self.cell}. "
                               "The reference has changed; change the entry with it.")
            text = text.replace(old, new)
        return reference[:region.start()] + text + reference[region.end():]


def mistakes(assignment: Assignment, folder: Path = MISTAKES) -> list[CellEntry]:
    """Every known mistake in a cell that students of this assignment write."""
    return _entries(assignment, folder, "mistake")


def unusual(assignment: Assignment, folder: Path = UNUSUAL) -> list[CellEntry]:
    """Every right but unusual cell."""
    return _entries(assignment, folder, "version")


def own_tests(assignment: Assignment, entry: CellEntry) -> set[str]:
    """The grade_ids of the tests that judge what the entry's cell binds, or depend on it."""
    cells = _read(assignment, entry.notebook)
    bound = _bound(next(cell.source for cell in cells if cell.id == entry.cell))
    return {cell.id for cell in cells if _is_test(cell) and bound & set(assignment.topics[topic(cell.id)])}


def is_needed(cell: nbformat.NotebookNode, tests: set[str]) -> bool:
    """Tell whether these tests may need a code cell: set-up, solutions, whatever imports something, they themselves."""
    if _is_test(cell):
        return cell.id in tests
    return bool(name_of(cell)) or bool(_imports(_MAGIC.sub("", cell.source)))


def run(assignment: Assignment, notebook: str, variants: list[dict[str, str]], environment: dict[str, str],
        sources: dict[str, str] | None = None) -> list[dict[str, str]]:
    """Run a notebook's set-up cells, and once for each variant its solution cells and the tests of what these bind.

    - variants: solution cell -> its source; the others are the reference's
    - environment: what grading sets, such as CS231N_DATA
    - sources: student modules other than the reference's, path under cs231n/ -> source

    Returns, for each variant, {test cell: ""} for one that passes and {test cell: "Name: message"} for one that fails.
    """
    found = answers(assignment, notebook, variants, environment, sources, asked=[])
    return [verdicts for verdicts, _ in found]


def answers(assignment: Assignment, notebook: str, variants: list[dict[str, str]], environment: dict[str, str],
            sources: dict[str, str] | None = None, asked: list[str] | None = None
            ) -> list[tuple[dict[str, str], dict[str, dict[str, list]]]]:
    """As `run`, and with the verdicts what the probes of a variant's cells come to: cell -> aspect -> what was told.

    - asked: the cells whose probes are asked; None for all that have one
    """
    cells = [cell for cell in _read(assignment, notebook) if cell.cell_type == "code"]
    asked = [cell.id for cell in cells if _is_solution(cell)] if asked is None else asked
    written = set().union(*(_bound(cell.source) for cell in cells if _is_solution(cell)))
    given, steps = [], []
    for cell in cells:
        if _is_solution(cell) or _is_test(cell) and written & set(assignment.topics[topic(cell.id)][:1]):
            steps.append((cell.id, _is_test(cell), cell.source))
        elif not _is_test(cell):
            source = _MAGIC.sub("", cell.source)
            given.append((cell.id, source if name_of(cell) else _imports(source)))
    return warm.run(complete(assignment), sources or {}, "grading.trials.judge_cells:judge", given=given, steps=steps,
                    variants=variants, environment=environment, asked=asked,
                    probes=probe_sources([notebook]) if asked else {})


def probe_sources(notebooks: Iterable[str]) -> dict[str, str]:
    """The texts of the probes of notebooks' cells, and what they need, by the names that they have for each other."""
    names = [f"grading.trials.probes.{name}" for name in SHARED] + [probe_module(notebook) for notebook in notebooks]
    return {name: (PROBES / f"{name.rpartition('.')[2]}.py").read_text(encoding="utf-8") for name in names}


def probe_module(notebook: str) -> str:
    return f"grading.trials.probes.cells_{notebook}"


def judging(assignment: Assignment, notebook: str) -> dict[str, set[str]]:
    """Solution cell -> the topics whose tests judge, before anything else, what it binds; none where none is asked."""
    if not (PROBES / f"cells_{notebook}.py").exists():
        return {}
    cells = _read(assignment, notebook)
    tests = {topic(cell.id) for cell in cells if _is_test(cell)}
    return {cell.id: {one for one in tests if assignment.topics[one][0] in _bound(cell.source)}
            for cell in cells if _is_solution(cell)}


def _entries(assignment: Assignment, folder: Path, kind: str) -> list[CellEntry]:
    found = []
    for notebook in assignment.notebooks:
        path = folder / f"cells_{notebook}.toml"
        described = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        for entry in described.get(kind, []):
            edits = tuple((old, new) for old, new in entry.pop("edits", []))
            shows = tuple(entry.pop("shows", {}).items())
            found.append(CellEntry(notebook=notebook, edits=edits, shows=shows, correct=kind == "version", **entry))
    return found


def _read(assignment: Assignment, notebook: str) -> list[nbformat.NotebookNode]:
    return nbformat.read(assignment.notebook_path(notebook), as_version=4).cells


def _is_test(cell: nbformat.NotebookNode) -> bool:
    described = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(described.get("grade")) and not described["solution"]


def _is_solution(cell: nbformat.NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _bound(source: str) -> set[str]:
    """Names that a cell binds, or fills by item."""
    tree = ast.parse(_MAGIC.sub("", source))
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    filled = {node.value.id for node in ast.walk(tree) if isinstance(node, ast.Subscript)
              and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name)}
    return stored | filled | {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def _imports(source: str) -> str:
    """The import statements of a cell, which later cells may rely on."""
    tree = ast.parse(source)
    return "\n".join(ast.unparse(node) for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom)))
