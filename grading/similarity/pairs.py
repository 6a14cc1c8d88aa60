"""Which submissions are alike, and how much that says.

A run that two share weighs as much as it would surprise in one who wrote alone: -log2 of the share of all others who
have it too, less the one bit of what every second has. A pair's likeness is the weight
of what it shares over the weight of the lighter one; who wrote next to nothing counts as half of the class's middle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.sparse import csr_matrix

from grading.intake.passages import Passage
from grading.similarity.documents import Document

UNSEEN = 10                      # others who are imagined beside a class: one of them has the run, too
SHOWN = 12                       # passages of a pair that are shown
FAINT = 0.02                     # of what a pair shares: passages that share less are not shown
FEW = 12                         # passages of a submission that have a run: of more, the first are looked at


@dataclass(frozen=True)
class Match:
    """Two passages, and which of their lines, counted from 0, are in what they share; `weight` in bits."""

    one: Passage
    other: Passage
    lines: tuple[frozenset[int], frozenset[int]]
    weight: float


@dataclass(frozen=True)
class Pair:
    """- code, answers: likeness from 0 to 1; weight: of what is shared, in bits; matches: the heaviest first."""

    one: Document
    other: Document
    code: float
    answers: float
    weight: float
    matches: list[Match]

    @property
    def likeness(self) -> float:
        return max(self.code, self.answers)


@dataclass(frozen=True)
class Found:
    """- pairs: the most alike first; closest: of each submission of this class, the likeness of its closest one."""

    pairs: list[Pair]
    closest: list[float]

    @property
    def usual(self) -> float:
        """Half of the class has nobody closer than this."""
        return float(np.median(self.closest)) if self.closest else 0.0


def find(documents: Sequence[Document], most: int) -> Found:
    """The `most` pairs of these submissions, of which one at least is of this class, that are most alike."""
    ours = np.array([not document.source for document in documents], bool)
    weights: dict[int, float] = {}
    code, code_shared = _likeness(documents, True, weights)
    answers, answers_shared = _likeness(documents, False, weights)
    likeness, shared = np.maximum(code, answers), code_shared + answers_shared
    if len(documents) < 2:
        return Found([], [0.0] * len(documents))
    rows, columns = np.triu_indices(len(documents), 1)
    wanted = (ours[rows] | ours[columns]) & (likeness[rows, columns] > 0)
    rows, columns = rows[wanted], columns[wanted]
    order = np.lexsort((-shared[rows, columns], -likeness[rows, columns]))[:most]
    pairs = [Pair(documents[i], documents[j], float(code[i, j]), float(answers[i, j]), float(shared[i, j]),
                  _matches(documents[i], documents[j], weights))
             for i, j in zip(rows[order], columns[order])]
    return Found(pairs, [float(value) for value in likeness.max(axis=1)[ours]])


def _likeness(documents: Sequence[Document], is_code: bool,
              weights: dict[int, float]) -> tuple[np.ndarray, np.ndarray]:
    """(likeness, weight of what is shared) of every two, both (N, N); `weights` gets those of each run."""
    runs = [sorted({run for passage in document.passages if passage.is_code == is_code
                    for run, _, _ in passage.runs}) for document in documents]
    known, columns = np.unique(np.array([run for one in runs for run in one], np.int64), return_inverse=True)
    count = len(documents)
    table = csr_matrix((np.ones(len(columns)), columns, np.cumsum([0, *map(len, runs)])), (count, len(known)))
    have = np.asarray(table.sum(axis=0)).ravel()
    weight = np.maximum(0.0, -np.log2((np.maximum(have, 2) - 1) / (count - 2 + UNSEEN)) - 1)
    weights.update(zip(known.tolist(), weight.tolist()))
    shared = (table.multiply(weight) @ table.T).toarray()
    own = np.diag(shared).copy()
    np.fill_diagonal(shared, 0)
    least = np.median(own[own > 0]) / 2 if (own > 0).any() else 1.0
    return shared / np.maximum(np.minimum.outer(own, own), least), shared


def _matches(one: Document, other: Document, weights: dict[int, float]) -> list[Match]:
    """For each passage the one that shares most with it."""
    found: dict[tuple[int, int], float] = {}
    there, enough = _places(other), 0.0
    for run, places in _places(one).items():
        if (weight := weights.get(run)) and run in there:
            enough += FAINT * weight
            for both in product(places, there[run]):
                found[both] = found.get(both, 0.0) + weight
    met: tuple[set[int], set[int]] = set(), set()
    matches = []
    for (first, second), weight in sorted(found.items(), key=lambda item: (-item[1], item[0])):
        if weight >= enough and not (first in met[0] and second in met[1]) and len(matches) < SHOWN:
            met[0].add(first)
            met[1].add(second)
            matches.append(_match(one.passages[first], other.passages[second], weights, weight))
    return matches


def _places(document: Document) -> dict[int, list[int]]:
    """Run -> numbers of the first few passages that have it."""
    found: dict[int, list[int]] = {}
    for number, passage in enumerate(document.passages):
        for run, _, _ in passage.runs:
            if len(places := found.setdefault(run, [])) < FEW:
                places.append(number)
    return found


def _match(one: Passage, other: Passage, weights: dict[int, float], weight: float) -> Match:
    both = {run for run, _, _ in one.runs} & {run for run, _, _ in other.runs}
    alike = [frozenset(passage.lines) & {line for run, first, last in passage.runs if run in both and weights.get(run)
                                         for line in range(first, last + 1)} for passage in (one, other)]
    return Match(one, other, (alike[0], alike[1]), weight)
