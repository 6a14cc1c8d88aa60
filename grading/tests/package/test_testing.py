"""The checks of the notebooks: right answers in every form pass, wrong ones fail with a message that helps."""

import numpy as np
import pytest
import scipy.sparse
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cs231n.testing import (
    CheckFailed,
    assert_agreement,
    assert_close,
    assert_finite,
    assert_gradient,
    assert_labels,
    assert_shape,
    assert_unchanged,
    fresh,
)

RTOL = {np.float64: 1e-6, np.float32: 2e-3, np.float16: 5e-2}

shapes = hnp.array_shapes(min_dims=0, max_dims=3, max_side=5)
seeds = st.integers(0, 2**32 - 1)
dtypes = st.sampled_from(list(RTOL))


def message_of(check, *args, **kwargs):
    """The message with which a check fails; its form is the same for all."""
    with pytest.raises(CheckFailed) as failure:
        check(*args, **kwargs)
    message = str(failure.value)
    assert max(map(len, message.splitlines())) <= 100 and message.count("\n") <= 12
    return message


def normal(seed, shape, scale=1.0):
    return scale * np.random.default_rng(seed).normal(size=shape)


def grid(seed, shape):
    """Numbers that are exact in any float, between -4 and 4, none of them zero."""
    rng = np.random.default_rng(seed)
    return rng.integers(1, 33, shape) / 8 * rng.choice([-1, 1], shape)


# assert_close


@given(seeds, shapes, dtypes, st.floats(1e-3, 1e3))
def test_noise_below_the_tolerance_is_accepted_in_every_float(seed, shape, dtype, scale):
    expected = np.array(normal(seed, shape, scale))
    size = np.sqrt(np.mean(expected**2))
    noise = 0.4 * RTOL[dtype] * size * np.random.default_rng(seed).uniform(-1, 1, shape)
    assume(dtype != np.float16 or scale < 1e2 or size < 1e4)
    own_noise = noise / 5 if dtype == np.float16 else noise
    assert_close((expected + own_noise).astype(dtype), expected, "x")
    assert_close((expected + noise).astype(dtype), expected, "x", like=[np.zeros(2, dtype)])
    assert_close(expected + noise, expected, "x", like=[np.zeros(2, dtype)])
    assert_close(expected + noise, expected.astype(dtype), "x")


def test_half_precision_is_no_excuse_where_nothing_handed_in_has_it():
    expected = np.arange(1.0, 9.0)
    assert_close(np.float16(1.003 * expected), expected, "x")
    assert "is wrong" in message_of(assert_close, np.float16(1.03 * expected), expected, "x")
    assert_close(np.float16(1.03 * expected), expected, "x", like=[np.float16(expected)])


@given(seeds, shapes, dtypes, st.floats(1e-2, 1e3))
def test_one_entry_far_off_is_found(seed, shape, dtype, scale):
    expected = np.array(normal(seed, shape, scale))
    size = np.sqrt(np.mean(expected**2))
    found = np.array(expected, dtype)
    index = tuple(np.random.default_rng(seed).integers(0, n) for n in shape)
    found[index] += 100 * RTOL[dtype] * max(size, abs(expected[index])) + 0.1 * (dtype == np.float16)
    name = f"x[{', '.join(map(str, index))}]" if shape else "x"
    assert message_of(assert_close, found, expected, "x").startswith(f"{name} is wrong.")


@given(seeds, shapes, st.data())
def test_axes_of_length_one_do_not_matter(seed, shape, data):
    expected = grid(seed, shape)
    longer = list(shape)
    for _ in range(data.draw(st.integers(1, 3))):
        longer.insert(data.draw(st.integers(0, len(longer))), 1)
    assert_close(expected.reshape(longer), expected, "x")
    assert_close(expected, expected.reshape(longer), "x")


def test_an_index_in_the_message_is_one_of_the_found_array():
    message = message_of(assert_close, np.array([[1.0, 2, 4]]), np.array([1.0, 2, 3]), "db")
    assert message.startswith("db[0, 2] is wrong.")


