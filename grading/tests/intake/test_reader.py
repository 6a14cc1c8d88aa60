"""Reading what was handed in: bounded values of anything, and nothing of it in the process that asks."""

import json
import subprocess
import sys

import pytest
from conftest import cell, notebook

from grading.engine import MAX_MODULE, handling
from grading.intake.reader import Reader
from grading.release.lesson import known_cells

PARENT_MB = 300
KEY = notebook(cell("code", "demo-solve", "x = 0", solution=True),
               cell("markdown", "demo-why", "Why?", locked=True),
               cell("markdown", "demo-why-answer", "YOUR ANSWER HERE", 1, solution=True))


@pytest.fixture
def lesson():
    handling.box().begin()
    return known_cells(KEY)


def code(source, name="", outputs=()):
    return {"cell_type": "code", "id": name, "source": source, "metadata": {}, "outputs": list(outputs),
            "execution_count": None}


def answer(source, **attachments):
    return {"cell_type": "markdown", "id": "demo-why-answer", "source": source, "metadata": {},
            "attachments": attachments}


def printed(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


def written(*cells) -> bytes:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def test_what_a_student_wrote_is_read_with_its_pictures_and_clean_outputs(lesson, tmp_path):
    path, png = tmp_path / "demo.ipynb", b"\x89PNG\r\n\x1a\n" + b"\0" * 16
    path.write_bytes(written(code("x = 1", "demo-solve", [printed("\x1b]0;t\x07done")]), code("own = 2"),
                             answer("Because ![](plots/a.png)", svg={"image/svg+xml": ["<svg/>"]}, odd=[7])))
    found = Reader().notebook(path, lesson, {"plots/a.png": png})
    assert (found.problem, found.texts["demo-solve"], found.cells) == ("", "x = 1", 3)
    assert found.texts["demo-why-answer"].startswith("Because ![](attachment:file-1")
    assert [list(bundle) for bundle in found.pictures["demo-why-answer"].values()] == [["image/svg+xml"], ["image/png"]]
    assert [one.source for one in found.behind["demo-solve"]] == ["own = 2"] and found.shown == ["plots/a.png"]
    outputs = Reader().outputs({"demo-solve": "demo-solve", "own": "demo-solve 0"})
    assert [output.text for output in outputs["demo-solve"]] == ["done"] and not outputs["own"]


def test_a_notebook_of_before_2015_is_read(lesson):
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = ", "3"], "outputs": []}]}], "nbformat": 3}
    found = Reader().content(json.dumps(old).encode(), lesson)
    assert [one.source for cells in found.behind.values() for one in cells] + list(found.texts.values()) != []
    assert "x = 3" in str(found)


def test_what_is_beyond_what_a_notebook_may_hold_is_left_out_and_said(lesson):
    found = Reader().content(written(code("x = 1", "demo-solve"), *[code("#" * 900_000) for _ in range(6)],
                                     answer("Because.")), lesson)
    assert found.texts["demo-solve"] == "x = 1" and found.texts["demo-why-answer"] == "Because."
    assert sum(len(one.source) for one in found.behind["demo-solve"]) < 4_000_000
    assert "left out of 2 cells" in found.remarks[-1]


def test_outputs_that_take_too_long_are_not_shown_and_the_notebook_is_read_all_the_same(lesson):
    tags = "".join(f"<p><font color=c{number}>" for number in range(4_000))
    slow = {"output_type": "display_data", "data": {"text/html": tags}, "metadata": {}}
    found = Reader().content(written(code("x = 1", "demo-solve", [slow]), answer("Because.")), lesson)
    assert found.texts["demo-why-answer"] == "Because."
    assert Reader().outputs({"a": "demo-solve"}) == {"a": None}
    assert Reader().content(written(code("x = 2", "demo-solve")), lesson).texts["demo-solve"] == "x = 2"


def test_a_module_is_read_as_python_would_and_one_that_cannot_be_is_a_clause(tmp_path):
    path = tmp_path / "softmax.py"
    path.write_bytes("# coding: latin-1\nname = 'Zoë'\n".encode("latin-1"))
    assert Reader().module(path)[1:] == ("# coding  latin-1\nname = 'Zoë'\n", "")
    path.write_bytes(b"x" * (MAX_MODULE + 1))
    assert Reader().module(path) == (b"", "", "is larger than 1 MB and was not taken")
    assert Reader().module(tmp_path / "none.py")[2] == "is missing"


OUTSIDE = """
import re, sys
from pathlib import Path
from grading.intake.reader import Reader

found, where = Reader(), Path(sys.argv[1])
for path in sorted(where.iterdir()):
    read = found.notebook(path, [], {})
    outputs = found.outputs({str(n): f" {n}" for n in range(6_000)})
    print(path.name, read.problem or "read", len(outputs))
print(int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) // 1024)
"""


def test_the_process_that_asks_stays_small_whatever_a_notebook_is(tmp_path):
    crumbs = [{"output_type": "stream", "name": name, "text": "x"} for name in ("stdout", "stderr")] * 900
    (tmp_path / "crumbs.ipynb").write_bytes(written(*[code("1", "", crumbs) for _ in range(60)]))
    (tmp_path / "deep.ipynb").write_bytes(b'{"cells": ' + b"[" * 2_000_000)
    (tmp_path / "large.ipynb").write_bytes(written(code("#" * 40_000_000)))
    (tmp_path / "nothings.ipynb").write_bytes(b'{"cells": [{"cell_type": "code", "source": [' + b'"",' * 2_900_000
                                              + b'""]}]}')
    (tmp_path / "old.ipynb").write_bytes(b'{"worksheets": [{"cells": [' + b"[]," * 1_400_000 + b"[]]}]}")
    done = subprocess.run([sys.executable, "-c", OUTSIDE, str(tmp_path)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    *told, megabytes = done.stdout.splitlines()
    assert len(told) == 5 and int(megabytes) < PARENT_MB, done.stdout
