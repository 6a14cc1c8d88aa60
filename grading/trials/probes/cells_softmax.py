"""Probes of log_uniform and of the search in two stages in softmax.ipynb."""

import numpy as np

from grading.trials.probes.classifiers import probe
from grading.trials.probes.searches import RIGHT, only, trainings_of


def _log_uniform(names):
    def questions(seed):
        low, high, n = 1e-4, 1.0, 4000
        seed()
        told = names["log_uniform"](low, high, n)
        draws = np.array(told, dtype=float)
        drawn = "nothing" if told is None else "a single number" if draws.size == 1 else ...
        yield "draws", lambda: RIGHT if draws.shape == (n,) else drawn
        if draws.shape != (n,) or not np.isfinite(draws).all():
            return
        if np.ptp(draws) == 0:
            yield "values", lambda: "one for all"
            return

        def spread(values, start, end):
            """Tell whether the values are uniform between the two."""
            shares = np.histogram(values, 8, (start, end))[0] / n
            inside = len(values) == n and np.all((values > start) & (values < end))
            return bool(inside and np.abs(shares - 1 / 8).max() < 0.04)

        bounds = {"natural": np.log([low, high]), "decimal": np.log10([low, high])}
        positive = draws if draws.min() > 0 else np.zeros(0)
        logs = np.log(positive)
        if len(logs) == n and np.ptp(steps := np.diff(np.sort(logs))) < 0.01 * steps.mean():
            yield "values", lambda: "evenly spaced"
            return
        yield "values", lambda: only(
            (RIGHT, spread(logs, *(bounds["natural"] + [-1e-3, 1e-3]))),
            ("uniform", spread(draws, low - 1e-9, high)),
            ("logarithms", any(spread(draws, *(ends + [-1e-9, 1e-9])) for ends in bounds.values())),
            ("of two bases", spread(logs, *(bounds["decimal"] + [-1e-9, 1e-9]))),
            ("of two bases, the other way", spread(logs / np.log(10), *(bounds["natural"] + [-1e-9, 1e-9]))),
            ("exponents", spread(logs, low - 1e-9, high) or spread(logs / np.log(10), low - 1e-9, high)),
            ("logarithms of uniform numbers", any(spread(base**draws, low - 1e-9, high) for base in (np.e, 10))),
            ("whole powers", bool(set(np.round(draws, 9)) <= {10.0**power for power in range(-9, 10)})))

    return questions


def _arranged(names, pairs, accuracies):
    low, high = np.array([names["lr_range"], names["reg_range"]]).T
    number, zoom = int(names["num_pairs"]), float(names["zoom"])

    def inside(found):
        return int(np.all((np.array(found) > 0.999 * low) & (np.array(found) < 1.001 * high), axis=1).sum())

    turned = [pair[::-1] for pair in pairs]
    exchanged = inside(pairs) < number <= inside(turned)
    used = [one["learning_rate"] for one in trainings_of(names["best_softmax"])]
    as_trained = exchanged and used and all(rate is not None and any(np.isclose(rate, pair[0], rtol=1e-3)
                                                                     for pair in pairs) for rate in used)
    yield "keys", "the other's range" if as_trained else "exchanged" if exchanged else RIGHT
    yield "stages", _stages(np.array(turned if exchanged else pairs), accuracies, number, zoom, inside)
    yield turned if exchanged and not as_trained else pairs


def _stages(pairs, accuracies, number, zoom, inside):
    train, val = accuracies.T
    if len(pairs) == number:
        near = np.all(np.max(pairs, axis=0) < 1.01 * zoom**2 * np.min(pairs, axis=0))
        return "the fine one" if near else "the coarse one" if inside(pairs) == number else ...
    if len(pairs) != 2 * number or inside(pairs[:number]) < number:
        return ...                               # more pairs, or in another order
    coarse, fine = pairs[:number], pairs[number:]
    around = [place for place, pair in enumerate(coarse)
              if np.all((fine > 0.999 * pair / zoom) & (fine < 1.001 * pair * zoom))]
    if any(val[place] > val[:number].max() - 1e-9 for place in around):
        return RIGHT
    near = np.array([np.all((pairs > 0.999 * pair / zoom) & (pairs < 1.001 * pair * zoom), axis=1) for pair in pairs])
    if any(one.sum() > number and val[place] > val[~one].max(initial=0) - 1e-9 for place, one in enumerate(near)):
        return ...                               # right, in another order
    if around:
        return only(("around the worst", any(val[place] < val[:number].min() + 1e-9 for place in around)),
                    ("around the last", number - 1 in around),
                    ("around the best on the training images", any(train[place] > train[:number].max() - 1e-9
                                                                   for place in around)))
    best = coarse[val[:number].argmax()]
    reach = np.log(fine.max(axis=0) / fine.min(axis=0))
    narrow = np.all((fine > 0.999 * best / zoom) & (fine < 1.001 * best * zoom), axis=0)
    if np.any(narrow):                           # one of the two numbers was drawn as it should
        wide = inside(fine) == number and np.all(reach[~narrow] > 2.01 * np.log(zoom))
        return ("fine in the rate alone" if narrow[0] else "fine in the strength alone") if wide else ...
    if np.all(reach < 2 * np.log(zoom)):
        return "around no coarse pair"
    return "both coarse" if inside(fine) == number and np.any(reach > 2.01 * np.log(zoom)) else ...


PROBES = {"softmax-log_uniform-solution": _log_uniform,
          "softmax-search-solution": probe("Softmax", "best_softmax", _arranged)}
