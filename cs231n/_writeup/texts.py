"""Markdown as typst's code: every letter of it in a string, so that nothing in it can be code itself.

pandoc reads the Markdown (CommonMark with tables, as Jupyter does) and the HTML in it, and says what it found as a tree
of blocks and inlines; what is written here for a tree holds functions of `template.typ`, numbers, and strings.
"""

import json
import re
import unicodedata

from cs231n._writeup import formulas, programs
from cs231n._writeup.inlines import DEPTH, TAG, Inlines
from cs231n._writeup.strings import APART, CHUNK, LINES, breakable, clean, stacked, string

LONGEST = 100_000                # characters of a text that are read as Markdown; the rest is left out, and said
NODES = 60_000                   # of a text's tree
LEVELS = 900                     # of that tree; a quote in a quote takes three of them
CELLS = 3_000                    # of its tables
WORDS = 120                      # words and spaces that are kept together where an answer is cut
DEADLINE = 4                     # seconds of computing, for each time that pandoc is asked
_MARKDOWN = "commonmark+pipe_tables+strikeout+task_lists+autolink_bare_uris+footnotes"
_HTML = "html-native_divs-native_spans"
_DATA = re.compile(r"data:(image/[a-z]{2,8});base64,([A-Za-z0-9+/=\s]{40,}?)(?=[\s)\"'>]|\Z)")
_WORDS = re.compile(r"[A-Za-z](?:[^\W_]|[ ,:;?!()'-]|\.(?= |\Z))*")       # without any sign that Markdown reads
_RULED = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")       # below a table's head
_FENCE = re.compile(r" {0,3}(```|~~~)")
_LANGUAGE = re.compile(r"[a-z0-9+#-]{1,20}")


class TooMuch(Exception):
    """A text is too large, or too deep, to be set; the message is a clause that says what of it."""


def with_data_attached(text, attached):
    """(text, attached): pictures that were pasted as data into the text are attached instead."""
    attached = dict(attached)

    def attach(found):
        name = f"pasted-{len(attached)}"
        attached[name] = {found[1].replace("jpg", "jpeg"): found[2]}
        return f"attachment:{name}"

    return _DATA.sub(attach, text), attached


