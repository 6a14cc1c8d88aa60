"""Markdown of a submission as harmless HTML."""

from html import escape

from mistune import HTMLRenderer, import_plugin
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from grading.desk.html import clean_html
from grading.desk.text import CUT, printable

# Mistune takes time quadratic in the length of some texts: 0.4 s for this much, at worst.
LONG = 10_000                # characters of a cell; a longer one is shown as plain text
SHOWN = 200_000              # characters of a cell that are shown at all


def render(markdown: str, attachments: object = None) -> str:
    """Markdown as Jupyter knows it, with math, as harmless HTML; `attachments` are its cell's."""
    if len(markdown) > LONG:
        return plain(markdown)
    try:
        renderer = _Renderer(escape=False, exclude_anchor_links=True)
        plugins = [import_plugin(name) for name in ("strikethrough", "table", "url", "def_list")]
        html = MarkdownWithMath(renderer=renderer, plugins=plugins).render(printable(markdown))
    except Exception:                # a parser of free text, fed by anyone: the text is still there to be read
        return plain(markdown)
    return clean_html(html, attachments)


def plain(text: str) -> str:
    """Text as it was typed."""
    return f"<pre>{escape(printable(text[:SHOWN]))}{CUT if len(text) > SHOWN else ''}</pre>"


class _Renderer(IPythonRenderer):
    """nbconvert's renderer, which raises for a picture that is not in the notebook; `clean_html` puts pictures in."""

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return HTMLRenderer.image(self, text, url, title)
