"""What is kept of trainings: how often one begins with a new net, how long a classifier was trained, and with what."""

import contextlib
import copy

import numpy as np
import pytest

from cs231n._recorded import count_starts, is_among, keep_asked, keep_trainings, mark_of


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


def test_the_weights_that_trainings_begin_with_are_known_again_wherever_they_are_copied():
    kind = type("Kind", (Net,), {})
    count_starts(kind, most=2)
    one, other = kind(), kind()
    other.params["W1"] = np.array([[0.25, 1.0], [2.0, -3.0]])
    kept = copy.deepcopy(other.params)
    for net in (one, other, kind()):
        stepped(net, 2)
    assert kind.begun == [4.0, 6.25] and mark_of(kept) == 6.25 and mark_of(one.params) != 4.0
    assert np.isnan(mark_of({"W1": "none", "b1": None}))


def test_what_is_no_class_of_nets_is_left_alone():
    for other in (None, len, type("Empty", (), {}), type("Odd", (), {"loss": 3})):
        count_starts(other)


class Classifier:
    def train(self, X, y, learning_rate=1e-3, num_iters=7):
        return [1.0] * num_iters


def test_a_classifier_keeps_how_long_it_was_trained_and_whether_images_that_choose_were_among_its_own():
    images, others = np.random.default_rng(0).normal(size=(2, 30, 12))
    kind = type("Kind", (Classifier,), {})
    keep_trainings(kind, others)
    keep_trainings(kind, others)                # the cell was run again
    one, y = kind(), np.zeros(30)
    assert one.train(images, y) == [1.0] * 7 and len(one.train(X=np.r_[images, others], y=y, num_iters=3)) == 3
    settings = {"learning_rate": 1e-3, "reg": None}
    assert one.trainings == [settings | {"num_iters": 7, "images": 30, "held_out": False},
                             settings | {"num_iters": 3, "images": 60, "held_out": True}]
    assert copy.deepcopy(one).trainings == one.trainings and not hasattr(kind(), "trainings")


def test_an_object_that_raises_what_it_likes_for_an_attribute_that_is_not_there_is_trained_all_the_same():
    kind = type("Kind", (Classifier,), {"__getattr__": lambda self, name: {}[name]})
    keep_trainings(kind, np.ones((3, 12)))
    one = kind()
    one.train(np.zeros((30, 12)), np.zeros(30))
    assert [training["images"] for training in one.trainings] == [30]


def test_arguments_may_have_names_of_the_students_own():
    class Own:
        params = {"W1": np.ones((2, 2)), "b1": np.zeros(2)}

        def loss(self, images, labels=None, *, more=None):
            return 1.0, labels, more

        def train(self, images, labels, *, learning_rate, num_iters=7):
            return len(images), len(labels)

        def compute_distances_no_loops(self, **named):
            return len(named["images"])

    images = np.random.default_rng(0).integers(0, 256, size=(30, 300)).astype(float)
    count_starts(Own)
    keep_trainings(Own, images[:3])
    keep_asked(Own, images)
    one = Own()
    assert one.loss(images=images, more=2) == (1.0, None, 2) and one.loss(images, labels=[1], more=3) == (1.0, [1], 3)
    assert Own.starts == 1
    assert one.train(labels=[1], images=images[:5], learning_rate=0.1) == (5, 1)
    told = [[training[name] for name in ("images", "num_iters", "held_out")] for training in one.trainings]
    assert told == [[5, 7, True]]
    assert one.compute_distances_no_loops(images=images[3:5]) == 2 and Own.asked == [[3, 4]]
    with pytest.raises(TypeError, match=r"train\(\) missing"):
        one.train(images)


class Neighbors:
    def compute_distances_no_loops(self, X):
        return np.zeros((len(X), 3))

    def compute_distances_one_loop(self, X):
        return self.compute_distances_no_loops(X)


def test_a_nearest_neighbor_classifier_keeps_which_images_it_was_asked_about_each_set_of_them_once():
    images = np.random.default_rng(0).integers(0, 256, size=(30, 300)).astype(float)
    kind = type("Kind", (Neighbors,), {})
    for _ in range(2):                          # the cell was run again
        keep_asked(kind, images)
    one = kind()
    for few in (images[4:7], images[[6, 4, 5, 4]].astype(np.float32), images[20:], images[:3] + 1, images[:2, :90],
                [7]):
        with contextlib.suppress(TypeError):
            one.compute_distances_one_loop(few)
    assert one.asked == kind.asked == [[4, 5, 6], list(range(20, 30))]
    assert kind.compute_distances_no_loops.unkept is Neighbors.compute_distances_no_loops
    for other in (None, len, type("Empty", (), {})):
        keep_asked(other, images)


def test_images_stand_among_others_whatever_their_form():
    images = np.random.default_rng(0).normal(size=(40, 3, 4, 4))
    few = images[5:25]
    assert is_among(few, images) and is_among(few, images.reshape(40, -1)[::-1].astype(np.float32))
    assert not is_among(images, few) and not is_among(few + 1, images) and not is_among(few, images[:, :2])
    assert not is_among(few, None) and not is_among(few[:0], images) and not is_among(few, ["a"])
