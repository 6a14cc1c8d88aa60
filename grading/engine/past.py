"""The past of what a test has of a student's: where it is from, and how it is made again in another process.

A test that has made an object holds what it was made by and what was done to it since, as data (see `Remote`); so the
same function or method can be called where no cell of the notebook has run.
"""

from typing import Any

from grading.engine import codec
from grading.engine.link import Link
from grading.engine.proxies import Remote, in_module


def place_of(function: Remote) -> Any:
    """Where the test has a function from: (module, name), (module, class.name) of an object that it has made itself, or
    what only the candidate knows."""
    owner, name = function._owner or (None, "")
    if owner is not None and owner._past and len(owner._past[0][0]) == 2:
        module, kind = owner._past[0][0]
        return module, f"{kind}.{name}"
    return function._target


def made_again(method: Remote, link: Link) -> Remote | None:
    """The same function or method at the other end of another link; None for what the test has not made of data.

    The object whose method it is gets made there with the next question.
    """
    if in_module(method._target):
        return Remote(link, method._target, method._path)
    owner, name = method._owner or (None, "")
    if owner is None or not owner._past:
        return None
    (target, packed), *past = owner._past
    try:
        codec.decode(packed)
        steps = [(attribute, value, codec.decode(value[0] if type(value) is list else value))
                 for attribute, value in past]
    except codec.CodecError:
        return None
    number = link.note("note_made", target, packed)
    for attribute, value, decoded in steps:
        if type(value) is list:
            link.later("call", (number, attribute), value[0])
        else:
            link.later("set_attribute", number, attribute, decoded)
    return Remote(link, (number, name), method._path)
