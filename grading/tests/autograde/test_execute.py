"""Real kernels, as nbgrader and `--stock` use them: what a notebook's code can do to them, and what that costs."""

import pytest
from conftest import cell, check, notebook
from traitlets.config import Config

from grading.autograde.execute import MODULES, NOTE, Execute


def run(*cells, timeout=30, **settings):
    """Outcome and message of every test cell, by grade_id."""
    config = Config()
    config.Execute.timeout = timeout
    config.Execute.update(settings)
    executed, _ = Execute(config=config).preprocess(notebook(*cells), {})
    return {c.id: c.metadata[NOTE] for c in executed.cells if NOTE in c.metadata}, executed


def outcomes(*cells, **settings):
    return {name: note["outcome"] for name, note in run(*cells, **settings)[0].items()}


def test_each_way_a_check_can_end_has_its_own_outcome():
    notes, _ = run(check("good", "1 + 1"), check("wrong", "assert 1 == 2, 'one is not two'"),
                   check("broken", "undefined_name"), check("stub", "raise NotImplementedError('f is not written')"))
    assert {name: note["outcome"] for name, note in notes.items()} == {
        "good": "passed", "wrong": "failed", "broken": "error", "stub": "error"}
    assert notes["wrong"]["message"] == "one is not two"
    assert "undefined_name" in notes["broken"]["message"]


def test_a_warning_and_text_on_stderr_cost_nothing():
    assert outcomes(check("warns", "import warnings, sys\nwarnings.warn('old')\nprint('x', file=sys.stderr)"),
                    check("number", "0.25")) == {"warns": "passed", "number": "passed"}


def test_an_error_in_one_cell_does_not_stop_the_next():
    assert outcomes(cell("code", "", "1 / 0"), check("later", "pass")) == {"later": "passed"}


@pytest.mark.parametrize("end", ["import os; os._exit(1)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_dead_kernel_costs_only_the_cell_that_killed_it(end):
    assert outcomes(cell("code", "", "x = 41"), cell("code", "", "x += 1"), check("before", "assert x == 42"),
                    check("killer", end), check("after", "assert x == 42")) == {
        "before": "passed", "killer": "error", "after": "passed"}


@pytest.mark.parametrize("end", ["import os; os._exit(1)", "exit()", "quit()", "import sys; sys.exit()"])
def test_code_of_the_students_that_ends_the_kernel_is_not_run_again(end):
    assert outcomes(cell("code", "", "x = 42"), cell("code", "", end),
                    check("after", "assert x == 42")) == {"after": "passed"}


def test_an_endless_loop_costs_only_its_cell():
    assert outcomes(cell("code", "", "x = 1"), check("endless", "while True: pass"), check("after", "assert x == 1"),
                    timeout=3) == {"endless": "timed_out", "after": "passed"}


def test_a_loop_that_ignores_the_interrupt_costs_only_its_cell():
    stubborn = "while True:\n    try:\n        while True: pass\n    except KeyboardInterrupt: pass"
    notes, _ = run(cell("code", "", "x = 1"), check("endless", stubborn), check("after", "assert x == 1"), timeout=2)
    assert {name: note["outcome"] for name, note in notes.items()} == {"endless": "timed_out", "after": "passed"}
    assert "2 s" in notes["endless"]["message"]


def test_a_notebook_that_kills_every_kernel_ends():
    end = "import os; os._exit(1)"
    found = outcomes(*(check(f"killer-{n}", end) for n in range(4)), restarts=2)
    assert found == {"killer-0": "error", "killer-1": "error", "killer-2": "error", "killer-3": "skipped"}


def test_endless_printing_is_cut():
    notes, executed = run(check("loud", "for _ in range(400): print('x' * 10_000)"), max_output=50_000)
    assert notes["loud"]["outcome"] == "passed"
    assert sum(len(output.text) for output in executed.cells[0].outputs) < 60_000


def test_outputs_are_those_of_a_first_run_after_a_restart():
    _, executed = run(cell("code", "", "print('once')"), check("killer", "import os; os._exit(1)"), check("after", ""))
    assert [output.text for output in executed.cells[0].outputs] == ["once\n"]


def test_a_kernels_errors_are_told_as_the_engine_tells_them(tmp_path):
    package = tmp_path / "cs231n"
    package.mkdir()
    texts = {"__init__": "", "layers": "import torch_that_is_not_there\n", "optim": "def f():\n    return xrange(3)\n"}
    for name, text in texts.items():
        (package / f"{name}.py").write_text(text)
    made = notebook(cell("code", "", f"import sys\nsys.path.insert(0, {str(tmp_path)!r})"),
                    check("loads", "from cs231n.layers import f"), check("runs", "from cs231n.optim import f\nf()"))
    resources = {MODULES: {f"cs231n/{name}.py": text for name, text in texts.items()}}
    executed, _ = Execute(config=Config()).preprocess(made, resources)
    notes = {one.id: one.metadata[NOTE] for one in executed.cells if NOTE in one.metadata}
    sentence = "cs231n/layers.py line 1: No module named 'torch_that_is_not_there'; none of its functions can run"
    assert notes["loads"] == {"outcome": "error", "message": sentence, "unloaded": sentence}
    assert notes["runs"]["message"] == (
        "NameError: name 'xrange' is not defined; write range instead (cs231n/optim.py line 2)")


def test_what_a_check_says_after_a_hidden_one_is_noted_as_such():
    notes, _ = run(cell("code", "", "kept = []"), check("early", "assert False, 'one'"),
                   check("hidden", "### BEGIN HIDDEN TESTS\nkept.append(0.123)\n### END HIDDEN TESTS"),
                   check("late", "assert False, kept"), check("fine", "1 + 1"))
    assert notes["late"] == {"outcome": "failed", "message": "[0.123]", "met": True}
    assert "met" not in notes["early"] and "met" not in notes["fine"]
