"""Replace a folder whole or not at all, whenever the process is stopped.

While `name` is being replaced, its former content stands beside it as `.former-name`, and as `.gone-name` once it is
of no more use; nbgrader looks at neither.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FORMER, GONE = ".former-", ".gone-"


@contextmanager
def set_aside(folder: Path) -> Iterator[None]:
    """For a block that makes `folder` anew in its place: what was there comes back when the block fails.

    It also comes back at the next call when the process was killed inside the block.
    """
    if _former(folder).exists():
        put_back(folder)
    if folder.exists():
        os.replace(folder, _former(folder))
    try:
        yield
    except BaseException:
        put_back(folder)
        raise
    discard_former(folder)


def swap_in(new: Path, folder: Path) -> None:
    """Put the finished folder `new`, which stands beside `folder`, in its place."""
    if folder.exists():
        discard_former(folder)
        os.replace(folder, _former(folder))
    try:
        os.replace(new, folder)
    except OSError:
        put_back(folder)
        raise
    discard_former(folder)


def put_back(folder: Path) -> None:
    """Delete `folder`; what was set aside for it, if anything, is in its place again."""
    shutil.rmtree(folder, ignore_errors=True)
    if _former(folder).exists():
        os.replace(_former(folder), folder)


def discard_former(folder: Path) -> None:
    """Delete what was set aside for `folder`. Renamed first: half of it is never put back."""
    gone = folder.with_name(GONE + folder.name)
    shutil.rmtree(gone, ignore_errors=True)
    if _former(folder).exists():
        os.replace(_former(folder), gone)
        shutil.rmtree(gone, ignore_errors=True)


def _former(folder: Path) -> Path:
    return folder.with_name(FORMER + folder.name)
