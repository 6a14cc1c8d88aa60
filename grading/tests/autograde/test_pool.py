"""Several submissions at a time: who is graded where, what a loss costs, and that nothing is left behind."""

import gc
import threading

import pytest
from sandboxed import alive, folders, fork

from grading.autograde import pool
from grading.engine.processes import ExaminerLost
from grading.engine.sandbox import probe
from grading.engine.worker import Worker, WorkerLost


class Sandboxes:
    """Makes sandboxes that only know whether they are open, and by which thread they are used."""

    def __init__(self, fails: int = 0):
        self.made, self.lock, self.fails = [], threading.Lock(), fails

    def start(self):
        with self.lock:
            if self.fails:
                self.fails -= 1
                raise WorkerLost("the sandbox cannot be started")
            self.made.append(Sandbox())
            return self.made[-1]

    @property
    def open(self):
        return [made for made in self.made if not made.closed]


class Sandbox:
    closed, threads = False, ()

    def __init__(self):
        self.threads = set()

    def close(self):
        self.closed = True


def jobs():
    return [thread for thread in threading.enumerate() if thread.name.startswith("job-")]


def nobody(student):
    """Whom `began` tells of nothing."""


CLASS = [f"student-{number}" for number in range(20)]


@pytest.mark.parametrize("number", [1, 3, 50])
def test_everybody_is_graded_once_by_a_worker_of_ones_own_thread(number):
    sandboxes, begun = Sandboxes(), []

    def grade(worker, student):
        worker.threads.add(threading.current_thread().name)
        return student.upper()

    found = list(pool.run(CLASS, number, sandboxes.start, grade, begun.append))
    assert sorted(found) == sorted((student, student.upper()) for student in CLASS) and sorted(begun) == sorted(CLASS)
    assert 1 <= len(sandboxes.made) <= min(number, len(CLASS)) and not sandboxes.open and not jobs()
    assert all(len(made.threads) <= 1 for made in sandboxes.made)


def test_one_job_keeps_the_order():
    assert [student for student, _ in pool.run(CLASS, 1, Sandboxes().start, lambda *_: 0, nobody)] == CLASS


def test_nobody_to_grade_starts_nothing():
    sandboxes = Sandboxes()
    assert list(pool.run([], 4, sandboxes.start, lambda *_: 0, nobody)) == [] and sandboxes.made == []


def test_several_run_at_the_same_time():
    """Each waits for the other two: one after the other, none would ever be done."""
    together = threading.Barrier(3)
    assert len(list(pool.run("abc", 3, Sandboxes().start, lambda *_: together.wait(20), nobody))) == 3


def test_results_come_as_they_are_done():
    first_taken = threading.Event()

    def grade(worker, student):
        if student == "slow":
            assert first_taken.wait(20)
        return student

    running = pool.run(["slow", "quick"], 2, Sandboxes().start, grade, nobody)
    assert next(running) == ("quick", "quick")
    first_taken.set()
    assert next(running) == ("slow", "slow")


def test_what_grading_raises_is_that_students_result_and_the_next_gets_a_new_worker():
    sandboxes, error = Sandboxes(), OSError("No space left on device")

    def grade(worker, student):
        if student == CLASS[1]:
            raise error
        return worker

    found = dict(pool.run(CLASS[:4], 1, sandboxes.start, grade, nobody))
    assert found[CLASS[1]] is error
    assert [found[student] for student in (CLASS[0], CLASS[2], CLASS[3])] == [
        sandboxes.made[0],
        *[sandboxes.made[1]] * 2,
    ]
    assert not sandboxes.open


@pytest.mark.parametrize("lost", [WorkerLost, ExaminerLost])
def test_a_lost_worker_is_replaced_once_and_the_submission_tried_again(lost):
    sandboxes, tried = Sandboxes(), []

    def grade(worker, student):
        tried.append((student, worker))
        if student == "unlucky" and len(tried) == 1 or student == "deadly":
            raise lost("gone")
        return "graded"

    found = dict(pool.run(["unlucky", "deadly", "honest"], 1, sandboxes.start, grade, nobody))
    assert found["unlucky"] == found["honest"] == "graded" and type(found["deadly"]) is lost
    assert [student for student, _ in tried] == ["unlucky", "unlucky", "deadly", "deadly", "honest"]
    assert len({id(worker) for _, worker in tried}) == 4 and not sandboxes.open


def test_a_sandbox_that_cannot_be_started_is_tried_again_and_then_named():
    found = dict(pool.run(["ann"], 1, Sandboxes(fails=1).start, lambda *_: "graded", nobody))
    assert found == {"ann": "graded"}
    found = dict(pool.run(["ann", "bob"], 1, Sandboxes(fails=2).start, lambda *_: "graded", nobody))
    assert type(found["ann"]) is WorkerLost and found["bob"] == "graded"


def test_a_listener_that_fails_stops_the_run_and_closes_every_worker():
    sandboxes = Sandboxes()

    def began(student):
        if student == CLASS[3]:
            raise RuntimeError("the terminal is gone")

    with pytest.raises(RuntimeError, match="terminal is gone"):
        list(pool.run(CLASS, 2, sandboxes.start, lambda worker, student: student, began))
    assert not sandboxes.open and not jobs()


def test_few_results_wait_to_be_taken():
    """A class of hundreds must not be in memory at once, when the gradebook is slower than the sandboxes."""
    graded, more, most, two_jobs = [], threading.Event(), 0, 2

    def grade(worker, student):
        graded.append(student)
        more.set()

    running = pool.run(range(200), two_jobs, Sandboxes().start, grade, nobody)
    for taken, _ in enumerate(running, start=1):
        while more.wait(0.01):               # the jobs go on until nothing more comes of them
            more.clear()
        most = max(most, len(graded) - taken)
    assert most <= 4 * two_jobs


def test_who_stops_taking_results_leaves_no_thread_and_no_open_worker():
    sandboxes = Sandboxes()
    running = pool.run(CLASS, 3, sandboxes.start, lambda worker, student: student, nobody)
    next(running)
    running.close()
    assert not jobs() and not sandboxes.open


def test_an_error_of_the_one_who_takes_results_leaves_nothing_either():
    sandboxes = Sandboxes()
    with pytest.raises(ZeroDivisionError):
        for _ in pool.run(CLASS, 3, sandboxes.start, lambda worker, student: student, nobody):
            raise ZeroDivisionError
    gc.collect()
    assert not jobs() and not sandboxes.open


def test_stopping_early_leaves_no_process_of_real_sandboxes(tmp_path):
    sandbox = probe()
    if sandbox.level == "none":
        pytest.skip(f"no sandbox here: {sandbox.why}")
    given, data = folders(tmp_path)
    workers = []

    def start():
        workers.append(Worker(sandbox, given, data))
        return workers[-1]

    def grade(worker, student):
        child = fork(worker)
        child.run("import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()")
        return [pid for zygote in worker._zygotes for pid in zygote.processes()]

    running = pool.run(CLASS, 2, start, grade, nobody)
    pids = [pid for _ in range(3) for pid in next(running)[1]]
    running.close()
    assert len(pids) >= 6 and alive(pids) == [] and not jobs()
    assert all(zygote.closed for worker in workers for zygote in worker._zygotes)
