"""One HTML page about the pairs that are most alike: complete in itself, without script, in light and dark."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from grading.desk.text import printable
from grading.release.assignment import Assignment
from grading.similarity.documents import Document
from grading.similarity.pairs import Found, Match

AROUND = 2                       # lines that are shown around those that are alike
MOST = 80                        # lines of a passage that are shown,
LONG, ROOM = 1_000, 12_000       # and characters of a line, and of all of them
BARS = 20


def render(assignment: Assignment, documents: Sequence[Document], found: Found) -> str:
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True,
                              lstrip_blocks=True, undefined=StrictUndefined)
    environment.filters |= {"percent": lambda share: f"{100 * share:.0f} %", "printable": printable}
    counts = [0] * BARS
    for share in found.closest:
        counts[min(int(share * BARS), BARS - 1)] += 1
    told = "; ".join(f"{100 * number / BARS:.0f} to {100 * (number + 1) / BARS:.0f} %: {count}"
                     for number, count in enumerate(counts) if count)
    return environment.get_template("page.html").render(
        told=told, assignment=assignment, documents=documents, found=found, excerpts=excerpts,
        bars=[(number / BARS, (number + 1) / BARS, count, count / max(counts)) for number, count in enumerate(counts)])


def excerpts(match: Match) -> list[tuple[str, list[tuple[int, str, bool]]]]:
    """For both sides (where, [(number, text, whether it is alike)]); number 0 for lines that are left out."""
    found = []
    for passage, alike in zip((match.one, match.other), match.lines):
        lines, shown, before, room = passage.source.split("\n"), [], -1, ROOM
        near = sorted({number + off for number in alike for off in range(-AROUND, AROUND + 1)} & set(range(len(lines))))
        for number in near[:MOST]:
            if number > before + 1:
                shown.append((0, f"... {number - before - 1} more ...", False))
            line = lines[number][:min(LONG, room)]
            room -= len(line)
            shown.append((passage.first + number, line, number in alike))
            before = number
        if before < len(lines) - 1:
            shown.append((0, f"... {len(lines) - 1 - before} more ...", False))
        found.append((f"{passage.place} {passage.name}".strip(), shown))
    return found
