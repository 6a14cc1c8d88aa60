"""One notebook in real sandboxes: what its code can do to the processes it runs in, and what that costs."""

import base64
import copy
import re

import pytest
from conftest import cell, check, given, notebook, solution
from sandboxed import box, folders, strongest

from grading import LEFT_OUT
from grading.engine import plan, processes, run, session
from grading.engine.processes import CANDIDATES, Submission
from grading.engine.restrict import DISK_FULL
from grading.engine.run import NOTE
from grading.engine.worker import Worker

DIE = "import os; os._exit(1)"


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    with strongest(tmp_path_factory.mktemp("kit")) as made:
        yield made


def handed_in(modules):
    """Modules of the package, name -> text, as a submission has them."""
    return Submission({f"cs231n/{name}.py": text.encode() for name, text in modules.items()},
                      {f"cs231n.{name}".replace("/", "."): text for name, text in modules.items()})


def notes_of(made):
    return {one.id: one.metadata[NOTE] for one in made.cells if NOTE in one.metadata}


@pytest.fixture
def graded(worker):
    """Grade a notebook of these cells; returns (its notes by grade_id, the notebook)."""

    def grade(*cells, modules=None, limit=10.0, source=None):
        made = notebook(*cells)
        planned = plan.make(notebook(*source) if source else lesson(cells))
        run.grade(worker, [(made, planned)], handed_in(modules or {}), limit)
        return notes_of(made), made

    return grade


@pytest.fixture
def graded_together(worker):
    """Grade several notebooks of one submission, each a list of cells; returns their notes by grade_id, in turn."""

    def grade(*notebooks, modules=None, limit=10.0):
        made = [notebook(*cells) for cells in notebooks]
        plans = [plan.make(lesson(cells)) for cells in notebooks]
        run.grade(worker, list(zip(made, plans)), handed_in(modules or {}), limit)
        return [notes_of(one) for one in made]

    return grade


@pytest.fixture
def outcomes(graded):
    return lambda *cells, **settings: {name: note["outcome"] for name, note in graded(*cells, **settings)[0].items()}


def own(source):
    """A cell of the student's own."""
    return cell("code", "", source)


def lesson(cells):
    """What the instructor wrote of these."""
    return notebook(*(one for one in cells if "nbgrader" in one.metadata))


def text(output):
    return output.get("text") or output.get("data", {}).get("text/plain", "")


def plain(traceback):
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(traceback))


# How a check can end


def test_each_way_a_check_can_end_has_its_own_outcome(graded):
    notes, _ = graded(
        solution(
            "s",
            "def f(x):\n    return x\ndef stub():\n    raise NotImplementedError('stub is not implemented yet: do it')",
        ),
        check("good", "assert f(1) == 1"),
        check("wrong", "assert f(1) == 2, 'one is not two'"),
        check("bare", "assert False"),
        check("broken", "undefined_name"),
        check("stub", "stub()"),
        check("ours", "f(lambda: 1)"),
        check("empty", ""),
    )
    assert {name: note["outcome"] for name, note in notes.items()} == {
        "good": "passed",
        "wrong": "failed",
        "bare": "failed",
        "broken": "error",
        "stub": "error",
        "ours": "grader_error",
        "empty": "passed",
    }
    assert notes["wrong"]["message"] == "one is not two" and notes["good"]["message"] == ""
    assert "undefined_name" in notes["broken"]["message"] and "cannot be sent" in notes["ours"]["message"]
    assert notes["stub"]["message"] == "NotImplementedError: stub is not implemented yet: do it"


def test_a_warning_text_on_stderr_and_a_number_cost_nothing_and_are_no_partial_credit(outcomes):
    assert outcomes(
        check("warns", "import warnings, sys\nwarnings.warn('old')\nprint('x', file=sys.stderr)"),
        check("number", "0.25"),
        check("zero", "0"),
        check("false", "False"),
    ) == {"warns": "passed", "number": "passed", "zero": "passed", "false": "passed"}


def test_a_warning_of_the_students_code_costs_nothing(outcomes):
    assert outcomes(
        solution("s", "import numpy as np\ndef f(x):\n    return np.log(x)"),
        check("t", "import numpy as np, warnings\nwarnings.simplefilter('error')\nassert f(np.zeros(1))[0] < 0"),
    ) == {"t": "passed"}


def test_an_error_in_one_cell_does_not_stop_the_next(outcomes):
    assert outcomes(own("1 / 0"), own("def ("), check("a", "1 / 0"), check("later", "pass")) == {
        "a": "error",
        "later": "passed",
    }


def test_what_the_student_raises_is_never_a_failed_check(graded):
    notes, made = graded(
        solution(
            "s",
            "from cs231n.testing import CheckFailed\ndef f():\n    raise CheckFailed('so I say')\n"
            "def g():\n    assert 1 == 2",
        ),
        check("f", "f()"),
        check("g", "g()"),
        check("expected", "try:\n    g()\nexcept AssertionError:\n    print('as it should')"),
    )
    assert {name: note["outcome"] for name, note in notes.items()} == {"f": "error", "g": "error", "expected": "passed"}
    assert notes["f"]["message"] == "CheckFailed: so I say (Cell In[1] line 3)"
    assert "In the submission" in "\n".join(made.cells[1].outputs[0].traceback)


# Ends of processes


@pytest.mark.parametrize("end", [DIE, "import ctypes; ctypes.string_at(0)"], ids=["exit", "crash"])
def test_a_dead_process_costs_only_the_cell_that_killed_it(graded, end):
    notes, _ = graded(
        solution("a", "x = 41"),
        own("x += 1"),
        check("before", "assert x == 42"),
        solution("f", f"def f():\n    {end}"),
        check("killer", "f()"),
        check("after", "assert x == 42"),
    )
    assert {name: note["outcome"] for name, note in notes.items()} == {
        "before": "passed",
        "killer": "error",
        "after": "passed",
    }
    assert "the Python process ended here" in notes["killer"]["message"]


