"""What each example adds to a wrong loss or gradient, read off it: known formulas are tried where no entry fits.

A formula is said only if it gives the answers for all inputs of the probe, and no other one does.
"""

import functools
from collections.abc import Iterable, Iterator

import numpy as np

from grading.trials import turns
from grading.trials.matching import EXACT, Answers, leaves
from grading.trials.matching import numbers as array_of
from grading.trials.parts import Case, case_of, costs, costs_of_images, hinges, right_slopes, slopes, steps
from grading.trials.probes.losses import DATA

_LINEAR = {"svm_loss_naive": True, "svm_loss_vectorized": True, "softmax_loss_naive": True,
           "softmax_loss_vectorized": True, "svm_loss": False, "softmax_loss": False}
_RIGHT = ("p - 1 | p", "minus the number of active hinges | 1 for an active hinge")
_SIZES = [(*DATA[which][1].shape, DATA[which][0].shape[1]) for which in "AB"]                    # N, D, C
_DIVISORS = {"N": [N for N, _, _ in _SIZES], "1": [1, 1], "N**2": [N**2 for N, _, _ in _SIZES],
             "N - 1": [N - 1 for N, _, _ in _SIZES], "N + 1": [N + 1 for N, _, _ in _SIZES],
             "2 N": [2 * N for N, _, _ in _SIZES], "N / 2": [N / 2 for N, _, _ in _SIZES],
             "the number of features": [D for _, D, _ in _SIZES], "the number of classes": [C for _, _, C in _SIZES],
             "N times the number of classes": [N * C for N, _, C in _SIZES],
             "N times the number of features": [N * D for N, D, _ in _SIZES],
             "N over the number of classes": [N / C for N, _, C in _SIZES]}
_MEANS = {"": 1.0, " The division by N is missing.": 0.0, " It is divided by N twice.": 2.0}    # powers of 1 / N


def read(function: str, answers: Answers, aspects: Iterable[str]) -> list[dict[str, str]]:
    """Sentences on the data loss and the data gradient, where they are wrong: {"kind", "says", "read"}."""
    if function not in _LINEAR:
        return []
    readings = {"data loss": _loss, "data gradient": _gradient}
    found = [reading(function, answers[aspect]) for aspect, reading in readings.items() if aspect in set(aspects)]
    return [{"kind": "mistake", "says": said[0], "read": said[1]} for said in found if said]


def _loss(function: str, told: list) -> tuple[str, str] | None:
    """(sentence, what to read) on a wrong data loss."""
    few, formulas, loops = _of_losses(function.startswith("softmax"))
    if said := _few(told, few):
        return f"In the loss {said}.", "the sum over all images in the formula of L, and its 1/N"
    if said := _off(told, few) or _cut(told, few):
        return f"The loss is {said}.", "the formula of L, term by term"
    if said := _fitting(told, formulas):
        should = "-log(p[y])" if function.startswith("softmax") else (
            "max(0, s[j] - s[y] + 1) for each wrong class j")
        return f"An image adds {said[0]} to the loss; it should add {should}.{said[1]}", (
            "the formula of the loss of one example")
    if said := _fitting(told, loops):
        return f"{said[0]}.{said[1]}", "what happens in each turn of the loops, line by line"
    return (f"The loss comes back as an array with a number for {what}; one number is wanted.",
            "the docstring, under Returns") if (what := _of_each(told)) else None


def _gradient(function: str, told: list) -> tuple[str, str] | None:
    """(sentence, what to read) on a wrong data gradient."""
    softmax, linear = function.startswith("softmax"), _LINEAR[function]
    few, formulas, images, places, loops = _of_gradients(softmax, linear)
    if said := _few(told, few):
        return f"In the gradient {said}.", "the sum over all images in the formula of L, and its 1/N"
    if said := _cut(told, few):
        return f"The gradient is {said}.", "division in Python, and the dtype of the array"
    if said := _fitting(told, formulas):
        what, times = ("column", "x times ") if linear else ("score", "")
        right, wrong = said[0].split(" | ")
        should = "p - 1 and p, p being the class's own probability" if softmax else (
            "minus the number of active hinges and 1 for an active hinge")
        return (f"In the gradient the {what} of the right class gets {times}{right}, and that of a wrong class "
                f"{times}{wrong}; it should be {should}.{said[1]}", "the gradient, class by class")
    if said := _fitting(told, images):
        return (f"In the gradient {said[0]}, i being the number of the image and j that of the class; it should be "
                f"X[i].{said[1]}", "whose score it is that dW is the gradient of")
    if said := _fitting(told, places):
        return (f"In the gradient {said[0]}, i being the number of the image and j that of the class.{said[1]}",
                "what i and j count, and what a label stands for")
    if said := _fitting(told, loops):
        return f"{said[0]}.{said[1]}", "what happens in each turn of the loops, line by line"
    return ("The gradient comes back with the shape of the scores, (N, C); dW has that of W, (D, C).",
            "the chain rule: the scores are X @ W") if linear and "class of each" in _of_each(told) else None


