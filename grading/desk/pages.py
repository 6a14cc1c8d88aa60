"""Formgrader's pages: what nbconvert writes of a submission into them, made harmless.

nbgrader's page templates put the HTML of Markdown cells in as it is, whatever `sanitize_html` says. The filters here
take the place of nbconvert's (`HTMLExporter.filters` in `config.py`); the work is done in a glovebox. In the notebooks
stays every character that the student wrote. `Clean` is the step of nbgrader's autograde that cleans what the student's
cells put out.
"""

import json
from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType

from jinja2 import pass_context
from nbgrader.preprocessors import NbGraderPreprocessor

from grading import MARKED_FOR, NOTE
from grading.desk.html import HTML
from grading.desk.markdown import LONG, SHOWN, plain, with_data_attached
from grading.desk.outputs import clean_notebook
from grading.desk.text import clean_message
from grading.engine import handling
from grading.engine.glovebox import Refused

_BESIDE = ('<div style="display: flex; flex-wrap: wrap; gap: 1.5em">'
           '<div style="flex: 1 1 22em; min-width: 0; max-height: 75vh; overflow: auto; background: #f6f6f3; '
           'padding: 0 1em">{}</div><div style="flex: 1 1 26em; min-width: 0">{}</div></div>')
_FORMER = ('<details class="kit-former" open><summary>This answer, or a picture in it, has changed since it was '
           'marked. The mark was given for:</summary>{}</details>')         # `mathjax.html.j2` hides it after a look
PAGE = 300_000               # characters of a page that are rendered: Pygments too is quadratic in some texts
CELL_SECONDS = 3.0           # of processor time for one cell
PAGE_SECONDS = 15.0          # and for all of a page; what comes then is shown as it was typed
PAGE_BYTES = 20_000_000      # of what a page comes to
_SECONDS, _BYTES = "kit_seconds", "kit_bytes"        # what is left of them


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
    html = rendered(source, cell.get("attachments"), context)
    if "submission_id" not in context.get("resources", {}) or source is not cell.get("source"):
        return html
    asked, answer = _pair(context["nb"].cells, cell)
    if answer is cell:
        text = asked.source.replace("### BEGIN MARK SCHEME", "#### MARK SCHEME").replace("### END MARK SCHEME", "")
        return _BESIDE.format(rendered(text, asked.get("attachments"), context), html + _former(context, cell))
    return '<p><em>This question stands beside its answer, below.</em></p>' if asked is cell else html


def rendered(source: str, attachments: object = None, context: Mapping = MappingProxyType({})) -> str:
    """Markdown as harmless HTML, made in a glovebox; too long, as it was typed. `context` is that of a page."""
    source, attachments = with_data_attached(source, attachments)
    if not _fits(context, source, SHOWN):
        return plain(source)
    return _converted(context, "markdown_cell", source, json.dumps(attachments).encode())


def _former(context, cell) -> str:
    """The text that an answer's mark was given for, where it is another now."""
    text = cell.get("metadata", {}).get(MARKED_FOR)
    return "" if text is None else _FORMER.format(
        rendered(text, None, context) if cell["cell_type"] == "markdown" else plain(text))


def _pair(cells: list, cell) -> tuple:
    """(question, answer) where a text cell is one of the two; in formgrader they stand beside each other."""
    pairs = [pair for pair in pairwise(cells) if any(one is cell for one in pair)]
    return next(((asked, answer) for asked, answer in pairs
                 if _is(asked, "locked") and _is(answer, "solution") and _is(answer, "grade")), (None, None))


def _is(cell, what: str) -> bool:
    return cell.cell_type == "markdown" and bool(cell.metadata.get("nbgrader", {}).get(what))


@pass_context
def highlight_code(context, source: str, language=None, metadata=None) -> str:
    """A code cell."""
    html = _converted(context, "code_cell", source) if _fits(context, source) else plain(source)
    cell = context.get("cell", {}) if "submission_id" in context.get("resources", {}) else {}
    return html + _former(context, cell) if source is cell.get("source") else html


@pass_context
def clean_html(context, html: str | bytes) -> str:
    """An output in HTML, or a raw cell."""
    html = html.decode(errors="replace") if isinstance(html, bytes) else str(html)
    return _converted(context, "html_output", html) if len(html) <= 5 * HTML else plain(html)


def as_it_is(text: str) -> str:
    """In place of `strip_files_prefix`, which makes `files/javascript:...` a script after it was found harmless."""
    return text


def _converted(context, what: str, source: str, asked: bytes = b"") -> str:
    """What gloves make of a cell, page by page; where that takes too long, the text as it was typed."""
    box, resources = handling.box(), context.get("resources")
    if resources is None:                    # no page: a text by itself, that pays for no other
        resources = {_SECONDS: CELL_SECONDS}
        box.begin(anew=False)
    elif _SECONDS not in resources:
        box.begin()
    left, before, room = resources.get(_SECONDS, PAGE_SECONDS), box.seconds, resources.get(_BYTES, PAGE_BYTES)
    if left <= 0:
        return plain(source)
    try:
        made = box.do(f"grading.desk.handling.{what}", asked, [source.encode("utf-8", "replace")],
                      seconds=min(left, CELL_SECONDS), most=PAGE_BYTES).decode()
        resources[_BYTES] = room - len(made)
        if len(made) > room:
            raise Refused("with the others it would make a page too large")
        return made
    except Refused as error:
        return f"<p><em>[shown as it was typed: {error}]</em></p>{plain(source)}"
    finally:
        resources[_SECONDS] = left - (box.seconds - before)


def _fits(context, source: str, longest: int = LONG) -> bool:
    """Whether this cell is short enough to be rendered, and so is the page up to here."""
    resources = context.get("resources")
    if resources is None:
        return len(source) <= longest
    resources["kit_rendered"] = resources.get("kit_rendered", 0) + len(source)
    return len(source) <= longest and resources["kit_rendered"] <= PAGE
