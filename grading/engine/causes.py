"""Why a student's function raises, as mistakes that many make: one sentence for each, and what to read again.

What tells them apart is in `stops.py`. A sentence has nothing in it of what was raised: so it can be counted, and holds
neither a path nor what a test has handed over. The message of the test's cell says which names or shapes met, where.
"""

from dataclasses import dataclass

from grading.engine import renamed

OLD = "old "                   # begins the code of a name that Python, numpy or scipy had once
HANDED_ON = ("several", "none", "list", "text")    # are told as such, too, where a function further down gets them
_SHAPES = "the shapes in the docstring: write that of each factor beside the line"
_CALLED = "the def line of what is called"
_RETURNS = "the docstring, under Returns"


@dataclass(frozen=True)
class Cause:
    """What is said of a function that raises, and what to read again."""

    says: str
    read: str = ""


_CAUSES = {
    # Shapes
    "column": Cause("A row of N numbers, shape (N,), meets a matrix with N rows and has to be a column for that: "
                    "keepdims=True in the sum, mean or maximum, or [:, np.newaxis], makes it (N, 1).", _SHAPES),
    "row": Cause("A column, shape (M, 1), meets a matrix with M columns: as a row, shape (M,), each column gets a "
                 "number of its own.", _SHAPES),
    "rows": Cause("Two rows of numbers of different lengths are combined entry by entry: one of them needs an index, "
                  "as in p[j], or, for each with each, has to be a column, as [:, np.newaxis] makes it.", _SHAPES),
    "added up": Cause("A matrix product with a row of numbers has added up each row of the matrix; * multiplies each "
                      "column by its own number.", _SHAPES),
    "each with each": Cause("Matrices with different numbers of rows are subtracted: each row with each row takes one "
                            "more axis, as in A[:, np.newaxis] - B, or a sum of squares that is multiplied out.",
                            _SHAPES),
    "star": Cause("* multiplies entry by entry; the product of two matrices is X.dot(W), or X @ W.", _SHAPES),
    "turned": Cause("Two matrices are combined entry by entry, and one is the transpose of what fits: a .T is "
                    "missing, or one too many.", _SHAPES),
    "dropped": Cause("A sum, mean or maximum has dropped an axis that is needed beside the array it was made of: "
                     "keepdims=True keeps it.", _SHAPES),
    "misfit": Cause("Arrays are combined entry by entry whose shapes do not fit each other.", _SHAPES),
    "transpose": Cause("The factors of a matrix product do not fit: one of them has to be transposed (.T).", _SHAPES),
    "order": Cause("The factors of a matrix product stand in the wrong order.", _SHAPES),
    "factors": Cause("The factors of a matrix product do not fit, in this order or any other: one of them is not what "
                     "it should be.", _SHAPES),
    "no rows": Cause("The examples are multiplied as they are: images of several axes have to be made rows before, as "
                     "x.reshape(x.shape[0], -1) does.", "the docstring: the shape of x"),
    "factor": Cause("A factor of a matrix product is a single number.", _SHAPES),
    "into": Cause("What is added in place has another shape than what it is added to: +=, -= and the like keep the "
                  "shape on the left.", _SHAPES),
    "place": Cause("What is put into, or added to, a row, a column or a part of an array has another shape than that "
                   "part.", _SHAPES),
    "one number": Cause("A whole array is put where one number has room: a sum, a maximum or an index is missing.",
                        _SHAPES),
    "ragged": Cause("A list whose parts have different lengths is to become an array: np.concatenate, or np.hstack, "
                    "puts them one after the other first.", _SHAPES),
    "math": Cause("math.exp, math.log and math.sqrt take one number: those of numpy (np.exp ...) take arrays."),
    "reshape": Cause("An array is reshaped to a shape of another number of entries.", _SHAPES),
    "mask": Cause("A mask has another shape than the array it chooses from.", _SHAPES),
    "through a mask": Cause("A whole array is put where a mask is true, and those are fewer places: dx[mask] = "
                            "dout[mask] takes from the same places.", _SHAPES),
    "joined": Cause("Arrays are joined whose other axes are not equally long.", _SHAPES),
    "axis": Cause("An axis is named that the array does not have: axes count from 0, and one row has axis 0 alone.",
                  _SHAPES),
    "axis elsewhere": Cause("An axis is named for a function that works entry by entry, as np.sqrt and np.exp do: it "
                            "belongs into the parentheses of the sum, mean or maximum.",
                            "which parenthesis closes where"),
    "indices": Cause("An array gets more indices than it has axes.", _SHAPES),
    "places": Cause("The positions that index an array are of different lengths: in scores[np.arange(N), y] there is "
                    "one of both for each image.", _SHAPES),
    "bounds": Cause("An index is past the end: it runs over another axis than the one it is used for, or one too far.",
                    "the bounds of the loops, beside what each index stands for"),
    "rows first": Cause("The two indices stand in the wrong order: in [rows, columns] the rows come first, as in "
                        "scores[np.arange(N), y].", "what each axis of the array stands for"),
    "truth": Cause("An array stands where one yes or no is asked for, as in if, while and `and`: np.where and "
                   "np.maximum work entry by entry, .any() and .all() make one answer of many."),
    "maximum": Cause("max and min, Python's own, cannot compare arrays: np.maximum and np.minimum work entry by "
                     "entry."),
    "is none": Cause("== None compares an array entry by entry: `is None` asks whether there is one."),
    "cast": Cause("Fractions are added in place to an array of whole numbers: it has to be made as float."),
    "boolean": Cause("Arrays of True and False are subtracted: .astype(float) makes them numbers first."),
    # Numbers that have to be whole
    "whole": Cause("A fraction stands where a whole number is needed, as a size, a count or a position: / always "
                   "gives a fraction in Python 3, // a whole number."),
    "range": Cause("A loop goes through a single number: range(N) counts from 0 to N - 1."),
    "whole shape": Cause("A whole shape stands where one of its numbers is needed: X.shape[0] is the number of rows."),
    "length": Cause("An array stands where a number is needed: range(len(X)), or range(X.shape[0])."),
    "axes": Cause("An array has fewer axes than its shape is asked for: of shape (N,), shape[0] is all there is.",
                  _SHAPES),
    "positions": Cause("An array of fractions is used as positions: labels and positions have to be of type int."),
    # Names
    "self": Cause("What the object keeps is used without self, as in W for self.W."),
    "in dict": Cause("What stands in a dictionary is used as if it were a variable: config[\"...\"] gives it.",
                     "the docstring: the keys of the dictionary"),
    "quotes": Cause("A key of a dictionary stands without its quotes: params[\"W1\"].",
                    "the docstring: the keys of the dictionary"),
    "import": Cause("A module is used that the file does not import."),
    "no function": Cause("A function is called that there is not: it is not written, not imported, or spelled in "
                         "another way."),
    "misspelt": Cause("A name is spelled in another way where it is used than where it is set."),
    "unset": Cause("A name is used that no line has set: that line is missing, or stands in another function."),
    "begun": Cause("A variable is added to before it has a value: it has to be set, to 0 for a sum, before the loop."),
    "later": Cause("A variable is used before it has a value: it is set further down, or only in a branch that was "
                   "not taken."),
    # Dictionaries, lists, None
    "count": Cause("A dictionary is counted in before the key is there: counts.get(label, 0) + 1, or np.bincount."),
    "spelt key": Cause("A key of a dictionary is spelled in another way than where it is set: capital letters and "
                       "underscores count."),
    "numbered": Cause("A key made of a name and a number is not there: layers count from 1, \"W1\" is the first.",
                      "the docstring: the keys of params"),
    "early key": Cause("A key of a dictionary is read before anything is stored under it: .get(key, default) gives "
                       "what to begin with.", "the docstring: which keys are there from the start"),
    "no key": Cause("A dictionary is asked for a key that it does not have.",
                    "the docstring: the keys of the dictionary"),
    "lacks key": Cause("A dictionary that the function fills, or returns, lacks a key that it should have.",
                       "the docstring: the keys of the dictionary"),
    "dot key": Cause("An entry of a dictionary is asked for with a dot: it stands in brackets, config[\"...\"]."),
    "list": Cause("A list is used as if it were an array: np.array(...) makes one of it."),
    "sequence": Cause("A list, or several values that a function has returned, is multiplied as if it were an array: "
                      "np.array(...) makes one of a list, and values are taken apart, as in loss, dW = ..."),
    "list place": Cause("A list does not grow by putting something at a place: append does that."),
    "lazy": Cause("map, filter, zip and range give no list in Python 3: list(...) around them makes one."),
    "changes": Cause("What sort, append, extend or update returns is kept, which is None: they change the list "
                     "itself."),
    "none": Cause("None stands where numbers are needed: it was never replaced, or a function without return gave it."),
    "returned": Cause("The function does not return what it should: another number of values, or something else in "
                      "their place.", _RETURNS),
    "returned none": Cause("None has come back: a line with return is missing, or a part of what is returned is None.",
                           _RETURNS),
    # Calls and what comes back
    "several": Cause("A function returns several values, and all of them are used as if they were one array: take "
                     "them apart, as in out, cache = forward(x).", _RETURNS),
    "cache": Cause("The cache is taken apart into other parts than it has been made of.",
                   "the line of the forward function that makes the cache"),
    "unpacked": Cause("Something is taken apart into another number of names than it has parts.", _RETURNS),
    "arguments": Cause("A function is called with other arguments than it takes.", _CALLED),
    "signature": Cause("The function takes other arguments than the assignment's: its def line has been changed.",
                       "the def line of the release"),
    "method self": Cause("The method has no self as its first argument."),
    "handed on": Cause("A function that is right gets something else than it takes: arguments in another order, "
                       "another layer's cache, or an array of another shape.", _CALLED),
    "not callable": Cause("What stands before a parenthesis is no function: a * is missing, or the brackets should be "
                          "square."),
    "uncalled": Cause("A function is used without being called: the parentheses behind it are missing."),
    "one tuple": Cause("np.zeros, np.ones and the like take the shape as one tuple: np.zeros((N, C))."),
    "one list": Cause("np.concatenate takes the arrays as one list: np.concatenate([a, b])."),
    "sizes": Cause("np.random.randn and np.random.rand take one size after the other: randn(N, C), or "
                   "randn(*x.shape)."),
    "second argument": Cause("np.max, np.min and np.sum take an axis in second place: np.maximum and np.minimum "
                             "compare two arrays."),
    "one array": Cause("A single number is used as if it were an array: an index, a sum or a [0] is one too many."),
    "text": Cause("A text and a number are put together with +: \"W\" + str(i), or f\"W{i}\"."),
    "attribute": Cause("The object is asked for something that it does not have: the name is another one this year, "
                       "or misspelt.", "the class's docstring: its attributes"),
    "no such": Cause("numpy, or an array, has no function of this name."),
    "replace": Cause("More are drawn without replacement than there are: a mini-batch may be larger than the data.",
                     "the docstring: with replacement"),
    "draws": Cause("np.random.choice draws from a row of numbers: have it draw positions, and index with those."),
    "empty": Cause("The largest or smallest of nothing is asked for: what should have been filled is empty."),
    "module": Cause("A module is imported that is not there when work is graded.",
                    "what the file came with: numpy is enough"),
    "recursion": Cause("The function calls itself, and nothing ends that."),
    "zero": Cause("Something is divided by zero."),
    "popped": Cause("More is taken out of a list than was put into it: what pop gives back has to be appended before."),
    "power": Cause("^ is no power in Python: ** is."),
    "square": Cause("What is solved or inverted is no square matrix: np.linalg.solve(K, b) takes K first.", _SHAPES),
    "assert": Cause("An assert of your own does not hold."),
}


CODES = tuple(_CAUSES)


def cause(code: str) -> Cause | None:
    """What is said under this code; None for any other text."""
    if code.startswith(OLD):
        told = renamed.told(code.removeprefix(OLD))
        return Cause(told) if told else None
    return _CAUSES.get(code)
