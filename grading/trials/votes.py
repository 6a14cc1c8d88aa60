"""Which images vote and what is made of their labels, read off wrong labels: rules are tried where no mistake fits.

A rule is said only if it gives all labels of the probe, and no other one that is as simple does.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from grading.trials.matching import Answers, leaves
from grading.trials.matching import numbers as array_of
from grading.trials.probes.k_nearest_neighbor import VOTES

_FUNCTION = "KNearestNeighbor.predict_labels"
_RIGHT = ("the k nearest images vote", "the commonest label wins, of equally common ones the smallest")
_FIRST = 3                   # rows of the first case that rule out most rules

Labels = np.ndarray
Choice = Callable[[np.ndarray, int], np.ndarray]                       # distances of a row, k -> who votes, in order
Decision = Callable[[Labels, np.ndarray], float]                       # labels and distances of these -> label


def read(function: str, answers: Answers, aspects: Iterable[str]) -> list[dict[str, str]]:
    """A sentence on the vote: {"kind", "says", "read"}."""
    aspects = set(aspects)
    if function != _FUNCTION or not aspects & VOTES.keys():
        return []
    told = {aspect: answers[aspect] for aspect, cases in VOTES.items()
            if aspect in answers and answers[aspect][0] != "u" and len(leaves(answers[aspect])) == len(cases)}
    if not told:
        return []
    found = [(wrong, says) for wrong, says, rule in _rules() if _fits(rule, told)]
    found += [(wrong, says) for wrong, says, rule in _rules_of_all() if _fits(rule, told, few=False)]
    found.sort()
    if not found or [wrong for wrong, _ in found].count(found[0][0]) > 1:       # of those that fit the simplest
        return []
    return [{"kind": "mistake", "says": found[0][1], "read": "the vote, step by step"}]


def _fits(rule: Callable[..., Labels], told: Answers, few: bool = True) -> bool:
    """Whether a rule gives all labels; few: at first only a few rows are looked at."""
    cases = [(case, array_of(leaf)) for aspect, all_told in told.items()
             for case, leaf in zip(VOTES[aspect], leaves(all_told), strict=True)]
    if any(labels is not None and labels.shape != (len(case[0]),) for case, labels in cases):
        return False
    (dists, y_train, k), labels = cases[0]
    if labels is None:
        return False
    if few:
        cases.insert(0, ((dists[:_FIRST], y_train, k), labels[:_FIRST]))
    return all(_is(rule, case, labels) for case, labels in cases)


def _is(rule: Callable[..., Labels], case: tuple[np.ndarray, np.ndarray, int], labels: Labels | None) -> bool:
    """Whether a rule gives these labels; None: it cannot be told, as where nobody votes."""
    try:
        with warnings.catch_warnings(action="ignore"):                 # a mean of nobody's labels
            found = rule(*case)
    except (IndexError, ValueError):
        return labels is None
    return labels is not None and np.allclose(found, labels)


def _rules() -> Iterator[tuple[int, str, Callable[..., Labels]]]:
    """(how much is wrong, sentence, rule: dists, y_train, k -> labels)."""
    for who, choice in _CHOICES.items():
        for what, decision in _DECISIONS.items():
            if (who, what) != _RIGHT:
                wrong = [one for one, right in zip((who, what), _RIGHT, strict=True) if one != right]
                yield len(wrong), _sentence("; ".join(wrong)), _each(choice, decision)
    yield 1, "The votes of one test image are still counted for the next: the counts are not set to zero.", _summed
    yield 1, "The farthest image decides alone; the k nearest images should vote.", lambda dists, y_train, k: (
        y_train[dists.argmax(axis=1)].astype(float))
    yield 1, ("A label that has one vote never wins: the largest number of votes so far begins with 1, and the label "
              "with 0."), _each(_CHOICES[_RIGHT[0]], lambda labels, far: _counted(
                  labels, lambda each, votes: each[votes.argmax()] if votes.max() > 1 else 0))


def _rules_of_all() -> Iterator[tuple[int, str, Callable[..., Labels]]]:
    """The same, of rules by which the label of a test image depends on the other ones."""
    yield 1, "All test images get the label that is commonest among the neighbors of all.", _at_once
    for says, moved in (
            ("The first test image gets no label of its own: it stays 0.", lambda labels: labels * (np.arange(
                len(labels)) > 0)),
            ("The last test image gets no label of its own: it stays 0.", lambda labels: labels * (np.arange(
                len(labels)) < len(labels) - 1)),
            ("Test image i gets the label that belongs to test image i - 1.", lambda labels: np.roll(labels, 1)),
            ("Test image i gets the label that belongs to test image i + 1.", lambda labels: np.roll(labels, -1)),
            ("The labels come in the reverse order of the test images.", lambda labels: labels[::-1])):
        right = _each(_CHOICES[_RIGHT[0]], _DECISIONS[_RIGHT[1]])
        yield 1, says, lambda *case, moved=moved, right=right: moved(right(*case))


def _sentence(wrong: str) -> str:
    return (f"{wrong[0].upper()}{wrong[1:]}; the k nearest images should vote, and the commonest label win, of equally "
            "common ones the smallest.")


def _each(choice: Choice, decision: Decision) -> Callable[..., Labels]:
    def rule(dists, y_train, k):
        voters = [choice(row, k) for row in dists]
        return np.array([decision(y_train[who], row[who]) for who, row in zip(voters, dists, strict=True)], dtype=float)

    return rule


def _summed(dists, y_train, k):
    near = np.argsort(dists, axis=1, kind="stable")[:, :k]
    counts = np.cumsum([np.bincount(y_train[row], minlength=y_train.max() + 1) for row in near], axis=0)
    return counts.argmax(axis=1).astype(float)


def _at_once(dists, y_train, k):
    near = y_train[np.argsort(dists, axis=1, kind="stable")[:, :k]]
    return np.full(len(dists), np.bincount(near.ravel()).argmax(), dtype=float)


_CHOICES: dict[str, Choice] = {
    "the k nearest images vote": lambda row, k: np.argsort(row, kind="stable")[:k],
    "only k - 1 images vote": lambda row, k: np.argsort(row, kind="stable")[:k - 1],
    "k + 1 images vote": lambda row, k: np.argsort(row, kind="stable")[:k + 1],
    "the nearest image has no vote, the k behind it have": lambda row, k: np.argsort(row, kind="stable")[1:k + 1],
    "the nearest image has no vote, the k - 1 behind it have": lambda row, k: np.argsort(row, kind="stable")[1:k],
    "the k farthest images vote": lambda row, k: np.argsort(row, kind="stable")[::-1][:k],
    "all images but the k nearest vote": lambda row, k: np.argsort(row, kind="stable")[k:],
    "all images vote": lambda row, k: np.argsort(row, kind="stable"),
    "the first k training images vote, however far they are": lambda row, k: np.arange(len(row))[:k],
    "the ranks of the images in the order of distance are taken for their places":
        lambda row, k: np.argsort(np.argsort(row, kind="stable"))[:k],
}


def _weighed(weigh: Callable[[np.ndarray], np.ndarray]) -> Decision:
    return lambda labels, far: float(np.bincount(labels, weights=weigh(far)).argmax())


def _counted(labels: Labels, counts: Callable[[np.ndarray, np.ndarray], float]) -> float:
    return float(counts(*np.unique(labels, return_counts=True)))


_DECISIONS: dict[str, Decision] = {
    "the commonest label wins, of equally common ones the smallest":
        lambda labels, far: _counted(labels, lambda each, votes: each[votes.argmax()]),
    "in a tie the largest label wins":
        lambda labels, far: _counted(labels, lambda each, votes: each[::-1][votes[::-1].argmax()]),
    "of equally common labels the one that is met first wins":
        lambda labels, far: float(labels[np.argmax([(labels == one).sum() for one in labels])]),
    "of equally common labels the one that is met last wins":
        lambda labels, far: float(labels[::-1][np.argmax([(labels == one).sum() for one in labels[::-1]])]),
    "the label before the commonest one is returned": lambda labels, far: _counted(
        labels, lambda each, votes: each[votes.argmax()]) - 1,
    "label 0 is left out of the counts, and every label is one too small":
        lambda labels, far: float(np.bincount(labels)[1:].argmax()),
    "the rarest label wins": lambda labels, far: _counted(labels, lambda each, votes: each[votes.argmin()]),
    "the smallest label wins": lambda labels, far: float(labels.min()),
    "the largest label wins": lambda labels, far: float(labels.max()),
    "the first label wins": lambda labels, far: float(labels[0]),
    "the last label wins": lambda labels, far: float(labels[-1]),
    "the mean of the labels is taken": lambda labels, far: float(labels.mean()),
    "the mean of the labels is taken and rounded": lambda labels, far: float(np.round(labels.mean())),
    "the mean of the labels is taken and cut to a whole number": lambda labels, far: float(int(labels.mean())),
    "the median of the labels is taken": lambda labels, far: float(np.median(labels)),
    "the median of the labels is taken and cut to a whole number": lambda labels, far: float(int(np.median(labels))),
    "the label in the middle of the sorted ones is taken": lambda labels, far: float(np.sort(labels)[len(labels) // 2]),
    "the number of votes is returned, not whose they are":
        lambda labels, far: _counted(labels, lambda each, votes: votes.max()),
    "the place in the list of different labels is returned, not the label there":
        lambda labels, far: _counted(labels, lambda each, votes: votes.argmax()),
    "the number of different labels is returned": lambda labels, far: _counted(labels, lambda each, votes: len(each)),
    "a vote counts 1 / distance": _weighed(lambda far: 1 / far),
    "a vote counts 1 / (1 + distance)": _weighed(lambda far: 1 / (1 + far)),
    "a vote counts 1 / distance**2": _weighed(lambda far: 1 / far**2),
    "a vote counts exp(-distance)": _weighed(lambda far: np.exp(-far)),
    "a vote counts as much as its distance": _weighed(lambda far: far),
    "the distances decide in place of the labels": lambda labels, far: float(far[0]),
}
