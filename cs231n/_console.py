"""How the student's commands end, and what they print to: a console of few letters, a pipe, a disk without room."""

import errno
import os
import signal
import sys

from cs231n import _reading as reading

_REFUSED = (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EBADF)


def print_any_letter():
    """Let a console print names whose letters its own alphabet lacks, as well as it can."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def run_as_program(main, name):
    """End this process as `main` returns; a sentence where it is stopped, or where nobody takes what it prints."""
    for end in ("SIGTERM", "SIGHUP"):                # a terminal that is closed leaves nothing half done either
        if hasattr(signal, end) and signal.getsignal(getattr(signal, end)) == signal.SIG_DFL:
            signal.signal(getattr(signal, end), signal.default_int_handler)
    try:
        done = main()
        if sys.stdout:
            sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(f"{name}: stopped before its end. Run it again.")
    except OSError as error:
        where = f"{reading.printable(str(error.filename))}: " if error.filename else ""
        if sys.stdout and error.errno in _REFUSED and not where:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())       # or Python would tell it once more
            where = "what it says cannot be written: "
        sys.exit(f"{name}: {where}{error.strerror}. Run it again.")
    sys.exit(done)
