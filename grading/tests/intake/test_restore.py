import json

import msgspec
import nbformat
import pytest
from conftest import cell, notebook
from hypothesis import given
from hypothesis import strategies as st

from cs231n import _reading as reading
from cs231n._reading import read_cell
from grading.intake.restore import key_notebook, parse, read_submitted, restore

SOURCE = notebook(
    cell("markdown", "", "Lesson"),
    cell("code", "demo-setup", "import numpy as np", locked=True),
    cell("code", "demo-solve", "x = 1\n### BEGIN SOLUTION\ny = 2\n### END SOLUTION", solution=True),
    cell("code", "demo-y-check", "# checks y\nassert y == 2", 2, locked=True),
    cell("code", "demo-y-hidden", "# more\n### BEGIN HIDDEN TESTS\nassert y > 1\n### END HIDDEN TESTS", 3, locked=True),
    cell("markdown", "demo-why-question", "Why?\n### BEGIN MARK SCHEME\none point\n### END MARK SCHEME", locked=True),
    cell("markdown", "demo-why-answer", "### BEGIN SOLUTION\nBecause.\n### END SOLUTION", 4, solution=True),
)
OURS = [c.metadata.nbgrader.grade_id for c in SOURCE.cells if "nbgrader" in c.metadata]


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "demo.ipynb"
    nbformat.write(SOURCE, path)
    return key_notebook(path)


def grade_ids(restored):
    return [c.metadata.nbgrader.grade_id for c in restored.cells if "nbgrader" in c.metadata]


def by_id(restored):
    return {c.metadata.nbgrader.grade_id: c for c in restored.cells if "nbgrader" in c.metadata}


def submitted(*cells):
    return [found for found in map(read_cell, cells) if found]


def test_the_key_keeps_tests_and_rubrics_and_cuts_solutions(key):
    sources = {c.id: c.source for c in key.cells}
    assert "assert y > 1" in sources["demo-y-hidden"] and "one point" in sources["demo-why-question"]
    assert "y = 2" not in sources["demo-solve"] and "Because" not in sources["demo-why-answer"]


def test_what_the_student_wrote_is_kept_and_what_is_locked_is_ours(key):
    restored, _ = restore(submitted(
        cell("code", "demo-solve", "y = 3", solution=True),
        cell("code", "", "extra = y"),
        cell("code", "demo-y-check", "pass", 100, locked=False, tags=["skip-execution"]),
        cell("markdown", "demo-why-answer", "I think so.", 4, solution=True)), key)
    cells = by_id(restored)
    assert cells["demo-solve"].source == "y = 3"
    assert cells["demo-why-answer"].source == "I think so."
    assert cells["demo-y-check"].source == "# checks y\nassert y == 2"
    assert cells["demo-y-check"].metadata.nbgrader.points == 2
    assert "tags" not in cells["demo-y-check"].metadata
    sources = [c.source for c in restored.cells]
    assert sources.index("extra = y") == sources.index("y = 3") + 1


def test_deleted_cells_come_back_in_their_place_and_are_named(key):
    restored, remarks = restore(submitted(cell("code", "demo-solve", "y = 2", solution=True)), key)
    assert grade_ids(restored) == OURS
    assert "demo-y-hidden" in remarks[0] and "put back" in remarks[0]


def test_a_copied_test_cell_is_left_out_and_a_copied_solution_cell_stays_as_an_ordinary_one(key):
    test = cell("code", "demo-y-check", "assert y == 2", 2, locked=True)
    restored, remarks = restore(submitted(
        cell("code", "demo-solve", "y = 1", solution=True), cell("code", "demo-solve", "y = y + 1", solution=True),
        test, test), key)
    assert grade_ids(restored) == OURS
    assert [c.source for c in restored.cells if "nbgrader" not in c.metadata] == ["y = y + 1"]
    assert any("demo-y-check" in remark and "left out" in remark for remark in remarks)


def test_cells_whose_metadata_was_lost_are_known_by_their_id(key):
    plain = cell("code", "", "y = 7")
    plain.id = "demo-solve"
    restored, _ = restore(submitted(plain), key)
    assert by_id(restored)["demo-solve"].source == "y = 7"


