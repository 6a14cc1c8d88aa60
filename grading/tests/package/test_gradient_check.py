"""Gradient checks: right gradients agree, wrong ones are caught, kinks are recognised."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cs231n.gradient_check import (
    eval_numerical_gradient,
    eval_numerical_gradient_array,
    eval_numerical_gradient_blobs,
    eval_numerical_gradient_net,
    grad_check_sparse,
    is_kink,
    relative_error,
)

examples = settings(max_examples=60, deadline=None, derandomize=True)


def smooth(x):
    return np.sum(np.sin(x) * x**2)


def smooth_gradient(x):
    return np.cos(x) * x**2 + 2 * x * np.sin(x)


def hinge(x):
    return np.maximum(0, x).sum()


def printed_errors(capsys):
    return [float(found) for found in re.findall(r"relative error: (\S+)", capsys.readouterr().out)]


# relative error


def test_relative_error_is_the_course_formula():
    assert relative_error(np.array([1.0, 2.0]), np.array([1.0, 3.0])) == pytest.approx(1 / 5)
    assert relative_error(1e-10, 0.0) == pytest.approx(1e-2)


def test_relative_error_is_zero_for_zeros_and_for_nothing():
    assert relative_error(np.zeros(3), np.zeros(3)) == 0.0
    assert relative_error(np.zeros((0, 4)), np.zeros((0, 4))) == 0.0


def test_relative_error_of_unsigned_integers_does_not_wrap_around():
    assert relative_error(np.array([3], dtype=np.uint8), np.array([5], dtype=np.uint8)) == pytest.approx(1 / 4)


def test_relative_error_never_hides_a_nan():
    assert np.isnan(relative_error(np.array([1.0, np.nan]), np.array([1.0, 1.0])))


# numerical gradients


@examples
@given(shape=st.lists(st.integers(1, 4), max_size=3).map(tuple), seed=st.integers(0, 1000))
def test_the_numerical_gradient_of_a_smooth_function_is_its_derivative(shape, seed):
    x = np.array(np.random.default_rng(seed).standard_normal(shape))
    before = x.copy()
    np.testing.assert_allclose(eval_numerical_gradient(smooth, x), smooth_gradient(x), rtol=1e-6, atol=1e-8)
    np.testing.assert_array_equal(x, before)


def test_the_function_may_read_the_array_from_elsewhere():
    x = np.array([1.0, -2.0])
    assert eval_numerical_gradient(lambda _: np.sum(x**2), x) == pytest.approx([2.0, -4.0])


def test_the_array_is_put_back_when_the_function_raises():
    x = np.array([1.0, 2.0])

    def fails(x):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        eval_numerical_gradient(fails, x)
    assert x.tolist() == [1.0, 2.0]


def test_partial_derivatives_are_printed_on_request_only(capsys):
    x = np.array([[1.0, 2.0]])
    eval_numerical_gradient(smooth, x)
    assert capsys.readouterr().out == ""
    eval_numerical_gradient(smooth, x, verbose=True)
    assert [line.split(") ")[0] for line in capsys.readouterr().out.splitlines()] == ["(0, 0", "(0, 1"]


def test_upstream_gradients_are_passed_through_a_function_of_arrays():
    rng = np.random.default_rng(0)
    x, w, dout = (rng.standard_normal(shape) for shape in [(3, 4), (4, 2), (3, 2)])
    np.testing.assert_allclose(eval_numerical_gradient_array(lambda x: x @ w, x, dout), dout @ w.T, rtol=1e-8)


def test_a_function_may_return_its_own_argument():
    x, dout = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    assert eval_numerical_gradient_array(lambda x: x, x, dout) == pytest.approx(dout)


@pytest.mark.parametrize("x", [np.array([1, 2]), np.ones(2, dtype=np.float32), [1.0, 2.0]], ids=["int", "f32", "list"])
@pytest.mark.parametrize(
    "check",
    [
        lambda x: eval_numerical_gradient(smooth, x),
        lambda x: eval_numerical_gradient_array(np.sin, x, np.ones(2)),
        lambda x: is_kink(smooth, x, (0,)),
        lambda x: grad_check_sparse(smooth, x, np.ones(2)),
    ],
    ids=["number", "array", "kink", "sparse"],
)
def test_anything_but_float64_is_refused_since_the_step_would_be_lost(check, x):
    with pytest.raises(TypeError, match="must be an array of float64, but it is"):
        check(x)


def test_blobs_get_the_gradients_of_what_the_function_writes():
    a, b = (SimpleNamespace(vals=np.array(vals), diffs=np.zeros(2)) for vals in ([1.0, 2.0], [3.0, 5.0]))
    output = SimpleNamespace(vals=np.zeros(2), diffs=np.array([1.0, 10.0]))

    def multiply(a, b, output):
        output.vals = a.vals * b.vals

    da, db = eval_numerical_gradient_blobs(multiply, (a, b), output)
    assert da == pytest.approx([3.0, 50.0])
    assert db == pytest.approx([1.0, 20.0])

    net = SimpleNamespace(forward=lambda: multiply(a, b, output))
    da, db = eval_numerical_gradient_net(net, (a, b), output)
    assert da == pytest.approx([3.0, 50.0])
    assert db == pytest.approx([1.0, 20.0])


# kinks


@pytest.mark.parametrize("offset", [0.0, 1e-7, -3e-6, 1e-5 / 3, 0.9e-6, 9e-6])
@pytest.mark.parametrize("others", [0.0, 1000.0])
def test_a_kink_within_a_step_of_the_point_is_recognised(offset, others):
    assert is_kink(lambda x: hinge(x) + others, np.array([offset]), (0,))


def test_a_kink_of_an_array_function_is_seen_through_the_upstream_gradient():
    x = np.array([0.0, 1.0])
    assert is_kink(lambda x: np.maximum(0, x), x, (0,), df=np.array([2.0, 1.0]))
    assert not is_kink(lambda x: np.maximum(0, x), x, (0,), df=np.array([0.0, 1.0]))
    assert not is_kink(lambda x: np.maximum(0, x), x, (1,), df=np.array([2.0, 1.0]))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.sum(x**2),
        lambda x: np.sum(x**4),
        lambda x: x[0] ** 4,
        lambda x: 1e6 * np.sum(x**2),
        lambda x: np.exp(5 * x).sum(),
        lambda x: np.log(np.exp(30 * x).sum()),
        lambda x: 1e3 + np.cos(x).sum(),
        lambda x: 1e6 + np.cos(x).sum(),
        lambda x: 3.0,
        lambda x: 7 * x.sum() - 1e4,
    ],
)
def test_curvature_is_not_taken_for_a_kink(function):
    x = np.array([0.0, 0.3, -1.2])
    assert not any(is_kink(function, x, (i,)) for i in range(3))


@examples
@given(seed=st.integers(0, 10**6))
def test_a_softmax_loss_has_no_kinks(seed):
    rng = np.random.default_rng(seed)
    X, W, y = rng.standard_normal((8, 5)), 3 * rng.standard_normal((5, 4)), rng.integers(4, size=8)

    def loss(W):
        scores = X @ W
        return np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(8), y]) + 0.5 * np.sum(W**2)

    assert not any(is_kink(loss, W, index) for index in np.ndindex(W.shape))


@examples
@given(seed=st.integers(0, 10**6), distance=st.floats(-0.95, 0.95), example=st.integers(0, 199))
def test_one_kink_among_two_hundred_hinges_is_found(seed, distance, example):
    rng = np.random.default_rng(seed)
    X, w = rng.uniform(1, 2, size=(200, 3)), rng.standard_normal(3)
    offsets = np.sign(rng.standard_normal(200)) - X @ w
    offsets[example] = -X[example] @ w + distance * 1e-5 * X[example, 1]
    assert is_kink(lambda w: np.maximum(0, X @ w + offsets).mean(), w, (1,))


# the sparse check


def test_a_right_gradient_agrees_at_every_coordinate(capsys):
    x = np.random.default_rng(0).standard_normal((6, 7))
    assert grad_check_sparse(smooth, x, smooth_gradient(x), num_checks=12, rng=np.random.default_rng(1)) is None
    errors = printed_errors(capsys)
    assert len(errors) == 12
    assert max(errors) < 1e-6


@pytest.mark.parametrize("wrong", [lambda g: 2 * g, lambda g: -g, lambda g: g + 0.01, lambda g: g * 2.001 / 2])
def test_a_wrong_gradient_shows_in_the_relative_error(wrong, capsys):
    x = np.random.default_rng(0).uniform(1, 1.5, size=(4, 4))
    grad_check_sparse(smooth, x, wrong(smooth_gradient(x)))
    assert min(printed_errors(capsys)) > 1e-4


def test_a_kink_is_skipped_with_a_line_that_says_so(capsys):
    x = np.array([1.0, 0.0, -1.0])
    grad_check_sparse(hinge, x, np.array([1.0, 0.0, 0.0]))
    lines = sorted(capsys.readouterr().out.splitlines())
    assert len(lines) == 3
    assert lines[2].startswith("skipped (1,)") and "kink" in lines[2]
    assert all("relative error: 0.0" in line or "e-1" in line for line in lines[:2])


def test_coordinates_are_all_different_and_no_more_than_there_are(capsys):
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    grad_check_sparse(smooth, x, smooth_gradient(x), num_checks=10)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(set(lines)) == 4


def test_coordinates_are_fixed_by_a_generator_and_by_numpys_seed(capsys):
    x = np.random.default_rng(0).standard_normal((20, 20))

    def lines(**kwargs):
        grad_check_sparse(smooth, x, smooth_gradient(x), **kwargs)
        return capsys.readouterr().out

    assert lines(rng=np.random.default_rng(7)) == lines(rng=np.random.default_rng(7))
    assert lines(rng=np.random.default_rng(7)) != lines(rng=np.random.default_rng(8))
    np.random.seed(3)
    first = lines()
    np.random.seed(3)
    assert lines() == first


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"shape \(1, 3\), but x has shape \(3,\)"):
        grad_check_sparse(smooth, np.ones(3), np.ones((1, 3)))


def test_the_array_is_left_as_it_was():
    x = np.array([0.1, 0.0, -0.7])
    before = x.copy()
    grad_check_sparse(hinge, x, np.zeros(3))
    np.testing.assert_array_equal(x, before)
