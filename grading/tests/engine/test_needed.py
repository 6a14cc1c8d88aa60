"""Which cells of the lesson's run for a verdict: those that somebody reads from, nobody has to say which."""

import nbformat
import pytest
from conftest import cell, check, given, notebook, solution

from grading.engine import effects, facts, needed, plan
from grading.release import assignment as assignments
from grading.release.stubs import strip_markers

MODULE = """
import numpy as np

class Net:
    def __init__(self, width=3):
        self.W = np.zeros(width)

    def train(self, X, y):
        self.W += X.sum(axis=0)
        return [float(self.W[0])]

    def predict(self, X):
        scores = X.dot(self.W)
        scores -= scores.max()
        return scores

def loss(W, X):
    return float(np.sum(X @ W))

def draw():
    return np.random.rand()
"""
SETUP = "import numpy as np\nfrom cs231n.net import Net, draw, loss\n" \
        "X = np.ones((2, 3))\nX_val = X[:1]\ny = np.zeros(2)"


def lesson(source):
    """A cell that is the lesson's, and free to be changed."""
    return cell("code", "", source)


def chosen(*cells, modules=MODULE, changed=()):
    """What `needed` makes of these cells; `changed`: cells of the student's, behind the lesson's first two."""
    planned = plan.make(notebook(*cells))
    handed = [*cells[:2], *changed, *cells[2:]]
    return needed.choose(planned, handed, effects.of_modules([modules]))


def runs(demonstration, *later, **settings):
    """Whether a cell behind the set-up runs, where the cells of the student's and the tests behind it are these."""
    settings.setdefault("modules", MODULE)
    cells = [given("setup", SETUP), lesson(demonstration), *later]
    return 1 not in chosen(*cells, **settings).aside


READS_X = (solution("s", "best = Net()\nbest.train(X, y)"), check("t", "assert best is not None"))


@pytest.mark.parametrize("source", [
    "print(X.mean())",
    "net = Net()\nhistory = net.train(X, y)\nprint(history)",
    "net = Net()\nnet.train(X, y)\nfor name, A in (('a', X), ('b', X_val)):\n    print(name, net.predict(A))",
    "W = np.zeros(3)\nprint(loss(W, X))",
    "strip = np.full((4, 4), 1.0)\nstrip[0, :3] = X[0]\nprint(strip)",
    "centred = X - X.mean()\ncentred *= 2",
    "copy = np.array(X)\ncopy[0] = 5",
    "rows = [row.sum() for row in X]\nrows.append(3)",
    "def scaled(A):\n    return 2 * A\nprint(scaled(X))",
    "print(np.random.rand(), draw())",
    "np.random.seed(0)\nnet = Net()",
])
def test_a_cell_that_nobody_reads_from_does_not_run(source):
    assert not runs(source, *READS_X)


@pytest.mark.parametrize("source", [
    "X -= 1",
    "X[0] = 1",
    "X[0][1] = 1",
    "X_val[0] = 1",                                              # a view of X
    "view = X.reshape(-1)\nview[0] = 1",
    "for row in X:\n    row += 1",
    "for name, A in (('a', X), ('b', y)):\n    A[0] = 5",
    "pair = [X, y]\npair[0][0] = 5",
    "pair = {'a': X}\nfor A in pair.values():\n    A += 1",
    "np.multiply(X, 2, out=X)",
    "np.add.at(X, 0, 1)",
    "np.random.shuffle(X)",
    "np.random.default_rng(0).shuffle(X)",
    "X.sort()",
    "X.fill(0)",
    "X = np.zeros((2, 3))",
    "X, other = np.zeros((2, 3)), 1",
    "import numpy.linalg as X",
    "def X():\n    return 1",
    "if y[0]:\n    X = 1",
    "del X",
    "def spoil(A):\n    A[0] = 5\nspoil(X)",
    "def spoil(A):\n    A[0] = 5\nlist(map(spoil, [X]))",
    "def spoil():\n    X[0] = 5\nspoil()",
    "f = lambda A: A.fill(0)\nf(X)",
    "for f in (np.sum, np.ndarray.sort):\n    f(X)\nX.sort()",
    "from cs231n.gradient_check import eval_numerical_gradient\neval_numerical_gradient(lambda A: A.sum(), X)",
    "%time X[0] = 5",
    "%precision 3",
    "np.set_printoptions(precision=3)",
    "open('f', 'w').write('x')",
    "import operator\noperator.setitem(X, 0, 5)",
    "import functools\nfunctools.partial(np.ndarray.fill, X)(0)",
    "np.add(X, 1, X)",
    "np.clip(X, 0, 1, X)",
    "np.ndarray.sort(X)",
    "np.lib.stride_tricks.as_strided(X)[0] = 1",
    "kept = dict(a=X)\nkept.pop('a')[0] = 1",
    "getattr(X, 'fill')(0)",
    "later = map(X.fill, [0])\nlist(later)",
    "match X:\n    case first:\n        first[0] = 1",
    "np.ones = np.zeros",
    "import builtins\nbuiltins.len = max",
    "import sys\nsys.setrecursionlimit(5000)",
    "import os\nos.environ['A'] = '1'",
    "import importlib\nimportlib.reload(np)",
])
def test_a_cell_that_changes_what_a_cell_of_the_students_reads_runs(source):
    assert runs(source, *READS_X)


