"""For `kit bench`: a notebook's cells in one warm process, without a sandbox and without a second process.

    python -m grading.bare GIVEN COMPLETE

For each notebook's name that comes in, one line of JSON goes out: the seconds that its cells took, or a sentence.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from grading.engine import zygote


def main(given: Path, complete: Path) -> None:
    shell, roles = zygote.warm(given)
    files = {path.relative_to(complete).as_posix(): path.read_bytes() for path in complete.rglob("*.py")}
    for line in sys.stdin:
        cells = json.loads((complete / f"{line.strip()}.json").read_text())
        with tempfile.TemporaryDirectory(prefix="kit-bench-") as folder:
            if os.fork() == 0:                   # each time from the same state, as in a worker
                told = "a cell ended the process"
                try:
                    answers = os.dup(1)
                    os.chdir(folder)
                    roles["candidate"].lay_down(files)
                    told = _seconds(shell, cells)
                finally:
                    os.write(answers, json.dumps(told).encode() + b"\n")
                    os._exit(0)
            os.wait()


def _seconds(shell, cells: list[str]) -> float | str:
    start = time.perf_counter()
    for source in cells:
        if error := shell.run(source).error:
            return f"{type(error).__name__}: {error}"
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
