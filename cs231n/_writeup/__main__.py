"""One write-up, in a process of its own: what it is made of was handed in, and may be anything.

`python -m cs231n._writeup` reads its job as JSON from standard input and writes what came of it to standard output.
"""

import json
import sys
from pathlib import Path

from cs231n._writeup import programs

CPU = 60                         # seconds
MEMORY = 3_000_000_000           # bytes
FILE = 300_000_000               # bytes that a file may grow to


def main():
    _limit()
    job = json.load(sys.stdin)
    from cs231n._writeup import questions
    from cs231n._writeup.document import Document

    asked, only = job["asked"], job.get("only")
    found, defined, problems = questions.read(asked, Path(job["handed_in"]))
    found = [one for one in found if only is None or one.cell == only]
    if job.get("list"):
        return {"cells": [one.cell for one in found if one.answer]}
    folder = Path(job["folder"])
    head = {"title": asked.get("title") or asked["name"], "assignment": asked["name"], "student": job["student"],
            "name": job["name"]}
    if not found:
        return {"failed": f"{asked['name']} has no inline questions"}
    try:
        marks = job["marks"] and questions.with_earlier(job["marks"], found)
        document = Document(head, found, defined, marks, folder, job.get("as_typed", ()))
        made = document.make(job["pages"], problems)
    except programs.Failed as why:
        return {"failed": str(why)}
    (folder / "made.pdf").write_bytes(made.pdf)
    if made.in_full:
        (folder / "in-full.pdf").write_bytes(made.in_full)
    return {"problems": made.problems, "pages": made.pages}


def _limit():
    try:
        import resource
    except ImportError:                  # Windows: the deadline alone holds there
        return
    for what, most in ((resource.RLIMIT_CPU, CPU), (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, FILE),
                       (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(what, (most, most))
        except (OSError, ValueError):    # a system that knows no such limit
            continue


if __name__ == "__main__":
    print(json.dumps(main()))
