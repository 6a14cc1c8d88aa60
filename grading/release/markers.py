"""The marker comments that divide a source into what students get and what they do not.

nbgrader's markers serve notebooks and modules alike. nbgrader lets an END without a BEGIN pass and does not know a
misspelt marker; here both are errors, because a mistyped BEGIN would otherwise hand out the answer.
"""

import difflib
import re
from dataclasses import dataclass

from grading.errors import KitError

KINDS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
_MARKER = re.compile(r"\s*### (BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)\s*")
_CANONICAL = [f"{edge} {kind}" for edge in ("BEGIN", "END") for kind in KINDS]
_COMMENT = re.compile(r"(#+)\s*([^#]*?)\W*$")


class MarkerError(KitError):
    """A source cannot be cut safely; the message starts with file:line."""


@dataclass(frozen=True)
class Region:
    """Lines `start` to `end` (0-based, the two marker lines included) of one kind."""

    kind: str
    start: int
    end: int


def regions(source: str, filename: str, kinds: tuple[str, ...] = KINDS, offset: int = 0) -> list[Region]:
    """Find the regions of `source`; `offset` is added to line numbers in messages.

    Raises MarkerError for a marker that is misspelt, nested, unpaired, or of a kind not in `kinds`.
    """
    found: list[Region] = []
    opened: tuple[str, int] | None = None
    for number, line in enumerate(source.splitlines()):
        where = f"{filename}:{number + 1 + offset}"
        match = _MARKER.fullmatch(line)
        if match is None:
            meant = _meant(line)
            if meant:
                raise MarkerError(f"{where}: {line.strip()!r} looks like a marker but is none. "
                                  f"Write exactly '### {meant}' on a line of its own.")
            continue
        edge, kind = match.groups()
        if kind not in kinds:
            raise MarkerError(f"{where}: '### {edge} {kind}' does not belong here. "
                              f"This place may hold: {', '.join(kinds) or 'no region'}.")
        if edge == "BEGIN":
            if opened:
                raise MarkerError(f"{where}: '### BEGIN {kind}' inside the region that line {opened[1] + 1 + offset} "
                                  f"opened. Close that one first with '### END {opened[0]}'.")
            opened = (kind, number)
        elif opened is None:
            raise MarkerError(f"{where}: '### END {kind}' without a '### BEGIN {kind}' before it.")
        elif opened[0] != kind:
            raise MarkerError(f"{where}: '### END {kind}' closes a region that '### BEGIN {opened[0]}' opened "
                              f"in line {opened[1] + 1 + offset}.")
        else:
            found.append(Region(kind, opened[1], number))
            opened = None
    if opened:
        raise MarkerError(f"{filename}:{opened[1] + 1 + offset}: '### BEGIN {opened[0]}' is never closed. "
                          f"Add '### END {opened[0]}' where the region ends.")
    return found


def inside(source: str, found: list[Region]) -> list[str]:
    """Lines within the regions, marker lines left out."""
    lines = source.splitlines()
    return [line for region in found for line in lines[region.start + 1:region.end]]


def outside(source: str, found: list[Region]) -> list[str]:
    """Lines that belong to no region."""
    hidden = {number for region in found for number in range(region.start, region.end + 1)}
    return [line for number, line in enumerate(source.splitlines()) if number not in hidden]


def _meant(line: str) -> str | None:
    """The marker a line was probably meant to be, or None for an ordinary line."""
    for canonical in _CANONICAL:                       # nbgrader cuts at these words wherever they stand
        if canonical in line:
            return canonical
    comment = _COMMENT.search(line)
    if comment is None or len(comment.group(2)) > 40:
        return None
    words = re.sub(r"[^A-Z]+", " ", comment.group(2).upper()).strip()
    likely = 0.65 if len(comment.group(1)) == 3 else 0.8
    close = difflib.get_close_matches(words, _CANONICAL, n=1, cutoff=likely)
    return close[0] if close else None
