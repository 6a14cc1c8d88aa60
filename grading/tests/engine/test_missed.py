"""A package that is not there costs a cell what uses it, and not what stands below its import."""

import ast

import pytest
from conftest import check, notebook, solution
from sandboxed import folders

from grading.engine import missed, plan, run
from grading.engine.processes import Submission
from grading.engine.run import NOTE
from grading.engine.sandbox import probe
from grading.engine.worker import Worker


def run_of(text):
    """The names that a module has at its end."""
    names = {"__name__": "cs231n.layers"}
    exec(compile(missed.later(ast.parse(text)), "layers.py", "exec"), names)
    return names


@pytest.mark.parametrize("text, name", [
    ("import numpy as np\nimport torch_too\n", "torch_too"),
    ("import torch_too.nn.functional\nimport math", "torch_too"),
    ("import math, torch_too as t\nmath.pi", "t"),
    ("from torch_too.nn import a as b, c\n", "b"),
    ("if 1:\n    from torch_too import c\n", "c"),
])
def test_an_import_goes_well_and_the_first_use_raises_what_it_would_have(text, name, capsys):
    stands = run_of(text)[name]
    assert capsys.readouterr().err.startswith("not there while grading: torch_too")
    for use in (lambda: stands.zeros, lambda: stands(3), lambda: stands[0], lambda: list(stands),
                lambda: type("Net", (), {}) and exec("class Net(stands): pass", {"stands": stands})):
        with pytest.raises(ModuleNotFoundError, match="^No module named 'torch_too'$"):
            use()
    assert not hasattr(stands, "__wrapped__")


def test_a_module_that_is_made_before_it_is_asked_for_is_there(tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(tmp_path)
    names = run_of("from pathlib import Path\n"
                   f"Path({str(tmp_path / 'made_too.py')!r}).write_text('x = 3')\n"
                   "import made_too, torch_too")
    assert names["made_too"].x == 3 and "made_too" not in capsys.readouterr().err
    with pytest.raises(ModuleNotFoundError, match="'torch_inside'"):
        run_of("from pathlib import Path\n"
               f"Path({str(tmp_path / 'asks_too.py')!r}).write_text('import torch_inside')\n"
               "import asks_too")


@pytest.mark.parametrize("text", [
    "import numpy, json, os.path\nfrom scipy import special",               # they are there
    "from torch_too import *",                                              # nobody knows what it binds
    "try:\n    import torch_too\nexcept ImportError:\n    fast = False",    # asked for
    "from . import torch_too",                                              # one's own,
    "import layers",                                                        # called by half its name
])
def test_every_other_import_stays_as_it_is(text):
    assert ast.unparse(missed.later(ast.parse(text))) == ast.unparse(ast.parse(text))


def test_a_cell_that_is_nested_too_deeply_to_be_looked_at_stays_as_it_is():
    chain = ast.parse("import torch_too\nif a == 0:\n    pass\n" + "elif a == 1:\n    pass\n" * 1500)
    assert missed.Transformer().visit(chain) is chain
    with pytest.raises(RecursionError):
        missed.later(chain)


CELL = "import pandas_too as pd\nbest_k = 3\nprint(pd.DataFrame(best_k))\n"
EARLY = "import seaborn_too as sns\nsns.set()\nbest_lr = 3\n"
MODULE = "import numpy as np\nimport torch_too\ndef f(x):\n    return x\n"


def test_a_cell_goes_on_up_to_where_it_is_used_and_a_module_does_not_load(tmp_path):
    if (sandbox := probe()).level == "none":
        pytest.skip(f"no sandbox here: {sandbox.why}")
    made = notebook(solution("own", CELL), check("cell", "assert best_k == 3"), solution("other", EARLY),
                    check("early", "assert best_lr == 3"),
                    check("module", "from cs231n import idle\nassert idle.f(4) == 4"))
    submission = Submission({"cs231n/idle.py": MODULE.encode()}, {"cs231n.idle": MODULE})
    with Worker(sandbox, *folders(tmp_path)) as worker:
        run.grade(worker, [(made, plan.make(made))], submission, 10.0)
    notes = {one.id: one.metadata[NOTE] for one in made.cells if NOTE in one.metadata}
    assert {name for name, told in notes.items() if told["outcome"] == "passed"} == {"cell"}
    assert notes["module"]["message"] == (
        "cs231n/idle.py line 2: No module named 'torch_too'; none of its functions can run")
    assert notes["early"]["message"].startswith("the notebook has no best_lr")
    shown = "".join(made.cells[0].outputs[-1].get("traceback", []))
    assert "pandas_too" in shown and "def __getattr__" not in shown
