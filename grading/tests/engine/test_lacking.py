"""Stand-ins for packages that are not installed: code that shows progress, or works in parallel, goes on."""

import sys

import pytest

from grading.engine import lacking
from grading.engine.lacking import Bar, Memory, Parallel


def test_a_bar_hands_on_what_it_goes_through_and_says_nothing(capsys):
    with Bar(range(3), desc="fold", leave=False) as bar:
        assert [number for number in bar] == [0, 1, 2] and len(bar) == 3
        bar.set_description("k = 1")
        bar.set_postfix(loss=0.5)
    counted = Bar(total=5)
    counted.update()
    counted.update(2)
    counted.close()
    assert counted.n == 3 and len(counted) == 5 and capsys.readouterr().out == ""
    Bar.write("half way")
    assert capsys.readouterr().out == "half way\n"


def test_a_bar_may_be_asked_for_its_truth_and_walked_backwards():
    assert Bar(iter("abc")) and Bar() and 2 in Bar([1, 2]) and list(reversed(Bar([1, 2]))) == [2, 1]


def test_a_bar_around_other_ways_through_several_things_is_those_ways(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, lacking._StandIns()])
    for name in [name for name in sys.modules if name.partition(".")[0] == "tqdm"]:
        monkeypatch.delitem(sys.modules, name)
    from tqdm.contrib import tenumerate, tmap, tzip
    from tqdm.contrib.concurrent import process_map, thread_map
    from tqdm.contrib.itertools import product
    assert list(tenumerate("ab", 1, total=2)) == [(1, "a"), (2, "b")] and list(tzip("ab", "cd", desc="both")) == [
        ("a", "c"), ("b", "d")]
    assert list(product("ab", "c", leave=False)) == [("a", "c"), ("b", "c")]
    assert list(tmap(abs, [-1], disable=True)) == [1]
    assert thread_map(abs, [-1, 2], max_workers=2) == process_map(abs, [-1, 2], chunksize=1) == [1, 2]


def test_parallel_work_is_done_one_after_the_other(tmp_path):
    made = lacking._MADE["joblib"]
    with Parallel(n_jobs=-1, verbose=10) as parallel:
        assert parallel(made["delayed"](pow)(x, 2) for x in range(3)) == [0, 1, 4]
    assert Memory("cache", verbose=0).cache(abs)(-1) == 1 and Memory().cache(ignore=["x"])(abs)(-2) == 2
    made["dump"]({"a": 1}, tmp_path / "kept")
    assert made["load"](tmp_path / "kept") == {"a": 1} and made["cpu_count"]() >= 1


@pytest.mark.parametrize("name", ["tqdm", "tqdm.auto", "tqdm.notebook", "joblib"])
def test_a_module_that_nobody_has_is_made(name, capsys):
    finder = lacking._StandIns()
    spec = finder.find_spec(name)
    module = type(lacking)(name)
    finder.exec_module(module)
    assert spec.loader is finder and ("Parallel" if name == "joblib" else "trange") in vars(module)
    assert finder.find_spec("torch") is finder.find_spec("google.colab") is None
