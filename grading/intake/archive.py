"""List a submission's files, out of a folder or an archive, without trusting either."""

import bz2
import copy
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from itertools import islice
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

from cs231n import _reading as reading
from grading.errors import KitError
from grading.intake.directory import Taken
from grading.intake.written import date_of, time_of

MAX_LISTED = 100_000             # files and folders that are looked at; what comes after them is passed over
MAX_BYTES = reading.NOTEBOOK_BYTES      # of one file, once unpacked
MAX_UNPACKED = 200_000_000       # of a tar, and of archives inside archives together: they are unpacked to be listed
MAX_DEPTH = 24                   # folders in folders
MAX_NAME, MAX_PATH = 300, 4_096  # characters of a name in an archive, and of a path; a longer one is no file's
MAX_INNER = 20                   # archives inside a submission that are opened
JUNK = frozenset(("__MACOSX", ".DS_Store", "__pycache__", ".ipynb_checkpoints", ".git", ".venv", "venv", "env",
                  "node_modules", "site-packages", ".idea", ".vscode"))
_PART = 4096                     # bytes; zipfile unpacks as many packed ones at a time, which may be 7,000 times more
_TARS = {".tar": None, ".tar.gz": gzip, ".tgz": gzip, ".tar.bz2": bz2, ".tbz2": bz2, ".tar.xz": lzma, ".txz": lzma}
ARCHIVES = (".zip", *_TARS)
_CLOSED = {".rar": "RAR", ".7z": "7-Zip"}
_UNREADABLE = (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, ValueError, NotImplementedError, RuntimeError,
               OverflowError, zlib.error, lzma.LZMAError, struct.error)


class File(NamedTuple):
    """One file: how to read it, at most MAX_BYTES of it, and when it was written, where that is told."""

    read: Callable[[], bytes]
    time: datetime | None = None


@dataclass
class Handed:
    """What was handed in: its files by path, and what is no plain file, path -> what it is instead."""

    files: dict[str, File] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    made: datetime | None = None          # when the folder or the archive itself was written
    told: datetime | None = None          # when it was handed in, if a platform says so
    surpassed: bool = False               # the same download has a newer one
    follows: bool = False                 # and an older one, which was there before this

    @property
    def time(self) -> datetime:
        """What the platform says, whatever times are packed in it. Else that of the newest file: the archive's own is
        often that of its download."""
        if self.told:
            return self.told
        now = datetime.now(UTC)
        told = [file.time for file in self.files.values() if file.time and file.time <= now]
        return max(told, default=self.made or now)

    def below(self, folder: str) -> "Handed":
        """What is in a folder of it, by paths from there."""
        cut = len(folder) + 1
        return Handed({name[cut:]: file for name, file in self.files.items() if name.startswith(folder + "/")},
                      {name[cut:]: kind for name, kind in self.others.items() if name.startswith(folder + "/")},
                      self.made)


def suffix(name: str) -> str:
    """The ending of an archive's name, such as .tar.gz; "" for any other file."""
    return next((ending for ending in sorted(ARCHIVES, key=len, reverse=True) if name.lower().endswith(ending)), "")


def stem(path: Path) -> str:
    """A submission's own name: that of its folder, or of its archive without the ending."""
    return path.name if path.is_dir() else path.name[:len(path.name) - len(suffix(path.name))]


def open_submission(path: Path, zone: tzinfo | None = None) -> Handed:
    """List what `path`, a folder or an archive, holds. Raises KitError for what is unreadable or unsafe.

    - zone: where the clock stands by which a zip's times are told; None: here
    """
    if path.is_symlink():
        raise KitError(f"{path} is a symbolic link; expected a folder or a zip. Copy the submission itself.")
    if path.is_dir():
        return _open_folder(path)
    if not path.is_file():
        raise KitError(f"{path} is a device or a pipe; expected a folder or a zip.")
    if path.suffix.lower() in _CLOSED:
        raise KitError(f"{path} is neither a folder nor a .zip but a {_CLOSED[path.suffix.lower()]} archive. Unpack it "
                       "into a folder of that name, or ask the student for a .zip.")
    if not suffix(path.name):
        raise KitError(f"{path} is neither a folder nor a .zip. Unpack it, or ask the student for a .zip.")
    opened = _open_archive(path.open("rb"), str(path), path.name, Taken(), zone)
    opened.made = date_of(path.stat().st_mtime)
    return opened


