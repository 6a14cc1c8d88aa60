"""Write-ups: for each student a PDF with every inline question and what was answered, as `cs231n._writeup` makes it.

What goes into one decides whether it is made again. Answers that do not fit into a fixed number of pages stand in
`in-full/` beside the others.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from nbgrader import api
from sqlalchemy import select

from cs231n import _matching, _reading, _writeup
from cs231n._reading import PICTURES
from cs231n._writeup import programs, questions
from grading.books import answers, marks, results, rubric
from grading.books.course import Course
from grading.errors import KitError
from grading.release.assignment import Assignment

IN_FULL = "in-full"
RECORD = ".writeups.json"        # what each PDF beside it was made of
INSTALL = ".venv/bin/python -m pip install --requirement grading/requirements-writeup.lock"


@dataclass
class Written:
    """One student's.

    - basis: what it was made of; pdf: of the file, as SHA-256; pages: its pages
    - problems: one sentence each for what it does not show as it was written
    - failed: why there is none; anew: whether it was made in this run
    """

    student: str
    basis: str
    pdf: str = ""
    pages: int = 0
    problems: list[str] = field(default_factory=list)
    failed: str = ""
    anew: bool = True


def write(assignment: Assignment, course: Course, into: Path, students: list[str] | None = None,
          pages: int | None = None, marked: bool = False, jobs: int = 1) -> Iterator[Written]:
    """Write `into/<student>.pdf` for everyone who handed in; yields each as it is done.

    - pages: how many each question takes; marked: with marks and comments
    """
    if missing := _writeup.missing():
        raise KitError(f"write-ups need {' and '.join(missing)}, which is not installed. In the kit's folder, "
                       f"run: {INSTALL}")
    course.require_release(assignment.name)
    described = course.source(assignment.name) / "cs231n" / "assignment.json"
    asked = json.loads(described.read_text(encoding="utf-8"))
    collected = course.students(assignment.name)
    if not collected:
        raise KitError(f"No submission of {assignment.name} is collected yet. Run: kit collect {assignment.name} PATH")
    for student in students or []:
        if student not in collected:
            raise KitError(f"{student!r} has no submission of {assignment.name}. Collected: {', '.join(collected)}.")
    try:
        into.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise KitError(f"{into} is a file; write-ups take a folder. Name another with --into.") from None
    record, names = _Record(into), _names(course)
    given = _marks(course, assignment.name, students or collected) if marked else {}
    kit = _kit()

    def one(student: str) -> Written:
        folder, shown = course.submitted(student, assignment.name), given.get(student, {}) if marked else None
        basis = _digest([kit, json.dumps([asked, student, names.get(student, ""), pages, shown]),
                         *_handed_in(assignment, folder)])
        if (kept := record.kept(student, basis)) is not None:
            return kept
        return _made(Written(student, basis), into, record.knows(student),
                     lambda: _writeup.make(asked, folder, student, names.get(student, ""), pages, shown))

    with ThreadPoolExecutor(jobs) as pool:
        try:
            for done in as_completed([pool.submit(one, student) for student in students or collected]):
                record.add(done.result())
                yield done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _made(written: Written, into: Path, again: bool, make: Callable[[], _writeup.Writeup]) -> Written:
    path, in_full = into / f"{written.student}.pdf", into / IN_FULL / f"{written.student}.pdf"
    for one in (path, in_full):
        if one.exists() and not again and not _writeup.is_made_here(one):
            written.failed = f"{one} is there, and not of writeup's making, so it stays as it is. Move it elsewhere"
            return written
    path.unlink(missing_ok=True)                     # an earlier one must not pass for this one
    in_full.unlink(missing_ok=True)
    try:
        made = make()
    except _writeup.NotMade as why:
        written.failed = str(why)
        return written
    if made.in_full:
        in_full.parent.mkdir(exist_ok=True)
        _put(in_full, made.in_full)
    _put(path, made.pdf)
    written.pdf, written.pages, written.problems = hashlib.sha256(made.pdf).hexdigest(), made.pages, made.problems
    return written


def _put(path: Path, content: bytes) -> None:
    half = path.with_name(f".{path.name}.part")
    try:
        half.write_bytes(content)
        os.replace(half, path)
    except OSError:
        half.unlink(missing_ok=True)
        raise


class _Record:
    """What a folder's write-ups were made of."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._known = self._read()

    def _read(self) -> dict[str, Written]:
        with suppress(OSError, ValueError, TypeError, AttributeError):
            found = json.loads((self._folder / RECORD).read_text(encoding="utf-8"))
            return {student: Written(**one) for student, one in found.items()}
        return {}

    def knows(self, student: str) -> bool:
        """Whether one was written for this student here before."""
        return student in self._known

    def kept(self, student: str, basis: str) -> Written | None:
        """The write-up that is there, if it is made of this."""
        known, path = self._known.get(student), self._folder / f"{student}.pdf"
        if known is None or known.basis != basis or known.failed or not path.is_file():
            return None
        known.anew = False
        return known if hashlib.sha256(path.read_bytes()).hexdigest() == known.pdf else None

    def add(self, written: Written) -> None:
        if written.anew:
            known = self._read() | {written.student: written}        # another run may write beside this one
            text = json.dumps({student: asdict(one) for student, one in sorted(known.items())}, indent=1)
            _put(self._folder / RECORD, (text + "\n").encode())


