"""Whether a search of nets compared its settings fairly: its table, beside how the net was trained that it kept.

The keys of the table are settings, written in any way. What a net went through is what `Solver` and the nets have noted
of it: `trainings`, the settings of every Solver that trained it, `starts`, how many nets of its class were begun, and
`begun`, what weights they had then.
"""

import numpy as np

from cs231n._recorded import mark_of
from cs231n.testing import CheckFailed

_FAIR = "A comparison is fair if each setting starts with a new net."
_MEANS = (1, 2, 3, 5)          # of so many runs or epochs an accuracy may be the mean


def numbers_in(key):
    """The finite numbers in a key, whatever else is in it."""
    parts = np.ravel(np.array(key, dtype=object))
    numbers = [_as_float(part) for part in parts if isinstance(part, (int, float, np.number))]
    return [number for number in numbers if np.isfinite(number)]


def _as_float(number):
    try:
        return float(number)
    except OverflowError:
        return np.inf


def is_in(value, key):
    """Tell whether a number is in a key, as it is or as a power of 10."""
    return value is not None and any(np.isclose([one, 10.0 ** min(one, 9)], value, rtol=0.05, atol=0).any()
                                     for one in numbers_in(key))


def different(keys):
    """How many of the keys differ, their numbers taken to six digits."""
    return len({_written_out(key) for key in keys})


def _written_out(key):
    numbers = numbers_in(key)
    if len(numbers) < np.size(np.array(key, dtype=object)):
        return str(key)
    return " ".join(f"{one:.6g}" for one in numbers)


def trainings_of(model):
    """What is noted of them, [] where nothing is."""
    return getattr(model, "trainings", None) or []


def has_moved(net):
    """Tell whether a training has changed a net's weights, or has run for it."""
    moved = np.any(net.params[f"b{len(net.params) // 2}"])
    return bool(moved) or any(one.get("num_epochs") for one in trainings_of(net))


def was_trained(net):
    """Tell whether a net was trained, or holds weights that were: what a training began with may have been best."""
    begun = getattr(net, "begun", None) or []
    return has_moved(net) or bool(np.any(np.isclose(begun, mark_of(net.params), rtol=1e-9, atol=0)))


def best_in(table):
    """The keys with the highest accuracy."""
    highest = max(table.values())
    return [key for key, value in table.items() if value > highest - 1e-9]


def assert_trained_elsewhere(net, name):
    """Check that a net was not trained on the validation images alone.

    - name: what a message calls it
    """
    __tracebackhide__ = True
    trainings = trainings_of(net)
    if trainings and all(one["held_out"] for one in trainings):
        raise CheckFailed(f"{name} was trained on the validation images: it knows them, and they tell nothing about "
                          "others.")


def assert_begun_anew(net, name, table, numbers):
    """Check that a net was not trained with one setting after the other, two stages around its own setting aside.

    Inputs:
    - name: what a message calls it
    - table: dict, setting -> accuracy
    - numbers: how many there are in a key that is written as the task asks
    """
    __tracebackhide__ = True
    trainings, best = trainings_of(net), best_in(table)
    for called, values in (("learning rates", [one["optim_config"].get("learning_rate") for one in trainings]),
                           ("strengths", [one["reg"] for one in trainings])):
        known = sorted({value for value in values if any(is_in(value, key) for key in table)})
        in_one_key = any(all(is_in(value, key) for value in known) for key in table)
        two_stages = len(known) == 2 and any(is_in(values[0], key) for key in best)
        if len(known) > 1 and not in_one_key and not two_stages:
            listed = ", ".join(f"{value:.3g}" for value in known)
            raise CheckFailed(f"{name} was trained {len(trainings)} times, with the {called} {listed}, one setting "
                              f"after the other. {_FAIR}")
    starts, as_asked = getattr(net, "starts", 0), all(len(numbers_in(key)) == numbers for key in table)
    if as_asked and 0 < 2 * starts < len(table):
        often = "once" if starts == 1 else f"{starts} times"
        raise CheckFailed(f"results has {len(table)} settings, but a new net was trained only {often}: one setting "
                          f"after the other. {_FAIR}")


def assert_counts(table, size):
    """Check that the accuracies of a table are counts of right answers over so many images, or means of a few."""
    __tracebackhide__ = True
    values = np.array(list(table.values()))[:, None] * size * _MEANS
    off = np.abs(values - np.round(values)).max(axis=0)
    if off[0] > 6e-4 * size and off.min() > 1e-3:
        raise CheckFailed(f"The accuracies in results are no counts of right answers over the {size} validation "
                          "images. Is each measured on all of them, and on no others?")


def assert_measured(net, name, table, accuracy, size):
    """Check that the best entry of a table was measured on the net that was kept: at its end or before, as by Solver.

    Inputs:
    - name: what a message calls it
    - table: dict, setting -> accuracy; looked at if each of its nets was trained once
    - accuracy: that of the net, on the validation images
    - size: how many these are
    """
    __tracebackhide__ = True
    trainings, highest = trainings_of(net), max(table.values())
    if len(trainings) != 1 or getattr(net, "starts", 0) != len(table) or accuracy <= highest + 0.006:
        return
    some = trainings[0].get("num_val_samples")
    history = np.array(trainings[0].get("val_acc_history", [np.nan]), dtype=float)
    known = [history[-many:].mean() for many in _MEANS[1:]]
    if some is not None and some < size or not np.isclose([*history, *known], highest, atol=1e-3).any():
        raise CheckFailed(f"{name} gets {accuracy:.1%} of the validation images right, but the best entry in results "
                          f"is {highest:.1%}. Is each accuracy measured on the validation images, on all of them, with "
                          "their own labels?")


def assert_as_asked(net, name, table):
    """Check that a net has what the best of the settings says: (hidden units, learning rate, strength).

    Where other keys are in the table, nothing is looked at.

    - name: what a message calls it
    - table: dict, setting -> accuracy
    """
    __tracebackhide__ = True
    keys, trainings = [numbers_in(key) for key in table], trainings_of(net)
    if not all(len(key) == 3 and key[0] == round(key[0]) > 0 for key in keys):
        return
    best, width, reg = best_in(table), np.shape(net.params["W1"])[1], getattr(net, "reg", None)
    if not any(width in numbers_in(key) for key in best):
        raise CheckFailed(f"{name} has {width} hidden units, the best setting in results is {best[0]}: is it another "
                          "net?")
    if not any(is_in(reg, key) or reg == 0 and 0 in numbers_in(key) for key in best):
        raise CheckFailed(f"{name} has reg {reg}, the best setting in results is {best[0]}: is reg handed on to the "
                          "net?")
    if len(trainings) == 1:
        learning_rate = trainings[0]["optim_config"].get("learning_rate")
        orders = [numbers_in(key)[1:] for key in best] + [
            numbers_in(key)[:0:-1] for key in best if is_in(reg, numbers_in(key)[1:2])]
        if not any(is_in(learning_rate, order[:1]) for order in orders):
            raise CheckFailed(f"{name} was trained with learning rate {learning_rate}, the best setting in results is "
                              f"{best[0]}: is the learning rate handed on to the Solver?")