def with_inner(handed: Handed, where: str, zone: tzinfo | None = None, depth: int = 2) -> Handed:
    """The same with what the archives in it hold, and the archives in these; paths go on behind the archive's name."""
    files, others, taken, opened = {}, dict(handed.others), Taken(), 0

    def add(prefix: str, names: Mapping[str, File], left: int) -> None:
        nonlocal opened
        for name, file in names.items():
            path = prefix + name
            if not (left and suffix(name) and opened < MAX_INNER and taken.unpacked < MAX_UNPACKED):
                files[path] = file
                continue
            opened += 1
            try:
                content = file.read()
                taken.unpacked += len(content)
                inner = _open_archive(_on_disk(content), f"{where}: {path}", name, taken, zone)
            except Exception:                  # whatever is wrong with it, the rest can be read
                others[path] = "an archive that cannot be read"
                continue
            others.update((f"{path}/{one}", kind) for one, kind in inner.others.items())
            add(f"{path}/", inner.files, left - 1)

    add("", handed.files, depth)
    return replace(handed, files=files, others=others)


def is_junk(name: str) -> bool:
    return not JUNK.isdisjoint(name.split("/"))


# Folders

def _open_folder(folder: Path) -> Handed:
    found = Handed(made=date_of(folder.stat().st_mtime))
    waiting, opened = [(folder, "")], 0
    while waiting and len(found.files) + opened < MAX_LISTED:
        here, prefix = waiting.pop()
        opened += 1
        with os.scandir(here) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                name = prefix + entry.name
                if entry.name in JUNK:
                    continue
                if entry.is_symlink():
                    found.others[name] = "a symbolic link"
                elif entry.is_dir():
                    if (Path(entry.path) / "pyvenv.cfg").exists():
                        continue
                    if prefix.count("/") < MAX_DEPTH:
                        waiting.append((Path(entry.path), f"{name}/"))
                elif not entry.is_file():
                    found.others[name] = "a device or a pipe"
                elif len(found.files) < MAX_LISTED:
                    found.files[name] = File(lambda path=entry.path, name=name: _read_file(path, folder, name),
                                             date_of(entry.stat(follow_symlinks=False).st_mtime))
    return found