def test_a_full_disk_is_told_where_it_is_counted(tmp_path):
    fill = "import time\n    for n in range(12):\n        open(f'{n}', 'wb').write(bytes(2**23))\n    time.sleep(20)"
    cells = [own("if True:\n    " + fill), solution("f", f"def f():\n    {fill}"), check("filler", "f()"),
             solution("a", "x = 42"), check("after", "assert x == 42")]
    made = notebook(*cells)
    with Worker(box("landlock"), *folders(tmp_path)) as worker:
        run.grade(worker, [(made, plan.make(lesson(cells)))], handed_in({}), 30.0)
    notes = notes_of(made)
    assert DISK_FULL in made.cells[0].outputs[0].evalue and DISK_FULL in notes["filler"]["message"]
    assert notes["after"]["outcome"] == "passed"


@pytest.mark.parametrize("end", [DIE, "exit()", "quit()", "import sys; sys.exit()", "import os; os.abort()"])
def test_a_cell_that_ends_its_process_is_not_run_again(outcomes, end):
    assert outcomes(
        solution("a", "x = 42"), own(end), check("after", "assert x == 42"), own(DIE), check("last", "assert x == 42")
    ) == {"after": "passed", "last": "passed"}


def test_an_endless_loop_costs_only_its_cell(graded):
    notes, made = graded(solution("a", "x = 1"), own("while True: pass"), check("after", "assert x == 1"), limit=1)
    assert notes["after"]["outcome"] == "passed"
    assert made.cells[1].outputs[-1].ename == "KeyboardInterrupt"


STUBBORN = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{}while True: pass"


def test_a_loop_that_ignores_the_interrupt_costs_only_its_cell(graded):
    notes, made = graded(solution("a", "x = 1"), own(STUBBORN.format("")), check("after", "assert x == 1"), limit=1)
    assert notes["after"]["outcome"] == "passed"
    assert made.cells[1].outputs[-1].ename == "CellTimeoutError"


def test_a_function_that_hangs_costs_the_check_that_calls_it(graded):
    notes, _ = graded(
        solution("a", f"x = 1\ndef f():\n    {STUBBORN.format('    ')}"),
        check("endless", "f()"),
        check("after", "assert x == 1"),
        limit=2,
    )
    assert {name: note["outcome"] for name, note in notes.items()} == {"endless": "timed_out", "after": "passed"}
    assert notes["endless"]["message"] == "f ran longer than 2 s"


def test_a_function_that_hangs_twice_is_not_run_again(graded):
    notes, _ = graded(
        solution("a", "def f(x=0):\n    while True: pass\ndef g(): return 1"),
        check("one", "f()"),
        check("two", "f(1)"),
        check("three", "f(2)"),
        check("four", "f(3)"),
        check("five", "f(4)"),
        check("six", "f(5)"),
        check("other", "assert g() == 1"),
        limit=1,
    )
    assert {note["outcome"] for name, note in notes.items() if name != "other"} == {"timed_out"}
    assert all("it was not run again" in notes[name]["message"] for name in ("three", "four", "five", "six"))
    assert notes["other"]["outcome"] == "passed"


def test_after_a_cell_that_had_to_be_interrupted_the_others_get_less_time(graded):
    """Else a notebook of twenty such cells takes twenty times the limit."""
    notes, _ = graded(
        own("while True: pass"), solution("a", "def f():\n    while True: pass"), check("t", "f()"), limit=4
    )
    assert notes["t"]["message"] == "f ran longer than 1.36 s"


def test_a_test_that_never_ends_by_itself_is_timed_out(outcomes):
    """Each call is short; the test as a whole is not."""
    assert outcomes(
        solution("a", "def f(): return False"),
        check("endless", "while not f(): pass"),
        check("after", "assert not f()"),
        limit=1,
    ) == {"endless": "timed_out", "after": "passed"}


def test_a_notebook_that_kills_every_process_ends(graded):
    notes, made = graded(
        solution("a", "x = 1"),
        check("before", "assert x == 1"),
        *[own(DIE) for _ in range(session.RESTARTS + 1)],
        check("lost", "assert x == 1"),
        own("print('never')"),
        check("last", "assert x == 1"),
    )
    assert {name: note["outcome"] for name, note in notes.items()} == {
        "before": "passed",
        "lost": "skipped",
        "last": "skipped",
    }
    assert "too often" in notes["lost"]["message"] and made.cells[-2].outputs == []


def test_cells_that_run_again_keep_the_numbers_by_which_errors_call_them(graded):
    cells = own("print('first')"), solution("a", "def f(x):\n    return x['W']"), check("early", "f({})")
    undisturbed, _ = graded(*cells, own("print('alive')"), check("late", "f({})"))
    notes, made = graded(*cells, own(DIE), check("late", "f({})"))
    assert notes == undisturbed and notes["late"]["message"].endswith("(Cell In[2] line 2)")
    assert all('File "Cell In[2]", line 2, in f' in plain(cell.outputs[0].traceback)
               for cell in made.cells if cell.id in ("early", "late"))


def test_a_replay_that_dies_where_the_first_run_did_not_ends(outcomes):
    """The second run of the first cell ends the process: what it bound is lost, the rest goes on."""
    first = "import os, random\nx = 1\nif os.path.exists('seen'): os._exit(1)"
    assert (
        outcomes(
            solution("a", first),
            own("open('seen', 'w').close()"),
            solution("b", "y = 2"),
            own(DIE),
            check("two", "assert y == 2"),
            check("rest", "pass"),
        )["rest"]
        == "passed"
    )


def test_memory_beyond_the_limit_costs_only_its_cell(outcomes):
    assert outcomes(
        solution("a", "import numpy as np\nx = 1\ndef f():\n    return [np.zeros(10**8) for _ in range(100)]"),
        check("bomb", "f()"),
        check("after", "assert x == 1"),
    ) == {"bomb": "error", "after": "passed"}


