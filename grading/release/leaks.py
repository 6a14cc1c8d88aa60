"""The leak check: reads every released file and finds what students must not have.

A secret is a line that stands in a solution region, a hidden test, a model answer or a rubric, and nowhere in the
open part of the source; and every seed of a hidden test.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from grading.errors import KitError
from grading.release import markers, stage, stubs
from grading.release.assignment import PACKAGE, Assignment

_SEED = re.compile(r"default_rng\(\s*(\d[\d_]*)\s*\)")
_LONG = 24          # secrets this long are also looked for inside other lines: outputs, metadata, docstrings


class LeakError(KitError):
    """A released file holds what it must not; the message starts with file:line."""


@dataclass(frozen=True)
class Secrets:
    """What must not go out: line -> where it comes from; seed -> where it is used."""

    lines: dict[str, str]
    seeds: dict[str, str]

    def check(self, name: str, text: str) -> None:
        """Raise LeakError for the first secret in `text`, the content of the released file `name`."""
        everything = text if not name.endswith(".ipynb") else _every_string(text)
        long = [line for line in self.lines if len(line) >= _LONG and line in everything]
        for number, line in enumerate(everything.splitlines(), 1):
            found = line.strip() if line.strip() in self.lines else next((s for s in long if s in line), None)
            if found is not None:
                raise LeakError(f"{name}:{number}: the release would show {found[:60]!r}, from {self.lines[found]}.")
            for seed in re.findall(r"\d[\d_]*", line):
                if seed.replace("_", "") in self.seeds:
                    raise LeakError(f"{name}:{number}: the release would show {seed}, the seed of "
                                    f"{self.seeds[seed.replace('_', '')]}.")


def secrets(assignment: Assignment) -> Secrets:
    """Collect the secrets of an assignment from its source."""
    import nbformat

    hidden: dict[str, str] = {}
    seeds: dict[str, str] = {}
    open_lines: set[str] = set()
    for notebook in assignment.notebooks:
        path = assignment.notebook_path(notebook)
        for cell in nbformat.read(path, as_version=4).cells:
            where = f"{stage.shown(path)}, cell {cell.id}"
            found = markers.regions(cell.source, where)
            if stage.region_kinds(cell) == ("SOLUTION",) and not found:      # without regions the whole cell is cut
                hidden |= {line.strip(): where for line in cell.source.splitlines()}
                continue
            hidden |= {line.strip(): where for line in markers.inside(cell.source, found)}
            open_lines |= {line.strip() for line in markers.outside(cell.source, found)}
            tests = [region for region in found if region.kind == "HIDDEN TESTS"]
            for seed in _SEED.findall("\n".join(markers.inside(cell.source, tests))):
                seeds[seed.replace("_", "")] = where
    for module in assignment.student_modules:
        where, source = f"cs231n/{module}", assignment.source(module)
        solved = stubs.solutions(source, where)
        given = [region for region, function in solved if function in assignment.given_functions]
        everything = (PACKAGE / module).read_text(encoding="utf-8")
        hidden |= {line.strip(): where for line in everything.splitlines()}
        open_lines |= {line.strip() for line in markers.outside(source, [region for region, _ in solved])}
        open_lines |= {line.strip() for line in markers.inside(source, given)}
    for path, text in stage.files(assignment).items():
        if not path.endswith((".ipynb", ".toml")) and path not in assignment.student_files:       # .toml: hints
            open_lines |= {line.strip() for line in text.splitlines()}
    open_text = "\n".join(open_lines)          # a line that is part of an open one is no secret either
    return Secrets({line: where for line, where in hidden.items()
                    if line and line not in open_lines and (len(line) < _LONG or line not in open_text)}, seeds)


def check_release(folder: Path, assignment: Assignment) -> None:
    """Raise LeakError when the release in `folder` holds a secret, an output, or a file it should not have."""
    known = secrets(assignment)
    expected = set(stage.files(assignment))
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    if present != expected:
        odd = sorted(present ^ expected)
        raise LeakError(f"{folder}: the release should hold exactly the staged files; unexpected or missing: "
                        f"{', '.join(odd)}.")
    for name in sorted(present):
        text = (folder / name).read_text(encoding="utf-8")
        if name.endswith(".ipynb"):
            check_notebook(json.loads(text), name)
        known.check(name, text)


def check_notebook(notebook: dict, name: str) -> None:
    """Raise LeakError for outputs, execution counts and markers that survived."""
    for cell in notebook["cells"]:
        if cell.get("outputs") or cell.get("execution_count") is not None:
            raise LeakError(f"{name}: cell {cell['id']} still has an output or an execution count.")
        source = "".join(cell["source"])
        for kind in markers.KINDS:
            if f"BEGIN {kind}" in source or f"END {kind}" in source:
                raise LeakError(f"{name}: cell {cell['id']} still holds a marker of {kind}.")


def _every_string(text: str) -> str:
    """All strings of a JSON document, one after the other: sources, outputs and metadata without JSON's escapes."""
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, str):
            found.append(value.rstrip("\n"))
        elif isinstance(value, dict):
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(json.loads(text))
    return "\n".join(found)
