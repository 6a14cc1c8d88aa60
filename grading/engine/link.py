"""The examiner's line to the candidate: one question, one answer, and arrays that are the same on both sides."""

import contextlib
import functools
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from grading.engine import codec
from grading.engine.mirror import mirror
from grading.engine.proxies import Remote, RemoteDict, from_handle, handle_of, in_module, named
from grading.engine.raised import Lost, error_of

MOST_AT_ONCE = 4 * 2**20        # bytes of questions that go out together


class _Asked(BaseException):
    """A question is noted: its answer comes later."""


def _note(asked: list[tuple[bytes, str]], frame: bytes, function: str) -> bytes:
    asked.append((frame, function))
    raise _Asked


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
        self._noted = 0                                          # the last number given by `note`
        self._log: list[tuple[str, int]] = []                    # (kind, bytes) of the questions until now
        self._known: deque[tuple[bytes, bytes]] = deque()        # questions to come, and their answers
        self.defers = False                                      # objects are made with the next question
        self.methods: set[tuple[str, str]] = set()               # (class, name)
        self.dictionaries: set[tuple[str, str]] = set()          # (class, attribute)
        self.functions: set[tuple[str, str]] = set()             # (module, name), of which there is an object
        self.kinds: dict[tuple, str] = {}                        # path of a class -> what its objects are called

    def reset(self) -> None:
        """The candidate is a new one: what the old one had is gone."""
        self._live.clear()
        self._later.clear()
        self._log.clear()
        self._noted = 0
        for known in (self.methods, self.dictionaries, self.functions, self.kinds):
            known.clear()

    def do(self, operation: str, *arguments: Any, function: str = "") -> tuple[str, list]:
        """(state, what is told) of one operation. Raises StudentError or Lost."""
        __tracebackhide__ = True
        frame = codec.encode([operation, arguments, *self._news(), self._later], handle_of)
        self._later = []
        self._log.append(("function" if operation == "call" and in_module(arguments[0]) else operation, len(frame)))
        try:
            state, told, changed, printed = codec.decode(self._answer(frame, function), self._from_handle)
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

    def note(self, operation: str, *arguments: Any) -> int:
        """The number, below 0, of what this will come to, done before anything else is."""
        self._noted -= 1
        self.later(operation, self._noted, *arguments)
        return self._noted

    def settle(self, function: str) -> None:
        """Have done what waits."""
        if self._later:
            self.do("nothing", function=function)

    @contextlib.contextmanager
    def deferring(self) -> Iterator[None]:
        """While this lasts, an object of a known class, made of what a call cannot change, is made later."""
        before, self.defers = self.defers, True
        try:
            yield
        finally:
            self.defers = before

    def each(self, f: Callable[[Any], Any], points: Iterable[Any]) -> list:
        """[f(point) for point in points]; where f is made of calls of the student's, those of many points go together.

        At the first point it shows whether f is such a function. At the others it runs up to its question and, once all
        are answered, on to its end. Where it asks for something else this time, it gets that answered.
        """
        __tracebackhide__ = True
        points, begin = list(points), len(self._log)
        with self.deferring():
            found = [f(point) for point in points[:1]]
            asked = self._log[begin:]
            kinds = [kind for kind, _ in asked]
            if self._later or kinds != ["call"] and {*kinds} != {"function"}:
                return found + [f(point) for point in points[1:]]
            most = max(1, MOST_AT_ONCE // max(size for _, size in asked))
            try:
                for start in range(1, len(points), most):
                    some = points[start : start + most]
                    for point, known in zip(some, self._told_together(f, some, len(kinds)), strict=True):
                        self._known = known
                        found.append(f(point))
            finally:
                self._known.clear()
            return found

    def _told_together(self, f: Callable[[Any], Any], points: list, rounds: int) -> list[deque[tuple[bytes, bytes]]]:
        """Of each point, so many questions of f and their answers, or fewer."""
        __tracebackhide__ = True
        known: list[list[tuple[bytes, bytes]]] = [[] for _ in points]
        ask, show, numbers = self._ask, self._show, self._noted
        self._show = lambda text: None           # it is shown when f runs to its end
        try:
            for _ in range(rounds):
                asked: list[tuple[bytes, str]] = []
                self._ask = functools.partial(_note, asked)
                for point, before in zip(points, known, strict=False):
                    self._known, count = deque(before), len(asked)
                    with contextlib.suppress(_Asked, Exception):         # it will raise it again
                        f(point)
                    if len(asked) == count:
                        break
                self._ask, self._later, self._noted = ask, [], numbers
                if not asked:
                    break
                answers = self._answers(asked)
                known = [[*before, (frame, answer)] for before, (frame, _), answer
                         in zip(known, asked, answers, strict=False)]
        finally:
            self._ask, self._show, self._later, self._noted = ask, show, [], numbers
        return [deque(one) for one in known] + [deque() for _ in points[len(known):]]

    def _answers(self, asked: list[tuple[bytes, str]]) -> list[bytes]:
        """To questions, one after the other, up to the first one that raises."""
        __tracebackhide__ = True
        self._known.clear()
        function = asked[0][1]
        answers = self.do("each", [frame for frame, _ in asked], function=function)[1][0]
        if type(answers) is not list or not 0 < len(answers) <= len(asked) or {*map(type, answers)} != {bytes}:
            raise Lost("garbled", function)
        return answers

    def _answer(self, frame: bytes, function: str) -> bytes:
        """The candidate's, or what is known of it already."""
        __tracebackhide__ = True
        if self._known:
            asked, answer = self._known.popleft()
            if asked == frame:
                return answer
            self._known.clear()
        return self._ask(frame, function)

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
