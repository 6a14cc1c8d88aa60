"""Which mistake it is where shapes do not fit, read off the shapes that met and the operation that they met in.

The message is numpy's, or what the kit's own words have made of it in the student's process:
`the shapes do not fit each other: scores - best, where scores is (5, 4) and best is (5,)`.
"""

import ast
import re
from typing import Any

from grading.engine import parsing

_FAMILIES = tuple((family, re.compile(pattern)) for family, pattern in (
    ("product", r"shapes of a product do not fit|matmul: Input operand . has a mismatch|not aligned"),
    ("factor", r"factor of a matrix product is a number|does not have enough dimensions"),
    ("into", r"result does not fit into what|non-broadcastable output|doesn't match the broadcast shape"),
    ("mask", r"mask has another shape|boolean index did not match"),
    ("places", r"positions in an index are of different lengths|indexing arrays could not be broadcast"),
    ("each", r"shapes do not fit each other|could not be broadcast|could not broadcast|shape mismatch"),
    ("reshape", r"do not fill the new shape|cannot reshape array"),
    ("joined", r"shapes do not fit together|input array dimensions|have same number of dim|have the same shape"),
    ("axis", r"there is no such axis|axis -?\d+ is out of bounds|axes are not those of|axes don't match array"),
    ("indices", r"more indices than axes|too many indices"),
    ("bounds", r"index is out of range|is out of bounds for axis"),
    ("ragged", r"parts of a list are not all of one shape|inhomogeneous shape"),
    ("number", r"array stands where one number|setting an array element|(length-1|size-1|0-dimensional) arrays can be"),
    ("truth", r"array stands where a yes or no|truth value of an array"),
))
_SHAPE = re.compile(r"\(\d[\d, ]{0,80}\)")
_NAMED = re.compile(rf" is ({_SHAPE.pattern})")
_DROPPING = ("sum", "mean", "max", "min", "amax", "amin", "std", "var", "prod", "norm", "median", "argmax", "argmin")
_ROWS = ("reshape", "ravel", "flatten")          # what makes rows of images


def found(message: str, spot: Any) -> str:
    """The code of a cause; "" for any other message.

    - spot: where in the submission, a `stops.Spot`
    """
    family = next((family for family, pattern in _FAMILIES if pattern.search(message)), "")
    if not family:
        return ""
    told = message.partition("the shapes are")[2].partition(";")[0]
    _, where, values = message.partition(", where ")
    shapes = [tuple(int(size) for size in re.findall(r"\d+", shape)) for shape in
              _SHAPE.findall(told) or (_NAMED.findall(values) if where else _SHAPE.findall(message))]
    operation = _operation(message, spot.statement)
    if family == "product":
        return _product(shapes, spot)
    if family == "each":
        return _each(shapes, operation, spot)
    if family == "number":
        return "math" if any(getattr(getattr(call.func, "value", None), "id", "") == "math" or
                             getattr(call.func, "id", "") in ("exp", "sqrt", "log") for call in spot.calls
                             ) else "one number"
    if family == "bounds" and any(_is_turned(node) for node in spot.nodes()):
        return "rows first"
    if family == "truth":
        own = any(isinstance(call.func, ast.Name) and call.func.id in ("max", "min") for call in spot.calls)
        if any(isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Eq, ast.NotEq)) and
               getattr(node.comparators[0], "value", "") is None for node in spot.nodes()):
            return "is none"
        return "maximum" if own else "truth"
    return family


def _is_turned(node: ast.AST) -> bool:
    """Tell whether it is an index of two arrays, and counting through the rows comes second."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Tuple) or len(node.slice.elts) != 2:
        return False
    first, second = node.slice.elts
    counting = isinstance(second, ast.Call) and getattr(second.func, "attr", getattr(second.func, "id", "")) in (
        "arange", "range")
    return counting and isinstance(first, ast.Name)


def _operation(message: str, statement: ast.AST) -> ast.AST:
    """What the shapes met in, as the message has it; else the whole statement."""
    text = message.partition(": ")[2].partition(", where ")[0]
    try:
        tree = parsing.parse(text.strip()).body if len(text) < 200 else []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = []
    if len(tree) == 1:
        return getattr(tree[0], "value", tree[0]) if isinstance(tree[0], ast.Expr) else tree[0]
    value = getattr(statement, "value", None)
    return value if isinstance(value, ast.BinOp) else statement


def _product(shapes: list[tuple[int, ...]], spot: Any) -> str:
    makes_rows = any(isinstance(node, ast.Attribute) and node.attr in _ROWS for node in ast.walk(spot.function))
    if len(shapes) < 2:
        return "factors"
    left, right = shapes[:2]
    if {len(left), len(right)} & {0, 1}:
        return "order" if len(left) == 1 < len(right) and right[-1] == left[0] else "factors"
    if len(left) > 2 or len(right) > 2:
        return "factors" if makes_rows or len(left) == len(right) else "no rows"
    if left[0] == right[0] or left[1] == right[1]:
        return "transpose"
    return "order" if right[1] == left[0] else "factors"


def _is_product(node: ast.AST | None) -> bool:
    """Tell whether it is a matrix product."""
    called = getattr(node, "func", None)
    return isinstance(getattr(node, "op", None), ast.MatMult) or getattr(called, "attr", "") in ("dot", "matmul")


def _each(shapes: list[tuple[int, ...]], operation: ast.AST, spot: Any) -> str:
    if isinstance(operation, ast.Assign) or isinstance(getattr(operation, "target", None), ast.Subscript):
        return "place"
    if len(shapes) < 2:
        return "misfit"
    one, other = sorted(shapes[:2], key=len)
    operator = getattr(operation, "op", None)
    if len(other) == 2 and len(one) == 2:
        left, right = shapes[:2]
        if isinstance(operator, ast.Mult) and left[1] == right[0]:
            return "star"
        if one == other[::-1]:
            return "turned"
        if any(first[1] == 1 and first[0] == second[1] for first, second in ((one, other), (other, one))):
            return "row"
        return "each with each" if isinstance(operator, ast.Sub) and one[1] == other[1] and 1 not in (
            one[0], other[0]) else "misfit"
    if len(one) == len(other) == 1:
        sides = (getattr(operation, "left", None), getattr(operation, "right", None))
        return "added up" if any(map(_is_product, sides)) else "rows"
    if len(other) == 2:
        return "column" if one[0] == other[0] else "misfit"
    drops = any(getattr(node, "attr", getattr(node, "id", "")) in _DROPPING for node in ast.walk(spot.function))
    return "dropped" if drops and len(other) == len(one) + 1 and any(
        other[:axis] + other[axis + 1:] == one for axis in range(len(other))) else "misfit"
