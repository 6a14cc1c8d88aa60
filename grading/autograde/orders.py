"""What the parent of a cluster has its workers do: each a function that `dask.distributed` calls over there.

Bytes go there and come back. Importing this takes nothing, because the scheduler does it too. A process of a worker
grades one submission at a time, in a sandbox that was started as a program of its own: from among a worker's threads
nothing may fork.
"""

import json
from functools import cache


def introduce() -> bytes:
    """What this machine grades with: JSON of versions, the sandbox's level and why it is that one."""
    from grading.autograde import alike

    sandbox = _sandbox()
    return json.dumps({"versions": alike.here(), "level": sandbox.level, "why": sandbox.why}).encode()


def prepare(run: str, parcel: bytes) -> bytes:
    """Have a lesson's station ready for what this run will send."""
    from grading.autograde import station

    station.open_station(run, parcel, _sandbox())
    return b"ready"


def grade(run: str, order: bytes) -> bytes:
    """A packed answer, or nothing where this process does not know of the run (any more)."""
    from grading.autograde import station

    found = station.of(run)
    return found.grade(order) if found else b""


def leave(run: str) -> None:
    """The run is over: nothing of it stays here."""
    from grading.autograde import station

    station.close_station(run)


@cache
def _sandbox():
    from grading.engine.sandbox import probe

    return probe()
