"""What a call costs, in processor time, beside what array operations and a Python loop cost in the same minute.

A loop over n rows of few columns costs fifty times what operations on whole arrays do, whichever way it is written: by
`for`, by `map`, by a library, in a thread, or while the result is read. So the cost tells what counting steps cannot.
Processor time is that of the whole process, not the clock on the wall: other programs do not matter.
"""

import builtins
import copy
import functools
import gc
import os
import time
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from cs231n import _yardsticks
from cs231n._yardsticks import CALLS, TIMES_ARRAYS, Yardsticks, stacking

SIZES = (4096, 16384)          # rows: a loop is told by the few already, array operations are cheap for the many
WARM = 48                      # rows of a first call that is not judged: it imports, and fills caches
TRIES, NEAREST = (12, 36), 1.9 # where it is near, and so near to the limit: a process may run slowly for long
CLEARLY, NEARLY = 3, 3         # so many times too much, or too little, is clear after a few
FEWEST = 3, 1                  # at least, or where a loop is seen; what costs as little as array operations is clear
LONGEST = 5                    # seconds after which what is near is decided by what was seen: a cell has its limit
MOST_CALLS = 40                # that one try makes where the clock is coarse
SQUARE = 1.5                   # between 1 and 2, the powers of n with which the costs of a loop and of squares grow
SQUARES = 5                    # calls none of which may be quicker than that
FEW_ROWS = 512                 # but more numbers than numpy prints in full
FIXED = 1 / 16                 # of the limit: what a call of few rows may cost before it is said to be made longer
_CLOCKS = time.thread_time, time.process_time, time.perf_counter
FEW_STACKED = 64
_print = print
_EXACT = (int, float, complex, bool, str, bytes, type(None))
_ARRAYS = (np.ndarray, np.matrix, np.ma.MaskedArray)
# np.vstack(column) and the like go through the rows in numpy's own Python; what they make of (N,) and of (N, M) at once
_STACKED = {
    "vstack": (lambda x: x[:, None], lambda x: x), "row_stack": (lambda x: x[:, None], lambda x: x),
    "hstack": (lambda x: x, lambda x: x.ravel()), "column_stack": (lambda x: x[None], lambda x: x.T),
    "dstack": (lambda x: x[None, None], lambda x: x.T[None]),
}


class NotPlain(TypeError):
    """A result that is neither numbers, nor a tuple, list or dict of them: it could compute when it is read."""


class Verdict(NamedTuple):
    """Of a call of size n, in seconds of processor time: what it cost, and what it was compared with."""

    looped: bool
    doubtful: bool             # it costs more than array operations do, and less than a loop
    n: int
    seconds: float
    arrays: float
    loop: float
    limit: float
    call: tuple                # (function, arguments, what it returned, its checks) of the cheapest try

    def told(self):
        return (f"{_time(self.seconds)} of processor time for {self.n}; here, operations on whole arrays take about "
                f"{_time(self.arrays)}, and a Python loop {_time(self.loop)}")


def measured(function, args):
    """Return (seconds of processor time that function(*copies of args) takes, what it returns, as plain data).

    It is the process's time, so that of every thread, but at most the time on the wall: threads of a library for
    matrix products spin while they wait. It is at least this thread's: where processor time is limited, Linux brings
    that of the process up to date late. Processes that the function starts and waits for count as well.
    """
    __tracebackhide__ = True
    args, collecting = copy.deepcopy(tuple(args)), gc.isenabled()
    gc.disable()               # it would look at everything else that there is
    try:
        with spared():
            start = [clock() for clock in (*_CLOCKS, _of_children)]
            returned = plain(function(*args))
        thread, process, wall, children = (clock() - before for clock, before in
                                           zip((*_CLOCKS, _of_children), start, strict=True))
        return max(thread, min(process, wall)) + children, returned
    finally:
        if collecting:
            gc.enable()


def confirm(function, args, returned):
    """Check that a function does the same wherever it runs; beside the test it runs in one place, so it does."""


