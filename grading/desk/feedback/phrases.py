"""What stands in the open: of a message that a student's code may have composed, only words from there are repeated.

Whoever is called by a hidden test knows its numbers, and may spell them out: in letters, in hexadecimal digits, as the
name of a class, a field or a key. A word that stands neither in the code that was handed in, nor in the lesson, nor in
what Python and numpy say of themselves was made while the test ran. Nor is it told which of many words were chosen:
a message has a few phrases, words that stand in one place in the open, one behind the other.
"""

import builtins
import re

GAP = "\u2026"
PLACES = 200                     # of a word, where phrases may begin
_WORD = re.compile(r"(?<!\w)[\d_]*[^\W\d_]\w*")             # begun once: a text may be digits by the hundred thousand
_MARKS = re.compile(rf"(?:[^\w\s{GAP}]\s*){{6,}}")               # a code of its own, if there are many
_GAPS = re.compile(rf"{GAP}(?:[^\w{GAP}]*{GAP})+")

_PYTHON = """
division by zero. float division by zero. integer division or modulo by zero. math domain error. math range error
unsupported operand type(s) for int and NoneType, float and NoneType, NoneType and int, NoneType and float, NoneType
and NoneType, str and int, int and str, list and int, list and float, tuple and int, method and int. can't multiply
sequence by non-int of type float, of type list, of type tuple, of type numpy.float64. can only concatenate str (not
"int") to str, list (not "int") to list, tuple (not "int") to tuple. bad operand type for unary. not supported between
instances of. object is not callable, object is not iterable, object is not subscriptable, object is not reversible,
object does not support item assignment, object does not support item deletion, object has no attribute, object of
type has no len(), object cannot be interpreted as an integer. module has no attribute. type object has no attribute.
cannot unpack non-iterable object. not enough values to unpack (expected, got). too many values to unpack (expected).
list index out of range. tuple index out of range. string index out of range. range object index out of range.
list assignment index out of range. list indices must be integers or slices, not tuple, not float, not str.
tuple indices must be integers or slices, not tuple, not float, not str. string indices must be integers, not tuple.
slice indices must be integers or None or have an __index__ method. pop from empty list. is not in list.
takes positional arguments but were given, argument but was given, no arguments, from to. missing required positional
argument, arguments: and. missing required keyword-only argument. got an unexpected keyword argument. got multiple
values for argument. got some positional-only arguments passed as keyword. name is not defined. Did you mean.
cannot access local variable where it is not associated with a value. local variable referenced before assignment.
cannot access free variable where it is not associated with a value in enclosing scope. free variable referenced
before assignment in enclosing scope. No module named. cannot import name from. is not a package. partially
initialized module (most likely due to a circular import). attempted relative import with no known parent package.
invalid literal for int() with base. could not convert string to float. float() argument must be a string or a real
number, not NoneType. int() argument must be a string, a bytes-like object or a real number, not NoneType. must be real
number, not NoneType. unhashable type: list, dict, set, numpy.ndarray, slice. maximum recursion depth exceeded in
comparison, while calling a Python object. dictionary changed size during iteration. generator raised StopIteration.
No such file or directory. Permission denied. Is a directory. File exists. Operation not permitted. invalid syntax.
Perhaps you forgot a comma. expected. was never closed. unmatched. closing parenthesis does not match opening
parenthesis. unexpected indent. expected an indented block after function definition on line, if statement on line, for
statement on line, while statement on line, else statement on line, with statement on line, class definition on line.
unindent does not match any outer indentation level. inconsistent use of tabs and spaces in indentation. unterminated
string literal (detected at line). unterminated triple-quoted string literal. f-string. invalid decimal literal.
invalid character. invalid non-printable character. unexpected character after line continuation character.
unexpected EOF while parsing. return outside function. break outside loop. continue not properly in loop. await yield
outside function. cannot assign to literal here, to function call here, to expression here, to attribute here. Maybe
you meant instead of. positional argument follows keyword argument. keyword argument repeated. duplicate argument in
function definition. Missing parentheses in call to print. source code string cannot contain null bytes.
"""
_NUMPY = """
operands could not be broadcast together with shapes, with remapped shapes. could not broadcast input array from shape
into shape. non-broadcastable output operand with shape doesn't match the broadcast shape. shape mismatch: objects
cannot be broadcast to a single shape. Mismatch is between arg with shape and arg with shape. value array of shape could
not be broadcast to indexing result of shape. indexing arrays could not be broadcast together with shapes. shapes not
aligned: (dim) != (dim). matmul: Input operand has a mismatch in its core dimension, with gufunc signature
n k m, (size is different from). matmul: Input operand does not have enough dimensions (has, gufunc core with signature
requires). cannot reshape array of size into shape. can only specify one unknown dimension. axis is out of bounds for
array of dimension. index is out of bounds for axis with size. too many indices for array: array is -dimensional, but
were indexed. boolean index did not match indexed array along axis; size of axis is but size of corresponding boolean
axis is. arrays used as indices must be of integer (or boolean) type. only integers, slices, ellipsis, numpy.newaxis
(None) and integer or boolean arrays are valid indices. only integer scalar arrays can be converted to a scalar index.
only length-1 arrays can be converted to Python scalars. only 0-dimensional arrays can be converted to Python scalars.
The truth value of an array with more than one element is ambiguous. Use a.any() or a.all(). setting an array element
with a sequence. The requested array has an inhomogeneous shape after dimensions. The detected shape was inhomogeneous
part. all the input array dimensions except for the concatenation axis must match exactly, but along dimension, the
array at index has size and the array at index has size. all the input arrays must have same number of dimensions, but
the array at index has dimension(s) and the array at index has dimension(s). all input arrays must have the same shape.
zero-dimensional arrays cannot be concatenated. need at least one array to concatenate, to stack. axes don't match
array. attempt to get argmax of an empty sequence, argmin of an empty sequence. zero-size array to reduction operation
maximum which has no identity, minimum which has no identity. Cannot cast ufunc output from dtype to dtype with casting
rule same_kind. ufunc add, subtract, multiply, divide, exp, log, maximum, sqrt, square, true_divide, matmul, isfinite,
isnan, power not supported for the input types, and the inputs could not be safely coerced to any supported types
according to the casting rule safe. ufunc did not contain a loop with signature matching types. assignment destination
is read-only. output array is read-only. array is not writeable. Singular matrix. iteration over a 0-d array. len() of
unsized object. negative dimensions are not allowed. high is out of bounds. low >= high. a must be non-empty, must be
greater than unless no samples are taken. Cannot take a larger sample than population when replace is False.
probabilities do not sum to. scale < 0. Unable to allocate for an array with shape and data type. object arrays must be
repeats may not contain negative values. invalid value encountered in. overflow encountered in. divide by zero
encountered in. einstein sum subscripts string contains too many subscripts for operand. keepdims dtype out.
numpy ndarray float16 float32 float64 int8 int16 int32 int64 uint8 bool object complex128 inf nan dtype UFuncTypeError
_UFuncNoLoopError _UFuncOutputCastingError _ArrayMemoryError AxisError LinAlgError VisibleDeprecationWarning
list dict tuple set str float int bool function builtin_function_or_method method module type range generator
"""


