"""Runs the cells that checks need, each notebook's in a process of its own, on the small data that grading uses."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import NamedTuple

LIMIT = 60                       # seconds of processor time that a cell may take
LOOK = 0.5                       # seconds between two looks at whether they are done
STARTS = 6                       # processes that the cells of a notebook may use up
IMAGES = {"num_train": 300, "num_test": 100}
_SMALL = {"CS231N_SCALE": "0.01", "MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
          "PYTHONDONTWRITEBYTECODE": "1"}
ENDS = ("timed_out", "ended")    # how a cell ends that ends its process
PASSED, FAILED, UNWRITTEN = "passed", "failed", "not written yet"


class Outcome(NamedTuple):
    """outcome: PASSED, FAILED or UNWRITTEN; message: why it is not PASSED."""

    check: object
    outcome: str
    message: str = ""


def make_data(folder):
    """Raises ImportError where numpy is missing."""
    from cs231n.synthetic import write_synthetic_cifar10

    write_synthetic_cifar10(folder, **IMAGES)


def run(checks, folder, modules, data, limit=LIMIT):
    """Return an Outcome for each Check, in order.

    Inputs:
    - folder: of the assignment; data: of the small data set
    - modules: the student's, as the assignment calls them
    """
    by_notebook = {}
    for check in checks:
        by_notebook.setdefault(check.notebook, []).append(check)
    started = _Started()
    # Ctrl-C ends what runs, for which the pool waits. As an exception it could come between a lock and its release.
    ends = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    usual = {end: signal.signal(end, lambda *_: started.stop()) for end in ends}
    try:
        with ThreadPoolExecutor(max(1, min(len(by_notebook), os.cpu_count() or 1))) as pool:
            found = [pool.submit(_notebook, those, folder, modules, data, limit, started)
                     for those in by_notebook.values()]
            while wait(found, timeout=LOOK).not_done:            # on Windows, Ctrl-C is noticed between waits
                pass
    finally:
        for end, former in usual.items():
            signal.signal(end, former)
    if started.stopped:
        raise KeyboardInterrupt
    told = {outcome.check.name: outcome for one in found for outcome in one.result()}
    return [told[check.name] for check in checks]


class _Started:
    """The processes that run cells. Once they are stopped, no other is started."""

    def __init__(self):
        self._lock, self._running, self.stopped = threading.RLock(), set(), False

    def stop(self):
        with self._lock:
            self.stopped = True
            for process in self._running:
                process.kill()

    def run(self, given, **how):
        """(stdout, stderr) of a process that gets these bytes; nothing where it was stopped."""
        with self._lock:
            if self.stopped:
                return b"", b""
            process = subprocess.Popen([sys.executable, "-m", "cs231n._check"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)
            self._running.add(process)
        with process:
            try:
                return process.communicate(given)
            finally:
                with self._lock:
                    self._running.discard(process)


def _notebook(checks, folder, modules, data, limit, started):
    cells, told = {}, {}                             # by place
    for cell in (cell for check in checks for cell in check.cells):
        former = cells.get(cell.place, cell)
        cells[cell.place] = cell._replace(imports=tuple(dict.fromkeys((*former.imports, *cell.imports))))
    cells = [cells[place] for place in sorted(cells)]
    for _ in range(STARTS):
        if len(told) == len(cells):
            break
        told |= _process([cell for cell in cells if told.get(cell.place, {}).get("kind") not in ENDS], folder, modules,
                         data, limit, started)
    return [_outcome(check, told) for check in checks]


def _process(cells, folder, modules, data, limit, started):
    """{place: {"kind", "message"} of what came of the cell}; where the process ended, of those behind nothing."""
    asked = json.dumps({"cells": [{"source": cell.source, "imports": cell.imports} for cell in cells],
                        "files": modules, "limit": limit})
    own = _SMALL | {"CS231N_DATA": str(data), "IPYTHONDIR": f"{data}-ipython"}
    out, err = started.run(asked.encode(), cwd=folder, env=os.environ | own)
    found = [json.loads(line) for line in out.splitlines()]
    if len(found) < len(cells) and not (found and found[-1]["kind"] in ENDS):
        why = err.decode("utf-8", "replace").strip().splitlines()[-1:]
        found.append({"kind": "ended", "message": ": ".join(["the Python process ended here", *why])})
    return {cell.place: told for cell, told in zip(cells, found)}


def _outcome(check, told):
    own = told.get(check.cells[-1].place, {"kind": "ended", "message": "not run: cells ended Python too often"})
    if not own["kind"]:
        return Outcome(check, PASSED)
    before = [(cell, told[cell.place]) for cell in check.cells[:-1] if told.get(cell.place, {}).get("kind")]
    if own["kind"] == "CheckFailed":             # it knows what is wrong, unless what it is about has stopped
        before = [(cell, why) for cell, why in before if cell.role == "code" or why["kind"] in ENDS]
    if unwritten := [one for one in (own, *(why for _, why in before)) if one["kind"] == "NotImplementedError"]:
        return Outcome(check, UNWRITTEN, unwritten[0]["message"])
    if before:
        cell, why = before[0]
        return Outcome(check, FAILED, f"{cell.name}, which it needs, stopped: {why['message']}")
    return Outcome(check, FAILED, own["message"])
