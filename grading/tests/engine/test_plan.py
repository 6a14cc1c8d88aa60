"""Which names of a test are the student's, and which cells of the lesson the examiner runs for the others."""

import re
import sys

import nbformat
import pytest
from conftest import cell, check, given, notebook, solution

from grading import ROOT
from grading.engine import plan


def taken(made):
    return {name: (test.owned, test.wanted) for name, test in made.tests.items()}


def owned(source, *names):
    """Of `names`, those that are the student's after a solution cell with this source."""
    made = plan.make(notebook(solution("s", source), check("t", "\n".join(names))))
    assert set(made.tests["t"].owned) | set(made.tests["t"].wanted) == set(names)
    return set(made.tests["t"].owned)


@pytest.mark.parametrize(
    "source, name",
    [
        ("best_k = 3", "best_k"),
        ("best_k: int = 3", "best_k"),
        ("best_k += 1", "best_k"),
        ("a, (b, *best_k) = 1, (2, 3)", "best_k"),
        ("for best_k in (1, 2): pass", "best_k"),
        ("with open('x') as best_k: pass", "best_k"),
        ("if (best_k := 3): pass", "best_k"),
        ("def best_k(): pass", "best_k"),
        ("class best_k: pass", "best_k"),
        ("import numpy as best_k", "best_k"),
        ("from x import y as best_k", "best_k"),
        ("if a:\n    while b:\n        best_k = 1", "best_k"),
        ("try:\n    pass\nexcept ValueError as best_k:\n    pass", "best_k"),
        ("best_k[1] = 2", "best_k"),
        ("best_k[1][2].x = 2", "best_k"),
        ("best_k.x = 2", "best_k"),
        ("best_k[1] += 2", "best_k"),
        ("best_k.append(1)", "best_k"),
        ("best_k['a'].append(1)", "best_k"),
        ("best_k.update(a=1)", "best_k"),
        ("for k in ks:\n    best_k.setdefault(k, []).append(1)", "best_k"),
        ("best_k.add((1, 2))", "best_k"),
        ("%matplotlib inline\nbest_k = 1", "best_k"),
        ("%%time\nbest_k = 1", "best_k"),
        ("%%capture out\nbest_k = 1\n", "best_k"),
        ("!ls\nbest_k = 1", "best_k"),
        ("best_k = !ls", "best_k"),
        ("best_k = %time 1 + 1", "best_k"),
        ("best_k = await f()", "best_k"),
        ("### BEGIN SOLUTION\nbest_k = 1\n### END SOLUTION", "best_k"),
    ],
)
def test_a_name_is_the_students_if_a_solution_cell_binds_or_fills_it(source, name):
    assert owned(source, name) == {name}


@pytest.mark.parametrize(
    "source",
    [
        "print(y_val)",
        "accuracy = (y_val == 1).mean()",
        "def f(y_val):\n    y_val = 1\n    return y_val",
        "lambda y_val: y_val",
        "[y_val for y_val in (1, 2)]",
        "{y_val: 1 for _, (y_val, x) in z}",
        "sum(y_val for y_val in z)",
        "x[y_val] = 1",
        "y_val.mean()",
        "y_val[0].copy()",
        "x.y_val = 1",
        "f(y_val=1)",
        "# y_val = 1",
        "'y_val = 1'",
        "np.sort(y_val)",
        "class A:\n    y_val = 1",
        "[[y_val for y_val in x] for x in z]",
    ],
)
def test_a_name_that_a_solution_cell_only_reads_is_not_the_students(source):
    assert owned(source, "y_val") == set()


def test_what_a_lesson_imports_is_not_the_students_though_a_solution_sets_something_in_it():
    made = plan.make(
        notebook(
            given("g", "import numpy as np, matplotlib.pyplot as plt"),
            solution("s", "plt.rcParams.update(x=1)\nnp.x = 1\nplt.show = 2"),
            check("t", "np.ones(plt)"),
        )
    )
    assert taken(made)["t"] == ((), ("np", "plt")) and list(made.given) == ["g"]