Ways = list[dict[str, np.ndarray]]             # for both inputs: words -> the sum over the images


@functools.cache
def _of_losses(softmax: bool) -> tuple[list[np.ndarray], Ways, Ways]:
    """(what each image adds, the formulas of others, loops that go wrong) for both inputs."""
    cases = [case_of(which) for which in "AB"]
    formulas = [{words: cost.sum() for words, cost in (costs if softmax else hinges)(case).items()} for case in cases]
    return [costs_of_images(case, softmax) for case in cases], formulas, [
        dict(turns.losses(case, softmax)) for case in cases]


@functools.cache
def _of_gradients(softmax: bool, linear: bool) -> tuple[list[np.ndarray], Ways, Ways, Ways, Ways]:
    """(what each image adds, the formulas of others, of other images, of other places, loops that go wrong)."""
    cases = [case_of(which) for which in "AB"]
    right = [right_slopes(case, softmax) for case in cases]
    each = [np.einsum("nd,nc->ndc", case.X, slope) if linear else np.eye(len(slope))[:, :, np.newaxis] * slope
            for case, slope in zip(cases, right, strict=True)]
    formulas = [{words: case.X.T @ slope if linear else slope
                 for words, slope in (slopes if softmax else steps)(case)} for case in cases]
    others = [[dict(way(case, softmax)) if linear else {} for case in cases] for way in (
        _other_images, _other_places, turns.gradients)]
    return each, formulas, *others


def explained(function: str, answers: Answers, aspects: Iterable[str]) -> set[str]:
    """Which of these aspects `read` has a sentence on."""
    return {aspect for aspect in aspects if read(function, answers, {aspect})}


def _of_each(told: list) -> str:
    """What there is a number for, by the shapes of two arrays; "" for other shapes."""
    kinds = {"each image": (0,), "each class": (2,), "each class of each image": (0, 2)}
    shapes = [getattr(array_of(one), "shape", None) for one in leaves(told)]
    return next((words for words, axes in kinds.items() if shapes == [
        tuple(sizes[axis] for axis in axes) for sizes in _SIZES]), "")


def _fitting(told: list, ways: Ways) -> tuple[str, str] | None:
    """(words, what is wrong with the mean) of the one formula that gives all that was told."""
    arrays = [array_of(one) for one in leaves(told)]
    if len(arrays) != len(ways) or any(one is None or not np.isfinite(one).all() or not np.any(one)
                                       for one in arrays):
        return None
    found = [(words, said) for words in ways[0].keys() & ways[1].keys() - set(_RIGHT) for said, power in _MEANS.items()
             if all(_equal(one, each[words] / N**power)
                    for one, each, (N, _, _) in zip(arrays, ways, _SIZES, strict=True))]
    return found[0] if len(found) == 1 else None


def _few(told: list, each: list[np.ndarray]) -> str:
    """Which of the images count, and what their sum is divided by, where what each adds is right; "" for anything else.

    - each: for both inputs, what each image adds, (N, ...)
    """
    arrays, found = [array_of(one) for one in leaves(told)], []
    if len(arrays) != len(each) or any(one is None for one in arrays):
        return ""
    for words, part in (("", slice(None)), ("only the last image counts", slice(-1, None)),
                        ("only the first image counts", slice(0, 1)), ("the first image is left out", slice(1, None)),
                        ("the last image is left out", slice(None, -1))):
        for divided, sizes in _DIVISORS.items():
            if (words or divided not in ("N", "1", "N**2")) and all(
                    _equal(one, parts[part].sum(axis=0) / size) for one, parts, size in zip(
                        arrays, each, sizes, strict=True)):
                by = "" if divided == "N" else f"the sum over the images is divided by {divided}; it should be by N"
                found.append("; ".join(one for one in (words, by) if one))
    if not found and (size := _size(arrays, each)):
        by = "not divided by N" if abs(size - 1) < 1e-4 else f"divided by {size:.4g}, whatever N is"
        return f"the sum over the images is {by}"
    return found[0] if len(found) == 1 else ""


