"""Outputs and messages as the parent takes them: cleaned in the glovebox, typed, and no more of them than are shown."""

import json
import sys
from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from nbformat import NotebookNode

from grading.engine.glovebox import Glovebox, Refused

CELL_SECONDS = 3.0               # of processor time that cleaning one cell's outputs may take
NOTEBOOK_SECONDS = 10.0          # and all of a notebook
CELL_BYTES = 8 * 2**20
BYTES = 6_000_000                # of memory that a notebook's outputs may take
OUTPUTS = 3_000
OF_SUBMISSION = 2                # a submission may have so many times as much
MESSAGE = 12_000                 # characters
_CLEAN = "grading.desk.handling.clean"

Kind = Literal["image/png", "image/jpeg", "text/html", "text/latex", "text/plain"]


class Output(msgspec.Struct, frozen=True, omit_defaults=True):
    """One output of nbformat 4, of which nothing but what is shown is left."""

    output_type: Literal["stream", "error", "display_data", "execute_result"]
    name: Literal["stdout", "stderr"] = "stdout"
    text: str = ""
    ename: str = ""
    evalue: str = ""
    traceback: Annotated[list[str], Meta(max_length=2_000)] = []
    data: Annotated[dict[Kind, str], Meta(max_length=5)] = {}
    metadata: Annotated[dict[Kind, dict[Literal["width", "height"], int]], Meta(max_length=2)] = {}
    execution_count: int | None = None

    @property
    def size(self) -> int:
        """Bytes of memory: one letter beyond the usual makes a whole text four times as large."""
        return sum(map(sys.getsizeof, (self.text, self.evalue, *self.traceback, *self.data.values())))

    def node(self) -> NotebookNode:
        """As nbformat has it."""
        return NotebookNode({"output_type": self.output_type} | {
            "stream": lambda: {"name": self.name, "text": self.text},
            "error": lambda: {"ename": self.ename, "evalue": self.evalue, "traceback": list(self.traceback)},
            "display_data": self._shown,
            "execute_result": lambda: self._shown() | {"execution_count": self.execution_count},
        }[self.output_type]())

    def _shown(self) -> dict:
        return {"data": NotebookNode(self.data),
                "metadata": NotebookNode({kind: NotebookNode(size) for kind, size in self.metadata.items()})}


Outputs = Annotated[list[Output], Meta(max_length=2_001)]
_ANSWER = msgspec.msgpack.Decoder(tuple[Outputs, Annotated[list[Annotated[str, Meta(max_length=MESSAGE)]],
                                                           Meta(max_length=3)]])


class Room:
    """How much more may come: bytes and number of outputs; that of a notebook is a part `of` its submission's."""

    def __init__(self, size: int = BYTES, outputs: int = OUTPUTS, of: "Room | None" = None):
        self._size, self._outputs, self._of = size, outputs, of

    def takes(self, outputs: list[Output]) -> bool:
        """Whether they fit in; those that do are charged, those that do not are not."""
        size, rooms = sum(output.size for output in outputs), [self, *filter(None, [self._of])]
        if any(size > room._size or len(outputs) > room._outputs for room in rooms):
            return False
        for room in rooms:
            room._size -= size
            room._outputs -= len(outputs)
        return True


class Cleaning:
    """Of one submission, notebook by notebook. What cannot be cleaned costs its cell the outputs, and nothing else."""

    def __init__(self, box: Glovebox, charge: Callable[[float], None] = lambda seconds: None):
        """charge: takes note of processor time that went into it."""
        self._box, self._charge = box, charge
        self._all = Room(OF_SUBMISSION * BYTES, OF_SUBMISSION * OUTPUTS)
        self.begin()

    def begin(self) -> None:
        """Another notebook."""
        self._room, self._seconds = Room(of=self._all), NOTEBOOK_SECONDS

    def clean(self, frame: bytes, messages: tuple[str, ...] = ()) -> tuple[list[Output], list[str]]:
        """The outputs in a frame as it came, and what was said with them, both clean."""
        before = self._box.seconds
        try:
            if self._seconds <= 0:
                raise Refused("cleaning those before took longer than all of a notebook's may")
            answer = self._box.do(_CLEAN, json.dumps(messages).encode(), [frame],
                                  seconds=min(CELL_SECONDS, self._seconds), most=CELL_BYTES)
            outputs, said = _ANSWER.decode(answer)
            if len(said) != len(messages):
                raise Refused("what came back is no answer")
        except (Refused, ValueError) as error:
            return [left_out(f"cannot be shown: {error}")], [_plain(message) for message in messages]
        finally:
            took = self._box.seconds - before
            self._seconds -= took
            self._charge(took)
        if not self._room.takes(outputs):
            outputs = [left_out("left out: with them there would be more than a notebook may hold")]
        return outputs, said


def left_out(why: str) -> Output:
    return Output("stream", text=f"... outputs of this cell {why} ...\n")


def _plain(message: str) -> str:
    return "".join(char if char.isprintable() or char == "\n" else "?" for char in message[:2_000])
