"""Processes forked for tests by one that has a single thread: from among threads, a fork may wait for ever."""

import multiprocessing
import os
import signal
import sys

import pytest

# What is slow to import of all that tests do in such processes: there is one server, and the first to ask starts it.
_SLOW = ("conftest", "grading.books.ledger", "grading.books.people", "grading.intake.restore",
         "grading.autograde.scores", "grading.release.generate")


def fork(work, *arguments):
    """A new process that calls a module's function; its `exitcode` is negative for a signal. Arguments are pickled."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*_SLOW, work.__module__])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        patch.setenv("OPENBLAS_NUM_THREADS", "1")
        child = context.Process(target=work, args=arguments)
        child.start()
    return child


def die() -> None:
    """As a process ends that the system kills: nothing is finished or cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)
