"""Tests that nearly a whole class fails: a hint that it may be the test."""

from collections.abc import Iterable

from grading.books.results import Result
from grading.engine.telling import UNIMPLEMENTED

FEWEST, SHARE = 5, 0.8       # of so many submissions at least, this share


def sentences(graded: Iterable[Result]) -> list[str]:
    """One for each test cell that nearly all of those fail who have written what it asks for, and for each that fails
    for a reason of its own: `svm-train-steps failed for 41 of 43: look at the test`."""
    failed: dict[str, int] = {}
    judged: dict[str, int] = {}
    ours: dict[str, tuple[int, str]] = {}
    for result in graded:
        for name, cell in result.cells.items():
            outcome = cell["outcome"]
            if outcome == "grader_error":
                ours[name] = ours.get(name, (0, ""))[0] + 1, cell["message"]
            elif outcome not in ("manual", "skipped") and not _is_unwritten(cell):
                judged[name] = judged.get(name, 0) + 1
                failed[name] = failed.get(name, 0) + (outcome != "passed")
    return [*(f"{name} could not judge {count} of {count + judged.get(name, 0)}: look at the test ({message})"
              for name, (count, message) in ours.items()),
            *(f"{name} failed for {failed[name]} of {count}: look at the test" for name, count in judged.items()
              if count >= FEWEST and failed[name] >= SHARE * count)]


def _is_unwritten(cell: dict) -> bool:
    return UNIMPLEMENTED in cell["message"] or bool(cell.get("unloaded"))
