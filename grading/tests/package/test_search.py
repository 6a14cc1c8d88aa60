"""cs231n/search.py against scikit-learn, scikit-optimize and arithmetic; the kept trainings against themselves."""

import numpy as np
import pytest
from sklearn_search import CASES, inputs, measured, stored

from cs231n import search, tried


def found(case):
    X, y, X_new, length, scale, noise = inputs(case)
    mean, std = search.gp_posterior(X, y, X_new, length, scale, noise)
    return {"kernel": search.kernel(X, X_new, length, scale), "mean": mean, "std": std,
            "improvement": search.expected_improvement(mean, std, y.max())}


@pytest.mark.parametrize("case", CASES)
def test_the_process_and_the_expected_improvement_are_those_of_sklearn_and_skopt(case):
    for name, values in stored(case).items():
        np.testing.assert_allclose(found(case)[name], values, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("case", CASES)
def test_the_stored_numbers_are_those_of_the_libraries_where_they_are_installed(case):
    pytest.importorskip("skopt")
    for name, values in measured(case).items():
        np.testing.assert_allclose(values, stored(case)[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_halving_pays_for_what_it_looks_at():
    rng = np.random.default_rng(0)
    accuracies = rng.permutation(81 * 4).reshape(81, 4) / 1000
    best, trained = search.successive_halving(accuracies, np.array([1, 3, 9, 27]))
    assert [np.sum(trained >= epochs) for epochs in (1, 3, 9, 27)] == [81, 27, 9, 3]
    assert trained.sum() == 9 * 27                                   # as much as nine trainings to the end
    assert trained[best] == 27


def test_a_gain_has_the_error_that_repeated_draws_of_images_show():
    rng = np.random.default_rng(0)
    pairs = np.array([[1, 1]] * 5 + [[0, 0]] * 3 + [[1, 0]] * 2 + [[0, 1]], dtype=bool)     # now, before
    gains = [search.accuracy_gain(*pairs[rng.integers(len(pairs), size=400)].T) for _ in range(500)]
    assert np.mean([error for _, error in gains]) == pytest.approx(np.std([gain for gain, _ in gains]), rel=0.15)


def test_the_kept_trainings_fill_the_cube_and_are_counts_of_images():
    places, (val, test) = tried.places(), tried.accuracies()
    assert places.shape == (1377, 3) and val.shape == (1377, 4) and test.shape == (1377,)
    assert {tuple(place) for place in places.tolist()} >= {(0, 0, 0), (1, 1, 1), (0.5, 0.5, 0.5)}
    assert val.min() > 0 and 0.35 < val.max() < 0.45
    settings = search.to_settings(places, tried.LOW, tried.HIGH, np.ones(3, dtype=bool))
    best = settings[np.argmax(val[:, -1])]
    assert np.all(best > tried.LOW) and np.all(best < tried.HIGH)    # inside the ranges, not at their edges


def test_a_training_is_the_same_again_and_one_that_explodes_ends():
    rng = np.random.default_rng(1)
    data = {"X_train": rng.normal(size=(100, 192)).astype(np.float32), "y_train": rng.integers(10, size=100)}
    (first, net), (again, _) = (tried.train(data, 0.02, 0.1, 1e-3, num_epochs=2) for _ in range(2))
    assert len(first) == 2 and all(np.array_equal(first[1][name], again[1][name]) for name in net.params)
    assert 0 <= tried.right(net, first[1], data["X_train"], data["y_train"]) <= 100
    assert len(tried.train(data, 1e6, 1.0, 1.0, num_epochs=3)[0]) == 3
