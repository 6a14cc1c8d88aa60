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
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

from grading import ROOT
from grading.errors import KitError
from grading.release import markers
from grading.release.assignment import PACKAGE, Assignment
from grading.release.stubs import leave_out, solutions

MISTAKES = ROOT / "grading" / "misconceptions"
UNUSUAL = ROOT / "grading" / "tests" / "unusual"


@dataclass(frozen=True)
class Entry:
    """A variant of one function; `module` is the path under `cs231n/`, `function` the qualified name within it.

    - around: edits of the rest of the module, such as a default
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
    body: str = ""
    top: str = ""
    lesson: str = ""
    convention: bool = False
    correct: bool = False
    later: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{Path(self.module).stem}/{self.name}"

    def source(self, reference: str | None = None) -> str:
        """The module with this mistake in it, markers left in place; `reference` may have others in it already."""
        reference = reference or _left((PACKAGE / self.module).read_text(encoding="utf-8"), self.later)
        region = _region(reference, self)
        lines = reference.splitlines(keepends=True)
        solution = "".join(lines[region.start + 1:region.end])
        indent = lines[region.start][:len(lines[region.start]) - len(lines[region.start].lstrip())]
        if self.body:
            wrong = textwrap.indent(textwrap.dedent(self.body).strip("\n") + "\n", indent)
        else:
            wrong = solution
            for old, new in self.edits:
                if old not in wrong:
                    raise KitError(f"catalogue, {self.label}: {old!r} does not stand in the solution of "
                                   f"{self.function}. The reference has changed; change the entry with it.")
                wrong = wrong.replace(old, new)
        text = self.top.lstrip("\n") + "".join(lines[:region.start + 1]) + wrong + "".join(lines[region.end:])
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
            if assignment.is_students(entry["function"]):
                found.append({"module": module, "edits": edits, "around": around, "later": assignment.later, **entry})
    return found


_left = functools.lru_cache(32)(leave_out)


@functools.lru_cache(32)          # many entries are written into one text
def _regions(reference: str, module: str) -> tuple[tuple[markers.Region, str], ...]:
    return tuple(solutions(reference, f"cs231n/{module}"))


def _region(reference: str, entry: Entry) -> markers.Region:
    for region, function in _regions(reference, entry.module):
        if function == entry.function:
            return region
    raise KitError(f"catalogue, {entry.label}: cs231n/{entry.module} has no solution region in {entry.function}. "
                   "The reference has changed; change the entry with it.")
