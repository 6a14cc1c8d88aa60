"""Formgrader and feedback pages: what nbconvert writes of a submission into them, made harmless.

nbgrader's page templates put the HTML of Markdown cells in as it is, whatever `sanitize_html` says. The filters here
take the place of nbconvert's (`HTMLExporter.filters` in `config.py`), for formgrader and feedback alike; in the
notebooks stays every character that the student wrote. `Clean` is the step of nbgrader's autograde that cleans what
the student's cells put out.
"""

from itertools import pairwise

from jinja2 import pass_context
from jinja2.filters import do_float, do_round
from nbgrader.preprocessors import NbGraderPreprocessor
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from grading import NOTE
from grading.desk import html as harmless
from grading.desk.markdown import LONG, SHOWN, plain, render, with_data_attached
from grading.desk.outputs import clean_notebook
from grading.desk.text import clean_message, printable

_BESIDE = ('<div style="display: flex; flex-wrap: wrap; gap: 1.5em">'
           '<div style="flex: 1 1 22em; min-width: 0; max-height: 75vh; overflow: auto; background: #f6f6f3; '
           'padding: 0 1em">{}</div><div style="flex: 1 1 26em; min-width: 0">{}</div></div>')
PAGE = 300_000               # characters of a page that are rendered: Pygments too is quadratic in some texts


class Words(str):
    """What a page says in the place of a score."""

    __slots__ = ()


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
    cell = context.get("cell", {})
    html = _rendered(context, source, cell.get("attachments"))
    if "submission_id" not in context.get("resources", {}) or source is not cell.get("source"):
        return html
    asked, answer = _pair(context["nb"].cells, cell)
    if answer is cell:
        text = asked.source.replace("### BEGIN MARK SCHEME", "#### MARK SCHEME").replace("### END MARK SCHEME", "")
        return _BESIDE.format(_rendered(context, text, asked.get("attachments")), html)
    return '<p><em>This question stands beside its answer, below.</em></p>' if asked is cell else html


def _rendered(context, source: str, attachments: object) -> str:
    source, attachments = with_data_attached(source, attachments)
    return render(source, attachments) if _fits(context, source, SHOWN) else plain(source)


def _pair(cells: list, cell) -> tuple:
    """(question, answer) where a text cell is one of the two; in formgrader they stand beside each other."""
    pairs = [pair for pair in pairwise(cells) if any(one is cell for one in pair)]
    return next(((asked, answer) for asked, answer in pairs
                 if _is(asked, "locked") and _is(answer, "solution") and _is(answer, "grade")), (None, None))


def _is(cell, what: str) -> bool:
    return cell.cell_type == "markdown" and bool(cell.metadata.get("nbgrader", {}).get(what))


def number_or_words(value: object, default: float = 0.0) -> float | str:
    """In place of Jinja's `float`: nbgrader's templates say so of a score, which may be in words here."""
    return value if isinstance(value, Words) else do_float(value, default)


def rounded_or_words(value: float | str, precision: int = 0) -> float | str:
    return value if isinstance(value, Words) else do_round(value, precision)


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


def _fits(context, source: str, longest: int = LONG) -> bool:
    """Whether this cell is short enough to be rendered, and so is the page up to here."""
    resources = context.get("resources")
    if resources is None:
        return len(source) <= longest
    resources["kit_rendered"] = resources.get("kit_rendered", 0) + len(source)
    return len(source) <= longest and resources["kit_rendered"] <= PAGE
