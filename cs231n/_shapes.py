"""Words for shapes that do not fit: which ones met, in which operation, and what must hold.

numpy says "operands could not be broadcast together with shapes (5,3) (5,)" and, of a matrix product, no shape at all.
"""

import ast
import re

import numpy as np

from cs231n._places import operands, operation, value_of

LOOK_AT = "write the shape of each factor beside this line: which of them is not what you thought?"
LOOK_INSTEAD = {               # what is wrong -> what to look at in its place
    "an array stands where a yes or no should":
        "`is None` asks whether something is there; np.maximum and np.where work entry by entry; .any() and .all() "
        "make one answer of many",
}
LONGEST = 70                   # characters of an operation

_EACH = ("axes that, compared from the right, are equal or one of them 1; keepdims=True in a sum, mean or maximum "
         "keeps its axis, as 1")
_FACTORS = "as many columns in the left factor of a product as rows in the right one; a transpose swaps the two"
# What numpy says, what it means, what must hold.
_MEANINGS = [(re.compile(pattern), says, rule) for pattern, says, rule in (
    (r"(matmul|vecdot|inner1d): Input operand . has a mismatch|not aligned", "the shapes of a product do not fit",
     _FACTORS),
    (r"(matmul|dot): Input operand . does not have enough", "a factor of a matrix product is a number",
     "an array in its place; * multiplies by a number"),
    (r"non-broadcastable output|doesn't match the broadcast shape", "the result does not fit into what it is put into",
     "what works in place, as += does, keeps the shape of what stands on the left"),
    (r"indexing arrays could not be broadcast", "the positions in an index are of different lengths", "as many in each "
     "as entries are meant: [np.arange(N), y] means one in each of N rows"),
    (r"could not be broadcast|could not broadcast|shape mismatch", "the shapes do not fit each other", _EACH),
    (r"cannot reshape array", "the numbers do not fill the new shape", "the lengths of its axes, multiplied, are as "
     "many numbers as there are"),
    (r"boolean index did not match", "a mask has another shape than what it chooses from", "an entry of the mask for "
     "each entry that there is"),
    (r"input array dimensions|must have same number of dim|must have the same shape",
     "the shapes do not fit together", "all axes equal but the one along which arrays are joined"),
    (r"axis -?\d+ is out of bounds", "there is no such axis", "axes are counted from 0: of shape (N, C), 0 and 1"),
    (r"too many indices", "there are more indices than axes", "at most one index for each axis"),
    (r"is out of bounds for axis", "an index is out of range", "positions from 0 to the length minus 1"),
    (r"inhomogeneous shape", "the parts of a list are not all of one shape", "one shape for all that np.array makes an "
     "array of; np.concatenate puts rows of any length one after the other"),
    (r"setting an array element with a sequence|(length-1|size-1|0-dimensional) arrays can be converted",
     "an array stands where one number has room", "a number: is a sum, or an index, missing?"),
    (r"truth value of an array", "an array stands where a yes or no should",
     "one answer: a comparison of arrays has one for each entry"),
    (r"axes don't match array|repeated axis", "the axes are not those of the array", "each axis once"),
    (r"einstein sum", "the letters do not fit the shapes", "a letter for each axis of each factor"),
)]
_DOCUMENTED = re.compile(r"^\s*- (\w+):[^\n]*?\bshape (\([^)\n]*\)|of \w+)", re.MULTILINE)


def found(error, place):
    """(what is wrong, what met, what must hold), as text; None for any other error than one of shapes."""
    if isinstance(error, (ValueError, IndexError, TypeError)) and not _masks_met(place):
        for pattern, says, rule in _MEANINGS:
            if pattern.search(str(error)):
                met = _met(place, str(error))
                return (says, met, rule) if met else None
    return None


def _masks_met(place):
    """Tell whether a factor of a matrix product is masked: numpy then says of the masks that they do not fit."""
    node = operation(place)
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)):
        return False
    left, right = (value_of(part, place) for part in (node.left, node.right))
    return (isinstance(left, np.ma.MaskedArray) or isinstance(right, np.ma.MaskedArray)) and (
        np.shape(left)[-1:] == np.shape(right)[-2:][:1])


def _met(place, message):
    """`X @ dscores, where X is (96, 4) and dscores is (96, 3)`"""
    node, told = operation(place), [_spaced(shape) for shape in re.findall(r"\((?:\d+,? ?)+\)", message)]
    shapes = {} if node is None else {ast.unparse(part): _shape(value_of(part, place)) for part in operands(node)}
    shapes = {name: shape for name, shape in shapes.items() if shape and shape != name and len(name) <= LONGEST}
    known = " and ".join(f"{name} is {shape}" for name, shape in shapes.items())
    if len(told) > 1 and len(shapes) < 2:
        known = "; ".join(filter(None, [f"the shapes are {' and '.join(told)}", known]))
    text = ast.unparse(node) if node is not None else ""
    text = text if len(text) <= LONGEST else f"{text[:LONGEST - 4]} ..."
    return f"{text}, where {known}" if text and known else known


def _spaced(shape):
    """`(3,4)`, as numpy writes a shape, as Python does."""
    sizes = re.findall(r"\d+", shape)
    return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"


def _shape(value):
    if isinstance(value, np.ndarray):
        return str(value.shape)
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    return f"{value:.6g}" if number else ""


def documented(place):
    """(what came in, what is to be returned), each with its shape in numbers and by the docstring, as text."""
    text, names = _docstring(place), place.frame.f_locals
    before, _, after = text.partition("Returns")
    owner = names.get("self")
    described = [(name, shape, names.get(name)) for name, shape in _DOCUMENTED.findall(before)]
    if owner is not None:
        described += [(f"self.{name}", shape, getattr(owner, name, None))
                      for name, shape in _DOCUMENTED.findall(type(owner).__doc__ or "")]
    sizes, given = {}, []
    for name, shape, value in described:
        letters = _letters(shape)
        if isinstance(value, np.ndarray) and len(letters) == value.ndim:
            sizes = dict(zip(letters, value.shape)) | sizes
            given.append(f"{name} {value.shape} for {shape}")
        elif isinstance(value, np.ndarray):
            given.append(f"{name} {value.shape}")
    wanted = []
    for name, shape in _DOCUMENTED.findall(after):
        letters = _letters(shape)
        known = bool(letters) and all(letter in sizes for letter in letters)
        here = f"{_spaced(str([sizes[letter] for letter in letters]))} for {shape}" if known else shape
        wanted.append(f"{name} {here}" if letters else f"{name} in the shape {shape}")
    return ", ".join(given[:4]), ", ".join(wanted[:3])


def _letters(shape):
    return re.findall(r"[^\s,()]+", shape) if shape.startswith("(") else []


def _docstring(place):
    first = place.frame.f_code.co_firstlineno
    for node in ast.walk(ast.parse(place.source)):
        if (isinstance(node, ast.FunctionDef) and node.name == place.function
                and node.lineno <= first <= node.end_lineno):
            return ast.get_docstring(node) or ""
    return ""
