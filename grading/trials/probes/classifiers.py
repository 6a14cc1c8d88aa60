"""Searches for the learning rate and strength of a linear classifier, as svm.ipynb and softmax.ipynb ask for them.

results[(learning_rate, reg)] = (train_accuracy, val_accuracy), and the best of them: its accuracy and its classifier.
"""

from importlib import import_module

import numpy as np

from grading.trials.probes.searches import RIGHT, are_shares, only, same, scale, shares, trainings_of

NEAR, OUTLIER = 0.085, 0.15      # of accuracies claimed: root mean square of what they are off, and what one may be off
APART = 1.4                      # times as far off is another way than the one that fits
SHARED = "one for several pairs"
KINDS = ("LinearSVM", "Softmax")
DEFAULTS = (1e-3, 1e-5)          # of train: learning rate and strength
MOST_PAIRS = 5                   # of all that were tried are trained again
ROUNDED = 0.0051                 # how far an accuracy is off that was rounded to two digits


def probe(kind, best, arrange):
    """Probe of a search.

    - kind, best: names of the class, and of the one that was kept
    - arrange(names, pairs, accuracies) yields aspects of which pairs there are, then the pairs themselves, in the order
      of the trainings, as (learning_rate, reg)
    """

    def asked(names):
        def questions(seed):
            results = names["results"]
            yield "entries", lambda: "none" if len(results) == 0 else RIGHT
            if len(results) == 0:
                return
            told = [np.ravel(np.array(value, dtype=float)) for value in results.values()]
            sizes = {one.size for one in told}
            yield "form", lambda: RIGHT if sizes == {2} else "one number each" if sizes == {1} else ...
            train, val, test = (len(names[name]) for name in ("y_train", "y_val", "y_test"))
            if sizes == {2}:
                table, columns = np.array(told), RIGHT
                if _are_errors(table, _accuracies(names, names[best])):
                    yield "scale", lambda: "error rates"
                    return
                reading, fractions = scale(table, val)
                if reading is not RIGHT:
                    readings = [scale(column, size) for column, size in zip(table.T, (train, val))]
                    reading = readings[0][0] if readings[0][0] == readings[1][0] else ...
                    fractions = np.stack([one for _, one in readings], axis=1)
                yield "scale", lambda: reading
                if are_shares(fractions[:, 0], val) and are_shares(fractions[:, 1], train) \
                        and not are_shares(fractions[:, 1], val):
                    columns, fractions = "exchanged", fractions[:, ::-1]
                yield "columns", lambda: columns
                of_train = shares(fractions[:, 0], train, test=test)
                of_val = shares(fractions[:, 1], val, training=train, test=test)
                yield "training accuracies", lambda: of_train
                yield "validation accuracies", lambda: of_val
                times = 1.0 if reading == RIGHT else 0.01 if reading == "percent" else 1 / val
            else:
                return
            *arranged, pairs = arrange(names, [tuple(map(float, pair)) for pair in results], fractions)
            for aspect, found in arranged:
                yield aspect, lambda found=found: found
            if names[best] is None:
                yield "class", lambda: "none"
                return
            kept, training = type(names[best]).__name__, ...
            yield "class", lambda: kept if kept in KINDS and kept != kind else RIGHT
            measured = _accuracies(names, names[best])
            if pairs and reading in (RIGHT, "percent") and (kept == kind or kept not in KINDS):
                training = trained(kind, names, pairs, fractions[:, 0], seed)
            if training == "in no way" and measured and any(same(one, measured[:2]) for one in fractions):
                training = ...                   # it was measured, so it was trained, whatever way
            best_of_all = fractions[fractions[:, 1].argmax()]
            if training == "not at all" and best_of_all[1] > max(0.4, best_of_all[0] + 0.2):
                training = "on the validation images"
            record, handed = trainings_of(names[best]), _handed_on(names[best], list(results), fractions[:, 1])
            if training == "not at all" and any(one["num_iters"] for one in record):
                training = ...                   # a few steps tell little
            if handed not in (RIGHT, ...):       # which explains whatever they have come to
                training = ...
            yield "training", lambda: training
            for aspect, found in _kept(names, names[best], handed, training):
                yield aspect, lambda found=found: found
            value = _best_value(float(names["best_val"]) * times, fractions)
            yield "best value", lambda: value
            again = len(record) == 1 and {training, handed, reading, columns, of_train, of_val} == {RIGHT}
            trained_well = training in (..., RIGHT)
            yield "best one", lambda: _best_one(measured, fractions, again, value) if trained_well else ...

        return questions

    return asked


