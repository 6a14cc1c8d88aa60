"""The two programs that make a write-up: pandoc, which reads Markdown, HTML and TeX, and typst, which sets pages."""

import importlib.metadata
import subprocess
from contextlib import suppress

API = [1, 23, 1]                 # of pandoc's documents as JSON
PACKAGES = ("pypandoc_binary", "typst")
_HEAP = "512m"
_TOO_LONG = "pandoc takes too long over it, or too much memory"
_WAIT = 12                       # times as long as it may compute, it may take on a busy machine


class Failed(Exception):
    """A program did not do what it was asked; the message is a clause that says why."""


def missing():
    """Names of the packages that are not installed."""
    return [name for name in PACKAGES if not versions([name])]


def versions(names=(*PACKAGES, "pillow")):
    """{package: version} of those that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def pandoc(text, source, target, seconds):
    """Return the text in another format; nothing but the text is read. seconds: of computing. Raises Failed."""
    from pypandoc import get_pandoc_path

    command = [get_pandoc_path(), "+RTS", f"-M{_HEAP}", "-RTS", "--sandbox", "--wrap=none", "-f", source, "-t", target]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        _limit(process.pid, seconds)
        try:
            made, said = process.communicate(text.encode("utf-8"), timeout=_WAIT * seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failed(_TOO_LONG) from None
    if process.returncode < 0:
        raise Failed(_TOO_LONG)
    if process.returncode:
        raise Failed(f"pandoc gave up: {said.decode('utf-8', 'replace').strip()[:200]}")
    return made.decode("utf-8")


def _limit(process, seconds):
    try:
        from resource import RLIMIT_CPU, prlimit
    except ImportError:                  # no Linux: the time on the clock alone counts
        return
    with suppress(OSError):              # it may have ended
        prlimit(process, RLIMIT_CPU, (seconds, seconds))
