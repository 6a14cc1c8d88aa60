"""A function that is asked with what another one of its module has left: which of its answers are its own making.

The way back of a layer gets the cache of its way forward. Where that one is wrong in a way that no mistake explains,
what the way back answers tells nothing, but for what the mistake cannot have touched.
"""

from grading.trials import doubles
from grading.trials.catalogue import Entry
from grading.trials.matching import Answers

_WAYS_BACK = ("_backward", "_backward_alt")
_FORWARD_ONLY = ("at test time", "running", "other momentum")        # what of a way forward no way back shows
_ACTIVATIONS = {"sigmoid", "tanh", "relu", "leaky_relu", "elu"}      # each is a function of its own


def apart(function: str, answers: Answers, others: list[tuple[list[Entry], set[str]] | None]
          ) -> tuple[Answers, tuple[Entry, ...]]:
    """(what of the answers may be explained, the mistakes of the others, where one text can hold them all).

    - others: of the functions beside it that are wrong, (mistakes, aspects that these do not explain); None for one
      of which nothing is known
    """
    made = tuple(entry for one in others if one for entry in one[0])
    writable = doubles.written(made) is not None
    if function.endswith(_WAYS_BACK):
        if not writable or None in others:
            return {}, ()
        answers = _untouched(answers, {aspect for one in others if one for aspect in one[1]})
    return answers, made if writable else ()


def within(function: str, made: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The mistakes of the others among which a function's own are looked for."""
    return made if function.endswith(_WAYS_BACK) else ()


def _untouched(answers: Answers, doubtful: set[str]) -> Answers:
    doubtful = {aspect for aspect in doubtful if not any(words in aspect for words in _FORWARD_ONLY)}
    known = _ACTIVATIONS - set(map(_kind, doubtful))
    return {aspect: told for aspect, told in answers.items() if not doubtful or _kind(aspect) in known}


def _kind(aspect: str) -> str:
    return aspect.lstrip("~").replace(",", "").split()[0]
