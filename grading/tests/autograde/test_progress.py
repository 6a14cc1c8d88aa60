"""What a long run tells the person who waits for it."""

import io
import re
import sys
import threading

import pytest

from grading.autograde import progress
from grading.autograde.progress import Progress
from grading.books.results import Result


@pytest.fixture(autouse=True)
def at_a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def result(student, score=1.0, fault=""):
    cells = (
        {}
        if fault
        else {
            "knn": {
                "t": {"score": score, "max_score": 2.0, "outcome": "passed", "message": ""},
                "m": {"score": None, "max_score": 3.0, "outcome": "manual", "message": ""},
            }
        }
    )
    return Result(student, "assignment1", "f", "full", cells, fault=fault)


def told(stream, *steps, leave=True):
    """What `stream` shows after these calls of a Progress."""
    before, sys.stdout = sys.stdout, stream
    try:
        with Progress() as shown:
            for name, *arguments in steps:
                getattr(shown, name)(*arguments)
            if not leave:
                return stream.getvalue()
    finally:
        sys.stdout = before
    return stream.getvalue()


def last_line(text):
    """What a terminal shows in the end: after a carriage return with an erasure, the line begins anew."""
    return text.split("\n")[-1].split("\r\x1b[K")[-1]


def test_a_log_has_one_plain_line_for_each_submission():
    assert told(
        io.StringIO(),
        ("began", "ann"),
        ("began", "bob"),
        ("done", result("bob", 2.0), 1, 4),
        ("done", result("ann", 0.5), 2, 4),
        ("done", result("cem"), 3, 4),
        ("done", result("dee", fault="the disk is full"), 4, 4),
    ) == ("[1/4] bob: 2/2\n[2/4] ann: 0.5/2\n[3/4] cem: 1/2, as before\n[4/4] dee: not graded\n")


def test_a_terminal_shows_who_is_running_how_many_are_done_and_how_long_it_will_take():
    steps = [("began", "ann"), ("began", "bob"), ("done", result("ann"), 1, 3)]
    shown = told(Terminal(), *steps, leave=False)
    assert "running: ann, bob" in shown and "[1/3] ann: 1/2\n" in shown
    assert re.fullmatch(r"running: bob; 1 graded; about \d+ s left", last_line(shown))
    assert "1 graded, 1 failed" in last_line(
        told(Terminal(), ("began", "ann"), ("done", result("ann", fault="x"), 1, 3), leave=False)
    )


def test_what_was_graded_before_says_nothing_about_the_time_that_is_left():
    shown = last_line(told(Terminal(), ("done", result("ann"), 1, 3), leave=False))
    assert "left" not in shown and "0 graded" in shown


def test_the_last_line_is_gone_when_the_run_is_over():
    assert last_line(told(Terminal(), ("began", "ann"), ("done", result("ann"), 1, 1))) == ""


def test_the_last_line_fits_the_terminal_and_is_text(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    steps = [("began", f"student-{number}\x1b[31m\n") for number in range(30)]
    lines = told(Terminal(), *steps, leave=False).split("\r\x1b[K")
    assert all(len(line) < 40 and line.isprintable() for line in lines)
    assert told(io.StringIO(), ("done", result("a\x1b[2Jb\n"), 1, 1)).count("\n") == 1


def test_threads_that_begin_at_the_same_time_do_not_disturb_each_other():
    stream = Terminal()

    def steps(shown, number):
        for one in range(50):
            shown.began(f"{number}-{one}")

    before, sys.stdout = sys.stdout, stream
    try:
        with Progress() as shown:
            threads = [threading.Thread(target=steps, args=(shown, number)) for number in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(shown._running) == 200
    finally:
        sys.stdout = before
    assert all(line == "" or line.startswith("running: ") for line in stream.getvalue().split("\r\x1b[K"))


@pytest.mark.parametrize(
    "seconds, words",
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (61, "1 min 01 s"),
        (3599.6, "1 h 00 min"),
        (3700, "1 h 01 min"),
        (90_000, "25 h 00 min"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds, words):
    assert progress._duration(seconds) == words
