"""Of a student's attempts one counts, also when the run that laid it down was killed."""

from datetime import UTC, datetime

import pytest
from forked import die, fork
from renamings import ending_at

from grading.books import attempts, ledger
from grading.books.course import Course

FIRST, SECOND = {"knn.ipynb": b"{}", "cs231n/knn.py": b"x = 1\n"}, {"knn.ipynb": b"{}", "cs231n/knn.py": b"x = 2\n"}


def lay_down(course, files):
    with ledger.writing(course):
        attempts.lay_down(course, "ann", "one", files, datetime(2030, 1, 2, tzinfo=UTC), counts=True)


def killed_at(root, step, files):
    """Killed in the place of the `step`th renaming."""
    with ending_at(step, die):
        lay_down(Course(root), files)


@pytest.mark.parametrize("before", [(), (FIRST,), (FIRST, SECOND, FIRST)], ids=["none", "one", "kept already"])
def test_an_attempt_whose_run_was_killed_half_way_is_whole_for_whoever_reads_next(tmp_path, before):
    for step in range(20):
        course = Course(tmp_path / str(step))
        for files in before:
            lay_down(course, files)
        child = fork(killed_at, course.root, step, SECOND)
        child.join()
        ledger.settle_folders(course)
        assert not attempts.pending(course), step
        there = course.submitted("ann", "one")
        kept = [attempts.content(folder) for folder in attempts.every(course, "ann", "one")]
        if child.exitcode == 0:
            break
        assert child.exitcode < 0
        assert there.exists() or not before
        assert not there.exists() or attempts.content(there) in (FIRST, SECOND) and attempts.time(there)
        assert all(files in kept for files in before), step
    assert step > 1 and attempts.content(there) == SECOND and len(kept) == (2 if before else 1)


def test_what_a_run_that_is_alive_lays_down_is_left_to_it(tmp_path):
    course = Course(tmp_path)
    with ledger.writing(course):
        (tmp_path / ".collecting-now").mkdir()
        assert attempts.pending(course)
        ledger.settle_folders(course)
        assert attempts.pending(course)
    ledger.settle_folders(course)
    assert not attempts.pending(course)
