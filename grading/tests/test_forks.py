"""No process with threads forks: a child that inherits a lock from among them may wait for it for ever."""

import os
import sys
import threading
import warnings

from forked import fork


def exit_status(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_fork_from_among_threads_is_an_error(monkeypatch):
    said, end = [], threading.Event()
    monkeypatch.setattr(sys, "unraisablehook", said.append)
    thread = threading.Thread(target=end.wait)
    thread.start()
    with warnings.catch_warnings(action="ignore"):
        pid = os.fork()
    if pid == 0:
        os._exit(7)
    end.set()
    thread.join()
    assert exit_status(pid) == 7
    assert "threads forks" in str(said[0].exc_value)


def ending(status):
    assert len(os.listdir("/proc/self/task")) == 1 or sys.platform != "linux"
    os._exit(status)


def test_a_helper_with_one_thread_forks_for_tests():
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    child = fork(ending, 7)
    child.join()
    end.set()
    thread.join()
    assert child.exitcode == 7
