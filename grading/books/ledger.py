"""The one writer of graded submissions: nbgrader's gradebook and the autograded folder change together or not at all.

    with Ledger(course) as ledger:
        ledger.record(result, notebooks, files)

The new folder is built beside its place under a random number. One transaction writes every row of the submission and,
as SQLite's `user_version`, that number; its commit is the moment at which the submission is graded. Then the folder,
`results.json` in it, is swapped in by renaming. So a folder that a killed run left behind is known for what it is: its
number is in the gradebook, and it goes to its place, or it is not, and it is deleted.
"""

import fcntl
import json
import re
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path, PurePosixPath

import nbformat
from nbformat import NotebookNode, ValidationError
from nbformat.v4 import new_output
from nbgrader import api, utils
from sqlalchemy import create_engine, insert, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from grading.books import folders, marks, penalties, results
from grading.books.course import Course
from grading.books.results import Result
from grading.errors import KitError

NEW = ".new-"
_NEW = re.compile(re.escape(NEW) + r"(?P<number>\d+)-(?P<name>.+)")
PATIENCE = 30            # seconds to wait for another program that is writing to the gradebook
_LEFT_OUT = "An output of this cell was left out: it is not one that a notebook can hold.\n"


@contextmanager
def writing(course: Course) -> Iterator[None]:
    """For one process at a time: the one that writes grades or cells. Raises KitError while another one does."""
    folder = course.root / "autograded"
    folder.mkdir(exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)             # the system frees it however this process ends
        except BlockingIOError:
            raise KitError(f"Another run is writing grades in {course.root}. "
                           "Wait until it is done, then run this again.") from None
        yield


class Ledger:
    """Open for a whole run, by one process at a time; `record` is for one thread. What a killed run left is put in
    order on opening."""

    def __init__(self, course: Course, patience: float = PATIENCE):
        self._course, self._patience = course, patience
        self._folder = course.root / "autograded"
        self._marks: dict[str, marks.Marks] = {}

    def __enter__(self) -> "Ledger":
        if not self._course.gradebook.exists():
            raise KitError(f"There is no gradebook in {self._course.root}. Run: kit generate ASSIGNMENT")
        with ExitStack() as opened:
            opened.enter_context(writing(self._course))
            self._engine = create_engine(f"sqlite:///{self._course.gradebook}?timeout={self._patience}")
            opened.callback(self._engine.dispose)
            self._recover()
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_) -> None:
        self._opened.close()

    def record(self, result: Result, notebooks: dict[str, NotebookNode], files: dict[str, bytes]) -> None:
        """Enter one graded submission: `result` and its executed `notebooks` by name, `files` beside them by path.

        When it raises, the former grades and the former folder are as they were. Marks and comments given by hand stay.
        Outputs that no notebook can hold are replaced by a sentence, in `notebooks` too, with a remark in `result`.
        """
        number = secrets.randbelow(2**31 - 1) + 1
        target = self._course.autograded(result.student, result.assignment)
        new = target.with_name(f"{NEW}{number}-{target.name}")
        try:
            _write(new, result, notebooks, files)
            with self._busy_is_a_sentence(), Session(self._engine) as session, session.begin():
                session.execute(text("BEGIN IMMEDIATE"))                 # nobody marks by hand between read and write
                session.execute(text(f"PRAGMA user_version = {number}"))
                _enter(session, self._course, result, notebooks, self._copied(result), marked_again=True)
        finally:
            self._settle(new, target, number)

    def entered(self, assignment: str) -> dict[str, int]:
        """Student -> the scores that the gradebook holds, as `scores` puts them."""
        with self._busy_is_a_sentence(), Session(self._engine) as session:
            return {student: hash(frozenset(tuple(row)[1:] for row in rows))
                    for student, rows in groupby(_entered(session, assignment), key=itemgetter(0))}

    def enter_again(self, kept: Result) -> None:
        """Enter a kept result in a gradebook that has lost it, with the marks by hand of the last copy.

        Raises OSError or ValueError when its notebooks are not to be read.
        """
        folder = self._course.autograded(kept.student, kept.assignment)
        notebooks = {name: nbformat.read(folder / f"{name}.ipynb", as_version=4) for name in kept.notebooks}
        with self._busy_is_a_sentence(), Session(self._engine) as session, session.begin():
            session.execute(text("BEGIN IMMEDIATE"))
            _enter(session, self._course, kept, notebooks, self._copied(kept), marked_again=False)

    def settle_penalties(self, assignment: str, students: Collection[str]) -> list[str]:
        """Bring late penalties up to date; returns the students whose have changed."""
        with self._busy_is_a_sentence(), Session(self._engine) as session, session.begin():
            session.execute(text("BEGIN IMMEDIATE"))
            return penalties.settle(session, self._course, assignment, students)

    def _copied(self, result: Result) -> dict[str, dict[str, dict]]:
        """A student's marks by hand, as they were copied last."""
        if result.assignment not in self._marks:
            self._marks[result.assignment] = marks.copied(self._course, result.assignment)
        return self._marks[result.assignment].get(result.student, {})

    def _recover(self) -> None:
        """Put in order what a run left that was killed."""
        for new in self._folder.glob(f"*/{NEW}*"):
            if built := _NEW.fullmatch(new.name):
                self._settle(new, new.with_name(built["name"]), int(built["number"]))
        for former in self._folder.glob(f"*/{folders.FORMER}*"):
            target = former.with_name(former.name.removeprefix(folders.FORMER))
            if (target / results.FILE).exists():
                folders.discard_former(target)
            else:
                folders.put_back(target)
        for gone in self._folder.glob(f"*/{folders.GONE}*"):
            shutil.rmtree(gone, ignore_errors=True)

    def _settle(self, new: Path, target: Path, number: int) -> None:
        """Whatever happened: the new folder takes its place if its rows are in the gradebook, else it goes."""
        with self._busy_is_a_sentence(), self._engine.connect() as connection:
            committed = connection.scalar(text("PRAGMA user_version"))
        if committed == number and new.exists():
            folders.swap_in(new, target)
        else:
            shutil.rmtree(new, ignore_errors=True)

    @contextmanager
    def _busy_is_a_sentence(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            if "locked" not in str(error.orig):
                raise
            raise KitError(f"{self._course.gradebook} is locked: another program has been writing to it for "
                           f"{self._patience:g} s. Close it, then run this again.") from None


def scores(result: Result) -> int:
    """What `Ledger.entered` tells of a result that the gradebook holds as it is."""
    return hash(frozenset((notebook, name, cell["score"]) for notebook, cells in result.notebooks.items()
                          for name, cell in cells.items()))


def _write(folder: Path, result: Result, notebooks: dict[str, NotebookNode], files: dict[str, bytes]) -> None:
    content = dict(files)
    for name, notebook in notebooks.items():
        content[f"{name}.ipynb"], cells = _to_bytes(notebook)
        if cells:
            result.remarks.append(f"{name}.ipynb: outputs that no notebook can hold are left out in {', '.join(cells)}")
    content[results.FILE] = results.to_json(result).encode()
    for name, data in content.items():
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise ValueError(f"{name!r} leaves the autograded folder")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o644)