def test_a_test_takes_nothing_that_it_binds_itself_or_that_is_built_in():
    made = plan.make(
        notebook(
            solution("s", "x = y = best = net = 1"),
            check(
                "t",
                """
import numpy as np
from cs231n.testing import assert_close
x = 3
def helper(y):
    z = [y for y in range(y)]
    return np.sum(z) + best + later
print(len(helper(x)), get_ipython(), [net for net in (1, 2)], __name__)
later = 5
""",
            ),
            check("nothing", "1 + 1"),
        )
    )
    assert taken(made) == {"t": (("best",), ()), "nothing": ((), ())}


def test_names_inside_functions_classes_and_comprehensions_of_a_test_are_taken():
    made = plan.make(
        notebook(
            solution("s", "a = b = c = d = e = 1"),
            check(
                "t",
                """
f = lambda x: x + a
class Box:
    value = b
    def get(self): return c
print([x for x in d if x], {k: v for k, v in e})
""",
            ),
        )
    )
    assert taken(made)["t"] == (("a", "b", "c", "d", "e"), ())


def test_only_the_set_up_cells_that_tests_need_are_run_and_what_these_need_in_turn():
    made = plan.make(
        notebook(
            given(
                "setup",
                "import numpy as np\nfrom cs231n import data_utils\n"
                "%load_ext autoreload\n%autoreload 2\n%matplotlib inline",
            ),
            given("data", "data = data_utils.load()\nX_val = data['X_val']"),
            given("again", "data['X_val'] = None"),
            given("pictures", "import matplotlib.pyplot as plt\nplt.plot(X_val)"),
            cell("code", "", "X_val = 'a free cell'"),
            cell("markdown", "text", "X_val = 1"),
            solution("s", "best = X_val.sum()"),
            check("t", "assert best == np.sum(X_val)"),
        )
    )
    assert taken(made)["t"] == (("best",), ("X_val", "np"))
    assert set(made.given) == {"setup", "data"}
    assert "%" not in made.given["setup"] and "import data_utils" in made.given["setup"]


def test_every_set_up_cell_that_binds_a_needed_name_is_run():
    made = plan.make(
        notebook(
            given("one", "sizes = [1]"),
            given("two", "sizes = sizes + [2]"),
            given("three", "import numpy as sizes_"),
            check("t", "sizes"),
        )
    )
    assert set(made.given) == {"one", "two"}


def test_a_name_that_a_set_up_cell_prepares_and_a_solution_fills_is_the_students():
    made = plan.make(
        notebook(given("g", "results, num = {}, 5"), solution("s", "results[1] = num"), check("t", "results, num"))
    )
    assert taken(made)["t"] == (("results",), ("num",)) and set(made.given) == {"g"}


def test_a_circle_of_set_up_cells_ends():
    made = plan.make(notebook(given("a", "x = lambda: y"), given("b", "y = lambda: x"), check("t", "x")))
    assert set(made.given) == {"a", "b"}


def test_code_that_is_marked_by_hand_is_a_solution_and_no_test():
    made = plan.make(notebook(cell("code", "m", "drawn = 1", 3, solution=True), check("t", "drawn")))
    assert list(made.tests) == ["t"] and made.tests["t"].owned == ("drawn",)


@pytest.mark.parametrize(
    "source, counts",
    [("assert_vectorized(f)", True), ("n = testing.interpreted_events(f, x)", True), ("assert_close(a, b)", False)],
)
def test_a_plan_knows_whether_a_test_counts_steps(source, counts):
    assert plan.make(notebook(check("t", source))).counts is counts
    assert plan.make(notebook(cell("code", "", source))).counts is False


# What later cells read of what a test leaves

