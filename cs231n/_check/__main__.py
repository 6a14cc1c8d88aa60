"""Runs cells one after the other, as Jupyter would, and tells of each how it ended: `running.py` starts this.

In comes, as JSON, {"limit": seconds of processor time for a cell, "files": [student modules], "cells":
[{"source", "imports"}]}; out goes a line of JSON for each cell. A cell that takes longer ends this process.
"""

import json
import os
import sys
import threading
import time
import traceback
import warnings
from pathlib import Path

WAIT = 20                        # times the limit a cell may wait for something that takes no processor time
TICK = 0.1                       # seconds


def main():
    asked = json.loads(sys.stdin.buffer.read())
    say = _keep_stdout()
    try:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config
    except ImportError as error:
        say({"kind": "ended", "message": f"{sys.executable} cannot run cells ({error}): use the Python that your "
                                         "notebooks use"})
        os._exit(3)

    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    warnings.simplefilter("ignore")
    folder, clock = Path.cwd(), _Clock(asked["limit"], say)
    for cell in asked["cells"]:
        clock.begin()
        error = None
        for source in (*cell["imports"], _quiet(cell["source"])):
            if error is None:
                result = shell.run_cell(source, store_history=False, silent=True)
                error = result.error_before_exec or result.error_in_exec
        clock.end()
        say(_told(error, folder, asked["files"]) if error else {"kind": "", "message": ""})
    os._exit(0)                  # whatever a student's code has left to run at the end


def _quiet(source):
    """A cell without the magics that show pictures, or load modules anew, which nobody needs here."""
    lines = source.split("\n")
    return "\n".join("" if line.split()[:1] and line.split()[0] in ("%matplotlib", "%load_ext", "%autoreload") else line
                     for line in lines)


def _keep_stdout():
    """A function that writes a line of JSON to what stdout is now; whatever else is printed goes nowhere."""
    channel, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)

    def say(told):
        line = json.dumps(told).encode() + b"\n"
        while line:
            line = line[os.write(channel, line):]

    return say


class _Clock:
    """Ends the process when a cell takes too long, from a thread of its own."""

    def __init__(self, limit, say):
        self._limit, self._say, self._runs = limit, say, False
        threading.Thread(target=self._watch, daemon=True).start()

    def begin(self):
        self._processor, self._wall, self._runs = time.process_time(), time.monotonic(), True

    def end(self):
        self._runs = False

    def _watch(self):
        while True:
            time.sleep(TICK)
            if self._runs and (time.process_time() - self._processor > self._limit
                               or time.monotonic() - self._wall > WAIT * self._limit):
                self._say({"kind": "timed_out",
                           "message": f"it took more than {self._limit:g} s: does every loop in it end?"})
                os._exit(3)


def _told(error, folder, files):
    """How an error is told: what a check says as it is, all else with its kind and the line in the student's files."""
    kind, message = type(error).__name__, str(error)
    if kind in ("CheckFailed", "NotImplementedError"):
        return {"kind": kind, "message": message or f"{kind}, without a message"}
    if isinstance(error, SyntaxError):
        name, line = _beside(error.filename or "", folder, files), error.lineno
        return {"kind": kind, "message": f"{name or 'the cell'} line {line}: {error.msg}"}
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if name := _beside(frame.filename, folder, files):
            place = f" ({name} line {frame.lineno}: {frame.line})"
    return {"kind": kind, "message": f"{kind}: {message}{place}" if message else f"{kind}{place}"}


def _beside(filename, folder, files):
    """The student's module that this is, as it is called in the assignment, or ""."""
    return next((name for name in files if filename and Path(filename) == folder / name), "")


if __name__ == "__main__":
    main()
