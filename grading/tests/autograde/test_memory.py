"""However many submissions a run grades, the process that runs them takes no more memory."""

import itertools
import re

import small_class

STUDENTS, EVERY = 60, 20
MOST_GROWTH = 1_500              # KB from one count to the next; the notebooks of EVERY submissions alone have 2,000


def test_the_parents_memory_stays_flat(tmp_path):
    course = small_class.make(tmp_path, STUDENTS)
    run = small_class.start(*small_class.command(course.root, EVERY))
    told = re.findall(r"memory \d+ (\d+) (\d+)", run.communicate(timeout=300)[0])
    assert run.returncode == 0 and len(told) == STUDENTS // EVERY
    resident, held = zip(*((int(kilobytes), int(results)) for kilobytes, results in told), strict=True)
    # What is kept of every submission shows between all counts; what is made once, between two of them.
    assert min(after - before for before, after in itertools.pairwise(resident)) < MOST_GROWTH, resident
    assert max(held) < EVERY, held
