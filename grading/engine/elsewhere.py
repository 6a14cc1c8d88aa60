"""What a student's machine has and a sandbox has not: code that asks for it is told so, and goes on.

It runs among a student's code, so nothing hangs on it but that a right solution keeps its points.
"""

import functools
import multiprocessing
import multiprocessing.pool
import multiprocessing.queues
import sys
import threading
from concurrent import futures

from matplotlib import pyplot
from matplotlib.backends import BackendFilter, backend_registry

MAGICS = {"lprun", "memit", "mprun", "store", "tensorboard", "watermark"}
_WINDOWS = {"widget", *backend_registry.list_builtin(BackendFilter.INTERACTIVE)}       # of matplotlib
WINDOWLESS = {"inline", *backend_registry.list_builtin(BackendFilter.NON_INTERACTIVE)}


def not_here(what: str) -> None:
    print(f"not there while grading: {what}", file=sys.stderr)


def draw_inline() -> None:
    """Code that asks matplotlib for a window or a widget goes on with the figures of a notebook."""
    switch = pyplot.switch_backend

    @functools.wraps(switch)
    def switch_backend(newbackend: str) -> None:
        name = str(newbackend).lower()
        if name in _WINDOWS or "ipympl" in name:
            not_here(f"matplotlib's {newbackend}; figures are drawn inline")
        else:
            switch(newbackend)

    pyplot.switch_backend = switch_backend


class _Threads:
    """As much of a context as a pool of threads asks for: its locks are those of processes, and need /dev/shm."""

    Lock = staticmethod(threading.Lock)

    def SimpleQueue(self):
        return multiprocessing.queues.SimpleQueue(ctx=self)


_NO_PROCESSES = "processes of one's own; this pool has threads"


def threads_for_processes() -> None:
    """Pools of processes, which a search may use, are pools of threads."""
    class Pool(multiprocessing.pool.ThreadPool):
        def __init__(self, processes=None, initializer=None, initargs=(), maxtasksperchild=None, context=None):
            not_here(_NO_PROCESSES)
            super().__init__(processes, initializer, initargs)

    def executor(max_workers=None, mp_context=None, initializer=None, initargs=(), *, max_tasks_per_child=None):
        not_here(_NO_PROCESSES)
        return futures.ThreadPoolExecutor(max_workers, "", initializer, initargs)

    multiprocessing.pool.get_context = _Threads
    multiprocessing.Pool = Pool
    futures.ProcessPoolExecutor = executor
