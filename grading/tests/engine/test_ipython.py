"""What the engine has in place of parts of IPython gives what those would."""

import json
import subprocess
import sys
import warnings

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ipykernel import compiler
from IPython.core import async_helpers, inputtransformer2

from grading import ROOT
from grading.engine.ipython import TransformerManager, is_plain, murmur2_x86

PIECES = ["x", "x = 1", "f(a,", "b)", "[", "]", "'''", '"', "\\", "if x:", "else:", "def f(y):", "# what?", "'?'", "x?",
          "x??", "?x", "x ?", "x? # no", "x?;", "%time x", "%%time", "!ls", "x = %time 1", "x = !ls", "x != 1", "a % b",
          "f'{x:.1%}'", "a %= 2", "/f x", ",f x", ";f x", "@d", "x; y", ">>> x", "In [1]: x", "...: y", "", "\t", "é",
          "lambda: 1", "return", "0o9", "1__2", "\x0c", "\u2028"]
LINES = st.lists(st.tuples(st.sampled_from(["", " ", "  ", "    ", "        ", "\t"]),
                           st.lists(st.sampled_from(PIECES), max_size=3).map(" ".join)), max_size=7)


def transformed(manager, source):
    try:
        return manager.transform_cell(source)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def same(source):
    ours, theirs = (transformed(kind(), source) for kind in (TransformerManager, inputtransformer2.TransformerManager))
    if theirs.startswith("IndentationError") and ours != theirs:      # Python itself will say it of what we made
        with pytest.raises(SyntaxError):
            compile(ours, "cell", "exec")
    else:
        assert ours == theirs


@pytest.mark.filterwarnings("ignore:.make_tokens_by_line")
@given(LINES.map(lambda lines: "\n".join(indent + text for indent, text in lines)))
@example("if True:\n    if True:\n        pass\n  pass")
@example("f(a,\n      b)\n  x")
def test_any_text_becomes_what_ipython_makes_of_it(source):
    same(source)


@pytest.mark.parametrize("path", sorted(ROOT.glob("assignments/*/*.ipynb")), ids=lambda path: path.stem)
def test_the_lessons_cells_become_what_ipython_makes_of_them(path):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        same("".join(cell["source"]))


@given(st.text(max_size=50), st.integers(0, 2**32 - 1))
@example("a" * 1001, 0xC70F6907)
def test_a_cells_file_has_the_name_that_ipykernel_gives_it(text, seed):
    try:
        theirs = compiler.murmur2_x86(text, seed)
    except UnicodeEncodeError:
        with pytest.raises(UnicodeEncodeError):
            murmur2_x86(text, seed)
    else:
        assert murmur2_x86(text, seed) == theirs


@given(LINES.map(lambda lines: "\n".join(indent + text for indent, text in lines)))
@example("await f()")
@example("x is 1")
@example("'\\d'")
def test_a_plain_cell_neither_awaits_nor_warns_nor_is_changed(source):
    if is_plain(source):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert not async_helpers._should_be_async(source)
            compile(source, "cell", "exec")
        manager = inputtransformer2.TransformerManager()
        assert manager.transform_cell(source) == source + ("" if source.endswith("\n") else "\n")


@pytest.mark.parametrize("source", ["await f()", "x is 1", "'\\d'", "%time x", "x?", "def f(:", "  x", ">>> x"])
def test_what_ipython_or_python_has_to_do_with_is_not_plain(source):
    assert not is_plain(source)


def test_a_transformer_of_the_notebooks_own_is_used():
    class Shout(inputtransformer2.TokenTransformBase):
        @classmethod
        def find(cls, tokens_by_line):
            found = [token for line in tokens_by_line for token in line if token.string == "whisper"]
            return cls(found[0].start) if found else None

        def transform(self, lines):
            return [line.replace("whisper", "shout") for line in lines]

    manager = TransformerManager()
    assert manager.transform_cell("whisper") == "whisper\n"
    manager.token_transformers.append(Shout)
    assert manager.transform_cell("whisper") == "shout\n"
    manager.token_transformers.pop()
    manager.cleanup_transforms.append(lambda lines: [line.upper() for line in lines])
    assert manager.transform_cell("whisper") == "WHISPER\n"


def test_a_cell_with_other_separators_of_lines_brings_no_warning_to_the_terminal():
    code = "from grading.engine import plan; plan._transformed('x = 1  # a\\u2028b')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
