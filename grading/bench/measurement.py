"""One measurement: a ratio within one run, of what something costs to the least it could cost, or may cost.

Two pieces of work are timed in turn, A B A B, and the ratio of their best times is told: a machine's changing speed
then touches both alike.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Measurement:
    """`what` took `found`, the yardstick `against` took `least`; `wanted` is the ratio not to exceed."""

    what: str
    against: str
    found: float
    least: float
    wanted: float
    unit: str

    @property
    def ratio(self) -> float:
        return self.found / self.least


def as_json(measurements: list[Measurement]) -> list[dict]:
    return [asdict(one) | {"ratio": one.ratio} for one in measurements]


def row(one: Measurement) -> str:
    return (f"{one.what:<38} {_amount(one.found, one.unit):>11}   "
            f"{one.against:<36} {_amount(one.least, one.unit):>11}   "
            f"ratio {one.ratio:.2f} (wanted: at most {one.wanted:.3g})")


def _amount(value: float, unit: str) -> str:
    return f"{value:.1f} {unit}" if value >= 10 else f"{value:.2f} {unit}"


def pair(what: str, work: Callable, against: str, yardstick: Callable, wanted: float, rounds: int) -> Measurement:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds + 1):                      # the first round warms up
        for taken, piece in zip(times, (work, yardstick), strict=True):
            start = time.perf_counter()
            piece()
            taken.append(time.perf_counter() - start)
    return Measurement(what, against, 1000 * min(times[0][1:]), 1000 * min(times[1][1:]), wanted, "ms")