def test_an_examiner_that_ends_leaves_its_cell_in_doubt_and_the_others_go_on(worker, graded, outcomes):
    notes, _ = graded(solution("a", "x = 1"), check("deadly", DIE), check("after", "assert x == 1"))
    deadly = notes["deadly"]
    assert deadly["outcome"] == "error" and deadly["lost"] and "examiner" in deadly["doubted"]
    assert notes["after"] == {"outcome": "passed", "message": ""}
    assert outcomes(check("t", "pass")) == {"t": "passed"}
    assert len(worker._zygotes[0].processes()) <= 3 if worker._zygotes else True


def test_an_examiner_may_take_so_much_processor_time_however_long_it_waits_for_that(graded, monkeypatch):
    monkeypatch.setattr(processes, "SPARE", -2.0)                # here one second
    monkeypatch.setattr(processes, "WAIT", 100)
    notes, _ = graded(solution("a", "x = 1"), check("idle", "import time; time.sleep(1.5)"),
                      check("busy", "while True: pass"), limit=3.0)
    assert notes["idle"]["outcome"] == "passed"
    assert notes["busy"]["lost"] and "did not answer" in notes["busy"]["doubted"]


# What is replayed


def test_outputs_are_those_of_the_first_run_after_a_restart(graded):
    _, made = graded(own("print('once')"), own(DIE), solution("a", "x = 1"), check("after", "assert x == 1"))
    assert [text(output) for output in made.cells[0].outputs] == ["once\n"]


def test_given_cells_and_free_cells_are_run_again_after_a_restart(outcomes):
    assert outcomes(
        given("g", "import numpy as np\nsizes = [1, 2]"),
        own("helper = lambda x: x + 1"),
        solution("a", "def f(x):\n    return helper(np.sum(x))"),
        own(DIE),
        check("t", "assert f(sizes) == 4"),
    ) == {"t": "passed"}


# The student's namespace and the kit's own


def test_names_of_the_students_namespace_are_judged(outcomes):
    assert outcomes(
        solution(
            "a",
            "best_k = 3\naccuracies = {1: [0.5], 3: [0.75, 1.0]}\n"
            "class Net:\n    def __init__(self): self.params = {'W': 2}\n"
            "    def loss(self, x): return self.params['W'] * x\nnet = Net()\nnet.params['W'] = 5",
        ),
        check("number", "assert best_k == 3 and type(best_k) is int"),
        check("table", "assert max(accuracies[3]) == 1"),
        check("object", "assert net.loss(2) == 10 and net.params['W'] == 5"),
        check("class", "assert Net().loss(2) == 4"),
        check("wrong", "assert best_k == 4"),
    ) == {"number": "passed", "table": "passed", "object": "passed", "class": "passed", "wrong": "failed"}


def test_a_name_that_the_student_has_not_bound_is_an_error(graded):
    notes, _ = graded(own("pass"), check("t", "best_k"), source=[solution("a", "best_k = 3"), check("t", "best_k")])
    assert notes["t"] == {"outcome": "error", "message": "the notebook has no best_k: the cell that makes it is "
                          "missing, or stopped before that"}


def test_a_name_is_judged_as_it_is_when_the_test_runs(outcomes):
    assert outcomes(
        solution("a", "x = [1]"),
        check("one", "assert x == [1]"),
        own("x.append(2)"),
        check("two", "assert x == [1, 2]"),
        own("del x"),
        check("three", "x"),
    ) == {"one": "passed", "two": "passed", "three": "error"}


def test_the_data_of_a_test_is_the_kits_own_whatever_the_student_binds(outcomes):
    lesson = [
        given("g", "import numpy as np\ny_val = np.array([0, 1, 2])"),
        solution("a", "predicted = np.array([5, 5, 5])"),
        check("t", "assert (predicted == y_val).all(), 'wrong'"),
        check("later", "assert y_val.tolist() == [0, 1, 2]"),
    ]
    cheat = [lesson[0], own("y_val = np.array([5, 5, 5])\nnp.array = lambda *_: y_val"), *lesson[1:]]
    assert outcomes(*cheat, source=lesson) == {"t": "failed", "later": "passed"}


def test_a_student_who_breaks_numpy_breaks_it_for_nobody_else(outcomes):
    assert outcomes(
        own(
            "import numpy as np, cs231n.testing, builtins\nnp.allclose = lambda *a, **k: True\n"
            "cs231n.testing.assert_close = lambda *a, **k: None\nbuiltins.abs = lambda x: 0"
        ),
        solution("a", "def f(): return 1.0"),
        check("numpy", "import numpy as np\nassert np.allclose(f(), 2.0)"),
        check("abs", "assert abs(f() - 2) < 0.1"),
        check("kit", "from cs231n.testing import assert_close\nassert_close(f(), 2.0, 'f')"),
    ) == {"numpy": "failed", "abs": "failed", "kit": "failed"}


def test_a_test_may_use_what_the_test_before_it_has_bound(outcomes):
    assert outcomes(check("one", "import numpy as np\nX = np.arange(3)"), check("two", "assert X.sum() == 3")) == {
        "one": "passed",
        "two": "passed",
    }


def test_later_cells_of_the_lesson_can_use_what_public_tests_bind_and_nothing_of_hidden_ones(graded):
    _, made = graded(
        solution("a", "def f(x): return 2 * x"),
        check(
            "t",
            "# Checks f.\nimport numpy as np\nX = np.arange(3)\nassert f(1) == 2\n"
            "### BEGIN HIDDEN TESTS\nsecret = 5\nassert f(2) == 4\n### END HIDDEN TESTS\n",
        ),
        own("print(f(X), 'secret' in globals(), any('secret' in source for source in In[:-1]), len(In))"),
    )
    assert text(made.cells[2].outputs[0]) == "[0 2 4] False False 3\n"


def test_a_public_test_is_shown_once(graded):
    _, made = graded(solution("a", "def f(): print('called')"), check("t", "f()\nprint('checked')\n6 * 7"))
    assert "".join(map(text, made.cells[1].outputs)) == "called\nchecked\n42"


