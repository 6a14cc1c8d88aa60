"""How a failed check speaks: where, what was found, what was expected, how much is off, what to look at next.

The words for `cs231n.testing`, which does the checking. Messages fit 100 columns and never print a whole array.
"""

import re
import textwrap

import numpy as np

LARGEST_FACTOR = 1000  # the largest N for which "N times the expected value" is a guess worth printing


class CheckFailed(AssertionError):
    """A checked value is not what it should be; the message is for the student."""

    def _render_traceback_(self):
        """What IPython shows: the message and where it was, and no line of ours."""
        from cs231n import _shown  # which needs this module

        return _shown.rendered(self)


def fail(headline, *lines):
    """Raise CheckFailed with the headline, then one line for each (label, text) that has a text."""
    raise CheckFailed(composed(headline, *lines))


def composed(headline, *lines):
    """The text of a message: see `fail`."""
    paragraphs = [textwrap.fill(_signed(headline), 98)]
    for label, text in lines:
        if text:
            start = f"  {label:<9} "
            paragraphs.append(
                textwrap.fill(_signed(text), 98, initial_indent=start, subsequent_indent=" " * len(start))
            )
    return "\n".join(paragraphs)


def _signed(text):
    """`scores - 10000`, where a number was put behind a sign: not `scores + -10000`."""
    return re.sub(r"(?<=[\w)\]] )([+-]) -(?=[\d.])", lambda sign: "- " if sign[1] == "+" else "+ ", text)


def counted(number, noun):
    """`1 coordinate`, `3 coordinates`, `2 entries`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


def at(name, index):
    """`dW[2, 1]`, or the bare name for a number."""
    return f"{name}[{', '.join(str(int(i)) for i in index)}]" if len(index) else name


def number(value, other=None):
    """A float in six digits, or in as many as tell it from the other."""
    short = f"{value:.6g}"
    return f"{value:.15g}" if other is not None and short == f"{other:.6g}" else short


def name_of(function):
    return getattr(function, "__name__", "the function")


def places(lines, filename):
    """`line 12: for, line 14: map (softmax.py)`"""
    shown = ", ".join(f"line {line}: {what}" for line, what in lines[:4])
    return f"{shown} ({filename})" if shown and filename else shown


def describe(value):
    """A few words for any value a student's function may return."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of dtype {value.dtype}, shape {value.shape}"
    if type(value) in (tuple, list):
        inside = ", ".join("None" if item is None else type(item).__name__ for item in value[:4])
        if not len(value):
            return f"an empty {type(value).__name__}"
        return f"a {type(value).__name__} of {len(value)}: {inside}{', ...' if len(value) > 4 else ''}"
    if type(value) in (str, bytes, complex):
        return f"the {type(value).__name__} {repr(value)[:60]}"
    return f"a value of type {type(value).__name__}"


def hint(value):
    """What usually makes a function return this instead of numbers."""
    if value is None:
        return "where it comes from: a function without a return statement returns None"
    if type(value) is tuple:
        return "the return statement: it may return several values where one is wanted"
    if type(value) is dict:
        return "the return statement: a dictionary came where an array is wanted"
    if hasattr(type(value), "toarray"):
        return "sparse matrices: .toarray() makes an array of one"
    return ""


def guess_pattern(found, expected, allowed):
    """Say how found relates to expected, if one simple relation fits every entry; else return "".

    Inputs:
    - found, expected: float64, finite, same shape
    - allowed: difference that counts as none, shape of expected
    """
    with np.errstate(all="ignore"):  # a guess may overflow: then it does not fit
        return _guess_pattern(found, expected, allowed)


def _guess_pattern(found, expected, allowed):
    each = "every entry is " if found.size > 1 else "it is "
    if not found.any():
        return each + "zero" if expected.any() else ""
    if not expected.any():
        return ""

    guesses = [
        (2 * expected, "twice the expected value"),
        (expected / 2, "half the expected value"),
        (-expected, "minus the expected value"),
        (expected**2, "the square of the expected value"),
        (np.sqrt(np.abs(expected)), "the square root of the expected value"),
    ]
    largest = np.max(np.abs(expected))
    scaled = expected / largest
    ratio = np.sum(found * scaled) / np.sum(expected * scaled)
    # A single number lies near a multiple by chance, unless multiples lie further apart than what is allowed.
    most = LARGEST_FACTOR if found.size > 1 else min(LARGEST_FACTOR, 0.02 * largest / np.max(allowed))
    if 2 < abs(ratio) < most:
        guesses.append((round(ratio) * expected, f"{round(ratio)} times the expected value"))
    if 2 < abs(1 / ratio) < most:
        guesses.append((expected / round(1 / ratio), f"1/{round(1 / ratio)} of the expected value"))
    for candidate, words in guesses:
        if np.all(np.abs(found - candidate) <= allowed * min(1, np.max(np.abs(candidate)) / largest)):
            return each + words

    if np.any(found != expected) and np.array_equal(found, np.trunc(expected)):
        return each + "cut to a whole number: does an array with an integer dtype, or //, take the fraction?"
    if expected.T.shape == found.shape and np.all(np.abs(found - expected.T) <= allowed.T):
        return "it is the transpose of what is expected"
    if found.size > 2 and np.all(np.abs(found - ratio * expected) <= allowed):
        return f"every entry is {number(ratio)} times the expected value"
    offset = np.mean(found - expected)
    if found.size > 2 and np.all(np.abs(found - expected - offset) <= allowed):
        return f"every entry is off by the same amount, {number(offset)}"
    return ""
