"""Training: a Solver takes a model, data and an update rule, and keeps the record of what happened."""

import contextlib
import inspect
import os
import pickle
import sys

import numpy as np

from cs231n import optim
from cs231n._recorded import attribute, is_among


class Solver:
    """Train a model by mini-batch gradient descent and keep its best parameters.

        solver = Solver(model, data, update_rule="sgd", optim_config={"learning_rate": 1e-2}, num_epochs=5)
        solver.train()        # with a checkpoint_name also solver.resume(), which goes on where a run was interrupted

    A model is any object with
    - params: dict of float arrays by name
    - loss(X, y): returns (loss, grads), grads a dict with the keys of params
    - loss(X): returns scores, shape (N, C)

    Attributes that grow during training:
    - loss_history: list of float, the loss of each mini-batch before its step
    - train_acc_history, val_acc_history: list of float in [0, 1], accuracy before the first epoch and after each
    - best_val_acc, best_params: the best accuracy so far on the validation data, and a copy of params at that time
    - epoch: number of epochs done

    The model keeps the record of its trainings, one entry for each Solver that ran: `model.trainings` is a list of
    dicts with "update_rule", "optim_config", "num_epochs", "reg" (None where the model has none), "held_out"
    (whether it learned the validation images, too), "num_val_samples" and "val_acc_history" (the list itself, which
    grows). So a net that was kept from a search tells how it was trained.

    Source: CS231n notes, "Neural networks, part 3".
    """

    def __init__(
        self,
        model,
        data,
        *,
        update_rule="sgd",
        optim_config=None,
        lr_decay=1.0,
        lr_schedule=None,
        batch_size=100,
        num_epochs=10,
        num_train_samples=1000,
        num_val_samples=None,
        print_every=10,
        verbose=True,
        checkpoint_name=None,
        rng=None,
        **unknown,
    ):
        """Prepare the training of `model` on `data`.

        Inputs:
        - model: see above; its params are trained where they are
        - data: dict with "X_train" (N, d_1, ..., d_k), "y_train" (N,), "X_val" (M, d_1, ..., d_k), "y_val" (M,)
        - update_rule: name of a function in cs231n.optim
        - optim_config: settings of the update rule, such as {"learning_rate": 1e-2}; each of the model's arrays
          gets a copy
        - lr_decay: what the learning rate is multiplied by after each epoch
        - lr_schedule: function (learning_rate, epoch) -> learning rate of that epoch, from the one in optim_config
          and the number of epochs done, as in cs231n.optim; in place of lr_decay
        - batch_size: number of examples in a mini-batch, drawn with replacement
        - num_epochs: an epoch is N // batch_size steps, and at least one
        - num_train_samples, num_val_samples: number of examples on which accuracy is measured; None means all
        - print_every: print the loss every so many steps; on a terminal that line is overwritten by the next
        - verbose: print at all
        - checkpoint_name: if given, everything but the data and lr_schedule is pickled to
          <checkpoint_name>_epoch_<epoch>.pkl after each epoch; resume goes on from there
        - rng: numpy.random.Generator that draws the examples; None draws them from np.random, so that
          np.random.seed fixes a run

        Raises TypeError for an unknown keyword, ValueError for an unknown update rule, for data that do not fit and
        for a schedule that has no learning rate to start from or comes with lr_decay.
        """
        if unknown:
            raise TypeError(
                f"Solver: unknown keyword {', '.join(unknown)}; it knows {', '.join(_keywords())}. "
                "Settings of the update rule, such as learning_rate, go into optim_config"
            )
        if update_rule not in _update_rules():
            raise ValueError(
                f"Solver: cs231n.optim has no update rule {update_rule!r}, it has {', '.join(_update_rules())}; "
                "choose one of them, or write the new one there"
            )
        _check_data(data)
        if lr_schedule is not None and (lr_decay != 1.0 or "learning_rate" not in (optim_config or {})):
            raise ValueError("Solver: lr_schedule takes the place of lr_decay and starts from the learning rate in "
                             f"optim_config; found lr_decay {lr_decay} and optim_config {optim_config}")

        self.model = model
        self.X_train, self.y_train = data["X_train"], data["y_train"]
        self.X_val, self.y_val = data["X_val"], data["y_val"]

        self.update_rule, self.rule_name = getattr(optim, update_rule), update_rule
        self.optim_config = dict(optim_config or {})
        self.lr_decay = lr_decay
        self.lr_schedule = lr_schedule
        self.batch_size = batch_size
        self.num_epochs = num_epochs
        self.num_train_samples = num_train_samples
        self.num_val_samples = num_val_samples
        self.print_every = print_every
        self.verbose = verbose
        self.checkpoint_name = checkpoint_name
        self.rng = np.random if rng is None else rng

        self.epoch = 0
        self.best_val_acc = 0.0
        self.best_params = {}
        self.loss_history = []
        self.train_acc_history = []
        self.val_acc_history = []
        self.optim_configs = {name: dict(self.optim_config) for name in model.params}

    def train(self):
        """Run all epochs, then give the model the parameters that did best on the validation data.

        A second call goes on from there for as many epochs again.
        """
        self._run(self.num_epochs)

    def resume(self, checkpoint=None):
        """Go on after a checkpoint until num_epochs epochs are done in all; ends as a run that was never interrupted.

        Inputs:
        - checkpoint: file that an earlier run with the same settings wrote; None means the last one of
          checkpoint_name, and if there is none the run begins at the beginning

        The checkpoint brings the model, the histories, what the update rule remembers and the state of the random
        numbers; data, settings and lr_schedule are this Solver's. Unpickling can run code: resume from files of your
        own. Raises ValueError for a checkpoint of another update rule, of other parameters or of another kind of rng.
        """
        if checkpoint is None and self.checkpoint_name is not None:
            paths = map(self._checkpoint_path, range(self.num_epochs, 0, -1))
            checkpoint = next(filter(os.path.exists, paths), None)
        if checkpoint is not None:
            self._restore(checkpoint)
        self._run(self.num_epochs - self.epoch)

    def _run(self, num_epochs):
        """Train for so many epochs from where things stand, then keep the best parameters."""
        steps_per_epoch = max(len(self.X_train) // self.batch_size, 1)
        num_steps = num_epochs * steps_per_epoch

        if self.epoch == 0:
            self._measure_accuracy()
            self._enter_training(num_epochs)
        for first in range(1, num_steps + 1, steps_per_epoch):
            self._follow_schedule()
            for step in range(first, first + steps_per_epoch):
                self._step()
                if self.verbose and (step - 1) % self.print_every == 0:
                    _print_over(f"step {step} of {num_steps}: loss {self.loss_history[-1]:.4f}")

            self.epoch += 1
            for config in self.optim_configs.values():
                config["learning_rate"] *= self.lr_decay
            self._measure_accuracy()
            self._save_checkpoint()

        for name, best in self.best_params.items():
            self.model.params[name] = best.copy()

    def check_accuracy(self, X, y, num_samples=None, batch_size=100):
        """Fraction of examples that the model labels correctly.

        Inputs:
        - X: data, shape (N, d_1, ..., d_k)
        - y: labels, int, shape (N,)
        - num_samples: measure on that many examples, drawn with replacement, if there are more; None means all
        - batch_size: number of examples for which scores are computed at a time

        Returns:
        - accuracy: float in [0, 1]
        """
        if num_samples is not None and num_samples < len(X):
            sample = self.rng.choice(len(X), num_samples)
            X, y = X[sample], y[sample]

        num_correct = 0
        for start in range(0, len(X), batch_size):
            batch = slice(start, start + batch_size)
            y_pred = np.argmax(self.model.loss(X[batch]), axis=1)
            num_correct += np.sum(y_pred == y[batch])
        return float(num_correct / len(X))

    def _enter_training(self, num_epochs):
        """Add this Solver's settings to the trainings that the model has been through."""
        before, reg = attribute(self.model, "trainings"), attribute(self.model, "reg")
        settings = {name: value for name, value in self.optim_config.items() if _is_number(value)}
        training = {"update_rule": self.rule_name, "optim_config": settings, "num_epochs": num_epochs,
                    "reg": reg if _is_number(reg) else None, "held_out": is_among(self.X_val, self.X_train),
                    "num_val_samples": self.num_val_samples, "val_acc_history": self.val_acc_history}
        with contextlib.suppress(Exception):     # a model may refuse attributes, in any way
            self.model.trainings = [*before, training] if isinstance(before, list) else [training]

    def _follow_schedule(self):
        """Set every learning rate to that of the epoch which begins, if there is a schedule."""
        if self.lr_schedule is not None:
            learning_rate = self.lr_schedule(self.optim_config["learning_rate"], self.epoch)
            for config in self.optim_configs.values():
                config["learning_rate"] = learning_rate

    def _step(self):
        """Draw a mini-batch and move every array of the model one step."""
        batch = self.rng.choice(len(self.X_train), self.batch_size)
        loss, grads = self.model.loss(self.X_train[batch], self.y_train[batch])
        self.loss_history.append(float(loss))

        for name, w in self.model.params.items():
            next_w, config = self.update_rule(w, grads[name], self.optim_configs[name])
            self.model.params[name] = next_w
            self.optim_configs[name] = config

    def _measure_accuracy(self):
        """Measure, record and print accuracy, and copy the parameters if they are the best so far."""
        train_acc = self.check_accuracy(self.X_train, self.y_train, self.num_train_samples)
        val_acc = self.check_accuracy(self.X_val, self.y_val, self.num_val_samples)
        self.train_acc_history.append(train_acc)
        self.val_acc_history.append(val_acc)
        if self.verbose:
            _print_over("")
            print(f"epoch {self.epoch}: accuracy {train_acc:.3f} (train), {val_acc:.3f} (val)")

        if val_acc > self.best_val_acc or not self.best_params:
            self.best_val_acc = val_acc
            self.best_params = {name: w.copy() for name, w in self.model.params.items()}

    def _save_checkpoint(self):
        """Pickle the state of the training, without the data; an interruption leaves a whole file or none."""
        if self.checkpoint_name is None:
            return
        left_out = ("X_train", "y_train", "X_val", "y_val", "lr_schedule", "rng")
        checkpoint = {key: value for key, value in vars(self).items() if key not in left_out}
        checkpoint |= {"update_rule": self.rule_name, "random_state": self._random_state()}

        path = self._checkpoint_path(self.epoch)
        with open(f"{path}.part", "wb") as file:
            pickle.dump(checkpoint, file)
        os.replace(f"{path}.part", path)

    def _checkpoint_path(self, epoch):
        return f"{self.checkpoint_name}_epoch_{epoch}.pkl"

    def _restore(self, path):
        """Take over what a checkpoint recorded."""
        with open(path, "rb") as file:
            checkpoint = pickle.load(file)
        random_state = checkpoint["random_state"]
        found = _description(checkpoint["update_rule"], checkpoint["model"], random_state)
        expected = _description(self.rule_name, self.model, self._random_state())
        if found != expected:
            raise ValueError(
                f"Solver: {path} belongs to a run with {found}, this one has {expected}; resume with the settings of "
                "that run, or begin afresh under another checkpoint_name"
            )

        if self.rng is np.random:
            np.random.set_state(random_state)
        else:
            self.rng.bit_generator.state = random_state
        vars(self.model).update(vars(checkpoint["model"]))
        for record in ("epoch", "best_val_acc", "best_params", "loss_history", "train_acc_history", "val_acc_history",
                       "optim_configs"):
            setattr(self, record, checkpoint[record])

    def _random_state(self):
        """Where the sequence of random numbers stands."""
        return np.random.get_state(legacy=False) if self.rng is np.random else self.rng.bit_generator.state


def _description(rule_name, model, random_state):
    """What a run and its checkpoint must have in common, in words."""
    shapes = ", ".join(f"{name} {np.shape(array)}" for name, array in model.params.items())
    return f"update rule {rule_name}, rng {random_state['bit_generator']}, parameters {shapes}"


def _print_over(line):
    """Print a line of progress: on a terminal over the one before it, elsewhere below it."""
    if sys.stdout.isatty():
        print(f"\r\033[K{line}", end="", flush=True)
    elif line:
        print(line)


def _is_number(value):
    return np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iuf"


def _keywords():
    """The names of a Solver's keywords."""
    parameters = inspect.signature(Solver).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]


def _update_rules():
    """The names of the functions in cs231n.optim that have the form of an update rule."""
    functions = inspect.getmembers(optim, inspect.isfunction)
    return [name for name, function in functions if list(inspect.signature(function).parameters)[2:] == ["config"]]


def _check_data(data):
    """Raise ValueError unless `data` holds images and as many labels, for training and validation."""
    for part in ("train", "val"):
        images, labels = f"X_{part}", f"y_{part}"
        for key in (images, labels):
            if key not in data:
                raise ValueError(f"Solver: data has no {key!r}, it has {', '.join(map(repr, data)) or 'nothing'}")
        if len(data[images]) != len(data[labels]) or len(data[images]) == 0:
            raise ValueError(
                f"Solver: data has {len(data[images])} images in {images!r} and {len(data[labels])} labels in "
                f"{labels!r}; there must be as many of the one as of the other, and at least one"
            )
