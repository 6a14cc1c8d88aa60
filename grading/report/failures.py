"""Why cells were lost: known mistakes by how many make them, what no entry of the catalogue explains by behaviour."""

import re
from collections.abc import Sequence

from grading.desk.text import clean_message
from grading.release.assignment import Assignment, topic
from grading.report.standing import Standing
from grading.report.tests import outcome
from grading.trials import diagnosis

LOST = ("failed", "error", "timed_out")
LONGEST = 1_200                  # characters of a message that is shown
_NUMBER = re.compile(r"(?<![A-Za-z_])[-+]?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[-+]?\d+)?%?", re.I)
_QUOTED = re.compile(r"""'[^'\n]{1,200}'|"[^"\n]{1,200}\"""")
_TELLING = ("pattern",)          # of a check's lines below the first, what says how the value is wrong


def known(graded: Sequence[Standing]) -> list[dict]:
    """Mistakes that the catalogue names, and another year's conventions, the commonest first."""
    found: dict[tuple[str, str], dict] = {}
    for one in graded:
        for named in one.result.named:
            if named.get("kind", "mistake") != "difference":
                entry = found.setdefault((named["function"], named["says"]), {
                    "function": named["function"], "says": named["says"], "read": named["read"],
                    "kind": named.get("kind", "mistake"), "students": []})
                entry["students"] += [one.student] * (one.student not in entry["students"])
    return sorted(found.values(), key=lambda entry: (-len(entry["students"]), entry["function"]))


def unexplained(assignment: Assignment, graded: Sequence[Standing], options: str = "") -> list[dict]:
    """Failures of a function, or cell, that nothing known explains, alike ones together; the commonest first. What only
    builds on a wrong function is left out: that one is told.

    - options: what the command that writes a skeleton is told besides
    """
    found: dict[tuple, dict] = {}
    for one in graded:
        explained = {name for named in one.result.named if named.get("kind", "mistake") != "difference"
                     for name in (named["function"], *named.get("topics", "").split())}
        lost: dict[str, list[str]] = {}
        judged = {name: assignment.topics.get(topic(name), (name,)) for name in one.cells}
        wrong = {judged[name][0] for name, cell in one.cells.items() if outcome(cell) in (*LOST, "unwritten")}
        for name, cell in one.cells.items():
            function, *needs = judged[name]
            told = one.result.cells[name]
            if outcome(cell) in LOST and function not in explained and topic(name) not in explained and (
                    not told.get("unloaded")) and not wrong.intersection(needs) - {function}:
                lost.setdefault(function, []).append(name)
        says = {named["function"]: named["says"] for named in one.result.named if named.get("kind") == "difference"}
        for function, names in lost.items():
            message = one.cells[names[0]]["message"] or one.cells[names[0]]["outcome"]
            behaviour = (function, tuple(names), normal(message))
            entry = found.setdefault(behaviour, {
                "function": function, "cells": names, "behaviour": behaviour[2], "says": says.get(function, ""),
                "message": clean_message(message, LONGEST), "students": [],
                "command": f"kit trial {assignment.name} --skeleton {one.student} {names[0]}{options}"})
            entry["students"].append(one.student)
    return sorted(found.values(), key=lambda entry: (-len(entry["students"]), entry["function"], entry["behaviour"]))


def normal(message: str) -> str:
    """What is the same in messages of one behaviour: the first line and what pattern it shows, without its numbers."""
    lines = clean_message(message, LONGEST).splitlines() or [""]
    chosen = [lines[0], *(line for line in lines[1:] if line.strip().startswith(_TELLING))]
    return " ".join(_NUMBER.sub("#", _QUOTED.sub("'...'", " ".join(chosen))).split())[:300]


def unwritten(assignment: Assignment, graded: Sequence[Standing]) -> list[dict]:
    """Functions, and names of cells, that are not written, by how many have not."""
    found: dict[str, list[str]] = {}
    for one in graded:
        names = {diagnosis.unwritten(assignment, name, cell["message"]): 1 for name, cell in one.cells.items()
                 if outcome(cell) == "unwritten" and not one.result.cells[name].get("unloaded")}
        for name in names:
            found.setdefault(clean_message(name, 200), []).append(one.student)
    return [{"function": name, "students": students} for name, students in _commonest_first(found)]


def stopped(graded: Sequence[Standing]) -> list[dict]:
    """Cells of the students' that stop in a line of their own, by cell and kind of exception; the commonest first."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in graded:
        told = filter(None, map(diagnosis.STOPPED.fullmatch, one.result.remarks))
        for cell, kind in dict.fromkeys((match["cell"], match["kind"]) for match in told):
            found.setdefault((clean_message(cell, 200), kind), []).append(one.student)
    return [{"cell": cell, "kind": kind, "students": students}
            for (cell, kind), students in _commonest_first(found)]


def _commonest_first(found: dict) -> list[tuple]:
    """(what, students) of what has happened to them."""
    return sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))


def unloaded(graded: Sequence[Standing]) -> list[dict]:
    """Modules that do not load, one for each student and sentence."""
    return [{"student": one.student, "says": clean_message(sentence, LONGEST)} for one in graded
            for sentence in dict.fromkeys(cell["unloaded"] for cell in one.result.cells.values()
                                          if cell.get("unloaded"))]
