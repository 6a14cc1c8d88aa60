"""Kill a program as the system does when memory is short: that process alone, without a warning.

    python killing.py LINE WAIT COMMAND...   WAIT seconds after its line LINE; returns when nothing of it is left
"""

import ctypes
import os
import signal
import subprocess
import sys
import time

GONE_WITHIN = 120            # seconds in which everything must be gone after a kill
_PR_SET_CHILD_SUBREAPER = 36


def kill(line: int, wait: float, command: list[str]) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)     # what it leaves becomes ours to wait for
    run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for _ in zip(range(line), run.stdout):   # ends early if the run does
        pass
    time.sleep(wait)
    os.kill(run.pid, signal.SIGKILL)
    until = time.monotonic() + GONE_WITHIN
    while time.monotonic() < until:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.02)
        except ChildProcessError:
            return
    sys.exit(f"{GONE_WITHIN} s after the run was killed, processes of it are left")


if __name__ == "__main__":
    kill(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
