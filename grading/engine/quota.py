"""How much a folder holds: counted from outside, for the level at which nothing else bounds it."""

import os
from pathlib import Path


def is_over(folder: Path, most_bytes: int, most_entries: int) -> bool:
    """Whether there is more at or below `folder`, of what is deleted nothing. No more is looked at than there may be.

    A folder that cannot be looked into is taken for a full one: only who has something to hide makes one.
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
    return sum(sizes.values()) > most_bytes
