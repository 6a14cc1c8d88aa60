"""One sentence on what happened to a submission, for the instructor's table and the student's feedback."""

import ast
import builtins
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from itertools import islice

from nbformat import NotebookNode
from nbgrader import utils

from grading import NOTE
from grading.books.results import Result
from grading.engine import MAX_TEXT, advice, parsing, telling
from grading.engine.telling import COSTS, UNIMPLEMENTED
from grading.errors import few
from grading.release import stubs
from grading.release.assignment import Assignment, topic

MOST_LINES = 200                 # added to a locked cell, that are looked at
MOST_ERRORS = 20                 # different ones, of a notebook's cells
MAX_TRACE = 4000                 # characters of a traceback in which its first place is looked for
STOPPED = re.compile(r"(?P<cell>\S+\.ipynb: \S+) stopped with (?P<kind>an? .+) in its line \d+")
_IN_CELL = re.compile(r"^Cell In\[\d{1,5}\], line (\d{1,5})$", re.MULTILINE)
_MISSED = re.compile(r"(?:name '|the notebook has no )(\w+)")
_LOOKS = {"mistake": " looks like a known mistake: ", "convention": " looks like another year's convention: ",
          "raised": " stops with an error: ", "difference": ": "}


def remarks(assignment: Assignment, modules: dict[str, str], result: Result,
            notebooks: Mapping[str, NotebookNode] | None = None) -> list[str]:
    """Sentences about modules that do not load, cells that stop and functions that are not written.

    - modules: path -> text
    - notebooks: as they were executed: a set-up cell may be where a module did not load
    """
    unloaded: dict[str, dict[str, None]] = {}    # sentence -> what else needs the module
    for cell in result.cells.values():
        if sentence := cell.get("unloaded"):
            more = cell["message"].removeprefix(sentence).split("; ")[1:]
            unloaded.setdefault(sentence, {}).update(dict.fromkeys(more))
    stopped = []
    for name, notebook in (notebooks or {}).items():
        first = {}                               # error -> the cell that it came up in first
        for cell, *error in _errors(notebook):
            first.setdefault(tuple(error), cell)
        for (kind, message, trace), cell in islice(first.items(), MOST_ERRORS):
            told = telling.raised(kind, message, trace, modules)
            if told.unloaded:
                unloaded.setdefault(told.unloaded, {})
            elif _lost(result, name):
                stopped += _stop(f"{name}.ipynb: {cell.id}", cell, kind, trace, modules)
    found = ["; ".join([sentence, *more]) for sentence, more in unloaded.items()]
    for name, content in modules.items():
        problem = advice.nature(content) or syntax_problem(content)
        if problem and not any(sentence.startswith((f"{name} line", f"{name}:")) for sentence in found):
            found.append(f"{name}{' ' if problem.startswith('line ') else ': '}{problem}{COSTS}")
    missing = {unwritten(assignment, name, cell["message"]) for name, cell in result.cells.items()
               if UNIMPLEMENTED in cell["message"] and not cell.get("unloaded")}
    if missing:
        found.append(f"not implemented: {few(sorted(missing), 8)}")
    return found + stopped


def unwritten(assignment: Assignment, cell: str, message: str) -> str:
    """What is not written, where a test says so: the function that a stub's exception names, or what the test is about.

    Anybody may raise such an exception, with any words in it: none but names of the assignment's are told.
    """
    said = message.partition(UNIMPLEMENTED)[0].split(": ")[-1] if UNIMPLEMENTED in message else ""
    known = said and any(said in _functions(assignment.source(module)) for module in assignment.student_modules)
    return said if known else assignment.topics.get(topic(cell), (cell,))[0]


@lru_cache(64)
def _functions(source: str) -> frozenset[str]:
    """Their names; once for a whole class."""
    return frozenset(name for *_, name in stubs.functions(source))


def syntax_problem(content: str) -> str:
    """One clause on why a module cannot be parsed, or "" when it can or is too long to be tried."""
    if len(content) > MAX_TEXT:
        return ""
    try:
        parsing.parse(content)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}" if error.lineno else error.msg
    except (ValueError, RecursionError, MemoryError) as error:
        return f"cannot be parsed ({error})"
    return ""


