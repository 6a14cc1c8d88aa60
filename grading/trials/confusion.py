"""The names on trial: each known mistake must be called by its own sentence, and two at once by both.

No test is run here. An entry's answers are those that its name was made of, so what is found is whether another entry
answers alike; pairs and unusual versions are run.
"""

import random
from itertools import combinations

from grading.release.assignment import Assignment
from grading.trials import matching, variants
from grading.trials.catalogue import Entry
from grading.trials.doubles import changed, together
from grading.trials.matching import Answers, Known
from grading.trials.naming import Names


def table(names: Names, entries: list[Entry]) -> tuple[dict[str, str], list[str]]:
    """(entry -> what was named, problems): nothing but itself, or a declared twin, which shares its sentence."""
    found, problems = {}, []
    for entry in entries:
        reference, known = names.known(entry.function)
        own = next(one for one in known if one.entry.name == entry.name)
        certain, unexplained = matching.explain(reference | own.differs, reference, known)
        found[entry.label] = ", ".join(one.entry.name for one in certain) or "nothing"
        if [one.entry.says for one in certain] != [entry.says] or unexplained:
            problems.append(f"{entry.label}: named {found[entry.label]}; {_why(own, known)}")
    return found, problems


def _why(own: Known, known: list[Known]) -> str:
    if not own.differs:
        return "no probe tells it from the reference"
    alike = [one.entry.name for one in known if _alike(one.differs, own.differs)]
    return f"no probe tells {', '.join(alike)} apart" if len(alike) > 1 else "others fit as well"


def _alike(one: Answers, other: Answers) -> bool:
    return one.keys() == other.keys() and all(matching.equal(told, other[aspect]) for aspect, told in one.items())


def unusual(names: Names, assignment: Assignment, entries: list[Entry]) -> list[str]:
    """Problems: correct versions that would be called a mistake, had they failed a test."""
    told = variants.answers(assignment, {entry.label: (changed((entry,)), [(entry.module, entry.function)])
                                         for entry in entries})
    problems = []
    for entry in entries:
        certain = [one for one in names.explain(entry.function, told[entry.label][entry.function]).certain
                   if not entry.lesson or one.entry.lesson in ("", entry.lesson)]
        problems += [f"{entry.label}: correct, but named {one.entry.name}" for one in certain]
    return problems


def pairs(names: Names, assignment: Assignment, entries: list[Entry], number: int, seed: int = 0
          ) -> tuple[int, list[str]]:
    """(how many were tried, problems): two mistakes in different aspects of one function that are not both named.

    Not counted are pairs that answer as one of the two alone: who returns nothing shows nothing of a wrong vote.
    """
    chosen = _pairs(names, entries, number, seed)
    variety = {f"{one.label} + {other.label}": (together(one, other), [(one.module, one.function)])
               for one, other in chosen}
    told, tried, problems = variants.answers(assignment, variety), 0, []
    for one, other in chosen:
        answers, (reference, known) = told[f"{one.label} + {other.label}"][one.function], names.known(one.function)
        alone = [each for each in known if each.entry in (one, other)]
        differs = matching.differences(answers, reference)
        if any(_alike(differs, each.differs) for each in alone):
            continue
        tried += 1
        certain = names.explain(one.function, answers).certain
        both = frozenset().union(*[each.core for each in alone])
        found = {each.entry.says for each in certain}
        if found != {one.says, other.says} and [each.core for each in certain] != [both]:     # one name for both
            named = ", ".join(each.entry.name for each in certain) or "nothing"
            problems.append(f"{one.label} + {other.label}: named {named}")
    return tried, problems


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
        if together(one, other) is not None:
            chosen.append((one, other))
    return chosen
