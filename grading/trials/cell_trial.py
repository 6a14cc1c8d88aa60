"""Cells put to the trial: which tests each wrong one loses and by which name it goes; a right one has neither."""

from collections.abc import Iterator

import nbformat

from grading.release.assignment import Assignment
from grading.trials import cells, showing
from grading.trials.cells import CellEntry

SCALE = "0.02"                   # of the work in notebooks, as grading has it


def environment(data: str) -> dict[str, str]:
    """What grading sets; `data`: the folder with the small data set."""
    return {"CS231N_DATA": data, "CS231N_SCALE": SCALE, "OPENBLAS_NUM_THREADS": "1"}


def table(assignment: Assignment, entries: list[CellEntry], data: str) -> tuple[str, dict[str, str], list[str]]:
    """(the table `entry -> cells lost`, entry -> names that it goes by, what is wrong with tests or names)."""
    lines, named, problems = [], {}, []
    for entry, lost, certain in _tried(assignment, entries, data):
        lines.append(f"{entry.label:<60} {', '.join(lost) or 'nothing'}")
        named[entry.label] = ", ".join(one.name for one in certain) or "nothing"
        if entry.correct:
            problems += [f"{entry.label}: correct, but loses {name}: {message}" for name, message in lost.items()]
            problems += [f"{entry.label}: correct, but named {one.name}" for one in certain]
            continue
        if not lost:
            problems.append(f"{entry.label}: no test of {entry.cell} catches it")
        unfair = set(lost) - cells.own_tests(assignment, entry)
        if unfair:
            problems.append(f"{entry.label}: costs points of what does not depend on it: {', '.join(sorted(unfair))}")
        if [one.says for one in certain] != [entry.says]:
            problems.append(f"{entry.label}: named {named[entry.label]}")
    return "\n".join(lines), named, problems


def _tried(assignment: Assignment, entries: list[CellEntry], data: str
           ) -> Iterator[tuple[CellEntry, dict[str, str], list[CellEntry]]]:
    """(entry, {test cell: message} of those that it loses, the mistakes that are named)."""
    known = cells.mistakes(assignment)
    for notebook in dict.fromkeys(entry.notebook for entry in entries):
        ours = [entry for entry in entries if entry.notebook == notebook]
        reference = {cell.id: cell.source for cell in
                     nbformat.read(assignment.notebook_path(notebook), as_version=4).cells}
        variants = [{entry.cell: entry.source(reference[entry.cell])} for entry in ours]
        found = cells.answers(assignment, notebook, variants, environment(data))
        for entry, (verdicts, answers) in zip(ours, found, strict=True):
            lost = {name: message for name, message in verdicts.items() if message}
            readings = showing.readings(answers[entry.cell])
            yield entry, lost, showing.explain(readings, [one for one in known if one.cell == entry.cell])
