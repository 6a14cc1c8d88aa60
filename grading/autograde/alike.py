"""What must be the same on every machine of a cluster, since verdicts depend on it."""

import hashlib
import importlib.metadata
import sys
from functools import cache

from grading import ROOT, __version__

# What decides how a submission is read, run and judged. The lock pins each.
LIBRARIES = ("numpy", "scipy", "matplotlib", "ipython", "nbformat", "nbgrader", "msgspec", "nh3", "future")
SOURCES = ("grading/**/*.py", "grading/**/*.toml", "cs231n/**/*.py")
_LEFT_OUT = ("grading/tests/", "grading/course/")


@cache
def here() -> dict[str, str]:
    """{what: version} of this machine; that of the source is a hash of its files."""
    found = {"Python": "{}.{}".format(*sys.version_info[:2]), "kit": __version__, "source": _source()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "none"
    return found


def differences(there: dict[str, str]) -> str:
    """What differs there from here, as clauses; "" where nothing does."""
    return ", ".join(f"{'the ' if what == 'kit' else ''}{what} is {there.get(what, 'none')} there and {ours} here"
                     if what != "source" else
                     f"the kit's source differs ({there.get(what, 'none')[:12]} there, {ours[:12]} here)"
                     for what, ours in here().items() if there.get(what) != ours)


def _source() -> str:
    digest = hashlib.sha256()
    paths = {path.relative_to(ROOT).as_posix(): path for pattern in SOURCES for path in ROOT.glob(pattern)}
    for name, path in sorted(paths.items()):
        if not name.startswith(_LEFT_OUT):
            digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
