"""Mark schemes: what an inline question's answer earns points for, in a form that people and programs read alike.

    ### BEGIN MARK SCHEME
    **2 points**

    - **0.5 bright row**: that test image is far from nearly all training images.
    - **1.5 order within the row**: no, since only the order of its distances matters; over
      as many lines as it takes.
      - **or 0.5 no, loosely argued**: what earns less, in the place of the item above it.

    Common wrong answers, and whatever else helps to mark, as prose.
    ### END MARK SCHEME

Points are whole or half ones; items add up to the first line, and that is what the answer's cell is worth. A title is
a few plain words that fit a student's page: given items are kept by it, at the head of nbgrader's comment, where every
mark of the answer is kept with them, whatever program it was entered with.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nbformat import NotebookNode

from grading.errors import KitError

TITLE = 60               # characters
_REGION = re.compile(r"^### BEGIN MARK SCHEME *\n(.*?)^### END MARK SCHEME *$\n?", re.DOTALL | re.MULTILINE)
_TOTAL = re.compile(r"\*\*(\d+(?:\.\d+)?) points?\*\*")
_ITEM = re.compile(r"(- |  - )\*\*(or )?(\d+(?:\.\d+)?) ([^*]+)\*\*:(.*)")
_PLAIN = re.compile(r"[^*_$<>\[\]`\\|#]+")
_GIVEN = re.compile(r"- (\d+(?:\.5)?): ([^\n]+)")


class RubricError(KitError):
    """A mark scheme that no program can read; the message says where, what was found and what was expected."""


@dataclass(frozen=True)
class Item:
    """What earns points. `instead`: the number of the item in whose place this one may be given, or None."""

    points: float
    title: str
    text: str = ""
    instead: int | None = None


@dataclass(frozen=True)
class Rubric:
    """`items`: an item, then those that may stand in its place; `notes`: Markdown for who marks."""

    points: float
    items: tuple[Item, ...]
    notes: str = ""


def cut(source: str) -> tuple[str, str | None]:
    """(a question's text without its mark scheme, the scheme between its markers or None), both Markdown."""
    found = _REGION.search(source)
    return (_REGION.sub("", source).strip(), found[1]) if found else (source.strip(), None)


def parse(scheme: str, where: str) -> Rubric:
    """`where` names file and cell in a RubricError."""
    lines = scheme.strip().splitlines()
    total = _TOTAL.fullmatch(lines[0].strip()) if lines else None
    if total is None:
        raise RubricError(f"{where}: a mark scheme opens with its points, as in '**2 points**', on a line of their "
                          f"own; found {(lines or [''])[0][:60]!r}.")
    items: list[Item] = []
    notes: list[str] = []
    for line in lines[1:]:
        if match := _ITEM.fullmatch(line):
            items.append(_item(match, items, where))
        elif re.match(r" {0,3}[-*+] ", line) and not notes or line.lstrip().startswith("- **"):
            raise RubricError(f"{where}: {line.strip()[:60]!r} is no item that can be read; expected '- **0.5 a few "
                              "words**: what earns it', or below one, indented by two spaces, '- **or 0.5 ...**: ...'.")
        elif items and not notes and line.startswith("  "):
            last = items.pop()
            items.append(Item(last.points, last.title, f"{last.text} {line.strip()}".strip(), last.instead))
        elif line.strip() or notes:
            notes.append(line)
    points, found = _points(total[1], where), sum(item.points for item in items if item.instead is None)
    if points != found:
        raise RubricError(f"{where}: the mark scheme is about {points:g} points, and its items add up to {found:g}.")
    return Rubric(points, tuple(items), "\n".join(notes).strip())


def _item(match: re.Match, before: list[Item], where: str) -> Item:
    indent, instead, points, title, text = match.groups()
    if bool(instead) != (indent != "- "):
        raise RubricError(f"{where}: an item that is given in the place of another begins with 'or' and is indented "
                          f"by two spaces, and no other does; found {match[0].rstrip()[:60]!r}.")
    main = next((n for n in reversed(range(len(before))) if before[n].instead is None), None) if instead else None
    item = Item(_points(points, where), title.strip(), text.strip(), main)
    if len(item.title) > TITLE or not _PLAIN.fullmatch(item.title):
        raise RubricError(f"{where}: the title {item.title[:80]!r} should be plain words, at most {TITLE} characters; "
                          "formulas and the like belong behind the colon.")
    if item.title in {one.title for one in before}:
        raise RubricError(f"{where}: two items are called {item.title!r}; call each by words of its own.")
    if instead and (main is None or item.points >= before[main].points):
        raise RubricError(f"{where}: {item.title!r} should stand below an item that earns more than its "
                          f"{item.points:g} points.")
    return item


def _points(number: str, where: str) -> float:
    if float(number) * 2 % 1 or float(number) == 0:
        raise RubricError(f"{where}: found {number} points; points are whole or half ones, above 0.")
    return float(number)


def of_answers(cells: Iterable[NotebookNode], name: str) -> dict[str, Rubric]:
    """grade_id of an answer's cell -> the mark scheme that stands before it, of an instructor's notebook called `name`.

    Raises RubricError for one that cannot be read, belongs to no answer, or counts otherwise than its answer does.
    """
    found: dict[str, Rubric] = {}
    waits, where = None, ""
    for cell in cells:
        described = cell.metadata.get("nbgrader", {})
        scheme = cut(cell.source)[1] if cell.cell_type == "markdown" else None
        answers = described.get("grade") and described.get("solution")
        if waits is not None and scheme is not None:
            break
        if scheme is not None:
            where = f"{name}, cell {cell.get('id')}"
            waits = parse(scheme, where)
        elif waits is not None and answers:
            if waits.points != described["points"]:
                raise RubricError(f"{where}: the mark scheme is about {waits.points:g} points, and the answer "
                                  f"{described['grade_id']} is worth {described['points']:g}.")
            found[described["grade_id"]], waits = waits, None
    if waits is not None:
        raise RubricError(f"{where}: no cell for an answer that is marked by hand follows this mark scheme.")
    return found


# Items that were given, in nbgrader's comment

@dataclass(frozen=True)
class Given:
    """A marker's comment: (points, title) of the items, and the words below them."""

    items: tuple[tuple[float, str], ...] = ()
    words: str = ""


def read_comment(comment: str | None) -> Given:
    """Of a list in Markdown, then words, as the page of `kit answers` writes them."""
    lines = (comment or "").strip().splitlines()
    items = []
    while lines and (match := _GIVEN.fullmatch(lines[0].rstrip())):
        items.append((float(match[1]), match[2].strip()))
        lines.pop(0)
    return Given(tuple(items), "\n".join(lines).strip())
