"""Answers that say the same, together: for one look and one mark.

First those whose words are equal; then, by character n-grams, those that are nearly so. Answers that differ in a yes or
no, in a negation or in a number never share a group: there the smallest difference is the whole one.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

CUT = 0.75                       # cosine distance, average linkage
MOST = 2_000                     # different texts that are compared with each other
LONG = 5_000                     # characters of a text that are
_VERDICTS = {"yes": "+", "true": "+", "correct": "+", "right": "+", "unchanged": "=", "same": "=", "equal": "=",
             "no": "-", "false": "-", "incorrect": "-", "wrong": "-", "changed": "!", "changes": "!", "different": "!",
             "increases": "^", "increase": "^", "larger": "^", "more": "^", "higher": "^", "up": "^",
             "decreases": "v", "decrease": "v", "smaller": "v", "less": "v", "lower": "v", "fewer": "v", "down": "v",
             "ja": "+", "nein": "-", "oui": "+", "non": "-", "sí": "+"}
_SIGNS = "不没无非否错"          # that deny within a run of letters
_NEGATIONS = {"not", "never", "cannot", "neither", "nor", "none", "nothing", "without", "nicht", "kein", "keine"}
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?|[-−](?=\d)")
_MARKER = re.compile(r"^[ \t]*(?:[-*+>]|\(?(?:\d{1,2}|[a-h])[.)])[ \t]+", re.MULTILINE)
_AROUND = "*_`#\"“”.,;:!"


def normalized(text: str) -> str:
    """Its words and signs alone: no case, blanks, marks of lists or of emphasis."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    words = _MARKER.sub("", text).replace("**", "").replace("__", "").split()
    return " ".join(filter(None, (word.strip(_AROUND) for word in words)))


def groups(texts: Sequence[str]) -> list[list[int]]:
    """Numbers of the texts, in groups; the largest first, within one the commonest wording first."""
    wordings = defaultdict(list)
    for number, text in enumerate(texts):
        wordings[normalized(text)].append(number)
    known = list(wordings)
    found = defaultdict(list)
    for wording, label in zip(known, _labels(known), strict=True):
        found[label, _polarity(texts[wordings[wording][0]])].append(wordings[wording])
    made = [[number for same in sorted(those, key=lambda one: (-len(one), one)) for number in same]
            for those in found.values()]
    return sorted(made, key=lambda group: (-len(group), group))


def _polarity(text: str) -> tuple:
    """What must be equal in a group: verdicts in their order, how often something is denied, the numbers."""
    text = text[:LONG]
    words = _WORD.findall(_MARKER.sub("", unicodedata.normalize("NFKC", text).casefold().replace("’", "'")))
    verdicts = "".join(_VERDICTS.get(word, "") for word in words)
    negations = sum(word in _NEGATIONS or word.endswith("n't") for word in words) + sum(map(text.count, _SIGNS))
    return verdicts, negations, tuple(sorted({word for word in words if word[0].isdigit() or word[0] in "-−"}))


def _labels(texts: list[str]) -> list[int]:
    """A cluster's number for each of these different texts."""
    if len(texts) < 2 or len(texts) > MOST:
        return list(range(len(texts)))
    from scipy.cluster.hierarchy import fcluster, linkage

    return list(fcluster(linkage(_distances(texts), "average"), CUT, "distance"))


def _distances(texts: list[str]) -> np.ndarray:
    """Cosine distances of tf-idf over character 2-to-4-grams, condensed as scipy wants them."""
    from scipy.sparse import csr_matrix
    from scipy.spatial.distance import squareform

    columns: dict[str, int] = {}
    rows, cells, counts = [], [], []
    for row, text in enumerate(texts):
        padded = f" {text[:LONG]} "
        grams = Counter(padded[start:start + n] for n in (2, 3, 4) for start in range(len(padded) - n + 1))
        rows += [row] * len(grams)
        cells += [columns.setdefault(gram, len(columns)) for gram in grams]
        counts += grams.values()
    table = csr_matrix((np.asarray(counts, float), (rows, cells)), shape=(len(texts), max(len(columns), 1)))
    idf = np.log((1 + len(texts)) / (1 + np.bincount(cells, minlength=table.shape[1]))) + 1
    table = csr_matrix(table.multiply(idf))
    lengths = np.sqrt(np.asarray(table.multiply(table).sum(axis=1))).ravel()
    table = csr_matrix(table.multiply(1 / np.maximum(lengths, 1e-12)[:, None]))
    distances = np.clip(1 - (table @ table.T).toarray(), 0, None)
    np.fill_diagonal(distances, 0)
    return squareform(distances, checks=False)
