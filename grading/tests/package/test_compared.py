"""Keys of any form are read as settings, and what a net went through is held against its table."""

from types import SimpleNamespace

import numpy as np
import pytest

from cs231n import compared
from cs231n.testing import CheckFailed

TABLE = {(50, 1e-3, 0.1): 0.30, (50, 1e-2, 0.1): 0.45, (100, 1e-3, 0.1): 0.40, (100, 1e-2, 0.5): 0.35}


def trained(learning_rate, reg=0.1, held_out=False, **more):
    return {"optim_config": {"learning_rate": learning_rate}, "reg": reg, "held_out": held_out, **more}


def net(*trainings, width=50, reg=0.1, starts=4):
    return SimpleNamespace(trainings=list(trainings), starts=starts, reg=reg, params={"W1": np.zeros((3, width))})


def said(check, *arguments, **keywords):
    """What a check says, or ""."""
    try:
        check(*arguments, **keywords)
    except CheckFailed as failed:
        return str(failed)
    return ""


@pytest.mark.parametrize("key, numbers", [
    ((50, 1e-3, 0.1), [50, 1e-3, 0.1]), (np.float32(0.5), [0.5]), (("adam", 1e-3), [1e-3]), ("1e-3", []),
    ((np.int64(50), (1e-3,)), [50]), ((10**400, np.nan, np.inf, 1e-3), [1e-3]),
])
def test_the_numbers_of_a_key_are_found_whatever_else_is_in_it(key, numbers):
    assert compared.numbers_in(key) == numbers


def test_a_number_is_in_a_key_as_it_is_or_as_a_power_of_ten():
    assert compared.is_in(1e-3, (50, 1e-3)) and compared.is_in(1e-3, -3) and compared.is_in(0.00102, 1e-3)
    assert not compared.is_in(2e-3, (50, 1e-3)) and not compared.is_in(None, (50, 1e-3))


def test_keys_that_differ_by_rounding_alone_are_one_setting():
    assert compared.different([(0.1, 1.0), (0.1 + 1e-12, 1.0), ("0.1", 1.0), ("0.1", 1.0)]) == 2


def test_a_net_that_went_through_one_setting_after_the_other_is_told():
    begun_anew = compared.assert_begun_anew
    assert not said(begun_anew, net(trained(1e-2)), "best_model", TABLE, 3)
    assert not said(begun_anew, net(trained(1e-2), trained(1e-2)), "best_model", TABLE, 3)
    assert "with the learning rates 0.001, 0.01, one setting after" in said(
        begun_anew, net(trained(1e-3), trained(1e-2)), "best_model", TABLE, 3)
    assert "with the strengths 0.1, 0.5, one setting after" in said(
        begun_anew, net(trained(1e-2, 0.5), trained(1e-2, 0.1)), "best_model", TABLE, 3)
    assert "a new net was trained only once" in said(begun_anew, net(trained(1e-2), starts=1), "best_model", TABLE, 3)


def test_two_stages_whose_first_is_the_best_setting_are_one_search():
    assert not said(compared.assert_begun_anew, net(trained(1e-2), trained(1e-3)), "best_model", TABLE, 3)


def test_what_nothing_is_noted_of_is_left_alone():
    unknown = SimpleNamespace(params={"W1": np.zeros((3, 50))})
    for check in (compared.assert_trained_elsewhere, *(
            lambda net, name, check=check: check(net, name, TABLE, 3)
            for check in (compared.assert_begun_anew,
                          lambda net, name, table, _: compared.assert_measured(net, name, table, 0.9, 60)))):
        assert not said(check, unknown, "best_model")


def test_a_net_of_the_validation_images_alone_is_told():
    assert not said(compared.assert_trained_elsewhere, net(trained(1e-2, held_out=True), trained(1e-2)), "best_model")
    assert "it knows them" in said(compared.assert_trained_elsewhere, net(trained(1e-2, held_out=True)), "best_model")


def test_counts_and_means_of_a_few_runs_are_accuracies_and_other_numbers_are_not():
    size = 60
    counts = {key: round(value * size) / size for key, value in TABLE.items()}
    assert not said(compared.assert_counts, counts, size)
    assert not said(compared.assert_counts, {key: value + 1 / (3 * size) for key, value in counts.items()}, size)
    assert "no counts of right answers" in said(
        compared.assert_counts, {key: value + 0.3717 / size for key, value in counts.items()}, size)


@pytest.mark.parametrize("some, history, accuracy, is_told", [
    (None, [0.2, 0.45, 0.44], 0.6, False), (None, [0.2, 0.45, 0.44], 0.45, False), (None, [0.3, 0.6], 0.6, False),
    (60, [0.2, 0.45], 0.6, False), (None, [0.2, 0.6], 0.6, True), (50, [0.2, 0.45], 0.6, True),
])
def test_a_best_entry_of_other_images_is_told_and_one_of_an_earlier_epoch_is_not(some, history, accuracy, is_told):
    one = net(trained(1e-2, num_val_samples=some, val_acc_history=history))
    assert ("on all of them" in said(compared.assert_measured, one, "best_model", TABLE, accuracy, 60)) == is_told


def test_a_net_has_what_the_best_setting_says():
    as_asked = compared.assert_as_asked
    assert not said(as_asked, net(trained(1e-2)), "best_model", TABLE)
    assert "has 100 hidden units" in said(as_asked, net(trained(1e-2), width=100), "best_model", TABLE)
    assert "is reg handed on" in said(as_asked, net(trained(1e-2), reg=0.0), "best_model", TABLE)
    assert "is the learning rate handed on" in said(as_asked, net(trained(1e-3)), "best_model", TABLE)
    swapped = {(key[0], key[2], key[1]): value for key, value in TABLE.items()}
    assert not said(as_asked, net(trained(1e-2)), "best_model", swapped)
    assert not said(as_asked, net(trained(7), width=3), "best_model", {"a key of another form": 0.4})


def test_a_net_was_trained_if_its_biases_moved_or_a_training_is_noted_or_began_with_its_weights():
    def one(bias=0.0, trainings=(), begun=()):
        params = {"W1": np.full((2, 3), 0.5), "b1": np.zeros(3), "W2": np.ones((3, 2)), "b2": np.full(2, bias)}
        return SimpleNamespace(params=params, trainings=list(trainings), begun=list(begun))

    assert compared.was_trained(one(bias=0.1)) and compared.was_trained(one(trainings=[{"num_epochs": 3}]))
    assert compared.was_trained(one(begun=[7.0, 9.0]))                      # the sum of the weights' sizes is 9
    assert not compared.was_trained(one(begun=[7.0, 9.001])) and not compared.was_trained(one(trainings=[
        {"num_epochs": 0}]))
    other = one()
    del other.begun
    assert not compared.was_trained(other)
