"""A long run as people see it: one line per submission, and on a terminal what is running and how long it will take."""

import threading
import time

from grading.autograde.autograde import Listener
from grading.books.results import Result
from grading.desk import terminal
from grading.desk.text import clean_text


class Progress(Listener):
    """Plain lines in a log; on a terminal, a last line that is written anew."""

    def __init__(self):
        on = terminal.console()
        self._screen = on.is_terminal and not on.is_dumb_terminal
        self._lock = threading.Lock()
        self._running: dict[str, float] = {}
        self._why: dict[str, str] = {}
        self._started, self._worked, self._failed = time.monotonic(), 0, 0
        self._left = 0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_) -> None:
        self._status("")

    def began(self, student: str) -> None:
        with self._lock:
            if not self._running and not self._worked:
                self._started = time.monotonic()
            self._running[student] = time.monotonic()
            self._status(self._summary())

    def kept(self, student: str, why: str) -> None:
        with self._lock:
            self._why[student] = why

    def done(self, result: Result, number: int, of: int) -> None:
        with self._lock:
            self._left = of - number
            kept = result.student not in self._running
            self._running.pop(result.student, None)
            self._worked += not kept
            self._failed += bool(result.fault)
            score, max_score = result.autograded()
            why = self._why.pop(result.student, "as before" if kept else "")
            state = "not graded" if result.fault else f"{score:g}/{max_score:g}{', ' * bool(why)}{why}"
            self._status("")
            print(clean_text(f"[{number}/{of}] {result.student}: {state}"), flush=True)
            self._status(self._summary())

    def _summary(self) -> str:
        parts = [f"{self._worked} graded" + (f", {self._failed} failed" if self._failed else "")]
        if self._running:
            parts.insert(0, f"running: {', '.join(self._running)}")
        if self._worked and self._left:
            parts.append(f"about {_duration((time.monotonic() - self._started) / self._worked * self._left)} left")
        return "; ".join(parts)

    def _status(self, text: str) -> None:
        if self._screen:
            print(f"\r\x1b[K{terminal.cut(text, terminal.console().width - 1)}", end="", flush=True)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
