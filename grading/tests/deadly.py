"""Loaded by a worker of the tests: it dies of a submission that says so, as it would of one that takes all memory."""

import os
import signal
from pathlib import Path

from grading.autograde import grader

MARK = b"# deadly: "              # in a module of a submission; a file follows, where each death leaves a line

_load = grader.load


def load(*arguments):
    found = _load(*arguments)
    for content in found.files.values():
        if MARK in content:
            with Path(content.partition(MARK)[2].split()[0].decode()).open("a") as deaths:
                deaths.write(f"{os.getpid()}\n")
            os.kill(os.getpid(), signal.SIGKILL)
    return found


grader.load = load
