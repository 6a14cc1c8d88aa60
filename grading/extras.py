"""Optional parts, `grading/requirements-*.txt`: installed when a command first needs them, and said so.

The first line of each says what it is for, and how much it is; `requirements-NAME.lock` beside it has the versions that
are installed, with their hashes.
"""

import fcntl
import subprocess
import sys
from importlib import metadata

from packaging.requirements import Requirement

from grading import ROOT
from grading.errors import KitError

FOLDER = ROOT / "grading"


def names() -> list[str]:
    return sorted(path.stem.removeprefix("requirements-") for path in FOLDER.glob("requirements-*.txt"))


def about(name: str) -> str:
    """What it is for."""
    return _lines(name)[0].removeprefix("# ")


def missing(name: str) -> list[str]:
    """What of it is not installed, or in another version."""
    return [line for line in (line.partition("#")[0].strip() for line in _lines(name)) if line and not _is_there(line)]


def ensure(*wanted: str) -> None:
    """Install what of these is missing. Raises KitError where that cannot be done."""
    for name in wanted:
        if missing(name):
            _install(name)


def _lines(name: str) -> list[str]:
    return (FOLDER / f"requirements-{name}.txt").read_text(encoding="utf-8").splitlines()


def _is_there(line: str) -> bool:
    wanted = Requirement(line)
    if wanted.marker and not wanted.marker.evaluate():
        return True
    try:
        return metadata.version(wanted.name) in wanted.specifier
    except metadata.PackageNotFoundError:
        return False


def _install(name: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile",
               "--requirement", str(FOLDER / f"requirements-{name}.lock")]
    if sys.prefix == sys.base_prefix:
        raise KitError(f"{', '.join(missing(name))} is not installed, and this Python is not the kit's own, so that "
                       f"nothing is installed into it. Start through grading/kit, or run: {' '.join(command)}")
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)                 # two commands at once: the second finds it there
        if not missing(name):
            return
        print(f"kit: installing what is needed here (once): {about(name)}", file=sys.stderr, flush=True)
        if subprocess.run(command, stdout=sys.stderr).returncode:
            raise KitError(f"installing {', '.join(missing(name))} failed (the lines above say why). Check the "
                           "network, then run this again.")
        # As grading/kit does it: byte code, which submissions can read, does not say where it lies.
        subprocess.run([sys.executable, "-W", "ignore", "-m", "compileall", "-qq", "-j", "0", "-s", sys.prefix, "-p",
                        "/kit/venv", f"{sys.prefix}/lib"], stdout=sys.stderr)