def _off(told: list, each: list[np.ndarray]) -> str:
    """How much a loss is too large for any image; or that it has a number for each of them."""
    arrays = [array_of(one) for one in leaves(told)]
    if len(arrays) != len(each) or any(one is None or not np.isfinite(one).all() for one in arrays):
        return ""
    if all(any(_equal(one, parts / size) for size in (1, len(parts))) for one, parts in zip(arrays, each, strict=True)):
        return "an array with a number for each image; it should be one number, their mean"
    if any(one.size != 1 for one in arrays):
        return ""
    off = [float(np.ravel(one)[0]) - parts.mean() for one, parts in zip(arrays, each, strict=True)]
    always, over_N = np.linalg.solve([[1, 1 / len(parts)] for parts in each], off)
    whole = [int(np.round(one)) for one in (always, over_N)]
    if not any(whole) or max(map(abs, whole)) > 3 or np.abs(np.subtract(whole, (always, over_N))).max() > 1e-5:
        return ""
    parts = [f"{one:+d}{unit}" for one, unit in zip(whole, ("", "/N"), strict=True) if one]
    return f"not what it should be, but that {' '.join(parts).replace('+', '+ ').replace('-', '- ')}"


def _cut(told: list, each: list[np.ndarray]) -> str:
    """Whether digits are lost: what is told is the right loss or gradient, rounded in some way."""
    arrays = [array_of(one) for one in leaves(told)]
    right = [np.squeeze(parts.mean(axis=0)) for parts in each]
    if len(arrays) != len(right) or any(one is None or one.shape != other.shape or np.array_equal(one, other)
                                        for one, other in zip(arrays, right, strict=True)):
        return ""
    if not any(map(np.any, arrays)):             # which small ones are rounded to, and what nobody has computed
        return ""
    return next((f"{words}; it should keep its digits after the point" for words, cut in (
        ("rounded down to whole numbers", np.floor), ("rounded to whole numbers", np.round),
        ("cut to whole numbers", np.trunc)) if all(np.array_equal(one, cut(other))
                                                   for one, other in zip(arrays, right, strict=True))), "")


def _size(arrays: list[np.ndarray], each: list[np.ndarray]) -> float:
    """The number that the sum over the images is divided by, for both inputs the same; 0 for anything else."""
    sums = [np.squeeze(parts.sum(axis=0)) for parts in each]
    if any(one.shape != whole.shape or not np.any(one) for one, whole in zip(arrays, sums, strict=True)):
        return 0.0
    along = float(np.sum(sums[0] * arrays[0]))
    if not np.isfinite(along) or along == 0:
        return 0.0
    size = float(np.sum(sums[0] ** 2)) / along
    return size if size > 0 and all(map(_equal, arrays, [whole / size for whole in sums])) else 0.0


def _equal(one: np.ndarray, other: np.ndarray) -> bool:
    other = np.squeeze(other)
    return one.shape == other.shape and bool(np.abs(one - other).max() <= EXACT / 10 * np.abs(other).max())


def mean_of_margin(told: list, margin: float) -> str:
    """What is wrong with the mean in a gradient of hinges that have this margin; "" for nothing, or for more."""
    arrays, cases = [array_of(one) for one in leaves(told)], [case_of(which) for which in "AB"]
    if len(arrays) != len(cases) or any(one is None for one in arrays):
        return ""
    active = [((case.scores - case.own + margin > 0) & ~case.right) * 1.0 for case in cases]
    found = [np.where(case.right, -one.sum(axis=1, keepdims=True), one)
             for one, case in zip(active, cases, strict=True)]
    for said, power in _MEANS.items():
        for linear in (True, False):
            if all(_equal(array, (case.X.T @ slope if linear else slope) / len(case.X) ** power)
                   for array, case, slope in zip(arrays, cases, found, strict=True)):
                return said.lower().replace(" n ", " N ")
    return ""


def cut_off(told: list, cut: float) -> bool:
    """Whether a data loss is that of probabilities raised to this, or of probabilities with this added."""
    arrays, cases = [array_of(one) for one in leaves(told)], [case_of(which) for which in "AB"]
    if len(arrays) != 2 or any(one is None or one.size != 1 for one in arrays):
        return False
    p = [np.exp(case.own) / np.exp(case.scores).sum(axis=1, keepdims=True) for case in cases]
    return any(all(abs(float(np.ravel(one)[0]) + np.log(way(each)).mean()) < 1e-3 for one, each in zip(
        arrays, p, strict=True)) for way in (lambda p: np.maximum(p, cut), lambda p: p + cut))


