import ast

import pytest

from grading.release.assignment import load, names
from grading.release.markers import MarkerError
from grading.release.stubs import leave_out, make_stub, strip_markers

SOURCE = '''"""A module."""
import numpy as np


class Model:
    def fit(self, X, y=1):
        """Fit; X (N, D)."""
        kept = 1
        ### BEGIN SOLUTION
        secret = X + y

        # a telling comment
        return secret
        ### END SOLUTION


def loss(W):
    """The loss."""
    ### BEGIN SOLUTION
    return W
    ### END SOLUTION
'''


def test_a_stub_raises_and_names_its_function():
    scope = {}
    exec(make_stub(SOURCE, "m.py"), scope)
    with pytest.raises(NotImplementedError, match="Model.fit is not implemented"):
        scope["Model"]().fit(1)
    with pytest.raises(NotImplementedError, match="loss is not implemented"):
        scope["loss"](1)


def test_a_stub_keeps_signature_docstring_and_given_lines_only():
    stub = make_stub(SOURCE, "m.py")
    assert "secret" not in stub and "telling" not in stub and "SOLUTION" not in stub
    assert "kept = 1" in stub and '"""Fit; X (N, D)."""' in stub and "def fit(self, X, y=1):" in stub


def test_without_markers_a_module_is_complete():
    complete = strip_markers(SOURCE, "m.py")
    assert "SOLUTION" not in complete
    assert ast.dump(ast.parse(complete)) == ast.dump(ast.parse(SOURCE))


@pytest.mark.parametrize("wrong, says", [
    (SOURCE.replace("### BEGIN SOLUTION", "### BEGIN SOLUTON", 1), r"^m\.py:9: .*looks like a marker"),
    ("### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n", r"^m\.py:1: .*not inside one function"),
    ("def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n    '''doc'''\n"
     "def g():\n    x = 1\n    ### BEGIN SOLUTION\n    return 1\nz = 2\ndef h():\n    return 1\n    ### END SOLUTION\n",
     r"^m\.py:8: .*not inside one function"),
    ('def f(x):\n    ### BEGIN SOLUTION\n    """Doc."""\n    return x\n    ### END SOLUTION\n',
     r"^m\.py: the signature or docstring of f"),
    ("def f(x):\n    if x:\n        ### BEGIN SOLUTION\n        return 1\n    ### END SOLUTION\n    return 2\n",
     r"^m\.py:3: .*not inside one function"),
])
def test_what_cannot_be_cut_safely_is_an_error_with_its_line(wrong, says):
    with pytest.raises(MarkerError, match=says):
        make_stub(wrong, "m.py")


@pytest.mark.parametrize("name", names())
def test_every_student_module_can_be_cut_and_its_stub_compiles(name):
    for module in load(name).student_modules:
        stub = load(name).stub(module)
        compile(stub, module, "exec")
        assert "NotImplementedError" in stub


def test_a_given_function_goes_out_complete_in_a_module_of_stubs():
    stub = make_stub(SOURCE, "m.py", given=("loss",))
    assert "return W" in stub and "SOLUTION" not in stub and "secret" not in stub


def test_what_a_later_assignment_introduces_is_left_out():
    imports = "from here import (\n    Model,\n    one,\n)\nfrom there import Later\n"
    source = imports + SOURCE
    source += "\n\n@decorated\nclass Later:\n    def g(self):\n        return 3\n\n\ndef last():\n    pass\n"
    rest = leave_out(source, ("Later", "Model"))
    assert "Later" not in rest and "decorated" not in rest and "Model" not in rest
    assert "def loss(W)" in rest and "def last()" in rest and rest.startswith("from here import one\n")
    ast.parse(rest)
