"""Whether a function counts as vectorized does not waver: `KIT_COSTS=50` asks fifty times, on a busy machine.

Loops and honest code of `test_counting`, the idioms of `test_idioms`, and the unusual versions of what students write.
"""

import re
from collections import Counter

import numpy as np
import pytest
import steady
import test_counting as specimens
import test_idioms as idioms
from test_idioms import functions  # noqa: F401  a fixture

from cs231n import _costs
from cs231n.testing import CheckFailed, assert_vectorized, python_loop
from grading.release import assignment as assignments
from grading.trials import catalogue, trial

pytestmark = [steady.asked_for, pytest.mark.filterwarnings("ignore")]
VECTORIZED = ("compute_distances_no_loops", "compute_distances_one_loop", "loss_vectorized")
UNUSUAL = [entry for entry in catalogue.unusual(assignments.load("assignment1"))
           if entry.function.endswith(VECTORIZED)]


@pytest.fixture(autouse=True, scope="module")
def busy():
    with steady.busy_machine():
        yield


def is_told_by_its_source(make_call, **options):
    """Tell whether a function loops by what stands in its source, and is counted, whatever it costs."""
    try:
        assert_vectorized(make_call, grows="the calls", **options)
    except CheckFailed as failure:
        return not re.search(r"^ *cost ", str(failure), re.MULTILINE)
    return False


@pytest.fixture
def asked_often(monkeypatch):
    """asked_often(name, make_call, **options of python_loop) is the set of verdicts, of TIMES."""
    judge, asked = _costs.judge, []
    monkeypatch.setattr(_costs, "judge", lambda *arguments: asked.append(arguments) or judge(*arguments))

    def often(name, make_call, **options):
        python_loop(make_call, **options)
        read = is_told_by_its_source(make_call, **options)
        given = [judge(*asked[-1]) for _ in range(steady.TIMES)]
        shares = sorted(verdict.seconds * _costs.SIZES[-1] / verdict.n / verdict.limit for verdict in given)
        told = Counter("loop" if verdict.looped else "noted" if verdict.doubtful else "none" for verdict in given)
        steady.note(name=name, given=told, read=read, of_limit=[round(shares[k], 3) for k in (0, len(shares) // 2, -1)])
        return {verdict.looped or read for verdict in given}

    return often


@pytest.mark.parametrize("kind, name", specimens.LOOPS, ids=map(specimens.specimen_id, specimens.LOOPS))
def test_a_loop_is_one_each_time(asked_often, kind, name):
    assert asked_often(f"{kind} {name}", lambda n: specimens.make_call(kind, name, n),
                       calls=specimens.CALLS.get(kind, 5)) == {True}


@pytest.mark.parametrize("kind, name", specimens.HONEST + specimens.CHEAP,
                         ids=map(specimens.specimen_id, specimens.HONEST + specimens.CHEAP))
def test_honest_code_is_never_taken_for_one(asked_often, kind, name):
    assert asked_often(f"{kind} {name}", lambda n: specimens.make_call(kind, name, n),
                       calls=specimens.CALLS.get(kind, 5)) == {False}


@pytest.mark.parametrize("number", range(len(idioms.EXPRESSIONS)))
def test_an_idiom_is_never_taken_for_one(asked_often, functions, number):  # noqa: F811
    function = getattr(functions, f"f{number}")
    assert asked_often(idioms.EXPRESSIONS[number], idioms.call_of(function)) == {False}


def calls_of(entry):
    """(axis, make_call, calls) of an unusual version, for each axis along which it is judged."""
    scope = {"__name__": entry.name}
    exec(compile(trial.entry_source(entry)[entry.module], entry.label, "exec"), scope)
    rng, name = np.random.default_rng(), entry.function.rpartition(".")[2]
    if "Neighbor" not in entry.function:
        yield "examples", lambda n: (scope[name], (rng.normal(size=(4, 3)), rng.normal(size=(n, 4)),
                                                   rng.integers(3, size=n), 0.0)), _costs.CALLS
        return
    for axis, calls in (("num_test", 11), ("num_train", 11), ("D", 5)):
        def distances(n, axis=axis):
            shape = {"num_test": 3, "num_train": 3, "D": 4} | {axis: n}
            neighbor = scope["KNearestNeighbor"]()
            neighbor.train(rng.normal(size=(shape["num_train"], shape["D"])), np.zeros(shape["num_train"], dtype=int))
            return getattr(neighbor, name), (rng.normal(size=(shape["num_test"], shape["D"])),)
        yield axis, distances, calls


@pytest.mark.parametrize("entry", UNUSUAL, ids=lambda entry: entry.label)
def test_an_unusual_version_is_judged_the_same_each_time(asked_often, entry):
    looped = {axis: asked_often(f"{entry.label} {axis}", make_call, calls=calls)
              for axis, make_call, calls in calls_of(entry)}
    if entry.function.endswith("one_loop"):       # allowed along one axis
        assert sum(True in found for found in (looped["num_train"], looped["D"])) <= 1
        assert all(len(found) == 1 for found in (looped["num_train"], looped["D"]))
    else:
        assert set().union(*looped.values()) == {False}