def causes(removed: dict[str, dict[str, list[str]]], notebooks: dict[str, NotebookNode], result: Result) -> list[str]:
    """What was added to locked cells, put back since, and is missed now: one sentence each.

    - removed: notebook -> locked cell -> the lines that were added to it
    - notebooks: as they were executed
    """
    found = []
    for name, cells in removed.items():
        lost = _lost(result, name)
        errors = [message for _, _, message, _ in _errors(notebooks[name])]
        missed = set(_MISSED.findall("\n".join(lost + errors)[:MAX_TEXT]))
        for cell, lines in cells.items():
            bound = _bound(lines)
            if gone := [f"{one} ({line})" for one, line in bound.items() if one in missed]:
                found.append(f"{name}.ipynb: the locked cell {cell} was put back, and with it went {few(gone, 3)}, "
                             "which belongs in a cell of its own below")
            elif lost and (set_here := [line for line in bound.values() if "=" in line]):
                found.append(f"{name}.ipynb: the locked cell {cell} had {few(set_here, 3)} and was graded as it was "
                             "handed out, which may be why something fails")
    return found


def _errors(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, str, str, str]]:
    """(cell, kind, message, traceback) of what cells that are not tests stopped with."""
    for cell in notebook.cells:
        if NOTE not in cell.metadata:
            for output in cell.get("outputs", []):
                if output.get("output_type") == "error":
                    yield cell, output.ename, output.evalue, "\n".join(output.traceback)


def _lost(result: Result, notebook: str) -> list[str]:
    """What is said of the cells of a notebook that a test has judged, and that did not pass it."""
    return [cell["message"] for cell in result.notebooks.get(notebook, {}).values()
            if cell["outcome"] not in ("passed", "manual")]


def _stop(where: str, cell: NotebookNode, kind: str, trace: str, modules: dict[str, str]) -> list[str]:
    """A sentence on a cell of the student's that has stopped in a line of its own, and not in a function; or none."""
    line = _IN_CELL.search(telling.COLORS.sub("", trace[:MAX_TRACE]))
    if not utils.is_solution(cell) or kind == "NotImplementedError" or not line or telling.frames_in(trace, modules):
        return []
    return [f"{where} stopped with {_kind(kind)} in its line {line[1]}"]


def _kind(name: str) -> str:
    """An exception in words; a student's own has a name that may say anything."""
    known = getattr(builtins, name, None)
    if not (isinstance(known, type) and issubclass(known, BaseException)):
        return "an exception of its own"
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def _bound(lines: list[str]) -> dict[str, str]:
    """Name -> the line that binds it; of lines that may be no whole statements."""
    found = {}
    for line in lines[:MOST_LINES]:
        try:
            tree = parsing.parse(line.strip()[:200])
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.alias):
                found[(node.asname or node.name).partition(".")[0]] = line.strip()[:80]
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found[node.id] = line.strip()[:80]
    return found


def sentence(result: Result, marked: Collection[str] = ()) -> str:
    """The submission in one line."""
    return "; ".join(told(result, marked))


def told(result: Result, marked: Collection[str] = ()) -> list[str]:
    """What is wrong with a submission as a whole, else which cells it lost and how.

    - marked: cells that have been marked by hand
    """
    if result.fault:
        return [result.fault]
    lost = [(name, cell) for name, cell in result.cells.items() if cell["outcome"] not in ("passed", "manual")]
    said = [remark for remark in result.remarks if COSTS in remark]
    said += [known["function"] + _LOOKS[known.get("kind", "mistake")] + known["says"].rstrip(".")
             for known in result.named]
    said += [remark for remark in result.remarks if COSTS not in remark]
    by_outcome: dict[str, list[str]] = {}
    for name, cell in lost:
        if UNIMPLEMENTED not in cell["message"] and not cell.get("unloaded"):
            by_outcome.setdefault(cell["outcome"], []).append(name)
    for outcome, words in (("timed_out", "ran too long"), ("error", "stopped with an error"),
                           ("skipped", "not run"), ("failed", "wrong")):
        if outcome in by_outcome:
            said.append(f"{words}: {few(by_outcome[outcome], 6)}")
    if not lost:
        tested = any(cell["outcome"] != "manual" for cell in result.cells.values())
        said.insert(0, "all tests passed" if tested else "there are no tests")
    asked = [name for name, cell in result.cells.items() if cell["outcome"] == "manual"]
    empty = [bool(result.cells[name]["message"]) for name in asked if name not in marked]
    counts = [f"{count} {what}" for count, what in ((sum(empty), "not answered"),
                                                    (len(empty) - sum(empty), "not marked yet" * (not lost)))
              if count and what]
    if counts:
        said.append(f"of {len(asked)} inline question{'s' * (len(asked) > 1)} {', '.join(counts)}")
    return said