READS = {
    "x": {"x"},
    "x = 1\nprint(x)": {"print"},
    "print(x)\nx = 1": {"print", "x"},
    "x = x + 1": {"x"},
    "x += 1": {"x"},
    "if a:\n    x += 1": {"a", "x"},
    "x[0] = 1": {"x"},
    "x.a = 1": {"x"},
    "del x": {"x"},
    "a, (b, *c) = x\na + b + c[0]": {"x"},
    "for x in y:\n    x": {"y"},
    "for x in x:\n    x": {"x"},
    "for x in y:\n    z = x\n    z": {"y"},
    "for x in y:\n    z = x\nz": {"y", "z"},
    "if a:\n    x = 1\nx": {"a", "x"},
    "while a:\n    x = 1\nx": {"a", "x"},
    "try:\n    x = 1\nexcept E:\n    pass\nx": {"E", "x"},
    "with x as y:\n    y": {"x"},
    "[x for x in y]": {"y"},
    "[x for x in x]": {"x"},
    "{x: y for x in z for y in x}": {"z"},
    "[x for x in y]\nx": {"y", "x"},
    "f = lambda x: x + y": {"y"},
    "f = lambda x=x: x": {"x"},
    "def f(x):\n    return x + y\nf(1)": {"y"},
    "def f(x=x):\n    pass": {"x"},
    "import numpy as np\nnp.x": set(),
    "import a.b\na": set(),
    "from a import b, c as d\nb, d, c": {"c"},
    "f'{x}'": {"x"},
    "%matplotlib inline\nx": {"get_ipython", "x"},
    "(y := x)\ny": {"x", "y"},
    "x: int = y\nx": {"int", "y", "x"},
}


@pytest.mark.parametrize("source, names", READS.items())
def test_what_a_cell_may_read_before_it_binds_it_is_known(source, names):
    assert plan.make(notebook(given("g", source))).reads(source) == names


def test_of_a_cell_that_is_not_the_lessons_own_every_word_may_be_read():
    made = plan.make(notebook(given("g", "x = 1")))
    assert made.reads("x = 1  # über") == {"x", "über"}
    assert plan.make(notebook(cell("code", "", "def ("))).reads("def (") == {"def"}


def test_what_a_test_leaves_are_the_names_that_students_see_it_bind():
    made = plan.make(notebook(given("g", "import numpy as np"), check(
        "t", "import numpy as np\nfrom x import y\na = b = 1\n"
             "### BEGIN HIDDEN TESTS\nc = 1\n### END HIDDEN TESTS\nd = 1")))
    assert made.tests["t"].left == {"y", "a", "b", "d"}


# What students see of a test

HIDDEN = "### BEGIN HIDDEN TESTS\nsecret = 1\n### END HIDDEN TESTS\n"


@pytest.mark.parametrize(
    "source, shown",
    [
        ("# Checks.\nx = 1\n" + HIDDEN + "y = 2\n", "# Checks.\nx = 1\ny = 2\n"),
        ("# Checks.\n" + HIDDEN, ""),
        (HIDDEN, ""),
        ("", ""),
        ("x = 1", "x = 1"),
        (HIDDEN + "x = 1\n" + HIDDEN.rstrip("\n"), "x = 1\n"),
        ("# only\n\n   # comments", ""),
        ("if True:\n    " + HIDDEN.replace("\n", "\n    ").rstrip() + "\n    x = 1\n", "if True:\n    x = 1\n"),
    ],
)
def test_the_public_part_of_a_test_holds_nothing_hidden(source, shown):
    assert plan.public(source) == shown


# The lessons

LESSONS = sorted(ROOT.glob("assignments/*/*.ipynb"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_names_that_a_lesson_judges_are_those_of_its_solution_cells(path):
    """What else its tests read is the kit's own, from set-up cells that do not run a student's code."""
    source = nbformat.read(path, as_version=4)
    made = plan.make(source)
    bound = {
        name
        for one in source.cells
        if one.metadata.get("nbgrader", {}).get("solution") and one.cell_type == "code"
        for name in re.findall(r"\w+", one.source)
    }
    for name, test in made.tests.items():
        assert set(test.owned) <= bound, name
    kept = "\n".join(made.given.values())
    assert not any(word in kept for word in ("classifiers", "layers", "optim import", "fc_net"))
    assert {"X_train", "X_val", "y_train", "y_val", "data"}.isdisjoint(
        name for test in made.tests.values() for name in test.owned
    )


def test_the_plan_does_not_depend_on_the_python_that_makes_it():
    """3.12 shows the names of comprehensions as names of the cell."""
    made = plan.make(
        notebook(solution("s", "best = [name for name in (1, 2)]"), given("g", "name = 1"), check("t", "best, name"))
    )
    assert taken(made)["t"] == (("best",), ("name",)), sys.version