class Text(Inlines):
    """One text, made into typst's code: `blocks` holds a piece of it for each block.

    - problems: clauses that say what is not shown, or as its source
    """

    def __init__(self, source, attached, folder, defined, fine=False, formulas_as_typed=frozenset()):
        """Raises programs.Failed or TooMuch where a text cannot be read as Markdown.

        - attached: {name: {media type: base64}}; folder: typst's root; defined: see `formulas.definitions`
        - fine: with as many small blocks as can be; formulas_as_typed: numbers of those that typst cannot set
        """
        source, attached = with_data_attached(source, attached)
        super().__init__(attached, folder)
        self._cells, source = 0, clean(source)
        if len(source) > LONGEST:
            self.problems.append(f"it has {len(source):,} characters, of which the first {LONGEST:,} are shown")
            source = source[:LONGEST]
        if (lines := source.count("\n") + 1) > LINES:
            self.problems.append(f"it has {lines:,} lines, of which the first {LINES:,} are shown")
            source = "\n".join(source.split("\n")[:LINES])
        text, self._formulas = formulas.take_out(source)
        text = _with_tables_apart(text)
        self._math = formulas.converted(self._formulas, defined, DEADLINE)
        self._math = [None if number in formulas_as_typed else math for number, math in enumerate(self._math)]
        for (_, _, typed), math in zip(self._formulas, self._math):
            if math is None:
                shown = " ".join(typed.split())[:80]
                self.problems.append(f"the formula {shown} is not understood, and shown as typed")
        if len(self._formulas) == formulas.MOST:
            self.problems.append(f"it has more than {formulas.MOST:,} formulas; the others are shown as typed")
        tree = self._read(text, _MARKDOWN)
        tree = [finer for block in tree for finer in _finer(block)] if fine else tree
        self.blocks = [made for block in tree if (made := self._block(block, 0))]

    @property
    def equations(self):
        """The formulas that are set as such: number -> typst's code."""
        return {number: self._equation(number) for number, math in enumerate(self._math) if math is not None}

    def _read(self, text, form):
        if _WORDS.fullmatch(text):
            return [{"t": "Para", "c": [{"t": "Str", "c": text}]}]
        made = programs.pandoc(text, form, "json", DEADLINE)
        if made.count('{"t"') > NODES:
            raise TooMuch(f"it has more than {NODES:,} parts")
        try:
            blocks = json.loads(made)["blocks"]
        except RecursionError:
            blocks = None
        if blocks is None or _is_deep(blocks):
            raise TooMuch("it is nested too deeply")
        return blocks

    # Blocks

    def _blocks(self, blocks, depth, between=APART):
        if depth > DEPTH:
            return f"typed-block({string(self._letters(blocks))})"
        return stacked(filter(None, (self._block(block, depth) for block in blocks)), between)

    def _block(self, block, depth):
        kind, content = block["t"], block.get("c")
        return getattr(self, f"_{kind}", self._other)(content, depth)

    def _other(self, content, depth):
        return f"{string(self._letters(content))}\nparbreak()"

    def _Para(self, inlines, depth):
        code = self._inlines(inlines)
        return f"paragraph({string(_direction(self._letters(inlines)))}, {code})"

    def _Plain(self, inlines, depth):
        return self._Para(inlines, depth)

    def _Header(self, content, depth):
        level, _, inlines = content
        return f"subheading({min(level, 6)}, {self._inlines(inlines)})"

    def _CodeBlock(self, content, depth):
        (_, classes, _), text = content
        text = formulas.as_typed(text, self._formulas)
        language = classes[0].lower() if classes and len(text) < 20_000 else ""
        language = language if _LANGUAGE.fullmatch(language) else ""
        return f"code({string(breakable(text))}, {string(language)})"

    def _RawBlock(self, content, depth):
        form, text = content
        if form != "html":
            return f"typed-block({string(text)})"
        if TAG.sub("", text).strip() == "" and "<img" not in text.lower():
            return ""
        blocks = self._read(text, _HTML)
        return stacked(filter(None, (self._block(inner, depth + 1) for inner in blocks if inner["t"] != "RawBlock")))

    def _BlockQuote(self, blocks, depth):
        return f"quote(block: true, {self._blocks(blocks, depth + 1)})"

    def _BulletList(self, items, depth):
        return self._list("list", "", items, depth)

    def _OrderedList(self, content, depth):
        (start, style, delimiter), items = content
        numbering = {"LowerAlpha": "a", "UpperAlpha": "A", "LowerRoman": "i", "UpperRoman": "I"}.get(style["t"], "1")
        numbering += ")" if delimiter["t"] != "Period" and delimiter["t"] != "DefaultDelim" else "."
        return self._list("enum", f"start: {max(0, min(start, 10**9))}, numbering: {string(numbering)}, ", items, depth)

    def _list(self, kind, how, items, depth):
        if depth >= DEPTH:
            return f"typed-block({string(self._letters(items))})"
        tight = all(block["t"] != "Para" for item in items for block in item)
        inner = ", ".join(self._blocks(item, depth + 1, "\n" if tight else APART) for item in items)
        return f"{kind}({how}tight: {'true' if tight else 'false'}, {inner})"

    def _DefinitionList(self, content, depth):
        return "terms(" + ", ".join(
            f"({self._inlines(term)}, {self._blocks([block for one in meant for block in one], depth + 1)})"
            for term, meant in content) + ")"

    def _HorizontalRule(self, content, depth):
        return "rule()"

    def _LineBlock(self, lines, depth):
        return "linebreak()\n".join(self._inlines(line) for line in lines) + "\nparbreak()"

    def _Div(self, content, depth):
        return self._blocks(content[1], depth + 1)

    def _Figure(self, content, depth):
        return self._blocks(content[2], depth + 1)

    def _Table(self, content, depth):
        _, _, columns, head, bodies, foot = content
        rows = [*head[1], *(row for body in bodies for row in (*body[2], *body[3])), *foot[1]]
        self._cells += sum(len(row[1]) for row in rows)
        if self._cells > CELLS:
            raise TooMuch(f"its tables have more than {CELLS:,} cells")
        sides = {"AlignLeft": "left", "AlignRight": "right", "AlignCenter": "center"}
        align = ", ".join(sides.get(column[0]["t"], "left") for column in columns)
        cells = []
        for number, row in enumerate(rows):
            for _, side, down, across, blocks in row[1]:
                how = [f"align: {sides[side['t']]}"] if side["t"] in sides else []
                how += [f"rowspan: {min(down, len(rows) - number)}"] * (down > 1)
                how += [f"colspan: {min(across, len(columns))}"] * (across > 1)
                inner = self._blocks(blocks, max(depth + 1, 3))
                cells.append(f"table.cell({', '.join([*how, inner])})" if how else inner)
        return f"grid-of({len(columns)}, ({align},), {len(head[1])}, {', '.join(cells)})" if cells else ""


def _with_tables_apart(text):
    """The text with an empty line before a table that stands right below words, as Jupyter reads it."""
    lines, made, fence = text.split("\n"), [], ""
    for number, line in enumerate(lines):
        if found := _FENCE.match(line):
            fence = "" if fence == found[1] else fence or found[1]
        ruled = lines[number + 1] if number + 1 < len(lines) else ""
        if not fence and made and made[-1].strip() and "|" in line and "|" in ruled and _RULED.fullmatch(ruled):
            made.append("")
        made.append(line)
    return "\n".join(made)


def _finer(block):
    """A block in pieces, between which a page may end."""
    kind, content = block["t"], block.get("c")
    if kind == "CodeBlock":
        lines = content[1].split("\n")
        parts = [[content[0], "\n".join(lines[start:start + CHUNK])] for start in range(0, len(lines), CHUNK)]
    elif kind == "BulletList":
        parts = [[item] for item in content]
    elif kind == "OrderedList":
        (start, *how), items = content
        parts = [[[start + number, *how], [item]] for number, item in enumerate(items)]
    elif kind == "BlockQuote":
        parts = [[inner] for inner in content]
    elif kind == "Para":
        parts = [content[start:start + WORDS] for start in range(0, len(content), WORDS)]
    else:
        parts = [content]
    return [{"t": kind, "c": part} for part in parts]


def _is_deep(tree):
    """Told by its levels, not by what an interpreter can still walk: Pythons differ in that."""
    level = [tree]
    for _ in range(LEVELS):
        level = [part for whole in level if isinstance(whole, list | dict)
                 for part in (whole.values() if isinstance(whole, dict) else whole)]
    return bool(level)


def _direction(text):
    """Which way a paragraph runs: as its first letter does."""
    for letter in text[:200]:
        side = unicodedata.bidirectional(letter)
        if side in ("L", "R", "AL"):
            return "ltr" if side == "L" else "rtl"
    return "ltr"
