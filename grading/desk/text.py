"""Text that came out of a submission, made printable: for a terminal, a log, a notebook or a page."""

import re

from grading.desk.paths import without_paths

CUT = "\n... output cut here ...\n"

_COLOR = (r"(?:[34]8;5;\d{1,3}|[34]8;2;\d{1,3};\d{1,3};\d{1,3}"       # a lone 38 or 48 makes nbconvert raise
          r"|0?\d|[125-9]\d|[34][0-79]|10[0-7])")
COLORS = re.compile(rf"\x1b\[(?:{_COLOR}(?:;{_COLOR})*)?m")
_ESCAPE = re.compile(rf"({COLORS.pattern})"                                               # kept
                     r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"   # titles, links
                     r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"                                 # cursor, screen
                     r"|\x1b[ -/]*[0-~]?"
                     r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
                     r"|[\u202a-\u202e\u2066-\u2069]")                                     # text that runs backwards
SURROGATE = re.compile("[\ud800-\udfff]")


def clean_text(text: object, length: int = 2_000) -> str:
    """One line of plain text for a terminal or a log: no escapes, no control characters, no text that runs backwards.

    Line ends become spaces, so that a message cannot pass for a line of ours.
    """
    text = text[:20 * length] if isinstance(text, str) else ""
    text = " ".join(COLORS.sub("", printable(text)).split())
    text = "".join(char if char.isprintable() else "?" for char in text)
    return text if len(text) <= length else text[:length - 4].rstrip() + " ..."


def clean_message(text: object, length: int = 10_000) -> str:
    """The same for a message of several lines that stands in a notebook or on a page, paths made short."""
    text = text[:20 * length] if isinstance(text, str) else ""
    text = without_paths(COLORS.sub("", printable(text)))
    return text if len(text) <= length else text[:length - len(CUT)] + CUT


def printable(text: str) -> str:
    """Text without escapes (but colors) and control characters, and such that it can be written as UTF-8."""
    return SURROGATE.sub("\ufffd", _ESCAPE.sub(lambda match: match[1] or "", text))