def _handed_in(assignment: Assignment, folder: Path) -> Iterator[str]:
    """Of the notebooks, and of every picture that an answer may show."""
    pictures = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in PICTURES]
    for path in (*(folder / name for name in assignment.notebook_files), *pictures):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                yield f"{path.relative_to(folder)} {hashlib.file_digest(file, 'sha256').hexdigest()}"


def _kit() -> str:
    """What makes them: the kit's part in it, and the programs'."""
    code = [path for path in sorted(Path(_writeup.__file__).parent.iterdir()) if path.is_file()]
    code += [Path(module.__file__) for module in (_matching, _reading)]
    return _digest([json.dumps(programs.versions()), *(path.read_text(encoding="utf-8") for path in code)])


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _names(course: Course) -> dict[str, str]:
    """Names of students, as far as the gradebook knows them."""
    if not course.gradebook.exists():
        return {}
    with marks.reading(course.gradebook) as session:
        rows = session.execute(select(api.Student.id, api.Student.first_name, api.Student.last_name))
        return {student: " ".join(filter(None, names)) for student, *names in rows}


# Marks, as a write-up shows them

def _marks(course: Course, assignment: str, students: list[str]) -> dict[str, dict[str, dict[str, dict]]]:
    """{student: {notebook: {cell: {"shown", "items", "comment"}}}} of those whose submissions are graded."""
    if not course.gradebook.exists():
        return {}
    with marks.reading(course.gradebook) as session:
        entered = marks.read(session, assignment)
    found: dict[str, dict[str, dict[str, dict]]] = {}
    for student in students:
        result = results.read(course, student, assignment)
        for notebook, cells in (result.notebooks if result else {}).items():
            by_hand = entered.get(student, {}).get(notebook, {})
            graded = answers.of(answers.read(course.autograded(student, assignment), notebook))
            found.setdefault(student, {})[notebook] = {
                name: _shown(cell, by_hand.get(name, {}), graded.get(name))
                for name, cell in cells.items() if cell["outcome"] == "manual"}
    return found


def _shown(cell: dict, mark: dict, graded: dict | None = None) -> dict:
    """- cell: of a result; mark: what columns of the gradebook hold; graded: the answer's cell, as it was graded."""
    score = mark.get("manual_score", cell["score"])
    extra, answer = mark.get("extra_credit") or 0, {}
    state = "not marked yet" if score is None else f"{score + extra:g} of {cell['max_score']:g}"
    if "manual_score" in mark and mark.get("needs_manual_grade"):
        state += ", for another answer; to be looked at again"
    elif score is not None and graded is not None:
        answer = {"answer": answers.source(graded), "pictures": questions.digests(graded.get("attachments") or {})}
    given = rubric.read_comment(mark.get("manual_comment"))
    return {"shown": state, "items": [[f"{points:g}", title] for points, title in given.items], "comment": given.words,
            **answer}
