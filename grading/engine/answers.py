"""What the examiner answers, as the parent reads it: it decides outcomes, but what it has to read is a student's."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MOST_ANSWERS = 2**20           # bytes of what functions answered to their probes; they decide no point
_Name = Annotated[str, Meta(max_length=1_000)]
_Told = Annotated[str, Meta(max_length=2_000_000)]
_NOTHING = msgspec.msgpack.encode([])


class Answer(msgspec.Struct):
    """To any question; `lost` says how the candidate was lost meanwhile, or nothing.

    - clock: not an answer yet, but a question: what this process has used of the processor
    - outcome, message, unloaded, outputs, losses, absent, doubted: of a test; outputs still have to be cleaned
    - why: the function of the submission that raised, and the code of the cause (`causes.py`)
    - answers: function or cell -> aspect -> what was told, still packed
    """

    clock: Literal["", "candidate", "counting"] = ""
    lost: _Name = ""
    outcome: Literal["", "passed", "failed", "error", "timed_out", "grader_error"] = ""
    message: _Told = ""
    unloaded: _Told = ""
    outputs: msgspec.Raw = msgspec.Raw(_NOTHING)
    losses: Annotated[dict[_Name, int], Meta(max_length=10_000)] = {}
    absent: Annotated[list[_Name], Meta(max_length=10_000)] = []
    doubted: _Told = ""
    why: Annotated[list[_Name], Meta(max_length=2)] = []
    answers: msgspec.Raw = msgspec.Raw(b"\x80")

    @property
    def is_quiet(self) -> bool:
        """Nothing of it has to be cleaned."""
        return bytes(self.outputs) == _NOTHING and not (self.message or self.unloaded or self.doubted)

    def told(self) -> dict[str, dict[str, list]]:
        """The answers to probes; none where they are too many."""
        if len(bytes(self.answers)) > MOST_ANSWERS:
            return {}
        try:
            return msgspec.msgpack.decode(self.answers, type=dict[str, dict[str, list]])
        except (ValueError, RecursionError):
            return {}