@pytest.mark.parametrize("found", [
    3, 3.0, np.float32(3), np.array(3), np.array([3]), [3], (3.0,), True + 2, np.matrix([[3]]), np.int8(3),
    np.float16(3), np.longdouble(3), np.ma.array([3.0]),
])
@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_a_number_may_come_in_any_wrapping(found):
    assert_close(found, 3.0, "loss")
    assert_labels(found, 3, "label")
    assert "expected" in message_of(assert_close, found, 4.0, "loss")


@pytest.mark.parametrize("found, is_one", [
    ([3, 1, 2], True), (np.array([[3.0, 1.0, 2.0]]), True), (np.array([[3], [1], [2]]), False)])
def test_labels_in_a_column_are_no_row_where_they_are_compared_with_others(found, is_one):
    assert_labels(found, np.array([3, 1, 2]), "y_pred")
    assert_labels([[3]], np.array([3]), "y_pred", in_a_row=True)
    if is_one:
        assert_labels(found, np.array([3, 1, 2]), "y_pred", in_a_row=True)
    else:
        assert "(3, 1)" in message_of(assert_labels, found, np.array([3, 1, 2]), "y_pred", in_a_row=True)


class Hostile:
    def __array__(self, *args, **kwargs):
        raise KeyError("no array here")

    def __repr__(self):
        raise RuntimeError("no words either")


class EqualToAll:
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0


@pytest.mark.parametrize("found", [
    None, "0.5", b"0.5", "long " * 100, {"loss": 1}, {1.0}, object(), Hostile(), EqualToAll(), [1.0, [2.0, 3.0]],
    (1.0, np.zeros((2, 3))), [None, 1.0], np.array([1.0, None]), np.array(["a"]), 1j, np.array([1j]), lambda: 1.0, len,
    10**400, np.datetime64("2020-01-01"), scipy.sparse.csr_matrix(np.eye(2)), (x for x in [1.0]), float,
    [Hostile()] * 9, NotImplemented, ...,
], ids=lambda value: type(value).__name__)
def test_what_is_no_array_of_numbers_is_described(found):
    for check, args in [(assert_close, (1.0,)), (assert_labels, ([1],)), (assert_finite, ()), (assert_shape, ((1,),))]:
        message = message_of(check, found, *args, "loss")
        assert message.startswith("loss is not what can be compared with numbers.\n  found     ")
    with pytest.raises(CheckFailed):
        assert_gradient(np.sum, np.ones(1), found, "dx")
    with pytest.raises(CheckFailed):
        assert_gradient(lambda x: found, np.ones(1), np.ones(1), "dx")
    with pytest.raises(CheckFailed):
        assert_agreement(lambda: (1.0, 1.0), lambda: found, ())
    with pytest.raises(CheckFailed):
        assert_agreement(lambda: found, lambda: (1.0, 1.0), ())


@given(st.recursive(
    st.none() | st.text(max_size=3) | st.floats() | st.integers() | st.complex_numbers() | hnp.arrays(
        st.sampled_from([np.float64, np.float16, np.int8, np.uint64, np.bool_, np.complex64, object, "U3"]), shapes),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=6), hnp.arrays(np.float64, shapes, elements=st.floats(-9, 9)))
@settings(max_examples=300)
def test_whatever_is_found_a_check_passes_or_fails_clearly(found, expected):
    for check in (assert_close, assert_labels):
        try:
            check(found, expected, "x")
        except CheckFailed as failure:
            assert "found" in str(failure)
    for call in (
        lambda: assert_gradient(lambda x: np.sum(x**2), expected, found, "dx", num_checks=3),
        lambda: assert_agreement(lambda: found, lambda: found, (), names=("a", "b")),
        lambda: assert_shape(found, (2,), "x"),
    ):
        try:
            call()
        except CheckFailed as failure:
            assert "expected" in str(failure) or "finite" in str(failure)


PATTERNS = {
    "twice the expected value": lambda x: 2 * x,
    "half the expected value": lambda x: x / 2,
    "minus the expected value": lambda x: -x,
    "the square of the expected value": lambda x: x**2,
    "the square root of the expected value": lambda x: np.sqrt(np.abs(x)),
    "17 times the expected value": lambda x: 17 * x,
    "-17 times the expected value": lambda x: -17 * x,
    "1/250 of the expected value": lambda x: x / 250,
    "1.37 times the expected value": lambda x: 1.37 * x,
    "every entry is zero": lambda x: 0 * x,
    "off by the same amount, 0.3": lambda x: x + 0.3,
    "transpose": lambda x: x.T,
    "": lambda x: x + np.arange(x.size).reshape(x.shape),
}