def test_a_function_that_hands_on_what_it_is_handed_to_one_of_another_cell_is_seen():
    cells = given("setup", SETUP), lesson("def inner(A):\n    A[0] = 5"), lesson("def outer(A):\n    inner(A.T)")
    assert set(chosen(*cells, lesson("outer(2 * X)"), *READS_X).aside) == {1, 2, 3}
    assert set(chosen(*cells, lesson("outer(X)"), *READS_X).aside) == set()


@pytest.mark.parametrize("module, source", [
    ("def spoil(A):\n    A[0] = 5", "from cs231n.net import spoil\nspoil(X)"),
    ("def spoil(A):\n    A -= 5\n    return A", "from cs231n.net import spoil\nprint(spoil(A=X))"),
    ("def inner(A):\n    A[0] = 5\ndef spoil(A):\n    B = A.T\n    return inner(B)",
     "from cs231n.net import spoil\nspoil(X)"),
    ("class K:\n    def train(self, A):\n        self.A = A\n    def spoil(self):\n        self.A -= 1",
     "from cs231n.net import K\nk = K()\nk.train(X)\nk.spoil()"),
    ("def relu(d, x):\n    dx = d\n    dx[x < 0] = 0\n    return dx", "from cs231n.net import relu\nprint(relu(X, X))"),
    ("def spoil(f, A):\n    f(A)", "from cs231n.net import spoil\nspoil(np.ndarray.sort, X)"),
])
def test_a_function_of_the_students_that_changes_its_arguments_is_seen(module, source):
    assert runs(source, *READS_X, modules=module)


@pytest.mark.parametrize("module", [
    "seen = []\ndef f(x):\n    seen.append(x)",
    "def f(x, seen=[]):\n    return x",
    "count = 0\ndef f(x):\n    global count\n    count += 1",
    "def f(x):\n    f.calls = 1",
    "class K:\n    made = []\n    def f(self):\n        self.made.append(1)",
    "class K:\n    def f(self):\n        K.made = 1",
    "class K:\n    def f(self):\n        type(self).made = 1",
    "class K:\n    def f(self):\n        self.__class__.made = 1",
    "from functools import lru_cache\n@lru_cache\ndef f(x):\n    return x",
    "import __main__\ndef f(x):\n    return __main__.X",
    "import sys\ndef f(x):\n    return sys.modules",
    "def f(x):\n    import inspect\n    return inspect.stack()",
    "import numpy as np\nrng = np.random.default_rng(0)\ndef f():\n    return rng.random()",
    "import numpy as np\nnp.dot = max",
    "import numpy as np\ndef f(x):\n    np.seterr(all='ignore')",
    "def f(x):\n    exec('y = 1')",
    "def f(x):\n    open('f', 'w')",
    "print('loaded')",
])
def test_modules_that_keep_something_have_the_notebook_run_whole(module):
    choice = chosen(given("setup", "x = 1"), lesson("print(2)"), check("t", "pass"), modules=module)
    assert choice.why_whole and not choice.aside


@pytest.mark.parametrize("source", [
    "exec('best = 1')", "from cs231n.net import *", "print(globals()['demo'])", "print(Out[2])", "print(_)",
    "print(_3)",
    "get_ipython().user_ns", "%run x.py", "!ls", "def f():\n    global X\n    X = 1", "Net.train = lambda *a: None",
    "np.random.seed = print", "setattr(Net, 'train', 1)", "np = 1", "def loss(W, X):\n    return 0",
    "loss.__globals__", "import __main__", "import gc", "import sys\nsys.modules['__main__']", "print(X.fill)",
    "def f(x, seen=[]):\n    seen.append(x)",
])
def test_a_cell_of_the_students_that_may_read_or_change_everything_has_the_notebook_run_whole(source):
    choice = chosen(given("setup", SETUP), lesson("demo = 1"), *READS_X, changed=[lesson(source)])
    assert choice.why_whole and not choice.aside


