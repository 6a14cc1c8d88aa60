"""A submission made ready to be graded: its notebooks laid upon the lesson's, its modules beside the given ones."""

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from cs231n._matching import Known
from cs231n._reading import module_text
from grading.books.course import Course
from grading.books.results import NO_MODULE, NO_NOTEBOOK
from grading.engine import MAX_MODULE, plan
from grading.engine.cleaned import BYTES, OUTPUTS, Room
from grading.engine.plan import Plan
from grading.engine.processes import Submission as Modules
from grading.intake import restore
from grading.intake.opening import MAX_PICTURES, Read
from grading.intake.reader import MAX_BYTES, Box, Handed, Reader, pictures, unreadable
from grading.release.assignment import Assignment
from grading.release.lesson import known_cells


@dataclass(frozen=True)
class Lesson:
    """A notebook of the assignment, the same for every submission: what it is laid upon, and which cells test what."""

    key: NotebookNode
    cells: list[Known]
    plan: Plan


@dataclass
class Submission:
    """What was handed in, and nothing else of the student's.

    - notebooks: restored, by name, not executed yet
    - files: every file beside them in the autograded folder, by path
    - texts: of the student's modules that were read, by path
    - handed: of each notebook, the outputs that its code cells came with, by cell id; None where they are too many
    - removed: of each notebook, what was added to locked cells and is left out, cell -> lines
    - remarks: one sentence for each thing that was missing or strange
    - answers: what its functions answered to their probes, once it is graded; None if they were not asked
    - sandbox: the level at which it ran; ran: the notebooks that did; costs: what that took, as `job.Done` says
    """

    notebooks: dict[str, NotebookNode] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    handed: dict[str, Handed] = field(default_factory=dict)
    removed: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    answers: dict[str, dict[str, list]] | None = None
    sandbox: str = ""
    ran: tuple[str, ...] = ()
    costs: dict[str, float] = field(default_factory=dict)


def lessons(assignment: Assignment, course: Course, config) -> dict[str, Lesson]:
    """The assignment's notebooks, read once for a run."""
    found = {}
    for name in assignment.notebooks:
        path = course.source(assignment.name) / f"{name}.ipynb"
        key = restore.key_notebook(path, config)
        found[name] = Lesson(key, known_cells(key), _planned(path.read_text(encoding="utf-8")))
    return found


@lru_cache(32)
def _planned(notebook: str) -> Plan:
    return plan.make(nbformat.reads(notebook, as_version=4))


def staged(assignment: Assignment, course: Course) -> dict[str, bytes]:
    """What the source lays beside the notebooks, student modules as stubs."""
    folder = course.source(assignment.name)
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".ipynb"}


def load(assignment: Assignment, course: Course, student: str, lessons: dict[str, Lesson],
         staged: dict[str, bytes], box: Box | None = None) -> Submission:
    """Read a student's submission, in `box` or this process's own; what is missing or broken becomes a remark."""
    folder, found, reader = course.submitted(student, assignment.name), Submission(files=dict(staged)), Reader(box)
    if box is None:
        reader.begin(anew=True)
    for name in assignment.student_files:
        content, text, problem = reader.module(folder / name)
        if problem:
            found.remarks.append(f"{name} {problem}; {NO_MODULE}")
        else:
            found.files[name], found.texts[name] = content, text
    files, left, room = pictures(folder), MAX_PICTURES, Room(2 * BYTES, 2 * OUTPUTS)
    for name, lesson in lessons.items():
        read = reader.notebook(folder / f"{name}.ipynb", lesson.cells, files)
        if read.problem:
            found.remarks.append(f"{name}.ipynb {read.problem}; {NO_NOTEBOOK}")
        left -= _without_pictures_beyond(read, left)
        found.notebooks[name], places = restore.lay(read, lesson.key)
        found.removed[name] = read.removed
        handed = {} if read.problem else reader.outputs(places)
        found.handed[name] = {cell: outputs if outputs is None or room.takes(outputs) else None
                              for cell, outputs in handed.items()}
        found.remarks += [f"{name}.ipynb: {remark}" for remark in read.remarks]
    return found


def _without_pictures_beyond(read: Read, room: int) -> int:
    """Characters of a notebook's pictures; where they are more than `room`, it has none."""
    bundles = [*read.pictures.values(), *(own.pictures for cells in read.behind.values() for own in cells)]
    taken = sum(len(data) for shown in bundles for bundle in shown.values() for data in bundle.values())
    if taken <= room:
        return taken
    for shown in bundles:
        shown.clear()
    read.remarks.append(f"its pictures are left out: a submission may hold {MAX_PICTURES // 1_000_000} MB of them")
    return 0


def handed_in(assignment: Assignment, course: Course, student: str) -> dict[str, bytes]:
    """The files that are taken from a student, path -> SHA-256 of the content; what is not taken is left out."""
    folder = course.submitted(student, assignment.name)
    most = dict.fromkeys(assignment.student_files, MAX_MODULE) | dict.fromkeys(assignment.notebook_files, MAX_BYTES)
    return {name: _digest(folder / name) for name, size in most.items() if not unreadable(folder / name, size)}


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def modules(assignment: Assignment, found: Submission) -> Modules:
    """The student's modules, as the engine takes them: what runs is what was read."""
    texts = texts_of(assignment, found)
    return Modules({name: text.encode("utf-8", "replace") for name, text in texts.items()},
                   {name.removesuffix(".py").replace("/", "."): text for name, text in texts.items()})


def texts_of(assignment: Assignment, found: Submission) -> dict[str, str]:
    """The student's modules, path -> text; stubs where nothing was handed in."""
    return {name: found.texts[name] if name in found.texts else module_text(found.files[name])
            for name in assignment.student_files}
