"""The Solver trains any model with params and a loss, and keeps an honest record."""

import pickle

import numpy as np
import pytest

from cs231n import optim
from cs231n.classifiers import TwoLayerNet
from cs231n.solver import Solver


@pytest.fixture
def data():
    """Two well separated clusters: 60 examples to train on, 20 to validate."""
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=80)
    X = np.where(y == 1, 2.0, -2.0)[:, None] + rng.standard_normal((80, 4)) * 0.5
    return {"X_train": X[:60], "y_train": y[:60], "X_val": X[60:], "y_val": y[60:]}


@pytest.fixture
def net():
    np.random.seed(0)
    return TwoLayerNet(input_dim=4, hidden_dim=8, num_classes=2, weight_scale=0.1)


class Countdown:
    """A model whose only weight w falls by the learning rate with each step; its score is right at one value of w.

    It remembers the size of every batch of which it was asked the scores.
    """

    def __init__(self, start=3.0, right_at=1.0):
        self.params = {"w": np.array([start])}
        self.right_at = right_at
        self.scored = []

    def loss(self, X, y=None):
        w = self.params["w"][0]
        if y is None:
            self.scored.append(len(X))
            right = np.isclose(w, self.right_at)
            return np.tile([0.0, 1.0] if right else [1.0, 0.0], (len(X), 1))
        return w, {"w": np.ones(1)}


@pytest.fixture
def ones():
    """Ten examples to train on and five to validate, all of label 1."""
    return {"X_train": np.zeros((10, 1)), "y_train": np.ones(10, int), "X_val": np.zeros((5, 1)),
            "y_val": np.ones(5, int)}


def countdown_solver(data, model=None, **kwargs):
    settings = {"optim_config": {"learning_rate": 1.0}, "batch_size": 10, "num_epochs": 4, "verbose": False}
    return Solver(model or Countdown(), data, **{**settings, **kwargs})


def test_a_two_layer_net_learns_to_separate_clusters(net, data):
    solver = Solver(net, data, optim_config={"learning_rate": 0.5}, batch_size=10, num_epochs=8, verbose=False)
    solver.train()
    assert solver.best_val_acc == solver.check_accuracy(data["X_val"], data["y_val"]) == 1.0
    assert solver.loss_history[-1] < 0.1 < solver.loss_history[0]


def test_histories_hold_every_step_and_the_accuracy_before_and_after_every_epoch(net, data):
    solver = Solver(net, data, batch_size=25, num_epochs=3, verbose=False)
    solver.train()
    assert len(solver.loss_history) == 3 * (60 // 25)
    assert len(solver.train_acc_history) == len(solver.val_acc_history) == 3 + 1
    assert solver.epoch == 3
    assert all(type(value) is float for value in solver.loss_history + solver.val_acc_history)


def test_a_batch_larger_than_the_data_still_makes_one_step_an_epoch(net, data):
    solver = Solver(net, data, batch_size=1000, num_epochs=2, verbose=False)
    solver.train()
    assert len(solver.loss_history) == 2


def test_the_model_ends_with_the_parameters_that_validated_best(ones):
    solver = countdown_solver(ones)
    solver.train()
    assert solver.loss_history == [3.0, 2.0, 1.0, 0.0]
    assert solver.val_acc_history == [0.0, 0.0, 1.0, 0.0, 0.0]
    assert solver.best_val_acc == 1.0
    assert solver.model.params["w"].tolist() == solver.best_params["w"].tolist() == [1.0]


def test_of_equally_good_parameters_the_earliest_are_kept(ones):
    solver = countdown_solver(ones, Countdown(right_at=99.0))
    solver.train()
    assert solver.model.params["w"].tolist() == [3.0]


def test_the_best_parameters_survive_an_update_rule_that_works_in_place(ones, monkeypatch):
    def in_place(w, dw, config=None):
        w -= config["learning_rate"] * dw
        return w, config

    monkeypatch.setattr(optim, "in_place", in_place, raising=False)
    solver = countdown_solver(ones, update_rule="in_place")
    solver.train()
    assert solver.best_params["w"].tolist() == [1.0]
    solver.train()
    assert solver.best_params["w"].tolist() == [1.0]


def test_training_again_goes_on_from_the_best_parameters(ones):
    solver = countdown_solver(ones)
    solver.train()
    solver.train()
    assert solver.loss_history[4:] == [1.0, 0.0, -1.0, -2.0]
    assert solver.epoch == 8
    assert len(solver.val_acc_history) == 9


def test_the_learning_rate_decays_after_each_epoch(ones):
    solver = countdown_solver(ones, lr_decay=0.5)
    solver.train()
    assert solver.loss_history == [3.0, 2.0, 1.5, 1.25]


def test_every_array_has_a_config_of_its_own_and_the_callers_stays_as_it_was(net, data, monkeypatch):
    def counting(w, dw, config=None):
        config["steps"] = config.get("steps", 0) + 1
        return w, config

    monkeypatch.setattr(optim, "counting", counting, raising=False)
    config = {"learning_rate": 1.0}
    solver = Solver(net, data, update_rule="counting", optim_config=config, batch_size=30, num_epochs=2, verbose=False)
    solver.train()
    assert [solver.optim_configs[name]["steps"] for name in ("W1", "b1", "W2", "b2")] == [4, 4, 4, 4]
    assert config == {"learning_rate": 1.0}


def test_a_generator_fixes_a_run_and_so_does_numpys_seed(data):
    def losses(seed, rng=None):
        np.random.seed(0)
        net = TwoLayerNet(input_dim=4, hidden_dim=8, num_classes=2, weight_scale=0.1)
        np.random.seed(seed)
        solver = Solver(net, data, batch_size=5, num_epochs=1, num_train_samples=7, verbose=False, rng=rng)
        solver.train()
        return solver.loss_history + solver.train_acc_history

    assert losses(1, np.random.default_rng(4)) == losses(2, np.random.default_rng(4))
    assert losses(1, np.random.default_rng(4)) != losses(1, np.random.default_rng(5))
    assert losses(1) == losses(1)
    assert losses(1) != losses(2)


def test_accuracy_is_measured_on_as_many_examples_as_asked_for(ones):
    model = Countdown()
    countdown_solver(ones, model, num_epochs=0, num_train_samples=3, num_val_samples=2).train()
    countdown_solver(ones, model, num_epochs=0, num_train_samples=99, num_val_samples=None).train()
    assert model.scored == [3, 2, 10, 5]


def test_accuracy_counts_every_example_once_whatever_the_batch_size(ones):
    model = Countdown(start=1.0)
    solver = countdown_solver(ones, model)
    y = np.array([1, 1, 1, 0, 0, 1, 1])
    assert solver.check_accuracy(np.zeros((7, 1)), y, batch_size=3) == pytest.approx(5 / 7)
    assert model.scored == [3, 3, 1]


def test_progress_is_printed_as_often_as_asked_and_not_when_silent(ones, capsys):
    countdown_solver(ones, num_epochs=5).train()
    assert capsys.readouterr().out == ""
    countdown_solver(ones, num_epochs=5, verbose=True, print_every=2).train()
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "epoch 0", "step 1 of 5", "epoch 1", "epoch 2", "step 3 of 5", "epoch 3", "epoch 4", "step 5 of 5", "epoch 5"
    ]