@given(seeds, st.sampled_from(sorted(PATTERNS)), st.integers(2, 5), st.sampled_from([np.float64, np.float32]))
def test_the_pattern_is_guessed(seed, words, n, dtype):
    expected = normal(seed, (n, n)) + np.arange(n)
    message = message_of(assert_close, PATTERNS[words](expected).astype(dtype), expected, "dW")
    assert (f"{words}\n" in message + "\n" if words and words != "transpose" else words in message)
    assert ("  pattern   " in message) == (words != "")


@given(seeds)
def test_no_pattern_is_named_unless_every_entry_fits(seed):
    expected = normal(seed, (4, 3)) + 2
    found = 2 * expected
    found[2, 1] = expected[2, 1] * 1.5
    assert "pattern" not in message_of(assert_close, found, expected, "dW")


def test_the_message_reads_like_this():
    expected = np.array([[1.0, -2.0, 0.5], [4.0, 0.25, -1.0]])
    message = message_of(assert_close, expected / 2, expected, "dW", look_at="The penalty reg * sum(W**2) has no half.")
    assert message == """\
dW[1, 0] is wrong.
  found     2
  expected  4
  off       6 of 6 entries, by up to 2 (the expected entries are about 1.9 in size)
  pattern   every entry is half the expected value
  look at   The penalty reg * sum(W**2) has no half."""


def test_a_number_is_shown_with_enough_digits():
    message = message_of(assert_close, 1.0000021, 1.0, "loss")
    assert "found     1.0000021\n" in message and "off" not in message


def test_a_transposed_shape_is_named():
    message = message_of(assert_close, np.zeros((4, 3)), np.zeros((3, 4)), "dW")
    assert message == ("dW has the wrong shape.\n  found     (4, 3)\n  expected  (3, 4)\n"
                       "  pattern   the axes are the other way round\n"
                       "  factors   write the shape of each factor beside the line that makes it")
    assert "look at   the hint" in message_of(assert_shape, np.zeros((4, 3)), (3, 4), "dW", look_at="the hint")


def test_nan_and_infinity_are_placed_and_explained():
    found = np.ones((3, 2))
    found[2, 0] = np.nan
    message = message_of(assert_close, found, np.ones((3, 2)), "dW")
    assert message.startswith("dW[2, 0] is not a finite number.")
    assert "0/0" in message and "1 nan of 6 entries" in message
    assert "exp of a large number" in message_of(assert_close, np.inf, 1.0, "loss")
    message = message_of(assert_close, np.ones(2), np.array([1, np.nan]), "dW")
    assert message.startswith("expected dW[1] is not a finite number.")
    assert_finite(np.ones(3), "dW")
    assert_finite(np.array([], dtype=int), "dW")


def test_an_argument_that_is_changed_is_named():
    before = normal(0, (3, 4)), np.array([0, 2, 1])
    X, y = fresh(*before)
    assert_unchanged((X, y), before, "X y")
    y[1] = 0
    message = message_of(assert_unchanged, (X, y), before, "X y")
    assert message.startswith("y is no longer what it was before the call.") and "in place" in message
    X[2, 3] = np.nan
    assert message_of(assert_unchanged, (X, y), before, "X y").startswith("X is")
    assert message_of(assert_unchanged, [np.zeros(2)], [np.zeros(3)], "w").startswith("w is")


def test_an_argument_in_another_shape_or_put_back_up_to_rounding_is_unchanged():
    x = normal(0, (4, 3))
    assert_unchanged([x.reshape(2, 6), x + 1e-14], [x, x], "x y")


