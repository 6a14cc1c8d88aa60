"""What this machine offers: Python, the libraries, data, the sandbox."""

import importlib.metadata
import os
import platform
import shutil
import sys
from pathlib import Path

from grading import ROOT
from grading.books.course import DEFAULT
from grading.commands import course_option
from grading.release.assignment import names

PLACE = 100
_LIBRARIES = ("numpy", "scipy", "matplotlib", "nbgrader", "jupyterlab", "ipykernel", "nbclient", "msgspec", "nh3",
              "pytest", "hypothesis")


def arguments(parser) -> None:
    course_option(parser)


def run(options) -> int:
    lines, problems = findings()
    print("\n".join(lines))
    for problem in problems:
        print(f"kit: {problem}", file=sys.stderr)
    return 1 if problems else 0


def findings() -> tuple[list[str], list[str]]:
    """(lines to show, problems that must be mended first)."""
    from grading.engine.sandbox import probe

    lines = [f"python     {platform.python_version()} at {sys.executable}",
             f"machine    {platform.system()} {platform.machine()}, {os.cpu_count()} cores"]
    problems = []
    for library in _LIBRARIES:
        try:
            lines.append(f"{library:<10} {importlib.metadata.version(library)}")
        except importlib.metadata.PackageNotFoundError:
            problems.append(f"{library} is not installed. Start the kit through grading/kit, which installs it.")
    if not (Path(sys.executable).with_name("alembic").exists() or shutil.which("alembic")):
        problems.append("`alembic`, which nbgrader needs for a new gradebook, is missing. Start through grading/kit.")
    real, synthetic = ROOT / "data" / "cifar-10-batches-py", ROOT / "data" / "synthetic-cifar-10-batches-py"
    data = "CIFAR-10" if real.is_dir() else "synthetic stand-in" if synthetic.is_dir() else "none (./get_datasets.sh)"
    lines.append(f"data       {data}")
    lines.append(f"assignments {', '.join(names())}")
    lines.append(f"write-ups  {_writeups()}")
    gradebook = DEFAULT / "gradebook.db"
    lines.append(f"gradebook  {gradebook if gradebook.exists() else 'none yet'}")
    sandbox = probe()
    lines.append(f"sandbox    {sandbox.level}: {sandbox.why}")
    if sandbox.level == "none":
        problems.append("no sandbox works here: kit autograde refuses to run submissions, unless it is told --unsafe.")
    if not os.access(ROOT / "grading" / "course", os.W_OK):
        problems.append(f"{Path(DEFAULT)} cannot be written to. Change its permissions.")
    return lines, problems


def _writeups() -> str:
    """What write-ups are made with here, and in which scripts."""
    from cs231n import _writeup
    from cs231n._writeup import fonts, programs

    if _writeup.missing():
        return f"not yet; `kit writeup` installs what they take ({_writeup.SIZE})"
    without = fonts.Fonts("中文かな한국어").problems
    return ", ".join(" ".join(one) for one in programs.versions().items()) + "".join(f"; {one}" for one in without)
