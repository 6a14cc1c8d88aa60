"""Loaded by a worker of the tests, where a submission can bring about what takes the memory or the disk of a machine.

A module with `# in a worker: dies FILE` ends its worker's process, one with `# in a worker: fails FILE` cannot be
graded; `fails-once` is the first worker's fault. Each time leaves a line in the file.
"""

import errno
import os
import re
import signal
from pathlib import Path

from grading.autograde import job

_MARK = re.compile(rb"# in a worker: ([\w-]+) (\S+)")


def watched(do):
    def do_or_not(worker, task, asked, *more):
        for content in asked.modules.files.values():
            if found := _MARK.search(content):
                _happen(found[1].decode(), Path(found[2].decode()))
        return do(worker, task, asked, *more)
    do_or_not.watched = True
    return do_or_not


def _happen(what: str, file: Path) -> None:
    before = file.exists()
    with file.open("a") as times:
        times.write(f"{os.getpid()}\n")
    if what == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "fails" or not before:
        raise OSError(errno.ENOSPC, "No space left on device")


if not hasattr(job.do, "watched"):       # dask may load this twice
    job.do = watched(job.do)
