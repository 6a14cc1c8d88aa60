"""A class of nets that counts how often a training begins: what a loop of the student's own leaves of itself."""

import copy

import numpy as np

from cs231n._recorded import count_starts


class Net:
    def __init__(self):
        self.params = {"W1": np.ones((2, 2)), "b1": np.zeros(2)}

    def loss(self, X, y=None):
        return X @ self.params["W1"] if y is None else (1.0, {"W1": np.ones((2, 2)), "b1": np.ones(2)})


def stepped(net, steps):
    for _ in range(steps):
        _, grads = net.loss(np.ones((1, 2)), np.array([0]))
        net.params = {name: net.params[name] - 0.1 * grads[name] for name in net.params}
    return net


def test_a_training_counts_once_and_scores_do_not():
    kind = type("Kind", (Net,), {})
    count_starts(kind)
    net = stepped(kind(), 5)
    assert kind.starts == net.starts == 1
    net.loss(np.ones((1, 2)))
    kind().loss(np.ones((1, 2)))
    assert kind.starts == 1
    stepped(net, 2)
    stepped(copy.deepcopy(net), 2)
    assert kind.starts == 1                     # both went on from where it was
    stepped(kind(), 3)
    net.params = copy.deepcopy(Net().params)
    stepped(net, 1)
    assert kind.starts == 3


def test_a_cell_that_runs_again_counts_anew_and_calls_are_not_wrapped_twice():
    kind = type("Kind", (Net,), {})
    for _ in range(2):
        count_starts(kind)
        stepped(kind(), 1)
        assert kind.starts == 1
    assert kind.loss.uncounted is Net.loss


def test_what_is_no_class_of_nets_is_left_alone():
    for other in (None, len, type("Empty", (), {}), type("Odd", (), {"loss": 3})):
        count_starts(other)
