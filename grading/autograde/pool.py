"""Grade several submissions at a time: a thread and a sandbox of its own for each job, results as they are done."""

import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

from grading.engine.processes import ExaminerLost
from grading.engine.worker import Worker, WorkerLost

SWITCH = 0.0005           # seconds until a thread lets another go on: jobs must not wait while results are written
ATTEMPTS = 2              # a submission that brings its sandbox down is tried once more in a new one
Asked, Graded = TypeVar("Asked"), TypeVar("Graded")


def run(students: Iterable[str], jobs: int, start: Callable[[], Worker], grade: Callable[[Worker, str], Graded],
        began: Callable[[str], None]) -> Iterator[tuple[str, Graded | Exception]]:
    """(student, what `grade` made of it, or what it raised) as they are done; `began(student)` as each is begun.

    What waits to be taken is bounded: however large the class, few results are held.
    """
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    left = 0
    for student in students:
        waiting.put(student)
        left += 1
    done: queue.Queue = queue.Queue(maxsize=2 * jobs)
    stopped = threading.Event()

    def work() -> None:
        worker: Worker | None = None
        try:
            while not stopped.is_set():
                student = waiting.get_nowait()
                began(student)
                worker, found = grade_one(worker, start, grade, student)
                done.put((student, found))
        except queue.Empty:
            pass
        except BaseException as error:          # nobody would hear of it otherwise, and the run would wait for ever
            done.put((None, error))
        finally:
            if worker:
                worker.close()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    threads = [threading.Thread(target=work, name=f"job-{number}", daemon=True) for number in range(min(jobs, left))]
    for thread in threads:
        thread.start()
    try:
        for _ in range(left):
            student, found = done.get()
            if student is None:
                raise found
            yield student, found
    finally:
        stopped.set()
        sys.setswitchinterval(interval)
        while any(thread.is_alive() for thread in threads):
            with suppress(queue.Empty):
                done.get(timeout=0.1)           # one that waits to hand over its last result


def grade_one(worker: Worker | None, start: Callable[[], Worker], grade: Callable[[Worker, Asked], Graded],
              asked: Asked) -> tuple[Worker | None, Graded | Exception]:
    """(a worker for the next one, what `grade` made of `asked` or raised); without a worker, one is started."""
    for attempt in range(ATTEMPTS):
        try:
            worker = worker or start()
            return worker, grade(worker, asked)
        except Exception as error:
            found = error
            if worker:
                worker.close()
                worker = None
            if not isinstance(error, (WorkerLost, ExaminerLost)) or attempt + 1 == ATTEMPTS:
                break
    return worker, found
