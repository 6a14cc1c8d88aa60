"""For `kit bench`: `nbgrader autograde` as it comes, in a course of the kit; its arguments are nbgrader's.

    cd COURSE && python .../nbgraders_own.py ASSIGNMENT ...

In such a course nbgrader would have the kit grade (see `config.py`), and there would be nothing to measure against.
The submissions are the bench's own. Started as a file: on PYTHONPATH the repository would lend kernels its own cs231n.
"""

import sys

from nbgrader.apps import NbGraderApp
from nbgrader.converters import Autograde

if __name__ == "__main__":
    Autograde.by_kit = False              # the course's configuration finds that this is settled
    NbGraderApp.launch_instance(["autograde", *sys.argv[1:]])
