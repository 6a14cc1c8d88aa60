"""Words for what Python and numpy raise in a check: shapes that do not fit, and what came back in place of numbers.

A check calls a student's function; what is raised in there, or because of what it returned, is told as a failed check
is: where, what was found, what was expected, what to look at next.
"""

import ast
import re

import numpy as np

from cs231n import _shapes, _slips
from cs231n._messages import composed, describe
from cs231n._places import operands, operation, place_at_fault, value_of

_UNPACK = re.compile(r"cannot unpack non-iterable ([\w.]+) object|(too many|not enough) values to unpack")
_WRONG = (TypeError, ValueError, AttributeError, IndexError)
_NO_RETURN = "the return statement: without one, a function returns None"


def explained(error):
    """The message for an exception, as `fail` would write it; "" for what needs no words of ours."""
    try:
        place = place_at_fault(error)
        if place is None:
            return ""
        if isinstance(error, NotImplementedError):
            return str(error) if place.is_students else ""
        return _misfit(error, place) or _slip(error, place) or _of_what_came_back(error, place)
    except Exception:              # words less; the error itself is shown as Python does
        return ""


def met(error):
    """What met where shapes do not fit, in one clause; "" for any other exception."""
    try:
        place = place_at_fault(error)
        found = place and _shapes.found(error, place)
        return f"{found[0]}: {found[1]}" if found else ""
    except Exception:
        return ""


def _misfit(error, place):
    found = _shapes.found(error, place)
    if not found:
        return ""
    says, shapes, rule = found
    given, wanted = _shapes.documented(place) if place.is_students else ("", "")
    return composed(f"{place.function if place.is_students else 'This line'}: {says}.", ("found", shapes),
                    ("expected", rule), ("came in", given), ("to return", wanted),
                    ("look at", _shapes.LOOK_INSTEAD.get(says, _shapes.LOOK_AT)))


def _slip(error, place):
    """An error at a line of the student's own; its own words, where there are no better ones."""
    if not place.is_students:
        return ""
    if isinstance(error, KeyError):
        return _missing_key(error, operation(place), place) or f"{place.function}: no key {error}."
    says, met, words = _slips.found(error, place) or (str(error), "", "")
    return composed(f"{place.function}: {says.rstrip('.')}.", ("found", met), ("look at", words)) if says else ""


def _of_what_came_back(error, place):
    """An error at a line of a check, because of what a function returned or a cell should have made."""
    if not place.is_cell or "cs231n.testing" not in place.source:
        return ""
    if isinstance(error, NameError) and not isinstance(error, UnboundLocalError) and error.name:
        return composed(f"The notebook has no {error.name}.",
                        ("look at", "the cell that makes it: run that first, or all cells from the top"))
    if isinstance(error, KeyError):
        return _missing_key(error, operation(place), place) or composed(
            "What came back from your code does not fit here.", ("found", f"a dictionary without a key {error}"),
            ("expected", "what the docstring says under Returns"))
    if not isinstance(error, _WRONG):
        return ""
    unpacked = _UNPACK.match(str(error))
    return _unpacked(unpacked, place) if unpacked else _unfit(error, operation(place), place)


def _missing_key(error, node, place):
    """`grads has no key 'b1'`"""
    owner = value_of(node.value, place) if isinstance(node, ast.Subscript) else None
    if not isinstance(owner, dict):
        return ""
    keys = ", ".join(repr(key)[:40] for key in list(owner)[:8])
    return composed(f"{ast.unparse(node.value)} has no key {error.args[0]!r}.",
                    ("found", f"the keys {keys}" if keys else "an empty dictionary"),
                    ("look at", "where it is filled: is a name missing, or spelled in another way?"))


def _unpacked(found, place):
    """`softmax_loss_naive does not return what it should`: None, or another number of values."""
    call, target = _taken_apart(place)
    if call is None:
        return ""
    names = [ast.unparse(one) for one in target.elts] if isinstance(target, ast.Tuple) else []
    got = {"too many": "more values", "not enough": "fewer values"}.get(found[2] or "")
    got = got or ("None" if found[1] == "NoneType" else f"a single value, of type {found[1]}")
    listed = f": {', '.join(names)}" if names and "_" not in names else ""
    return composed(f"{ast.unparse(call.func)} does not return what it should.", ("found", got),
                    ("expected", f"a tuple of {len(names)}{listed}" if names else "several values"),
                    ("look at", _NO_RETURN if got == "None" else "the return statement, and the docstring's Returns"))


def _taken_apart(place):
    """(the call whose result is taken apart at a place, the names that it is for)."""
    for node in ast.walk(ast.parse(place.source)):
        if isinstance(node, ast.Assign) and node.lineno <= place.line <= node.end_lineno:
            target, value = node.targets[0], node.value
            if isinstance(value, ast.GeneratorExp) and isinstance(target, ast.Tuple):
                target, value = target.elts[0], value.elt
            if isinstance(value, ast.Call):
                return value, target
    return None, None


def _unfit(error, node, place):
    """None, or something else that is no number, where a check computes with what came back."""
    names = place.frame.f_locals
    parts = {} if node is None else {ast.unparse(part): value_of(part, place) for part in operands(node)}
    strange = [f"{name} is {describe(value)}" for name, value in parts.items()
               if name in names and not isinstance(value, (int, float, np.ndarray, np.number))]
    none = any(name in names and value is None for name, value in parts.items()) or "NoneType" in str(error)
    return composed("What came back from your code does not fit here.",
                    ("found", "; ".join(strange[:2]) or str(error)[:200]),
                    ("expected", "numbers, or arrays of them, as the docstring says under Returns"),
                    ("look at", _NO_RETURN if none else ""))
