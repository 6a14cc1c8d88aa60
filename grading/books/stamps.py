"""When a submission was handed in, as the file beside it says, which people may have written.

A whole day and time is expected: of half of one, and of a zone that it does not know, nbgrader makes another time.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from grading.books import rules
from grading.books.course import TIMESTAMP
from grading.errors import KitError

_STAMP = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)\s*"
                    r"(?:([+-]\d\d:?\d\d)|(Z|[A-Za-z][\w/+-]*))?")


def submitted_at(folder: Path) -> datetime | None:
    """UTC; None where nothing is said. Raises KitError for what is no time."""
    path = folder / TIMESTAMP
    try:
        found = path.read_text(encoding="utf-8-sig").strip()
        return _moment(found) if found else None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, OverflowError, KeyError, IsADirectoryError):
        raise KitError(f"{path} holds no time. Expected one like 2025-04-30 23:59:00 UTC, or with +02:00 in place of "
                       "UTC.") from None


def _moment(text: str) -> datetime:
    found = _STAMP.fullmatch(text)
    if found is None:
        raise ValueError(text)
    moment, offset, zone = found.groups()
    return rules.utc(datetime.fromisoformat(moment + (offset or "")), UTC if zone in (None, "Z") else ZoneInfo(zone))
