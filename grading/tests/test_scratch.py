"""Temporary folders: nothing of a process that was killed stays, and nothing that somebody uses goes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import small_class

from grading import ROOT
from grading.engine import sandbox
from grading.scratch import take_away, temporary

HOLD = """
import sys
from pathlib import Path
from grading.scratch import temporary
with temporary("kit-held-x-", Path(sys.argv[1])) as folder:
    (folder / "half").mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""
TAKE_TURNS = """
import sys
from pathlib import Path
from grading.scratch import temporary
for number in range(300):
    with temporary("kit-held-x-", Path(sys.argv[1])) as folder:
        (folder / "mine").write_text(str(number))
        assert [one.read_text() for one in folder.iterdir()] == [str(number)]
"""


def start(script: str, where: Path) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", script, str(where)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})


def test_what_a_killed_process_left_goes_with_the_next_and_what_another_uses_stays(tmp_path):
    alive, killed = start(HOLD, tmp_path), start(HOLD, tmp_path)
    used, left = (Path(one.stdout.readline().strip()) for one in (alive, killed))
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    (tmp_path / "kit-other").mkdir()
    assert (left / "half").exists()
    with temporary("kit-held-x-", tmp_path) as mine:
        assert set(tmp_path.iterdir()) == {used, mine, tmp_path / "kit-other"}
    assert alive.communicate("")[0] == "" and alive.returncode == 0
    assert [one.name for one in tmp_path.iterdir()] == ["kit-other"]


def test_makers_who_come_at_once_take_nothing_from_each_other(tmp_path):
    makers = [start(TAKE_TURNS, tmp_path) for _ in range(4)]
    assert [(one.communicate()[0], one.returncode) for one in makers] == [("", 0)] * 4
    assert list(tmp_path.iterdir()) == []


def test_a_link_of_that_name_takes_nothing_away_elsewhere(tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "work").write_text("MINE")
    (tmp_path / "kit-held-x-1").symlink_to("precious")
    (tmp_path / "kit-held-x-2").write_text("a file")
    take_away("kit-held-x-", tmp_path)
    assert (tmp_path / "precious" / "work").read_text() == "MINE" and len(list(tmp_path.iterdir())) == 3


def test_a_run_that_was_killed_leaves_nothing_behind_once_another_has_run(tmp_path, monkeypatch):
    if sandbox.probe().level == "none":
        pytest.skip("no sandbox here")
    course = small_class.make(tmp_path / "class", 2)
    here = tmp_path / "temporary"
    here.mkdir()
    monkeypatch.setenv("TMPDIR", str(here))
    run = small_class.start(*small_class.command(course.root))
    run.stdout.readline()                                                     # somebody is begun
    assert list(here.iterdir())
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    left = {one.name for one in here.iterdir()}
    run = small_class.start(*small_class.command(course.root))
    run.communicate()
    assert run.returncode == 0 and left and list(here.iterdir()) == []
