"""What probes share: answers remembered, one exception at a time, loops found by counting and by reading."""

import ast
import textwrap

import numpy as np


class Nothing(Exception):
    """None has come back where an array should."""


class FirstNothing(Exception):
    """None has come back in the first place of several."""


def given(value):
    """What a function has returned; raises Nothing where that is None, FirstNothing where its first part is."""
    if value is None:
        raise Nothing
    if isinstance(value, tuple) and value and value[0] is None:
        raise FirstNothing
    return value


class CacheFirst(Exception):
    """The cache has come back first, then the output."""


def output(value, exchanged):
    """The output of a forward function, which has returned (out, cache).

    - exchanged(first, second): whether what has come back first is the cache, and the other one the output
    """
    if isinstance(value, tuple) and len(value) == 2 and exchanged(*value):
        raise CacheFirst
    return np.asarray(given(value)[0])


def is_array(value, shape):
    """Whether it is an array of this shape."""
    return isinstance(value, np.ndarray) and value.shape == shape


def factors_of(value, terms, atol):
    """The factors of a sum of terms; raises where it has others. value: (N,); terms: of N numbers each."""
    terms = np.stack(terms, axis=1)
    factors = np.linalg.lstsq(terms, value, rcond=None)[0]
    if not np.allclose(terms @ factors, value, rtol=1e-4, atol=atol):
        raise ValueError("it has other terms")
    return factors


def remembered(function):
    """The function, called once for each tuple of (hashable) arguments; what it raised, it raises again."""
    known = {}

    def call(*arguments, **keywords):
        key = arguments, tuple(sorted(keywords.items()))
        if key not in known:
            try:
                known[key] = function(*arguments, **keywords), None
            except Exception as error:
                known[key] = None, error
        value, error = known[key]
        if error is not None:
            raise error
        return value

    return call


def each(questions):
    """What every question comes to, an exception in place of a value."""
    found = []
    for question in questions:
        try:
            found.append(question())
        except Exception as error:
            found.append(error)
    return found


def finite(value):
    """The value, or a word where a part of it is not finite, whichever part."""
    parts = [np.asarray(part, dtype=float) for part in value]
    return value if all(np.isfinite(part).all() for part in parts) else "not finite"


def changed(before, after):
    """Which arrays are no longer what they were, as 0 and 1."""
    return np.array([float(not np.array_equal(one, other)) for one, other in zip(before, after)])


def grows(make, arguments, sizes=(8, 32)):
    """Whether a function with a loop in its source does more for more examples, 0 or 1; ... if nobody can tell.

    - make(n), arguments(n): the function, and its arguments, for n examples
    """
    try:
        from cs231n import _counting, _source

        text, name = _source.source_of(make(sizes[0]))[:2]
        loops, disguised = _source.read_loops(text, name)
        if not loops and not disguised:
            return 0.0
        if _source.read_stacks(text, name):            # which numpy's own Python goes through entry by entry
            return ...
        few, many = (_counting.interpreted_events(make(n), arguments(n)) for n in sizes)
        return float(many - few >= 0.9 * (sizes[1] - sizes[0]))
    except Exception:
        return ...


DISGUISES = ("apply_along_axis", "vectorize", "map", "reduce", "accumulate")


def kind_of_loop(function, siblings=()):
    """The most particular way of looping that a function's own source shows; `siblings`: methods with loops."""
    try:
        from cs231n import _source

        text, qualified = _source.source_of(function)[:2]
        name = qualified.rpartition(".")[2]
        found = [node for node in ast.walk(ast.parse(textwrap.dedent(text)))
                 if isinstance(node, ast.FunctionDef) and node.name == name]
        inside = list(ast.walk(found[-1]))
        named = {node.attr for node in inside if isinstance(node, ast.Attribute)}
        named |= {node.id for node in inside if isinstance(node, ast.Name)}
        for word in (*DISGUISES, *siblings):
            if word in named:
                return word
        if any(isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)) for node in inside):
            return "comprehension"
        return "for" if any(isinstance(node, (ast.For, ast.While)) for node in inside) else "none"
    except Exception:
        return ...