def _read_file(path: str, folder: Path, name: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)      # it may have become something else
    with open(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise KitError(f"{folder}: {name} is not a plain file any more.")
        return _read(stream, str(folder), name)


# Archives

def _open_archive(stream: BinaryIO, where: str, name: str, taken: Taken, zone: tzinfo | None) -> Handed:
    if suffix(name) == ".zip":
        return _open_zip(stream, where, taken, zone)
    return _open_tar(stream, where, suffix(name), taken)


def _open_zip(stream: BinaryIO, where: str, taken: Taken, zone: tzinfo | None) -> Handed:
    try:
        taken.directory_of(stream, where)
        opened = zipfile.ZipFile(stream)
        members = opened.infolist()
    except _UNREADABLE as error:
        raise KitError(f"{where} cannot be read as a zip ({error}). Ask the student to hand it in again.") from None
    found = Handed()
    for member in members[:MAX_LISTED]:
        name = _inside(member.filename, where)
        if is_junk(name) or member.is_dir() or _is_too_long(name):
            continue
        kind = stat.S_IFMT(member.external_attr >> 16)
        if member.create_system == 3 and kind not in (0, stat.S_IFREG):
            found.others[name] = "a symbolic link" if kind == stat.S_IFLNK else "no plain file"
            continue
        if member.flag_bits & 0x1:
            raise KitError(f"{where} is encrypted. Ask the student for one without a password.")
        if name in found.files:
            raise KitError(f"{where}: {name!r} is in the archive twice. Ask the student which one counts.")
        found.files[name] = File(lambda member=member, name=name: _read_member(opened, member, where, name),
                                 time_of(member, zone))
    return found


def _read_member(opened: zipfile.ZipFile, member: zipfile.ZipInfo, where: str, name: str) -> bytes:
    try:
        return _read(_unpacked(opened, member), where, name)
    except _UNREADABLE as error:
        raise KitError(f"{where}: {name} cannot be unpacked ({error}). Ask for it once more.") from None


def _unpacked(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """A member's content; zipfile would make gigabytes of one part of bzip2."""
    if member.compress_type != zipfile.ZIP_BZIP2:
        return opened.open(member)
    packed = copy.copy(member)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, member.compress_size
    del packed.CRC                                              # that of the content; bzip2 has its own
    return bz2.BZ2File(opened.open(packed))


def _open_tar(stream: BinaryIO, where: str, ending: str, taken: Taken) -> Handed:
    found, compression, kept = Handed(), _TARS[ending], _on_disk()
    plain = _Bounded(compression.open(stream) if compression else stream, where, taken)
    try:
        with tarfile.open(fileobj=plain, mode="r|") as opened:
            for member in islice(opened, MAX_LISTED):
                opened.members = []                                      # it would keep a record of each
                name = _inside(member.name, where)
                if is_junk(name) or member.isdir() or _is_too_long(name):
                    continue
                if not member.isfile() or member.issparse():             # holes take no room before they are read
                    found.others[name] = "a symbolic link" if member.issym() or member.islnk() else "no plain file"
                    continue
                try:
                    content = _read(opened.extractfile(member), where, name)
                except KitError:
                    found.others[name] = f"larger than {MAX_BYTES // 1_000_000} MB"
                    continue
                place, size = kept.seek(0, os.SEEK_END), kept.write(content)
                found.files[name] = File(lambda place=place, size=size: _from(kept, place, size), date_of(member.mtime))
    except _UNREADABLE as error:
        raise KitError(f"{where} cannot be read as a tar archive ({error}). Ask the student for a .zip.") from None
    return found


def _on_disk(content: bytes = b"") -> BinaryIO:
    """A file without a name, gone with whoever reads it: several archives' contents would fill the memory."""
    kept = tempfile.TemporaryFile()                              # noqa: SIM115
    kept.write(content)
    kept.seek(0)
    return kept


def _from(kept: BinaryIO, place: int, size: int) -> bytes:
    kept.seek(place)
    return kept.read(size)


class _Bounded(io.RawIOBase):
    """What a tar unpacks to, and no more than MAX_UNPACKED of it."""

    def __init__(self, stream: BinaryIO, where: str, taken: Taken):
        self._stream, self._where, self._taken = stream, where, taken

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(min(size, MAX_UNPACKED) if size >= 0 else MAX_UNPACKED)
        self._taken.unpacked += len(content)
        if self._taken.unpacked > MAX_UNPACKED:
            raise KitError(f"{self._where} unpacks to more than {MAX_UNPACKED // 1_000_000} MB; expected a handful of "
                           "files. Ask the student to hand in only what is asked for.")
        return content


def _inside(name: str, where: str) -> str:
    """A member's name as a path below the archive's root. Raises KitError for one that leaves it."""
    path = name.replace("\\", "/")
    if path.startswith("/") or ".." in path.split("/") or ":" in path.split("/")[0]:
        raise KitError(f"{where}: the member {name!r} leaves the archive's folder. Nothing was taken.")
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def _is_too_long(name: str) -> bool:
    """Whether no file system has a file of this name: who looks at names may take time quadratic in one."""
    return len(name) > MAX_PATH or max(map(len, name.split("/"))) > MAX_NAME


def _read(stream, where: str, name: str) -> bytes:
    """At most MAX_BYTES, counted while reading: an archive's own word about sizes is not believed."""
    parts, size = [], 0
    with stream:
        while size <= MAX_BYTES and (part := stream.read(_PART)):
            parts.append(part)
            size += len(part)
    if size > MAX_BYTES:
        raise KitError(f"{where}: {name} is larger than {MAX_BYTES // 1_000_000} MB, which no notebook or module is. "
                       "Ask the student to clear the outputs and hand it in again.")
    return b"".join(parts)
