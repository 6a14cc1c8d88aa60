"""The naming process: over its standard input it is told an assignment, then graded cells; it answers lines.

Started afresh, it has one thread and may fork. When its input ends, so does it, without a word; and at once where a
run is killed in the middle of something. What student's code prints is no answer: it goes where errors go.
"""

import json
import os
import pickle
import signal
import sys
import traceback
from contextlib import suppress
from typing import BinaryIO

from grading.engine import kernel
from grading.trials.naming import Names


def serve(asked: BinaryIO, told: BinaryIO) -> None:
    names = Names(*pickle.load(asked))
    while True:
        graded, answers, folder = pickle.load(asked)
        try:
            failures: list[str] = []
            named = names.name(graded, names.ask(graded, folder) if answers is None else answers, failures)
            answer = {"named": named} | ({"failed": "\n".join(failures)} if failures else {})
        except Exception:
            answer = {"failed": traceback.format_exc()}
        told.write(json.dumps(answer).encode() + b"\n")
        told.flush()


def _apart(descriptor: int, mode: str, instead: int) -> BinaryIO:
    """What was at `descriptor`, where nothing that this process runs would look; `instead` stands there now."""
    kept = os.fdopen(os.dup(descriptor), mode)
    os.dup2(instead, descriptor)
    return kept


if __name__ == "__main__":
    if sys.platform == "linux":
        kernel.die_with_parent()
        if os.getppid() != int(sys.argv[1]):              # it was killed before that
            sys.exit()
    signal.signal(signal.SIGINT, signal.SIG_IGN)          # meant for the run
    with suppress(EOFError, pickle.UnpicklingError, BrokenPipeError):         # the run has ended, or has been killed
        serve(_apart(0, "rb", os.open(os.devnull, os.O_RDONLY)), _apart(1, "wb", 2))
