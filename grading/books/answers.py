"""Whether a mark by hand still stands once a submission is graded again: it does, as long as its answer is the same.

A mark whose answer has changed stays in the gradebook, waits for another look there (`needs_manual_grade`), and the
result keeps the text that it was given for; so does the answer's cell, for the formgrader to show.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec
from nbformat import NotebookNode

from grading import MARKED_FOR
from grading.books.results import Result

Place = tuple[str, str]              # (notebook, grade_id)


class Marked(NamedTuple):
    """A mark by hand as the gradebook holds it: a test's score beside it, and whether it waits for a look."""

    auto_score: float | None
    waits: bool


def of(cells: Iterable[dict]) -> dict[str, dict]:
    """Cells with an answer that is marked by hand, by grade_id, of a graded notebook."""
    found = {}
    for cell in cells:
        described = cell.get("metadata", {}).get("nbgrader", {})
        if described.get("grade") and described.get("solution"):
            found[described["grade_id"]] = cell
    return found


def source(cell: dict) -> str:
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def same(one: str, other: str) -> bool:
    """Whether two texts say the same: blanks and line ends do not count."""
    return one.split() == other.split()


def read(folder: Path, notebook: str) -> list[dict]:
    """A graded notebook's cells as they are kept; [] where there is none."""
    try:
        content = (folder / f"{notebook}.ipynb").read_bytes()
        try:
            return msgspec.json.decode(content)["cells"]       # as text, one wide letter would take four times as much
        except msgspec.DecodeError:                            # NaN, of which JSON knows nothing
            return json.loads(content.decode())["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def settle(marked: dict[Place, Marked], folder: Path, before: Result | None, now: Result,
           notebooks: dict[str, NotebookNode]) -> set[Place]:
    """The marks that stand without another look; `now.marked_for`, and the cells, get the texts that the others were
    given for.

    - marked: what is marked by hand; folder, before: the former graded notebooks and result
    - now, notebooks: those that take their place
    """
    standing = set()
    now.marked_for.clear()
    former = {name: of(read(folder, name)) for name in {notebook for notebook, _ in marked}}
    answered = {name: of(notebooks[name].cells) for name in former if name in notebooks}
    for place, mark in marked.items():
        notebook, name = place
        was, is_now = former[notebook].get(name), answered.get(notebook, {}).get(name)
        if is_now is None:                                       # a test's cell: the mark overrules its score
            if now.notebooks.get(notebook, {}).get(name, {}).get("score") == mark.auto_score and not mark.waits:
                standing.add(place)
            continue
        seen = before.marked_for.get(notebook, {}).get(name) if before and mark.waits else None
        if seen is not None:
            changed = not same(seen, source(is_now)) or _pictures(is_now) != {}
        elif was is not None:
            seen = source(was)
            changed = not same(seen, source(is_now)) or _pictures(was) != _pictures(is_now)
        else:                                                    # nothing is left of what it was given for
            continue
        if changed:
            now.marked_for.setdefault(notebook, {})[name] = is_now["metadata"][MARKED_FOR] = seen
        elif not mark.waits or before and name in before.marked_for.get(notebook, {}):
            standing.add(place)
    return standing


def _pictures(cell: dict) -> dict:
    return cell.get("attachments") or {}