def slopes_off(function: str, told: list, reference: list) -> tuple[np.ndarray, np.ndarray] | None:
    """(where the slope of a score is wrong, which are right classes), (N, C), for the square input of the probe."""
    arrays = [array_of(one) for one in (*leaves(told), *leaves(reference))]
    case = case_of("square")
    if len(arrays) != 4 or any(one is None for one in arrays) or arrays[1].shape != case.scores.shape:
        return None
    off = arrays[1] - arrays[3]
    if _LINEAR[function]:
        off = np.linalg.solve(case.X.T, off)
    return np.abs(off) > 1e-4 * np.abs(off).max(), case.right


def _other_images(case: Case, softmax: bool) -> Iterator[tuple[str, np.ndarray]]:
    """Gradients (D, C) that are right but for the images that are added: words, and what there is."""
    slope = right_slopes(case, softmax)
    (N, C), y = case.scores.shape, case.right.argmax(axis=1)
    if N < C:
        return
    places = {"X[i]": np.tile(np.arange(N)[:, np.newaxis], C), "X[j]": np.tile(np.arange(C), (N, 1)),
              "X[y[i]]": np.tile(y[:, np.newaxis], C), "X[0]": np.zeros((N, C), dtype=int),
              "X[-1]": np.full((N, C), N - 1)}
    wrong = np.where(case.right, 0.0, slope)
    for words, rows in places.items():
        added = np.einsum("nc,ncd->dc", wrong, case.X[rows])
        for own_words, own_rows in places.items():
            if softmax and own_words == "X[y[i]]":         # the class is the right one: it is X[j]
                continue
            own = np.zeros_like(added)
            for i in range(N):
                if softmax:
                    own[:, y[i]] += slope[i, y[i]] * case.X[own_rows[i, y[i]]]
                else:                                      # j is the class of the hinge
                    own[:, y[i]] -= wrong[i] @ case.X[own_rows[i]]
            says = f"{words} stands in every column" if words == own_words else (
                f"{own_words} stands in the column of the right class" if words == "X[i]" else
                f"{words} stands in the columns of the wrong classes" if own_words == "X[i]" else
                f"{words} stands in the columns of the wrong classes and {own_words} in that of the right class")
            if (words, own_words) != ("X[i]", "X[i]"):
                yield says, added + own


def _other_places(case: Case, softmax: bool) -> Iterator[tuple[str, np.ndarray]]:
    """Gradients (D, C) that are right but for the columns that something is added to: words, and what there is."""
    slope = right_slopes(case, softmax)
    (N, C), y = case.scores.shape, case.right.argmax(axis=1)
    if N < C:
        return
    j, of_image, of_class = np.arange(C), y[:, np.newaxis], np.tile(y[:C], (N, 1))
    if softmax:
        for words, mask in (("y[j] == y[i]", of_class == of_image), ("y[j] == j", of_class == j),
                            ("i == j", np.arange(N)[:, np.newaxis] == j), ("i == y[i]", np.arange(N) == y),
                            ("y[j] == i", of_class == np.arange(N)[:, np.newaxis])):
            mask = mask if mask.ndim == 2 else np.tile(mask[:, np.newaxis], C)
            yield f"1 is subtracted where {words}; it should be where j == y[i]", case.X.T @ (slope + case.right - mask)
        return
    wrong = np.where(case.right, 0.0, slope)
    columns = {"j": np.tile(j, (N, 1)), "y[i]": np.tile(of_image, C), "y[j]": of_class,
               "y[i] - 1": np.tile(of_image - 1, C), "j - 1": np.tile(j - 1, (N, 1))}
    for words, theirs in columns.items():
        for own_words, own in columns.items():
            if (words, own_words) != ("j", "y[i]"):
                added = np.zeros((case.X.shape[1], C))
                np.add.at(added.T, theirs, wrong[:, :, np.newaxis] * case.X[:, np.newaxis])
                np.add.at(added.T, own, -wrong[:, :, np.newaxis] * case.X[:, np.newaxis])
                yield (f"X[i] is added to column {words} for an active hinge, and subtracted from column {own_words}; "
                       "it should be added to column j and subtracted from column y[i]"), added