class Open:
    """The words of some texts, and where they stand: `beside` are those of others."""

    def __init__(self, *texts: str, beside: "Open | None" = None):
        self._beside, self._all, self._at = beside, [], {}
        for text in texts:
            for word in _WORD.findall(text):
                places = self._at.setdefault(word, [])
                if len(places) < PLACES:
                    places.append(len(self._all))
                self._all.append(word)
            self._all.append("")                     # where no phrase goes on

    def has(self, word: str) -> bool:
        return word in self._at or self._beside is not None and self._beside.has(word)

    def _places(self, word: str) -> list[tuple["Open", int]]:
        """Where a phrase may begin with this word."""
        beside = self._beside._places(word) if self._beside else []
        return [(self, place) for place in self._at.get(word, ())] + beside

    def of(self, text: str, most: float = float("inf")) -> str:
        """The text with a gap for each word that is not here, and for those after so many phrases."""
        places, phrases = [], 0                      # ... and where the phrase that a word is in may be from

        def repeated(found: re.Match) -> str:
            nonlocal places, phrases
            if places := [(one, at + 1) for one, at in places if one._all[at + 1] == found[0]]:
                return found[0]
            if phrases >= most or not (places := self._places(found[0])):
                return GAP
            phrases += 1
            return found[0]

        return _GAPS.sub(GAP, _MARKS.sub(GAP, _WORD.sub(repeated, text)))


_KINDS = ("int", "float", "bool", "str", "NoneType", "tuple", "list", "dict", "set", "function", "method", "module",
          "type", "numpy.float32", "numpy.float64", "numpy.int64", "numpy.ndarray")
_OF_KINDS = ("cannot unpack non-iterable {} object", "{} object is not callable", "{} object is not iterable",
             "{} object is not subscriptable", "{} object has no attribute", "object of type {} has no len()",
             "{} object does not support item assignment", "{} object cannot be interpreted as an integer",
             "can't multiply sequence by non-int of type {}", "list indices must be integers or slices, not {}")
SPOKEN = Open(_PYTHON, _NUMPY, " ".join(dir(builtins)),
              *(sentence.format(kind) for sentence in _OF_KINDS for kind in _KINDS))
