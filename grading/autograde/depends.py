"""What a result depends on, so that what has not changed is not run again.

A notebook's outcomes depend on what was handed in, on the lesson's own code in that notebook, and on what all
notebooks have in common: the given modules, the data, the engine, the limits. Points, texts and the files that are
laid beside the notebooks change what is shown and how outcomes count, and nothing has to run for them; nor for due
dates, extensions and the late policy, which are the gradebook's (see `grading/books/penalties.py`). The names of
mistakes have a state of their own, the catalogue's.
"""

import hashlib
import importlib.metadata
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cs231n._reading import PICTURES
from grading import ROOT
from grading.books.course import Course
from grading.intake import restore
from grading.release.assignment import Assignment
from grading.trials import basis

# What of the kit, below `grading/`, outcomes depend on; and what else of it a result does.
OWN = ("autograde/job.py", "books/course.py", "books/seeds.py", "config.py", "desk/arrived.py", "desk/formulas.py",
       "desk/handed.py", "desk/handling.py", "desk/html.py", "desk/markdown.py", "desk/outputs.py", "desk/pages.py",
       "desk/paths.py", "desk/text.py", "engine/*.py", "intake/opening.py", "intake/reader.py", "intake/restore.py",
       "intake/submission.py", "release/lesson.py")
STOCK = ("autograde/execute.py", "autograde/scores.py", "autograde/stock.py")
SHOWN = ("books/results.py", "trials/diagnosis.py")
_LIBRARIES = ("numpy", "scipy", "matplotlib", "ipython")


@dataclass(frozen=True)
class Basis:
    """Of one submission's result. runs: notebook -> what its outcomes depend on; whole: that, and what is shown."""

    runs: dict[str, str]
    whole: str


class Depends:
    """Reads once what all submissions of a run have in common.

    - limit: seconds a cell may take
    - config: the course's; stock: nbgrader runs the cells
    """

    def __init__(self, assignment: Assignment, course: Course, limit: float, config, stock: bool):
        self._assignment, self._course = assignment, course
        source = course.source(assignment.name)
        versions = [sys.version_info[:2], *map(importlib.metadata.version, _LIBRARIES)]
        settings = {name: dict(config[name]) for name in ("ClearSolutions", "LockCells") if name in config}
        common = _digest([repr((versions, limit, stock, settings)), *_contents(_own(OWN + STOCK if stock else OWN)),
                          *_contents(source / "cs231n" / name for name in assignment.given_modules),
                          *_contents(_files(course.grading_data))])
        self._runs = {name: _digest([common, _code(source / f"{name}.ipynb")]) for name in assignment.notebooks}
        self._stubs = {name: _content(source / name) for name in assignment.student_files}
        self._shown = _digest([*_contents(_files(source)), *_contents(_own(SHOWN))])
        self.names = basis.of(assignment)

    def of(self, student: str) -> Basis:
        handed = _digest(self._handed_in(student))
        runs = {name: _digest([run, handed]) for name, run in self._runs.items()}
        return Basis(runs, _digest([self._shown, *runs.values(), *self._pictures(student)]))

    def _handed_in(self, student: str) -> Iterable[str]:
        """Of every file that is taken from a student, its content, or why there is none."""
        folder = self._course.submitted(student, self._assignment.name)
        for name in (*self._assignment.student_files, *self._assignment.notebook_files):
            path = folder / name
            if path.is_symlink() or path.exists() and not path.is_file():
                yield f"{name} is no file"
            elif not path.exists():
                yield f"{name} is missing"
            elif path.suffix == ".ipynb" and path.stat().st_size > restore.MAX_BYTES:
                yield f"{name} is too large"
            else:
                yield f"{name} {_content(path)}"
                continue
            yield self._stubs.get(name, "")

    def _pictures(self, student: str) -> Iterable[str]:
        """Of the other files that are taken, which answers show, and no test reads."""
        folder = self._course.submitted(student, self._assignment.name)
        return (f"{path.relative_to(folder)} {_content(path)}" for path in sorted(folder.rglob("*"))
                if path.suffix.lower() in PICTURES and path.is_file() and not path.is_symlink())


def _code(source: Path) -> str:
    """A notebook as far as it is run: its code cells, which of them are tests, and which are the student's."""
    cells = json.loads(source.read_text(encoding="utf-8"))["cells"]
    described = [(cell.get("id"), *(cell["metadata"].get("nbgrader", {}).get(key) for key in
                                    ("grade_id", "grade", "solution", "locked")), "".join(cell["source"]))
                 for cell in cells if cell["cell_type"] == "code"]
    return _digest(map(repr, described))


def _own(patterns: Iterable[str]) -> Iterable[Path]:
    return (path for pattern in patterns for path in sorted((ROOT / "grading").glob(pattern)))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _contents(paths: Iterable[Path]) -> Iterable[str]:
    return (f"{path.name} {_content(path)}" for path in paths)


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8", "surrogateescape") + b"\0")
    return digest.hexdigest()
