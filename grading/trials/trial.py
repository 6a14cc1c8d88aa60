"""The tests on trial: run the test cells beside variants of the student modules and see who loses what.

Known mistakes must lose points in the hidden tests of their own function and nowhere else; correct versions, however
unusual, must lose none. A variant runs in a forked process of its own, with a package folder of its own.
"""

import contextlib
import io
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from grading.release import stubs
from grading.release.assignment import Assignment, topic
from grading.trials.catalogue import Entry

CELL_SECONDS = 20
_SEED = re.compile(r"(default_rng\(\s*)\d[\d_]*(\s*\))")


@dataclass(frozen=True)
class TestCell:
    """A test cell that can run by itself: it judges functions of the package, not names of its notebook."""

    name: str
    source: str
    points: float
    hidden: bool
    functions: tuple[str, ...]        # the one judged first, then those it depends on

    __test__ = False                  # not a test for pytest to collect

    def seeded(self, seed: int | None) -> str:
        """The source with another seed for its random inputs; None keeps the cell's own."""
        return self.source if seed is None else _SEED.sub(rf"\g<1>{seed}\g<2>", self.source)


def test_cells(assignment: Assignment) -> list[TestCell]:
    """The test cells of every notebook that judge a function of a student module, in order."""
    defined = {name for module in assignment.student_modules
               for _, _, name in stubs.functions(assignment.source(module)) if assignment.is_students(name)}
    found = []
    for notebook in assignment.notebooks:
        for cell in nbformat.read(assignment.notebook_path(notebook), as_version=4).cells:
            described = cell.metadata.get("nbgrader", {})
            if described.get("grade") and not described["solution"]:
                functions = assignment.topics[topic(cell.id)]
                if functions[0] in defined:
                    found.append(TestCell(cell.id, cell.source, described["points"],
                                          "### BEGIN HIDDEN TESTS" in cell.source, functions))
    return found


test_cells.__test__ = False


def run(assignment: Assignment, changed: dict[str, str], cells: list[TestCell],
        seeds: tuple[int | None, ...] = (None,)) -> list[dict[str, str]]:
    """Run `cells` beside the reference with some modules `changed` (path under cs231n/ -> source), once per seed.

    Returns, for each seed, {cell: ""} for a cell that passes and {cell: "Name: message"} for one that does not.
    """
    with tempfile.TemporaryDirectory(prefix="trial-") as folder:
        lay_down(assignment, changed, Path(folder))
        return in_a_fork(lambda: _judge(Path(folder), cells, seeds))


def in_a_fork(work: Callable[[], Any]) -> Any:
    """What `work` returns, as JSON carries it, from a forked process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as told:
            try:
                json.dump(work(), told)
            finally:
                told.flush()
                os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    if not text:
        raise RuntimeError("the process that ran the test cells died")
    return json.loads(text)


def entry_source(entry: Entry) -> dict[str, str]:
    """The module that this entry changes, as `run` takes it."""
    return {entry.module: stubs.strip_markers(entry.source(), entry.module)}


def stub_sources(assignment: Assignment) -> dict[str, str]:
    """Every student module as the release hands it out."""
    return {module: assignment.stub(module) for module in assignment.student_modules}


def verdict_on_mistake(entry: Entry, cells: list[TestCell], lost: dict[str, str]) -> list[str]:
    """What is wrong with the tests, given which cells this known mistake lost: [] when all is well."""
    problems = []
    if not any(cell.hidden and cell.functions[0] == entry.function and lost[cell.name] for cell in cells):
        problems.append(f"{entry.label}: no hidden test of {entry.function} catches it")
    unfair = [cell.name for cell in cells if lost[cell.name] and entry.function not in cell.functions]
    if unfair:
        problems.append(f"{entry.label}: costs points of functions that do not depend on it: {', '.join(unfair)}")
    return problems


def lay_down(assignment: Assignment, changed: dict[str, str], folder: Path) -> None:
    """Write the package into a folder, with some modules changed."""
    for module in assignment.given_modules + assignment.student_modules:
        source = changed.get(module) or assignment.complete(module)
        (folder / "cs231n" / module).parent.mkdir(parents=True, exist_ok=True)
        (folder / "cs231n" / module).write_text(source, encoding="utf-8")


def _judge(folder: Path, cells: list[TestCell], seeds: tuple[int | None, ...]) -> list[dict[str, str]]:
    """In the forked process: every cell alone, in a namespace of its own."""
    import linecache

    for name in [name for name in sys.modules if name.split(".")[0] == "cs231n"]:
        del sys.modules[name]
    linecache.clearcache()
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder))
    os.chdir(folder)

    def too_long(*_):
        raise TimeoutError(f"ran longer than {CELL_SECONDS} s")

    signal.signal(signal.SIGALRM, too_long)
    return [{cell.name: _outcome(cell, seed) for cell in cells} for seed in seeds]


def _outcome(cell: TestCell, seed: int | None) -> str:
    signal.alarm(CELL_SECONDS)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            exec(compile(cell.seeded(seed), cell.name, "exec"), {"__name__": "__main__"})
    except BaseException as error:       # whatever the student's code raises is its outcome
        return f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    return ""


def table(assignment: Assignment, entries: list[Entry]) -> tuple[str, list[str]]:
    """(the table `entry -> cells lost`, what is wrong with the tests)."""
    cells = test_cells(assignment)
    lines, problems = [], []
    for entry in entries:
        lost = run(assignment, entry_source(entry), cells)[0]
        names = [cell.name for cell in cells if lost[cell.name]]
        lines.append(f"{entry.label:<60} {', '.join(names) or 'nothing'}")
        if entry.correct:
            problems += [f"{entry.label}: correct, but loses {name}: {lost[name]}" for name in names]
        else:
            problems += verdict_on_mistake(entry, cells, lost)
    return "\n".join(lines), problems
