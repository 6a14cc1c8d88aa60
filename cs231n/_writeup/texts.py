"""Markdown as typst's code: every letter of it in a string, so that nothing in it can be code itself.

pandoc reads the Markdown (CommonMark with tables, as Jupyter does) and the HTML in it, and says what it found as a tree
of blocks and inlines; what is written here for a tree holds functions of `template.typ`, numbers, and strings.
"""

import json
import re
import unicodedata

from cs231n._writeup import formulas, pictures, programs

LONGEST = 100_000                # characters of a text that are read as Markdown; the rest is left out, and said
LINES = 3_000                    # of it
PLAIN = 60_000                   # characters that are shown of a text as it was typed
NODES = 60_000                   # of a text's tree
CELLS = 3_000                    # of its tables
DEPTH = 12                       # of lists in lists and the like; deeper ones are shown as plain text
MOST_PICTURES = 20               # of a text
CHUNK = 20                       # lines that are kept together where an answer is cut,
WORDS = 120                      # and words and spaces
DEADLINE = 4                     # seconds of computing, for each time that pandoc is asked
POINT = 10.5                     # of the text, in which pictures are measured
ROOM = 400                       # points that a picture may be wide,
HIGH = 480                       # and high
_MARKDOWN = "commonmark+pipe_tables+strikeout+task_lists+autolink_bare_uris+footnotes"
_HTML = "html-native_divs-native_spans"
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
                     "\ufff0-\ufffb\ud800-\udfff\ue000-\uf8ff\U000e0000-\U0010ffff]")
_MARKS = re.compile("([\u0300-\u036f]{4})[\u0300-\u036f]+")
_DATA = re.compile(r"data:(image/[a-z]{2,8});base64,([A-Za-z0-9+/=\s]{40,}?)(?=[\s)\"'>]|\Z)")
_WORDS = re.compile(r"[A-Za-z](?:[^\W_]|[ ,:;?!()'-]|\.(?= |\Z))*")       # without any sign that Markdown reads
_LANGUAGE = re.compile(r"[a-z0-9+#-]{1,20}")
_UNBROKEN = re.compile(r"([^\s\u200b]{60})(?=[^\s\u200b]{8})")
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s\"'<>\\]{1,2000}", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>")
_PAIRED = {"b": "strong", "strong": "strong", "i": "emph", "em": "emph", "u": "underline", "ins": "underline",
           "s": "strike", "del": "strike", "strike": "strike", "sup": "super", "sub": "sub", "code": "typed",
           "kbd": "typed", "tt": "typed", "samp": "typed", "mark": "highlight", "small": "small", "font": "",
           "span": "", "a": "", "center": "", "big": "", "p": "", "div": ""}
_COLORED = re.compile(r"""\bcolor\s*[:=]\s*["']?\s*(#[0-9a-fA-F]{6}|[a-z]+)""", re.IGNORECASE)
_SOURCE = re.compile(r"""\bsrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_WIDTH = re.compile(r"""\bwidth\s*[:=]\s*["']?\s*(\d{1,4})\s*(%|px)?""", re.IGNORECASE)


class TooMuch(Exception):
    """A text is too large, or too deep, to be set; the message is a clause that says what of it."""


def clean(text):
    """The text without signs that are not seen, run backwards or stand for nothing."""
    text = unicodedata.normalize("NFC", _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))
    return _MARKS.sub(r"\1", text).expandtabs(4)