def test_pictures_pasted_into_an_answer_stay(key):
    answer = cell("markdown", "demo-why-answer", "![](attachment:a.png)", 4, solution=True)
    sound = {"a.png": {"image/png": "aGVsbG8="}, "b.svg": {"image/svg+xml": "<svg>\n</svg>"}}
    answer["attachments"] = {**sound, "b.svg": {"image/svg+xml": ["<svg>\n", "</svg>"]}, "c": 7, "d": {"image/png": 3}}
    restored, _ = restore(submitted(answer), key)
    assert by_id(restored)["demo-why-answer"].attachments == sound


anything = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8),
                        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                            st.sampled_from(["cell_type", "source", "metadata", "nbgrader", "grade_id", "id", "tags",
                                             "points", "schema_version", "attachments", "outputs"]), inner, max_size=5),
                        max_leaves=12)
odd_cells = anything | st.fixed_dictionaries({
    "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]),
    "source": st.text(max_size=12) | st.lists(st.text(max_size=4), max_size=2),
    "metadata": st.fixed_dictionaries({"nbgrader": st.fixed_dictionaries({
        "grade_id": st.sampled_from([*OURS, "unknown"]) | anything, "schema_version": st.sampled_from([1, 3, 99]),
        "points": anything})}) | anything,
    "id": st.sampled_from([*OURS, "x"]) | anything})


@given(st.lists(odd_cells, max_size=8))
def test_whatever_is_handed_in_every_cell_of_ours_is_there_once_and_the_notebook_is_valid(key, cells):
    restored, _ = restore(submitted(*cells), key)
    assert grade_ids(restored) == OURS
    nbformat.validate(restored)
    locked = by_id(key)
    assert all(c.source == locked[name].source for name, c in by_id(restored).items() if c.metadata.nbgrader.locked)


@pytest.mark.parametrize("content, says", [
    (b"", "empty"), (b"{", "corrupt"), (b"[]", "corrupt"), (b"\xff\xfe", "corrupt"), (b'{"cells": 3}', "corrupt"),
    (b"[" * 100_000, "corrupt"), (b'{"nbformat": 3, "worksheets": [3]}', "corrupt"),
])
def test_what_is_no_notebook_is_told_in_a_clause(tmp_path, content, says):
    path = tmp_path / "demo.ipynb"
    path.write_bytes(content)
    found, problem = read_submitted(path)
    assert found is None and says in problem


def test_a_notebook_of_an_unknown_or_an_old_format_is_read(tmp_path):
    new = tmp_path / "new.ipynb"
    new.write_text(json.dumps({"nbformat": 99, "cells": [{"cell_type": "code", "source": "1"}]}))
    assert read_submitted(new)[0][0].source == "1"
    old = tmp_path / "old.ipynb"
    old.write_text(json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [
        {"cells": [{"cell_type": "code", "input": ["1"], "outputs": [], "language": "python"}]}]}))
    assert read_submitted(old)[0][0].source == "1"


@pytest.mark.parametrize("place", ["source", "attachments", "metadata"])
def test_a_notebook_in_another_encoding_is_read_whichever_part_of_it_tells(place):
    cell = {"cell_type": "markdown", "source": "x", "metadata": {"nbgrader": {"grade_id": "demo-why-answer"}},
            "attachments": {"a.png": {"image/png": "AA"}}}
    named = {"source": "caf\u00e9", "attachments": {"caf\u00e9.png": {"image/png": "AA"}},
             "metadata": {"nbgrader": {"grade_id": "caf\u00e9"}}}
    content = json.dumps({"cells": [cell | {place: named[place]}]}, ensure_ascii=False).encode("latin-1")
    (found,), problem = parse(content)
    assert problem == "" and found == reading.read_notebook(content)[0] and "caf\u00e9" in str(found)


def test_a_link_and_a_missing_file_are_told(tmp_path):
    (tmp_path / "real.ipynb").write_text("{}")
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "real.ipynb")
    assert "not an ordinary file" in read_submitted(tmp_path / "link.ipynb")[1]
    assert read_submitted(tmp_path / "none.ipynb")[1] == "is missing"


@given(st.lists(odd_cells, max_size=6), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_the_grader_reads_the_same_cells_as_the_student_side(cells, encoding):
    content = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}).encode(encoding)
    found, problem = parse(content)
    of_the_student = reading.read_notebook(content)
    assert problem == "" and [cell._replace(outputs=b"") for cell in found] == [
        cell._replace(outputs=b"") for cell in of_the_student]
    assert [msgspec.json.decode(cell.outputs or b"[]") for cell in found if cell.outputs[:1] == b"["] == [
        msgspec.json.decode(cell.outputs) for cell in of_the_student if cell.outputs]