def test_rounding_where_zero_is_expected_is_forgiven():
    assert_close(1e-13 * normal(0, 5), np.zeros(5), "db")
    assert_close(np.float32(3e-7) * normal(0, 5).astype("f"), np.zeros(5), "db")
    assert_close(np.array([1e-16, 1, 2]), np.array([0.0, 1, 2]), "db")
    assert_close(np.zeros(3), np.array([1e-217, 0, 0]), "db")
    assert "1e-10" in message_of(assert_close, np.full(5, 1e-10), np.zeros(5), "db")


def test_one_huge_entry_does_not_hide_errors_elsewhere():
    expected = np.ones(10_000)
    expected[0] = 1e5
    found = expected.copy()
    found[5] = 1.01
    assert message_of(assert_close, found, expected, "x").startswith("x[5] is wrong.")


def test_huge_and_tiny_numbers_are_compared_too():
    for scale in (1e-8, 1e300, 1.7e308):
        expected = scale * np.array([1.0, -1.0, 0.5])
        assert_close(expected * (1 + 1e-8), expected, "x")
        assert "minus" in message_of(assert_close, -expected, expected, "x")


def test_a_given_rtol_counts_for_float64_and_never_makes_float32_stricter():
    assert_close(1.0005, 1.0, "loss", rtol=1e-3)
    message_of(assert_close, 1.0005, 1.0, "loss", rtol=1e-4)
    assert_close(np.float32(1.0005), 1.0, "loss", rtol=1e-4)
    assert_close(np.float32(1.005), 1.0, "loss", rtol=1e-2)


def test_a_correct_float32_distance_matrix_passes():
    rng = np.random.default_rng(0)
    X, T = rng.uniform(0, 255, (50, 768)).astype(np.float32), rng.uniform(0, 255, (70, 768)).astype(np.float32)
    X[:10] = T[:10] + 5
    expected = np.sqrt(((X.astype(float)[:, None] - T.astype(float)) ** 2).sum(-1))
    found = np.sqrt((X**2).sum(1)[:, None] + (T**2).sum(1) - 2 * X @ T.T)
    assert found.dtype == np.float32
    assert_close(found, expected, "dists")


def test_empty_arrays_are_close():
    assert_close(np.zeros((0, 3)), np.zeros((0, 3)), "x")
    message_of(assert_close, np.zeros((0, 3)), np.zeros((2, 3)), "x")


# assert_shape, assert_labels, fresh


def test_a_shape_is_exact():
    assert_shape(np.zeros((1, 3)), (1, 3), "scores")
    assert "(3,)" in message_of(assert_shape, np.zeros(3), (1, 3), "scores")
    assert_shape(3.0, (), "loss")


@given(hnp.arrays(np.int64, st.tuples(st.integers(1, 20)), elements=st.integers(0, 100)),
       st.sampled_from([np.int8, np.uint8, np.int32, np.float16, np.float32, np.float64, np.uint64]))
def test_labels_of_any_dtype_pass_and_a_changed_one_is_listed(labels, dtype):
    assert_labels(labels.astype(dtype), labels, "y_pred")
    assert_labels(labels.tolist(), labels.astype(dtype), "y_pred")
    assert_labels(labels.astype(object), labels.astype(dtype), "y_pred")
    assert_labels(labels.astype(dtype)[:, None], labels, "y_pred")
    wrong = labels.astype(dtype)
    wrong[-1] += 1
    message = message_of(assert_labels, wrong, labels, "y_pred")
    assert message.startswith(f"y_pred[{len(labels) - 1}] is wrong.") and f"expected  {labels[-1]}" in message


def test_labels_that_are_no_whole_numbers_are_named():
    assert "3.5, not a whole number" in message_of(assert_labels, [1.0, 3.5], [1, 3], "y_pred")
    assert "nan, not a whole number" in message_of(assert_labels, [1.0, np.nan], [1, 3], "y_pred")
    assert "found     True" in message_of(assert_labels, np.array([True, False]), [0, 0], "y_pred")
    many = message_of(assert_labels, np.zeros(30), np.ones(30), "y_pred")
    assert "30 of 30: [0], [1], [2], [3], [4], [5], ..." in many


def test_fresh_copies_share_nothing():
    W, config = np.ones(3), {"v": [np.ones(2)]}
    W2, config2 = fresh(W, config)
    W2 += 1
    config2["v"][0] += 1
    assert np.all(W == 1) and np.all(config["v"][0] == 1) and len(fresh(1)) == 1


