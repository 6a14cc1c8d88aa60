"""A small file system that can be filled without harm: one in memory, in a mount namespace of a program's own."""

import os
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_MOUNT = 'mount -t tmpfs -o "size=$1,mode=700" kit "$2" && shift 2 && exec "$@"'
_TRIAL_SECONDS = 30
_BLOCK = 1 << 20


@dataclass(frozen=True)
class SmallDisk:
    """How a program gets one here: `wrapper` is put in front of its command. Without a wrapper, `why` says why not.

    Nothing is mounted for anybody else, and nothing of it is left when the program and its children have ended.
    """

    wrapper: tuple[str, ...] = ()
    ordinary: bool = False
    why: str = ""

    def command(self, folder: Path, size: int, command: list[str]) -> list[str]:
        """A program that finds `size` bytes at the empty `folder`, and is otherwise as it would be without."""
        if self.ordinary:                # back to who it was: what runs in it is not to take itself for root
            command = ["unshare", "--user", f"--map-user={os.getuid()}", f"--map-group={os.getgid()}", "--", *command]
        return [*self.wrapper, "sh", "-c", _MOUNT, "sh", str(size), str(folder), *command]


def probe(scratch: Path) -> SmallDisk:
    """Try what this machine offers, for real."""
    if not shutil.which("unshare"):
        return SmallDisk(why="there is no `unshare` (util-linux) here")
    ways = [SmallDisk(("unshare", "--mount", "--"))] if os.geteuid() == 0 else []
    ways.append(SmallDisk(("unshare", "--user", "--map-root-user", "--mount", "--"), ordinary=os.geteuid() != 0))
    said = ""
    for way in ways:
        folder = scratch / "trial"
        folder.mkdir(exist_ok=True)
        try:
            done = subprocess.run(way.command(folder, _BLOCK, ["true"]), capture_output=True, text=True,
                                  timeout=_TRIAL_SECONDS, check=False)
        except (OSError, subprocess.SubprocessError) as error:
            said = str(error)
            continue
        if done.returncode == 0:
            return way
        said = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    return SmallDisk(why=f"no file system can be mounted in a namespace: {said}")


class Filler:
    """A file that takes what room there is."""

    def __init__(self, folder: Path):
        self._path = folder / ".filler"

    def fill(self, left: int = 0) -> None:
        """Leave so many bytes, or none."""
        with suppress(OSError), self._path.open("wb", buffering=0) as file:       # ends when there is no room
            for size in (_BLOCK, 4096):
                with suppress(OSError):
                    while True:
                        file.write(bytes(size))
        if left:
            os.truncate(self._path, max(0, self._path.stat().st_size - left))

    def free(self) -> None:
        self._path.unlink(missing_ok=True)
