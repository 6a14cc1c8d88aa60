"""Figures in words, for those who do not see them: what a cell draws carries the text that the notebook has for it.

The text is the picture's own metadata `alt`, or else the cell's; JupyterLab and nbconvert read neither. Both show a
picture as HTML where it comes as HTML, too; so a figure gets that beside its PNG, with the text as the alternative of
an <img>.
"""

import functools
import html
import json
import re
import sys
from pathlib import Path

_DESCRIBED = re.compile(r'<img alt="([^"<>]*)" src="data:image/png;base64,([\w+/=]*)">', re.ASCII)


def install():
    """Have the figures of this kernel described, where there is one; twice does no harm."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    if hasattr(shell, "kernel"):
        shell.display_pub.register_hook(lambda message: _described(message, shell.kernel.get_parent()))


def _described(message, request):
    """The message that shows something, with HTML for its picture if that or the cell that was asked for has a text."""
    data, told = (message["content"].get(part, {}) for part in ("data", "metadata"))
    picture = data.get("image/png")
    if isinstance(picture, str) and "text/html" not in data and (
            text := told.get("image/png", {}).get("alt") or _text_of(request)):
        data["text/html"] = as_html(picture, text)
    return message


def as_html(picture, text):
    """A PNG in base64 as an <img> with its alternative text."""
    return f'<img alt="{html.escape(text)}" src="data:image/png;base64,{"".join(picture.split())}">'


def of_html(found):
    """(picture, text) of what `as_html` wrote, ("", "") for anything else."""
    parts = _DESCRIBED.fullmatch(found)
    return (parts[2], html.unescape(parts[1])) if parts else ("", "")


def _text_of(request):
    """The text for a cell: by its id, which JupyterLab sends along, or by its code."""
    texts = _texts(Path.cwd())
    return texts.get(request["metadata"].get("cellId")) or texts.get(request["content"]["code"].strip(), "")


@functools.cache
def _texts(folder):
    """The texts of the notebooks in a folder, by the cell's id and by its code."""
    found = {}
    for path in folder.glob("*.ipynb"):
        try:
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
                if text := cell["metadata"].get("alt"):
                    found[cell.get("id")] = found["".join(cell["source"]).strip()] = str(text)
        except (OSError, ValueError, TypeError, LookupError, AttributeError):
            continue               # no notebook, or one of another make: its figures are shown as they are
    return found
