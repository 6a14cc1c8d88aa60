"""Loaded by a worker of the tests: it dies of a submission that says so, as it would of one that takes all memory."""

import os
import signal
from pathlib import Path

from grading.autograde import job

MARK = b"# deadly: "              # in a module of a submission; a file follows, where each death leaves a line


def deadly(do):
    def do_or_die(worker, task, asked):
        for content in asked.modules.files.values():
            if MARK in content:
                with Path(content.partition(MARK)[2].split()[0].decode()).open("a") as deaths:
                    deaths.write(f"{os.getpid()}\n")
                os.kill(os.getpid(), signal.SIGKILL)
        return do(worker, task, asked)
    do_or_die.deadly = True
    return do_or_die


if not hasattr(job.do, "deadly"):        # dask may load this twice
    job.do = deadly(job.do)
