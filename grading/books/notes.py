"""Sentences on submissions that no result holds: what collecting said of them, and why the kit failed on one.

A kind has a file of its own, `notes/ASSIGNMENT-KIND.json` in the course folder: {student: sentence}.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress

from grading.books.course import Course

COLLECTED, FAULTS = "collected", "faults"


def read(course: Course, assignment: str, kind: str) -> dict[str, str]:
    with suppress(OSError, ValueError):
        return json.loads(_path(course, assignment, kind).read_text(encoding="utf-8"))
    return {}


def keep(course: Course, assignment: str, kind: str, said: Mapping[str, str]) -> None:
    """Put these sentences in the place of former ones; "" leaves a student without one."""
    before = read(course, assignment, kind)
    now = {student: sentence for student, sentence in (before | dict(said)).items() if sentence}
    if now != before:
        path = _path(course, assignment, kind)
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".part")
        half.write_text(json.dumps(now, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(half, path)


def _path(course: Course, assignment: str, kind: str):
    return course.root / "notes" / f"{assignment}-{kind}.json"
