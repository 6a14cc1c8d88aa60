"""A run that is killed leaves nothing running, and the next run ends where an undisturbed one would have.

`KIT_KILLS=20` kills more often; `KIT_SEED` repeats the moments of an earlier session.
"""

import os
import random
import secrets
import sys
import time

import killing
import pytest
import small_class
from small_class import copy

from grading.bench import endstate

STUDENTS = 6
KILLS = int(os.environ.get("KIT_KILLS", 6))
SEED = int(os.environ.get("KIT_SEED", secrets.randbelow(10**6)))


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """A course that nobody has graded; not to be changed."""
    return small_class.make(tmp_path_factory.mktemp("killed"), STUDENTS)


@pytest.fixture(scope="module")
def undisturbed(collected):
    """(what an undisturbed run leaves, for each of its lines the seconds until the next one)."""
    course = copy(collected, "undisturbed")
    times = [time.monotonic()]
    run = small_class.start(*small_class.command(course.root))
    for _ in run.stdout:
        times.append(time.monotonic())
    assert run.wait() == 0
    times.append(time.monotonic())
    return endstate.of(course), [after - before for before, after in zip(times, times[1:], strict=False)]


@pytest.mark.parametrize("number", range(KILLS))
def test_a_run_that_is_killed_is_gone_and_the_next_one_ends_as_if_nothing_had_been(
        collected, undisturbed, workers, number):
    expected, waits = undisturbed
    rng = random.Random(f"{SEED} {number}")
    line = rng.randrange(2 * STUDENTS)           # the run is killed after that line of its, and before the next one
    said = f"KIT_SEED={SEED}, after line {line}"
    course = copy(collected, f"killed-{number}")
    killed = small_class.start(sys.executable, killing.__file__, line, rng.random() * waits[line],
                               *small_class.command(course.root))
    assert killed.wait() == 0, said
    begun = []

    class Again(small_class.Lines):
        def began(self, student):
            begun.append(student)

    small_class.grade(course.root, listener=Again(), workers=workers)
    assert len(begun) <= STUDENTS - max(0, line - STUDENTS), f"what was recorded is graded again; {said}"
    assert endstate.differences(expected, endstate.of(course)) == [], said
