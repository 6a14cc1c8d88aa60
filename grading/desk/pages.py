"""Formgrader and feedback pages: what nbconvert writes of a submission into them, made harmless.

nbgrader's page templates put the HTML of Markdown cells in as it is, whatever `sanitize_html` says. The filters here
take the place of nbconvert's (`HTMLExporter.filters` in `config.py`), for formgrader and feedback alike; in the
notebooks stays every character that the student wrote. `Clean` is the step of nbgrader's autograde that cleans what
the student's cells put out.
"""

from jinja2 import pass_context
from nbgrader.preprocessors import NbGraderPreprocessor
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from grading import NOTE
from grading.desk import html as harmless
from grading.desk.markdown import LONG, plain, render
from grading.desk.outputs import clean_notebook
from grading.desk.text import clean_message, printable

PAGE = 300_000               # characters of a page that are rendered: Pygments too is quadratic in some texts


class Clean(NbGraderPreprocessor):
    """Make the outputs of an executed notebook, and the messages noted in it, harmless before it is kept."""

    def preprocess(self, nb, resources):
        clean_notebook(nb)
        for cell in nb.cells:
            noted = cell.metadata.get(NOTE, {})
            for told in {"message", "unloaded"} & noted.keys():
                noted[told] = clean_message(noted[told])
        return nb, resources


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
    return highlight(printable(source) or " ", PythonLexer(), HtmlFormatter(cssclass=" highlight hl-ipython3"))


def clean_html(html: str | bytes) -> str:
    """An output in HTML, or a raw cell."""
    html = html.decode(errors="replace") if isinstance(html, bytes) else str(html)
    return harmless.clean_html(html) if len(html) <= 5 * harmless.HTML else plain(html)


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