@pytest.mark.parametrize("source", [
    "print(demo)", "demo.copy()", "x = [demo for _ in range(2)]", "def f():\n    return demo\nf()", "f = lambda: demo",
    "demo += 1", "demo[0] = 1", "print(f'{demo}')", "if False:\n    print(demo)", "del demo", "%time print(demo)",
    "plt = 1\nprint(demo)", "match demo:\n    case [first, *_]:\n        print(first)",
])
def test_what_a_cell_of_the_students_reads_runs(source):
    choice = chosen(given("setup", SETUP), lesson("demo = 1"), *READS_X, changed=[lesson(source)])
    assert 1 not in choice.aside


def test_a_changed_cell_is_the_students():
    cells = given("setup", SETUP), lesson("demo = 1"), *READS_X
    planned = plan.make(notebook(*cells))
    changed = [cells[0], lesson("demo = 2"), *cells[2:]]
    assert needed.choose(planned, changed, effects.of_modules([MODULE])).aside == {}
    assert needed.choose(planned, list(cells), effects.of_modules([MODULE])).aside == {1: ""}


@pytest.mark.parametrize("test", ["assert demo == 1", "x = lambda: demo", "print([demo])"])
def test_a_cell_that_starts_to_matter_is_found_without_anyone_saying_so(test):
    cells = given("setup", SETUP), lesson("demo = 1"), lesson("half = demo / 2"), *READS_X
    assert set(chosen(*cells).aside) == {1, 2}
    assert set(chosen(*cells, check("new", test)).aside) == {2}
    assert set(chosen(*cells, check("new", test.replace("demo", "half"))).aside) == set()


def test_of_a_cell_that_does_not_run_what_others_need_is_imported():
    choice = chosen(given("setup", SETUP), lesson("from cs231n.solver import Solver\nprint(Solver)"),
                    solution("s", "best = Solver\nprint(X)"), check("t", "best"))
    assert choice.aside == {1: "from cs231n.solver import Solver"}


def test_what_students_see_of_a_test_runs_where_a_cell_needs_it():
    shown = check("shown", "tiny = Net()\n### BEGIN HIDDEN TESTS\nassert tiny\n### END HIDDEN TESTS")
    cells = given("setup", SETUP), shown, *READS_X
    assert chosen(*cells).shown[1] == ""
    planned, own = plan.make(notebook(*cells)), lesson("print(tiny)")
    choice = needed.choose(planned, [*cells[:2], own, *cells[2:]], effects.of_modules([MODULE]))
    assert choice.shown[1].startswith("tiny = Net()") and "HIDDEN" not in choice.shown[1]


def complete(assignment, name):
    """(the plan of a notebook, its cells with every solution filled in)."""
    source = nbformat.read(assignment.notebook_path(name), as_version=4)
    planned = plan.make(source)
    for one in source.cells:
        if plan.is_solution(one):
            one.source = strip_markers(one.source, name)
    return planned, [one for one in source.cells if one.cell_type == "code"]


@pytest.mark.parametrize("assignment", [*map(assignments.load, assignments.names())], ids=assignments.names())
def test_the_lessons_pictures_do_not_run_for_the_verdict_on_a_perfect_submission(assignment):
    modules = effects.of_modules([assignment.complete(module) for module in assignment.student_modules])
    for name in assignment.notebooks:
        planned, cells = complete(assignment, name)
        choice = needed.choose(planned, cells, modules)
        assert choice.why_whole == ""
        last = max(number for number, one in enumerate(cells) if plan.name_of(one) in planned.tests)
        behind = {number for number, one in enumerate(cells) if number > last and not plan.is_solution(one)}
        assert behind <= set(choice.aside)
        if assignment.name == "assignment1":
            ran = [one.id for number, one in enumerate(cells) if number not in choice.aside]
            assert not [one for one in ran if one.endswith(("-picture", "-demo", "-numbers", "-speed"))]


def test_given_functions_that_change_their_arguments_are_known():
    """What the texts of the given modules show is what `facts.GIVEN` says, but for what is inside of a Solver."""
    assignment = assignments.load("assignment1")
    for module in ("gradient_check.py", "layer_utils.py", "optim.py"):
        changing = effects.of_modules([assignment.complete(module)]).changing
        assert {name for name in changing if name[0] != "_"} - {"slopes"} <= facts.GIVEN.keys()


