"""What a test measures of a function: seconds and steps of its calls, and its source.

Costs are those of where the code runs, in a process that has run no cell of the notebook; the source that is read is
the one that was handed in. What the given modules would measure here goes there instead, where it is the student's.
"""

import copy
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from grading.engine import reading
from grading.engine.channel import Channel
from grading.engine.link import Link
from grading.engine.past import made_again, place_of
from grading.engine.proxies import Remote, in_module
from grading.engine.raised import Lost


class Measures:
    """Of one submission's functions.

    - link: to the candidate of the notebook at hand; counting: to the process that measures costs
    - parent: who tells what processes cost
    - texts: module -> source of the submission
    """

    def __init__(self, link: Link, counting: Link, parent: Channel, texts: dict[str, str]):
        self._link, self._counting, self._parent, self._texts = link, counting, parent, texts
        self._defined = False                    # the modules are there
        self._told: float | None = None          # what the clock of costs showed at the end of a verdict's last call
        self._looped: dict[tuple, Any] = {}      # verdicts that a function loops: it does so in the next test, too

    def reroute(self) -> None:
        """Costs are those of where the code runs; the source that is read is the one that was handed in.

        Calls that do not hang on each other's results are asked for together.
        """
        from cs231n import _costs, _counting, _shortcuts, _source, _together, _workings, testing

        def there(ours: Callable, theirs: Callable) -> Callable:
            def either(function: Any, *arguments: Any) -> Any:
                __tracebackhide__ = True
                return (theirs if isinstance(function, Remote) else ours)(function, *arguments)
            return either

        _together.each = self._link.each
        _costs.measured = there(_costs.measured, self._measured)
        _costs.judge = self._unforeseen(_costs.judge)
        _costs.meanwhile = self._meanwhile
        _costs.confirm = there(_costs.confirm, self._confirm)
        counted = there(_counting.interpreted_events, self._count)
        _counting.interpreted_events = _workings.interpreted_events = testing.interpreted_events = counted
        _source.source_of = _workings.source_of = there(_source.source_of, self._source)
        _shortcuts.module_text = lambda name: reading.readable(self._texts.get(name, ""))

    def _source(self, function: Remote) -> tuple[str, str, str] | None:
        __tracebackhide__ = True
        _, told = self._link.do("defined", function._target, function=function._path)
        return reading.source(self._texts, place_of(function), told[0])

    def _measured(self, function: Remote, args: tuple) -> tuple[float, Any]:
        """(seconds, what is returned) of a call where no cell has run, up to the last byte of the answer.

        They start where the verdict's last call ended: what a process does while it waits counts too, as does making
        the object whose method it is. The processor time is the whole process's, read by the parent: the process
        itself has no say in it.
        """
        __tracebackhide__ = True
        from cs231n._costs import NotPlain, plain

        process = self._lay_down(function)
        before = self._told if process == "counting" else None
        before = self._clock(process, function._path) if before is None else before
        twin = self._twin(function)
        if twin is function and process == "counting":           # it cannot be made there
            process, before = "candidate", self._clock("candidate", function._path)
        state, told = twin._link.do("cost", twin._target, tuple(args), function=function._path)
        after = self._clock(process, function._path)
        self._told = after if process == "counting" else None
        if state == "refused":
            raise NotPlain(str(told[0])[:200])
        return after - before, plain(told[0])

    def _meanwhile(self, work: Callable[[], None]) -> float:
        """Do the work; seconds that the candidate takes meanwhile, where it has nothing to do."""
        before = self._clock("candidate", "")
        work()
        return self._clock("candidate", "") - before

    def _unforeseen(self, judge: Callable) -> Callable:
        """A verdict on calls with numbers that nobody can know before: not what follows from a seed that all share.

        A function of a module that was found to loop is not tried again on calls of the same kind.
        """
        def judged(make_call: Callable, sizes: tuple, calls: int, stacks: int, loops: bool) -> Any:
            __tracebackhide__ = True
            state, self._told = np.random.get_state(), None
            np.random.seed()
            try:
                function, args, *_ = make_call(sizes[0])
                if not isinstance(function, Remote) or self._lay_down(function) != "counting":
                    return judge(make_call, sizes, calls, stacks, loops)
                asked = function._target, sizes, calls, tuple(map(np.shape, args))
                if function._owner is None and asked in self._looped:
                    return self._looped[asked]
                # stacks: there np.vstack costs nothing that would have to be allowed for
                with self._link.deferring():             # it is asked of their twins
                    verdict = judge(make_call, sizes, calls, 0, loops)
                if function._owner is None and verdict.looped:
                    self._looped[asked] = verdict
                return verdict
            finally:
                np.random.set_state(state)
        return judged

    def _confirm(self, function: Remote, args: tuple, returned: Any) -> None:
        __tracebackhide__ = True
        from cs231n._messages import fail

        if not _alike(returned, function(*copy.deepcopy(tuple(args)))):
            fail(f"{function.__name__} does something else where no cell of the notebook has run.",
                 ("expected", "the same result for the same arguments"))

    def _count(self, function: Remote, args: tuple) -> Any:
        """Steps of a call; whatever goes wrong with it is an exception that a message can do without."""
        __tracebackhide__ = True
        from cs231n import _counting

        try:
            self._lay_down(function)
            twin = self._twin(function)
            places = twin._link.do("count", twin._target, tuple(args), function=function._path)[1][0]
        except Lost as lost:
            raise RuntimeError(f"the process was lost: {lost.how}") from None
        if type(places) is not dict or any((type(place), type(count)) != (str, int)
                                           for place, count in places.items()):
            raise RuntimeError("this is no count")
        return _counting.Steps(places)

    def _lay_down(self, function: Remote) -> str:
        """Have the modules where no cell runs; says which process a call of the function is made in."""
        __tracebackhide__ = True
        owner = function._owner[0] if function._owner else None
        if not in_module(function._target) and not (owner is not None and owner._past):
            return "candidate"           # the notebook's own function, or an object that the test has not made
        if not self._defined:
            self._counting.do("define", self._texts, function=function._path)
            self._defined = True
        return "counting"

    def _twin(self, function: Remote) -> Remote:
        __tracebackhide__ = True
        twin = made_again(function, self._counting)
        return function if twin is None else twin

    def _clock(self, process: str, function: str) -> float:
        """Seconds of processor time that a process has had."""
        self._parent.send(msgspec.msgpack.encode({"clock": process}))
        seconds = msgspec.msgpack.decode(self._parent.receive())
        if seconds is None:
            raise Lost("dead", function)
        return seconds


def _alike(counted: Any, returned: Any) -> bool:
    """Tell whether two results are the same, up to what the order of a sum may change."""
    if isinstance(counted, (tuple, list)) and isinstance(returned, (tuple, list)):
        return len(counted) == len(returned) and all(map(_alike, counted, returned))
    if isinstance(counted, dict) and isinstance(returned, dict):
        return counted.keys() == returned.keys() and all(_alike(counted[key], returned[key]) for key in counted)
    try:
        one, other = np.asarray(counted, dtype=complex), np.asarray(returned, dtype=complex)
    except (TypeError, ValueError):
        return type(counted).__name__ == type(returned).__name__
    size = np.sqrt(np.mean(np.abs(other) ** 2)) if other.size else 0.0
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-3, atol=1e-3 * size, equal_nan=True)
