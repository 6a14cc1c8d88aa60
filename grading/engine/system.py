"""What of the machine a sandbox shows: the distribution's files that Python needs, and Python with its environment."""

import os
import sys
from pathlib import Path

KIT = Path("/kit")
_DISTRIBUTION = (Path("/usr"), Path("/usr/local"))
# What Python needs of it, wherever a distribution has it: all of a folder of shared libraries, these of another.
LIBRARIES = ("lib", "lib64", "lib32", "libx32")
_AMONG_OTHERS = ("*-linux-*", "python*", "locale", "terminfo")
_TABLES = ("zoneinfo", "terminfo", "locale", "i18n", "fonts", "matplotlib", "mime")


def files() -> list[Path]:
    """The distribution's files that Python needs, and the symbolic links to them; no program but Python is there."""
    found = []
    for folder in (top / name for top in (Path("/"), *_DISTRIBUTION) for name in LIBRARIES):
        whole = folder.is_symlink() or any(folder.glob("l*.so*"))
        found += [folder] if whole else [path for kind in _AMONG_OTHERS for path in sorted(folder.glob(kind))]
    found += [top / "share" / name for top in _DISTRIBUTION for name in _TABLES]
    found += [Path("/etc", name) for name in ("ld.so.cache", "alternatives")]
    if installation() in _DISTRIBUTION:
        found.append(Path(sys.executable).resolve())
    return [path for path in dict.fromkeys(found) if path.exists()]


def bound(paths: list[Path]) -> list[str]:
    command = folders(*dict.fromkeys(path.parent for path in paths))
    for path in paths:
        command += ["--symlink", os.readlink(path)] if is_link(path) else ["--ro-bind", str(path)]
        command.append(str(path))
    return command


def is_link(path: Path) -> bool:
    """/lib, to /usr/lib, which is on the list itself."""
    return path.is_symlink() and path.name in LIBRARIES


def folders(*paths: Path) -> list[str]:
    """These folders and the ones above. Those that bwrap makes on its own may be root's alone."""
    made = dict.fromkeys(str(folder) for path in paths for folder in (*reversed(path.parents), path))
    return [word for folder in made if folder != "/" for word in ("--dir", folder)]


def installation() -> Path:
    """The installation behind this environment's python, without the symbolic links that lead there."""
    return Path(sys.executable).resolve().parent.parent


def python(text) -> tuple[str, list[str]]:
    """(the interpreter's path in the sandbox, what to bind for it).

    The environment moves to /kit/venv, and the installation behind it, unless it is the distribution's, to /kit/python:
    so the sandbox does not tell where they lie, and none of its own folders gets in the way.
    """
    base, executable = installation(), Path(sys.executable).resolve()
    inside, command = base, []
    if base not in _DISTRIBUTION:
        inside = KIT / "python"
        command += folders(inside / "bin")
        for path in (executable, *filter(Path.is_dir, (base / name for name in LIBRARIES))):
            command += ["--ro-bind", str(path), str(inside / path.relative_to(base))]
        command += ["--setenv", "LD_LIBRARY_PATH", ":".join(f"{inside}/{name}" for name in LIBRARIES)]
    python = inside / executable.relative_to(base)
    if sys.prefix == sys.base_prefix:
        return str(python), command
    venv = KIT / "venv"
    settings = Path(sys.prefix, "pyvenv.cfg").read_text().splitlines()
    settings = [f"home = {python.parent}" if line.split("=")[0].strip() == "home" else line for line in settings
                if line.split("=")[0].strip() in ("home", "include-system-site-packages", "version", "version_info")]
    command += ["--file", text("\n".join(settings) + "\n"), f"{venv}/pyvenv.cfg",
                "--symlink", str(python), f"{venv}/bin/python",
                "--ro-bind", str(Path(sys.prefix, "lib")), f"{venv}/lib", "--symlink", "lib", f"{venv}/lib64"]
    return f"{venv}/bin/python", command
