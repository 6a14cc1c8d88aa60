"""Why a function raises where it is asked: what its answers tell of that, as names that can be counted."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from grading.engine import causes
from grading.release.assignment import Assignment, topic
from grading.trials.matching import Answers, leaves

MOST = 2               # causes that are told of one function
# What a name of another kind says already, where there is one.
SAID_BY_OTHERS = ("later", "returned none", "returned", "lacks key", "early key", "none", "no rows")
# What is wrong in a line whatever other functions have returned; shapes, None and the like may be of their making.
OF_THE_LINE = frozenset((
    "self", "in dict", "import", "no function", "misspelt", "unset", "begun", "later", "count", "spelt key", "numbered",
    "early key", "dot key", "text", "attribute", "method self", "one tuple", "sizes", "maximum", "module",
    "recursion", "signature", "math", "list place", "lazy", "changes", "assert", "quotes", "is none", "range",
    "one list", "power"))


@dataclass(frozen=True)
class Stop:
    """- aspect: which question it was; where: the function that raised; code: of the cause"""

    aspect: str
    where: str
    code: str


def apart(answers: Answers) -> tuple[Answers, list[Stop]]:
    """(the answers with the type alone of what was raised, what was told of why)."""
    found: list[Stop] = []
    plain = {aspect: _plain(aspect, told, found) for aspect, told in answers.items()}
    found = [stop for stop in found if stop.where] or found      # what has come back may be what was raised before
    return plain, [stop for stop in found if not stop.aspect.startswith("~")] or found


def _plain(aspect: str, told: list, found: list[Stop]) -> list:
    if told[:1] == ["l"]:
        return ["l", *[_plain(aspect, one, found) for one in told[1:]]]
    if told[:1] != ["e"]:
        return told
    if len(told) == 4 and all(type(one) is str for one in told):
        found.append(Stop(aspect, told[2], told[3]))
    return told[:2]


def raising(answers: Answers) -> set[str]:
    """The aspects in which nothing but exceptions came back."""
    return {aspect for aspect, told in answers.items()
            if (ends := leaves(told)) and all(leaf[0] == "e" for leaf in ends)}


def of_tests(assignment: Assignment, function: str, graded: dict[str, dict]) -> list[Stop]:
    """Why the tests of a function have ended, which may raise where the probes do not."""
    return [Stop(name, *cell["why"]) for name, cell in graded.items()
            if cell.get("why") and assignment.topics.get(topic(name), ("",))[0] == function]


def told(function: str, stops: Iterable[Stop], lost: Collection[str], written: Collection[str],
         needs: bool = False, explained: Collection[str] = (), others: bool = False) -> list[dict[str, str]]:
    """{"kind", "says", "read"} of each cause. What another function that is wrong raised is told of that one.

    - written: every function that the assignment's modules have
    - needs: whether a function that this one needs is wrong
    - explained: aspects that a known mistake explains
    - others: whether another mistake is named
    """
    found: dict[str, causes.Cause] = {}
    for stop in stops:
        code = stop.code
        if stop.where in written and stop.where != function:
            if stop.where in lost:
                continue
            code = code if code in causes.HANDED_ON else "handed on"
        if needs and code not in OF_THE_LINE and not code.startswith(causes.OLD):
            continue
        cause = causes.cause(code)
        if cause and stop.aspect not in explained and not (others and code in SAID_BY_OTHERS):
            found.setdefault(code, cause)
    return [{"kind": "raised", "says": cause.says, "read": cause.read} for cause in list(found.values())[:MOST]]
