"""What travels between the parent and the workers of a cluster, as bytes.

Down: the lesson, the same for a whole run, and one job for each submission, with the seeds of its own hidden tests. The
course's secret, its books, and who it is that handed in stay with the parent. Up: typed data alone, nothing that could
run; a worker is trusted, but what it read was a student's.
"""

import pickle
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import nbformat
from nbformat import NotebookNode

from grading.autograde.job import Done, Job, Task

_LEVEL = 1                 # of zlib: a fifth of the bytes, for some thousandths of a second


@dataclass(frozen=True)
class Parcel:
    """The lesson: what is done for every submission, and files for the workers' sandboxes, path -> content."""

    task: Task
    given: dict[str, bytes]
    data: dict[str, bytes]
    unsafe: bool = False

    def pack(self) -> bytes:
        return zlib.compress(pickle.dumps(self), _LEVEL)

    @staticmethod
    def unpack(packed: bytes) -> "Parcel":
        """For workers, who do as the parent says in any case."""
        return pickle.loads(zlib.decompress(packed))


class Answer(msgspec.Struct):
    """What a worker gives back: what was done, and the level of its sandbox; or what went wrong."""

    done: Done | None = None
    level: str = ""
    error: str = ""
    trace: str = ""


def pack(what: Job | Answer) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(what), _LEVEL)


def unpack_job(packed: bytes) -> Job:
    return msgspec.msgpack.decode(zlib.decompress(packed), type=Job, dec_hook=_notebook)


def unpack_answer(packed: bytes) -> Answer:
    return msgspec.msgpack.decode(zlib.decompress(packed), type=Answer, dec_hook=_notebook)


def _notebook(wanted: type, found: Any) -> Any:
    if wanted is not NotebookNode or not isinstance(found, dict):
        raise NotImplementedError(f"no {wanted.__name__} can be made of a {type(found).__name__}")
    return nbformat.from_dict(found)


def files_below(folder: Path) -> dict[str, bytes]:
    """By path relative to the folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file()}


def lay_down(files: dict[str, bytes], folder: Path) -> None:
    """The reverse of `files_below`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
