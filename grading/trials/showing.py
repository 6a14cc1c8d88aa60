"""Which known mistakes in a cell explain what its probe has read off the names that it left.

An entry fits if every aspect by which it is known reads as it says. It is named only if no other entry with another
sentence fits as well for one of these aspects; of two that fit, one whose aspects are all the other's gives way.
"""

from collections.abc import Iterable, Mapping

from grading.trials.cells import CellEntry
from grading.trials.probes.searches import RIGHT

# Aspects that do not depend on the functions that the cell calls.
OWN = ("form", "scale", "columns", "keys", "pairs", "settings", "rates", "best value", "best k", "class")


def readings(answers: Mapping[str, list], own: bool = False) -> dict[str, str]:
    """Aspect -> reading, of those that are not as they should be and that can be told; `own`: only a cell's own."""
    return {aspect: told[1] for aspect, told in answers.items() if told[0] == "s" and told[1] != RIGHT
            and (not own or aspect in OWN)}


def explain(found: Mapping[str, str], entries: Iterable[CellEntry]) -> list[CellEntry]:
    """The mistakes that are certain, one for each sentence."""
    fitting = [(entry, frozenset(entry.shows)) for entry in entries
               if entry.shows and all(found.get(aspect) == reading for aspect, reading in entry.shows)]
    largest = [(entry, shown) for entry, shown in fitting if not any(shown < other for _, other in fitting)]
    certain: dict[str, CellEntry] = {}
    for entry, shown in largest:
        if len({other.says for other, theirs in largest if theirs & shown}) == 1:
            certain.setdefault(entry.says, entry)
    return list(certain.values())


# How a reading is said where no entry fits; the aspect and the reading themselves, where nothing stands here.
_SAID = {
    "training": {"in no way": "no training of the kind that the task asks for gets to these accuracies",
                 "not at all": "nothing was trained"},
    "accuracies": {"no shares of images": "the accuracies are no shares of the validation images"},
    "stages": {"around no coarse pair": "the second stage lies around none of the pairs of the first"},
}


def sentence(found: Mapping[str, str]) -> str:
    """What can be said where no entry fits; "" where all is as it should be, or nobody knows."""
    told = "; ".join(_SAID.get(aspect, {}).get(reading, f"{aspect}: {reading}") for aspect, reading in found.items())
    return f"No known mistake fits; what the cell has left shows this: {told}." if told else ""