def _kept(names, classifier, handed, training):
    """What the record of its trainings tells of the classifier that was kept."""
    trainings = trainings_of(classifier)
    if not trainings and getattr(classifier, "W", 0) is None:
        yield "record", "untrained"
        return
    steps = [one["num_iters"] for one in trainings]
    asked_for = sum(steps) / names["num_iters"] if steps and None not in steps else 1
    yield "steps", "few" if 0 < asked_for < 0.2 else "many" if len(steps) == 1 and asked_for > 4 else RIGHT
    shown, held_out = sum(one["images"] for one in trainings), any(one["held_out"] for one in trainings)
    yield "number", "few" if 0 < shown < 0.5 * len(names["y_train"]) and not held_out else RIGHT
    also = held_out and training in (RIGHT, ...)
    yield "images", "the validation images as well" if also else RIGHT
    yield "handed on", handed if training in (RIGHT, ...) else ...


def _handed_on(classifier, keys, val):
    """Which of the two numbers train had by default, where it was not called with the best pair."""
    used = {(one["learning_rate"], one["reg"]) for one in trainings_of(classifier)}
    if len(used) != 1 or None in (pair := used.pop()):
        return ...
    best = np.array(keys, dtype=float)[val > val.max() - 1e-9]
    is_of = np.isclose(best, pair, rtol=0.05, atol=5e-6)                            # rate, strength
    return RIGHT if is_of.all(axis=1).any() else only(
        ("not the strength", is_of[:, 0].any() and pair[1] == DEFAULTS[1]),
        ("not the learning rate", is_of[:, 1].any() and pair[0] == DEFAULTS[0]))


def _best_value(value, accuracies):
    train, val = accuracies.T
    if abs(value - val.max()) < ROUNDED:
        return RIGHT
    return only(("not set", value < 0), ("the lowest", same(value, val.min())),
                ("that of the last", same(value, val[-1])),
                ("the highest on the training images", same(value, train.max())),
                ("by the training images", any(same(value, val[place]) for place in _by_training(train, val))))


def _by_training(train, val):
    """Where the best one lies, if accuracies on the training images are compared with each other or with best_val."""
    best = -1
    for place, (accuracy, kept) in enumerate(zip(train, val, strict=True)):
        if accuracy > best:
            best, last = kept, place
    return {last, *np.flatnonzero(train > train.max() - 1e-9)}


def _accuracies(names, classifier):
    """On the training, validation and test images; None for what is no classifier."""
    try:
        return [np.mean(np.ravel(classifier.predict(np.array(names[f"X_{split}"]))) == names[f"y_{split}"])
                for split in ("train", "val", "test")]
    except Exception:
        return None


def _are_errors(table, found):
    """Tell whether results has an entry for the classifier that was kept, with what it gets wrong in place of right."""
    return found is not None and any(same(1 - one, found[:2]) for one in table) and not any(
        same(one, found[:2]) for one in table)


def _best_one(found, accuracies, again, value):
    """Which of the entries the classifier that was kept has the accuracies of.

    - again: it was trained once, with the best pair, and so were the others, each with its own
    - value: what is read off the best value, which may tell how they were compared
    """
    if found is None:
        return ...
    train, val = accuracies.T
    if abs(found[1] - val.max()) < ROUNDED:
        return RIGHT
    if same(found[2], val.max()) and same(found[0], train[val.argmax()]):
        return "as good on the test images"
    which = {place for place, one in enumerate(accuracies) if same(one, found[:2])}
    if again and not which:
        itself = same(found[0], train[val.argmax()])     # and what is off is how the validation images were asked
        return ... if itself else "another of the best pair"
    last, worst = len(val) - 1 in which, any(same(val[one], val.min()) for one in which)
    by_training = any(same(train[one], train.max()) for one in which)
    return only(("the last", last), ("the worst", worst), ("the best on the training images", by_training),
                ("another", which and value in (RIGHT, ...) and not (last or worst or by_training)))