@contextmanager
def spared():
    """While this lasts, what is nobody's fault costs little: numpy makes a loop of np.vstack(column) and the like, and
    looks at numbers one by one where an array is printed or becomes a text."""
    before = spare()
    try:
        with briefly():
            yield
    finally:
        vars(np).update(before)
        builtins.print = _print


def briefly():
    """While this lasts, the text of an array has a few of its entries, whatever a module has set for all arrays."""
    return np.printoptions(threshold=FEW_STACKED, edgeitems=3)


def spare():
    """For good, what `spared` does but for the texts of arrays; returns numpy's own functions, by name."""
    numpys = {name: vars(np)[name] for name in _STACKED if name in vars(np)}
    vars(np).update({name: _at_once(stack, *_STACKED[name]) for name, stack in numpys.items()})
    builtins.print = lambda *values, **keywords: None
    return numpys


def _at_once(stack, of_numbers, of_rows):
    def stacked(tup, *args, **keywords):
        rows = None if args or keywords else _rows(tup)
        return stack(tup, *args, **keywords) if rows is None else np.array((of_numbers, of_rows)[rows.ndim - 1](rows))
    return functools.wraps(stack)(stacked)


def _rows(tup):
    """Many numbers or rows as an array; None for what should be stacked as it is."""
    if type(tup) in (list, tuple) and len(tup) > FEW_STACKED and (
            isinstance(tup[0], (int, float, np.generic)) or type(tup[0]) is np.ndarray and tup[0].ndim == 1):
        try:
            tup = np.array(tup)
        except ValueError:         # of different lengths
            return None
    return tup if type(tup) is np.ndarray and tup.ndim in (1, 2) and len(tup) and tup.dtype.kind in "biufc" else None


def meanwhile(work):
    """Do the work, and return the seconds of processor time that what is judged takes in the meantime: beside the
    test, none. Elsewhere it could make the yardsticks longer."""
    work()
    return 0.0


def _of_children():
    return sum(os.times()[2:4])


def plain(value):
    """The value, if it is plain data; reading it runs nobody's code. Raises NotPlain."""
    kind = type(value)
    if kind in _EXACT or kind in _ARRAYS and value.dtype.kind in "biufc":
        return value
    if issubclass(kind, np.generic) and kind is value.dtype.type:
        return value
    if kind in (tuple, list):
        return kind([plain(item) for item in value])
    if issubclass(kind, tuple):        # a named one: what it holds, whatever its class says of it
        return tuple([plain(tuple.__getitem__(value, i)) for i in range(tuple.__len__(value))])
    if kind is dict:
        return {key: plain(item) for key, item in value.items()}
    raise NotPlain(f"a value of type {kind.__name__} is neither a number nor a numpy array of numbers")


def judge(make_call, sizes=SIZES, calls=CALLS, stacks=0, loops=False):
    """Say whether the calls of growing size cost what a loop in Python costs.

    - make_call: make_call(n) returns (function, args), with other values each time, so that no cache has the answer;
      a third part checks what is returned, see `testing.assert_vectorized`
    - sizes: (few, many)
    - calls: how many numpy functions the looped version calls for each of n, at least
    - stacks: how often the function makes a column by np.vstack, which goes through the entries in numpy's own Python
    - loops: whether its source shows a loop, or a function that another one may call in a loop
    """
    __tracebackhide__ = True
    many = sizes[-1]
    allowed = stacks * stacking(many) if stacks else 0.0
    measured(*make_call(WARM)[:2])
    yard, best, seconds, until = Yardsticks(many, calls, allowed), {}, 0.0, time.monotonic() + LONGEST
    if _is_cheap(make_call, sizes, yard, best):
        n = max(best, key=lambda n: best[n][0])
        return Verdict(False, False, n, best[n][0], yard.arrays, yard.loop, yard.limit, best[n][1])
    for attempt in range(TRIES[1]):
        stray = meanwhile(functools.partial(yard.measure, NEARLY * seconds > yard.limit))
        for n in sizes:
            cost, call = _cost(make_call, n)
            best[n] = min(best.get(n, (float("inf"), None)), (cost + stray, call), key=lambda one: one[0])
            dear = n < many and best[n][0] > yard.limit / 4
            if dear and _is_square(make_call, n, best[n][0], yard.limit, many, loops):
                return Verdict(False, True, n, best[n][0], yard.arrays, yard.loop, yard.limit, best[n][1])
            if best[n][0] > CLEARLY * yard.limit:
                break              # less may be near for the few rows, and is clear for the many
        n = max(best, key=lambda n: best[n][0])
        seconds = best[n][0] + meanwhile(yard.measure_arrays)
        times = seconds / yard.limit
        if seconds < TIMES_ARRAYS * yard.arrays or (
                attempt >= FEWEST[bool(loops and times > 1)] and not 1 < NEARLY * times < NEARLY * CLEARLY) or (
                attempt >= TRIES[0] and not 1 < NEAREST * times < NEAREST**2) or (
                attempt >= FEWEST[0] and time.monotonic() > until):
            break
    looped = seconds > yard.limit      # the least of all tries at each size: none is compared with a slow moment
    return Verdict(looped, not looped and seconds > TIMES_ARRAYS * yard.arrays, n, seconds, yard.arrays, yard.loop,
                   yard.limit, best[n][1])