# The package

LAYERS = """
import numpy as np

def looped(x):
    return np.array([np.sum(np.maximum(row, row)) * np.max(np.ones_like(row)) * np.min(np.ones_like(row)) for row in x])

def whole(x):
    return x.sum(axis=1)

def fills(x, config):
    x *= 2
    config["t"] = config.get("t", 0) + 1
    print("filled")
    return x

def plots():
    import matplotlib.pyplot as plt
    plt.plot([1, 2])
    plt.show()
    return 3

def stuck():
    while True: pass
"""


def test_modules_are_imported_where_tests_and_cells_ask_for_them(graded):
    notes, made = graded(
        own(
            "from cs231n import layers\nfrom cs231n.layers import whole\nimport numpy as np\n"
            "print(whole(np.ones((2, 3))), layers.__name__)"
        ),
        check(
            "from",
            "import numpy as np\nfrom cs231n.layers import whole, looped\n"
            "assert (whole(np.eye(3)) == looped(np.eye(3))).all()",
        ),
        check(
            "module",
            "import cs231n.layers\nfrom cs231n import layers\n"
            "assert layers is cs231n.layers and layers.whole is not None",
        ),
        check(
            "in_place",
            "import numpy as np\nfrom cs231n.layers import fills\nx, config = np.ones(2), {}\nfills(x, config)\n"
            "assert x.tolist() == [2, 2] and config == {'t': 1}",
        ),
        check("missing", "from cs231n.layers import nothing"),
        modules={"layers": LAYERS},
    )
    assert text(made.cells[0].outputs[0]) == "[3. 3.] cs231n.layers\n"
    assert {name: note["outcome"] for name, note in notes.items()} == {
        "from": "passed",
        "module": "passed",
        "in_place": "passed",
        "missing": "error",
    }
    assert notes["missing"]["message"] == "cs231n/layers.py has no nothing"
    assert text(made.cells[3].outputs[0]) == "filled\n"


def test_a_module_that_cannot_be_imported_costs_its_own_tests(graded):
    notes, _ = graded(
        check("broken", "from cs231n.classifiers.softmax import loss"),
        check("missing", "from cs231n.solver_ import x"),
        check("good", "from cs231n.layers import whole"),
        modules={"layers": LAYERS, "classifiers/softmax": "def loss(w:\n    pass\n", "solver_": "1 / 0"},
    )
    assert {name: note["outcome"] for name, note in notes.items()} == {
        "broken": "error",
        "missing": "error",
        "good": "passed",
    }
    told = {
        "broken": "cs231n/classifiers/softmax.py line 1: '(' was never closed; none of its functions can run",
        "missing": "cs231n/solver_.py line 1: ZeroDivisionError: division by zero; none of its functions can run",
    }
    assert {name: notes[name]["message"] for name in told} == {name: notes[name]["unloaded"] for name in told} == told


def test_the_cost_of_a_loop_is_measured_where_the_code_runs(graded):
    counting = (
        "import numpy as np\nfrom cs231n.layers import {0}\nfrom cs231n.testing import assert_vectorized\n"
        "assert_vectorized(lambda n: ({0}, (np.ones((n, 3)),)), grows='the number of rows')"
    )
    notes, _ = graded(
        check("whole", counting.format("whole")), check("looped", counting.format("looped")), modules={"layers": LAYERS}
    )
    assert {name: note["outcome"] for name, note in notes.items()} == {"whole": "passed", "looped": "failed"}
    assert "layers.py" in notes["looped"]["message"]


def test_a_loop_that_cannot_be_counted_is_a_loop_and_array_code_that_cannot_be_counted_is_none(graded):
    """Counting is for the message alone."""
    uncounted = "import sys\nimport numpy as np\ndef {0}(x):\n    if sys.gettrace(): raise SystemExit\n    return {1}\n"
    costs = (
        "import numpy as np\nfrom cs231n.layers import f\nfrom cs231n.testing import assert_vectorized\n"
        "assert_vectorized(lambda n: (f, (np.random.rand(n, 3),)), grows='the number of rows')"
    )
    looped = "np.array([np.sum(np.maximum(row, row)) * np.max(np.ones_like(row)) * np.min(row - row + 1) for row in x])"
    for body, outcome in (("x.sum(axis=1)", "passed"), (looped, "failed")):
        notes, _ = graded(check("t", costs), modules={"layers": uncounted.format("f", body)})
        assert notes["t"]["outcome"] == outcome, notes


def test_a_result_that_computes_when_it_is_read_is_not_taken(outcomes):
    lazy = "class Lazy(list):\n    def __iter__(self): return iter([1.0])\ndef f(x): return Lazy()\n"
    costs = "import numpy as np\nfrom cs231n.layers import f\nfrom cs231n.testing import assert_vectorized\n"
    costs += "assert_vectorized(lambda n: (f, (np.random.rand(n, 3),)), grows='rows')"
    assert outcomes(check("t", costs), modules={"layers": lazy}) == {"t": "failed"}


def test_a_plot_in_a_function_that_a_test_calls_does_no_harm(outcomes):
    assert outcomes(
        check("t", "from cs231n.layers import plots\nassert plots() == 3\nassert plots() == 3"),
        modules={"layers": LAYERS},
    ) == {"t": "passed"}


# What the notebook shows


def test_execution_counts_are_consecutive_and_outputs_belong_to_their_cells(graded):
    _, made = graded(
        own("1 + 1"),
        cell("markdown", "", "text"),
        check("t", "2 + 2"),
        own(""),
        own(DIE),
        own("3 + 3"),
        check("u", "4 + 4"),
        own("Out"),
    )
    code = [one for one in made.cells if one.cell_type == "code"]
    assert [one.execution_count for one in code] == [1, 2, None, 3, 4, 5, 6]
    shown = [
        (output.execution_count, text(output))
        for one in code
        for output in one.outputs
        if output.output_type == "execute_result"
    ]
    assert shown[:4] == [(1, "2"), (2, "4"), (4, "6"), (5, "8")]


