"""What the examiner raises in place of a student's exception, and for a candidate that is lost."""

import builtins

from grading.engine import codec, telling

_EXCEPTIONS = {name: kind for name, kind in vars(builtins).items()
               if isinstance(kind, type) and issubclass(kind, Exception)
               and not issubclass(kind, (UnicodeError, ExceptionGroup))}         # these are not made of a text alone

# What the candidate says of an exception is quoted, in messages and in results: so much of it.
MOST_MESSAGE = 4000            # characters of a message,
MOST_LINES = 20_000            # of a traceback
MOST_KINDS = 50                # classes
MOST_NAME = 60                 # characters of a name


class StudentError(Exception):
    """What the student's code raised; also an instance of the same built-in exception."""

    kind = "Exception"
    lines = loading = ""         # the traceback; the module that was to be loaded

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: the line of the test that asked, as for a failed check."""
        from cs231n import _shown

        return _shown.rendered(self)


class Lost(BaseException):
    """The candidate did not answer in time, died, or sent what is no answer. No test can catch it by accident."""

    def __init__(self, how: str, function: str):
        super().__init__(how)
        self.how, self.function = how, function


def error_of(kinds: list, message: str, lines: str) -> StudentError:
    """The student's exception, as one of ours that is caught by the same `except`. Raises CodecError."""
    if type(kinds) is not list or type(message) is not str or type(lines) is not str:
        raise codec.CodecError("an exception is told in another form")
    kinds = [kind[:MOST_NAME] for kind in kinds[:MOST_KINDS] if type(kind) is str]
    known = next((_EXCEPTIONS[kind] for kind in kinds if kind in _EXCEPTIONS), Exception)
    name = kinds[0] if kinds and kinds[0].isidentifier() else "Exception"
    bases = (StudentError,) if known is Exception else (StudentError, known)
    error = type(name, bases, {"kind": name})(telling.short(message, MOST_MESSAGE))
    error.lines = lines[:MOST_LINES]
    return error
