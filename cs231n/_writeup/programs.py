"""The two programs that make a write-up: pandoc, which reads Markdown, HTML and TeX, and typst, which sets pages."""

import importlib.metadata
import subprocess

API = [1, 23, 1]                 # of pandoc's documents as JSON
PACKAGES = ("pypandoc_binary", "typst")
_HEAP = "512m"
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
    try:
        done = subprocess.run(command, input=text.encode("utf-8"), capture_output=True, timeout=_WAIT * seconds,
                              preexec_fn=_limited(seconds))
    except subprocess.TimeoutExpired:
        raise Failed("pandoc takes too long over it") from None
    if done.returncode < 0:
        raise Failed("pandoc takes too long over it, or too much memory")
    if done.returncode:
        raise Failed(f"pandoc gave up: {done.stderr.decode('utf-8', 'replace').strip()[:200]}")
    return done.stdout.decode("utf-8")


def _limited(seconds):
    try:
        import resource
    except ImportError:                  # Windows
        return None
    return lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
