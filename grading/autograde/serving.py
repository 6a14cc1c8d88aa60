"""The long-running ends of a cluster: a scheduler, and a machine's workers.

`dask scheduler` and `dask worker --nthreads 1`, started where `grading` can be imported, do as well. These listen on
the loopback alone where the address is one, which dask's workers do not, and show no web pages to others.
"""

import asyncio
import signal
from collections.abc import Awaitable
from contextlib import suppress

from grading.autograde.door import Door
from grading.errors import KitError

AGAIN = 2.0                # seconds after which workers look for a scheduler that is gone
PAGES = "127.0.0.1:0"      # where dask's web pages are served: on any free port, to this machine


async def scheduler(door: Door) -> None:
    """Until ctrl-C."""
    from distributed import Scheduler

    stopped = _stopped()
    async with Scheduler(host=door.host, port=door.port, protocol=f"{door.scheme}://", security=door.security,
                         dashboard_address=PAGES, dashboard=False) as running:
        print(f"scheduler: {running.address}; workers come by: kit worker ADDRESS; ctrl-C ends it", flush=True)
        await _unless(stopped, running.finished())


async def workers(door: Door, count: int) -> None:
    """`count` processes, each started again when it is lost, and all of them when a scheduler is back that was gone.

    Raises KitError when none has been there yet.
    """
    from distributed import Nanny

    stopped, met = _stopped(), False
    while not stopped.is_set():
        host = "127.0.0.1" if door.is_loopback else None
        nannies = [Nanny(door.address, nthreads=1, security=door.security, protocol=f"{door.scheme}://", host=host,
                         dashboard_address=PAGES) for _ in range(count)]
        try:
            if await _unless(stopped, asyncio.gather(*nannies)):
                met = True
                print(f"workers: {count} at {door.address}; ctrl-C ends them", flush=True)
                if await _unless(stopped, asyncio.gather(*[nanny.finished() for nanny in nannies])):
                    print(f"workers: the scheduler at {door.address} is gone; waiting for it to come back", flush=True)
        except (OSError, ValueError, RuntimeError) as error:         # of a connection, a certificate, a start
            if not met:
                raise KitError(f"no scheduler answers at {door.address} ({_root(error)}). Start one: kit scheduler; "
                               "then this again.") from None
        finally:
            await asyncio.gather(*[nanny.close() for nanny in nannies], return_exceptions=True)
        await _unless(stopped, asyncio.sleep(AGAIN))


def _root(error: BaseException) -> str:
    """The first line of what it all began with."""
    while error.__cause__ is not None:
        error = error.__cause__
    return (str(error).splitlines() or [type(error).__name__])[0]


def _stopped() -> asyncio.Event:
    """Set by ctrl-C, at the end of a terminal, and as a system ends its services."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


async def _unless(stopped: asyncio.Event, awaited: Awaitable) -> bool:
    """Whether it came to its end before we were stopped."""
    tasks = [asyncio.ensure_future(awaited), asyncio.ensure_future(stopped.wait())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return not stopped.is_set()