def test_a_checkpoint_of_each_epoch_holds_everything_but_the_data(net, data, tmp_path):
    for rng in (None, np.random.default_rng(0)):
        name = tmp_path / f"run-{rng is None}"
        solver = Solver(net, data, batch_size=30, num_epochs=2, verbose=False, checkpoint_name=name, rng=rng)
        solver.train()
        assert sorted(path.name for path in tmp_path.glob(f"{name.name}*")) == [
            f"{name.name}_epoch_1.pkl", f"{name.name}_epoch_2.pkl"
        ]
        checkpoint = pickle.loads(name.with_name(f"{name.name}_epoch_1.pkl").read_bytes())
        assert checkpoint["epoch"] == 1
        assert checkpoint["loss_history"] == solver.loss_history[:2]
        assert checkpoint["model"].params.keys() == net.params.keys()
        assert not {"X_train", "y_train", "X_val", "y_val"} & checkpoint.keys()


@pytest.mark.parametrize("name", ["sdg", "np", "__doc__", None])
def test_an_unknown_update_rule_is_refused_with_the_names_of_the_known_ones(name, ones):
    with pytest.raises(ValueError, match=f"no update rule {name!r}, it has .*sgd"):
        Solver(Countdown(), ones, update_rule=name)


def test_an_unknown_keyword_is_refused_and_the_learning_rate_sent_to_its_place(ones):
    with pytest.raises(TypeError, match="unknown keyword learning_rate; .*num_epochs.* go into optim_config"):
        Solver(Countdown(), ones, learning_rate=1e-3)


def test_missing_data_are_named(ones):
    del ones["X_val"]
    with pytest.raises(ValueError, match="no 'X_val', it has 'X_train', 'y_train', 'y_val'"):
        Solver(Countdown(), ones)


@pytest.mark.parametrize("key", ["y_train", "X_val"])
def test_images_without_their_labels_are_refused(key, ones):
    ones[key] = ones[key][:-1]
    with pytest.raises(ValueError, match="as many of the one as of the other"):
        Solver(Countdown(), ones)


def test_empty_data_are_refused(ones):
    ones["X_val"], ones["y_val"] = ones["X_val"][:0], ones["y_val"][:0]
    with pytest.raises(ValueError, match="0 images in 'X_val'"):
        Solver(Countdown(), ones)
