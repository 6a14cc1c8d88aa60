"""The examiner's line to the candidate: one question, one answer, and arrays that are the same on both sides."""

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from grading.engine import codec
from grading.engine.mirror import mirror
from grading.engine.proxies import Remote, RemoteDict, from_handle, handle_of, named
from grading.engine.raised import Lost, error_of


class Link:
    """Asks the candidate, and keeps arrays that both sides hold the same on both.

    - ask(frame, function) -> frame: sends and waits; raises Lost
    - show(text): what the student's code printed
    """

    def __init__(self, ask: Callable[[bytes, str], bytes], show: Callable[[str], None]):
        self._ask, self._show = ask, show
        self._from_handle = functools.partial(from_handle, self)
        self._live: dict[int, tuple[np.ndarray, bytes]] = {}     # array, and its bytes as the candidate knows them
        self._later: list[bytes] = []                            # what goes along with the next question
        self.methods: set[tuple[str, str]] = set()               # (class, name)

    def reset(self) -> None:
        """The candidate is a new one: what the old one had is gone."""
        self._live.clear()
        self._later.clear()
        self.methods.clear()

    def do(self, operation: str, *arguments: Any, function: str = "") -> tuple[str, list]:
        """(state, what is told) of one operation. Raises StudentError or Lost."""
        __tracebackhide__ = True
        frame = codec.encode([operation, arguments, *self._news(), self._later], handle_of)
        self._later = []
        try:
            state, told, changed, printed = codec.decode(self._ask(frame, function), self._from_handle)
            if type(printed) is not str or type(state) is not str or type(told) is not list or not told:
                raise codec.CodecError("an answer has another form")
            self._take_in(changed)
            raised = error_of(*told) if state == "raised" else None
        except (codec.CodecError, ValueError, TypeError, KeyError) as error:
            raise Lost("garbled", function) from error
        if printed:
            self._show(printed)
        if raised:
            raise raised
        return state, told

    def later(self, operation: str, *arguments: Any) -> None:
        """Have it done before anything else is: it has no answer, and what it raises the next question does."""
        self._later.append(codec.encode([operation, arguments], handle_of))

    def settle(self, function: str) -> None:
        """Have done what waits."""
        if self._later:
            self.do("nothing", function=function)

    def call(self, target: Any, arguments: tuple, keywords: dict, packed: bytes, function: str) -> Any:
        """Call it; `packed` is [arguments, keywords]. What the call does to them, it does to ours too."""
        __tracebackhide__ = True
        _, told = self.do("call", target, packed, function=function)
        returned, after = told if len(told) == 2 else (None, None)
        if type(after) is bytes:
            try:
                mirror([arguments, keywords], codec.decode(after, self._from_handle), Remote)
            except codec.CodecError as error:
                raise Lost("garbled", function) from error
        return returned

    def held(self, state: str, told: list, path: str) -> Any:
        """The value of an attribute or item; an array stays the same one on both sides."""
        if state == "dictionary":
            return RemoteDict(self, told[0], path)
        if state == "array" and len(told) == 2 and type(told[0]) is int and type(told[1]) is np.ndarray:
            number, array = told
            before = self._live[number][0] if number in self._live else None
            if before is not None and before.shape == array.shape and before.dtype == array.dtype:
                before[...] = array              # the very array that the test may hold already
                array = before
            self._live[number] = (array, array.tobytes())
            return array
        return named(told[0], path)

    def _news(self) -> tuple[list, list]:
        """Arrays that the test has changed since, and those it has let go; a last change is told before."""
        changed, let_go = [], []
        for number, (array, known) in list(self._live.items()):
            if (now := array.tobytes()) != known:
                self._live[number] = (array, now)
                changed.append((number, array))
            elif sys.getrefcount(array) <= 3:    # `_live`, `array`, the argument: nobody else
                let_go.append(number)
                del self._live[number]
        return changed, let_go

    def _take_in(self, changed: list) -> None:
        for number, new in changed:
            if number in self._live:
                array = self._live[number][0]
                if type(new) is not np.ndarray or (new.shape, new.dtype) != (array.shape, array.dtype):
                    raise codec.CodecError("an array has become another one")
                array[...] = new
                self._live[number] = (array, array.tobytes())
