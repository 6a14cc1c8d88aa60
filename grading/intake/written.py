"""When a file was written, as folders and archives tell it."""

import struct
import zipfile
from datetime import UTC, datetime, tzinfo

_NOTHING = 315_619_200           # seconds until January 2nd, 1980: a clock that was not set, a zip that tells no time


def date_of(seconds: float) -> datetime | None:
    """None for seconds that no clock shows, or that say nothing."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds >= _NOTHING else None
    except (ValueError, OverflowError, OSError):
        return None


def time_of(member: zipfile.ZipInfo, zone: tzinfo | None = None) -> datetime | None:
    """Of a zip's member: Unix seconds where they are told, else what the clock of the machine that packed showed, as
    if it stood in this zone, or here."""
    extra = member.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == 0x5455 and size >= 5 and len(extra) >= 9 and extra[4] & 1:
            return date_of(struct.unpack("<i", extra[5:9])[0])
        extra = extra[4 + size:]
    if member.date_time <= (1980, 1, 1, 0, 0, 0):               # a zip's way to say nothing
        return None
    try:
        return datetime(*member.date_time, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
