"""What /proc tells of other processes."""

import os
from contextlib import suppress
from pathlib import Path


def with_descendants(pid: int) -> list[int]:
    found = [pid]
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                found += with_descendants(int(child))
    return found


def memory(pid: int) -> int:
    """The proportional share of one process; where the kernel does not tell that, what it has in memory."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    with suppress(OSError):
        return resident(pid)
    return 0


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def running(pid: int) -> int:
    """How many of its threads run, or would if they were let; 1 for one that has a single thread."""
    threads = os.listdir(f"/proc/{pid}/task")
    return sum(_runs(f"/proc/{pid}/task/{thread}/stat") for thread in threads) if len(threads) > 1 else 1


def _runs(stat: str) -> bool:
    with suppress(OSError):
        return Path(stat).read_text(errors="replace").rpartition(")")[2].split()[0] == "R"
    return False
