"""One budget for a submission: whatever it does, its worker is free again in time, and it alone pays."""

import os
import signal
import time

import pytest
from conftest import cell, check, notebook, solution
from sandboxed import alive, fork, strongest

from grading.engine import budget, plan, run
from grading.engine.budget import Budget
from grading.engine.processes import Submission
from grading.engine.run import NOTE

DIE = "import os; os._exit(1)"
BURN = "import time\nwhile time.process_time() < {}: pass"


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    with strongest(tmp_path_factory.mktemp("kit")) as made:
        yield made


@pytest.fixture
def graded(worker):
    """Grade notebooks, each a list of cells, within a budget; returns (notes, notebooks)."""

    def grade(*notebooks, within, limit=20.0, asked=lambda name, source: source):
        made = [notebook(*cells) for cells in notebooks]
        plans = [plan.make(notebook(*(one for one in cells if "nbgrader" in one.metadata))) for cells in notebooks]
        run.grade(worker, list(zip(made, plans)), Submission({}, {}), limit, budget=within, asked=asked)
        return {one.id: one.metadata[NOTE] for each in made for one in each.cells if NOTE in one.metadata}, made

    return grade


def own(source):
    return cell("code", "", source)


class Ending(Budget):
    """Half a second is left from the moment on in which a test is asked."""

    def __init__(self, test):
        super().__init__(20.0)
        self._test = test

    def asked(self, name, source):
        if name == self._test:
            self._began = time.monotonic() + 0.5 - (1.0 - budget.KEPT_BACK) * self.seconds
        return source


# Time

def test_replays_are_part_of_the_budget(graded):
    """Each of these cells is within its limit, and each process that ends has all of them run again."""
    slow = [own(f"import time; time.sleep(0.5); x{n} = 1") for n in range(4)]
    notes, _ = graded([*slow, own(DIE), own(DIE), own(DIE), check("t", "pass")],
                      [solution("a", "z = 1"), check("u", "assert z == 1")], within=Budget(0.2))
    assert notes == dict.fromkeys(("t", "u"), {
        "outcome": "skipped", "message": "not run: the submission as a whole has had the 4 s that it may take"})


def test_a_test_that_is_under_way_when_time_is_up_is_timed_out_and_the_others_are_not_run(graded):
    within = Ending("slow")
    notes, _ = graded([solution("a", "import time\ndef f(): time.sleep(60)"), check("before", "pass"),
                       check("slow", "f()"), check("after", "pass")], within=within, limit=50.0, asked=within.asked)
    assert [notes[name]["outcome"] for name in ("before", "slow", "after")] == ["passed", "timed_out", "skipped"]
    assert notes["slow"]["message"].startswith("ended here: the submission as a whole has had")


def test_what_is_used_up_in_one_notebook_is_gone_for_the_next_and_what_was_graded_stays(graded):
    within = Ending("late")
    notes, _ = graded([solution("a", "x = 1"), check("first", "assert x == 1"), check("late", "pass"),
                       own("import time; time.sleep(60)")],
                      [solution("b", "y = 1"), check("second", "assert y == 1")],
                      within=within, limit=50.0, asked=within.asked)
    assert notes["first"]["outcome"] == "passed" and notes["second"]["outcome"] == "skipped"


def test_cells_that_decide_nothing_take_no_more_than_their_share(graded, monkeypatch):
    monkeypatch.setattr(budget, "ASIDE", 0.001)
    lesson = [cell("code", f"slow-{n}", f"import time; time.sleep(0.2); print({n})", locked=True) for n in range(9)]
    notes, made = graded([*lesson, solution("a", "x = 1"), check("t", "assert x == 1")], within=Budget(20.0))
    assert notes["t"]["outcome"] == "passed"
    ran = [bool(one.outputs) for one in made[0].cells[:9]]
    assert ran == sorted(ran, reverse=True) and 1 <= sum(ran) <= 2


# Processor time and memory

def test_processor_time_counts_for_processes_that_run_and_for_those_that_have_ended(graded):
    within = Budget(20.0)
    graded([own(BURN.format(0.5)), own(DIE), own(BURN.format(0.9)), check("t", "pass")], within=within)
    assert 1.4 < within.processor_seconds < 30


def test_processor_time_of_all_threads_is_what_is_used_up(graded):
    """Seconds on the clock alone would not end this: hashing takes no lock, and the threads run side by side."""
    burn = ("import hashlib, threading, time\ndef work():\n    while True: hashlib.sha256(bytes(10**6)).digest()\n"
            "for _ in range(4): threading.Thread(target=work, daemon=True).start()\ntime.sleep(30)")

    class Patient(Budget):
        def left(self):
            return 30.0

    notes, _ = graded([own(burn), check("t", "pass")], within=Patient(0.1), limit=25.0)
    assert notes["t"]["message"].endswith("2 s of processor time that it may take")


