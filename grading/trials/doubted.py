"""Mistakes that are known by nothing but where they raise: no names for what raises there for another reason.

The answers to a probe have the type of what was raised, and many lines raise a ValueError. Why it was raised is told
beside them, as the code of a cause: where a function's and a mistake's are others, the cause is told, and no mistake.
"""

from collections.abc import Iterable
from dataclasses import replace

from grading.release.assignment import Assignment
from grading.trials import doubles, stopped, variants
from grading.trials.explained import Explained
from grading.trials.matching import Known
from grading.trials.stopped import Stop


def without(assignment: Assignment, module: str, explained: Explained, stops: Iterable[Stop]) -> Explained:
    """What explains a function's answers, without the mistakes that raise for another reason than it does.

    - module: the student module that has the function
    - stops: why the function has raised
    """
    raising, codes = stopped.raising(explained.answers), _codes(stops, explained.function)
    alone = [one for one in explained.certain if one.differs and set(one.differs) <= raising]
    if not alone or not codes:
        return explained
    others = [one for one in alone if (own := _own(assignment, module, explained.function, one)) and not own & codes]
    certain = [one for one in explained.certain if one not in others]
    return replace(explained, certain=certain,
                   unexplained=explained.unexplained.union(*(one.differs for one in others)))


def _own(assignment: Assignment, module: str, function: str, known: Known) -> set[str]:
    """Why a function with this mistake raises."""
    asked = {"": (doubles.changed((known.entry,)), [(module, function)])}
    return _codes(stopped.apart(variants.answers(assignment, asked)[""][function])[1], function)


def _codes(stops: Iterable[Stop], function: str) -> set[str]:
    return {stop.code for stop in stops if stop.where == function and stop.code}
