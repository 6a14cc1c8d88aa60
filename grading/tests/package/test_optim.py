"""The update rules against torch's and against what follows from their formulas; the schedules against the note's."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_optim import CASES, NUM_STEPS, START, gradient, stored_path, torch_path

from cs231n import optim

DEFAULTS = {
    "sgd": {"learning_rate": 1e-2},
    "sgd_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "nesterov_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "adagrad": {"learning_rate": 1e-2, "epsilon": 1e-8},
    "rmsprop": {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8},
    "adam": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
}
MEMORY = {"sgd": [], "sgd_momentum": ["velocity"], "nesterov_momentum": ["velocity"], "adagrad": ["cache"],
          "rmsprop": ["cache"], "adam": ["m", "v"]}
RULES = list(DEFAULTS)

examples = settings(max_examples=40, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def walk(rule, w, gradients, config=None):
    """The weights after each step, and the config in the end."""
    path = []
    for dw in gradients:
        w, config = getattr(optim, rule)(w, dw, config)
        path.append(w)
    return path, config


def our_path(case):
    _, _, rule, config = CASES[case]
    w, config, path = START, dict(config), []
    for step in range(1, NUM_STEPS + 1):
        w, config = getattr(optim, rule)(w, gradient(w, step), config)
        path.append(w)
    return np.array(path)


# against torch


@pytest.mark.parametrize("case", CASES)
def test_a_rule_takes_the_steps_that_are_stored_from_torch(case):
    path = our_path(case)
    for step, expected in stored_path(case).items():
        np.testing.assert_allclose(path[step - 1], expected, rtol=1e-10)


@pytest.mark.parametrize("case", CASES)
def test_a_rule_takes_the_steps_of_torch_itself(case):
    pytest.importorskip("torch", reason="torch is not installed; the stored steps are compared all the same")
    np.testing.assert_allclose(our_path(case), torch_path(case), rtol=1e-10)


# what follows from the formulas


@examples
@given(seed=seeds, steps=st.integers(1, 6), momentum=st.floats(0, 0.99))
def test_under_a_constant_gradient_the_velocity_is_a_geometric_series(seed, steps, momentum):
    g = np.random.default_rng(seed).standard_normal(4)
    _, config = walk("sgd_momentum", np.zeros(4), [g] * steps, {"learning_rate": 0.1, "momentum": momentum})
    np.testing.assert_allclose(config["velocity"], -0.1 * g * sum(momentum**k for k in range(steps)))


@examples
@given(seed=seeds, momentum=st.floats(0, 0.99))
def test_nesterov_is_momentum_with_the_gradient_taken_one_velocity_ahead(seed, momentum):
    rng = np.random.default_rng(seed)
    curvature, x = rng.uniform(0.1, 2, size=5), rng.standard_normal(5)
    w, v, config = x.copy(), np.zeros(5), {"learning_rate": 0.1, "momentum": momentum}
    for _ in range(6):
        v = momentum * v - 0.1 * curvature * (x + momentum * v)      # Nesterov's own form: x, and a look ahead
        x = x + v
        w, config = optim.nesterov_momentum(w, curvature * w, config)
        np.testing.assert_allclose(w, x + momentum * v, atol=1e-12)


@pytest.mark.parametrize("rule", ["sgd_momentum", "nesterov_momentum"])
def test_without_momentum_a_rule_is_sgd(rule):
    gradients = np.random.default_rng(0).standard_normal((5, 3))
    found, _ = walk(rule, np.ones(3), gradients, {"momentum": 0.0})
    expected, _ = walk("sgd", np.ones(3), gradients)
    np.testing.assert_allclose(found, expected)


def test_adagrads_steps_under_a_constant_gradient_fall_as_one_over_the_root_of_their_number():
    path, _ = walk("adagrad", np.zeros(2), [np.array([3.0, -0.02])] * 5, {"learning_rate": 1.0})
    lengths = [1 / math.sqrt(step) for step in range(1, 6)]
    np.testing.assert_allclose(path, np.outer(np.cumsum(lengths), [-1, 1]), rtol=1e-5)


def test_rmsprops_steps_under_a_constant_gradient_fall_to_the_learning_rate():
    path, _ = walk("rmsprop", np.zeros(1), [np.array([7.0])] * 200, {"learning_rate": 0.5, "decay_rate": 0.9})
    lengths = -np.diff(np.ravel(path))
    assert (np.diff(lengths) <= 0).all()
    assert lengths[-1] == pytest.approx(0.5)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_adams_steps_under_a_constant_gradient_have_the_length_of_the_learning_rate_from_the_first_on(scale):
    path, config = walk("adam", np.zeros(2), [np.array([scale, -scale])] * 4, {"learning_rate": 0.25})
    np.testing.assert_allclose(path, np.outer([1, 2, 3, 4], [-0.25, 0.25]), rtol=1e-4)
    assert config["t"] == 4


@pytest.mark.parametrize("rule", ["adagrad", "rmsprop", "adam"])
def test_where_there_was_never_a_gradient_the_weight_stays(rule):
    path, _ = walk(rule, np.array([1.0, 1.0]), [np.array([0.0, 1.0])] * 3)
    assert path[-1][0] == 1.0
    assert path[-1][1] < 1.0


# the form of a rule


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("config", [None, {}], ids=["none", "empty"])
def test_missing_settings_get_the_defaults_of_the_course(rule, config):
    w, dw = np.ones((2, 3)), np.full((2, 3), 0.5)
    next_w, found = getattr(optim, rule)(w, dw, config if config is None else dict(config))
    assert {key: found[key] for key in DEFAULTS[rule]} == DEFAULTS[rule]
    assert set(found) - set(DEFAULTS[rule]) == set(MEMORY[rule]) | ({"t"} if rule == "adam" else set())
    np.testing.assert_array_equal(next_w, getattr(optim, rule)(w, dw, dict(DEFAULTS[rule]))[0])


@pytest.mark.parametrize("rule", RULES)
def test_settings_stay_as_they_are_handed_in(rule):
    settings = {key: value / 2 for key, value in DEFAULTS[rule].items()}
    _, config = walk(rule, np.ones(3), [np.ones(3)] * 3, dict(settings))
    assert {key: config[key] for key in settings} == settings


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (2, 1, 3)], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shape_and_dtype_are_kept_and_no_array_is_written_to(rule, shape, dtype):
    rng = np.random.default_rng(0)
    w, config = rng.standard_normal(shape).astype(dtype), None
    for _ in range(3):
        dw = rng.standard_normal(shape).astype(dtype)
        arrays = [np.asarray(w), np.asarray(dw), *(np.asarray((config or {}).get(key, 0)) for key in MEMORY[rule])]
        for array in arrays:
            array.flags.writeable = False
        w, config = getattr(optim, rule)(w, dw, config)
        assert np.shape(w) == shape
        assert {np.asarray(array).dtype for array in (w, *(config[key] for key in MEMORY[rule]))} == {np.dtype(dtype)}


@pytest.mark.parametrize("rule", RULES)
def test_the_docstring_names_every_setting_with_its_default_and_every_memory(rule):
    described = getattr(optim, rule).__doc__
    for key, value in DEFAULTS[rule].items():
        line = next(line for line in described.splitlines() if line.strip().startswith(f"- {key}:"))
        assert float(line.split("default ")[1].split(";")[0]) == value
    assert all(f"- {key}:" in described for key in MEMORY[rule])


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_finds_the_bottom_of_a_bowl(rule):
    curvature, w, config = np.array([1.0, 10.0]), np.array([1.0, -1.0]), {"learning_rate": 0.02}
    for _ in range(2000):
        w, config = getattr(optim, rule)(w, curvature * w, config)
    assert np.abs(w).max() < 0.1


# schedules


@pytest.mark.parametrize(
    ("schedule", "arguments", "expected"),
    [
        ("step_decay", {}, {0: 0.8, 9: 0.8, 10: 0.4, 19: 0.4, 20: 0.2, 35: 0.1}),
        ("step_decay", {"drop": 0.1, "every": 1}, {0: 0.8, 1: 0.08, 3: 0.0008}),
        ("step_decay", {"drop": 1.0, "every": 3}, {0: 0.8, 50: 0.8}),
        ("exponential_decay", {}, {0: 0.8, 1: 0.8 / math.e**0.1, 20: 0.8 / math.e**2}),
        ("exponential_decay", {"decay": math.log(2)}, {1: 0.4, 3: 0.1}),
        ("inverse_time_decay", {}, {0: 0.8, 10: 0.4, 30: 0.2}),
        ("inverse_time_decay", {"decay": 1.0}, {1: 0.4, 3: 0.2}),
    ],
)
def test_a_schedule_has_the_rates_worked_out_by_hand(schedule, arguments, expected):
    for epoch, rate in expected.items():
        assert getattr(optim, schedule)(0.8, epoch, **arguments) == pytest.approx(rate, rel=1e-12)