def test_plots_are_pictures_and_rich_output_is_kept(graded):
    _, made = graded(
        own("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"),
        own("plt.imshow([[1, 2]])"),
        own("from IPython.display import HTML, display\ndisplay(HTML('<b>bold</b>'))"),
        own("class Table:\n    def _repr_html_(self): return '<table><tr><td>1</td></tr></table>'\nTable()"),
    )
    for one in made.cells[:2]:
        picture = next(output.data["image/png"] for output in one.outputs if "image/png" in output.get("data", {}))
        assert base64.b64decode(picture).startswith(b"\x89PNG")
    assert "<b>bold</b>" in made.cells[2].outputs[0].data["text/html"]
    assert (
        "<td>1</td>" in made.cells[3].outputs[0].data["text/html"]
        and made.cells[3].outputs[0].output_type == "execute_result"
    )


def test_a_search_by_a_pool_of_processes_goes_on_with_threads(graded):
    _, made = graded(
        own("from multiprocessing import Pool\ndef half(x): return x / 2\n"
            "with Pool() as pool: print(pool.map(half, [1, 2]), pool.starmap(max, [(1, 3)]))"),
        own("import multiprocessing as mp\nprint(mp.Pool(processes=3, maxtasksperchild=1).apply(half, (5,)))"),
        own("from concurrent.futures import ProcessPoolExecutor\n"
            "with ProcessPoolExecutor(max_workers=2) as several: print(list(several.map(half, [3, 4])))"),
    )
    told = ["".join(map(text, one.outputs)) for one in made.cells]
    assert "[0.5, 1.0] [3]\n" in told[0] and "2.5\n" in told[1] and "[1.5, 2.0]\n" in told[2], told
    assert all("this pool has threads" in one for one in told)


def test_a_cell_may_throw_the_package_out_and_import_it_anew(graded):
    mine = {"layers": "def double(x): return 2 * x\n", "classifiers/softmax": "def half(x): return x / 2\n"}
    notes, made = graded(
        own("import sys\nimport cs231n.classifiers.softmax\n"
            "for name in [name for name in sys.modules if name.startswith('cs231n')]: del sys.modules[name]"),
        own("from cs231n.layers import double\nfrom cs231n.classifiers import softmax\n"
            "import importlib\nimportlib.reload(softmax)\nprint(double(2), softmax.half(3))"),
        check("after", "from cs231n.layers import double\nfrom cs231n.classifiers.softmax import half\n"
                       "assert (double(4), half(5)) == (8, 2.5)"), modules=mine)
    assert text(made.cells[1].outputs[0]) == "4 1.5\n" and notes["after"]["outcome"] == "passed", notes


def test_processes_of_ones_own_and_what_they_share_are_threads(graded):
    _, made = graded(
        own("from multiprocessing import Lock, Process, Queue\nlock, found = Lock(), Queue()\n"
            "def half(x):\n    with lock: found.put(x / 2)\n"
            "some = [Process(target=half, args=(x,)) for x in (1, 2)]\nfor one in some: one.start()\n"
            "for one in some: one.join()\n"
            "print(sorted(found.get() for _ in some), [one.exitcode for one in some])"),
        own("from multiprocessing.pool import Pool, ThreadPool\n"
            "with Pool(2) as pool: print(pool.map(abs, [-1, -2]))\n"
            "with ThreadPool(2) as pool: print(pool.map(abs, [-3]))"),
        own("import multiprocessing as mp\nfork = mp.get_context('fork')\n"
            "with fork.Pool(2) as pool: print(pool.map(abs, [-4]))\n"
            "one = fork.Process(target=print, args=('by itself',))\none.start(); one.join()"),
        own("with mp.Manager() as manager:\n    shared = manager.dict(a=1)\n"
            "    print(dict(shared), manager.list([2])[0])\nnumber, row = mp.Value('i', 3), mp.Array('d', 2)\n"
            "with number.get_lock(): number.value += 1\nprint(number.value, row[:], mp.Event().is_set())"),
        own("class Worker(mp.Process):\n    def run(self): print('at work', self.name)\n"
            "one = Worker(name='w', daemon=True)\none.start(); one.join(); one.close()"),
    )
    told = ["".join(map(text, one.outputs)) for one in made.cells]
    parts = ("[0.5, 1.0] [0, 0]", "[1, 2]\n", "[4]\n", "{'a': 1} 2\n4 [0, 0] False", "at work w")
    for said, expected in zip(told, parts, strict=True):
        assert expected in said, told
    assert "[3]\n" in told[1] and "by itself" in told[2] and "this one is a thread" in told[0], told


def test_helpers_that_are_not_installed_are_done_without(graded):
    _, made = graded(
        own("from joblib import Parallel, delayed\nprint(Parallel(n_jobs=2)(delayed(abs)(-x) for x in range(3)))"),
        own("from grading_has_not import nothing\nnothing()"),
        own("from importlib import util\nprint(util.find_spec('google.colab') if util.find_spec('google') else None)"),
    )
    told = ["".join(map(text, one.outputs)) for one in made.cells[::2]]
    assert "[0, 1, 2]" in told[0] and "None" in told[1]
    noted, raised = made.cells[1].outputs
    assert noted.text == "not there while grading: grading_has_not.nothing; code goes on until it is used\n"
    assert (raised.ename, raised.evalue) == ("ModuleNotFoundError", "No module named 'grading_has_not'")


