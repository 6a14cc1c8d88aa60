"""Which known mistakes explain what a function answers to its probe: aspect by aspect, and only where it is certain.

An entry fits if in every aspect in which it differs from the reference, the function answers as the entry does. An
aspect whose name begins with ~ counts only between entries that fit equally well, or for an entry that differs in
nothing else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from grading.trials.catalogue import Entry

EXACT, SINGLE, ROUGH = 1e-4, 2e-3, 0.1       # relative; single: something was computed in float32

# An aspect, and those from which it follows. A step is made of what is remembered, and a correction is read off steps,
# which tell of it only where they grow with the gradient as they should. The spread of weights may follow from what
# is taken for a layer's inputs.
FOLLOWS = {"step": {"cache", "velocity", "m", "v"}, "correction": {"large gradients"}}
FOLLOWS |= {f"spread of weights{kind}": {f"shapes{kind}"} for kind in ("", ", xavier", ", he")}

# An aspect, and those by which it is belied that it alone is wrong.
BELIED = {"ties": ("~many voters", "~many images")}

Answers = Mapping[str, list]


@dataclass(frozen=True)
class Known:
    """A mistake, and what a function with it answers where that is not what the reference does.

    - cut: aspects that it explains besides, and in which the function at hand raises
    """

    entry: Entry
    differs: Answers
    cut: frozenset[str] = frozenset()

    @cached_property
    def core(self) -> frozenset[str]:
        """The aspects that it explains."""
        return frozenset(aspect for aspect in self.differs if not aspect.startswith("~")) or frozenset(self.differs)


def numbers(told: list) -> np.ndarray | None:
    """The numbers that were told, in their shape without axes of one; None for anything else."""
    if told[0] not in "nr":
        return None
    return np.frombuffer(told[3]).reshape(told[1])


def leaves(told: list) -> list[list]:
    """The answers in a list of lists of answers."""
    return [leaf for one in told[1:] for leaf in leaves(one)] if told[0] == "l" else [told]


def always_raises(answers: Answers) -> bool:
    """Tell whether a function raises whatever it is asked; aspects with ~ aside, where the inputs are unusual."""
    told = [leaf for aspect, one in answers.items()
            if not aspect.startswith("~") and aspect not in ("loop", "layout") for leaf in leaves(one)]
    return bool(told) and all(leaf[0] == "e" for leaf in told)


def near(values: np.ndarray, told: np.ndarray) -> bool:
    """Tell whether numbers that are worked out are those that were told, up to rounding of the largest."""
    return values.shape == told.shape and np.allclose(values, told, rtol=0, atol=EXACT / 10 * np.nanmax(np.abs(told)))


def equal(one: list, other: list) -> bool:
    """Tell whether two answers are the same, up to rounding; what is not finite is all one. Unknown equals all."""
    if "u" in (one[0], other[0]):
        return True
    if one[0] == "l" and other[0] == "l":
        return len(one) == len(other) and all(map(equal, one[1:], other[1:]))
    a, b = numbers(one), numbers(other)
    if a is None or b is None:
        return one == other
    if a.shape != b.shape or not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return False
    a, b = np.where(np.isfinite(a), a, 0.0), np.where(np.isfinite(b), b, 0.0)
    if "r" in (one[0], other[0]):
        return bool(np.all(np.abs(a - b) <= ROUGH * np.maximum(np.abs(a), np.abs(b)) + 1e-12))
    size = max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0))
    return bool(np.all(np.abs(a - b) <= (SINGLE if one[2] or other[2] else EXACT) * size + 1e-7))


def differences(answers: Answers, reference: Answers) -> dict[str, list]:
    """What is answered where it is not what the reference answers."""
    return {aspect: told for aspect, told in answers.items()
            if aspect in reference and not equal(told, reference[aspect])}


def telling(told: list, aspect: str, unexplained: set[str]) -> bool:
    """Tell whether an answer is one that few programs give: numbers, and not only 0, 1 and what is not finite.

    A penalty of zero is one, too, unless the loss or the gradient that it belongs to is wrong in a way of its own.
    """
    if told[0] == "l":
        return any(telling(one, aspect, unexplained) for one in told[1:])
    found = numbers(told)
    if found is None or found.size == 0:
        return False
    alone = aspect.startswith("penalty") and not any(other.startswith(("data", "gradient of")) for other in unexplained)
    return not np.isin(found[np.isfinite(found)], (0.0, 1.0)).all() or bool(alone and not np.any(found))


def explain(answers: Answers, reference: Answers, known: list[Known], settled: Iterable[str] = ()
            ) -> tuple[list[Known], set[str]]:
    """(the mistakes that are certain, one for each sentence; the aspects that differ and that they do not explain).

    - settled: aspects that something else explains
    """
    differs = differences(answers, reference)
    wrong = {aspect for aspect in differs if not aspect.startswith("~")}
    fitting = [one for one in known if one.core and all(
        aspect in differs and equal(answers[aspect], one.differs[aspect]) for aspect in one.core)]
    fitting = [one for one in fitting if not _belied(one, differs)]
    blind = always_raises(answers)
    fitting = [one for one in fitting if not (blind or _not_finite(one, answers)) or _alike(one, answers, reference)]
    largest = [one for one in fitting if not any(one.core < other.core or _within(one, other) for other in fitting)]
    certain: dict[str, Known] = {}
    for one in largest:
        rivals = [other for other in largest if other.core & one.core]
        if len({other.entry.says for other in rivals}) > 1:
            more = bool(wrong - set().union(*[other.core for other in rivals]))
            rivals = [other for other in rivals if not _unlike(other, answers, reference, rivals, more)]
        if one in rivals and len({other.entry.says for other in rivals}) == 1:
            certain.setdefault(one.entry.says, one)
    unexplained = wrong - {aspect for one in certain.values() for aspect in one.core}
    if unexplained:
        left = unexplained.difference(settled)
        certain = {says: one for says, one in certain.items() if not _doubtful(one, left)
                   and any(telling(one.differs[aspect], aspect, left) for aspect in one.core)}
        unexplained = wrong - {aspect for one in certain.values() for aspect in one.core}
    return list(certain.values()), unexplained


def _belied(one: Known, differs: Answers) -> bool:
    """Whether a mistake explains one thing alone, beside which other answers are wrong, and not as it makes them."""
    return any(one.core == {aspect} and any(other in differs and not (
        other in one.differs and equal(differs[other], one.differs[other])) for other in others)
               for aspect, others in BELIED.items())


def _doubtful(one: Known, unexplained: set[str]) -> bool:
    """Whether what a mistake explains may follow from what nobody explains."""
    return any(aspect in one.core and unexplained & above and not one.core & above
               for aspect, above in FOLLOWS.items())


def _not_finite(one: Known, answers: Answers) -> bool:
    """Whether all that a mistake explains are exceptions, or numbers none of which is finite: many come to the same."""
    told = [leaves(answers[aspect]) for aspect in one.core]
    if not all(told):                                    # nothing in a list, which is an answer
        return False
    arrays = [numbers(leaf) for found in told for leaf in found if leaf[0] != "e"]
    return all(array is not None and array.size and not np.isfinite(array).any() for array in arrays)


def _alike(one: Known, answers: Answers, reference: Answers) -> bool:
    """Whether a function answers as this mistake in every aspect, and in one of them by numbers."""
    found = [numbers(leaf) for aspect, told in answers.items() if aspect not in one.core for leaf in leaves(told)]
    return any(array is not None and np.isfinite(array).any() for array in found) and all(
        equal(told, one.differs.get(aspect, reference[aspect])) for aspect, told in answers.items()
        if aspect in reference)


def _within(one: Known, other: Known) -> bool:
    """Whether all that one explains, aspects with ~ alone, is a part of what another explains beside its core."""
    return all(aspect.startswith("~") and aspect in other.differs and equal(other.differs[aspect], one.differs[aspect])
               for aspect in one.core) and not one.core & other.core


def _unlike(one: Known, answers: Answers, reference: Answers, rivals: list[Known], more: bool) -> list[str]:
    """The aspects in which rivals differ from each other, and the function is not like this one.

    - more: something else is wrong with the function, so that an aspect in which it is like no rival tells nothing
    """
    found = []
    for aspect in {aspect for other in rivals for aspect in other.differs} - one.core:
        if aspect in answers:
            like = [equal(answers[aspect], other.differs.get(aspect, reference[aspect])) for other in (one, *rivals)]
            if not like[0] and (any(like) or not more):
                found.append(aspect)
    return found
