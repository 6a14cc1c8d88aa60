"""The lesson as it was handed out: what every student's pages have in common. Nothing in it was ever hidden."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from grading import ROOT
from grading.books import answers
from grading.books.course import Course
from grading.desk.feedback.phrases import SPOKEN, Open
from grading.errors import KitError
from grading.release import markers
from grading.release.assignment import Assignment

_HEADING = re.compile(r"(#{1,4}) +(.+)")


@dataclass(frozen=True)
class Given:
    """A cell of the release.

    - name: its id
    - role: "text", "code", "check", "solution" or "answer"
    - heading: of a text that begins with one, in Markdown, with its depth
    - says: what a check says of itself; hidden: whether it has lines that the release has not;
      whole: with these
    """

    name: str
    role: str
    source: str
    points: float = 0.0
    heading: str = ""
    depth: int = 0
    says: str = ""
    hidden: bool = False
    whole: str = ""
    attachments: dict = field(default_factory=dict)

    @property
    def body(self) -> str:
        """A text without its heading."""
        return self.source.partition("\n")[2].strip() if self.heading else self.source


@dataclass(frozen=True)
class Lesson:
    """- notebooks: name -> its cells by id, in order
    - topics: first two parts of a check's name -> (function judged, those that it depends on)
    - digest: of all that is shown of it; known: the words of what was handed out, and of what comes with it
    """

    name: str
    title: str
    notebooks: dict[str, dict[str, Given]]
    topics: dict[str, tuple[str, ...]]
    modules: tuple[str, ...]
    digest: str
    known: Open = SPOKEN

    def headline(self, notebook: str) -> str:
        """A notebook's title, in Markdown."""
        return next((cell.heading for cell in self.notebooks[notebook].values() if cell.depth == 1), notebook)


def read(assignment: Assignment, course: Course) -> Lesson:
    """Raises KitError where the assignment has not been generated."""
    course.require_release(assignment.name)
    notebooks, digest = {}, hashlib.sha256(repr((assignment.title, assignment.topics)).encode())
    for name in assignment.notebooks:
        paths = [folder / f"{name}.ipynb" for folder in (course.release(assignment.name),
                                                         course.source(assignment.name))]
        if not all(path.is_file() for path in paths):
            raise KitError(f"{name}.ipynb is missing in {paths[0].parent} or {paths[1].parent}. "
                           f"Run: kit generate {assignment.name}")
        for path in paths:
            digest.update(path.read_bytes())
        released, source = (nbformat.read(path, as_version=4).cells for path in paths)
        hidden = {cell.id: cell.source for cell in source if cell.cell_type == "code"
                  and markers.regions(cell.source, "") and not cell.metadata.get("nbgrader", {}).get("solution")}
        notebooks[name] = {cell.id: _given(cell, hidden.get(cell.id, "")) for cell in released}
    return Lesson(assignment.name, assignment.title, notebooks, assignment.topics, assignment.student_modules,
                  digest.hexdigest(), known(course.release(assignment.name)))


def known(release: Path) -> Open:
    """The words of a release, and of the sentences in which the kit tells what became of it."""
    files = [*release.glob("cs231n/**/*.py"), *(ROOT / "grading" / "engine").glob("*.py")]
    cells = [answers.source(cell) for path in release.glob("*.ipynb") for cell in answers.read(release, path.stem)]
    return Open(*cells, *(path.read_text(encoding="utf-8") for path in files), beside=SPOKEN)


def with_handed_in(known: Open, modules: Iterable[str], cells: Iterable[dict]) -> Open:
    """And the words of a submission's code; of its graded notebooks' cells not the checks, which are whole there."""
    found = []                                       # and nothing else of a cell, which may be large
    for cell in cells:
        told = cell.get("metadata", {}).get("nbgrader", {})
        if cell["cell_type"] == "code" and (not told.get("grade") or told.get("solution")):
            found.append(answers.source(cell))
    return Open(*modules, *found, beside=known)


def _given(cell, hidden: str) -> Given:
    described = cell.metadata.get("nbgrader", {})
    role = ("answer" if described.get("grade") and described.get("solution") else "check" if described.get("grade")
            else "solution" if described.get("solution") else "text" if cell.cell_type == "markdown" else "code")
    heading = _HEADING.match(cell.source) if cell.cell_type == "markdown" else None
    return Given(cell.id, role, cell.source, float(described.get("points") or 0), heading[2].strip() if heading else "",
                 len(heading[1]) if heading else 0, _comment(cell.source) if role == "check" else "", bool(hidden),
                 hidden, dict(cell.get("attachments", {})))


def _comment(source: str) -> str:
    """The comment that opens a check."""
    lines = []
    for line in source.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return " ".join(lines).strip()