def test_magics_await_and_tracebacks_are_as_in_a_notebook(graded):
    _, made = graded(
        own("%time x = 1\n%timeit -n1 -r1 pass"),
        own("import asyncio\nawait asyncio.sleep(0)\nprint('awaited')"),
        own("def f(): return 1 / 0\nf()"),
        own("%%capture caught\nprint('hidden')"),
        own("print(caught.stdout, x)"),
        own("import sys\nprint('out')\nprint('err', file=sys.stderr)"),
        own("5;"),
        own("_ = 6; _"),
    )
    assert "Wall time" in text(made.cells[0].outputs[0]) and text(made.cells[1].outputs[-1]) == "awaited\n"
    error = made.cells[2].outputs[0]
    assert (error.ename, error.evalue) == (
        "ZeroDivisionError",
        "division by zero",
    ) and "def f(): return 1 / 0" in plain(error.traceback)
    assert (
        made.cells[3].outputs == [] and text(made.cells[4].outputs[0]) == "hidden\n 1\n" and made.cells[6].outputs == []
    )
    assert {output.name: output.text for output in made.cells[5].outputs} == {"stdout": "out\n", "stderr": "err\n"}


def test_a_failed_check_shows_the_test_and_not_the_engine(graded):
    notes, made = graded(
        solution("a", "def f(x):\n    return x['W']"),
        check("raised", "value = f({})"),
        check("failed", "assert f({'W': 1}) == 2, 'two is right'"),
    )
    for one in made.cells[1:]:
        shown = "\n".join(one.outputs[0].traceback)
        assert "grading/engine" not in shown and "proxies.py" not in shown and "_link" not in shown
    assert "In the submission" in "\n".join(made.cells[1].outputs[0].traceback)
    assert "return x['W']" in plain(made.cells[1].outputs[0].traceback)
    assert notes["raised"]["message"] == "KeyError: x has no key 'W' (Cell In[1] line 2)"


def test_endless_printing_is_cut_in_cells_and_in_tests(graded):
    _, made = graded(
        own("for _ in range(400): print('x' * 10_000)"),
        solution("a", "def f():\n    for _ in range(400): print('y' * 10_000)"),
        check("t", "for _ in range(10): f()"),
        check("after", "pass"),
    )
    for one in (made.cells[0], made.cells[2]):
        assert 0 < sum(len(text(output)) for output in one.outputs) < 1_100_000
    assert made.cells[2].metadata[NOTE]["outcome"] == made.cells[3].metadata[NOTE]["outcome"] == "passed"


def test_old_outputs_of_a_submission_are_not_kept(graded):
    with_old = own("pass")
    with_old.outputs, with_old.execution_count = (
        [{"output_type": "stream", "name": "stdout", "text": "50/50 points"}],
        77,
    )
    empty = own("")
    empty.outputs, empty.execution_count = [{"output_type": "stream", "name": "stdout", "text": "50/50 points"}], 78
    _, made = graded(with_old, empty)
    assert [one.outputs for one in made.cells] == [[], []] and [one.execution_count for one in made.cells] == [1, None]


# What the candidate may say to the parent

SOCKETS = """
import os, stat
def sockets():
    for number in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode): yield number
        except OSError: pass
def say(frame):
    for number in sockets():
        try: os.write(number, len(frame).to_bytes(8, "little") + frame)
        except OSError: pass
"""


@pytest.mark.parametrize(
    "frame",
    [
        "b'\\x91' * 100_000",
        "b''",
        "b'\\xc1'",
        "b'\\x05'",
        "b'\\x80'",
        "b'\\x81\\xa7outputs\\x05'",
        "b'\\x81\\xa7outputs\\x91\\xa1x'",
        "b'\\x81\\xa7outputs\\x91\\x80'",
    ],
)
def test_whatever_the_candidate_tells_the_parent_nobody_is_graded_worse_or_better_for_it(outcomes, frame):
    assert outcomes(
        solution("a", "x = 1"),
        own(f"{SOCKETS}\nsay({frame})"),
        own("y = 2"),
        check("t", "assert 1 == 2"),
        check("u", "pass"),
    ) == {"t": "failed", "u": "passed"}


def test_an_announced_frame_that_never_comes_costs_its_cell(outcomes):
    assert outcomes(
        own(f"{SOCKETS}\nfor number in sockets(): os.write(number, (10**6).to_bytes(8, 'little'))\nwhile True: pass"),
        solution("a", "x = 1"),
        check("t", "assert x == 1"),
        limit=1,
    ) == {"t": "passed"}


def test_children_are_gone_when_a_notebook_is_done(worker, outcomes):
    before = [zygote.processes() for zygote in worker._zygotes if not zygote.closed]
    assert outcomes(
        own("import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()"), check("t", "pass")
    ) == {"t": "passed"}
    assert [zygote.processes() for zygote in worker._zygotes if not zygote.closed] == before


def test_a_submission_graded_again_draws_the_same_random_numbers(graded):
    """Training from random weights must not decide over a point one day and not the next."""
    cells = (
        own("import numpy as np, random; print(np.random.rand(), random.random())"),
        check("t", "import numpy as np\nprint(np.random.rand())"),
    )
    shown = [[text(one.outputs[0]) for one in graded(*cells)[1].cells] for _ in range(2)]
    assert shown[0] == shown[1]


def test_nothing_of_one_notebook_is_there_in_the_next(graded):
    graded(
        own("x = 1\nopen('mine.txt', 'w').write('secret')"), check("t", "import sys\nsys.modules['left'] = 1\nleft = 1")
    )
    _, made = graded(
        own("import os, sys\nprint('x' in globals(), os.listdir('.'), 'left' in sys.modules)"),
        check("t", "import sys\nassert 'left' not in sys.modules and 'left' not in globals()"),
    )
    assert text(made.cells[0].outputs[0]).startswith("False [") and "mine.txt" not in text(made.cells[0].outputs[0])
    assert made.cells[1].metadata[NOTE]["outcome"] == "passed"


