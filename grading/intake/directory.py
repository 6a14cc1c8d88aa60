"""How much a zip's directory says that there is: asked before zipfile makes a record of each entry."""

import zipfile
from dataclasses import dataclass
from typing import BinaryIO

from grading.errors import KitError

MAX_ENTRIES = 200_000            # of all directories of a submission's zips: each becomes a record
MAX_BYTES = 24_000_000           # of these directories
_ENTRY = b"PK\x01\x02"           # begins each
_BEFORE = 100                    # bytes: records of 64 bits may stand between the directory and its end
_PART = 2**20


@dataclass
class Taken:
    """What it took so far to list what is inside, for all archives of a submission: bytes unpacked, and of directories
    the entries and bytes."""

    unpacked: int = 0
    entries: int = 0
    bytes: int = 0

    def directory_of(self, stream: BinaryIO, where: str) -> None:
        """Count a zip's directory in. Raises KitError where that is too much, and what zipfile raises."""
        entries, size = _size(stream)
        self.entries, self.bytes = self.entries + entries, self.bytes + size
        if self.entries > MAX_ENTRIES or self.bytes > MAX_BYTES:
            raise KitError(f"{where} has a directory of {entries:,} entries; expected a handful of files. Ask the "
                           "student to hand in only what is asked for.")


def _size(stream: BinaryIO) -> tuple[int, int]:
    """(entries, bytes) of the directory that zipfile would read, none where it finds none; counted, not believed."""
    end = zipfile._EndRecData(stream)
    if not end:
        return 0, 0
    length, place = end[zipfile._ECD_SIZE], end[zipfile._ECD_LOCATION]
    stream.seek(max(0, place - length - _BEFORE))
    entries, kept = 0, b""
    while (left := place - stream.tell()) > 0 and (part := stream.read(min(left, _PART))):
        entries += (kept + part).count(_ENTRY)
        kept = part[1 - len(_ENTRY):]
    return entries, length
