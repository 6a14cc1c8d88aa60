"""How a failed check is shown in a notebook: the line that asked, the student's own line, and the message.

IPython asks an exception for `_render_traceback_`. What a student's function raises in a check is shown so, too, where
`_explained` has words for it; everything else is shown as IPython does.
"""

import sys

from cs231n import _explained
from cs231n._places import shown_places

_RED, _PLAIN = "\x1b[0;31m", "\x1b[0m"
_MOST, _LONGEST = 4, 94        # places, and characters of a line


def rendered(error, message=""):
    """Lines in place of a traceback: where it was, innermost last, then the message, the error's own by default."""
    found = list(dict.fromkeys(map(_told, shown_places(error))))
    return [*found[:1], *found[1:][1 - _MOST:], f"\n{_RED}{type(error).__name__}{_PLAIN}: {message or error}"]


def _told(place):
    """`Cell In[3], line 9`, and the line, unless the message is written in it."""
    shell = _shell()
    name = " ".join(shell.compile.format_code_name(place.file) or ()) if shell else ""
    file = f"{place.module.replace('.', '/')}.py" if place.is_students else place.file
    where = f"{name}, line {place.line}" if name else f"File {file}:{place.line}, in {place.function}"
    text = place.text if len(place.text) <= _LONGEST else f"{place.text[:_LONGEST - 4]} ..."
    return where if text.startswith("raise ") else f"{where}\n    {text}"


def install():
    """Have IPython, where it runs, show the errors of this session so; a handler of somebody else's is left alone."""
    shell = _shell()
    if shell is not None and not shell.custom_exceptions:
        shell.set_custom_exc((Exception,), _show)


def _show(shell, kind, error, trace, tb_offset=None):
    if not hasattr(error, "_render_traceback_") and (message := _explained.explained(error)):
        error._render_traceback_ = lambda: rendered(error, message)
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


def _shell():
    """IPython's, None outside of it; it is not imported for this."""
    ipython = sys.modules.get("IPython")
    return ipython and ipython.get_ipython()