def _to_bytes(notebook: NotebookNode) -> tuple[bytes, list[str]]:
    """(the file's content, ids of the cells that lost outputs); a student can display things that are not valid."""
    cleaned = []
    try:
        nbformat.validate(notebook)
        written = _to_json(notebook)
    except (ValidationError, TypeError, ValueError, RecursionError):
        for cell in notebook.cells:
            sound = [output for output in cell.get("outputs", []) if _is_sound(output)]
            if len(sound) < len(cell.get("outputs", [])):
                cell.outputs = [*sound, new_output("stream", name="stdout", text=_LEFT_OUT)]
                cleaned.append(cell.id)
        written = _to_json(notebook)
    return written.encode("utf-8", "replace"), cleaned             # half a surrogate pair becomes a question mark


def _to_json(notebook: NotebookNode) -> str:
    """What nbformat writes, but for sources in one piece: it copies all to cut them into lines, which takes longer
    than everything else here."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _is_sound(output: NotebookNode) -> bool:
    try:
        nbformat.validate(output, ref="output", version=4, version_minor=5)
        json.dumps(output)
    except (ValidationError, TypeError, ValueError, RecursionError):
        return False
    return True


def _enter(session: Session, course: Course, result: Result, notebooks: dict[str, NotebookNode],
           copied: dict[str, dict[str, dict]], marked_again: bool) -> None:
    """Write the rows that nbgrader's autograde writes, in the transaction that is open.

    - copied: marks by hand, for a submission that the gradebook does not know: it was lost
    - marked_again: that somebody looks at marks once more, since what is graded is not what it was
    """
    submission, is_new = _submission(session, course, result)
    given = [(notebook, name, mark) for notebook, cells in copied.items() for name, mark in cells.items()]
    for notebook, name, mark in given if is_new and marked_again else ():
        marks.enter(session, submission.id, notebook, name, mark)
    for model, rows in ((api.Grade, _grades(session, submission, result)),
                        (api.Comment, _comments(session, submission, result, notebooks))):
        if rows:                                                         # without rows it would be every row there is
            session.execute(update(model), rows)
    for notebook, name, mark in given if is_new and not marked_again else ():
        marks.enter(session, submission.id, notebook, name, mark)
    penalties.settle(session, course, result.assignment, {result.student})


def _submission(session: Session, course: Course, result: Result) -> tuple[api.SubmittedAssignment, bool]:
    """The submission's row with its time, and whether it is new: then it is made, with all below it, as nbgrader does.
    """
    assignment = session.scalar(select(api.Assignment).where(api.Assignment.name == result.assignment))
    if assignment is None:
        raise KitError(f"{course.gradebook} has no {result.assignment}. Run: kit generate {result.assignment}")
    time = penalties.submitted_at(course.submitted(result.student, result.assignment))
    submission = session.scalar(select(api.SubmittedAssignment).filter_by(assignment_id=assignment.id,
                                                                          student_id=result.student))
    if submission is not None:
        submission.timestamp = time or submission.timestamp
        return submission, False
    if session.get(api.Student, result.student) is None:
        session.add(api.Student(id=result.student))
    submission = api.SubmittedAssignment(assignment_id=assignment.id, student_id=result.student, timestamp=time)
    session.add(submission)
    session.flush()
    submitted = {notebook: api.new_uuid() for notebook in session.scalars(
        select(api.Notebook.id).where(api.Notebook.assignment_id == assignment.id))}
    session.execute(insert(api.SubmittedNotebook), [
        {"id": id, "notebook_id": notebook, "assignment_id": submission.id} for notebook, id in submitted.items()])
    cells = session.execute(select(api.BaseCell.id, api.BaseCell.notebook_id, api.BaseCell.type)
                            .where(api.BaseCell.notebook_id.in_(submitted))).all()
    for model, kinds in ((api.Grade, ("GradeCell", "TaskCell")), (api.Comment, ("SolutionCell", "TaskCell"))):
        if rows := [{"cell_id": cell, "notebook_id": submitted[notebook]}
                    for cell, notebook, kind in cells if kind in kinds]:
            session.execute(insert(model), rows)
    return submission, True


def _entered(session: Session, assignment: str) -> Iterable[tuple[str, str, str, float | None]]:
    """(student, notebook, cell, a test's score) of every graded cell, by students."""
    return session.execute(
        select(api.SubmittedAssignment.student_id, api.Notebook.name, api.BaseCell.name, api.Grade.auto_score)
        .join(api.SubmittedNotebook, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
        .join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
        .join(api.Assignment, api.Assignment.id == api.Notebook.assignment_id)
        .join(api.Grade, api.Grade.notebook_id == api.SubmittedNotebook.id)
        .join(api.BaseCell, api.BaseCell.id == api.Grade.cell_id)
        .where(api.Assignment.name == assignment, api.BaseCell.type == "GradeCell")
        .order_by(api.SubmittedAssignment.student_id))


def _grades(session: Session, submission: api.SubmittedAssignment, result: Result) -> list[dict]:
    scores = {(notebook, name): cell["score"] for notebook, cells in result.notebooks.items()
              for name, cell in cells.items()}
    rows = _rows(session, submission, api.Grade, api.Grade.manual_score, kinds=("GradeCell",))
    _require_same_cells(set(rows), set(scores), result.assignment)
    return [{"id": id, "auto_score": scores[cell],
             "needs_manual_grade": by_hand is not None or scores[cell] is None}
            for cell, (id, by_hand) in rows.items()]


def _comments(session: Session, submission: api.SubmittedAssignment, result: Result,
              notebooks: dict[str, NotebookNode]) -> list[dict]:
    answered = {(notebook, cell.metadata.nbgrader.grade_id): utils.is_task(cell)
                or cell.metadata.nbgrader.get("checksum") != utils.compute_checksum(cell)
                for notebook, node in notebooks.items() for cell in node.cells
                if utils.is_solution(cell) or utils.is_task(cell)}
    rows = _rows(session, submission, api.Comment, kinds=("SolutionCell", "TaskCell"))
    _require_same_cells(set(rows), set(answered), result.assignment)
    return [{"id": id, "auto_comment": None if answered[cell] else "No response."} for cell, (id,) in rows.items()]


def _rows(session: Session, submission: api.SubmittedAssignment, model, *columns, kinds: tuple[str, ...]) -> dict:
    """{(notebook, cell): (row's id, *columns)} of a submission's grades or comments."""
    found = session.execute(
        select(api.Notebook.name, api.BaseCell.name, model.id, *columns)
        .join(api.SubmittedNotebook, api.SubmittedNotebook.id == model.notebook_id)
        .join(api.Notebook, api.Notebook.id == api.SubmittedNotebook.notebook_id)
        .join(api.BaseCell, api.BaseCell.id == model.cell_id)
        .where(api.SubmittedNotebook.assignment_id == submission.id, api.BaseCell.type.in_(kinds)))
    return {(notebook, cell): tuple(row) for notebook, cell, *row in found}


def _require_same_cells(ours: set, found: set, assignment: str) -> None:
    if differ := sorted(ours ^ found):
        notebook, cell = differ[0]
        raise KitError(f"{assignment}: the cell {cell} of {notebook} is only in the "
                       f"{'gradebook' if differ[0] in ours else 'graded notebook'}: the source has changed since "
                       f"it was generated. Run: kit generate {assignment}")
