"""The checks of how a function works, whatever it returns: on whole arrays, at their cost, and by itself."""

import re

from cs231n import _costs
from cs231n._counting import interpreted_events
from cs231n._entries import read_entries
from cs231n._messages import CheckFailed, fail, name_of, places
from cs231n._shortcuts import read_shortcuts
from cs231n._source import hands_on_functions, read_loops, read_stacks, source_of

COUNTED = (128, 256)               # rows of the calls that are counted
_LINE = re.compile(r"([^/\\]*):\d+ \S+:(\d+)(?: \S+)?")


def assert_vectorized(make_call, *, grows, sizes=_costs.SIZES, calls=_costs.CALLS, look_at=""):
    """Check that a function costs what operations on whole arrays cost, and not what a Python loop costs.

    - make_call: make_call(n) returns (function, args), a call of size n with few other numbers in it, and other values
      each time; or (function, args, check), where check(returned) raises CheckFailed for a wrong result
    - grows: what n counts, in words, as in "the number of training rows"
    - sizes: (few, many); calls are made of both
    - calls: how many numpy functions the looped version calls for each of n, at least

    Processor time is measured, not the time on the wall, and compared with that of array operations and of a loop,
    measured at the same time. Fails if the function takes more than ten times the former and more than about a quarter
    of the latter, in each of several tries, or if it reaches a numpy function that is a loop in disguise
    (np.vectorize, np.apply_along_axis, ...), or if a loop looks up single entries of an array, one or more for each
    of n: that costs too little to be told so, but stands in the source and is counted.
    """
    __tracebackhide__ = True
    function = make_call(_costs.WARM)[0]
    text, qualified_name, filename = source_of(function) or ("", "", "")
    disguised = read_loops(text, qualified_name)[1]
    if disguised := [(line, what) for line, what in disguised if what.startswith("numpy.")]:
        fail(
            f"{name_of(function)} hides its loops.",
            ("found", places(disguised, filename)),
            ("expected", "operations on whole arrays; this works element by element"),
            ("look at", look_at),
        )
    if lines := python_loop(make_call, sizes=sizes, calls=calls):
        fail(f"{name_of(function)} loops in Python over {grows}.", *lines, ("look at", look_at))


def assert_by_hand(function, task, *, look_at=""):
    """Check that a function does its task itself, as its docstring asks, and does not hand it to a library.

    - task: "distances", "softmax" or "svm"

    The source is read, nothing runs. What does a part of the task, such as np.linalg.norm, is said and costs nothing,
    unless the assignment asks for it (`by_hand` in its assignment.toml).
    """
    __tracebackhide__ = True
    text, qualified_name, filename = source_of(function) or ("", "", "")
    whole, part = read_shortcuts(text, qualified_name, task)
    if whole:
        fail(
            f"{name_of(function)} hands its task to a library.",
            ("found", places(whole, filename)),
            ("expected", "the computation written out in numpy, as the docstring asks"),
            ("look at", look_at),
        )
    if part:
        print(f"Note: {name_of(function)} uses {places(part, filename)}, which its docstring asks to write out. "
              "This costs no points.")


def python_loop(make_call, *, sizes=_costs.SIZES, calls=_costs.CALLS):
    """Say how a function loops in Python over what its calls have n of: lines for `fail`, none where it does not.

    The parameters are those of assert_vectorized. What is between array operations and a loop is none, and noted.
    """
    __tracebackhide__ = True
    text, qualified_name, filename = source_of(make_call(_costs.WARM)[0]) or ("", "", "")
    loops, disguised = read_loops(text, qualified_name)
    stacks = min(read_stacks(text, qualified_name), 2 if loops or disguised else 4)
    try:
        verdict = _costs.judge(make_call, sizes, calls, stacks,
                               bool(loops or disguised) or hands_on_functions(text, qualified_name))
    except _costs.NotPlain as error:
        raise CheckFailed(f"What the function returns cannot be taken: {error}.") from None
    if verdict.looped:
        return [
            ("found", _busiest(make_call)),
            ("cost", verdict.told()),
            ("expected", "about the cost of array operations, and one step of Python for any size"),
            ("loops", places(sorted(loops + disguised), filename)),
        ]
    _costs.confirmed(verdict.call)
    if one_by_one := _one_by_one(make_call, read_entries(text, qualified_name), filename):
        return [
            ("found", one_by_one),
            ("expected", "one step of Python for any size, such as scores[np.arange(N), y] for all rows at once"),
            ("loops", places(loops, filename)),
        ]
    if verdict.doubtful:
        print(f"Note: {name_of(verdict.call[0])} costs more than array operations do, and less than a loop: "
              f"{verdict.told()}.")
    return []


def _busiest(make_call):
    """The count of steps, for a message: "" where the function cannot be counted, or no place of it grows."""
    few, many = _counts(make_call)
    if few is None or many - few < 0.5 * (COUNTED[1] - COUNTED[0]):
        return ""
    return f"its busiest line ran {few} times for {COUNTED[0]}, {many} times for {COUNTED[1]}"


def _one_by_one(make_call, lines, filename):
    """Where a loop takes the entries of an array one by one, once or more for each row: "" where none does.

    A loop that does no more than that costs too little to be told by its cost. So two must agree: what is read in the
    source, and what is counted. Neither alone says so of a loop over classes, or over blocks.
    """
    few, many = _counts(make_call) if lines else (None, None)
    if few is None:
        return ""
    for place, count in many.places.items():
        told, growth = _LINE.fullmatch(place.rpartition("/")[2]), count - few.places.get(place, 0)
        if told and told[1] == filename and int(told[2]) in lines and growth >= COUNTED[1] - COUNTED[0]:
            return f"line {told[2]} takes single entries of an array, {count} times for {COUNTED[1]}"
    return ""


def _counts(make_call):
    """Steps of a smaller call and of a larger one; (None, None) where the function cannot be counted."""
    try:
        few, many = (interpreted_events(*make_call(n)[:2]) for n in COUNTED)
        return few, many
    except Exception:  # whatever a function does that is traced
        return None, None
