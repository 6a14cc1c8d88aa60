"""What the parameters of a new net begin with, read off them where no known mistake fits: shapes, means, biases."""

import numpy as np

from grading.trials.matching import Answers, leaves
from grading.trials.matching import numbers as array_of

# The nets of the probes, by their numbers of units; each is made with two weight scales.
_NETS = {2: ((70, 60, 50), (50, 80, 40)), 3: ((90, 40, 120, 60), (80, 50, 30))}
_BIASES = {1.0: "begin with weight_scale", 2.0: "begin with another number than zero", 3.0: "are different numbers"}


def read(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """(sentence, what to read) for what has other shapes; where all have theirs, for what they begin with."""
    if not {"shapes", "mean of weights", "kind of biases"} & aspects:
        return []
    if any(aspect.startswith("shapes") for aspect in aspects):
        return _shapes(answers, reference, aspects)
    return _begins(answers, aspects)


def _shapes(answers: Answers, reference: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """Which parameters have which other shape, in the words of the docstring."""
    told, right = ([array_of(leaf) for leaf in leaves(one.get("shapes", ["u"]))] for one in (answers, reference))
    if "shapes" not in aspects or len(told) != len(right) or any(
            one is None or one.ndim > 1 for one in (*told, *right)):
        return []
    depth = next((depth for depth in _NETS if len(_keys(depth)) == len(right)), 0)
    if not depth:
        return []
    found, which = [], _keys(depth)
    for name in sorted({key for key, _ in which}, key=lambda key: (key[1:], key[0])):
        ours, theirs = ({_written(one, sizes) for one, (key, sizes) in zip(shapes, which, strict=True)
                         if key == name} for shapes in (told, right))
        if depth > 2:                      # a net of another depth has other words for the same layer
            ours, theirs = ({_written(one, sizes) for one, (key, sizes) in zip(shapes, which, strict=True)
                             if key == name and len(sizes) > depth} for shapes in (told, right))
        if ours != theirs:
            if len(ours) > 1 or len(theirs) > 1:
                return []
            (one,), (other,) = ours, theirs
            found.append(f"{name} has the shape {one}; it should be {other}" if one != "()" else
                         f"{name} is one number; it should have the shape {other}")
    where = "" if depth == 2 else "In a net with hidden_dims [H1, H2] "
    return [(f"{where}{'; '.join(found)}.", "the shapes in the docstring of the class")] if found else []


def _keys(depth: int) -> list[tuple[str, tuple[int, ...]]]:
    """(name, numbers of units of its net) of every array that is told of, in its order."""
    nets = [sizes for sizes in _NETS[depth] for _ in range(2)]
    return [(f"{letter}{layer}", sizes) for letter in "Wb" for sizes in nets for layer in range(1, len(sizes))]


def _written(shape: np.ndarray, sizes: tuple[int, ...]) -> str:
    hidden = ["H"] if len(sizes) == 3 else [f"H{number}" for number in range(1, len(sizes) - 1)]
    names = dict(zip(sizes, ["D", *hidden, "C"], strict=True))
    parts = [names.get(int(one), f"{one:.0f}") for one in np.ravel(shape)]
    return f"({', '.join(parts)}{',' * (len(parts) == 1)})"


def _begins(answers: Answers, aspects: set[str]) -> list[tuple[str, str]]:
    """Whose weights have another mean than 0, whose biases are not zero."""
    found = []
    for aspect, letter in (("mean of weights", "W"), ("kind of biases", "b")):
        told = array_of(answers.get(aspect, ["u"]))
        depth = next((depth for depth in _NETS if told is not None and told.shape == (len(_keys(depth)) // 2,)), 0)
        if aspect not in aspects or not depth or not np.isfinite(told).all():
            continue
        names = [(name, sizes) for name, sizes in _keys(depth) if name[0] == letter]
        by_name: dict[str, set[float]] = {}                     # of the nets that have all layers
        for (name, sizes), one in zip(names, told, strict=True):
            if len(sizes) > depth:
                by_name.setdefault(name, set()).add(float(one))
        off, kinds = {name for name, ones in by_name.items() if ones != {0.0}}, set().union(*by_name.values()) - {0.0}
        if not off or any(0.0 in by_name[name] for name in off):
            continue
        where = "" if depth == 2 or len(off) == len(by_name) else ", of a net with two hidden layers,"
        if letter == "W":
            found.append((f"The weights {_listed(off)}{where} are not drawn around 0: their mean should be 0.",
                          "the weights in the docstring of __init__"))
        elif len(kinds) == 1 and kinds <= set(_BIASES):
            found.append((f"The biases {_listed(off)}{where} {_BIASES[kinds.pop()]}; they should start at zero.",
                          "the biases in the docstring of __init__"))
    return found


def _listed(names: set[str]) -> str:
    *others, last = sorted(names)
    return f"{', '.join(others)}{' and ' * bool(others)}{last}"
