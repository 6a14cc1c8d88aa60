"""Markdown of a submission as harmless HTML."""

import re
from collections.abc import Iterator
from html import escape

from mistune import HTMLRenderer, import_plugin
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from grading.desk import formulas
from grading.desk.html import clean_html, is_tag
from grading.desk.text import CUT, printable

# Mistune takes time quadratic in the length of some texts: 0.4 s for this much, at worst.
LONG = 10_000                # characters that are rendered at once; a longer paragraph is shown as plain text
SHOWN = 200_000              # characters of a cell that are shown at all
_DATA = re.compile(r"data:(image/(?:png|jpe?g));base64,([A-Za-z0-9+/=]{64,})")
_PRICE = re.compile(r"\d[\d.,]*+(?:[ ,/-]+[A-Za-z]{2,}){1,20}\W{0,9}")   # and what stands between two of them
_EMPTY_LINE = re.compile(r"\n[ \t]*\n")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_SIGN = re.compile("(<[^<>\"]*(?:\"[^\"]*\"[^<>\"]*)*>)|\ue000(\\d{1,6})\ue001")         # a tag, or a formula's place
_FORGED = str.maketrans("\ue000\ue001", "\ufffd\ufffd")


def render(markdown: str, attachments: object = None, drawn: bool = True) -> str:
    """Markdown as Jupyter knows it, with formulas drawn or as typed, as harmless HTML; `attachments` are its cell's."""
    if len(markdown) > SHOWN:
        return plain(markdown)
    return "".join(_render(part, attachments, drawn) for part in _parts(markdown))


def with_data_attached(markdown: str, attachments: object = None) -> tuple[str, dict]:
    """(text, attachments): pictures that were pasted as data into the text are attached instead."""
    found = dict(attachments) if isinstance(attachments, dict) else {}

    def attach(match: re.Match) -> str:
        name = f"pasted-{len(found)}"
        found[name] = {match[1].replace("jpg", "jpeg"): match[2]}
        return f"attachment:{name}"

    return _DATA.sub(attach, markdown), found


def _parts(markdown: str) -> Iterator[str]:
    """The text in pieces of at most LONG characters, cut where a paragraph ends and no code block is open."""
    if len(markdown) <= LONG:
        yield markdown
        return
    part, paragraph, fence = "", "", ""
    for line in markdown.splitlines(keepends=True):
        if match := _FENCE.match(line):
            fence = "" if fence == match[1] else fence or match[1]
        paragraph += line
        if not line.strip() and not fence:
            if part and len(part) + len(paragraph) > LONG:
                yield part
                part = ""
            part, paragraph = part + paragraph, ""
    if part and len(part) + len(paragraph) > LONG:
        yield part
        part = ""
    yield part + paragraph


def _render(markdown: str, attachments: object, drawn: bool) -> str:
    if len(markdown) > LONG:
        return plain(markdown)
    try:
        renderer = _Renderer(drawn, escape=False, exclude_anchor_links=True)
        plugins = [import_plugin(name) for name in ("strikethrough", "table", "url", "def_list")]
        html = MarkdownWithMath(renderer=renderer, plugins=plugins).render(printable(markdown).translate(_FORGED))
    except Exception:                # a parser of free text, fed by anyone: the text is still there to be read
        return plain(markdown)
    return renderer.with_formulas(clean_html(html, attachments))


def plain(text: str) -> str:
    """Text as it was typed."""
    return f"<pre>{escape(printable(text[:SHOWN]))}{CUT if len(text) > SHOWN else ''}</pre>"


class _Renderer(IPythonRenderer):
    """nbconvert's renderer, which raises for a picture that is not in the notebook; `clean_html` puts pictures in.

    A sign stands for a formula until the HTML around it is clean.
    """

    def __init__(self, drawn: bool, **options):
        super().__init__(**options)
        self._drawn = drawn
        self._formulas: dict[str, tuple[str, bool, str]] = {}     # TeX, whether it is displayed, as typed

    def with_formulas(self, cleaned: str) -> str:
        """Formulas in their places, in what `clean_html` returned; inside a tag, as they were typed."""
        def put(match: re.Match) -> str:
            return _SIGN.sub(typed, match[1][1:-1]).join("<>") if match[1] else drawn(match)

        def typed(match: re.Match) -> str:
            return escape(self._taken(match[2])[2]) if match[2] else match[0]

        def drawn(match: re.Match) -> str:
            tex, display, source = self._taken(match[2])
            return self._drawn and formulas.mathml(tex, display) or escape(source)

        return _SIGN.sub(put, cleaned)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return HTMLRenderer.image(self, text, url, title)

    def inline_html(self, html: str) -> str:
        return super().inline_html(html) if is_tag(html) else escape(html)

    def block_math(self, body: str) -> str:
        return self._displayed(body, f"$${body}$$")

    def inline_math(self, body: str) -> str:
        whole = f"${body}$"
        return escape(whole) if _PRICE.fullmatch(body) else self._sign(body, False, whole)

    def latex_environment(self, name: str, body: str) -> str:
        whole = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return self._displayed(whole, whole)

    def _displayed(self, tex: str, source: str) -> str:
        """Words between two paragraphs are none, whatever was opened before them."""
        return escape(source) if _EMPTY_LINE.search(tex.strip()) else self._sign(tex, True, source)

    def _sign(self, tex: str, display: bool, source: str) -> str:
        number = str(len(self._formulas))
        self._formulas[number] = tex, display, source
        return f"\ue000{number}\ue001"

    def _taken(self, number: str) -> tuple[str, bool, str]:
        """Each formula once: a sign that was written as an entity stands for nothing."""
        return self._formulas.pop(number, ("", False, ""))
