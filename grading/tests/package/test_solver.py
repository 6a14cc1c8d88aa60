"""The Solver trains any model with params and a loss, and keeps an honest record."""

import io
import pickle
from contextlib import redirect_stdout
from functools import partial

import numpy as np
import pytest

from cs231n import optim
from cs231n.classifiers import FullyConnectedNet, TwoLayerNet
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


def test_the_model_keeps_the_settings_of_every_training_it_went_through(net, data):
    for learning_rate, reg in ((1e-2, 0.5), (np.float64(1e-3), 0.25)):
        net.reg = reg
        solver = Solver(net, data, optim_config={"learning_rate": learning_rate}, num_epochs=1, verbose=False)
        solver.train()
        solver.train()                                   # goes on; it is one training
    settings = [{"update_rule": "sgd", "optim_config": {"learning_rate": rate}, "num_epochs": 1, "reg": reg,
                 "held_out": False, "num_val_samples": None} for rate, reg in ((1e-2, 0.5), (1e-3, 0.25))]
    histories = [one.pop("val_acc_history") for one in net.trainings]
    assert net.trainings == settings
    assert histories[1] == solver.val_acc_history and [len(one) for one in histories] == [3, 3]


def test_a_training_is_entered_under_the_rule_that_was_asked_for_whatever_its_function_is_called(net, data,
                                                                                               monkeypatch):
    monkeypatch.setattr(optim, "adam", lambda w, dw, config=None: (w, config))     # as what another function returns
    Solver(net, data, update_rule="adam", optim_config={"learning_rate": 0.1}, num_epochs=1, verbose=False).train()
    assert net.trainings[-1]["update_rule"] == "adam"


def _params_by_name(self, name):
    return self.params[name]


@pytest.mark.parametrize("own", [{}, {"__getattr__": _params_by_name}, {"__setattr__": lambda self, name, value: (
    object.__setattr__(self, name, value) if name == "params" else self.params[name])}], ids=["slots", "get", "set"])
def test_a_model_that_refuses_attributes_is_trained_all_the_same(own, data):
    class Plain:
        __slots__ = ("params",)

        def __init__(self):
            self.params = {"w": np.zeros((4, 2))}

        def loss(self, X, y=None):
            scores = X @ self.params["w"]
            return scores if y is None else (1.0, {"w": np.ones((4, 2))})

    model = type("Rigid", (Plain,), {"__slots__": ()} | own)()
    Solver(model, data, optim_config={"learning_rate": 0.5}, num_epochs=1, batch_size=60, verbose=False).train()
    assert np.allclose(model.params["w"], 0) or np.allclose(model.params["w"], -0.5)


def test_the_learning_rate_decays_after_each_epoch(ones):
    solver = countdown_solver(ones, lr_decay=0.5)
    solver.train()
    assert solver.loss_history == [3.0, 2.0, 1.5, 1.25]


def test_a_schedule_sets_the_learning_rate_of_each_epoch_from_the_first_one(ones):
    solver = countdown_solver(ones, lr_schedule=partial(optim.step_decay, every=2))
    solver.train()
    assert solver.loss_history == [3.0, 2.0, 1.0, 0.5]
    assert solver.optim_config == {"learning_rate": 1.0}
    warming_up = countdown_solver(ones, lr_schedule=lambda learning_rate, epoch: learning_rate * epoch)
    warming_up.train()
    assert warming_up.loss_history == [3.0, 3.0, 2.0, 0.0]


@pytest.mark.parametrize("wrong", [{"lr_decay": 0.5}, {"optim_config": {}}, {"optim_config": None}], ids=str)
def test_a_schedule_with_a_second_decay_or_without_a_rate_to_start_from_is_refused(wrong, ones):
    with pytest.raises(ValueError, match="lr_schedule takes the place of lr_decay and starts from the learning rate"):
        countdown_solver(ones, lr_schedule=optim.inverse_time_decay, **wrong)


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


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_the_steps_share_one_line_and_the_epochs_stay(ones):
    with redirect_stdout(Terminal()) as screen:
        countdown_solver(ones, num_epochs=2, batch_size=5, verbose=True, print_every=1).train()
    shown = [line.split("\033[K")[-1] for line in screen.getvalue().split("\n")]      # what is left of each line
    assert shown == ["epoch 0: accuracy 0.000 (train), 0.000 (val)", "epoch 1: accuracy 1.000 (train), 1.000 (val)",
                     "epoch 2: accuracy 0.000 (train), 0.000 (val)", ""]
    assert screen.getvalue().count("\r\033[Kstep") == 4


# interrupted runs


class PowerCut(Exception):
    pass


class Net(FullyConnectedNet):
    """A net whose loss can be asked for so many times, and then no more."""

    lifetime = float("inf")

    def loss(self, X, y=None):
        if Net.lifetime == 0:
            raise PowerCut
        Net.lifetime -= 1
        return super().loss(X, y)


