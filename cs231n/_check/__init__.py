"""The checks that students see, for `python -m cs231n.check`: which there are, and what each needs to run.

`needed` tells which cells a check needs, `running` runs them in a process of their own; what the assignment consists of
stands in `cs231n/assignment.json`.
"""

import hashlib
import re
from typing import NamedTuple

from cs231n import _matching as matching
from cs231n import _reading as reading
from cs231n._check import names, needed

_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]*(?:\([^)]*\)|[^\n]*)", re.M)


class Cell(NamedTuple):
    """A code cell. role: "locked" is the lesson's, as it was handed out; "code" was to be written; "own" was added.

    - place: its number among the code cells of the notebook
    - imports: statements that have to run before it
    """

    name: str
    source: str
    role: str
    place: int = 0
    imports: tuple = ()


class Check(NamedTuple):
    """A check of a notebook.

    - topic: the question that it belongs to, the first two parts of its name
    - cells: what has to run for it, in order, itself the last
    - basis: changes whenever something changes that the check depends on
    """

    name: str
    topic: str
    notebook: str
    points: float
    cells: tuple
    basis: str


def topic(name):
    """`knn-two_loops-check` -> `knn-two_loops`."""
    return name.rpartition("-")[0]


def in_the_open(asked, notebook):
    """{name: points} of a notebook's checks that show what they check, as they were handed out."""
    return {known["name"]: asked["points"][known["name"]] for known in asked["cells"][notebook]
            if known["name"] in asked["points"] and _does_something(known["source"])}


def _does_something(source):
    return any(line.strip() and not line.strip().startswith("#") for line in source.splitlines())


def read(folder, asked, notebook):
    """Return a notebook's Checks as its file, and the modules, are saved now. Raises OSError, `_reading.Damaged`."""
    lesson = [matching.Known(**known) for known in asked["cells"][notebook]]
    path = folder / f"{notebook}.ipynb"
    if path.exists() and not path.is_file():         # a pipe would be waited for, a device never end
        raise reading.Damaged("is no ordinary file")
    if large := reading.too_large(path, reading.NOTEBOOK_BYTES):
        raise reading.Damaged(f"{large}; clear the outputs of its cells")
    cells = _laid_out(reading.read_within(path.read_bytes()), lesson)
    facts, found = [names.read(cell.source) for cell in cells], []
    places = {cell.name: place for place, cell in enumerate(cells) if cell.role == "locked"}
    for name, points in in_the_open(asked, notebook).items():
        chosen, imports = needed.needed(facts, places[name])
        about = max((place for place in range(places[name]) if cells[place].role == "code"), default=None)
        if about is not None and matching.UNWRITTEN in cells[about].source:      # it does not name what it shall bind
            chosen = sorted({about, *chosen})
        chosen = tuple(cells[place]._replace(place=place, imports=tuple(imports.get(place, ()))) for place in chosen)
        found.append(Check(name, topic(name), notebook, points, chosen, _basis(folder, chosen)))
    return found


def _laid_out(handed, lesson):
    """The code cells that are graded: the lesson's, and the student's own ones behind them."""
    found = matching.read(handed, lesson)
    cells = []

    def own(anchor):
        cells.extend(Cell(one.id or f"behind {anchor or 'the start'}", one.source, "own")
                     for one in found.behind.get(anchor, []) if one.kind == "code")

    own("")
    for known in lesson:
        if known.role == "own":
            continue
        if known.kind == "code":
            text = found.texts.get(known.name, "")
            cells.append(Cell(known.name, text or known.source, known.role))
        own(known.name)
    return cells


def _basis(folder, cells):
    """Of the cells, and of every module of the package that they, or modules that they need, may import."""
    digest = hashlib.sha256(repr(cells).encode("utf-8", "replace"))
    modules = {path.stem: path for path in sorted((folder / "cs231n").rglob("*.py"))
               if not path.exists() or path.is_file() and not reading.too_large(path, reading.MODULE_BYTES)}
    waiting, seen = [text for cell in cells for text in (*cell.imports, cell.source)], set()
    while waiting:
        words = set(re.findall(r"\w+", " ".join(_IMPORT.findall(waiting.pop()))))
        classifiers = {stem for stem, path in modules.items() if path.parent.name == "classifiers"}
        if "classifiers" in words and not words & classifiers:         # they are found by the names of classes, too
            words |= classifiers
        for stem in sorted(words & modules.keys() - seen):
            seen.add(stem)
            content = modules[stem].read_bytes()
            digest.update(stem.encode() + content)
            waiting.append(reading.module_text(content))
    return digest.hexdigest()
