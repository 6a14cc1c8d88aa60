"""Searches for the settings of a net: results[key] = accuracy on the validation images, and the best net.

A net knows with which settings a Solver trained it (`trainings`), so what was kept can be found among the keys.
"""

from importlib import import_module

import numpy as np

from grading.trials.probes.searches import FEW, RIGHT, are_shares, same, scale, shares, trainings_of

WIDTH = 100                      # hidden units of a net, where nothing is handed on


def probe(best, arrange, images, rule=None):
    """Probe of a search.

    - best: the name of the net that was kept
    - arrange(names, keys) yields aspects of which keys there are
    - images(names): (X_val, y_val, number of training images, number of test images)
    - rule: the update rule that is asked for
    """

    def asked(names):
        def questions(seed):
            results, net = names["results"], names[best]
            yield "entries", lambda: "none" if len(results) == 0 else RIGHT
            if len(results) == 0:
                return
            starts = getattr(net.model if type(net).__name__ == "Solver" else net, "starts", 0)
            if len(results) == 1 and starts >= FEW:
                yield "entries", lambda: "one of many"
                yield "settings", lambda: "few"
                return
            for aspect, found in arrange(names, list(results)):
                yield aspect, lambda found=found: found
            told = np.array(list(results.values()), dtype=float)
            if told.size != len(results):
                return                           # entries of several numbers, of which nobody knows which is meant
            X_val, y_val, train, test = images(names)
            reading, values = scale(told, len(y_val))
            yield "scale", lambda: reading
            if reading in (..., "no accuracies"):
                return
            accuracies = shares(values, len(y_val), (1, 2, 3, 5), training=train, test=test)
            yield "accuracies", lambda: accuracies
            if accuracies == "no shares of images":
                return
            kept = {"Solver": "a Solver", "dict": "weights", "NoneType": "nothing"}.get(type(net).__name__, RIGHT)
            yield "what was kept", lambda: kept
            if kept in ("weights", "nothing"):
                return
            net = net.model if kept == "a Solver" else net
            yield from _kept(net, results, values if reading == accuracies == RIGHT else None, X_val, y_val, rule)

        return questions

    return asked


def numbers(key):
    """The numbers in a key of results, whatever else is in it."""
    return import_module("cs231n.compared").numbers_in(key)


def is_in(value, key):
    """Tell whether a setting is in a key of results, as it is or as a power of 10."""
    return import_module("cs231n.compared").is_in(value, key)


def _was_trained(net, values, X_val, y_val):
    """Its weights have moved, or those that a training began with, which it may share, were the best ones."""
    compared = import_module("cs231n.compared")
    if compared.has_moved(net):
        return True
    if values is None or not compared.was_trained(net):
        return False
    return np.mean(np.array(net.loss(X_val)).argmax(axis=1) == y_val) > np.max(values) - 1e-9


def _kept(net, results, values, X_val, y_val, rule):
    """How the net that was kept was trained, and which of the keys is its own.

    values: accuracies on the validation images, as fractions; None where results has something else
    """
    trainings, keys = trainings_of(net), list(results)
    if not _was_trained(net, values, X_val, y_val):
        yield "training", lambda: "of others" if getattr(net, "starts", 0) else "not at all"
        return
    rates = [one["optim_config"].get("learning_rate") for one in trainings]
    known = {rate for rate in rates if any(is_in(rate, key) for key in keys)}
    in_one_key = any(all(is_in(rate, key) for rate in known) for key in keys)
    best = [key for key in keys if results[key] > max(results.values()) - 1e-9]
    if len(known) > 1 and not in_one_key and not (len(known) == 2 and any(is_in(rates[0], key) for key in best)):
        yield "training", lambda: "one after the other"
        return
    starts, asked_for = getattr(net, "starts", 0), {len(numbers(key)) for key in keys} in ({1}, {3})
    few = asked_for and 0 < 2 * starts < len(keys)
    yield "training", lambda: RIGHT if not few else "one after the other" if len(trainings) != 1 else ...
    held_out = trainings and all(one["held_out"] for one in trainings)
    yield "images", lambda: "the validation images" if held_out else RIGHT
    if len(trainings) != 1:
        return
    found = trainings[0]["update_rule"]
    yield "rule", lambda: RIGHT if rule in (None, found) else f"{found}"
    rate, strength = trainings[0]["optim_config"].get("learning_rate"), trainings[0]["reg"]
    width = np.shape(net.params["W1"])[1]
    asked_for = all(len(numbers(key)) == 3 and numbers(key)[0] == round(numbers(key)[0]) > 0 for key in keys)
    single = all(len(numbers(key)) == 1 for key in keys)
    if not asked_for and not single:
        return

    def fits(key):
        """(rate, strength, width)"""
        there = is_in(rate, key) if single else is_in(rate, numbers(key)[1:2]) or (
            is_in(rate, numbers(key)[2:]) and is_in(strength, numbers(key)[1:2]))
        return (there, single or is_in(strength, key) or strength == 0 and 0 in numbers(key),
                single or width in numbers(key))

    matching = [fits(key) for key in keys]
    own = [place for place, match in enumerate(matching) if all(match)]
    right = np.array(net.loss(X_val)).argmax(axis=1) == y_val if values is not None else None
    found = _which(own[0], right.mean(), values) if len(own) == 1 and right is not None else ...
    if found != RIGHT and right is not None and same(right.mean(), values.max()):
        but_for_the_width = width == WIDTH and tuple(matching[values.argmax()]) == (True, True, False)
        found = found if not but_for_the_width else ... if found == "of another key" else "of another width"
    for part, name in enumerate(("rate", "strength", "width")):
        there = any(match[part] for match in matching) and not (name == "width" and found == "of another width")
        yield name, lambda there=there: RIGHT if there else "in no key"
    errors = len(own) == 1 and right is not None and same(1 - right.mean(), values[own[0]])
    if errors and not same(right.mean(), values[own[0]]):
        yield "measured", lambda: "error rates"
        return
    if found == RIGHT and not same(right.mean(), values.max()):
        few = [n for n in range(FEW, len(right) // 3 + 1)
               if are_shares(values, n, 6e-4 * n) and same(right[:n].mean(), values.max())]
        yield "measured", lambda: "on the first images" if few else ...
    yield "best one", lambda: found if found != "of another width" else ...


def _which(place, accuracy, values):
    """Which of the settings the net that was kept belongs to, by the settings of its training and by its accuracy."""
    if values[place] > values.max() - 1e-9:
        return RIGHT
    if same(accuracy, values.max()):
        return "of another key" if values.argmax() == (place - 1) % len(values) else ...
    if not same(accuracy, values[place]):
        return ...
    if place in (0, len(values) - 1):                        # which is so, whether or not it is the worst, too
        return "the last" if place else "the first"
    worst = np.flatnonzero(values < values.min() + 1e-9)     # a comparison keeps the first or the last of them
    return "the worst" if place in (worst[0], worst[-1]) else "another"
