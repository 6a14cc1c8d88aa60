"""The code of a lesson's cell beside what Python makes of its text."""

import ast
import dis
from types import CodeType

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading import ROOT
from grading.books.seeds import Seeds
from grading.engine import compiled, ipython, plan

NOTEBOOKS = sorted((ROOT / "assignments").glob("*/*.ipynb"))
NUMBERS = st.integers(10**9, 2**32 - 1)


def parts(code):
    """All that a code object does, and those inside of it; what one constant is used for twice may be two."""
    steps = [(one.opname, one.arg if one.opcode not in dis.hasconst else
              parts(one.argval) if isinstance(one.argval, CodeType) else (type(one.argval), one.argrepr), one.positions)
             for one in dis.get_instructions(code)]
    return (code.co_names, code.co_varnames, code.co_filename, code.co_qualname, code.co_firstlineno,
            code.co_exceptiontable, steps)


def assert_same(text, silent=False):
    """The code that comes with a cell is what Python makes of its text."""
    tree = ast.parse(text)
    shown = tree.body[-1:] if isinstance(tree.body[-1], ast.Expr) and not silent else []
    codes = [compile(ast.Module(tree.body[: len(tree.body) - len(shown)], []), "f", "exec")]
    codes += [compile(ast.Interactive(shown), "f", "single")] if shown else []
    assert list(map(parts, compiled.filled(*compiled.compiled(text, silent), "f"))) == list(map(parts, codes))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_cell_that_an_examiner_runs_has_a_code_and_it_is_that_of_its_text(path):
    lesson = nbformat.read(path, as_version=4)
    made = plan.make(lesson)
    tests = {plan.name_of(cell): cell.source for cell in lesson.cells if plan.name_of(cell) in made.tests}
    for silent, cells in ((False, tests), (True, made.given)):
        for name, source in cells.items():
            assert source in made.plain, name
            for key in (b"one" * 10, b"another"):
                asked = Seeds(key).asked(name, source)
                assert ipython.is_plain(asked)
                assert_same(asked, silent)


def test_cells_that_differ_in_their_seeds_are_compiled_once():
    compiled._with_holes.cache_clear()
    source = ("### BEGIN HIDDEN TESTS\nrng = np.random.default_rng(5)\nother = np.random.RandomState(7)\n"
              "### END HIDDEN TESTS")
    asked = [Seeds(bytes([number])).asked("a", source) for number in range(20)]
    assert len(set(asked)) == 20
    for text in asked:
        assert_same(text)
    assert compiled._with_holes.cache_info().misses == 1


HOLES = ["x = {0}\n{1}", "f({0}, seed={1})", "x = lambda: {0}\nf({1})", "{0} < x[{1}:]", "if x == {0}:\n    y = {1}\ny",
         "({0}, {1})", "x = ({0}, ({1}, 2))", "x in (1, {0}, {1})", "x in {{{0}, {1}}}", "[{0}, x, {1}]",
         "[{0}, {1}, 3]", "def f(a={0}):\n    return {1}", "x: {0} = {1}", "9000000001, x, {0}, {1}", "{0}  # {1}"]
OTHERS = ["{0} + {1}", "'{0}', x, {1}", "f'{0} {{x}} {{{1}}}'", "-{0} + x + {1}", "({0}, -{1})"]
ODD = ["{0}.5 + x + {1}", "0x{0}, x, {1}", "'{0}'", "x{0}, {1}"]


@given(st.sampled_from([*HOLES, *OTHERS, *ODD]), NUMBERS, NUMBERS, st.booleans())
def test_a_number_that_is_no_number_by_itself_in_the_code_is_compiled_as_it_is(place, one, other, silent):
    text = place.format(one, other)
    for _ in range(2):
        if compiled.compiled(text, silent) is not None:
            assert_same(text, silent)


def test_most_places_of_a_seed_are_holes():
    assert all(compiled.compiled(place.format(10**9, 10**9 + 1)) for place in HOLES)
    assert [place for place in OTHERS if compiled.compiled(place.format(10**9, 10**9 + 1))] == []
