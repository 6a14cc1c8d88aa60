"""A notebook is read as it was meant, whatever editors, converters and students did to its cells."""

import json
import random

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cs231n import _matching as matching
from cs231n import _reading as reading
from cs231n._reading import Cell
from grading.release import assignment as assignments
from grading.release.lesson import read_known
from grading.release.stubs import strip_markers

SVM = assignments.load("assignment1").notebook_path("svm")
LESSON = read_known(SVM)
ANSWERS = [known.name for known in LESSON if known.role == "answer"]
CODE = [known.name for known in LESSON if known.role == "code"]
LOCKED = {known.source for known in LESSON if known.role == "locked"}
WRITTEN = {cell.id: strip_markers(cell.source, "svm") for cell in nbformat.read(SVM, as_version=4).cells
           if cell.metadata.get("nbgrader", {}).get("solution")}


def perfect() -> list[Cell]:
    return [Cell(known.kind, WRITTEN.get(known.name, known.source), known.name,
                 known.name if known.role != "own" else "") for known in LESSON]


def place(cells: list[Cell], name: str) -> int:
    return next(number for number, cell in enumerate(cells) if name in (cell.id, cell.grade_id))


def own(kind: str, source: str) -> Cell:
    return Cell(kind, source, f"{random.Random(source).getrandbits(32):08x}")


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_release_says_that_nothing_is_written_and_a_complete_notebook_that_all_is():
    untouched = matching.read([Cell(known.kind, known.source, known.name) for known in LESSON], LESSON)
    assert [untouched.texts[name] for name in ANSWERS] == ["", ""]
    assert not any(matching.is_written(known, untouched.texts[known.name]) for known in LESSON if known.role == "code")
    found = matching.read(perfect(), LESSON)
    assert {name: words(found.texts[name]) for name in WRITTEN} == {name: words(text) for name, text in WRITTEN.items()}
    assert not (found.missing or found.repeated or found.changed)


def test_what_goes_out_with_a_release_holds_no_hidden_test_and_no_rubric():
    assert "HIDDEN TESTS" not in str(LESSON) and "MARK SCHEME" not in str(LESSON) and "SOLUTION" not in str(LESSON)


QUESTION, ANSWER = "svm-kink-question", "svm-kink-answer"
TEXT = "At the kink the two one-sided slopes differ."


@pytest.mark.parametrize("where", ["in the question's cell", "below the answer's cell", "between them", "in a copy",
                                   "merged with the question", "merged with what follows", "in a raw cell",
                                   "in a code cell", "split in two", "below, the answer's cell gone", "thrice"])
def test_an_answer_is_found_wherever_it_stands(where):
    cells = perfect()
    question, answer = place(cells, QUESTION), place(cells, ANSWER)
    cells[answer] = cells[answer]._replace(source="YOUR ANSWER HERE")
    if where == "in the question's cell":
        cells[question] = cells[question]._replace(source=cells[question].source + f"\n\n**Answer:** {TEXT}")
    elif where == "merged with the question":
        cells[question] = cells[question]._replace(source=f"{cells[question].source}\n\n{TEXT}")
        del cells[answer]
    elif where == "merged with what follows":
        cells[answer] = cells[answer]._replace(source=f"{TEXT}\n\n{cells[answer + 1].source}")
        del cells[answer + 1]
    elif where == "between them":
        cells.insert(answer, own("markdown", TEXT))
    elif where == "in a copy":
        cells.insert(answer + 1, cells[answer]._replace(source=TEXT))
    elif where == "in a raw cell":
        cells[answer] = cells[answer]._replace(kind="raw", source=TEXT)
    elif where == "in a code cell":
        cells.insert(answer + 1, own("code", f"# {TEXT}"))
    elif where == "split in two":
        cells[answer:answer + 1] = [cells[answer]._replace(source=TEXT[:20]), own("markdown", TEXT[20:])]
    elif where == "thrice":
        cells[answer:answer + 1] = [cells[answer]._replace(source=TEXT)] * 3
    else:
        cells.insert(answer + 1, own("markdown", TEXT))
        if where == "below, the answer's cell gone":
            del cells[answer]
    found = matching.read(cells, LESSON)
    said = words(found.texts[ANSWER])
    assert TEXT in said if where != "split in two" else TEXT.replace(" ", "") in said.replace(" ", "")
    assert said.count("one-sided") == 1 and "YOUR ANSWER" not in said
    assert words(found.texts["svm-templates-answer"]) == words(WRITTEN["svm-templates-answer"])
    assert ANSWER not in found.missing and not found.changed


def test_a_locked_cell_that_was_changed_is_told_with_what_was_added():
    cells = perfect()
    at = place(cells, "svm-setup-given")
    cells[at] = cells[at]._replace(source="import seaborn as sns\n" + cells[at].source)
    found = matching.read(cells, LESSON)
    assert found.changed == {"svm-setup-given": ["import seaborn as sns"]}


def test_of_two_copies_of_a_code_cell_the_one_with_work_in_it_counts():
    cells = perfect()
    at = place(cells, CODE[0])
    stub = LESSON[at].source
    for first, second in ((stub, cells[at].source), (cells[at].source, stub)):
        copies = [cells[at]._replace(source=first), cells[at]._replace(source=second)]
        found = matching.read(cells[:at] + copies + cells[at + 1:], LESSON)
        assert words(found.texts[CODE[0]]) == words(WRITTEN[CODE[0]])
        assert found.repeated == [CODE[0]]


