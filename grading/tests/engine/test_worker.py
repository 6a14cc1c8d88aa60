"""The life of a sandbox: forks, interrupts, kills, losses, and that nothing is left."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sandboxed import LEVELS, alive, box, folders, fork

from grading import ROOT
from grading.engine import worker
from grading.engine.worker import Worker, WorkerLost

STUBBORN = """
import ctypes, signal, threading
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)          # no death with the parent, if that were allowed
def spin():
    while True: pass
for _ in range(3): threading.Thread(target=spin).start()
print("ready", flush=True)
"""


@pytest.fixture(scope="module", params=LEVELS)
def started(request, tmp_path_factory):
    found = box(request.param)
    with Worker(found, *folders(tmp_path_factory.mktemp("kit"))) as made:
        assert made.level == request.param
        yield made


def processes(made: Worker) -> list[int]:
    return [pid for zygote in made._zygotes for pid in zygote.processes()]


def test_a_child_runs_until_it_is_killed(started):
    student = fork(started)
    assert student.run("print(6 * 7)") == "42" and student.child.ended() == ""
    before = processes(started)
    student.child.kill()
    assert student.child.ended() == "killed by signal 9"
    assert len(alive(before)) == (0 if started.level == "cold" else len(before) - 1)


def test_an_interrupt_is_a_keyboard_interrupt_and_the_child_goes_on(started):
    student = fork(started)
    before = student.child.processor_seconds()
    student.send("while True: pass")
    while student.child.processor_seconds() < before + 0.3:          # to begin takes a hundredth of it
        time.sleep(0.01)
    student.child.interrupt()
    assert "KeyboardInterrupt" in student.receive()
    assert student.run("print(1)") == "1"
    student.child.kill()


def test_a_stubborn_child_is_killed_with_all_its_threads(started):
    student = fork(started)
    assert student.run(STUBBORN) == "ready"
    student.send("while True: pass")
    before = processes(started)
    student.child.kill()
    assert student.child.ended() == "killed by signal 9"
    assert len(alive(before)) == (0 if started.level == "cold" else len(before) - 1)


@pytest.mark.parametrize("code, how", [("import os; os._exit(3)", "exit status 3"),
                                       ("import ctypes; ctypes.string_at(0)", "killed by signal 11")])
def test_a_child_that_ends_by_itself_says_how(started, code, how):
    student = fork(started)
    student.send(code)
    assert student.child.ended(60) == how
    student.child.kill()
    student.child.kill()
    assert student.child.ended() == how


def test_a_memory_bomb_ends_in_its_own_child(started):
    student = fork(started)
    printed = student.run("import numpy as np\nkept = []\ntry:\n    while True: "
                          "kept.append(np.zeros(100_000_000, np.uint8))\n"
                          "except MemoryError: print(len(kept) < 31)")
    assert printed == "True"
    assert started.memory() < 4 * 2**30
    student.child.kill()
    other = fork(started)
    assert other.run("print('well')") == "well"
    other.child.kill()


def test_children_do_not_see_each_others_files_or_memory(started):
    """The zygote, from which the second is forked, has never seen what the first was sent."""
    if started.level == "cold":
        pytest.skip("children share neither a zygote nor a folder there")
    first = fork(started)
    first.run("text = 'gnitset-fo-tnemgarf-terces'[::-1] * 3\nopen('mine.txt', 'w').write(text)\nprint(text)")
    look = """
import ctypes, os
shifted = bytes((n + 1) % 256 for n in range(256))        # what is looked for is nowhere in this process as it is
found, wanted = 0, bytes(c + 1 for c in reversed(b"gnitset-fo-tnemgarf-terces")) * 2
for line in open("/proc/self/maps"):
    span, mode = line.split()[:2]
    begin, end = (int(text, 16) for text in span.split("-"))
    if mode.startswith("rw") and "[v" not in line:
        found += bytes((ctypes.c_char * (end - begin)).from_address(begin)).translate(shifted).count(wanted)
