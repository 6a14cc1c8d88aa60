"""Threads in place of processes: a sandbox has no room for a student's own ones, and their locks need `/dev/shm`.

A search by `multiprocessing` or by a `ProcessPoolExecutor` goes on with these, and keeps its points. They do what
cells ask for, not all that the originals can.
"""

import multiprocessing
import multiprocessing.context
import multiprocessing.pool
import multiprocessing.queues
import queue
import threading
from collections.abc import Iterable, Mapping
from concurrent import futures
from types import SimpleNamespace

from grading.engine.elsewhere import not_here

_pool_of_processes = multiprocessing.pool.Pool


class _Context:
    """As much of a context as a pool of threads asks for."""

    Lock = staticmethod(threading.Lock)

    def SimpleQueue(self):
        return multiprocessing.queues.SimpleQueue(ctx=self)


class Process(threading.Thread):
    """A thread that is asked what a process is asked."""

    def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None):
        super().__init__(group, target, name, args, kwargs, daemon=daemon)

    def start(self):
        not_here("processes of one's own; this one is a thread")
        super().start()

    @property
    def pid(self) -> int | None:
        return self.ident

    @property
    def exitcode(self) -> int | None:
        return None if self.ident is None or self.is_alive() else 0

    def terminate(self) -> None:
        """A thread ends by itself."""

    kill = close = terminate


class Queue(queue.Queue):
    """For threads, with the methods by which a process lets go of its end."""

    def close(self) -> None:
        """There is one end only."""

    join_thread = cancel_join_thread = close


class Value:
    """One number that several share."""

    def __init__(self, typecode_or_type, *args, lock=True):
        self.value = args[0] if args else 0
        self._lock = threading.RLock()

    def get_lock(self):
        return self._lock


class Array(list):
    """Several numbers that several share."""

    def __init__(self, typecode_or_type, size_or_initializer, *, lock=True):
        super().__init__([0] * size_or_initializer if isinstance(size_or_initializer, int) else size_or_initializer)
        self._lock = threading.RLock()

    def get_lock(self):
        return self._lock

    def get_obj(self):
        return self


_SHARED = {
    "Array": Array, "Barrier": threading.Barrier, "BoundedSemaphore": threading.BoundedSemaphore,
    "Condition": threading.Condition, "Event": threading.Event, "JoinableQueue": Queue, "Lock": threading.Lock,
    "Queue": Queue, "RLock": threading.RLock, "RawArray": Array, "RawValue": Value, "Semaphore": threading.Semaphore,
    "SimpleQueue": Queue, "Value": Value,
}


class Manager:
    """What it hands out is the thing itself: threads see the same objects."""

    dict, list, set, Namespace = dict, list, set, SimpleNamespace

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.shutdown()

    def start(self, initializer=None, initargs=()) -> None:
        """There is nothing to start."""

    def shutdown(self) -> None:
        """There is nothing to end."""


class Pool(multiprocessing.pool.ThreadPool):
    _wait_for_updates = staticmethod(_pool_of_processes._wait_for_updates)     # asked of the class by this name

    def __init__(self, processes: int | None = None, initializer=None, initargs: Iterable = (), maxtasksperchild=None,
                 context=None):
        if isinstance(self, Pool):          # a ThreadPool asks its parent by this name
            not_here("processes of one's own; this pool has threads")
        _pool_of_processes.__init__(self, processes, initializer, initargs)


def _executor(max_workers=None, mp_context=None, initializer=None, initargs=(), *, max_tasks_per_child=None):
    not_here("processes of one's own; this pool has threads")
    return futures.ThreadPoolExecutor(max_workers, "", initializer, initargs)


def _of_a_context(made: Mapping) -> dict:
    """The same as what a context, or the module itself, calls with or without itself."""
    return {name: staticmethod(one) for name, one in made.items()}


def threads_for_processes() -> None:
    """Processes of a student's own are threads, and so are those of pools; what they share is theirs already."""
    for name, one in _SHARED.items():
        setattr(Manager, name, staticmethod(one))
    Manager.Pool = staticmethod(Pool)
    made = _SHARED | {"Manager": Manager, "Pool": Pool}
    for kind in (multiprocessing.context.BaseContext, multiprocessing.context.DefaultContext):
        for name, one in _of_a_context(made).items():
            setattr(kind, name, one)
    contexts = [kind for kind in vars(multiprocessing.context).values()
                if isinstance(kind, type) and issubclass(kind, multiprocessing.context.BaseContext)]
    for kind in contexts:
        kind.Process = Process
    vars(multiprocessing).update(made | {"Process": Process})
    multiprocessing.pool.get_context = _Context
    multiprocessing.pool.Pool = Pool
    futures.ProcessPoolExecutor = _executor
