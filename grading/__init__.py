"""Everything that only instructors have: from source to release, and from submissions to feedback and grades.

The flow, one module per station: `stage`, `release`, `collect`, `autograde`, `feedback`, with `nbgrader` as the
system of record between them. Nothing in this folder ever goes out to students.
"""

import sys

# jsonschema takes a second to build a grammar for addresses, which nobody here asks it to check.
sys.modules.setdefault("rfc3987_syntax", None)
