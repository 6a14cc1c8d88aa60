"""What array operations, blocks of few rows and Python loops cost here and now, in processor time.

A cost says nothing by itself, on no machine: it is held against these, measured in the same minute.
"""

import gc
import math
import time

import numpy as np

CALLS = 7                      # of numpy functions for each row, in a loop that computes a loss
LOOP_ROWS = 640                # that the looped yardsticks really do at first
BLOCK = 16                     # rows: honest code has none smaller
STACK_ROWS = 200
TIMES_ARRAYS = 10
TICK = time.get_clock_info("process_time").resolution
FINE = 1e-4                    # seconds: what is measured takes milliseconds


class Yardsticks:
    """Seconds for array operations, for blocks of few rows and for loops, the least of all measured; and the limit.

    It lies in the middle between the dearest of honest code, blocks of sixteen rows, and a loop with one numpy call
    for each row that starts from a list of numbers: both are measured, since how far they are apart differs from
    machine to machine. It is about a quarter of a loop with the calls that a loss takes.
    """

    def __init__(self, n, calls, allowed):
        self._n, self._calls, self._allowed, self._rows = n, calls, allowed, 0
        self.arrays = self._blocks = self._call = float("inf")

    def measure(self, near):
        """Few rows tell what is clear. Near the limit all rows: among short moments there is sooner one in which nobody
        disturbs than among those that what is judged takes."""
        rows = self._n if TICK < FINE and (near or self._rows == self._n) else LOOP_ROWS
        if rows != self._rows:
            self._rows, self._blocks, self._call = rows, float("inf"), float("inf")
        self.measure_arrays()
        self._blocks = min(self._blocks, _blocks(self._n, rows))
        self._call = min(self._call, call_for_each_row(self._n, rows))

    def measure_arrays(self):
        """Before what is judged, and after it: a slow moment passes nothing."""
        self.arrays = min(self.arrays, array_operations(self._n))

    @property
    def loop(self):
        return self._calls * self._call / 2       # from an array, a call costs half as much

    @property
    def limit(self):
        middle = math.sqrt(self._blocks * self._call) * self._calls / CALLS
        return max(TIMES_ARRAYS * self.arrays, middle) + self._allowed


def array_operations(n):
    """Seconds for about as many operations on arrays of n short rows as a loss and its gradient take."""
    table, matrix = _table(n), _table(4)
    rows, columns = np.arange(n), np.arange(n) % 4

    def work():
        values = np.exp(table @ matrix)
        values *= values > 1
        values[rows, columns] += 1
        return values.sum(axis=1).mean(), table.T @ values

    return _least(work)


def call_for_each_row(n, rows=LOOP_ROWS):
    """Seconds for a Python loop over n short rows, lists of numbers, that calls numpy once for each."""
    return _looped(lambda table, matrix: np.array([np.matmul(row, matrix) for row in table.tolist()]), n, rows)


def _blocks(n, rows=LOOP_ROWS):
    """Seconds for a loss and its gradient of n short rows, in blocks."""
    def work(table, matrix):
        loss, gradient = 0.0, np.zeros_like(matrix)
        for start in range(0, len(table), BLOCK):
            block = table[start:start + BLOCK]
            values = block @ matrix
            values = np.exp(values - values.max(axis=1, keepdims=True))
            values /= values.sum(axis=1, keepdims=True)
            loss -= np.log(values[np.arange(len(block)), 0]).sum()
            values[np.arange(len(block)), 0] -= 1
            gradient += block.T @ values
        return loss, gradient
    return _looped(work, n, rows)


def _looped(work, n, rows):
    """Seconds for work(table, matrix) of n rows, measured on so many, once if on all."""
    if TICK >= FINE:
        rows //= 5                                       # on the wall, other programs are in between
    table, matrix = _table(rows), _table(4)
    return _least(lambda: work(table, matrix), 1 if rows == n else 0) * n / rows


def stacking(n):
    """Seconds for np.vstack of n numbers."""
    numbers = np.arange(float(STACK_ROWS))
    return _least(lambda: np.vstack(numbers)) * n / STACK_ROWS


def _table(n):
    return np.cos(np.arange(4.0 * n)).reshape(n, 4)


def _least(work, times=0):
    """Seconds of processor time, or of the wall clock where the other is coarse: the least of several, or `times`."""
    clock, collecting, least = time.thread_time if TICK < FINE else time.perf_counter, gc.isenabled(), float("inf")
    gc.disable()
    try:
        for _ in range(times or (3 if TICK < FINE else 12)):
            start = clock()
            work()
            least = min(least, clock() - start)
    finally:
        if collecting:
            gc.enable()
    return least
