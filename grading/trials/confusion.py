"""The names on trial: each known mistake must be called by its own sentence, and two at once by both.

No test is run here. An entry's answers are those that its name was made of, so what is found is whether another entry
answers alike; pairs and unusual versions are run.
"""

import random
from itertools import combinations

from grading.errors import KitError
from grading.release.assignment import Assignment
from grading.trials import matching, variants
from grading.trials.catalogue import Entry
from grading.trials.naming import Names, changed


def table(names: Names, entries: list[Entry]) -> tuple[list[str], list[str]]:
    """(lines `entry -> what was named` for whatever is not its own name, problems): declared twins share a sentence."""
    lines, problems = [], []
    for entry in entries:
        reference, known = names.known(entry.function)
        own = next(one for one in known if one.entry.name == entry.name)
        certain, unexplained = matching.explain(reference | own.differs, reference, known)
        named = [one.entry.name for one in certain]
        if [one.entry.says for one in certain] != [entry.says] or unexplained:
            alike = [one.entry.name for one in known if one.differs.keys() == own.differs.keys() and own.differs
                     and all(matching.equal(told, own.differs[aspect]) for aspect, told in one.differs.items())]
            why = f"no probe tells {', '.join(alike)} apart" if len(alike) > 1 else (
                "no probe tells it from the reference" if not own.differs else "")
            lines.append(f"{entry.label:<60} named {', '.join(named) or 'nothing'}")
            problems.append(f"{entry.label}: named {', '.join(named) or 'nothing'}{why and '; ' + why}")
    return lines, problems


def unusual(names: Names, assignment: Assignment, entries: list[Entry]) -> list[str]:
    """Problems: correct versions that would be called a mistake, had they failed a test."""
    told = variants.answers(assignment, {entry.label: (changed((entry,)), [(entry.module, entry.function)])
                                         for entry in entries})
    problems = []
    for entry in entries:
        reference, known = names.known(entry.function)
        certain, _ = matching.explain(told[entry.label][entry.function], reference, known)
        problems += [f"{entry.label}: correct, but named {one.entry.name}" for one in certain]
    return problems


def pairs(names: Names, assignment: Assignment, entries: list[Entry], number: int, seed: int = 0
          ) -> tuple[int, list[str]]:
    """(how many were tried, problems): two mistakes in different aspects of one function that are not both named."""
    chosen = _pairs(names, entries, number, seed)
    variety = {}
    for one, other in chosen:
        variety[f"{one.label} + {other.label}"] = changed((one, other)), [(one.module, one.function)]
    told, problems = variants.answers(assignment, variety), []
    for one, other in chosen:
        reference, known = names.known(one.function)
        explained = matching.explain(told[f"{one.label} + {other.label}"][one.function], reference, known)
        found = {known.entry.says for known in explained[0]}
        if found != {one.says, other.says}:
            named = ", ".join(known.entry.name for known in explained[0]) or "nothing"
            problems.append(f"{one.label} + {other.label}: named {named}")
    return len(chosen), problems


def _pairs(names: Names, entries: list[Entry], number: int, seed: int) -> list[tuple[Entry, Entry]]:
    """Pairs of entries that differ from the reference in different aspects, and can be written into one text."""
    possible = []
    for function in dict.fromkeys(entry.function for entry in entries):
        known = [one for one in names.known(function)[1] if any(not aspect.startswith("~") for aspect in one.differs)]
        possible += [(one.entry, other.entry) for one, other in combinations(known, 2) if not one.core & other.core]
    random.Random(seed).shuffle(possible)
    chosen = []
    for one, other in possible:
        if len(chosen) == number:
            break
        for first, second in ((one, other), (other, one)):
            try:
                changed((first, second))
            except KitError:
                continue
            if not second.body:
                chosen.append((first, second))
                break
    return chosen
