"""Imports that nothing uses, of packages that are not there: they cost nobody a module or a cell."""

import ast

import pytest
from conftest import check, notebook, solution
from sandboxed import folders

from grading.engine import idle, plan, run
from grading.engine.processes import Submission
from grading.engine.run import NOTE
from grading.engine.sandbox import probe
from grading.engine.worker import Worker


def left_of(text):
    return ast.unparse(idle.without(ast.parse(text)))


@pytest.mark.parametrize("text, left", [
    ("import numpy\nimport torch_too\n", "import numpy\npass"),
    ("import torch_too, numpy as np\nx = np.pi", "import numpy as np\nx = np.pi"),
    ("from torch_too.nn import a, b\nc = b", "from torch_too.nn import b\nc = b"),
    ("def f():\n    import torch_too.nn as nn\n    return 1", "def f():\n    pass\n    return 1"),
    ("if 1:\n    import torch_too\nelse:\n    from torch_too import a", "if 1:\n    pass\nelse:\n    pass"),
])
def test_an_import_that_nothing_uses_is_left_out_where_its_package_is_not_there(text, left, capsys):
    assert left_of(text) == left
    assert capsys.readouterr().err.startswith("not there while grading: torch_too")


@pytest.mark.parametrize("text", [
    "import numpy, json, os.path",                                          # they are there
    "import torch_too.nn as nn\nnet = nn.Module",                           # used,
    "def f():\n    return torch_too.zeros(3)\nimport torch_too",
    "import torch_too\neval('torch_too.pi')",                               # or perhaps so
    "from torch_too import *",
    "__all__ = ['torch_too']\nimport torch_too",
    "try:\n    import torch_too\nexcept ImportError:\n    fast = False",    # asked for
    "from . import torch_too",                                              # one's own
])
def test_every_other_import_stays(text):
    assert left_of(text) == ast.unparse(ast.parse(text))


MODULES = {
    "idle": "import numpy as np\nimport torch_too as t, math\nfrom seaborn_too import a\n"
            "def f(x):\n    return math.sqrt(x)\n",
    "asks": "try:\n    import torch_too\n    FAST = 1\nexcept ImportError:\n    FAST = 0\n"
            "def f(x):\n    return FAST + x\n",
    "uses": "import torch_too as t\ndef f(x):\n    return t.sqrt(x)\n",
}
CELL = "import seaborn_too as sns\nbest_k = 3\n"
USED = "import seaborn_too as sns\nsns.set()\nbest_lr = 3\n"


def test_a_module_and_a_cell_go_on_without_it_and_stop_where_it_is_used(tmp_path):
    if (sandbox := probe()).level == "none":
        pytest.skip(f"no sandbox here: {sandbox.why}")
    made = notebook(solution("own", CELL), check("cell", "assert best_k == 3"), solution("other", USED),
                    check("used", "assert best_lr == 3"), *[
        check(name, f"from cs231n import {name}\nassert {name}.f(4) in (2, 4)") for name in MODULES])
    files = {f"cs231n/{name}.py": text for name, text in MODULES.items()}
    submission = Submission({name: text.encode() for name, text in files.items()},
                            {name.removesuffix(".py").replace("/", "."): text for name, text in files.items()})
    with Worker(sandbox, *folders(tmp_path)) as worker:
        run.grade(worker, [(made, plan.make(made))], submission, 10.0)
    notes = {one.id: one.metadata[NOTE] for one in made.cells if NOTE in one.metadata}
    assert {name for name, told in notes.items() if told["outcome"] == "passed"} == {"cell", "idle", "asks"}
    assert notes["uses"]["message"].startswith("cs231n/uses.py line 1: No module named 'torch_too'")
    assert notes["used"]["message"].startswith("the notebook has no best_lr")
