"""The one writer of graded submissions: nbgrader's gradebook and the autograded folder change together or not at all.

    with Ledger(course) as ledger:
        ledger.record(result, notebooks, files)

The new folder is built beside its place under a random number. One transaction writes every row of the submission and,
as SQLite's `user_version`, that number; its commit is the moment at which the submission is graded. Then the folder,
`results.json` in it, is swapped in by renaming. So a folder that a killed run left behind is known for what it is: its
number is in the gradebook, and it goes to its place, or it is not, and it is deleted.
"""

import errno
import fcntl
import json
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath

import nbformat
from nbformat import NotebookNode, ValidationError
from nbformat.v4 import new_output
from nbgrader import api, utils
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import create_engine, insert, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, undefer

from grading.books import folders, results
from grading.books.course import TIMESTAMP, Course
from grading.books.results import Result
from grading.errors import KitError

NEW = ".new-"
_NEW = re.compile(re.escape(NEW) + r"(?P<number>\d+)-(?P<name>.+)")
PATIENCE = 30            # seconds to wait for another program that is writing to the gradebook
_LEFT_OUT = "An output of this cell was left out: it is not one that a notebook can hold.\n"


class Ledger:
    """Open for a whole run, by one process at a time; `record` is for one thread. What a killed run left is put in
    order on opening."""

    def __init__(self, course: Course, patience: float = PATIENCE):
        self._course, self._patience = course, patience
        self._folder = course.root / "autograded"

    def __enter__(self) -> "Ledger":
        if not self._course.gradebook.exists():
            raise KitError(f"There is no gradebook in {self._course.root}. Run: kit generate ASSIGNMENT")
        with ExitStack() as opened:
            self._folder.mkdir(exist_ok=True)
            lock = opened.enter_context((self._folder / ".lock").open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)         # the system frees it however this process ends
            except BlockingIOError:
                raise KitError(f"Another run is writing grades in {self._course.root}. "
                               "Wait until it is done, then run this again.") from None
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
            with self._busy_is_a_sentence():
                _write(new, result, notebooks, files)
            with self._busy_is_a_sentence(), Session(self._engine) as session, session.begin():
                session.execute(text("BEGIN IMMEDIATE"))                 # nobody marks by hand between read and write
                session.execute(text(f"PRAGMA user_version = {number}"))
                _enter(session, self._course, result, notebooks)
        finally:
            self._settle(new, target, number)

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
        """So is a full disk, which SQLite tells in words, too."""
        try:
            yield
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise self._no_room() from None
        except OperationalError as error:
            if "full" in str(error.orig):
                raise self._no_room() from None
            if "locked" not in str(error.orig):
                raise
            raise KitError(f"{self._course.gradebook} is locked: another program has been writing to it for "
                           f"{self._patience:g} s. Close it, then run this again.") from None

    def _no_room(self) -> KitError:
        return KitError(f"There is no room left on the disk of {self._course.root}. Make some, then run this again: "
                        "what is graded stays graded.")


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


def _enter(session: Session, course: Course, result: Result, notebooks: dict[str, NotebookNode]) -> None:
    """Write the rows that nbgrader's autograde writes, in the transaction that is open."""
    submission = _submission(session, course, result)
    for model, rows in ((api.Grade, _grades(session, submission, result)),
                        (api.Comment, _comments(session, submission, result, notebooks))):
        if rows:                                                         # without rows it would be every row there is
            session.execute(update(model), rows)
    _set_late_penalties(session, course, submission)


def _submission(session: Session, course: Course, result: Result) -> api.SubmittedAssignment:
    """The submission's row with its time; the first time it is made, with everything below it, as nbgrader does."""
    assignment = session.scalar(select(api.Assignment).where(api.Assignment.name == result.assignment))
    if assignment is None:
        raise KitError(f"{course.gradebook} has no {result.assignment}. Run: kit generate {result.assignment}")
    time = _time(course.submitted(result.student, result.assignment))
    submission = session.scalar(select(api.SubmittedAssignment).filter_by(assignment_id=assignment.id,
                                                                          student_id=result.student))
    if submission is not None:
        submission.timestamp = time or submission.timestamp
        return submission
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
    return submission


def _time(submitted: Path) -> datetime | None:
    path = submitted / TIMESTAMP
    try:
        found = path.read_text(encoding="utf-8").strip()
        return utils.parse_utc(found) if found else None
    except FileNotFoundError:
        return None
    except (ValueError, OverflowError):
        raise KitError(f"{path} holds no time. Expected one like 2025-04-30 23:59:00 UTC.") from None


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


def _set_late_penalties(session: Session, course: Course, submission: api.SubmittedAssignment) -> None:
    """By the plugin that nbgrader's configuration names."""
    session.execute(update(api.SubmittedNotebook).filter_by(assignment_id=submission.id)
                    .values(late_submission_penalty=None))
    late = submission.total_seconds_late
    if not late:
        return
    with course.nbgrader() as nbgrader:
        step = AssignLatePenalties(config=nbgrader["config"])
        step.init_plugin()
        for notebook in session.scalars(select(api.SubmittedNotebook).filter_by(assignment_id=submission.id)
                                        .options(undefer(api.SubmittedNotebook.score))):
            penalty = step.plugin_inst.late_submission_penalty(submission.student_id, notebook.score, late)
            if penalty is not None:
                notebook.late_submission_penalty = step._check_late_penalty(notebook, penalty)