def test_who_has_many_threads_run_gets_of_a_busy_processor_what_one_thread_gets(worker):
    """Else a submission of sixty threads has another one's cells run into their limits."""
    running, usual = fork(worker), os.getpriority(os.PRIO_PROCESS, 0)
    running.run("import hashlib, threading\nblock = bytes(1 << 22)\ndef work():\n"
                "    while True: hashlib.sha256(block)\n"
                "for _ in range(20): threading.Thread(target=work, daemon=True).start()")
    within, until = Budget(20.0), time.monotonic() + 30
    while os.getpriority(os.PRIO_PROCESS, running.child._pid()) < min(usual + 12, 19) and time.monotonic() < until:
        time.sleep(budget.TICK)
        within.look([running.child])
    tasks = os.listdir(f"/proc/{running.child._pid()}/task")
    assert len(tasks) > 20
    assert {os.getpriority(os.PRIO_PROCESS, int(task)) for task in tasks} <= set(range(min(usual + 12, 19), 20))
    running.child.kill()


def test_one_thread_is_let_be(worker):
    running, usual = fork(worker), os.getpriority(os.PRIO_PROCESS, 0)
    running.send("while True: pass")
    within = Budget(20.0)
    for _ in range(3):
        time.sleep(budget.TICK)
        within.look([running.child])
    assert os.getpriority(os.PRIO_PROCESS, running.child._pid()) == usual
    running.child.kill()


def test_memory_of_all_processes_together_is_limited(graded):
    hold = "import time\nkept = bytearray(700_000_000)\nfor place in range(0, len(kept), 4096): kept[place] = 1\n"
    notes, made = graded([solution("a", "x = 1"), own(hold + "time.sleep(60)"), check("t", "assert x == 1")],
                         within=Budget(20.0, memory=700_000_000), limit=50.0)
    assert made[0].cells[1].outputs[-1].ename == "DeadKernelError"
    assert notes["t"]["outcome"] == "passed"


# Outputs

def test_outputs_beyond_what_a_submission_may_keep_are_left_out_and_cost_no_point(graded):
    many = "from IPython.display import display\nfor n in range(1_400): display(n)"
    notes, made = graded(*([own(many), own(many), own(many), solution("a", "x = 1"), check("t", "assert x == 1")]
                           for _ in range(3)), within=Budget(20.0))
    kept = [[len(one.outputs) for one in each.cells[:3]] for each in made]
    assert kept == [[1_400, 1_400, 1], [1_400, 1_400, 1], [1, 1, 1]]
    assert "more than a notebook may hold" in made[0].cells[2].outputs[0].text and notes["t"]["outcome"] == "passed"


def test_text_beyond_what_a_submission_may_keep_is_left_out(graded):
    letters = [own(f"print('{letter}' * 900_000)") for letter in "abcdefgh"]
    _, made = graded([*letters, own("print('z')"), check("t", "pass")], within=Budget(20.0))
    said = [one.outputs[0].text.strip()[:3] for one in made[0].cells[:9]]
    assert said == ["aaa", "bbb", "ccc", "ddd", "eee", "fff", "...", "...", "z"]


def test_what_cleaning_costs_is_part_of_the_budget(graded):
    """Here each second of it counts as a thousand."""
    class Strict(Budget):
        def charge(self, seconds):
            super().charge(1000 * seconds)

    slow = own("from IPython.display import HTML\nHTML(''.join(f'<p><font color=c{n}>' for n in range(700)))")
    notes, _ = graded([slow, check("t", "pass")], within=Strict(2.0), limit=20.0)
    assert notes["t"]["message"].endswith("40 s of processor time that it may take")


def test_code_beyond_what_a_notebook_may_hold_is_not_run_and_says_so(graded):
    long = "x = 1  #" + "#" * 600_000
    notes, made = graded([solution("a", "x = 0"), own(long), own(long.replace("1", "2")), own("x += 10"),
                          check("t", "assert x == 11")], within=Budget(20.0))
    assert made[0].cells[2].outputs[0].ename == "CellTooLong" and notes["t"]["outcome"] == "passed"


# A sandbox that is lost

def test_a_sandbox_that_is_lost_once_costs_nothing_and_twice_the_test_at_which_it_is_lost(graded, worker):
    """A worker has a new sandbox then, and brings it to where the old one was."""
    lost = []

    def asked(name, source):
        if name == "deadly" or name == "unlucky" and "unlucky" not in lost:
            lost.append(name)
            for pid in (pids := worker.processes()):
                os.kill(pid, signal.SIGKILL)
            while alive(pids):
                time.sleep(0.01)
        return source

    notes, _ = graded([solution("a", "x = 1\ndef f(): return x"), check("unlucky", "assert f() == 1"),
                       check("deadly", "assert f() == 1"), check("after", "assert x == 1")],
                      [solution("b", "y = 1"), check("next", "assert y == 1")], within=Budget(20.0), asked=asked)
    assert lost == ["unlucky", "deadly", "deadly"]
    assert {name: note["outcome"] for name, note in notes.items()} == {
        "unlucky": "passed", "deadly": "error", "after": "passed", "next": "passed"}
    assert notes["deadly"]["lost"] and notes["deadly"]["doubted"] and "lost" not in notes["after"]
