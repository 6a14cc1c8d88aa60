"""The words of a failed check: signs, counts and patterns as a person would write them."""

import numpy as np
import pytest

from cs231n._messages import CheckFailed, counted, describe, fail
from cs231n.testing import assert_close, assert_finite, assert_gradient, assert_labels, judged, near


def message_of(check, *args, **kwargs):
    with pytest.raises(CheckFailed) as failure:
        check(*args, **kwargs)
    return str(failure.value)


@pytest.mark.parametrize("written, shown", [
    ("scores + -10000", "scores - 10000"), ("scores + 10000", "scores + 10000"), ("x - -0.5", "x + 0.5"),
    ("f(x) + -1e-3", "f(x) - 1e-3"), ("W[0] + -2", "W[0] - 2"), ("from 3 to -2", "from 3 to -2"),
    ("-3 and -2", "-3 and -2"), ("a + -b", "a + -b"),
])
def test_a_sign_stands_once_in_headline_and_lines(written, shown):
    assert message_of(fail, f"loss for {written} is wrong.", ("look at", written)) == (
        f"loss for {shown} is wrong.\n  look at   {shown}")


def test_one_is_singular():
    assert [counted(n, "entry") for n in (0, 1, 2)] == ["0 entries", "1 entry", "2 entries"]
    assert [counted(n, "coordinate") for n in (1, 3)] == ["1 coordinate", "3 coordinates"]
    assert describe([]) == "an empty list" and describe(()) == "an empty tuple"


def test_what_is_not_there_is_not_counted():
    message = message_of(assert_finite, np.array([1.0, np.inf, 2.0]), "dW")
    assert "off       1 infinite of 3 entries" in message and "nan" not in message
    assert "off       2 nan, 1 infinite of 3 entries" in message_of(assert_finite, [np.nan, np.inf, np.nan], "dW")


def test_one_coordinate_is_not_one_of_one():
    wrong = message_of(assert_gradient, lambda x: float(x[0] ** 2), np.array([3.0]), np.array([1.0]), "dx")
    assert " of 1" not in wrong and "1 coordinates" not in wrong
    kink = message_of(assert_gradient, lambda x: float(abs(x[0])), np.array([0.0]), np.array([1.0]), "dx")
    assert kink.startswith("dx cannot be checked: the function has a kink at its coordinate.")


def test_overflow_heads_what_gives_nan():
    assert "inf/inf (exp of a large number is inf)" in message_of(assert_finite, np.nan, "loss")


def test_a_single_number_is_no_multiple_by_chance():
    assert "pattern" not in message_of(assert_close, 1.38629, 600.0, "loss", rtol=5e-3)
    assert "it is 1/3 of the expected value" in message_of(assert_close, 2.0, 6.0, "loss")
    assert "it is 64 times the expected value" in message_of(assert_close, 64 * 0.7, 0.7, "loss")
    assert "it is 1/64 of the expected value" in message_of(assert_close, 0.7 / 64, 0.7, "loss")


def test_the_number_that_is_shown_is_of_the_entry_that_the_hint_speaks_of():
    expected = np.arange(1.0, 7).reshape(2, 3)
    found = expected + [[0.1, 0.0, 0.2], [0.3, 0.0, 50.0]]
    for look_at, entry in (("out[1, 0] is a sum.", "1, 0"), ("Image 0 has one hinge.", "0, 0"), ("Add b.", "1, 2"),
                           ("The first: add b.", "0, 0"), ("out[1, 1] is a sum.", "1, 2"), ("w[0] moves.", "1, 2")):
        message = message_of(assert_close, found, expected, "out", look_at=look_at)
        assert message.startswith(f"out[{entry}] is wrong."), look_at


def test_what_is_not_finite_is_explained_by_the_entry_that_is_shown_and_the_hint_is_passed_on():
    found = np.array([1.0, -np.inf, np.nan])
    message = message_of(assert_finite, found, "loss", look_at="Which probability is 0?")
    assert "found     -inf" in message and "causes    log(0)" in message and "0/0" not in message
    assert message.endswith("look at   Which probability is 0?")
    assert "look at   the hint" in message_of(assert_close, np.nan, 1.0, "loss", look_at="the hint")


def test_a_label_is_a_whole_number_whatever_its_dtype():
    message = message_of(assert_labels, np.array([3.0]), np.array([0.0]), "y_batch")
    assert "found     3\n" in message and "expected  0\n" in message + "\n"


def test_a_look_at_a_size_or_a_gradient_says_whether_it_is_right():
    assert near(9.003, 9, within=0.1) == "9.0030, right"
    assert near(2.31, 9, within=0.1) == "2.31, WRONG: expected about 9" and "WRONG" in near(np.nan, 1, within=0.1)
    assert near(None, 9, within=0.1) == "WRONG: None, expected a number"
    measured = np.array([[1.0, -2.0], [1e-12, 4.0]])
    assert judged(measured + 1e-11, measured).endswith(", right")
    assert "WRONG: 1 of 4 entries off; [1, 1] is 5, expected 4" in judged(measured + [[0, 0], [0, 1]], measured)
    assert "shape (2,), expected (2, 2)" in judged(measured[0], measured) and "WRONG" in judged(None, measured)
    assert "WRONG" in judged(measured * np.nan, measured)
