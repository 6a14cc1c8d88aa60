"""A submission made ready to be graded: its notebooks laid upon the lesson's, its modules beside the given ones."""

from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

from cs231n._matching import Known
from cs231n._reading import module_text
from grading.books.course import Course
from grading.engine import MAX_MODULE, plan
from grading.engine.plan import Plan
from grading.engine.processes import Submission as Modules
from grading.intake import restore
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
    - handed: of each notebook, the outputs that its code cells came with, by cell id, as JSON
    - removed: of each notebook, what was added to locked cells and is left out, cell -> lines
    - remarks: one sentence for each thing that was missing or strange
    - answers: what its functions answered to their probes, once it is graded; None if they were not asked
    - sandbox: the level at which it ran; ran: the notebooks that did
    """

    notebooks: dict[str, NotebookNode] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    handed: dict[str, dict[str, bytes]] = field(default_factory=dict)
    removed: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    answers: dict[str, dict[str, list]] | None = None
    sandbox: str = ""
    ran: tuple[str, ...] = ()


def lessons(assignment: Assignment, course: Course, config) -> dict[str, Lesson]:
    """The assignment's notebooks, read once for a run."""
    found = {}
    for name in assignment.notebooks:
        path = course.source(assignment.name) / f"{name}.ipynb"
        key = restore.key_notebook(path, config)
        found[name] = Lesson(key, known_cells(key), plan.make(nbformat.read(path, as_version=4)))
    return found


def staged(assignment: Assignment, course: Course) -> dict[str, bytes]:
    """What the source lays beside the notebooks, student modules as stubs."""
    folder = course.source(assignment.name)
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".ipynb"}


def load(assignment: Assignment, course: Course, student: str, lessons: dict[str, Lesson],
         staged: dict[str, bytes]) -> Submission:
    """Read a student's submission; whatever is missing or broken becomes a remark."""
    folder, found = course.submitted(student, assignment.name), Submission(files=dict(staged))
    for name in assignment.student_files:
        handed = folder / name
        if handed.is_symlink() or not handed.is_file():
            found.remarks.append(f"{name} is {'a link' if handed.is_symlink() else 'missing'}; "
                                 "nothing of it is implemented")
        elif handed.stat().st_size > MAX_MODULE:
            found.remarks.append(f"{name} is larger than {MAX_MODULE // 1_000_000} MB and was not taken; "
                                 "nothing of it is implemented")
        else:
            found.files[name] = handed.read_bytes()
    for name, lesson in lessons.items():
        submitted, problem = restore.read_submitted(folder / f"{name}.ipynb")
        if problem:
            found.remarks.append(f"{name}.ipynb {problem}; its tests ran on the submitted modules, "
                                 "answers and code in the notebook count as not given")
        found.notebooks[name], remarks, found.handed[name], found.removed[name] = restore.lay_upon(
            submitted, lesson.key, lesson.cells, lambda path: restore.picture_file(folder, path))
        found.remarks += [f"{name}.ipynb: {remark}" for remark in remarks]
    return found


def handed_in(assignment: Assignment, course: Course, student: str) -> dict[str, bytes]:
    """The files that are taken from a student, as they came, path -> content; what is not taken is left out."""
    folder = course.submitted(student, assignment.name)
    most = dict.fromkeys(assignment.student_files, MAX_MODULE) | dict.fromkeys(assignment.notebook_files,
                                                                               restore.MAX_BYTES)
    files = {name: folder / name for name in most}
    return {name: path.read_bytes() for name, path in files.items()
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= most[name]}


def modules(assignment: Assignment, found: Submission) -> Modules:
    """The student's modules, as the engine takes them: what runs is what was read."""
    texts = {name: module_text(found.files[name]) for name in assignment.student_files}
    return Modules({name: text.encode("utf-8", "replace") for name, text in texts.items()},
                   {name.removesuffix(".py").replace("/", "."): text for name, text in texts.items()})