def adam_solver(data, checkpoint_name=None, rng=7, **kwargs):
    """Five epochs of four steps; with the two measurements of accuracy, the loss is asked for 2 + 5 * 6 times."""
    net = Net([6, 5], input_dim=4, num_classes=2, initialization="he", seed=0)
    settings = {"update_rule": "adam", "optim_config": {"learning_rate": 0.02}, "batch_size": 15, "num_epochs": 5,
                "num_train_samples": 20, "verbose": False, **kwargs}
    return Solver(net, data, checkpoint_name=checkpoint_name, rng=rng and np.random.default_rng(rng), **settings)


def outcome(solver):
    return (solver.epoch, solver.loss_history, solver.train_acc_history, solver.val_acc_history, solver.best_val_acc,
            {name: w.tolist() for name, w in solver.model.params.items()},
            {name: (config["t"], config["learning_rate"], config["m"].tolist())
             for name, config in solver.optim_configs.items()})


@pytest.mark.parametrize("rng", [7, None], ids=["a generator", "np.random"])
@pytest.mark.parametrize("decay", [{"lr_decay": 0.8}, {"lr_schedule": optim.inverse_time_decay}], ids=list)
@pytest.mark.parametrize(("lifetime", "epochs_saved"), [(1, 0), (5, 0), (9, 1), (13, 1), (20, 3), (31, 4)])
def test_an_interrupted_run_that_is_resumed_ends_as_one_that_was_not(
    lifetime, epochs_saved, decay, rng, data, tmp_path, monkeypatch
):
    np.random.seed(1)
    undisturbed = adam_solver(data, None, rng, **decay)
    undisturbed.train()

    np.random.seed(1)
    monkeypatch.setattr(Net, "lifetime", lifetime)
    with pytest.raises(PowerCut):
        adam_solver(data, tmp_path / "run", rng, **decay).resume()
    assert len(list(tmp_path.iterdir())) == epochs_saved

    np.random.seed(2 if epochs_saved else 1)
    monkeypatch.setattr(Net, "lifetime", float("inf"))
    resumed = adam_solver(data, tmp_path / "run", rng, **decay)
    resumed.resume()
    assert outcome(resumed) == outcome(undisturbed)


def test_a_run_can_be_resumed_from_any_of_its_checkpoints_and_made_longer(data, tmp_path):
    undisturbed = adam_solver(data, tmp_path / "run", num_epochs=4)
    undisturbed.train()
    shorter = adam_solver(data, tmp_path / "run", num_epochs=2)
    shorter.resume()
    assert shorter.epoch == 2
    resumed = adam_solver(data, num_epochs=4)
    resumed.resume(tmp_path / "run_epoch_1.pkl")
    assert outcome(resumed) == outcome(undisturbed)


def test_resuming_a_finished_run_makes_no_step(data, tmp_path, monkeypatch):
    finished = adam_solver(data, tmp_path / "run")
    finished.train()
    monkeypatch.setattr(Net, "lifetime", 0)
    again = adam_solver(data, tmp_path / "run")
    again.resume()
    assert outcome(again) == outcome(finished)


def test_a_checkpoint_that_cannot_be_written_whole_leaves_the_former_one(ones, tmp_path):
    solver = countdown_solver(ones, num_epochs=1, checkpoint_name=tmp_path / "run")
    solver.train()
    former = (tmp_path / "run_epoch_1.pkl").read_bytes()

    model = Countdown()
    model.unwritable = lambda: None      # the pickle breaks off in the middle
    with pytest.raises((AttributeError, pickle.PicklingError)):
        countdown_solver(ones, model, num_epochs=1, checkpoint_name=tmp_path / "run").train()
    assert (tmp_path / "run_epoch_1.pkl").read_bytes() == former


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"update_rule": "sgd"}, "update rule sgd"),
        ({"rng": None}, "rng MT19937"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused_and_changes_nothing(settings, found, data, tmp_path):
    adam_solver(data, tmp_path / "run", num_epochs=1).train()
    other = adam_solver(data, **settings)
    before = {name: w.copy() for name, w in other.model.params.items()}
    with pytest.raises(ValueError, match=f"update rule adam, rng PCG64, parameters W1 .*, this one has .*{found}"):
        other.resume(tmp_path / "run_epoch_1.pkl")
    assert other.epoch == 0
    assert all((w == before[name]).all() for name, w in other.model.params.items())


def test_a_checkpoint_of_a_net_of_another_shape_is_refused(data, tmp_path):
    adam_solver(data, tmp_path / "run", num_epochs=1).train()
    other = adam_solver(data)
    other.model.params["W3"] = np.zeros((5, 9))
    with pytest.raises(ValueError, match=r"W3 \(5, 2\).*this one has .*W3 \(5, 9\)"):
        other.resume(tmp_path / "run_epoch_1.pkl")


# what is refused


@pytest.mark.parametrize("name", ["sdg", "np", "__doc__", "step_decay", None])
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
