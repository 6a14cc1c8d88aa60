"""What files of a submission say, as the parent gets it: read in a glovebox, typed and bounded."""

import os
import stat
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from cs231n import _reading as reading
from cs231n._matching import Known
from grading.engine import MAX_MODULE, handling
from grading.engine.cleaned import Output
from grading.engine.glovebox import Glovebox, Refused
from grading.engine.handling import Bare, Shared
from grading.intake import opening
from grading.intake.opening import Asked, Read

MAX_BYTES = reading.NOTEBOOK_BYTES
SECONDS = 15.0                   # of processor time for one file
_ANSWER = 32_000_000             # bytes
_FILES = 12_000_000              # bytes of pictures in files

Box = Glovebox | Shared | Bare
Handed = dict[str, list[Output] | None]
_read = msgspec.msgpack.Decoder(Read)
_outputs = msgspec.msgpack.Decoder(
    Annotated[dict[str, Annotated[list[Output], Meta(max_length=opening.MAX_OUTPUTS + 1)] | None],
              Meta(max_length=2 * opening.MAX_CELLS)])


class Reader:
    """Reads in `box`, or in this process's own."""

    def __init__(self, box: Box | None = None):
        self._box = box or handling.box()

    def begin(self, anew: bool = False) -> None:
        """What comes now is of another submission; unless `anew`, the process that read the last one goes on."""
        self._box.begin(anew)

    def notebook(self, path: Path, lesson: list[Known], files: dict[str, bytes]) -> Read:
        """A submitted notebook beside the lesson's cells; `files` are pictures in files, by their paths from there."""
        if problem := unreadable(path, MAX_BYTES):
            return Read(problem)
        asked = msgspec.msgpack.encode(Asked(lesson, files))
        try:
            with path.open("rb") as file:
                answer = self._box.read("grading.intake.opening.notebook", asked, file, path.stat().st_size,
                                        seconds=SECONDS, most=_ANSWER)
            return _read.decode(answer)
        except (Refused, ValueError) as error:
            return Read(f"cannot be read: {error}")

    def content(self, content: bytes, lesson: list[Known]) -> Read:
        """The same of a notebook that is here already."""
        try:
            return _read.decode(self._box.do(
                "grading.intake.opening.notebook", msgspec.msgpack.encode(Asked(lesson)), [content],
                seconds=SECONDS, most=_ANSWER))
        except (Refused, ValueError) as error:
            return Read(f"cannot be read: {error}")

    def outputs(self, places: dict[str, str]) -> Handed:
        """Those that the notebook read last came with, clean, by cell id.

        places: cell id -> where its outputs are kept
        """
        try:
            answer = self._box.do("grading.intake.opening.outputs", b"", seconds=SECONDS, most=_ANSWER)
            found = _outputs.decode(answer)
        except (Refused, ValueError):
            return dict.fromkeys(places)
        return {name: found[place] for name, place in places.items() if place in found}

    def module(self, path: Path) -> tuple[bytes, str, str]:
        """(content, text, ""), or two empty ones and one clause that says why it cannot be read."""
        if problem := unreadable(path, MAX_MODULE):
            return b"", "", f"{problem} and was not taken" if "larger" in problem else problem
        content = path.read_bytes()
        try:
            text = self._box.do("grading.intake.opening.module", b"", [content], seconds=SECONDS,
                                most=4 * MAX_MODULE).decode()
        except (Refused, ValueError) as error:
            return b"", "", f"cannot be read: {error}"
        return content, text, ""

    def sources(self, content: bytes) -> list[str]:
        """The texts of a notebook's cells, sorted; none where it cannot be read."""
        try:
            answer = self._box.do("grading.intake.opening.sources", b"", [content], seconds=SECONDS, most=_ANSWER)
            return msgspec.msgpack.decode(answer, type=list[str])
        except (Refused, ValueError):
            return []


def unreadable(path: Path, most: int) -> str:
    """Why this is no file that is read, or nothing."""
    try:
        about = os.lstat(path)
    except OSError:
        return "is missing"
    if stat.S_ISLNK(about.st_mode):
        return "is a link, not an ordinary file"
    if not stat.S_ISREG(about.st_mode):
        return "is not an ordinary file"
    return f"is larger than {most // 1_000_000} MB" if about.st_size > most else ""


def pictures(folder: Path) -> dict[str, bytes]:
    """Those in files beside a submission's notebooks, by path."""
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        fits = path.suffix.lower() in reading.PICTURES and not unreadable(path, reading.MOST_BYTES)
        if fits and sum(map(len, found.values())) + path.stat().st_size <= _FILES:
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found
