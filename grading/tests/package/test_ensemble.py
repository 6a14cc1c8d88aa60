"""Averages of parameters and of predictions."""

import numpy as np
import pytest

from cs231n import ensemble
from cs231n.classifiers import FullyConnectedNet
from cs231n.solver import Solver


class Oracle:
    """A model that says the same about every example, in probabilities."""

    def __init__(self, *probs):
        self.scores = np.log(probs) + 3.0

    def loss(self, X):
        return np.tile(self.scores, (len(X), 1))


def test_the_mean_probability_decides_and_not_the_mean_score():
    models = [Oracle(0.98, 0.015, 0.005), Oracle(0.06, 0.5, 0.44), Oracle(0.06, 0.5, 0.44)]
    X = np.zeros((4, 2))
    np.testing.assert_allclose(ensemble.predict_proba(models, X), np.tile([1.1 / 3, 1.015 / 3, 0.885 / 3], (4, 1)))
    assert ensemble.predict(models, X).tolist() == [0, 0, 0, 0]
    assert np.argmax(sum(model.scores for model in models)) == 1


def test_the_mean_of_parameters_is_taken_name_by_name_and_is_a_new_array():
    first, second = {"W1": np.zeros((2, 3)), "b1": np.ones(3)}, {"W1": np.ones((2, 3)), "b1": np.ones(3)}
    mean = ensemble.average_params([first, second])
    assert {name: array.tolist() for name, array in mean.items()} == {"W1": [[0.5] * 3] * 2, "b1": [1.0] * 3}
    ensemble.average_params([first])["b1"][:] = 7
    assert first["b1"].tolist() == [1.0] * 3


@pytest.mark.parametrize("other", [{"W1": np.zeros((3, 2))}, {"W1": np.zeros((2, 3)), "b1": np.zeros(3)}])
def test_parameters_of_different_nets_are_not_averaged(other):
    with pytest.raises(ValueError, match="number 1 of the list .* only nets of the same form"):
        ensemble.average_params([{"W1": np.zeros((2, 3))}, other])


def test_no_parameters_have_no_mean():
    with pytest.raises(ValueError, match="the list is empty"):
        ensemble.average_params([])


def test_the_checkpoints_of_a_run_can_be_averaged(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 3)), rng.integers(2, size=20)
    net = FullyConnectedNet([4], input_dim=3, num_classes=2, dtype=np.float64, seed=0)
    Solver(net, {"X_train": X, "y_train": y, "X_val": X, "y_val": y}, batch_size=5, num_epochs=3, verbose=False,
           checkpoint_name=tmp_path / "run", rng=rng).train()
    several = [ensemble.read_params(tmp_path / f"run_epoch_{epoch}.pkl") for epoch in (1, 2, 3)]
    assert (several[0]["W1"] != several[2]["W1"]).all()
    net.params = ensemble.average_params(several)
    np.testing.assert_allclose(net.params["W1"], sum(params["W1"] for params in several) / 3)
    assert net.loss(X).shape == (20, 2)
