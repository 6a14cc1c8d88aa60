"""Texts as strings of typst's code: whatever letters they hold, they are no code themselves."""

import re
import unicodedata

PLAIN = 60_000                   # characters that are shown of a text as it was typed
LINES = 3_000                    # of any text
APART = "\nparbreak()\n"         # paragraphs
CHUNK = 20                       # of them that are kept together where an answer is cut
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
                     "\ufff0-\ufffb\ud800-\udfff\ue000-\uf8ff\U000e0000-\U0010ffff]")
_MARKS = re.compile("([\u0300-\u036f]{4})[\u0300-\u036f]+")
_UNBROKEN = re.compile(r"([^\s\u200b]{60})(?=[^\s\u200b]{8})")


def clean(text):
    """The text without signs that are not seen, run backwards or stand for nothing."""
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    return _MARKS.sub(r"\1", text).expandtabs(4)


def string(text):
    """A text as typst's literal."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{text}"'


def stacked(blocks, between=APART):
    """Code for one content of several blocks."""
    return "{\n" + between.join(blocks) + "\n}"


def plain(text):
    """Blocks of typst's code for a text as it was typed."""
    text = clean(text)
    lines = breakable(text[:PLAIN]).split("\n")[:LINES]
    parts = ["\n".join(lines[start:start + CHUNK]) for start in range(0, len(lines), CHUNK)]
    blocks = [f"typed-block({string(part)})" for part in parts]
    return blocks + ['note("... cut here ...")'] * (len(text) > PLAIN or text.count(chr(10)) >= LINES)


def breakable(text):
    """The text with places where a word that fills a line may be broken."""
    return _UNBROKEN.sub("\\1\u200b", _UNSEEN.sub("", text))
