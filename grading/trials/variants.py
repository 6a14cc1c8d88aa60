"""Variants of the package, one after the other in a process of their own, and what each answers to the probes."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from grading.release.assignment import Assignment
from grading.trials import warm
from grading.trials.packing import Answers, packed, unpacked
from grading.trials.trial import complete

PROBES = Path(__file__).parent / "probes"
SHARED = ("common", "losses")            # what the modules with probes need, in this order
NEEDED = {"fc_net": ("stages", "lab")}   # what one of them needs besides, in this order


def sources(modules: Iterable[str]) -> dict[str, str]:
    """The texts of the probes of student modules, and what they need, by the names under which they know each other."""
    asked = sorted(set(map(probe_module, modules)))
    below = [*SHARED, *(one for name in asked for one in NEEDED.get(name.rpartition(".")[2], ()))]
    names = [f"grading.trials.probes.{name}" for name in below] + asked
    return {name: (PROBES / f"{name.rpartition('.')[2]}.py").read_text(encoding="utf-8") for name in names}


def probe_module(module: str) -> str:
    """Of a student module, given by its path under `cs231n/`, the module with its probes."""
    return f"grading.trials.probes.{Path(module).stem}"


def answers(assignment: Assignment, variants: dict[str, tuple[dict[str, str], list[tuple[str, str]]]],
            like: Sequence[Answers] = ()) -> dict[str, dict[str, Answers]]:
    """Variant -> function -> what it answers.

    - variants: name -> (modules changed, path -> text; (module, function) pairs to be probed)
    - like: nothing more is asked after an answer that is as in none of these, aspects with ~ aside
    """
    reference = complete(assignment)
    told = warm.run(reference, None, "grading.trials.answering:told", variants=variants, like=packed(list(like)))
    return unpacked(told)
