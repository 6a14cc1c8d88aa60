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
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import groupby
from operator import itemgetter
from pathlib import Path, PurePosixPath

import nbformat
from nbformat import NotebookNode, ValidationError
from nbformat.v4 import new_output
from nbgrader import api
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from grading.books import answers, attempts, folders, marks, penalties, people, results, rows
from grading.books.course import Course
from grading.books.results import Result
from grading.errors import KitError

NEW = ".new-"
_NEW = re.compile(re.escape(NEW) + r"(?P<number>\d+)-(?P<name>.+)")
PATIENCE = 30            # seconds to wait for another program that is writing to the gradebook
_LEFT_OUT = "An output of this cell was left out: it is not one that a notebook can hold.\n"


class Busy(KitError):
    """Another process has what `writing` gives to one at a time."""


@contextmanager
def writing(course: Course) -> Iterator[None]:
    """For one process at a time: the one that writes grades, cells, people or submissions. Raises KitError while
    another one does.

    A change of people, or of a submission, that was killed half way is completed first.
    """
    folder = course.root / "autograded"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)             # the system frees it however this process ends
        except BlockingIOError:
            raise Busy(f"Another run is writing grades or submissions in {course.root}. "
                       "Wait until it is done, then run this again.") from None
        attempts.finish(course)
        people.finish(course)
        yield


def settle_folders(course: Course) -> None:
    """For who reads folders without opening the books: complete what was killed half way, as `writing` does."""
    if people.pending(course):
        with writing(course):
            pass
    elif attempts.pending(course):
        with suppress(Busy), writing(course):            # where one is at it that is alive, nothing is to be completed
            pass


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
            self._engine = marks.opened(self._course.gradebook, self._patience)
            opened.callback(self._engine.dispose)
            self._recover()
            self._heed_people()
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_) -> None:
        self._opened.close()

    def record(self, result: Result, notebooks: dict[str, NotebookNode], files: dict[str, bytes]) -> None:
        """Enter one graded submission: `result` and its executed `notebooks` by name, `files` beside them by path.

        When it raises, the former grades and the former folder are as they were. Marks and comments given by hand stay;
        a mark waits for another look where its answer has changed.
        Outputs that no notebook can hold are replaced by a sentence, in `notebooks` too, with a remark in `result`.
        """
        number = secrets.randbelow(2**31 - 1) + 1
        target = self._course.autograded(result.student, result.assignment)
        new = target.with_name(f"{NEW}{number}-{target.name}")
        try:
            with self._busy_is_a_sentence():
                with Session(self._engine) as session:
                    marked = rows.marked(session, result.assignment, result.student)
                standing = answers.settle(marked, target, results.read(self._course, result.student, result.assignment),
                                          result, notebooks)
                _write(new, result, notebooks, files)
            with self._busy_is_a_sentence(), Session(self._engine) as session, session.begin():
                session.execute(text("BEGIN IMMEDIATE"))                 # nobody marks by hand between read and write
                session.execute(text(f"PRAGMA user_version = {number}"))
                rows.enter(session, self._course, result, notebooks, self._copied(result), standing)
        finally:
            self._settle(new, target, number)

    def entered(self, assignment: str) -> dict[str, int]:
        """Student -> the scores that the gradebook holds, as `scores` puts them."""
        with self._busy_is_a_sentence(), Session(self._engine) as session:
            return {student: hash(frozenset(tuple(row)[1:] for row in those))
                    for student, those in groupby(rows.entered(session, assignment), key=itemgetter(0))}

    def enter_again(self, kept: Result) -> None:
        """Enter a kept result in a gradebook that has lost it, with the marks by hand of the last copy.

        Raises OSError or ValueError when its notebooks are not to be read.
        """
        folder = self._course.autograded(kept.student, kept.assignment)
        notebooks = {name: nbformat.read(folder / f"{name}.ipynb", as_version=4) for name in kept.notebooks}
        with self._busy_is_a_sentence(), Session(self._engine) as session, session.begin():
            session.execute(text("BEGIN IMMEDIATE"))
            rows.enter(session, self._course, kept, notebooks, self._copied(kept))

    def enter_all(self, student: str) -> list[str]:
        """Enter all kept results of a student who has come back; returns assignments that are to be graded again."""
        failed = []
        for path in sorted((self._folder / student).glob("[!.]*")):
            kept = results.read(self._course, student, path.name)
            try:
                if kept is None:
                    raise ValueError(path)
                self.enter_again(kept)
            except (KitError, OSError, ValueError):      # another source, or files that are not to be read
                failed.append(path.name)
        return failed

    def assignments(self) -> list[str]:
        """Those that the gradebook has."""
        with self._busy_is_a_sentence(), Session(self._engine) as session:
            return list(session.scalars(select(api.Assignment.name).order_by(api.Assignment.name)))

    def settle_penalties(self, assignment: str | None = None, students: Collection[str] | None = None) -> list[str]:
        """Bring late penalties up to date (None: all); returns the students whose have changed."""
        with self._busy_is_a_sentence(), Session(self._engine) as session, session.begin():
            session.execute(text("BEGIN IMMEDIATE"))
            return penalties.settle(session, self._course, assignment, students)

    def _copied(self, result: Result) -> dict[str, dict[str, dict]]:
        """A student's marks by hand, as they were copied last."""
        if result.assignment not in self._marks:
            self._marks[result.assignment] = marks.copied(self._course, result.assignment)
        return self._marks[result.assignment].get(result.student, {})

    def _heed_people(self) -> None:
        """Names of the roster go into the gradebook; what nobody can follow in it stops the work before it begins."""
        with self._busy_is_a_sentence(), Session(self._engine) as session, session.begin():
            penalties.check(session, self._course)
            people.enter_names(session, self._course)

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