LEAVE = """
import random, sys, warnings
import matplotlib.pyplot as plt
import numpy as np
from cs231n import layers, layer_utils
left = 1
sys.modules["cs231n.layer_utils"].left = 1
warnings.simplefilter("error")
np.set_printoptions(precision=1)
np.seterr(all="raise")
plt.figure()
layers.calls.append(1)
"""
LOOK = """
import random, sys, warnings
import matplotlib.pyplot as plt
import numpy as np
assert "left" not in globals() and "cs231n.layer_utils" not in sys.modules and "cs231n.layers" not in sys.modules
warnings.warn("this is no error")
assert str(np.array([1.25])) == "[1.25]" and np.geterr()["over"] == "warn"
assert not plt.get_fignums() and len(In) == 2
from cs231n import layer_utils, layers
assert not hasattr(layer_utils, "left") and not hasattr(layer_utils.layers, "none")
assert layers.calls == [], "calls of another notebook"
"""
DRAW = "import random, numpy as np\nassert (random.random(), np.random.rand()) == (%r, %r)"


def test_nothing_of_one_notebook_is_there_in_the_next_of_the_same_submission(graded_together):
    import random

    import numpy as np

    from grading.engine.shell import SEED

    drawn = random.Random(SEED).random(), np.random.RandomState(SEED).rand()
    modules = {"layers": "calls = []\ndef affine_relu_forward(x): return x"}
    modules["layer_utils"] = "from cs231n import layers"
    found = graded_together(
        [check("draw", DRAW % drawn), check("leave", LEAVE), own("x = 1"), check("name", "assert x == 1")],
        [check("look", LOOK), check("name", "x")],
        [check("draw", DRAW % drawn), check("again", LOOK.replace("== 2", "== 3"))],
        modules=modules,
    )
    assert [{name: note["outcome"] for name, note in notes.items()} for notes in found] == [
        {"draw": "passed", "leave": "passed", "name": "passed"},
        {"look": "passed", "name": "error"},
        {"draw": "passed", "again": "passed"},
    ], found


def test_a_notebook_that_loses_its_processes_costs_the_next_one_nothing(graded_together):
    found = graded_together(
        [given("g", "n = 1"), *[own(DIE) for _ in range(session.RESTARTS + 1)], check("lost", "assert n == 1")],
        [given("g", "n = 2"), check("kept", "assert n == 2"), own("while True: pass"), check("after", "assert n == 2")],
        [solution("s", "def f(x): return x"), check("last", "assert f(1) == 1")],
        limit=2.0,
    )
    assert [{name: note["outcome"] for name, note in notes.items()} for notes in found] == [
        {"lost": "skipped"}, {"kept": "passed", "after": "passed"}, {"last": "passed"}]


def test_more_notebooks_than_an_examiner_has_lines_for_are_graded(graded_together):
    found = graded_together(*[[solution("s", f"f = {number}"), check("t", f"assert f == {number}")]
                              for number in range(CANDIDATES + 2)])
    assert [notes["t"]["outcome"] for notes in found] == ["passed"] * (CANDIDATES + 2)


def test_a_set_up_cell_that_imports_what_hangs_costs_only_what_needs_it(graded_together):
    found = graded_together(
        [given("g", "from cs231n.slow import n"), check("needs", "assert n == 1"), check("other", "assert True")],
        [check("next", "assert True")],
        modules={"slow": "while True: pass\nn = 1"}, limit=2.0,
    )
    assert found[0]["needs"]["outcome"] not in ("passed", "grader_error")
    assert found[0]["other"]["outcome"] == "passed" and found[1]["next"]["outcome"] == "passed"


BOX = """
class Box:
    def __init__(self): self.params, self.seen = {}, []
    def show(self): return self.params["x"]
    @property
    def level(self): return self._level
    @level.setter
    def level(self, value):
        if value < 0: raise ValueError("below 0")
        self._level = value
"""


def test_what_a_test_assigns_is_there_when_it_is_next_asked_for_and_errors_are_not_lost(graded):
    notes, _ = graded(
        solution("s", BOX),
        check("items", "box = Box()\nfor n in range(3):\n    box.params['x'] = n\n    assert box.show() == n"),
        check("copies", "import numpy as np\nbox = Box()\na = np.zeros(2)\nbox.params['x'] = a\na[0] = 1\n"
                        "assert box.show()[0] == 0 and box.params['x'][0] == 0"),
        check("in_place", "import numpy as np\nbox = Box()\nbox.params['x'] = np.zeros(2)\nbox.params['x'] += 1\n"
                          "assert box.show().sum() == 2"),
        check("attributes", "box = Box()\nbox.level = 2\nbox.level = 3\nassert box.level == 3"),
        check("error", "box = Box()\nbox.level = -1\nassert box.level == 3"),
        check("last", "box = Box()\nbox.level = -1"),
        check("methods", "assert [Box().show.__name__ for _ in range(2)] == ['show', 'show']"),
        check("none", "Box().show; Box().nothing()"),
    )
    assert {name: note["outcome"] for name, note in notes.items()} == {
        "items": "passed", "copies": "passed", "in_place": "passed", "attributes": "passed", "error": "error",
        "last": "error", "methods": "passed", "none": "error"}, notes
    assert notes["last"]["message"] == notes["error"]["message"] == "ValueError: below 0 (Cell In[1] line 8)"


def test_arrays_of_32_megabytes_go_there_and_back(outcomes):
    assert outcomes(
        solution("a", "import numpy as np\nX = np.ones(4_000_000)\ndef f(x):\n    x += 1\n    return x.sum()"),
        check("t", "assert X.sum() == 4_000_000 and f(X) == 8_000_000 and X[-1] == 2"),
    ) == {"t": "passed"}


# Lean and whole runs

@pytest.fixture
def both(worker):
    """Grade these cells whole, and lean; returns (notes, notebook) of each. `changed` are put behind the first."""

    def grade(*cells, changed=(), modules=None, limit=10.0):
        found = []
        for whole in (True, False):
            made = notebook(*copy.deepcopy([cells[0], *changed, *cells[1:]]))
            run.grade(worker, [(made, plan.make(notebook(*cells)))], handed_in(modules or {}), limit, whole=whole)
            found.append((notes_of(made), made))
        return found

    return grade


