"""How much of a submission is read, a file that is read twice counted twice.

A few bytes of an archive may be there under ten thousand names, and unpack to fifty megabytes under each.
"""

from dataclasses import replace

from grading.errors import KitError
from grading.intake.archive import File, Handed

MOST = 600_000_000               # bytes


def metered(handed: Handed, where: str) -> Handed:
    """The same, of which no more is read than that. Where it is, reading raises KitError."""
    left = MOST

    def counted(file: File) -> File:
        def read() -> bytes:
            nonlocal left
            if left <= 0:
                raise KitError(f"{where}: what has to be looked at comes to more than {MOST // 1_000_000} MB; expected "
                               "a handful of files. Ask the student to hand in only what is asked for.")
            content = file.read()
            left -= len(content)
            return content

        return file._replace(read=read)

    return replace(handed, files={name: counted(file) for name, file in handed.files.items()})