# assert_gradient


def svm_loss(W, X, y, reg):
    scores = X @ W
    margins = np.maximum(0, scores - scores[np.arange(len(y)), y][:, None] + 1)
    margins[np.arange(len(y)), y] = 0
    mask = (margins > 0).astype(X.dtype)
    mask[np.arange(len(y)), y] = -mask.sum(axis=1)
    return margins.sum() / len(y) + reg * np.sum(W**2), X.T @ mask / len(y) + 2 * reg * W


def softmax_loss(W, X, y, reg):
    scores = X @ W
    scores = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y]).mean() + reg * np.sum(W**2)
    p[np.arange(len(y)), y] -= 1
    return loss, X.T @ p / len(y) + 2 * reg * W


losses = st.sampled_from([svm_loss, softmax_loss])


def linear_problem(seed, N=12, D=5, C=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(D, C)), rng.normal(size=(N, D)), rng.integers(0, C, N)


@given(losses, seeds, st.floats(0, 2), st.sampled_from([1.0, 1e-3, 30.0]))
@settings(max_examples=60, deadline=None)
def test_a_right_gradient_passes_kinks_or_not(loss, seed, reg, scale):
    W, X, y = linear_problem(seed)
    X *= scale
    dW = loss(W, X, y, reg)[1]
    assert_gradient(lambda W: loss(W, X, y, reg)[0], W, dW, "dW")
    assert_gradient(lambda W: loss(W, X, y, reg)[0], W, dW.astype(np.float32), "dW", num_checks=5)


@given(losses, seeds, st.floats(0.1, 2))
@settings(max_examples=60, deadline=None)
def test_a_right_gradient_in_float32_passes(loss, seed, reg):
    W, X, y = linear_problem(seed)
    X32 = X.astype(np.float32)

    def all_float32(W):
        return loss(W.astype(np.float32), X32, y, np.float32(reg))[0]
    assert_gradient(all_float32, W, loss(W.astype(np.float32), X32, y, np.float32(reg))[1], "dW")
    assert_gradient(lambda W: float(all_float32(W)), W, loss(W, X, y, reg)[1], "dW")
    dW = loss(W, X, y, 0.0)[1]
    on_the_way = lambda W: float(np.float32(loss(W, X, y, 0.0)[0]))     # noqa: E731  a softmax_loss in float32 alone
    assert_gradient(on_the_way, W, dW, "dW")
    if np.abs(dW).max() > 0.1:
        with pytest.raises(CheckFailed):
            assert_gradient(on_the_way, W, 1.2 * dW, "dW")


WRONG = {
    "penalty halved": lambda dW, W, reg: dW - reg * W,
    "penalty missing": lambda dW, W, reg: dW - 2 * reg * W,
    "penalty doubled": lambda dW, W, reg: dW + 2 * reg * W,
    "not averaged": lambda dW, W, reg: (dW - 2 * reg * W) * 12 + 2 * reg * W,
    "sign": lambda dW, W, reg: -dW,
    "one percent": lambda dW, W, reg: dW * 1.01,
    "one column": lambda dW, W, reg: dW * (np.arange(W.shape[1]) > 0),
    "zeros": lambda dW, W, reg: 0 * dW,
    "one entry": lambda dW, W, reg: dW + 0.05 * (np.arange(W.size) == 7).reshape(W.shape),
}


@given(losses, seeds, st.floats(0.1, 2), st.sampled_from(sorted(WRONG)))
@settings(max_examples=200, deadline=None)
def test_a_wrong_gradient_fails(loss, seed, reg, mistake):
    W, X, y = linear_problem(seed)
    dW = WRONG[mistake](loss(W, X, y, reg)[1], W, reg)
    message = message_of(assert_gradient, lambda W: loss(W, X, y, reg)[0], W, dW, "dW")
    assert "is not the slope of the function" in message


