"""Read a submission's files out of a zip or a folder without trusting either."""

import lzma
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from grading.errors import KitError

MAX_FILES = 10_000
MAX_BYTES = 50_000_000           # of one file, once unpacked
_JUNK = ("__MACOSX", ".DS_Store", "__pycache__", ".ipynb_checkpoints", ".git")


@dataclass(frozen=True)
class Handed:
    """What one student handed in: how to read each file, and when it was made."""

    files: dict[str, Callable[[], bytes]]
    time: datetime

    def below_root(self, wanted: tuple[str, ...]) -> dict[str, Callable[[], bytes]]:
        """The files relative to the folder that is laid out like the release, one or two levels down at most."""
        for depth in range(3):
            tops = {PurePosixPath(name).parts[:depth] for name in self.files}
            for top in sorted(tops, key=lambda parts: (len(parts), parts)):
                prefix = "".join(part + "/" for part in top)
                here = {name.removeprefix(prefix): read for name, read in self.files.items() if name.startswith(prefix)}
                if any(name in here for name in wanted):
                    return here
        return {}


def open_submission(path: Path) -> Handed:
    """List what `path`, a folder or a zip, holds. Raises KitError for what is unreadable or unsafe."""
    if path.is_symlink():
        raise KitError(f"{path} is a symbolic link; expected a folder or a zip. Copy the submission itself.")
    if path.is_dir():
        return _open_folder(path)
    if not path.is_file():
        raise KitError(f"{path} is a device or a pipe; expected a folder or a zip.")
    if path.suffix.lower() == ".zip":
        return _open_zip(path)
    raise KitError(f"{path} is neither a folder nor a .zip. Unpack it, or ask the student for a .zip.")


def _open_folder(folder: Path) -> Handed:
    files: dict[str, Callable[[], bytes]] = {}
    newest = folder.stat().st_mtime
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if _is_junk(name):
            continue
        if path.is_symlink():
            raise KitError(f"{folder}: {name} is a symbolic link. A submission holds only plain files.")
        if path.is_dir():
            continue
        if not path.is_file():
            raise KitError(f"{folder}: {name} is a device or a pipe. A submission holds only plain files.")
        _check_count(len(files), folder)
        newest = max(newest, path.stat().st_mtime)
        files[name] = lambda path=path, name=name: _read(path.open("rb"), folder, name)
    return Handed(files, datetime.fromtimestamp(newest, UTC))


def _open_zip(archive: Path) -> Handed:
    try:
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise KitError(f"{archive} cannot be read as a zip ({error}). Ask the student to hand it in again.") from None
    files: dict[str, Callable[[], bytes]] = {}
    for member in members:
        name = member.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0]:
            raise KitError(f"{archive}: the member {member.filename!r} leaves the archive's folder. Nothing was taken.")
        if _is_junk(name) or member.is_dir():
            continue
        kind = stat.S_IFMT(member.external_attr >> 16)
        if member.create_system == 3 and kind not in (0, stat.S_IFREG):
            what = "a symbolic link" if kind == stat.S_IFLNK else "no plain file"
            raise KitError(f"{archive}: the member {name!r} is {what}. A submission holds only plain files.")
        if member.flag_bits & 0x1:
            raise KitError(f"{archive} is encrypted. Ask the student for one without a password.")
        name = str(PurePosixPath(name))
        if name in files:
            raise KitError(f"{archive}: {name!r} is in the archive twice. Ask the student which one counts.")
        _check_count(len(files), archive)
        files[name] = lambda member=member, name=name: _read_member(archive, member, name)
    return Handed(files, datetime.fromtimestamp(archive.stat().st_mtime, UTC))


def _read_member(archive: Path, member: zipfile.ZipInfo, name: str) -> bytes:
    try:
        with zipfile.ZipFile(archive) as opened:
            return _read(opened.open(member), archive, name)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zlib.error,
            lzma.LZMAError) as error:
        raise KitError(f"{archive}: {name} cannot be unpacked ({error}). Ask for it once more.") from None


def _read(stream, where: Path, name: str) -> bytes:
    """At most MAX_BYTES, counted while reading: an archive's own word about sizes is not believed."""
    with stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise KitError(f"{where}: {name} is larger than {MAX_BYTES // 1_000_000} MB, which no notebook or module is. "
                       "Ask the student to clear the outputs and hand it in again.")
    return content


def _check_count(count: int, where: Path) -> None:
    if count >= MAX_FILES:
        raise KitError(f"{where} holds more than {MAX_FILES:,} files; expected a handful. "
                       "Ask the student to hand in only what is asked for.")


def _is_junk(name: str) -> bool:
    return any(part in _JUNK for part in PurePosixPath(name).parts)
