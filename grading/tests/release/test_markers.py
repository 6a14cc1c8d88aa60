import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.release.markers import KINDS, MarkerError, inside, outside, regions

SOUND = "a\n### BEGIN SOLUTION\nb\nc\n### END SOLUTION\nd\n"


def test_a_region_is_told_apart_from_what_stands_around_it():
    found = regions(SOUND, "x.py")
    assert inside(SOUND, found) == ["b", "c"]
    assert outside(SOUND, found) == ["a", "d"]


@pytest.mark.parametrize("line", [
    "### BEGIN SOLUTON", "## BEGIN SOLUTION", "###BEGIN SOLUTION", "### Begin Solution", "# begin solution",
    "### BEGIN SOLUTIONS", "#### BEGIN SOLUTION", "### BEGN SOLUTION", "### START SOLUTION", "### BEGIN HIDEN TESTS",
    "### BEGIN HIDDEN TEST", "### BEGIN MARKSCHEME", "### END SOLUTION:", "x = 1  ### BEGIN SOLUTION",
    "### BEGIN  SOLUTION", "BEGIN SOLUTION", "### SOLUTION",
])
def test_a_misspelt_marker_is_an_error_with_its_line(line):
    with pytest.raises(MarkerError, match=r"^lesson\.py:3: "):
        regions(f"a\nb\n{line}\nc\n", "lesson.py")


@pytest.mark.parametrize("line", [
    "# the solution of the linear system", "### Regularization", "### Results", "# begin with the loss",
    "### Numerical stability", "end = solution", "# tests begin at 0", "### Hidden layers", "### End of lesson",
])
def test_ordinary_lines_are_no_markers(line):
    assert regions(f"{line}\n", "lesson.py") == []


@pytest.mark.parametrize("source, line", [
    ("### END SOLUTION\n", 1),
    ("### BEGIN SOLUTION\nx\n", 1),
    ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION\n", 2),
    ("### BEGIN SOLUTION\n### END HIDDEN TESTS\n", 2),
])
def test_unpaired_and_nested_markers_are_errors(source, line):
    with pytest.raises(MarkerError, match=rf"^lesson\.py:{line}: "):
        regions(source, "lesson.py")


def test_a_kind_that_does_not_belong_is_an_error():
    with pytest.raises(MarkerError, match="does not belong here"):
        regions("### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\n", "module.py", kinds=("SOLUTION",))


bodies = st.lists(st.sampled_from(["x", "y = 1", ""]), max_size=3)


@given(st.lists(st.tuples(st.sampled_from(KINDS), bodies), max_size=5))
def test_every_line_is_inside_or_outside_or_a_marker(blocks):
    lines = ["start"]
    for kind, body in blocks:
        lines += [f"### BEGIN {kind}", *body, f"### END {kind}", "between"]
    source = "\n".join(lines)
    found = regions(source, "x")
    assert len(found) == len(blocks)
    assert len(inside(source, found)) + len(outside(source, found)) + 2 * len(blocks) == len(lines)
