"""For `kit bench`: a notebook's cells in one warm process, in IPython as it comes, without a sandbox.

    python -m grading.bench.bare GIVEN COMPLETE

For each notebook's name that comes in, one line of JSON goes out: the seconds that its cells took, or a sentence.
"""

import gc
import io
import json
import os
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from grading.engine import candidate, warmth


class Bare(InteractiveShell):
    def enable_gui(self, gui: str | None = None) -> None:
        """For %matplotlib inline there is nothing to enable."""


def main(given: Path, complete: Path) -> None:
    warmth.import_all(given)
    config = Config()
    config.HistoryManager.enabled = False
    shell = Bare.instance(config=config)
    shell.run_cell("pass")
    gc.collect()
    gc.freeze()
    files = {path.relative_to(complete).as_posix(): path.read_bytes() for path in complete.rglob("*.py")}
    for line in sys.stdin:
        cells = json.loads((complete / f"{line.strip()}.json").read_text())
        with tempfile.TemporaryDirectory(prefix="kit-bench-") as folder:
            if os.fork() == 0:                   # each time from the same state, as in a worker
                told = "a cell ended the process"
                try:
                    answers = os.dup(1)
                    os.chdir(folder)
                    candidate.lay_down(files)
                    told = _seconds(shell, cells)
                finally:
                    os.write(answers, json.dumps(told).encode() + b"\n")
                    os._exit(0)
            os.wait()


def _seconds(shell: InteractiveShell, cells: list[str]) -> float | str:
    start = time.perf_counter()
    with redirect_stdout(io.StringIO()):
        for source in cells:
            result = shell.run_cell(source, store_history=True)
            if error := result.error_before_exec or result.error_in_exec:
                return f"{type(error).__name__}: {error}"
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
