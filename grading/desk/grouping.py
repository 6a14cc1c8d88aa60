"""Answers that say the same, together: for one look and one mark.

First those whose words are equal; then, by character n-grams, those that are nearly so. Answers that differ in a yes or
no, in a word that has an opposite, in a negation or in a number never share a group: there the smallest difference is
the whole one. No list of such words is complete: a page shows what a group's few wordings are.
"""

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

CUT = 0.75                       # cosine distance, average linkage
MOST = 2_000                     # different texts that are compared with each other
LONG = 5_000                     # characters of a text that are; of the rest counts whether it is the same
_OPPOSITES = (                   # words of one side, and of the other
    ("yes true t correct right valid ja oui sí", "no false f incorrect wrong invalid nein non"),
    ("unchanged same equal unaffected", "changed changes different unequal affected"),
    ("increases increase increased increasing large larger largest more most high higher highest up above over big "
     "bigger grow grows rise rises raise raises long longer maximum max overfit overfits overfitting",
     "decreases decrease decreased decreasing small smaller smallest less least low lower lowest down below under few "
     "fewer shrink shrinks fall falls reduce reduces short shorter minimum min underfit underfits underfitting"),
    ("positive", "negative"), ("bright brighter", "dark darker"), ("near nearer close closer", "far farther further"),
    ("first early before", "last late after"), ("training train", "test validation"), ("row rows", "column columns"),
    ("always", "sometimes"), ("better good helps help", "worse bad hurts hurt"), ("possible", "impossible"),
    ("fast faster", "slow slower"), ("stable", "unstable"), ("bounded", "unbounded"), ("linear", "nonlinear"),
    ("dependent depends", "independent"), ("svm hinge", "softmax"), ("left",))
_SIDE = {word: (axis, side) for axis, sides in enumerate(_OPPOSITES) for side, words in enumerate(sides)
         for word in words.split()}
_SIDED = "大小高低多少增减升降快慢正负对行列"
_COMPARED = re.compile(r"[<>≤≥≠]|\\(?:lt|gt|leq?|geq?|neq?)\b")
_SIGNS = "不没无非否错"          # that deny within a run of letters
_NEGATIONS = {"not", "never", "cannot", "neither", "nor", "none", "nothing", "without", "nicht", "kein", "keine"}
_FORMULA = re.compile(r"\$[^$]*\$")
_I_OR_A = {"i", "a"}
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?|[-−](?=\d)")
_MARKER = re.compile(r"^[ \t]*(?:[-*+>]|\(?(?:\d{1,2}|[a-h])[.)])[ \t]+", re.MULTILINE)
_AROUND = "*_`#\"“”.,;:!"


def normalized(text: str) -> str:
    """Its words and signs alone: no case, blanks, marks of lists or of emphasis. One letter may stand for eighteen."""
    text, rest = text[:LONG], text[LONG:]
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    words = _MARKER.sub("", text).replace("**", "").replace("__", "").split()
    if rest:
        words.append(hashlib.sha256(rest.encode("utf-8", "surrogatepass")).hexdigest())
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
    """What must be equal in a group, in its order: words and signs with an opposite, numbers, single letters; and how
    often something is denied."""
    text = _MARKER.sub("", unicodedata.normalize("NFKC", text[:LONG]).casefold().replace("’", "'"))
    words = _WORD.findall(text)
    negations = sum(word in _NEGATIONS or word.endswith("n't") for word in words) + sum(map(text.count, _SIGNS))
    return (tuple(_SIDE[word] for word in words if word in _SIDE), tuple(sign for sign in text if sign in _SIDED),
            tuple(_COMPARED.findall(text)), negations,
            tuple(one for one in words if one[0] in "-−" or one[0].isdigit()),
            tuple(one for one in _WORD.findall(_FORMULA.sub(" ", text)) if len(one) == 1 and one not in _I_OR_A))


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
