"""The kit's commands: what a person types comes in, one call into a room goes out, an exit code comes back.

A command is a module of its name; its docstring is its help, and begins with the line that `kit --help` shows.
`PLACE` orders that list along the road, `arguments(parser)` adds the command's own options, `run(options)` does the
work and returns the exit code; `NEEDS` names optional parts (`grading/extras.py`) that it cannot do without. A new
command is a new file. Rooms are imported inside `run`, so that every command starts with what it needs and no more.
"""

import argparse
import importlib
import os
import pkgutil
import platform
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from grading import __version__
from grading.books.course import DEFAULT, Course, keeps
from grading.errors import KitError, few
from grading.release import assignment as assignments


def every() -> dict[str, ModuleType]:
    """The commands by name, in the order of the road."""
    found = [importlib.import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__)]
    return {one.__name__.rpartition(".")[2]: one for one in sorted(found, key=lambda one: one.PLACE)}


def parser(known: dict[str, ModuleType]) -> argparse.ArgumentParser:
    """Of these commands."""
    made = argparse.ArgumentParser(prog="kit", description="The CS231n assignment kit: from source to grades.",
                                   epilog="Exit code: 0 done, 1 something failed and is named, 2 wrong use.")
    made.add_argument("--version", action="version", version=f"kit {__version__}, Python {platform.python_version()}")
    choices = made.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in known.items():
        about = command.__doc__.splitlines()[0].rstrip(".")
        added = choices.add_parser(name, help=about[0].lower() + about[1:], description=command.__doc__.strip(),
                                   formatter_class=argparse.RawDescriptionHelpFormatter,
                                   add_help=getattr(command, "OWN_HELP", True))
        command.arguments(added)
    return made


# Options that several commands have

def assignment_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("assignment", metavar="ASSIGNMENT", help=f"one of: {', '.join(assignments.names())}")


def course_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--course", type=place, default=DEFAULT, metavar="FOLDER",
                        help="the nbgrader course folder (default: grading/course)")


def student_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--student", action="append", metavar="ID", help="only this one (may be repeated)")


def door_options(parser: argparse.ArgumentParser) -> None:
    """How to come in where many machines grade."""
    parser.add_argument("--tls-cert", type=place, metavar="FILE",
                        help="the cluster's certificate, for a tls:// address")
    parser.add_argument("--tls-key", type=place, metavar="FILE", help="its key, where it is not in the same file")
    parser.add_argument("--tls-ca", type=place, metavar="FILE", help="who signed it, where it did not sign itself")
    parser.add_argument("--without-tls", action="store_true",
                        help="plain TCP beyond this machine: whoever reaches the port can run programs")


def door(options: argparse.Namespace, address: str):
    """The `autograde.door.Door` at this address."""
    from grading.autograde import door

    return door.at(address, options.tls_ca, options.tls_cert, options.tls_key, options.without_tls)


def whole(text: str) -> int:
    """A number of things or seconds, as argparse's `type`."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 1 or more")
    return int(text)


def place(text: str) -> Path:
    """A file or folder, as argparse's `type`. What a variable says that is not set is none: it is not this folder."""
    if not text:
        raise argparse.ArgumentTypeError("found an empty word, expected the name of a file or folder")
    return Path(text)


def course(options: argparse.Namespace, begun: bool = True) -> Course:
    """The course folder, which is there if it has `begun`. Raises KitError."""
    root = options.course.resolve()
    above = next(one for one in (root, *root.parents) if one.exists())
    if not above.is_dir():
        raise KitError(f"{above} is a file, and no course folder. Name a folder with --course.")
    if "?" in str(root):
        raise KitError(f"{root} has a question mark in it, at which nbgrader's address of a gradebook ends. Rename the "
                       "folder, or name another with --course.")
    if begun and not root.exists():
        raise KitError(f"There is no course folder {root}. Name the one you mean with --course, or begin one there: "
                       "kit generate ASSIGNMENT --course FOLDER")
    return Course(root)


def gradebook_fault(options: argparse.Namespace, error: Exception) -> str:
    """A sentence, where SQLite cannot use the gradebook as it is; "" for any other error."""
    import sqlite3

    found = getattr(error, "orig", error)                        # sqlalchemy's have SQLite's in them
    code, gradebook = getattr(found, "sqlite_errorcode", 0) & 0xFF, course(options).gradebook
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"{gradebook} is locked: another program is writing to it. Close that, then run this again."
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR):
        return (f"{gradebook} cannot be written: {found}. What was entered before stays; run this again once there is "
                "room, and the right to write.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN) or (
            code == sqlite3.SQLITE_ERROR and str(found).startswith("no such ")) or (
            isinstance(found, sqlite3.Error) and str(found).startswith("Could not decode ")):
        return (f"{gradebook} is no gradebook that can be used: {found}. Put a copy of it in its place. If there is "
                "none, move it elsewhere, then have a new one filled from the results and marks that are kept: kit "
                "generate ASSIGNMENT, then kit autograde ASSIGNMENT.")
    return ""


def settle_penalties(course: Course) -> None:
    """Bring names, due dates and penalties in the gradebook up to date; where that cannot be, say so and go on."""
    from grading.books import grades
    from grading.desk.text import clean_text

    try:
        grades.settle(course)
    except KitError as error:
        print(clean_text(f"kit: {error} Until then, late penalties are those of before."), file=sys.stderr)


def tell_behind(course: Course, assignment: str, students: Collection[str] | None = None) -> None:
    """Name those of these students (None: of all) of whom something else was handed in last than what is graded."""
    from grading.books import results
    from grading.desk.text import clean_text

    behind = [student for student in results.behind(course, assignment) if students is None or student in students]
    if behind:
        print(clean_text(f"{assignment}: not graded as it was handed in last: {few(behind, 10)}. To grade it: kit "
                         f"autograde {assignment}"), flush=True)


# Files that are asked for

def require_writable(*paths: Path | None) -> None:
    """Before the work: that these files can be written, as far as that can be known. Raises KitError."""
    for path in filter(None, paths):
        folder = path.parent
        require_free(path)
        if path.is_dir():
            raise KitError(f"{path} is a folder. Name a file in it.")
        if not folder.is_dir():
            raise KitError(f"{path} cannot be written: there is no folder {folder}. Make it, or name another file.")
        if not os.access(path if path.exists() else folder, os.W_OK):
            raise KitError(f"{path} cannot be written: {folder} is read-only for you. Name another file.")
        if hasattr(os, "statvfs") and os.statvfs(folder).f_bavail == 0:
            raise KitError(f"{path} cannot be written: the disk is full. Make room, or name a file elsewhere.")


def require_free(path: Path | None) -> None:
    """Raises KitError where an output would take the place of what is not to be made again."""
    if path is not None and (kept := keeps(path)):
        raise KitError(f"{path} {kept}: no output may take its place. Name another file.")


def write(path: Path, content: str | list[bytes], option: str) -> None:
    """The whole file or, where that fails, the former one; `option` names another place. Raises KitError.

    - content: a text, or the pieces of one
    """
    pieces = [content.encode("utf-8", "replace")] if isinstance(content, str) else content
    require_free(path)
    half = path.with_name(f".{path.name}.part")
    try:
        is_device = path.exists() and not path.is_file()         # or a pipe
        with (path if is_device else half).open("wb") as file:
            file.writelines(pieces)
        if not is_device:
            os.replace(half, path)
    except OSError as error:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        raise KitError(f"{path} cannot be written: {error.strerror}. Name another with {option}.") from None
