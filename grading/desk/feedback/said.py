"""What a student may read of a verdict: of a hidden test its words, and no number that is not in the open.

A hidden test's message holds what it called the function with and what it expected; and what the student's own code
raises there may be all that it was given. Where an input is public, numbers are what teaches, and they stay.
"""

import re

from grading.desk.text import clean_message

RAISED = 400                     # characters of a message that the student's code wrote
GAP = "\u2026"
_LABEL = re.compile(r"  (found|expected|off|pattern|look at) +(?=\S)")
_VALUES = ("found", "expected", "off")
_WORDS = re.compile(r"(?!true|false|array|dtype)[^\W\d_]{4,}", re.IGNORECASE)
_PLACE = re.compile(r"(?:cs231n/[\w./]+\.py|this notebook),? line \d+")
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+(?:[_,]\d{3})*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?j?(?!\w)"
                     r"|\b0[xX][0-9a-fA-F]+|\d{3,}")
_EXACT = re.compile(r"(?<![\w.])[-+]?(?:\d*\.\d{3,}|\d+(?:\.\d*)?[eE][-+]?\d+|\d*\.\d+[eE][-+]?\d+|\d{7,})")
_LONG = re.compile(r"[^\s,;]{60,}")
_GAPS = re.compile(rf"{GAP}(?:[\s,;()\[\]]*{GAP})+")
_SMALL = ("0", "1", "2")         # are in every formula
NOT_WRITTEN = re.compile(r"\bnot (?:implemented|written)\b")


def verdict(outcome: str, message: str, hidden: bool, shown: str) -> str:
    """The message of a check, as a student reads it.

    - hidden: whether the check has lines that are not in the release
    - shown: what of it is in the release: its numbers are public
    """
    message, public = clean_message(message), set(_NUMBER.findall(shown))
    if outcome not in ("failed", "error") or outcome == "failed" and not hidden:
        return message
    if outcome == "failed":
        return _gaps("\n".join(_without_values(message.split("\n"))), public | set(_SMALL))
    return raised(message, public) if hidden else _cut(_kept(_EXACT, message, public))


def raised(message: str, public: set[str] = frozenset()) -> str:
    """What the student's code raised while it may have known what is hidden."""
    return _cut(_gaps(clean_message(message), public))


def _without_values(lines: list[str]) -> list[str]:
    """A failed check's lines but for values that say nothing in words."""
    kept, inside = [], ""
    for line in lines:
        label = _LABEL.match(line)
        inside = label[1] if label else inside if line.startswith("   ") else ""
        words = _NUMBER.sub("", line[label.end():] if label else line)
        if inside not in _VALUES or inside != "off" and _WORDS.search(words):
            kept.append(line)
    return kept


def _gaps(text: str, public: set[str]) -> str:
    return _GAPS.sub(GAP, _kept(_NUMBER, _LONG.sub(GAP, text), public))


def _kept(numbers: re.Pattern, text: str, public: set[str]) -> str:
    """The text with a gap for each number that is not public; where an error is in the submission stays."""
    parts, end = [], 0
    for place in _PLACE.finditer(text):
        parts += [numbers.sub(lambda one: one[0] if one[0] in public else GAP, text[end:place.start()]), place[0]]
        end = place.end()
    return "".join([*parts, numbers.sub(lambda one: one[0] if one[0] in public else GAP, text[end:])])


def _cut(text: str) -> str:
    return text if len(text) <= RAISED else f"{text[:RAISED - 2]} {GAP}"
