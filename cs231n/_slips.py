"""Words for slips that are none of shapes: a name that is not there, a tuple where an array belongs, ^ for a power.

Python says what it could not do; these say with what, and where such a thing usually comes from.
"""

import ast
import builtins
import difflib
import re
import types

import numpy as np

from cs231n._messages import describe
from cs231n._places import operands, operation, value_of

_NONE = "the line that makes it: a function without return gives None; sort(), append() and += change what is there"
_SEVERAL = "what makes it: a function that returns several values is taken apart, as in out, cache = forward(x)"
_SHAPE = "a shape is a tuple of sizes: shape[0] is the first of them"
_UNCALLED = "the parentheses: without them a function is not called"
_NO_LENGTH = "what should be an array is a single number: is a sum or an index too much before this line?"
# What Python and numpy say, what to look at.
_KNOWN = [(re.compile(pattern), words) for pattern, words in (
    (r"bitwise_|unsupported operand type\(s\) for \^", "** for a power: ^ compares bits"),
    (r"used as indices must be of integer|only integers, slices",
     "an index is a whole number: np.argsort and np.argmax give positions, np.sort and np.max give values"),
    (r"only integer scalar arrays can be converted to a scalar index",
     "the arguments: np.max and np.min want an axis in second place, np.maximum and np.minimum compare two arrays; "
     "np.zeros and np.ones want one tuple of sizes"),
    (r"cannot be interpreted as an integer", "a whole number is needed: // divides without rest, int() cuts the rest"),
    (r"is not callable", "the brackets: round ones call a function, square ones choose entries"),
    (r"object is not subscriptable|invalid index to scalar variable", _NO_LENGTH),
    (r"has no len\(\)|is not iterable", _NO_LENGTH),
    (r"must be 1-dimensional", "np.random.choice draws from a row: have it draw positions, and index with those"),
    (r"recursion depth", "the function calls itself, and nothing ends that"),
    (r"positional argument|unexpected keyword|multiple values for", "the call, beside the def line of what it calls"),
    (r"Cannot cast ufunc|same_kind", "the dtype: an array of whole numbers cannot take fractions in place"),
    (r"list index out of range", "positions run from 0 to the length minus 1"),
    (r"division by zero|modulo by zero", "what stands below the line of the fraction"),
)]


def found(error, place):
    """(what is wrong, what met, what to look at), as text; None where the error's own words must do."""
    if isinstance(error, UnboundLocalError):
        return (f"{_quoted(error)} is used before it has a value", "", "the lines that give it one: do they come "
                "later, or stand in a loop or an if that was not gone through?")
    if isinstance(error, NameError):
        return _unknown(error.name or _quoted(error), place)
    if isinstance(error, AttributeError):
        return _without(error, place)
    if isinstance(error, (TypeError, ValueError, IndexError, ArithmeticError, RecursionError)):
        return _unfit(error, place)
    return None


def _unknown(name, place):
    """A name that stands for nothing: it may be kept in self, or spelled in another way."""
    names = {**place.frame.f_globals, **place.frame.f_locals}
    if hasattr(names.get("self"), name):
        words = f"self.{name}: what an object keeps is reached through self"
    else:
        close = difflib.get_close_matches(name, [*names, *dir(builtins)], 1, 0.75)
        words = f"{close[0]}: is that what was meant?" if close else "the line that should make it: is it above?"
    return f"there is no {name}", "", words


def _without(error, place):
    """Something that lacks what is asked of it, as a tuple lacks `reshape`."""
    owner = next((ast.unparse(node.value) for node in ast.walk(ast.parse(place.source))
                  if isinstance(node, ast.Attribute) and node.attr == error.name and node.lineno == place.line), "it")
    kept = {f"{owner}.{name}": value for name, value in getattr(error.obj, "__dict__", {}).items()} | {owner: error.obj}
    inside = next((name for name, value in kept.items() if type(value) is dict and error.name in value), "")
    close = difflib.get_close_matches(error.name, dir(error.obj), 1, 0.75)
    words = (f"{inside}[{error.name!r}]: an entry of a dictionary stands in brackets" if inside
             else f"{owner}.{close[0]}: is that what was meant?" if close else _origin(error.obj, owner))
    known = isinstance(error.obj, types.ModuleType) or owner == "self"
    return f"{owner} has no {error.name}", "" if known else f"{owner} is {describe(error.obj)}", words


def _unfit(error, place):
    """An operation with something that it cannot work with."""
    node, local = operation(place), place.frame.f_locals
    parts = {ast.unparse(part): value_of(part, place) for part in (operands(node) if node is not None else [])}
    parts = {text: value for text, value in parts.items() if value is not None or text in local}
    told = [f"{text} is {describe(value)}" for text, value in parts.items()
            if not isinstance(value, (types.ModuleType, type, np.ufunc)) and text != describe(value) and len(text) < 60
            and not text.lstrip("-").replace(".", "").isdigit()]
    known = next((words for pattern, words in _KNOWN if pattern.search(str(error))), "")
    words = next(filter(None, (_origin(value, text) for text, value in parts.items())), known)
    return str(error), " and ".join(told[:3]), words


def _origin(value, text):
    """Where something that is no array usually comes from."""
    if value is None:
        return _NONE
    if type(value) is tuple:
        sizes = text.endswith("shape") or value and all(type(size) is int for size in value)
        return _SHAPE if sizes else _SEVERAL
    if callable(value) and not isinstance(value, (type, np.ufunc)) and not text.startswith("np."):
        return _UNCALLED
    return ""


def _quoted(error):
    """The name in quotes in what Python says."""
    name = re.search(r"'(\w+)'", str(error))
    return name[1] if name else "a name"