def turned(images):
    """The images in axes of their own, no more than there are images: with the same products of any two of them.

    To steps that begin at weights drawn alike in all directions, it is the same; they take a tenth of the time.
    """
    if len(images) >= images.shape[1]:
        return images
    squares, axes = np.linalg.eigh(images @ images.T)
    return (axes * np.sqrt(np.maximum(squares, 0))).astype(images.dtype)


def trained(kind, names, pairs, claimed, seed):
    """How classifiers were trained that get to the accuracies claimed: a new one for each pair, or otherwise.

    Some of the pairs are trained again, in one way after the other until one fits. Chance has a part in every accuracy,
    so all of them together count.
    """
    make = getattr(import_module("cs231n.classifiers.linear_classifier"), kind)
    images, labels = turned(np.array(names["X_train"], dtype=np.float32)), np.array(names["y_train"])
    settings = {"num_iters": names["num_iters"], "batch_size": names["batch_size"]}
    by_rate = sorted(range(len(pairs)), key=lambda place: pairs[place][0])
    chosen = sorted({by_rate[round(place)] for place in np.linspace(0, len(pairs) - 1, MOST_PAIRS)})
    claimed = claimed[chosen]
    seed()

    def train(classifier, **others):
        classifier.train(images, labels, **settings | others)
        return classifier

    def accuracy(classifier):
        """As its method predict should find it."""
        return float(np.mean((images @ np.array(classifier.W)).argmax(axis=1) == labels))

    def off(found):
        return float(np.sqrt(np.mean((np.array(found) - claimed) ** 2)))

    def each(exchanged=False, places=chosen):
        return [accuracy(train(make(), learning_rate=pairs[place][exchanged], reg=pairs[place][not exchanged]))
                for place in places]

    def on(fresh):
        """A new classifier is made for every so many pairs, and trained on through them."""
        found, one = [], None
        for place, (rate, reg) in enumerate(pairs):
            one = train(make() if place % fresh == 0 else one, learning_rate=rate, reg=reg)
            found += [accuracy(one)] if place in chosen else []
        return found

    anew = each()
    if off(anew) < NEAR:
        worst = int(np.abs(np.array(anew) - claimed).argmax())
        tries = [anew[worst], *each(places=[chosen[worst]] * 2)] if off(anew) > NEAR / 2 else [anew[worst]]
        if min(abs(one - claimed[worst]) for one in tries) < OUTLIER:
            return RIGHT
    stage, least = int(names.get("num_pairs", len(pairs))), off(anew)
    alike = [{SHARED: lambda: on(len(pairs))}, {SHARED: lambda: on(stage)} if stage < len(pairs) else {},
             {"not at all": lambda: [accuracy(train(make(), num_iters=0))] * len(chosen)},
             {"by the defaults": lambda: [accuracy(train(make()))] * len(chosen),
              "with the two exchanged": lambda: each(exchanged=True)}]
    known = [anew]
    for ways in alike:
        found = {way: train_again() for way, train_again in ways.items()}
        known += found.values()
        if found and min(map(off, found.values())) < min(NEAR, least / APART):
            way, *others = sorted(found, key=lambda one: off(found[one]))
            if others and off(found[others[0]]) < APART * off(found[way]):       # more trainings, less chance
                found = {one: np.mean([told, ways[one](), ways[one]()], axis=0) for one, told in found.items()}
                way, *others = sorted(found, key=lambda one: off(found[one]))
            return way if not others or off(found[others[0]]) > APART * off(found[way]) else ...
    return "in no way" if (claimed - np.max(known, axis=0)).max() > 0.25 and min(map(off, known)) > 0.2 else ...
