"""Other inputs for the hidden tests each time: the seeds in them give way to others that no submission can know.

A seed is drawn from a secret of the course, what was handed in, and the place where it stands. The same submission
meets the same inputs again; once anything in it has changed, it meets others. So nothing that a student's code prints,
raises or writes down at one grading helps at the next. Visible tests keep the seeds that students see.
"""

import hashlib
import hmac
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from grading.books.course import Course
from grading.errors import KitError

LENGTH = 32                # bytes of the secret
_LEAST, _MOST = 10**9, 2**32                    # all with ten digits, as `compiled.py` knows them by
_SEED = re.compile(r"(\b(?:default_rng|RandomState|random\.seed)\(\s*(?:seed\s*=\s*)?)(\d[\d_]*)(?=\s*[,)])")
_HIDDEN = re.compile(r"^[ \t]*### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Seeds:
    """The seeds of one submission's hidden tests."""

    key: bytes = field(repr=False)

    def asked(self, cell: str, source: str) -> str:
        """A test cell, by its grade_id, as it is run: with seeds of its own in what is hidden of it."""
        return _HIDDEN.sub(lambda part: replaced(part[0], lambda seed: self._drawn(cell, seed)), source)

    def _drawn(self, cell: str, seed: int) -> int:
        digest = hmac.digest(self.key, f"{cell}\0{seed}".encode(), "sha256")
        return _LEAST + int.from_bytes(digest[:8], "big") % (_MOST - _LEAST)


def replaced(source: str, draw: Callable[[int], int]) -> str:
    """The source with `draw(seed)` in place of every seed that is written as a number."""
    return _SEED.sub(lambda found: f"{found[1]}{draw(int(found[2].replace('_', '')))}", source)


def of_submission(secret: bytes, handed_in: Mapping[str, bytes]) -> Seeds:
    """Seeds from the course's secret and what was handed in, path -> SHA-256 of the content."""
    key = hmac.new(secret, digestmod="sha256")
    for path, digest in sorted(handed_in.items()):
        key.update(hashlib.sha256(path.encode("utf-8", "surrogateescape")).digest() + digest)
    return Seeds(key.digest())


def secret(course: Course) -> bytes:
    """The course's secret, made when it is first asked for; only who owns the course can read it."""
    with suppress(FileNotFoundError):
        return _read(course.secret)
    course.prepare()
    number, half = tempfile.mkstemp(prefix=".secret-", dir=course.root)            # mode 600
    try:
        with os.fdopen(number, "wb") as file:
            file.write(secrets.token_bytes(LENGTH))
        with suppress(FileExistsError):                                            # another run was faster
            os.link(half, course.secret)
    except OSError:                                                                # a file system without links
        if not course.secret.exists():
            os.replace(half, course.secret)
    finally:
        Path(half).unlink(missing_ok=True)
    return _read(course.secret)


def _read(path: Path) -> bytes:
    found = path.read_bytes()
    if len(found) != LENGTH:
        raise KitError(f"{path} does not hold the {LENGTH} bytes that this kit wrote there. Put them back, or remove "
                       "the file: a new one is made, and every submission meets other inputs when it is graded again.")
    if path.stat().st_mode & 0o077:
        with suppress(OSError):
            path.chmod(0o600)
    return found
