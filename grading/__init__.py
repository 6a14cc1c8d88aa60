"""Everything that only instructors have, a room for each station of the road that a submission takes.

`release` makes the students' kit, `intake` takes in what they hand in, `autograde` has the `engine` run it, `desk`
shows what came of it, `report` what came of all; `books` keeps the records, `trials` puts the tests themselves to the
test. `commands` are the doors; `config.py` is what nbgrader reads. Nothing in this folder ever goes out to students.
"""

import sys
from pathlib import Path

__version__ = "0.1.0"
ROOT = Path(__file__).resolve().parent.parent
NOTE = "kit"             # the key under which a graded cell's metadata holds its outcome and message
LEFT_OUT = "kit_left_out"    # and any cell's, while it is graded, that it did not run, since no verdict needs it
MARKED_FOR = "kit_marked_for"    # and an answer's: what its mark by hand was given for, where that has changed

# jsonschema takes a second to build a grammar for addresses, which nobody here asks it to check.
sys.modules.setdefault("rfc3987_syntax", None)
