"""The misconception catalogue: known mistakes as small wrong variants of the reference.

Each file `misconceptions/<module>.toml` belongs to one student module and holds entries like

    [[mistake]]
    name = "squared_distances"
    function = "KNearestNeighbor.compute_distances_no_loops"
    says = "The distances are squared: the square root is missing."
    read = "the definition of the Euclidean distance"
    edits = [["np.sqrt(squared)", "squared"]]         # what stands in the reference, what the mistake writes
    # or: body = '''...'''                            # in place of the whole solution region
    # and, where it applies: around = [[...]]          # edits of the rest of the module, such as a default
    #                        convention = true         # what another year asked for

An edit that the reference no longer contains is an error: the catalogue cannot go stale unnoticed. Correct but
unusual versions, which the tests must let pass, are written the same way as `[[version]]` in `tests/unusual/`.
"""

import functools
import re
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

from grading import ROOT
from grading.errors import KitError
from grading.release.assignment import PACKAGE, Assignment
from grading.release.stubs import leave_out, solutions

_MARK = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION[ \t]*\n", re.MULTILINE)

MISTAKES = ROOT / "grading" / "misconceptions"
UNUSUAL = ROOT / "grading" / "tests" / "unusual"


@dataclass(frozen=True)
class Entry:
    """A variant of one function; `module` is the path under `cs231n/`, `function` the qualified name within it.

    - around: edits of the rest of the module, such as a default
    - beside: what the edits are where another mistake has written a body of its own
    - says, read: for a mistake, one sentence to the student and what to read again
    - convention: what another year asked for; no mistake there
    - lesson: the notebook that asks for what this is about, where others judge the same function too: a version is
      complete up to it, a mistake shows in it
    - top: lines that come before the module's own (imports, helper functions)
    - later: what the assignment leaves out of the module
    """

    name: str
    module: str
    function: str
    says: str = ""
    read: str = ""
    edits: tuple[tuple[str, str], ...] = ()
    around: tuple[tuple[str, str], ...] = ()
    beside: tuple[tuple[str, str], ...] = ()
    body: str = ""
    top: str = ""
    lesson: str = ""
    convention: bool = False
    correct: bool = False
    later: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{Path(self.module).stem}/{self.name}"

    def source(self, reference: str | None = None, beside: bool = False) -> str:
        """The module with this mistake in it, markers left in place; `reference` may have others in it already."""
        path = PACKAGE / self.module
        complete = _complete(path, path.stat().st_mtime_ns, self.later)
        text = reference or complete
        begin, end = _marks(text)[2 * _place(complete, self):][:2]
        solution = text[begin.end():end.start()]
        indent = begin.group()[:-len(begin.group().lstrip())]
        if self.body:
            wrong = textwrap.indent(textwrap.dedent(self.body).strip("\n") + "\n", indent)
        else:
            wrong = solution
            for old, new in self.beside if beside else self.edits:
                if old not in wrong:
                    raise KitError(f"catalogue, {self.label}: {old!r} does not stand in the solution of "
                                   f"{self.function}. The reference has changed; change the entry with it.")
                wrong = wrong.replace(old, new)
        text = self.top.lstrip("\n") + text[:begin.end()] + wrong + text[end.start():]
        for old, new in self.around:
            if old not in text:
                raise KitError(f"catalogue, {self.label}: {old!r} does not stand in cs231n/{self.module}. "
                               "The reference has changed; change the entry with it.")
            text = text.replace(old, new)
        return text


def mistakes(assignment: Assignment, folder: Path = MISTAKES) -> list[Entry]:
    """Every known mistake in a function that students of this assignment write."""
    return [Entry(**entry) for entry in _entries(assignment, folder, "mistake")]


def unusual(assignment: Assignment, folder: Path = UNUSUAL) -> list[Entry]:
    """Every correct but unusual version of a function of this assignment."""
    return [Entry(**entry, correct=True) for entry in _entries(assignment, folder, "version")]


def _entries(assignment: Assignment, folder: Path, kind: str) -> list[dict]:
    found = []
    for module in assignment.student_modules:
        path = folder / f"{Path(module).stem}.toml"
        described = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        for entry in described.get(kind, []):
            edits = tuple((old, new) for old, new in entry.pop("edits", []))
            around = tuple((old, new) for old, new in entry.pop("around", []))
            beside = tuple((old, new) for old, new in entry.pop("beside", []))
            if assignment.is_students(entry["function"]):
                found.append({"module": module, "edits": edits, "around": around, "beside": beside,
                              "later": assignment.later, **entry})
    return found


def without_markers(text: str) -> str:
    """A variant's source as a submission has it: `stubs.strip_markers` for markers that are known to be well formed."""
    return _MARK.sub("", text)


@functools.lru_cache(64)
def _complete(path: Path, _written: int, later: tuple[str, ...]) -> str:
    return leave_out(path.read_text(encoding="utf-8"), later)


@functools.lru_cache(64)
def _marks(text: str) -> list[re.Match[str]]:
    return list(_MARK.finditer(text))


@functools.lru_cache(64)
def _regions(reference: str, module: str) -> dict[str, int]:
    """Function -> which of the module's solution regions is its first; mistakes in others change nothing in that."""
    found: dict[str, int] = {}
    for place, (_, function) in enumerate(solutions(reference, f"cs231n/{module}")):
        found.setdefault(function, place)
    return found


def _place(reference: str, entry: Entry) -> int:
    places = _regions(reference, entry.module)
    if entry.function not in places:
        raise KitError(f"catalogue, {entry.label}: cs231n/{entry.module} has no solution region in {entry.function}. "
                       "The reference has changed; change the entry with it.")
    return places[entry.function]
