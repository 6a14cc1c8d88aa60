"""Several entries of the catalogue in one submission, which takes hardly longer to grade than one with one of them."""

from collections.abc import Callable

from grading.errors import KitError
from grading.release.assignment import Assignment
from grading.release.stubs import strip_markers
from grading.trials.catalogue import Entry


def together(assignment: Assignment, entries: list[Entry],
             claims: Callable[[Entry], set[str]]) -> list[tuple[list[Entry], dict[str, str]]]:
    """(entries, every module: path -> text) of few submissions; no two entries of one change or claim the same."""
    made: list[tuple[list[Entry], set[str], dict[str, str]]] = []
    for entry in entries:
        claimed = {entry.function, *claims(entry)}
        new = [], set(), {module: assignment.source(module) for module in assignment.student_modules}
        for those, taken, sources in (*made, new):
            if not claimed & taken:
                try:
                    sources[entry.module] = entry.source(sources[entry.module])
                except KitError:         # another has changed what it changes
                    continue
                those.append(entry)
                taken |= claimed
                break
        else:
            entry.source()               # raises: it does not fit the reference either
        made += [new] if new[0] else []
    return [(those, {module: strip_markers(text, module) for module, text in sources.items()})
            for those, _, sources in made]