def _is_cheap(make_call, sizes, yard, best):
    """Tell whether calls cost what array operations do: then nobody has to know what a loop costs. Fills `best`."""
    __tracebackhide__ = True
    stray = meanwhile(yard.measure_arrays)
    for n in sizes:
        cost, call = _cost(make_call, n)
        best[n] = cost + stray, call
        if best[n][0] >= TIMES_ARRAYS * yard.arrays:
            return False
    return max(cost for cost, _ in best.values()) + meanwhile(yard.measure_arrays) < TIMES_ARRAYS * yard.arrays


def _is_square(make_call, n, seconds, limit, many, loops):
    """Tell whether a call that costs too much does so by arrays of n x n numbers: of few rows it costs next to nothing.

    That a call of 16 rows takes long excuses little: who loops could make it so. What calls of few rows return is
    checked as well, so none of them can be quick by being wrong.

    - limit: what a call of `many` rows may cost
    - loops: see `judge`; squares beside them excuse no more than few rows may cost by their share of the limit
    """
    __tracebackhide__ = True
    fixed, few = _quickest(make_call, 16), _quickest(make_call, FEW_ROWS, 12)
    excused = 0.0 if loops else min(fixed[0], FIXED * limit)
    if few[0] - excused > (1 if loops else 3) * FEW_ROWS * limit / many:
        return False
    for _ in range(SQUARES):
        if seconds - fixed[0] < (n / FEW_ROWS) ** SQUARE * (few[0] - fixed[0]):
            return False
        seconds = min(seconds, _cost(make_call, n)[0])
    confirmed(few[1])
    confirmed(_quickest(make_call, n // 4, 1)[1])
    return True


def _quickest(make_call, n, times=5):
    """(seconds, call) of the least that several calls cost."""
    __tracebackhide__ = True
    return min((_cost(make_call, n) for _ in range(times)), key=lambda cost: cost[0])


def confirmed(call):
    """Check what a call returned, and that it does the same elsewhere. Raises CheckFailed."""
    __tracebackhide__ = True
    function, args, returned, checks = call
    for check in checks:
        check(returned)
    confirm(function, args, returned)


def _cost(make_call, n):
    """(seconds, call) of one try; where the clock ticks slowly, the mean of several calls, each with its own values."""
    __tracebackhide__ = True
    total, made = 0.0, 0
    while not made or made < MOST_CALLS and total < 20 * _yardsticks.TICK:
        function, args, *checks = make_call(n)
        seconds, returned = measured(function, args)
        total, made = total + seconds, made + 1
    return total / made, (function, args, returned, checks)


def _time(seconds):
    """Two digits of it."""
    return f"{float(f'{seconds:.1e}'):g} s" if seconds >= 0.1 else f"{float(f'{1000 * seconds:.1e}'):g} ms"