@given(seeds, st.sampled_from(sorted(set(WRONG) - {"one percent"})))
@settings(max_examples=60, deadline=None)
def test_a_wrong_gradient_in_float32_fails(seed, mistake):
    W, X, y = linear_problem(seed)
    X, reg = X.astype(np.float32), np.float32(0.5)
    dW = WRONG[mistake](softmax_loss(W.astype(np.float32), X, y, reg)[1], W.astype(np.float32), reg)
    message_of(assert_gradient, lambda W: softmax_loss(W.astype(np.float32), X, y, reg)[0], W, dW, "dW")


def test_what_rounding_leaves_of_a_gradient_is_none_where_a_loss_in_float32_does_not_change():
    def loss(b):                                             # the mean is subtracted, as a normalization does
        shifted = np.float32(1.7) * (X + b)
        return float(np.sum(np.float32(0.31) * np.abs(np.round(shifted - shifted.mean(axis=0), 3)).astype(np.float32)))

    X, b = np.random.default_rng(3).normal(size=(4, 3)).astype(np.float32), np.full(3, 0.25)
    left = np.array([-1.2e-7, 3e-8, 0.0], dtype=np.float32)
    assert_gradient(loss, b, left, "db")
    assert_gradient(lambda b: loss(b) + 1 / 3, b, left, "db")                   # a penalty in float64 beside it
    with pytest.raises(CheckFailed):
        assert_gradient(lambda b: loss(b) + 1 / 3, b, left.astype(np.float64), "db")
    for wrong in (left + np.float32(0.01), np.array([0.0, 1e-3, 0.0], dtype=np.float32)):
        with pytest.raises(CheckFailed):
            assert_gradient(loss, b, wrong, "db")


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_an_array_needs_its_upstream_gradient(seed):
    rng = np.random.default_rng(seed)
    x, w, dout = rng.normal(size=(4, 2, 3)), rng.normal(size=(6, 5)), rng.normal(size=(4, 5))
    dx = (dout @ w.T).reshape(x.shape)
    assert_gradient(lambda x: x.reshape(4, -1) @ w, x, dx, "dx", dout=dout)
    assert_gradient(lambda x: (x.reshape(4, -1) @ w)[:, None], x, dx.reshape(1, 4, 2, 3), "dx", dout=dout)
    message = message_of(assert_gradient, lambda x: x.reshape(4, -1) @ w, x, 2 * dx, "dx", dout=dout)
    assert "twice the expected value" in message
    message = message_of(assert_gradient, lambda x: x.reshape(4, -1) @ w, x, dx, "dx")
    assert message.startswith("dx check: f(x) has the wrong shape.")


def test_kinks_are_skipped_and_counted():
    x = np.array([0.0, 1.0, -2.0, 0.0, 3e-6])
    for at_zero in (0, 1, 0.5):
        assert_gradient(lambda x: np.sum(np.maximum(x, 0)), x, np.array([at_zero, 1, 0, at_zero, 1]), "dx")
    message = message_of(assert_gradient, lambda x: np.sum(np.maximum(x, 0)), x, np.array([0.0, 1, 7, 1, 1]), "dx")
    assert message.startswith("dx[2] is not the slope") and "off       1 of 5 coordinates checked" in message
    assert "skipped   2 of them, because of kinks" in message


def test_a_gradient_with_kinks_alone_cannot_be_checked():
    message = message_of(assert_gradient, lambda x: np.sum(np.abs(x)), np.zeros(4), np.zeros(4) + 0.5, "dx")
    assert message.startswith("dx cannot be checked: the function has a kink at each of 4 coordinates.")


def test_a_gradient_far_outside_the_slopes_beside_a_kink_is_wrong():
    message_of(assert_gradient, lambda x: np.sum(np.maximum(x, 0)), np.array([0.0, 1]), np.array([50.0, 1]), "dx")


def test_noise_in_a_large_gradient_does_not_fail_its_tiny_entries():
    x = np.array([1.0, 1e-9, 2.0])
    scale = np.array([1e4, 1.0, 1e3])
    assert_gradient(lambda x: np.sum(scale * x**2), x, 2 * scale * x, "dx")