def string(text):
    """A text as typst's literal."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{text}"'


def stacked(blocks):
    """Code for one content of several blocks."""
    return "{\n" + "\nparbreak()\n".join(blocks) + "\n}"


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


def with_data_attached(text, attached):
    """(text, attached): pictures that were pasted as data into the text are attached instead."""
    attached = dict(attached)

    def attach(found):
        name = f"pasted-{len(attached)}"
        attached[name] = {found[1].replace("jpg", "jpeg"): found[2]}
        return f"attachment:{name}"

    return _DATA.sub(attach, text), attached


class Text:
    """One text, made into typst's code: `blocks` holds a piece of it for each block.

    - problems: clauses that say what is not shown, or as its source
    """

    def __init__(self, source, attached, folder, defined, fine=False, formulas_as_typed=frozenset()):
        """Raises programs.Failed or TooMuch where a text cannot be read as Markdown.

        - attached: {name: {media type: base64}}; folder: typst's root; defined: see `formulas.definitions`
        - fine: with as many small blocks as can be; formulas_as_typed: numbers of those that typst cannot set
        """
        self.problems = []
        self._folder, self._nodes, self._cells, self._shown = folder, 0, 0, 0
        source, self._attached = with_data_attached(source, attached)
        source = clean(source)
        if len(source) > LONGEST:
            self.problems.append(f"it has {len(source):,} characters, of which the first {LONGEST:,} are shown")
            source = source[:LONGEST]
        if (lines := source.count("\n") + 1) > LINES:
            self.problems.append(f"it has {lines:,} lines, of which the first {LINES:,} are shown")
            source = "\n".join(source.split("\n")[:LINES])
        text, self._formulas = formulas.take_out(source)
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
            return json.loads(made)["blocks"]
        except RecursionError:
            raise TooMuch("it is nested too deeply") from None

    # Blocks

    def _blocks(self, blocks, depth):
        if depth > DEPTH:
            return f"typed-block({string(self._letters(blocks))})"
        return stacked(filter(None, (self._block(block, depth) for block in blocks)))

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
        if _TAG.sub("", text).strip() == "" and "<img" not in text.lower():
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
        inner = ", ".join(self._blocks(item, depth + 1) for item in items)
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

    # Inlines

    def _inlines(self, inlines):
        """Code for one content; HTML tags in it that come in pairs hold what is between them."""
        stack = [("", [])]
        for inline in inlines:
            kind, content = inline["t"], inline.get("c")
            if kind == "RawInline":
                self._tag(content[1], stack)
            else:
                stack[-1][1].append(self._inline(kind, content))
        while len(stack) > 1:
            _close(stack)
        return _joined(stack[0][1])

    def _tag(self, text, stack):
        found = _TAG.fullmatch(text)
        name = found[2].lower() if found else ""
        if name == "br":
            stack[-1][1].append("linebreak()")
        elif name == "img":
            source = _SOURCE.search(text)
            source = next(filter(None, source.groups()), "") if source else ""
            stack[-1][1].append(self._picture(source, _WIDTH.search(text)))
        elif name in _PAIRED and found[1]:
            if any(name == opened for opened, _ in stack[1:]):
                while stack[-1][0] != name:
                    _close(stack)
                _close(stack)
        elif name in _PAIRED and len(stack) <= DEPTH:
            stack.append((name, []))
            color = _COLORED.search(found[3])
            stack[-1][1].append(_color(color[1]) if color else "")

    def _inline(self, kind, content):
        return getattr(self, f"_inline_{kind}", self._inline_other)(content)

    def _inline_other(self, content):
        return string(self._letters(content))

    def _inline_Str(self, text):
        pieces, end = [], 0
        for found in formulas.SIGN.finditer(text):
            pieces += [string(breakable(text[end:found.start()]))] * (found.start() > end)
            end = found.end()
            if int(found[1]) < len(self._formulas):
                pieces.append(self._equation(int(found[1])))
        return _joined(pieces + [string(breakable(text[end:]))] * (end < len(text)))

    def _equation(self, number):
        _, display, typed = self._formulas[number]
        math = self._math[number]
        if math is None:
            return f"unread-formula({string(breakable(typed))})"
        return f"formula({'true' if display else 'false'}, {string(math)})"

    def _inline_Space(self, _):
        return '" "'

    _inline_SoftBreak = _inline_Space

    def _inline_LineBreak(self, _):
        return "linebreak()"

    def _inline_Code(self, content):
        return f"typed({string(breakable(formulas.as_typed(content[1], self._formulas)))})"

    def _wrapped(function):                                        # noqa: N805  (makes methods)
        return lambda self, inlines: f"{function}({self._inlines(inlines)})"

    _inline_Emph, _inline_Strong, _inline_Strikeout = _wrapped("emph"), _wrapped("strong"), _wrapped("strike")
    _inline_Superscript, _inline_Subscript = _wrapped("super"), _wrapped("sub")
    _inline_Underline, _inline_SmallCaps = _wrapped("underline"), _wrapped("smallcaps")

    def _inline_Span(self, content):
        return self._inlines(content[1])

    def _inline_Quoted(self, content):
        return _joined(['"“"', self._inlines(content[1]), '"”"'])

    def _inline_Note(self, blocks):
        return f"footnote({self._blocks(blocks, DEPTH - 1)})"

    def _inline_Math(self, content):
        return f"unread-formula({string(content[1])})"

    def _inline_Link(self, content):
        _, inlines, (address, _) = content
        shown = self._inlines(inlines)
        return f"link({string(address)}, {shown})" if _ADDRESS.fullmatch(address) else shown

    def _inline_Image(self, content):
        (_, _, named), inlines, (source, _) = content
        width = next((value for key, value in named if key == "width"), "")
        return self._picture(source, _WIDTH.search(f"width={width}"), self._letters(inlines))

    # Pictures

    def _picture(self, source, width, words=""):
        source = formulas.as_typed(source, self._formulas)
        self._shown += 1
        try:
            if self._shown > MOST_PICTURES:
                raise pictures.Unreadable(f"an answer shows at most {MOST_PICTURES}")
            made = pictures.write(self._content(source), self._folder)
        except pictures.Unreadable as why:
            name = words or ("" if source.startswith("data:") else source.removeprefix("attachment:")[:80])
            self.problems.append(f"the picture {name or 'without a name'} is not shown: {why}")
            return f"unread-picture({string(breakable(name))}, {string(str(why))})"
        wide = made.width * 0.6
        if width:
            wide = ROOM * min(int(width[1]), 100) / 100 if width[2] == "%" else int(width[1]) * 0.75
        wide = max(20, min(wide, ROOM, HIGH * made.width / made.height))
        return f"picture({string(made.name)}, {wide / POINT:.2f}em, {string(words or 'a picture')})"

    def _content(self, source):
        """The bytes of a picture that is in the notebook; nothing is read from elsewhere."""
        from urllib.parse import unquote

        if source.startswith("attachment:"):
            name = source.removeprefix("attachment:")
            bundle = self._attached.get(name) or self._attached.get(unquote(name))
            if not bundle:
                raise pictures.Unreadable("it is not in the notebook")
            kind = next((kind for kind in pictures.KINDS if kind in bundle), None)
            if kind is None:
                raise pictures.Unreadable(f"it is {', '.join(sorted(bundle))[:60]}, and no PNG, JPEG, GIF or WebP")
            return pictures.decoded(bundle[kind])
        if re.match(r"[a-z]+:|//", source, re.IGNORECASE):
            raise pictures.Unreadable("it is somewhere else, and not in the notebook")
        raise pictures.Unreadable("no such PNG or JPEG was handed in beside the notebook")

    def _letters(self, tree):
        """All text of a tree, without its form."""
        found = []
        todo = [tree]
        while todo:
            one = todo.pop()
            if isinstance(one, list):
                todo.extend(reversed(one))
            elif isinstance(one, dict):
                if one["t"] in ("Str", "Code", "CodeBlock", "Math"):
                    content = one["c"]
                    found.append(content if isinstance(content, str) else content[1])
                elif one["t"] in ("Space", "SoftBreak"):
                    found.append(" ")
                elif one["t"] in ("Para", "Plain", "LineBreak", "Header"):
                    found.append("\n")
                    todo.append(one.get("c", []))
                else:
                    todo.append(one.get("c", []))
        return formulas.as_typed("".join(found), self._formulas).strip()


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


def _joined(pieces):
    pieces = [piece for piece in pieces if piece]
    return pieces[0] if len(pieces) == 1 else "{" + "; ".join(pieces) + "}"


def _close(stack):
    name, pieces = stack.pop()
    color, inner = pieces[0], _joined(pieces[1:])
    inner = f"{_PAIRED[name]}({inner})" if _PAIRED[name] else inner
    stack[-1][1].append(f"{{{color}; {inner}}}" if color else inner)


def _color(name):
    value = formulas.COLORS.get(name.lower(), name if name.startswith("#") else "")
    return f"set text(fill: rgb({string(value)}))" if value else ""


def _direction(text):
    """Which way a paragraph runs: as its first letter does."""
    for letter in text[:200]:
        side = unicodedata.bidirectional(letter)
        if side in ("L", "R", "AL"):
            return "ltr" if side == "L" else "rtl"
    return "ltr"
