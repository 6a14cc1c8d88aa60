"""Every test of the repository; options are pytest's."""

import os
import sys

from grading import ROOT

PLACE = 20
HANDS_ON = True              # options that are not the kit's go to the program it starts,
OWN_HELP = False             # --help too


def arguments(parser) -> None:
    """None of its own."""


def run(options) -> int:
    os.chdir(ROOT)
    # One file's tests stay together: they share what is slow to make.
    pytest = [sys.executable, "-m", "pytest", "--numprocesses=auto", "--dist=loadfile"]
    os.execv(sys.executable, [*pytest, *options.others])