def test_coordinates_are_drawn_by_the_generator():
    x, seen = np.zeros((30, 10)), []

    def f(x):
        seen.append(tuple(np.flatnonzero(x)))
        return np.sum(x)
    assert_gradient(f, x, np.ones_like(x), "dx", num_checks=4, rng=np.random.default_rng(3))
    first = {i for i in seen if len(i) == 1}
    assert len(first) == 4
    seen.clear()
    assert_gradient(f, x, np.ones_like(x), "dx", num_checks=4, rng=np.random.default_rng(4))
    assert first != {i for i in seen if len(i) == 1}
    assert_gradient(f, x, np.ones_like(x), "dx", num_checks=10**9)


def test_a_function_that_changes_its_argument_does_no_harm():
    x = np.array([1.0, -2.0, 3.0])

    def f(x):
        x *= x
        return x.sum()
    assert_gradient(f, x, 2 * x, "dx")
    assert np.array_equal(x, [1, -2, 3])


def test_integers_and_numbers_are_points_too():
    assert_gradient(lambda x: x**3, 2, 12, "dx")
    assert_gradient(lambda x: (x**2).sum(), np.array([1, 2, 3], dtype=np.float32), np.array([2, 4, 6]), "dx")
    assert message_of(assert_gradient, lambda x: x**3, 2, 11, "dx").startswith("dx is not the slope")


def test_an_error_of_the_function_comes_through_unchanged():
    def stub(x):
        raise NotImplementedError("stub is not implemented yet")
    with pytest.raises(NotImplementedError, match="stub is"):
        assert_gradient(stub, np.ones(2), np.ones(2), "dx")


# assert_agreement


def right(W):
    return np.sum(W**2), 2 * W


def wrong(W):
    return np.sum(W**2), 4 * W


def stub(W):
    raise NotImplementedError("stub is not implemented yet")


def crashes(W):
    return W[100]


def spoils_its_argument(W):
    W *= 2
    return np.sum(W**2) / 4, W


W = np.array([[1.0, -2.0], [0.5, 3.0], [-1.0, 4.0]])


def test_versions_that_agree_pass_and_others_fail():
    assert_agreement(right, right, (W,))
    assert_agreement(spoils_its_argument, right, (W,))
    assert_agreement(right, spoils_its_argument, (W,), expected=right(W))
    message = message_of(assert_agreement, right, wrong, (W,), look_at="the factor")
    assert message.startswith("wrong: dW[2, 1] is wrong.") and "twice" in message and "look at   the factor" in message
    assert message.endswith("beside    right has what is expected here; one of the two is wrong")
    assert message_of(assert_agreement, right, wrong, (W,), expected=right(W)).endswith("right is right here")


def test_one_name_takes_a_bare_value():
    assert_agreement(lambda W: W, lambda W: W, (W,), names=("dists",))
    assert_agreement(lambda W: W, lambda W: W, (W,), names=("dists",), expected=W)
    message_of(assert_agreement, lambda W: W, lambda W: (W, W), (W,), names=("dists",))


@pytest.mark.parametrize("looped, why", [(stub, "not implemented yet"), (wrong, "not right"), (crashes, "not right")])
def test_where_there_is_nothing_to_agree_with_this_is_said_and_the_expected_value_decides(looped, why, capsys):
    assert_agreement(looped, right, (W,), expected=right(W))
    printed = capsys.readouterr().out
    assert looped.__name__ in printed and why in printed and "right was not compared with it" in printed
    message_of(assert_agreement, looped, wrong, (W,), expected=right(W))


def test_without_an_expected_value_a_missing_version_is_skipped_and_a_broken_one_raises(capsys):
    assert_agreement(stub, right, (W,))
    assert "not implemented yet" in capsys.readouterr().out
    with pytest.raises(IndexError):
        assert_agreement(crashes, right, (W,))
    with pytest.raises(NotImplementedError):
        assert_agreement(right, stub, (W,))


def test_a_result_of_the_wrong_length_is_described():
    message = message_of(assert_agreement, right, lambda W: 1.0, (W,))
    assert "loss, dW: a tuple of 2" in message and "a value of type float" in message
    assert "a tuple of 3: float, float, None" in message_of(assert_agreement, right, lambda W: (1.0, 2.0, None), (W,))


def test_a_looped_version_with_nan_is_named():
    message = message_of(assert_agreement, lambda W: (1.0, W * np.nan), right, (W,))
    assert "<lambda>: dW[0, 0] is not a finite number" in message
