"""The long-running ends of a cluster: a scheduler, and a machine's workers.

`dask scheduler` and `dask worker --nthreads 1`, started where `grading` can be imported, do as well. These listen on
the loopback where the address is one, web pages included, which dask's own do not.
"""

import asyncio
import signal
from contextlib import AsyncExitStack, suppress

from grading.autograde.door import Door

AGAIN = 2.0                # seconds after which workers look for a scheduler that is gone


async def scheduler(door: Door) -> None:
    from distributed import Scheduler

    async with Scheduler(host=door.host, port=door.port, protocol=f"{door.scheme}://", security=door.security,
                         dashboard_address="127.0.0.1:0", dashboard=False) as running:
        print(f"scheduler: {running.address}; workers come by: kit worker ADDRESS; ctrl-C ends it", flush=True)
        await _until_stopped(running.finished())


async def workers(door: Door, count: int) -> None:
    """`count` processes, each started again when it is lost, all when the scheduler is back after it was gone."""
    stopped = asyncio.ensure_future(_until_stopped(asyncio.Event().wait()))
    while not stopped.done():
        async with AsyncExitStack() as held:
            started = asyncio.gather(*[held.enter_async_context(_nanny(door)) for _ in range(count)])
            await asyncio.wait([started, stopped], return_when=asyncio.FIRST_COMPLETED)
            if not started.done():
                started.cancel()
                break
            print(f"workers: {count} at {door.address}; ctrl-C ends them", flush=True)
            ended = asyncio.gather(*[nanny.finished() for nanny in started.result()])
            await asyncio.wait([ended, stopped], return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(stopped), AGAIN)


def _nanny(door: Door):
    from distributed import Nanny

    return Nanny(door.address, nthreads=1, security=door.security, host="127.0.0.1" if door.is_loopback else None,
                 protocol=f"{door.scheme}://", dashboard_address="127.0.0.1:0")


async def _until_stopped(ended) -> None:
    """Until it ends by itself, or somebody says so: by ctrl-C, or as a system ends its services."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    waiting = [asyncio.ensure_future(ended), asyncio.ensure_future(stopped.wait())]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()
