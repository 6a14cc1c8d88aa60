"""Everything that only instructors have: from source to release, and from submissions to feedback and grades.

The flow, one module per station: `stage`, `release`, `collect`, `autograde`, `feedback`, with `nbgrader` as the
system of record between them. Nothing in this folder ever goes out to students.
"""

import sys

# jsonschema would import it with nbformat, for a format that no notebook uses: its grammar takes a second to build.
sys.modules.setdefault("rfc3987_syntax", None)