def test_what_no_verdict_depends_on_is_not_run_and_says_so(both):
    (_, whole), (notes, lean) = both(
        given("g", "x = 1"), own("print(x + 1)"), solution("s", "print('mine')\ny = 2"), check("t", "assert y == 2"))
    assert notes["t"]["outcome"] == "passed"
    assert [one.execution_count for one in lean.cells] == [one.execution_count for one in whole.cells] == [1, 2, 3, 4]
    assert text(whole.cells[1].outputs[0]) == "2\n" and lean.cells[1].outputs == []
    assert [LEFT_OUT in one.metadata for one in lean.cells] == [True, True, False, False]
    assert not any(LEFT_OUT in one.metadata for one in whole.cells)


def test_what_is_drawn_in_a_cell_that_does_not_matter_is_put_back(both):
    found = both(
        given("g", "import numpy as np, random"), own("np.random.rand(7), random.random(), np.random.seed(5)"),
        solution("s", "drawn = [float(np.random.rand()), random.random()]"), check("t", "print(drawn)\nassert drawn"))
    assert text(found[0][1].cells[3].outputs[0]) == text(found[1][1].cells[3].outputs[0])


def test_a_name_that_is_missing_all_the_same_has_the_notebook_run_whole(both):
    found = both(
        given("g", "x = 1"), own("demo = 7\nprint(demo)"), solution("s", "y = 2"), check("t", "assert y == 2"),
        changed=[own("from timeit import timeit\ntimeit('demo', number=1)")])
    assert [one.outputs and text(one.outputs[0]) for one in found[1][1].cells][2] == "7\n"
    assert found[0][0] == found[1][0]


def test_a_cell_that_does_not_matter_costs_nothing_when_it_ends_the_process_or_hangs(both):
    hang = "def hang():\n    while True:\n        pass\n"
    endings = [own(f"print(np.lib.stride_tricks.as_strided(np.zeros(1), ({number} << 40,)).sum())")
               for number in range(1, 7)]
    cells = (given("g", "import numpy as np\nfrom cs231n.layers import hang"), *endings,
             own("hang()"), solution("s", "y = 2"), check("t", "assert y == 2"), check("slow", "hang()"))
    for notes, _ in both(*cells, modules={"layers": hang}, limit=4.0):
        assert (notes["t"]["outcome"], notes["slow"]["message"]) == ("passed", "hang ran longer than 4 s")


LIAR = """
from scipy.spatial.distance import cdist
class Near:
    def distances(self, X):
        return X
    def other(self, X):
        return cdist(X, X)
"""


@pytest.mark.parametrize("lie", ["Near.other.__qualname__ = 'Near.distances'", "Near.other.__module__ = 'numpy'",
                                 "Near.other = lambda self, X: cdist(X, X)", ""])
def test_what_a_method_says_of_itself_does_not_choose_the_source_that_is_read(outcomes, lie):
    tested = "from cs231n.near import Near\nfrom cs231n.testing import assert_by_hand\n"
    found = outcomes(check("honest", tested + "assert_by_hand(Near().distances, 'distances')"),
                     check("library", tested + "assert_by_hand(Near().other, 'distances')"),
                     modules={"near": LIAR + lie})
    assert found == {"honest": "passed", "library": "failed"}


# What public checks say

MEMORY = "import numpy as np\nseen = [0.0]\ndef f(x):\n    {how}\n    return {returns}\n"
APART = (given("g", "import numpy as np\nfrom cs231n.mine import f\nfrom cs231n.testing import assert_close"),
         solution("s", "y = 2\ndef mine():\n    return f(1.0)"),
         check("before", "assert_close(f(np.ones(1)), 5.0, 'f')"),
         check("hidden", "z = 3\n### BEGIN HIDDEN TESTS\nf(np.full(1, 8675.309))\n### END HIDDEN TESTS"),
         check("late", "assert y == 2 and z == 3\nassert_close(f(np.ones(1)), 5.0, 'f')"))


@pytest.fixture
def told_apart(worker):
    def grade(module, cells=APART):
        made = notebook(*cells)
        run.grade(worker, [(made, plan.make(lesson(cells)))], handed_in({"mine": module}), 10.0, told_apart=True)
        return notes_of(made), str(made.cells[-1].outputs)

    return grade


@pytest.mark.parametrize("how", ["seen.append(float(np.max(x))); seen.sort()", "f.seen = [0.0, float(np.max(x))]",
                                 "open('kept', 'a').write(f'{np.max(x)}\\n')"])
@pytest.mark.parametrize("returns", ["told()", "1 / 0 if told() > 100 else told()"])
def test_what_a_hidden_test_has_handed_over_is_in_no_message_of_a_later_public_check(told_apart, how, returns):
    told = ("def told():\n    try:\n        return max(map(float, open('kept')))\n    except OSError:\n"
            "        return max(getattr(f, 'seen', seen))\n")
    notes, outputs = told_apart(MEMORY.format(how=how, returns=returns) + told)
    assert notes["late"]["outcome"] in ("failed", "error") and "8675" not in str(notes["late"]) + outputs, notes
    assert notes["late"].get("met", False) == (notes["late"]["outcome"] == "error"), notes      # the second one failed


def test_a_public_check_that_fails_says_its_numbers_wherever_it_stands(told_apart):
    notes, outputs = told_apart("def f(x):\n    return x + 1")
    assert "2" in notes["late"]["message"] and "met" not in notes["late"] and "late" in str(APART[-1])
    assert notes["late"]["message"] == notes["before"]["message"] and notes["late"]["outcome"] == "failed" and outputs


def test_the_verdict_is_that_of_the_first_run(told_apart):
    notes, _ = told_apart("calls = []\ndef f(x):\n    calls.append(x)\n    return 5.0 if len(calls) < 3 else 6.0")
    assert [note["outcome"] for note in notes.values()] == ["passed", "passed", "failed"] and notes["late"]["met"]
