"""Rows as text in columns, for a terminal: the first to the left, the others to the right, wide letters counted."""

import unicodedata
from collections.abc import Sequence

from grading.desk.text import clean_text


def columns(rows: Sequence[Sequence[str]]) -> str:
    cleaned = [[clean_text(cell) for cell in row] for row in rows]
    widths = [max(_width(row[at]) for row in cleaned) for at in range(len(cleaned[0]))]
    lines = []
    for row in cleaned:
        spaces = [" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join([row[0] + spaces[0], *(space + cell for cell, space in
                                                      zip(row[1:], spaces[1:], strict=True))]).rstrip())
    return "\n".join(lines)


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
               for sign in text)
