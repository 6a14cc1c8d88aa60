"""How much a folder holds: counted from outside, for the level at which nothing else bounds it."""

import os
import stat
from contextlib import suppress
from pathlib import Path


def is_over(folder: Path, most_bytes: int, most_entries: int, process: int, most_of_one: int) -> bool:
    """Whether there is more at or below `folder`, or kept by `process` though it is deleted there. No more is looked at
    than there may be.

    A folder that cannot be looked into is taken for a full one: only who has something to hide makes one.

    - most_of_one: bytes that a file may have
    """
    sizes: dict[tuple[int, int], int] = {}           # by file, since one may have several names
    entries, waiting = 0, [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as inside:
                for entry in inside:
                    entries += 1
                    if entries > most_entries:
                        return True
                    about = entry.stat(follow_symlinks=False)
                    sizes[about.st_dev, about.st_ino] = 512 * about.st_blocks
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except FileNotFoundError:                    # deleted meanwhile
            continue
        except OSError:                              # closed to everybody, or a path longer than any may be
            return True
    return sum(sizes.values()) + sum(_deleted(folder, process, most_of_one).values()) > most_bytes


def _deleted(folder: Path, process: int, most: int) -> dict[int, int]:
    """{inode: bytes} of files that are open or mapped and have no name any more; how large one is that is only mapped,
    nobody is told, so it counts as the largest."""
    sizes, below = {}, os.fsencode(folder) + b"/"
    with suppress(OSError):                          # it has ended
        for line in Path(f"/proc/{process}/maps").read_bytes().splitlines():
            if below in line and line.endswith(b" (deleted)"):
                sizes[int(line.split(maxsplit=5)[4])] = most
        for number in os.listdir(f"/proc/{process}/fd"):
            with suppress(OSError):
                about = os.stat(f"/proc/{process}/fd/{number}")
                if stat.S_ISREG(about.st_mode) and not about.st_nlink:
                    sizes[about.st_ino] = 512 * about.st_blocks
    return sizes
