"""Probes: fixed calls of a student's function whose answers, aspect by aspect, tell one mistake from another.

A probe is a function of a seed function that yields (aspect, question) pairs; a question takes no arguments and returns
numbers, texts or lists of them; of what it raises, the type is told, and why (`stops.py`). An aspect of what a later
lesson adds to a function is called `lesson/what`. Probes come as source, from `grading/trials/probes/`: the same text
runs beside a variant of the package and here, in the examiner, beside a submission. What is answered decides no point.
"""

import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from grading.engine.raised import Lost

MOST_WHY = 40          # exceptions of one function whose cause is looked for
MOST = 600             # entries of one array that are told
MOST_BYTES = 50_000   # of one answer
DEEP = 4

Probe = Callable[[Callable[[], None]], Iterator[tuple[str, Callable[[], Any]]]]
Why = Callable[[Exception], list[str]]


def unasked(error: Exception) -> list[str]:
    """Nothing is told of why something was raised."""
    return []


@dataclass
class Rough:
    """Numbers that chance has a part in: equal within a tenth."""

    value: Any


@dataclass(frozen=True)
class Probing:
    """What to ask of a submission's functions once its tests have run.

    - sources: module -> text, in the order in which they need each other
    - functions: module of the probe -> functions to ask about
    """

    sources: dict[str, str] = field(default_factory=dict)
    functions: dict[str, list[str]] = field(default_factory=dict)


def load(sources: dict[str, str]) -> dict[str, dict[str, Probe]]:
    """Module -> its PROBES (function -> probe); a module finds those before it under their names."""
    found = {}
    for name, text in sources.items():
        module = sys.modules[name] = types.ModuleType(name)
        exec(compile(text, f"<{name}>", "exec"), module.__dict__)
        found[name] = getattr(module, "PROBES", {})
    return found


def ask(probe: Probe, seed: Callable[[], None], answers: dict[str, list],
        enough: Callable[[str, list], bool] = lambda aspect, told: False, why: Why = unasked) -> None:
    """Put what each question comes to into `answers`, as it comes; Lost ends it, and an answer that is enough.

    - why: what is told of an exception, behind its type
    """
    seed()
    told = _few(why)
    try:
        for aspect, question in probe(seed):
            answers[aspect] = _answer(question, told)
            if enough(aspect, answers[aspect]):
                break
    except Exception as error:               # the function is not there at all
        answers["all"] = ["e", type(error).__name__, *why(error)]


def _few(why: Why) -> Why:
    """The same for the first exceptions."""
    left = iter(range(MOST_WHY))
    return lambda error: why(error) if next(left, None) is not None else []


def _answer(question: Callable[[], Any], why: Why) -> list:
    try:
        with np.errstate(all="ignore"):
            told = tell(question(), why=why)
        return told if len(msgspec.msgpack.encode(told)) <= MOST_BYTES else ["s", "more than is told"]
    except Lost:
        raise
    except Exception as error:
        return ["e", type(error).__name__, *why(error)]


def tell(value: Any, depth: int = 0, why: Why = unasked) -> list:
    """Plain data for what was returned: n(umbers), r(ough numbers), l(ist), e(xception), s(tring), u(nknown)."""
    if value is Ellipsis:
        return ["u"]
    if isinstance(value, Rough):
        return ["r", *tell(value.value)[1:]]
    if isinstance(value, str):
        return ["s", value[:80]]
    if isinstance(value, Exception):
        return ["e", type(value).__name__, *why(value)]
    if isinstance(value, (list, tuple)) and depth < DEEP and len(value) <= MOST:
        if value and all(isinstance(one, (list, tuple)) and len(one) == len(value[0]) and len(one) > 1
                         and {type(part) for part in one} <= {float, int} for one in value):
            return tell(np.array(value, dtype=float))
        return ["l", *[tell(one, depth + 1, why) for one in value]]
    if isinstance(value, (bool, int, float, np.ndarray, np.generic)):
        array = np.asarray(value)
        if array.dtype.kind in "biuf" and array.size <= MOST:
            shape = [n for n in array.shape if n != 1]
            return ["n", shape, array.dtype.itemsize < 8 and array.dtype.kind == "f",
                    array.astype(np.float64).tobytes()]
    return ["s", f"a {type(value).__name__}"]
