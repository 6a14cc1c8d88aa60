"""Scores of a class, how hard each graded cell is and how well it tells students apart, loops beside whole arrays."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from grading.engine.telling import UNIMPLEMENTED
from grading.release.assignment import Assignment, topic
from grading.report.standing import Standing

_LOOPED = {"_vectorized": "_naive", "_no_loops": "_two_loops", "_one_loop": "_two_loops"}
_UNWRITTEN = (UNIMPLEMENTED, "is not written")   # of a function; of a cell, which may also have stopped
FEWEST = 10                      # students of whom a correlation says something
_LOOPS = ("hides its loops", "loops in Python over")
RIGHT, WRONG, UNWRITTEN = "right", "wrong", "not written"


def outcome(cell: dict) -> str:
    return "unwritten" if any(words in cell["message"] for words in _UNWRITTEN) else cell["outcome"]


def scores(assignment: Assignment, graded: Sequence[Standing]) -> dict:
    """Of what is decided, by student; and by notebook."""
    shares = {}
    for one in graded:
        won, of = one.points()
        shares[one.student] = won / of if of else 0.0
    values = np.array(list(shares.values()))
    notebooks = []
    for notebook in assignment.notebooks:
        names = {name for one in graded for name, cell in one.cells.items() if cell["notebook"] == notebook}
        found = [one.points(names) for one in graded]
        notebooks.append({"notebook": notebook, "mean": _rounded(np.mean([won / of if of else 0 for won, of in found])),
                          "of": max((of for _, of in found), default=0)})
    open_ = Counter(sum(cell["score"] is None for cell in one.cells.values()) for one in graded)
    return {"shares": {student: _rounded(share) for student, share in shares.items()},
            "of": max(one.points()[1] for one in graded),
            "mean": _rounded(values.mean()), "sd": _rounded(values.std()),
            "quartiles": [_rounded(one) for one in np.quantile(values, (0.25, 0.5, 0.75))],
            "full": int((values > 0.9999).sum()), "nothing": int((values == 0).sum()),
            "undecided": sum(count for cells, count in open_.items() if cells), "notebooks": notebooks}


def cells(assignment: Assignment, graded: Sequence[Standing]) -> list[dict]:
    """In the order of the lessons. difficulty: the share of its points that was won; discrimination: the correlation of
    that with what the same students won elsewhere, as the tests gave it, before a person changed anything; None where
    one of the two is the same for all, and for fewer than FEWEST students."""
    order = {notebook: number for number, notebook in enumerate(assignment.notebooks)}
    names: dict[str, str] = {}
    for one in graded:
        for name, cell in one.cells.items():
            names.setdefault(name, cell["notebook"])
    tested = {one.student: {name: _tested(one, name) for name, cell in one.cells.items() if cell["score"] is not None}
              for one in graded}
    won = {student: sum(points.values()) for student, points in tested.items()}
    most = {one.student: one.points()[1] for one in graded}

    def elsewhere(student: str, name: str, points: float) -> float:
        others = most[student] - points
        return (won[student] - tested[student][name]) / others if others else 0.0

    found = []
    for name in sorted(names, key=lambda name: order.get(names[name], len(order))):
        those = [(one.student, one.cells[name]) for one in graded if name in one.cells]
        scored = [(student, cell) for student, cell in those if cell["score"] is not None]
        share = np.array([cell["score"] / cell["max_score"] if cell["max_score"] else 1.0 for _, cell in scored])
        own = np.array([tested[student][name] for student, _ in scored])
        rest = np.array([elsewhere(student, name, cell["max_score"]) for student, cell in scored])
        found.append({
            "cell": name, "notebook": names[name], "points": those[0][1]["max_score"], "decided": len(scored),
            "difficulty": _rounded(share.mean()) if len(scored) else None,
            "discrimination": _correlation(own, rest),
            "outcomes": dict(Counter(outcome(cell) for _, cell in those).most_common())})
    return found


def looped(assignment: Assignment, graded: Sequence[Standing]) -> list[dict]:
    """Of each function that is written with loops and without: how many have both, one, none of them right."""
    functions = list(dict.fromkeys(those[0] for those in assignment.topics.values()))
    found = []
    for function in functions:
        ending = next((ending for ending in _LOOPED if function.endswith(ending)), "")
        partner = function.removesuffix(ending) + _LOOPED.get(ending, "")
        if not ending or partner not in functions:
            continue
        states = Counter((_state(assignment, one, partner), _state(assignment, one, function)) for one in graded)
        loops = [one.student for one in graded for name, cell in one.cells.items()
                 if assignment.topics.get(topic(name), ("",))[0] == function
                 and any(words in cell["message"] for words in _LOOPS)]
        found.append({"looped": partner, "vectorized": function,
                      "counts": [[states[one, other] for other in (RIGHT, WRONG, UNWRITTEN)]
                                 for one in (RIGHT, WRONG, UNWRITTEN)],
                      "loops": sorted(set(loops))})
    return found


def _state(assignment: Assignment, one: Standing, function: str) -> str:
    outcomes = [outcome(cell) for name, cell in one.cells.items()
                if assignment.topics.get(topic(name), ("",))[0] == function]
    if "unwritten" in outcomes:
        return UNWRITTEN
    return RIGHT if all(told == "passed" for told in outcomes) else WRONG


def _tested(one: Standing, name: str) -> float:
    """Points of a cell as the test gave them; of what people mark, their mark."""
    score = one.result.cells[name]["score"]
    return one.cells[name]["score"] if score is None or one.cells[name]["outcome"] == "manual" else score


def _correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    if len(one) < FEWEST or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return _rounded(np.corrcoef(one, other)[0, 1])


def _rounded(value: float) -> float:
    return round(float(value), 3)
