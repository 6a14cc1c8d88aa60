"""What the demonstrations share: a widget in the notebook, a still picture elsewhere, and sentences in place of errors.

The browser draws (`drawing.js`, and one file for each demonstration) and sends what it has been asked, a dictionary of
plain values; Python answers with numbers that the student's functions have computed. Without anywidget, and while
grading, there is no widget: the picture is all.
"""

import base64
import contextlib
import io
import json
import os
import re
import signal
import threading
from pathlib import Path

import numpy as np

from cs231n._messages import describe

LIMIT = 10                    # seconds of processor time that an answer may take
HERE = Path(__file__).parent
GRADING = bool(os.environ.get("CS231N_SCALE"))

try:
    if GRADING:
        raise ImportError("nobody looks")
    from anywidget import AnyWidget
    from IPython import get_ipython
    from traitlets import Dict
except ImportError:
    AnyWidget = None


class Trouble(Exception):
    """A demonstration cannot be computed; the message is the sentence that is shown in its place."""


class Demo(AnyWidget or object):
    """A demonstration. A subclass says what is asked at the beginning, computes the answer, and draws the picture.

    Of a subclass:
    - START: dict of plain values, what the browser asks at the beginning
    - TITLE, ABOUT: a heading and a paragraph, for a page of its own
    - compute(asked): dict of plain values; raises Trouble with a sentence
    - picture(asked, answer): draws on a new figure of matplotlib
    - the JavaScript of its module's name beside it

    Of its objects:
    - asked, answer: dicts, what the browser has asked last, and the numbers for it
    """

    START, TITLE, ABOUT = {}, "", ""

    if AnyWidget:
        asked = Dict().tag(sync=True)
        answer = Dict().tag(sync=True)

    def __init_subclass__(cls, **keywords):
        if AnyWidget and not hasattr(cls, "_esm"):           # each object has a class of its own, made of this one
            cls._esm = "\n".join([script(cls), (HERE / "widget.js").read_text(encoding="utf-8")])
            cls._css = style()
        super().__init_subclass__(**keywords)

    def __init__(self):
        answer = {} if GRADING else self.answered(self.START)
        if AnyWidget:
            super().__init__(asked=self.START, answer=answer)
            self.observe(self._answer, "asked")
        else:
            self.asked, self.answer = self.START, answer

    def answered(self, asked):
        """What `compute` says, or {"said": a sentence}; it takes LIMIT seconds at most."""
        try:
            with _limited(LIMIT), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
                answer = self.compute(asked)
            json.dumps(answer, allow_nan=False)
            return answer
        except (Exception, KeyboardInterrupt, _TooLong) as error:
            return {"said": told(error)}

    def _answer(self, change):
        self.answer = {**self.answered(change["new"]), "turn": change["new"].get("turn")}

    def _ipython_display_(self):
        """Shown as figures are, so that the picture carries the words that its cell has for it."""
        from IPython.display import publish_display_data

        data, metadata = self._repr_mimebundle_()
        publish_display_data(data, metadata)

    def _repr_mimebundle_(self, **keywords):
        shown = super()._repr_mimebundle_(**keywords) if AnyWidget and not _run_by_a_program() else {}
        data, metadata = shown if isinstance(shown, tuple) else (shown, {})
        said = self.answer.get("said")
        data = {**data, "text/plain": said or f"{self.TITLE} (a picture; where widgets run, one can touch it)"}
        if said is None and not GRADING:
            data["image/png"] = self._png()
        return data, metadata

    def _png(self):
        import matplotlib.pyplot as plt

        with plt.ioff(), io.BytesIO() as file:
            self.picture(self.asked, self.answer)
            plt.savefig(file, format="png", dpi=90, bbox_inches="tight")
            plt.close()
            return base64.b64encode(file.getvalue()).decode()


def _run_by_a_program():
    """Whether no browser runs this cell, but nbconvert or its like: these number their messages, by process."""
    shell = get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return bool(re.search(r"_\d+_\d+$", parent.get("header", {}).get("msg_id", "")))


def script(demo):
    """The JavaScript that draws a demonstration, as one text: it defines the function `draw`."""
    name = demo.__module__.rpartition(".")[2]
    return "\n".join((HERE / file).read_text(encoding="utf-8") for file in ("drawing.js", f"{name}.js"))


def style():
    """The style sheet of all demonstrations."""
    return (HERE / "style.css").read_text(encoding="utf-8")


# The student's functions

def called(name, function, *arguments):
    """What a function returns. Raises Trouble if it raises anything."""
    try:
        return function(*arguments)
    except Trouble:
        raise
    except NotImplementedError as error:
        raise Trouble(f"{error or f'{name} is not implemented yet'}.") from None
    except (Exception, KeyboardInterrupt, SystemExit, _TooLong) as error:
        raise Trouble(f"{name} stopped: {told(error)}") from None


def pair(name, value, expected):
    """Both of two values that a function returned. Raises Trouble for anything but two, `expected` in words."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise Trouble(f"{name} returned {describe(value)}, expected {expected}.")
    return value


def numbers(name, value, shape):
    """What a function returned as a float array of this shape, () for a number. Raises Trouble for anything else."""
    expected = f"an array of shape {shape}" if shape else "a number"
    try:
        found = np.array(value, dtype=float)
    except (TypeError, ValueError):
        raise Trouble(f"{name} is {describe(value)}, expected {expected}.") from None
    if found.shape != shape and not (found.size == 1 and shape == ()):
        raise Trouble(f"{name} is {describe(value)}, expected {expected}.")
    if not np.all(np.isfinite(found)):
        raise Trouble(f"{name} is not finite: it holds inf or nan.")
    return found.reshape(shape)


def told(error):
    """An exception as a sentence."""
    if isinstance(error, (Trouble, _TooLong)):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "It was interrupted."
    words = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}{f': {words}' if words else ''}"


class _TooLong(BaseException):
    """So that a function which catches every Exception does not go on."""


@contextlib.contextmanager
def _limited(seconds):
    """Have what takes longer stop with a sentence, where the system can do that: seconds of processor time."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_):
        raise _TooLong(f"It has not come to an end in {seconds} seconds, and was stopped.")

    former = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 1)        # and again each second, whatever it catches
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, former)
