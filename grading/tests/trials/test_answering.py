"""Variants are compiled piece by piece: what comes of that is the module that Python would have made at once."""

import pytest

from grading import ROOT
from grading.trials.answering import compiled

TEXTS = {
    "plain": "import math\n\n\ndef one(x):\n    return [math.sqrt(each) for each in x]\n\n\nclass Two:\n"
             "    def three(self):\n        def four():\n            pass\n        return four\n",
    "decorated": "import functools\n\n\n@functools.cache\ndef one(x):\n    return x\n\n\ndef two():\n    pass\n",
    "string": 'WORDS = """\ndef one\n"""\n\n\ndef two():\n    return WORDS\n',
    "future": "from __future__ import annotations\n\n\ndef one(x: unknown):\n    return x\n",
    "layers": (ROOT / "cs231n" / "layers.py").read_text(encoding="utf-8"),
}


def lines(codes):
    """Function, by qualified name -> the lines of its steps."""
    inner = [one for code in codes for one in code.co_consts if hasattr(one, "co_code")]
    found = {one.co_qualname: sorted({line for *_, line in one.co_lines() if line}) for one in inner}
    return found | (lines(inner) if inner else {})


@pytest.mark.parametrize("name", TEXTS)
def test_every_function_keeps_its_lines(name):
    assert lines(compiled(TEXTS[name], "file.py")) == lines([compile(TEXTS[name], "file.py", "exec")])


def test_an_error_of_syntax_is_that_of_the_whole():
    with pytest.raises(SyntaxError) as error:
        compiled("def one():\n    pass\n\n\ndef two(:\n    pass\n", "file.py")
    assert error.value.lineno == 5
