"""A worker's place for one run: the lesson, laid out in a folder, and a sandbox that waits for submissions of it."""

import tempfile
import threading
import traceback
from contextlib import suppress
from pathlib import Path

from grading.autograde import job, parcel, pool
from grading.autograde.job import Done, Job
from grading.autograde.parcel import Answer, Parcel
from grading.engine.budget import Budget
from grading.engine.sandbox import Sandbox
from grading.engine.worker import Worker, WorkerLost
from grading.errors import KitError

IDLE = 120.0               # seconds without an order after which a station closes: its parent may have been killed


class Station:
    """For one thread, but for `close`, which may come from any and waits for no submission."""

    def __init__(self, packed: bytes, sandbox: Sandbox, where: Path | None = None, idle: float = IDLE):
        self._parcel, self._sandbox, self._idle = Parcel.unpack(packed), sandbox, idle
        if sandbox.level == "none" and not self._parcel.unsafe:
            raise KitError(f"no sandbox works here: {sandbox.why}")
        self._folder = tempfile.TemporaryDirectory(prefix="kit-station-", dir=where, ignore_cleanup_errors=True)
        self._given, self._data = Path(self._folder.name) / "given", Path(self._folder.name) / "data"
        parcel.lay_down(self._parcel.given, self._given)
        parcel.lay_down(self._parcel.data, self._data)
        self._lock, self._timer = threading.Lock(), None
        self._working = self._leaving = self.closed = False
        self._worker: Worker | None = None
        with suppress(WorkerLost):               # the first submission will tell
            self._worker = self._start()
        self._rest()

    def grade(self, packed: bytes) -> bytes:
        """A packed answer; nothing when the station is closed already."""
        with self._lock:
            if self.closed or self._leaving:
                return b""
            self._working = True
            if self._timer:
                self._timer.cancel()
        try:
            return self._grade(packed)
        finally:
            with self._lock:
                self._working = False
            if self._leaving:
                self.close()
            else:
                self._rest()

    def _grade(self, packed: bytes) -> bytes:
        try:
            budget = Budget(self._parcel.task.limit)

            def do(worker: Worker, asked: Job) -> Done:
                return job.do(worker, self._parcel.task, asked, budget)

            self._worker, found = pool.grade_one(self._worker, self._start, do, parcel.unpack_job(packed))
            if isinstance(found, Exception):
                raise found
            return parcel.pack(Answer(found, self._sandbox.level))
        except Exception as error:
            return parcel.pack(Answer(error=f"{type(error).__name__}: {error}", trace=traceback.format_exc()))

    def _start(self) -> Worker:
        return Worker(self._sandbox, self._given, self._data)

    def _rest(self) -> None:
        with self._lock:
            self._timer = threading.Timer(self._idle, self.close)
            self._timer.daemon = True
            self._timer.start()

    def close(self) -> None:
        """Once its submission, if there is one, is graded."""
        with self._lock:
            self._leaving = True
            if self._working or self.closed:
                return
            self.closed = True
            if self._timer:
                self._timer.cancel()
        if self._worker:
            self._worker.close()
        self._folder.cleanup()


_stations: dict[str, Station] = {}       # of this process, by run


def open_station(run: str, packed: bytes, sandbox: Sandbox) -> None:
    for closed in [known for known, station in _stations.items() if station.closed]:
        del _stations[closed]
    if run not in _stations:
        _stations[run] = Station(packed, sandbox, _scratch())


def of(run: str) -> Station | None:
    station = _stations.get(run)
    return station if station and not station.closed else None


def close_station(run: str) -> None:
    if station := _stations.pop(run, None):
        station.close()


def _scratch() -> Path | None:
    """The worker's own folder, which dask clears away even after a worker that was killed."""
    from distributed import get_worker

    try:
        return Path(get_worker().local_directory)
    except ValueError:                   # no worker, but a test
        return None
