"""What a function answers, what of it is explained, and what is said of the rest, read off its answers."""

from dataclasses import dataclass, field

from grading.trials import (
    by_hand,
    differences,
    figures,
    formulas,
    matching,
    penalties,
    scaled,
    squares,
    strengths,
    terms,
    votes,
    walks,
    ways_back,
)
from grading.trials.catalogue import Entry
from grading.trials.matching import Answers, Known


@dataclass(frozen=True)
class Explained:
    """- certain: entries of the catalogue that it answers as; unexplained: aspects that none of these explains
    - besides: what is said of all gradients, and the answers are without; also: aspects that were wrong with it
    """

    function: str
    certain: list[Known]
    unexplained: set[str]
    answers: Answers
    reference: Answers
    besides: str = ""
    also: set[str] = field(default_factory=set)

    @property
    def entries(self) -> list[Entry]:
        return [one.entry for one in self.certain]

    def told(self) -> list[dict[str, str]]:
        """{"kind", "says", "read"} of each name; where there is none, of what differs."""
        about, with_reference = (self.function, self.answers), (self.answers, self.reference, self.unexplained)
        other_margin = figures.margin_of(*with_reference)
        wrong = set(matching.differences(self.answers, self.reference)) | self.also
        names = [{"kind": "convention" if one.entry.convention else "mistake", "says": differences.beside(one, wrong),
                  "read": one.entry.read} for one in self.certain
                 if not (other_margin and one.core <= {"data gradient"})]        # which follows from the margin
        if self.besides:
            names.append({"kind": "mistake", "says": self.besides, "read": scaled.READ})
        numbers = figures.numbers(*with_reference)
        names += numbers or terms.read(self.function, *with_reference)
        if not other_margin:
            names += formulas.read(*about, self.unexplained)
        if not numbers:
            names += penalties.read(*about, self.unexplained)
            names += squares.read(*about, self.unexplained) or walks.read(*about, self.unexplained)
        names += [] if names else votes.read(*about, self.unexplained)
        names += [] if names else strengths.read(self.function, *with_reference)
        names += [] if self.certain else by_hand.read(self.function, *with_reference)
        names += [] if names else ways_back.read(self.function, *with_reference)
        if not names and self.unexplained and (says := differences.sentence(self.function, *with_reference)):
            names.append({"kind": "difference", "says": says, "read": ""})
        return names
