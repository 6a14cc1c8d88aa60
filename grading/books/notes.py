"""What no result holds of submissions: what collecting said of one, why the kit failed on it, what its last run took.

A kind has a file of its own, `notes/ASSIGNMENT-KIND.json` in the course folder: {student: sentence}; of costs
{student: {"seconds" of processor time, "bytes" of memory}}, which differ from run to run where all else is the same;
of people {student: {platform: what it knows whoever handed in by}}.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress

from grading.books.course import Course

COLLECTED, FAULTS, COSTS, PEOPLE = "collected", "faults", "costs", "people"
_SHAPES = {COLLECTED: str, FAULTS: str, COSTS: dict, PEOPLE: dict}


def read(course: Course, assignment: str, kind: str) -> dict:
    """One that is damaged is none, however it is."""
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads(_path(course, assignment, kind).read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return {student: one for student, one in found.items() if isinstance(one, _SHAPES[kind])}
    return {}


def keep(course: Course, assignment: str, kind: str, said: Mapping) -> None:
    """Put these in the place of former ones; an empty one leaves a student without."""
    before = read(course, assignment, kind)
    now = {student: one for student, one in (before | dict(said)).items() if one}
    if now != before:
        path = _path(course, assignment, kind)
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".part")
        half.write_text(json.dumps(now, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(half, path)


def _path(course: Course, assignment: str, kind: str):
    return course.root / "notes" / f"{assignment}-{kind}.json"
