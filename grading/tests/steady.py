"""Verdicts that must not waver: the same one each time, on a machine that has other work to do.

`KIT_COSTS=50` asks for that many verdicts on each specimen, beside four processes that do nothing but count; it takes
some two hours, with `-n 4` about one. Without it, the tests that use this are left out: others ask once.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

TIMES = int(os.environ.get("KIT_COSTS", 0))
INTO = os.environ.get("KIT_COSTS_INTO", "")          # a file for what was measured, one JSON object a line
SPINNING = 4

asked_for = pytest.mark.skipif(not TIMES, reason="KIT_COSTS=50 asks for fifty verdicts each, on a busy machine")


@contextmanager
def busy_machine(processes: int = SPINNING) -> Iterator[None]:
    """While this lasts, so many processes spin, for all workers of a test run together."""
    first = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
                for _ in range(processes * first)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def note(**measured: object) -> None:
    """Keep what was measured, for whoever wants figures."""
    if INTO:
        with Path(INTO).open("a", encoding="utf-8") as file:
            file.write(json.dumps(measured) + "\n")