# Texts that would keep whoever works them out busy for hours, or fill its memory

def many(number, template):
    return "".join(template.format(n, n + 1) for n in range(number))


TOO_MUCH = {
    "names_against_names": f"v({many(9000, 'a{},')})\n{many(6000, 'm{};')}",
    "targets_against_values": f"{many(9000, 'a{}=')}[{many(6000, 'b{},')}]",
    "statements": "a;" * 12_000,
    "functions": many(2500, "def f{}(a): f{}(a)\n"),
    "functions_in_functions": "".join(f"{' ' * n}def f(a):\n" for n in range(90)) + f"{' ' * 90}x = 1\n" * 900,
    "depth": "x = " + "-" * 90_000 + "1",
    "calls_in_calls": ("g(" * 90 + "a" + ")" * 90 + "\n") * 60,
    "methods_of_methods": ("a" + ".b()" * 300 + "\n") * 20,
}
MODULES_TOO = TOO_MUCH | {
    "backwards": "def f(a0):\n" + "".join(f" a{n + 1} = a{n}\n" for n in reversed(range(2000)))}
CELLS_TOO = TOO_MUCH | {
    "functions_against_names": f"for q in ({many(190, 'm{},')}): pass\nv({many(190, 'n{},')})",
    "names_that_get_names": f"[{many(190, 'm{},')}][0] += [{many(190, 'n{},')}]",
    "magics": "%a b\n" * 40 + "x = 1\n" * 9000, "length": "x = 1\n" * 20_000,
    "magics_in_lines_of_other_ends": "%a b\r" * 40 + "x = 1\x0c" * 9000,
    "help_on_a_long_word": "a" * 90_000 + " ?", "help_on_a_long_path": "a." * 40_000 + "?\x0c\nx = 1"}
CHAINS = "class A:\n" + "".join(
    f" def f{n}(self, x):\n  self.a{n} = {f'self.a{n - 1}' if n else 'x'}\n" + "".join(
        f"  v{k} = v{k - 1}\n" for k in range(37, 0, -1)) + "  v0 = x\n" + "  z = x\n" * 60
    for n in range(38, -1, -1))
ENDS = {
    "names_and_attributes_backwards": CHAINS,
    "defaults_of_defaults": "x = " + "lambda a=(" * 90 + "1" + "): a" * 90,
    "comprehensions_over_comprehensions": "x = " + "[a for a in " * 90 + "b" + "]" * 90,
    "nothing": "\n" * 90_000,
    "open_brackets": "[" * 90_000,
    "unclosed_texts": '"""a' * 20_000,
    "lines_that_go_on": "a\\\n" * 30_000,
    "calls_of_calls": "x = a" + "()" * 40_000,
}


@pytest.mark.parametrize("text", MODULES_TOO)
def test_a_module_that_asks_too_much_of_its_reader_is_not_read(text):
    assert "too large or too deep" in effects.of_modules([MODULES_TOO[text]]).kept


@pytest.mark.parametrize("text", CELLS_TOO)
def test_a_cell_that_asks_too_much_of_its_reader_has_the_notebook_run_whole(text):
    assert chosen(given("setup", SETUP), *READS_X, changed=[lesson(CELLS_TOO[text])]).why_whole


@pytest.mark.parametrize("text", ENDS)
def test_what_only_looks_like_much_is_read_at_once(text):
    effects.of_modules([ENDS[text]])
    chosen(given("setup", SETUP), *READS_X, changed=[lesson(ENDS[text])])


@pytest.mark.parametrize("cells", [[f"x{n} = 1" for n in range(400)], ["y = 1  #" + "#" * 60_000] * 2,
                                   [many(390, f"b{n}_{{}} = 1\n") for n in range(12)]], ids=["cells", "code", "names"])
def test_a_notebook_that_asks_too_much_of_its_reader_is_run_whole(cells):
    assert "the notebook" in chosen(given("setup", SETUP), *READS_X, changed=map(lesson, cells)).why_whole


def test_cells_whose_names_share_in_too_many_ways_are_run_whole():
    cells = ["".join(f"if s{n}: s{n} = [s{n}, s{(n + 1) % 20}]\n" for n in range(20))] * 100
    assert "takes too long" in chosen(given("setup", SETUP), *READS_X, changed=map(lesson, cells)).why_whole


def test_effects_go_through_any_number_of_functions():
    text = many(250, "def f{}(a): f{}(a)\n") + "def f250(a): a[0] = 1\n"
    assert effects.of_modules([text]).changing == {f"f{n}" for n in range(251)}
