"""The tests on trial: known mistakes and correct versions come in, verdicts on the tests and names of mistakes go out.

`autograde` asks it what a failing submission looks like; `kit trial` asks it whether the tests are worth their points.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")     # as in the sandbox; threads that wait for a busy core cost time
