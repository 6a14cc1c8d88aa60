"""Mark schemes are read as they are written, and what cannot be read is told by file, cell and what was expected."""

import nbformat
import pytest
from conftest import cell
from hypothesis import given, settings
from hypothesis import strategies as st

from grading.books import rubric
from grading.books.rubric import Given, Item, RubricError
from grading.release import assignment as assignments
from grading.release import stage

SCHEME = """**2.5 points**

- **0.5 bright row**: far from nearly all
  training images.
- **2 order in a row**: no.
  - **or 0.5 loosely**: "no",
    and no reason.

Common wrong answers: - none -

- **so** they say
"""

titles = st.text(st.characters(exclude_characters="*_$<>[]`\\|#:\n", categories=("L", "N", "P")), min_size=1,
                 max_size=20)
halves = st.integers(1, 9).map(lambda n: n / 2)


def test_items_alternatives_and_notes_are_read():
    read = rubric.parse(SCHEME.replace("- **so**", "So"), "x")
    assert read.points == 2.5 and read.notes.startswith("Common wrong answers: - none -")
    assert read.items == (Item(0.5, "bright row", "far from nearly all training images."),
                          Item(2, "order in a row", "no."), Item(0.5, "loosely", '"no", and no reason.', 1))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(halves, titles), min_size=1, unique_by=lambda one: one[1]), st.text(max_size=40))
def test_a_scheme_that_is_written_by_the_rule_is_read_as_it_is(items, text):
    text = " ".join(text.split()).strip("-*+ ")
    listed = "\n".join(f"- **{points:g} {title}**: {text}" for points, title in items)
    read = rubric.parse(f"**{sum(points for points, _ in items):g} points**\n\n{listed}\n", "x")
    assert [(item.points, item.title, item.text) for item in read.items] == [(*one, text) for one in items]


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from("- *or0.51:ab\n"), max_size=60))
def test_any_text_is_read_or_told_in_one_sentence(text):
    try:
        read = rubric.parse(f"**1 point**\n{text}", "here")
        assert sum(item.points for item in read.items if item.instead is None) == 1
    except RubricError as error:
        assert str(error).startswith("here: ")


@pytest.mark.parametrize("old, new, told", [
    ("**2.5 points**", "2.5 points", "opens with its points"),
    ("**2.5 points**", "**3 points**", "about 3 points, and its items add up to 2.5"),
    ("- **0.5 bright", "- **0.4 bright", "found 0.4 points; points are whole or half ones"),
    ("- **0.5 bright row**:", "- 0.5:", "is no item that can be read"),
    ("bright row", "a row of $W$", "should be plain words"),
    ("bright row", "a " * 40 + "b", "at most 60 characters"),
    ("bright row", "order in a row", "two items are called"),
    ("  - **or 0.5", "  - **or 2", "should stand below an item that earns more"),
    ("  - **or 0.5", "- **or 0.5", "indented by two spaces"),
    ("  - **or 0.5", "  - **0.5", "begins with 'or'"),
    ("bright row**", "bright row", "is no item that can be read"),
])
def test_what_no_program_can_read_is_told(old, new, told):
    scheme = SCHEME.partition("Common")[0]
    assert old in scheme
    with pytest.raises(RubricError, match="^knn.ipynb, cell x: .*") as error:
        rubric.parse(scheme.replace(old, new, 1), "knn.ipynb, cell x")
    assert told in str(error.value)


def question(scheme: str):
    return cell("markdown", "q", f"Why?\n\n### BEGIN MARK SCHEME\n{scheme}\n### END MARK SCHEME", locked=True)


def test_a_scheme_belongs_to_the_answer_that_follows_it():
    scheme = "**1 point**\n\n- **1 right**: because"
    answer = cell("markdown", "a", "Because.", 1.0, solution=True)
    assert list(rubric.of_answers([question(scheme), answer], "x")) == ["a"]
    with pytest.raises(RubricError, match="x, cell q: the mark scheme is about 1 points, and the answer a is worth 2"):
        rubric.of_answers([question(scheme), cell("markdown", "a", "Because.", 2.0, solution=True)], "x")
    with pytest.raises(RubricError, match="x, cell q: no cell for an answer"):
        rubric.of_answers([question(scheme), question(scheme), answer], "x")


def test_staging_a_notebook_reads_its_schemes(tmp_path):
    path = tmp_path / "first.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[question("2 points")]), path)
    with pytest.raises(RubricError, match=r"first\.ipynb, cell q: a mark scheme opens with"):
        stage.check_notebook(path)


def test_every_answer_of_the_lessons_that_is_marked_by_hand_has_its_scheme():
    for name in assignments.names():
        assignment = assignments.load(name)
        for notebook in assignment.notebooks:
            cells = nbformat.read(assignment.notebook_path(notebook), as_version=4).cells
            answers = {one.metadata.nbgrader.grade_id for one in cells if one.cell_type == "markdown"
                       and one.metadata.get("nbgrader", {}).get("grade")}
            assert rubric.of_answers(cells, notebook).keys() == answers


@settings(deadline=None)
@given(st.lists(st.tuples(halves, titles)), st.text(st.characters(categories=("L", "Z"))))
def test_given_items_and_words_come_back_out_of_a_comment(items, words):
    words = "\n".join(words.split())
    listed = "\n".join(f"- {points:g}: {title}" for points, title in items)
    written = "\n\n".join(part for part in (listed, words) if part)
    assert rubric.read_comment(written) == Given(tuple(items), words)


@pytest.mark.parametrize("comment", [None, "", "Well argued.", "No response.", "1: not an item", "- 0.3: neither"])
def test_what_somebody_wrote_elsewhere_is_words(comment):
    assert rubric.read_comment(comment) == Given((), (comment or "").strip())
