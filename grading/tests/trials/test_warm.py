"""Variants are tried in children of one warm process: nothing of one reaches the next, and nothing is left over."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from grading import ROOT
from grading.release import assignment as assignments
from grading.trials import catalogue, trial, warm
from grading.trials.packing import packed, unpacked

REFERENCE = {"__init__.py": "", "one.py": "def f():\n    return 1\n", "two.py": "from cs231n.one import f\n"}


@pytest.fixture
def process():
    made = warm.Warm()
    yield made
    made.close()


def judged(process, source, changed=None, seconds=20):
    return process.run(REFERENCE, changed or {}, "grading.trials.judge:judge",
                       {"rounds": [[("cell", source)]], "seconds": seconds})[0]["cell"]


def test_each_variant_stands_beside_an_unchanged_reference(process):
    source = "from cs231n.two import f\nassert f() == 1, f()"
    assert judged(process, source) == ""
    assert judged(process, source, {"one.py": "def f():\n    return 2\n"}) == "AssertionError: 2"     # the same size
    assert judged(process, source) == ""
    assert judged(process, "import inspect\nfrom cs231n import one\nassert 'return 3' in inspect.getsource(one.f)",
                  {"one.py": "def f():\n    return 3\n"}) == ""


def test_nothing_of_one_variant_reaches_the_next(process):
    assert judged(process, "import os, numpy\nnumpy.left = 1\nopen('left', 'w').close()\n"
                           "os.environ['LEFT'] = '1'") == ""
    assert judged(process, "import os, numpy\nassert not hasattr(numpy, 'left') and not os.path.exists('left')\n"
                           "assert 'LEFT' not in os.environ") == ""


def test_a_variant_that_never_ends_is_stopped_and_one_that_ends_its_process_is_named(process):
    assert judged(process, "while True: pass", seconds=1) == "TimeoutError: ran longer than 1 s"
    with pytest.raises(RuntimeError, match="died"):
        judged(process, "import os; os._exit(0)")
    with pytest.raises(RuntimeError, match="TypeError"):
        process.run(REFERENCE, {}, "grading.trials.judge:judge", {"cells": []})
    assert judged(process, "pass") == ""


def test_what_variants_are_tried_with_has_not_imported_the_checkouts_own_package(process):
    """A child would find it imported, and judge it in place of the variant."""
    asked = process.run(REFERENCE, None, "grading.trials.answering:told", {"variants": {}, "like": packed([])})
    assert unpacked(asked) == {}
    assert judged(process, "from cs231n.two import f\nassert f() == 2, f()") == "AssertionError: 1"
    with pytest.raises(RuntimeError, match="may import cs231n only in the variant's own process"):
        process.run(REFERENCE, {}, "cs231n.testing:relative_error", {})


def test_it_is_asked_by_several_threads_and_forks_from_none_of_them():
    found = []
    threads = [threading.Thread(target=lambda n=n: found.append((n, warm.run(
        REFERENCE, {"one.py": f"def f():\n    return {n}\n"}, "grading.trials.judge:judge",
        rounds=[[("cell", f"from cs231n.one import f\nassert f() == {n}")]], seconds=20)))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(n, [{"cell": ""}]) for n in range(8)]


def test_it_ends_with_the_one_who_asks_and_a_variant_in_it_ends_too(tmp_path):
    """Also when that one is killed and can close nothing."""
    cell = "import os, time\nos.write(2, b'%d %d\\n' % (os.getpid(), os.getppid()))\ntime.sleep(600)"
    asker = (f"from grading.trials import warm\nwarm.run({REFERENCE!r}, {{}}, 'grading.trials.judge:judge', "
             f"rounds=[[('cell', {cell!r})]], seconds=900)")
    running = subprocess.Popen([sys.executable, "-c", asker], cwd=ROOT, stderr=subprocess.PIPE,
                               env=os.environ | {"TMPDIR": str(tmp_path)})
    variant, process = map(int, running.stderr.readline().split())
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert running.stderr.read() == b""                  # the end of it comes when nobody has it open any more
    assert not [pid for pid in (variant, process) if Path(f"/proc/{pid}/cwd").exists()]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", assignments.names())
def test_the_cells_that_are_left_out_would_have_told_the_same(name):
    assignment = assignments.load(name)
    cells = trial.test_cells(assignment)
    rounds = [[(cell.name, cell.source) for cell in cells]]
    first = {entry.function: entry for entry in catalogue.mistakes(assignment)}
    assert len(first) > 1
    for entry in first.values():
        changed = trial.entry_source(entry)
        whole = warm.run(trial.complete(assignment), changed, "grading.trials.judge:judge", rounds=rounds,
                         seconds=trial.CELL_SECONDS)
        assert trial.run(assignment, changed, cells) == whole, entry.label


def test_a_reference_that_changes_is_seen_at_once(monkeypatch):
    assignment = assignments.load("assignment1")
    cells = [cell for cell in trial.test_cells(assignment) if cell.functions[0] == "relu_forward"]
    assert not any(trial.run(assignment, {}, cells)[0].values())
    whole = type(assignment).complete
    monkeypatch.setattr(type(assignment), "complete", lambda self, module: whole(self, module).replace(
        "def relu_forward(", "def relu_forwards("))
    assert all("relu_forward" in message for message in trial.run(assignment, {}, cells)[0].values())
