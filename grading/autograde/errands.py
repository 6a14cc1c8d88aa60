"""What workers' processes are sent to do, one thing at a time each, and how their answers come back.

Whatever happens in other threads comes to the one that sends as an event; an answer counts as long as its process does.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from secrets import token_hex
from typing import Any

GATHERING = 4              # answers on their way at a time


class Errands:
    """Of one dispatcher.

    - events: takes what the dispatcher's thread is to do
    - failed: failed(address, error), where what was to be done itself raised
    - undone: undone(), where it was cancelled, which nobody does but a scheduler that is new
    """

    def __init__(self, client, events: Callable[[Callable[[], None]], None], *,
                 failed: Callable[[str, BaseException], None], undone: Callable[[], None]):
        self._client, self._events, self._failed, self._undone = client, events, failed, undone
        self._under_way: dict[str, Any] = {}     # address -> future
        self._gathering = ThreadPoolExecutor(GATHERING, thread_name_prefix="gathering")

    def begin_anew(self, client) -> None:
        """With another scheduler; what was under way counts no more."""
        self._client, self._under_way = client, {}

    def close(self) -> None:
        self._gathering.shutdown(wait=False, cancel_futures=True)

    def is_under_way(self, address: str) -> bool:
        return address in self._under_way

    def ask(self, address: str, what: Callable, *arguments, then: Callable[[str, bytes], None],
            key: str | None = None) -> None:
        """Have a worker's process do something; `then` gets its answer, if that process still counts."""
        key = key or f"kit-{what.__name__}-{token_hex(8)}"
        future = self._client.submit(what, *arguments, key=key, workers=[address], allow_other_workers=False)
        self._under_way[address] = future
        future.add_done_callback(lambda done: self._events(lambda: self._take(address, done, then)))

    def drop(self, address: str) -> None:
        """Its process does not count any more."""
        if (future := self._under_way.pop(address, None)) is not None:
            with suppress(Exception):
                future.cancel()

    def _take(self, address: str, future, then: Callable[[str, bytes], None]) -> None:
        from distributed import KilledWorker

        if not self._counts(address, future):
            return
        if future.status == "finished":
            self._gathering.submit(self._gather, address, future, then)
        elif future.status != "error":
            self._undone()
        elif not isinstance(error := future.exception(), KilledWorker):      # such a one is told of as gone
            del self._under_way[address]
            self._failed(address, error)

    def _gather(self, address: str, future, then: Callable[[str, bytes], None]) -> None:
        """In a thread: the worker may be lost meanwhile, and is then told of as gone."""
        with suppress(Exception):
            answer = future.result()
            self._events(lambda: self._answered(address, future, answer, then))

    def _answered(self, address: str, future, answer: bytes, then: Callable[[str, bytes], None]) -> None:
        if self._counts(address, future):
            del self._under_way[address]
            then(address, answer)

    def _counts(self, address: str, future) -> bool:
        return self._under_way.get(address) is future
