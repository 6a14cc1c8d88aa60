"""The write-up: inline questions and their answers as a PDF, the same from `submit` and from the grader's desk.

`make` has a process of its own make it, within limits, from a folder as it is handed in. An answer that this process
dies of is found by trying each alone, and shown as it was typed.
"""

import json
import mmap
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from cs231n._writeup import programs

DEADLINE = 300                   # seconds that making one may take, on however busy a machine
TRIALS = 240                     # and in which each answer is tried alone; what comes then is shown as it was typed
HOW_TO_GET = 'python -m pip install "pypandoc_binary>=1.15,<2" "typst>=0.15,<0.16"'
SIZE = "240 MB"
_OURS = b"/Creator(Typst "       # stands in a PDF that is made here


class Writeup(NamedTuple):
    """What came of it.

    - pdf, in_full: bytes; in_full holds the answers that a number of pages had cut, or is b""
    - problems: one sentence each for what is not shown as it was written
    - pages: of the PDF
    """

    pdf: bytes
    in_full: bytes
    problems: list
    pages: int


class NotMade(Exception):
    """There is no write-up; the message is a clause that says why."""


def missing():
    """Names of the packages that it takes and that are not installed."""
    return programs.missing()


def is_made_here(path):
    """Tell whether a file is a PDF that `make` has made, of whatever size it is. Raises OSError."""
    if not path.is_file() or not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(_OURS) >= 0


def make(asked, handed_in, student="", name="", pages=None, marks=None):
    """Return the Writeup of a folder. Raises NotMade.

    - asked: the assignment, as `assignment.json` in a release describes it
    - handed_in: the folder; student, name: as the cover says them
    - pages: how many each question takes, or None; marks: see `questions.with_earlier`, or None for a write-up without
    """
    job = {"asked": asked, "handed_in": str(Path(handed_in).resolve()), "student": student, "name": name,
           "pages": pages, "marks": marks}
    try:
        return _made(job)
    except _Died as died:
        try:
            cells = _ran(job | {"list": True})["cells"]
            until = time.monotonic() + TRIALS
            as_typed = [cell for cell in cells if time.monotonic() > until or _dies(job, cell)]
            return _made(job | {"as_typed": as_typed or cells})
        except _Died:
            raise NotMade(str(died)) from None


class _Died(Exception):
    """The process came to no end of its own."""


def _dies(job, cell):
    try:
        _made(job | {"only": cell, "pages": None})
    except _Died:
        return True
    return False


def _made(job):
    with tempfile.TemporaryDirectory(prefix="writeup-") as scratch:
        folder = Path(scratch)
        told = _ran(job | {"folder": scratch})
        if "failed" in told:
            raise NotMade(told["failed"])
        in_full = folder / "in-full.pdf"
        return Writeup((folder / "made.pdf").read_bytes(), in_full.read_bytes() if in_full.exists() else b"",
                       told["problems"], told["pages"])


def _ran(job):
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen([sys.executable, "-m", "cs231n._writeup"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(root), "PYTHONUTF8": "1"},
                               start_new_session=True)
    try:
        out, err = process.communicate(json.dumps(job).encode(), timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        _end(process)
        raise _Died(f"it took more than {DEADLINE} seconds") from None
    except BaseException:
        _end(process)
        raise
    if process.returncode:
        last = err.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
        raise _Died(f"what should make it ended early ({last[0][:200]})")
    return json.loads(out)


def _end(process):
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.communicate()
