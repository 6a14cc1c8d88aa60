"""What stands in a line, as typst's code: words, formulas, tags of HTML that come in pairs, links, pictures."""

import re

from cs231n._writeup import formulas, pictures
from cs231n._writeup.formulas import SIGN
from cs231n._writeup.strings import breakable, string

DEPTH = 12                       # of lists in lists and the like; deeper ones are shown as plain text
MOST_PICTURES = 20               # of a text
POINT = 10.5                     # of the text, in which pictures are measured
ROOM = 400                       # points that a picture may be wide,
HIGH = 480                       # and high
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s\"'<>\\]{1,2000}", re.IGNORECASE)
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>")
_PAIRED = {"b": "strong", "strong": "strong", "i": "emph", "em": "emph", "u": "underline", "ins": "underline",
           "s": "strike", "del": "strike", "strike": "strike", "sup": "super", "sub": "sub", "code": "typed",
           "kbd": "typed", "tt": "typed", "samp": "typed", "mark": "highlight", "small": "small", "font": "",
           "span": "", "a": "", "center": "", "big": "", "p": "", "div": ""}
_OTHERS = frozenset(
    "abbr address area article aside audio base bdi bdo blockquote body br button canvas caption cite col colgroup dd "
    "details dfn dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr "
    "html iframe img input label legend li link main map math meta nav noscript object ol optgroup option output param "
    "picture pre progress q rp rt ruby script section select source strong style summary svg table tbody td template "
    "textarea tfoot th thead time title tr track ul var video wbr".split())
_ATTRIBUTES = re.compile(r"(?:\s+(?:[\w:@-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+)|open|hidden|controls|nowrap))*"
                         r"\s*/?", re.IGNORECASE)
_BLANK = ("Space", "SoftBreak")
_COLORED = re.compile(r"""\bcolor\s*[:=]\s*["']?\s*(#[0-9a-fA-F]{6}|[a-z]+)""", re.IGNORECASE)
_SOURCE = re.compile(r"""\bsrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_WIDTH = re.compile(r"""\bwidth\s*[:=]\s*["']?\s*(\d{1,4})\s*(%|px)?""", re.IGNORECASE)


class Inlines:
    """Of one text. What it reads of itself is there once the text is read: `problems`, `_formulas` as they were taken
    out, `_math` in typst's words (None: as typed), `_attached` pictures, `_folder` for those that are shown.
    """

    def __init__(self, attached, folder):
        self.problems = []
        self._attached, self._folder, self._shown = attached, folder, 0
        self._formulas, self._math = [], []

    def _inlines(self, inlines):
        """Code for one content; HTML tags in it that come in pairs hold what is between them."""
        stack = [("", [])]
        for number, inline in enumerate(inlines):
            kind, content = inline["t"], inline.get("c")
            if kind == "RawInline":
                self._tag(content[1], stack)
            elif kind not in _BLANK or not any(map(self._is_displayed, inlines[max(0, number - 1):number + 2])):
                stack[-1][1].append(self._inline(kind, content))
        while len(stack) > 1:
            _close(stack)
        return _joined(stack[0][1])

    def _is_displayed(self, inline):
        """Whether this is a formula on lines of its own, beside which a blank would be one more line."""
        found = SIGN.fullmatch(inline["c"]) if inline["t"] == "Str" else None
        return bool(found) and int(found[1]) < len(self._formulas) and self._formulas[int(found[1])][1] \
            and self._math[int(found[1])] is not None

    def _tag(self, text, stack):
        found = TAG.fullmatch(text)
        name = found[2].lower() if found else ""
        if name == "br":
            stack[-1][1].append("linebreak()")
        elif name == "img":
            source = _SOURCE.search(text)
            source = next(filter(None, source.groups()), "") if source else ""
            stack[-1][1].append(self._picture(source, _WIDTH.search(text)))
        elif found and not _is_html(found):              # such as List<int>, or a<b then b>c
            stack[-1][1].append(string(breakable(text)))
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
        for found in SIGN.finditer(text):
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


def _is_html(tag):
    return tag[2].lower() in _OTHERS | _PAIRED.keys() and bool(_ATTRIBUTES.fullmatch(tag[3]))


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
