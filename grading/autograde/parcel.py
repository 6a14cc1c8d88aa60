"""What travels between the parent and the workers of a cluster, as bytes.

Down: the lesson, the same for a whole run, and for each submission its files as they lie in the course folder and the
seeds of its hidden tests. The course's secret, its books and other submissions stay with the parent. Up: typed data
alone, nothing that could run; a worker is trusted, but what it read was a student's.
"""

import os
import pickle
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import nbformat
from nbformat import NotebookNode

from grading.autograde.grader import Grader, Job
from grading.books.course import Course
from grading.intake import restore
from grading.intake.submission import Submission

_LEVEL = 1                 # of zlib: a third of the bytes, for a hundredth of a second
ELSEWHERE = "submission"   # a student's name in the folder of a worker


@dataclass(frozen=True)
class Parcel:
    """The lesson: how it is graded, and the files that lie below the folder of a worker's sandbox, path -> content."""

    grader: Grader
    given: dict[str, bytes]
    data: dict[str, bytes]
    unsafe: bool = False

    def pack(self) -> bytes:
        return zlib.compress(pickle.dumps(self), _LEVEL)

    @staticmethod
    def unpack(packed: bytes) -> "Parcel":
        """For workers, who do as the parent says in any case."""
        return pickle.loads(zlib.decompress(packed))


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file()}


def lay_down(files: dict[str, bytes], folder: Path) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@dataclass
class Handed:
    """A submission's listed files as they lie in the course folder, oddities included: the worker meets the same."""

    files: dict[str, bytes] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)              # folders, pipes
    large: dict[str, int] = field(default_factory=dict)          # more bytes than anybody reads

    def lay_down(self, folder: Path) -> None:
        lay_down(self.files, folder)
        for name in (*self.links, *self.others, *self.large):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
        for name in self.links:
            (folder / name).symlink_to(".")
        for name in self.others:
            (folder / name).mkdir()
        for name, size in self.large.items():
            (folder / name).touch()
            os.truncate(folder / name, size)


def handed(names: tuple[str, ...], folder: Path) -> Handed:
    found = Handed()
    for name in names:
        path = folder / name
        if path.is_symlink():
            found.links.append(name)
        elif path.is_file():
            if name.endswith(".ipynb") and path.stat().st_size > restore.MAX_BYTES:
                found.large[name] = path.stat().st_size
            else:
                found.files[name] = path.read_bytes()
        elif path.exists():
            found.others.append(name)
    return found


class Order(msgspec.Struct):
    """One submission on its way down."""

    job: Job
    handed: Handed


class Answer(msgspec.Struct):
    """One submission on its way up: what was found, or what went wrong."""

    found: Submission | None = None
    error: str = ""
    trace: str = ""


def pack_order(grader: Grader, course: Course, student: str) -> bytes:
    assignment, job = grader.assignment, grader.job(student)
    order = Order(replace(job, student=ELSEWHERE),
                  handed(assignment.submitted_files, course.submitted(student, assignment.name)))
    return zlib.compress(msgspec.msgpack.encode(order), _LEVEL)


def unpack_order(packed: bytes) -> Order:
    return msgspec.msgpack.decode(zlib.decompress(packed), type=Order)


def pack_answer(answer: Answer, staged: dict[str, bytes]) -> bytes:
    """The files that the parent has itself stay behind."""
    if found := answer.found:
        own = {name: content for name, content in found.files.items() if staged.get(name) != content}
        answer = Answer(replace(found, files=own))
    return zlib.compress(msgspec.msgpack.encode(answer), _LEVEL)


def unpack_answer(packed: bytes, staged: dict[str, bytes]) -> Answer:
    answer = msgspec.msgpack.decode(zlib.decompress(packed), type=Answer, dec_hook=_notebook)
    if answer.found:
        answer.found.files = staged | answer.found.files
    return answer


def _notebook(wanted: type, found: Any) -> Any:
    if wanted is not NotebookNode or not isinstance(found, dict):
        raise NotImplementedError(f"no {wanted.__name__} can be made of a {type(found).__name__}")
    return nbformat.from_dict(found)
