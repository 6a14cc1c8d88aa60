"""The kit's door: finds the command and runs it. Exit 0: done; 1: something failed and is named; 2: wrong use."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from grading import commands, extras
from grading.desk.text import clean_text
from grading.errors import KitError

_REFUSED = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}      # by a disk, or by its rights
_UNFIT = {errno.ENAMETOOLONG, errno.ENOTDIR, errno.ELOOP}                            # a path that leads nowhere


def main(arguments: list[str] | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):        # a terminal's alphabet may lack letters of a name
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    known = commands.every()
    parser = commands.parser(known)
    options, options.others = parser.parse_known_args(arguments)
    command = known[options.command]
    late = getattr(command, "LATE", None)          # argparse takes an optional word only right behind the others
    if late and getattr(options, late) is None and len(options.others) == 1 and options.others[0][:1] != "-":
        setattr(options, late, options.others.pop())
    if options.others and not getattr(command, "HANDS_ON", False):
        parser.error(f"unrecognized arguments: {' '.join(options.others)}")
    try:
        with _stopped_as_by_ctrl_c():
            extras.ensure(*getattr(command, "NEEDS", ()))
            done = command.run(options)
            sys.stdout.flush()                     # what a pipe or a disk refuses is told here, not at the very end
            return done
    except KitError as error:
        print(f"kit: {clean_text(str(error), 10_000)}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print("kit: whoever read this output has stopped reading. What was done stays; run the same command again to "
              "go on.", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in _REFUSED | _UNFIT:
            raise
        where = f"{error.filename}: " if error.filename else ""
        what = "with a path that leads somewhere" if error.errno in _UNFIT else ("once there is room, and the right to "
                                                                                "write")
        print(clean_text(f"kit: {where}{error.strerror}. What was written before stays; run the same command again "
                         f"{what}."), file=sys.stderr)
        return 1
    except Exception as error:
        said = commands.gradebook_fault(options, error) if hasattr(options, "course") else ""
        if not said:
            raise
        print(f"kit: {clean_text(said)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("kit: stopped. Run the same command again to go on.", file=sys.stderr)
        return 1


@contextmanager
def _stopped_as_by_ctrl_c() -> Iterator[None]:
    """A terminal that is closed and a system that ends its services leave what ctrl-C leaves: all of it in order."""
    here = threading.current_thread() is threading.main_thread()
    ours = [number for number in (signal.SIGTERM, signal.SIGHUP) if here and signal.getsignal(number) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(main())
