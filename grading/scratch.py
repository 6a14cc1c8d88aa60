"""Temporary folders, each held by who made it: what one that was killed has left, the next of its kind takes away.

The maker has a lock on the folder, which the system frees however that process ends; a folder that nobody holds is of
no more use to anybody. Neither its age nor a process's number is asked: both can be somebody else's.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


@contextmanager
def temporary(prefix: str, where: Path | None = None) -> Iterator[Path]:
    """A new folder of this kind; gone at the end of the block.

    - prefix: of its name, and of those that are taken away where nobody holds them
    - where: the folder it is made in (default: the system's for such)
    """
    where = Path(where or tempfile.gettempdir())
    take_away(prefix, where)
    path, lock = _made(prefix, where)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def take_away(prefix: str, where: Path) -> None:
    """Delete what is left of this kind; what may not be deleted, or be locked, stays."""
    with suppress(OSError), os.scandir(where) as found:
        for name in [one.name for one in found if one.name.startswith(prefix)]:
            with suppress(OSError):
                _take_away(where / name)


def _take_away(path: Path) -> None:
    """Raises OSError for one that somebody holds."""
    lock = os.open(path, FOLDER)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(path, lock):
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)


def _made(prefix: str, where: Path) -> tuple[Path, int]:
    """(the folder, what holds it). Before it was held, it may have been taken for one that was left: then another."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=where))
        try:
            lock = os.open(path, FOLDER)
        except FileNotFoundError:
            continue
        with suppress(OSError):              # on a file system without locks nothing is taken away either
            fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_at(path, lock):
            return path, lock
        os.close(lock)


def _is_at(path: Path, lock: int) -> bool:
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(lock))
    except FileNotFoundError:
        return False
