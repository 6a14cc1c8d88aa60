"""What a student may read of a verdict: of a hidden test its words, and no number that is not in the open.

A hidden test's message holds what it called the function with and what it expected; and what the student's own code
raises, there or later, may be all that it was given, in figures or spelt out. So of what is raised one sentence is
said, and of its figures a few. Where an input is public, numbers are what teaches, and they stay.
"""

import re
import unicodedata
from collections.abc import Collection

from grading.desk.feedback.phrases import GAP, Open
from grading.desk.text import clean_message

RAISED, WORDS = 200, 30          # characters and words of a message that the student's code wrote
VALUE = 120                      # characters of a line that tells in words what was found or expected
PHRASES = 4                      # of it, which stand in the open
NAMES, FIGURES = 2, 8            # of names with a digit in them that are said of it, and of numbers in the open
_LABEL = re.compile(r"  (found|expected|off|pattern|look at) +(?=\S)")
_VALUES = ("found", "expected", "off")
_WORDS = re.compile(r"(?!true|false|array|dtype)[^\W\d_]{4,}", re.IGNORECASE)
_PLACE = r"(?:cs231n/[\w./]{1,60}\.py|this notebook),? line \d{1,4}"
_BEGINS, _ENDS = re.compile(rf"{_PLACE}(?=: )"), re.compile(rf" \({_PLACE}\)$")         # where the kit puts one
_NAMED = re.compile(r"\b(?!cs231n\b)(?=\w*\d)(?=\w*[^\W\d])\w+")
_SPELT = re.compile(r"(?:(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|point|dot|minus|plus)[\W_]*){2,}"
                    r"|[^\W\d_]{28,}", re.IGNORECASE)                               # or in letters without an end
_NUMBER = re.compile(r"(?<![\w.])(?!(?<=\bUTF-)8\b)[-+]?(?:\d+(?:[_,]\d{3})*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?j?(?!\w)"
                     r"|\b0[xX][0-9a-fA-F]+|(?!(?<=\bcs)231n)\d{3,}")
_EXACT = re.compile(r"(?<![\w.])[-+]?(?:\d*\.\d{3,}|\d+(?:\.\d*)?[eE][-+]?\d+|\d*\.\d+[eE][-+]?\d+|\d{7,})")
_LONG = re.compile(r"[^\s,;]{60,}")
_GAPS = re.compile(rf"{GAP}(?:[\s,;()\[\]]*{GAP})+")
_QUOTED = re.compile(rf"'{GAP}'(?:, '{GAP}')+")
_HALVES = re.compile(rf"\({GAP}\]|\[{GAP}\)")                                        # brackets of two pairs
_HALF_SAID = (                   # what numbers leave of the kit's own sentences, and how they read without
    (re.compile(rf"(?<=^  expected  ){GAP}, (?=the slope)"), ""),
    (re.compile(rf"\b1/{GAP} of the expected value"), "a fraction of the expected value"),
    (re.compile(rf"{GAP} times the expected value"), "a multiple of the expected value"))
_SMALL = ("0", "1", "2")         # are in every formula
NOT_WRITTEN = re.compile(r"\bnot (?:implemented|written)\b")
NOTHING_LEFT = re.compile(r"\bor (?:it )?stopped\b")     # what is not there may be unwritten, or its cell ended before


def verdict(outcome: str, message: str, hidden: bool, shown: str, known: Open) -> str:
    """The message of a check, as a student reads it.

    - hidden: whether the check has lines that are not in the release
    - shown: what of it is in the release: its numbers are public
    - known: what may be said of it, in words: of what failed, its own too
    """
    message, public = clean_message(message), set(_NUMBER.findall(shown))
    if outcome == "error":
        return raised(message, known, public) if hidden else raised(message, known, public, _EXACT, float("inf"))
    if outcome != "failed":
        return message
    if not hidden:
        return known.of(message)
    lines = _gaps("\n".join(_without_values(message.split("\n"), known)), public | set(_SMALL)).split("\n")
    return "\n".join(map(_whole, lines))


def raised(message: str, known: Open, public: Collection[str] = (), numbers: re.Pattern = _NUMBER,
           phrases: float = PHRASES) -> str:
    """What the student's code raised while it may have known what is hidden.

    - known: whose words are said; public: numbers that are said; numbers: what else is none of those that are
    - phrases: how many are said of what it wrote
    """
    message = clean_message(message)
    begins, ends = _BEGINS.match(message), _ENDS.search(message)
    where, there = begins[0] if begins else "", ends[0] if ends else ""
    text = message[len(where):len(message) - len(there)].partition("\n")[0].rstrip()
    text = "".join(GAP if not letter.isascii() and unicodedata.numeric(letter, None) is not None else letter
                   for letter in unicodedata.normalize("NFKC", text))               # digits of any script
    text = _gaps(_SPELT.sub(f"{GAP} ", text), public, numbers).rstrip()
    text = known.of(text, phrases)
    text = _QUOTED.sub(f"'{GAP}'", _first(_NAMED, _first(_NUMBER, text, FIGURES, public), NAMES))
    words = text.split(" ")
    room = RAISED - len(where) - len(there) - len(f" {GAP}")
    if len(words) > WORDS or len(text) > room:
        text = f"{' '.join(words[:WORDS])[:room]} {GAP}"
    return f"{where}{text}{there}"


def _without_values(lines: list[str], known: Open) -> list[str]:
    """A failed check's lines but for values that say nothing in words."""
    kept, inside = [], ""
    for line in lines:
        label = _LABEL.match(line)
        inside = label[1] if label else inside if line.startswith("   ") else ""
        words = _NUMBER.sub("", line[label.end():] if label else line)
        if inside not in _VALUES:
            kept.append(known.of(line))
        elif inside != "off" and _WORDS.search(words):              # such as "an array of ..."; it may be the student's
            kept.append(known.of(line if len(line) <= VALUE else f"{line[:VALUE]} {GAP}", PHRASES))
    return kept


def _gaps(text: str, public: Collection[str], numbers: re.Pattern = _NUMBER) -> str:
    """The text with a gap for each number that is not public."""
    text = numbers.sub(lambda one: one[0] if one[0] in public else GAP, _LONG.sub(GAP, text))
    return _HALVES.sub(GAP, _GAPS.sub(GAP, text))


def _whole(line: str) -> str:
    for half, words in _HALF_SAID:
        line = half.sub(words, line)
    return line


def _first(pattern: re.Pattern, text: str, most: int, free: Collection[str] = ()) -> str:
    """The text with a gap for each match after the first ones; `free` ones do not count."""
    found: set[str] = set()

    def said(one: re.Match) -> str:
        if one[0] not in free and len(found) < most:
            found.add(one[0])
        return one[0] if one[0] in free or one[0] in found else GAP

    return _GAPS.sub(GAP, pattern.sub(said, text))