print(found > 0, [name for _, _, names in os.walk("..") for name in names if name == "mine.txt"])
"""
    assert first.run(look).startswith("True")
    second = fork(started)
    assert second.run(look) == "False []"
    first.child.kill()
    second.child.kill()


def test_each_child_draws_the_same_random_numbers_so_that_grading_again_gives_the_same(started):
    if started.level == "cold":
        pytest.skip("every child starts anew there")
    drawn = set()
    for _ in range(2):
        student = fork(started)
        drawn.add(student.run("import numpy as np, random; print(np.random.rand(), random.random())"))
        student.child.kill()
    assert len(drawn) == 1


def test_a_child_asks_for_huge_pages_for_its_arrays(started):
    if not Path("/sys/kernel/mm/transparent_hugepage").exists():
        pytest.skip("this kernel has none")
    student = fork(started)
    flags = student.run("heap = open('/proc/self/smaps').read().split('[heap]')[1]\n"
                        "print(next(line for line in heap.splitlines() if line.startswith('VmFlags')))")
    student.child.kill()
    assert "hg" in flags.split()


def test_the_sockets_are_closed_on_this_side_and_end_with_the_child(started):
    student = fork(started)
    student.child.kill()
    assert student.peer.recv(1) == b""


def test_nothing_is_left_after_close(started, tmp_path):
    with Worker(started._sandbox, *folders(tmp_path)) as other:
        student = fork(other)
        student.run(STUBBORN)
        student.send("while True: pass")
        before, scratch = processes(other), [zygote._scratch for zygote in other._zygotes if zygote._scratch]
        assert len(before) >= 2 and other.memory() > 10**7
    assert alive(before) == [] and not any(map(os.path.exists, scratch))
    assert student.child.ended() == "killed with its sandbox"
    student.child.kill()
    other.close()


def test_a_zygote_that_dies_is_a_lost_worker_and_takes_its_children_along(started, tmp_path):
    other = Worker(started._sandbox, *folders(tmp_path))
    student = fork(other)
    student.run(STUBBORN)
    before = processes(other)
    os.kill(before[-2], signal.SIGKILL)                            # the last is its child
    with pytest.raises(WorkerLost):
        student.child.interrupt()
    assert alive(before) == []
    with pytest.raises(WorkerLost):
        other._zygotes[0].ask("status")


def test_a_zygote_that_does_not_answer_is_a_lost_worker(started, tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(worker, "END_SECONDS", 0.5)
    other = Worker(started._sandbox, *folders(tmp_path))
    student = fork(other)
    before = processes(other)
    for pid in before:
        os.kill(pid, signal.SIGSTOP)
    with pytest.raises(WorkerLost, match="did not answer"):
        student.child.interrupt()
    assert alive(before) == []


def test_a_parent_killed_at_once_leaves_no_process(started, tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(f"""
import pathlib, sys, time
sys.path[:0] = [{str(Path(__file__).parents[1])!r}, {str(ROOT)!r}]
from sandboxed import box, folders, fork
from grading.engine.worker import Worker
worker = Worker(box({started.level!r}), *folders(pathlib.Path({str(tmp_path)!r})))
student = fork(worker)
student.run({STUBBORN!r})
student.send("while True: pass")
print(*[pid for zygote in worker._zygotes for pid in zygote.processes()], flush=True)
time.sleep(60)
""")
    tmp_path.chmod(0o755)                # at level landlock a folder is left: an empty one, and the engine's copy
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True,
                              env=os.environ | {"TMPDIR": str(tmp_path)})
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(alive(pids)) == len(pids) >= 2
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 60
    while alive(pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert alive(pids) == []


def test_a_worker_outlives_the_thread_that_made_it(started, tmp_path):
    """bubblewrap dies with the thread that started it, which is none that comes and goes."""
    made = []
    maker = threading.Thread(target=lambda: made.append(Worker(started._sandbox, *folders(tmp_path))))
    maker.start()
    maker.join()
    time.sleep(0.1)
    with made[0] as other:
        assert fork(other).run("print(1)") == "1"


def test_a_worker_that_cannot_start_says_why(started, tmp_path):
    given, data = folders(tmp_path)
    (given / "cs231n" / "vis_utils.py").write_text("raise RuntimeError('this module is broken')\n")
    with pytest.raises(WorkerLost, match="this module is broken"):
        made = Worker(started._sandbox, given, data)
        fork(made)                       # level cold starts nothing before


def test_a_childs_folder_goes_with_it_however_deep(started):
    if started.level != "landlock":
        pytest.skip("the folder is in memory, and ends with the namespace")
    student = fork(started)
    folder = student.run("import os\nprint(os.getcwd())\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')")
    assert os.path.isdir(folder)
    student.child.kill()
    assert not os.path.exists(folder)


def test_the_processor_time_of_a_child_is_read_from_outside_with_its_threads_and_until_it_is_gone(tmp_path):
    with worker.Worker(box("full"), *folders(tmp_path)) as started:
        running = fork(started)
        before = running.child.processor_seconds()
        running.run("import threading, time\n"
                    "def busy():\n    end = time.thread_time() + 0.2\n    while time.thread_time() < end: pass\n"
                    "threads = [threading.Thread(target=busy) for _ in range(2)]\n"
                    "[thread.start() for thread in threads]\n[thread.join() for thread in threads]\n"
                    "time.process_time = lambda: 0.0")
        assert running.child.processor_seconds() - before > 0.35
        running.child.kill()
