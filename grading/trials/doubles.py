"""Two mistakes of one function that show in the same aspects: both are written into the reference, and it is asked."""

from itertools import combinations

import numpy as np

from grading.errors import KitError
from grading.release.assignment import Assignment
from grading.trials import catalogue, figures, matching, variants
from grading.trials.catalogue import Entry
from grading.trials.matching import Answers, Known


def changed(entries: tuple[Entry, ...]) -> dict[str, str]:
    """The modules that these entries change, all in one package, as `variants.answers` takes them."""
    texts: dict[str, str] = {}
    for entry in entries:
        others = [one for one in entries if one.function == entry.function and one.body]
        texts[entry.module] = entry.source(texts.get(entry.module), bool(entry.beside and others))
    return {module: catalogue.without_markers(text) for module, text in texts.items()}


def written(entries: tuple[Entry, ...]) -> dict[str, str] | None:
    """The same, or None where they cannot be written into one package: one may edit what another needs."""
    try:
        return changed(entries)
    except KitError:
        return None


def together(one: Entry, other: Entry, within: tuple[Entry, ...] = ()) -> dict[str, str] | None:
    """The modules with both mistakes in them, and with those of other functions; None where one text cannot hold them.
    """
    texts = (written((*within, *pair)) for pair in ((one, other), (other, one)) if not pair[1].body)
    return next((text for text in texts if text is not None), None)


def candidates(answers: Answers, reference: Answers, known: list[Known]) -> list[tuple[Known, Known]]:
    """Pairs that differ from the reference wherever the function does, the likeliest first.

    The catalogue has what is met often before what is not.
    """
    differs = matching.differences(answers, reference)
    wrong = {aspect for aspect in differs if not aspect.startswith("~")}
    found = []
    concerned = [(place, one) for place, one in enumerate(known) if one.core & wrong]
    near = {one.entry.name: sum(_near(answers[aspect], told) for aspect, told in one.differs.items()
                                if aspect in differs) for _, one in concerned}
    for (place, one), (behind, other) in combinations(concerned, 2):
        both = one.core | other.core
        if wrong <= both and len(both - wrong) <= 1 and one.entry.says != other.entry.says:
            found.append((near[one.entry.name] + near[other.entry.name], place + behind, place, one, other))
    return [(one, other) for *_, one, other in sorted(found, key=lambda pair: (-pair[0], *pair[1:3]))]


def _near(told: list, known: list) -> float:
    """The share of the numbers that are those of a mistake, or their squares, as where a root is missing, too."""
    if matching.equal(told, known):
        return 1.0
    pairs = figures.pairs_of(told, known)
    if pairs is None:
        return 0.0
    a, b = (np.concatenate([one[part].ravel() for one in pairs]) for part in (0, 1))
    if np.array_equal(a, np.round(a)):                   # labels and counts are often the same by chance
        return 0.0
    with np.errstate(all="ignore"):
        return 0.9 * max((np.abs(a - one) <= matching.EXACT * np.abs(a)).mean() for one in (b, b * b))


def explain(assignment: Assignment, function: str, answers: Answers, reference: Answers, known: list[Known],
            within: tuple[Entry, ...], budget: list[int]) -> list[Known]:
    """The pair that answers as the function does, in every aspect; [] where there is none, or more than one.

    - within: mistakes of other functions, among which these two are
    - budget: [how many pairs may be tried], of which it takes what it tries
    """
    tried, wrong = {}, {aspect for aspect in matching.differences(answers, reference) if not aspect.startswith("~")}
    if not any(matching.telling(answers[aspect], aspect, wrong) for aspect in wrong):     # such as by exceptions alone
        return []
    for one, other in candidates(answers, reference, known)[:2 * budget[0]]:
        if not budget[0]:
            break
        text = together(one.entry, other.entry, within)
        if text is not None:
            budget[0] -= 1
            tried[f"{one.entry.name} {other.entry.name}"] = (one, other), text
    if not tried:
        return []
    told = variants.answers(assignment, {name: (text, [(pair[0].entry.module, function)])
                                         for name, (pair, text) in tried.items()}, like=[answers])
    fitting = [pair for name, (pair, _) in tried.items()
               if _alike(answers, told[name][function], lambda aspect: not aspect.startswith("~"))]
    if len(fitting) > 1:
        fitting = [pair for pair in fitting
                   if _alike(answers, told[f"{pair[0].entry.name} {pair[1].entry.name}"][function], bool)]
    says = {frozenset(one.entry.says for one in pair) for pair in fitting}
    return list(fitting[0]) if len(says) == 1 else []


def without_parts(assignment: Assignment, function: str, answers: Answers, certain: list[Known], pair: list[Known],
                  within: tuple[Entry, ...]) -> list[Known]:
    """The mistakes that seemed certain alone, but for those that explain only what this pair explains by itself."""
    told = variants.answers(assignment, {"": (together(pair[0].entry, pair[1].entry, within),
                                              [(pair[0].entry.module, function)])})[""][function]
    return [one for one in certain if not _alike(answers, told, one.core.__contains__)]


def _alike(answers: Answers, told: Answers, counts) -> bool:
    return all(aspect in told and matching.equal(answers[aspect], told[aspect]) for aspect in answers if counts(aspect))
