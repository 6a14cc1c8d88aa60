"""What may happen to a run of grading, at moments that a seed draws."""

import random
from dataclasses import dataclass

WORKER, DISK, RUN = "worker killed", "disk full", "run killed"
SCHEDULER, NODE = "scheduler restarted", "cluster's worker killed"
# Once in so many submissions, and at least so often.
OFTEN = {WORKER: (25, 1), DISK: (200, 1), RUN: (100, 1), SCHEDULER: (250, 1), NODE: (100, 1)}
UNTIL = 0.8                              # of the class: what comes later might find the run at its end
MOST_ROOM = 2 << 20                      # bytes that a full disk may have left


@dataclass(frozen=True)
class Disturbance:
    """`kind` happens when so many results are in the books, and `wait` times the usual time between two has passed.

    A full disk has `room` bytes left: for nothing at all, or for a part of what has to be written.
    """

    kind: str
    after: int
    wait: float
    room: int = 0


def drawn(seed: int, submissions: int, kinds: tuple[str, ...]) -> list[Disturbance]:
    """In the order in which they happen; the same for the same seed."""
    found = []
    for kind in kinds:
        rng = random.Random(f"{seed} {kind}")
        once_in, least = OFTEN[kind]
        for _ in range(max(least, submissions // once_in)):
            room = rng.randrange(MOST_ROOM) if kind == DISK and rng.random() < 0.5 else 0
            found.append(Disturbance(kind, rng.randrange(max(1, round(UNTIL * submissions))), rng.random(), room))
    return sorted(found, key=lambda one: (one.after, one.wait))