def test_code_that_was_merged_with_the_test_behind_it_or_the_set_up_before_it_is_found():
    cells = perfect()
    at = place(cells, CODE[0])
    behind = cells[:at] + [cells[at]._replace(source=f"{cells[at].source}\n{cells[at + 1].source}")] + cells[at + 2:]
    assert words(matching.read(behind, LESSON).texts[CODE[0]]) == words(WRITTEN[CODE[0]])
    given = place(cells, "svm-search-given")
    merged = cells[given]._replace(source=f"{cells[given].source}\n\n{cells[at].source}")
    before = [*cells[:given], merged, *cells[at + 1:]]
    found = matching.read(before, LESSON)
    assert words(found.texts[CODE[0]]) == words(WRITTEN[CODE[0]])
    assert found.missing == []


EDITS = ("strip names", "strip ids", "insert text", "insert code", "split answer", "retype answer", "copy answer",
         "move own", "blank lines", "copy locked", "delete locked")


def edit(cells: list[Cell], what: str, rng: random.Random) -> list[Cell]:
    """The same work in another shape."""
    cells, at = list(cells), rng.randrange(len(cells))
    answers = [number for number, cell in enumerate(cells) if cell.id in ANSWERS and len(cell.source) > 40]
    locked = [number for number, cell in enumerate(cells) if cell.source in LOCKED]
    answer = rng.choice(answers) if answers else None
    if what == "strip names":
        return [cell._replace(grade_id="") for cell in cells]
    if what == "strip ids":
        return [cell._replace(grade_id="", id=f"{number:08x}") for number, cell in enumerate(cells)]
    if what == "insert text":
        cells.insert(at, own("markdown", f"a note {at}"))
    elif what == "insert code":
        cells.insert(at, own("code", f"note = {at}"))
    elif what == "split answer" and answer is not None:
        cut = cells[answer].source.find(" ", len(cells[answer].source) // 2)
        cells[answer:answer + 1] = [cells[answer]._replace(source=cells[answer].source[:cut]),
                                    own("markdown", cells[answer].source[cut:])]
    elif what == "retype answer" and answer is not None:
        cells[answer] = cells[answer]._replace(kind="raw")
    elif what == "copy answer" and answer is not None:
        cells.insert(answer + 1, cells[answer])
    elif what == "move own" and answer is not None:
        cells.insert(answer + 1, own("markdown", "moved here"))
    elif what == "blank lines":
        cells[at] = cells[at]._replace(source=cells[at].source + "\n\n")
    elif what == "copy locked" and locked:
        cells.insert(locked[0], cells[locked[0]])
    elif what == "delete locked" and locked:
        del cells[rng.choice(locked)]
    return cells


@given(st.lists(st.sampled_from(EDITS), max_size=6), st.integers(0, 2**32))
def test_edits_that_keep_the_work_lose_no_word_of_it(edits, seed):
    cells, rng = perfect(), random.Random(seed)
    for what in sorted(edits, key=lambda one: one == "strip ids"):          # a name that is gone cannot be edited by
        cells = edit(cells, what, rng)
    found = matching.read(cells, LESSON)
    for name, text in WRITTEN.items():
        if name in CODE:
            assert words(found.texts[name]) == words(text), name
        else:
            assert set(text.split()) <= set(found.texts[name].split()), name


def in_format_3(cells: list[Cell]) -> dict:
    found = []
    for cell in cells:
        if cell.kind == "code":
            found.append({"cell_type": "code", "input": cell.source.splitlines(keepends=True), "outputs": [],
                          "language": "python", "metadata": {"nbgrader": {"grade_id": cell.grade_id}}})
        else:
            found.append({"cell_type": cell.kind, "source": cell.source,
                          "metadata": {"nbgrader": {"grade_id": cell.grade_id}}})
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": found}]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("old", [False, True], ids=["format 4", "format 3"])
def test_a_notebook_of_any_encoding_and_format_says_the_same(encoding, old):
    cells = perfect()
    found = in_format_3(cells) if old else {"cells": [
        {"cell_type": cell.kind, "source": cell.source, "id": cell.id, "metadata": {"colab": {"base_uri": "x"}}}
        for cell in cells]}
    content = json.dumps(found, ensure_ascii=False).encode(encoding)
    read = matching.read(reading.read_notebook(content), LESSON)
    assert {name: words(text) for name, text in read.texts.items()} == {
        name: words(text) for name, text in WRITTEN.items()}


@pytest.mark.parametrize("content, says", [
    (b"{", "no valid notebook"), (b"<<<<<<< HEAD\n{}\n>>>>>>> x\n", "merge of git's"), (b"[1]", "no list of cells"),
    (b"", "is empty"), (b"[" * 100_000, "no valid notebook"), (b'{"worksheets": []}', "no list of cells")])
def test_what_is_no_notebook_is_said_in_a_clause(content, says):
    with pytest.raises(reading.Damaged, match=says):
        reading.read_notebook(content)


def test_pictures_of_one_name_in_two_parts_of_an_answer_stay_apart():
    cells = perfect()
    at = place(cells, ANSWER)
    parts = [cells[at]._replace(source=f"![](attachment:a.png) {number}", pictures={"a.png": {"image/png": number}})
             for number in ("one", "two")]
    cells[at:at + 1] = [parts[0], parts[1]._replace(id="x", grade_id="")]
    found = matching.read(cells, LESSON)
    assert found.pictures[ANSWER] == {"a.png": {"image/png": "one"}, "2-a.png": {"image/png": "two"}}
    assert "attachment:2-a.png) two" in found.texts[ANSWER]
