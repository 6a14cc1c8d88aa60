"""Formgrader and feedback pages: what nbconvert writes of a submission into them, made harmless.

nbgrader's page templates put the HTML of Markdown cells in as it is, whatever `sanitize_html` says. The filters here
take the place of nbconvert's (`HTMLExporter.filters` in `config.py`), for formgrader and feedback alike; in the
notebooks stays every character that the student wrote. `Clean` is the step of nbgrader's autograde that cleans what
the student's cells put out.
"""

from html import escape

from jinja2 import pass_context
from mistune import HTMLRenderer, import_plugin
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbgrader.preprocessors import NbGraderPreprocessor
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from grading import desk
from grading.execute import NOTE

# Mistune and Pygments take time quadratic in the length of some texts: 0.4 and 0.8 s for this much, at worst.
LONG = 10_000                # characters of a cell; a longer one is shown as plain text
PAGE = 300_000               # characters of a page
SHOWN = 200_000              # characters of a cell that are shown at all


class Clean(NbGraderPreprocessor):
    """Make the outputs of an executed notebook, and the messages noted in it, harmless before it is kept."""

    def preprocess(self, nb, resources):
        desk.clean_notebook(nb)
        for cell in nb.cells:
            if NOTE in cell.metadata:
                cell.metadata[NOTE]["message"] = desk.clean_message(cell.metadata[NOTE]["message"])
        return nb, resources


def render(markdown: str, attachments: object = None) -> str:
    """Markdown as Jupyter knows it, with math, as harmless HTML; `attachments` are its cell's."""
    if len(markdown) > LONG:
        return plain(markdown)
    try:
        renderer = _Renderer(escape=False, exclude_anchor_links=True)
        plugins = [import_plugin(name) for name in ("strikethrough", "table", "url", "def_list")]
        html = MarkdownWithMath(renderer=renderer, plugins=plugins).render(desk.printable(markdown))
    except Exception:                # a parser of free text, fed by anyone: the text is still there to be read
        return plain(markdown)
    return desk.clean_html(html, attachments)


def plain(text: str) -> str:
    """Text as it was typed."""
    return f"<pre>{escape(desk.printable(text[:SHOWN]))}{desk.CUT if len(text) > SHOWN else ''}</pre>"


class _Renderer(IPythonRenderer):
    """nbconvert's renderer, which raises for a picture that is not in the notebook; `clean_html` puts pictures in."""

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return HTMLRenderer.image(self, text, url, title)


# --- nbconvert's filters ----------------------------------------------------------------------------------------

@pass_context
def markdown2html(context, source: str) -> str:
    """A text cell, or a grader's comment."""
    return render(source, context.get("cell", {}).get("attachments")) if _fits(context, source) else plain(source)


@pass_context
def highlight_code(context, source: str, language=None, metadata=None) -> str:
    """A code cell, always as Python: a magic in its first line must not choose the parser."""
    if not _fits(context, source):
        return plain(source)
    return highlight(desk.printable(source) or " ", PythonLexer(), HtmlFormatter(cssclass=" highlight hl-ipython3"))


def clean_html(html: str | bytes) -> str:
    """An output in HTML, or a raw cell."""
    html = html.decode(errors="replace") if isinstance(html, bytes) else str(html)
    return desk.clean_html(html) if len(html) <= 5 * desk.HTML else plain(html)


def as_it_is(text: str) -> str:
    """In place of `strip_files_prefix`, which makes `files/javascript:...` a script after it was found harmless."""
    return text


def _fits(context, source: str) -> bool:
    """Whether this cell is short enough to be rendered, and so is the page up to here."""
    resources = context.get("resources")
    if resources is None:
        return len(source) <= LONG
    resources["kit_rendered"] = resources.get("kit_rendered", 0) + len(source)
    return len(source) <= LONG and resources["kit_rendered"] <= PAGE
