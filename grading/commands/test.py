"""Every test of the repository; options are pytest's."""

import os
import sys

from grading import ROOT

PLACE = 20
NEEDS = ("cluster", "test", "writeup")
HANDS_ON = True              # options that are not the kit's go to the program it starts,
OWN_HELP = False             # --help too
SLOWEST = 20                 # tests that `--durations` lists when it says no number


def arguments(parser) -> None:
    """None of its own."""


def run(options) -> int:
    os.chdir(ROOT)
    # One file's tests stay together: they share what is slow to make. grading/tests/conftest.py says which need not.
    pytest = [sys.executable, "-m", "pytest", "--numprocesses=auto", "--dist=loadfile"]
    os.execv(sys.executable, [*pytest, *with_number(options.others)])


def with_number(options: list[str]) -> list[str]:
    """`--durations` by itself asks for the slowest twenty."""
    found = []
    for option, following in zip(options, [*options[1:], ""]):
        alone = option == "--durations" and not following.isdecimal()
        found.append(f"{option}={SLOWEST}" if alone else option)
    return found
