"""A download of one file, in as many transfers as it takes.

It goes into one .part file, which the next transfer or the next run resumes, and is checked when it is whole. Needs
nothing but Python.
"""

import hashlib
import http.client
import socket
import ssl
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_CHUNK = 1 << 16
_SLOWEST = 1000                  # bytes per second; what is slower for as long as a stall counts as one


class Failed(Exception):
    """The data set is not there; the message says where, what was found, what was expected, what to do."""


class Broken(Exception):
    """One transfer failed. `remedy`: "wait" and resume, "restart" from the first byte, or "give up"."""

    def __init__(self, problem, remedy="wait"):
        super().__init__(problem)
        self.remedy = remedy


@dataclass(frozen=True)
class Wanted:
    """What to download from where: size in bytes, seconds of standing still that are waited for, transfers at most."""

    url: str
    md5: str
    size: int
    stall: int
    tries: int


def download(wanted, archive, called):
    """Leave `archive` whole and checked. Raises Failed; what has arrived by then stays for the next run."""
    if _size(archive) > wanted.size:
        archive.unlink()
    attempt, pause = 1, 1
    while (start := _size(archive)) != wanted.size:
        print(f"Resuming the download at {_megabytes(start)} of {_megabytes(wanted.size)} from {wanted.url}" if start
              else f"Downloading CIFAR-10 ({_megabytes(wanted.size)}) from {wanted.url}")
        try:
            _transfer(wanted, archive)
            break
        except Broken as broken:
            problem = broken
        if problem.remedy == "restart" or not _size(archive):
            archive.unlink(missing_ok=True)
        if problem.remedy == "give up" or attempt >= wanted.tries:
            resume = f" to resume at byte {_size(archive)}" if _size(archive) else ""
            raise Failed(f"{wanted.url}: {problem} (transfer {attempt} of {wanted.tries}), expected {wanted.size} "
                         f"bytes: run this again{resume}, or set CIFAR10_URL to another mirror, or use {called} "
                         "--synthetic.")
        print(f"Transfer {attempt} of {wanted.tries} failed: {problem}. Trying again in {pause} s.")
        time.sleep(pause)
        attempt, pause = attempt + 1, 2 * pause

    with archive.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != wanted.md5:
        archive.unlink()
        raise Failed(f"{wanted.url}: found MD5 {found}, expected {wanted.md5}: the file is removed; run this again, "
                     "or set CIFAR10_URL to another mirror.")


def _transfer(wanted, archive):
    """One transfer into `archive`, from where it ends. Raises Broken unless all of it has arrived."""
    start = _size(archive)
    try:
        request = urllib.request.Request(wanted.url, headers={"User-Agent": "cs231n.get_data"})
        if start:
            request.add_header("Range", f"bytes={start}-")
        with urllib.request.urlopen(request, timeout=wanted.stall, context=_certificates()) as response:
            resumed = response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
            if start and not resumed:
                raise Broken("the server cannot resume", "restart")
            _receive(response, archive, start, wanted)
    except urllib.error.HTTPError as error:
        error.close()
        final = 400 <= error.code < 500 and error.code not in (408, 429)
        raise Broken(f"the server answered HTTP {error.code}",
                     "restart" if error.code == 416 else "give up" if final else "wait") from None
    except urllib.error.URLError as error:
        raise _named(error.reason, wanted) from None
    except (OSError, http.client.HTTPException) as error:
        raise _named(error, wanted) from None
    except ValueError:
        raise Broken("it is not a URL", "give up") from None

    size = _size(archive)
    with archive.open("rb") as file:
        if file.read(2) not in (b"", b"\x1f", b"\x1f\x8b"):
            raise Broken("it sent a page or a file that is no .tar.gz", "restart")
    if size > wanted.size:
        raise Broken(f"it sent more than the {wanted.size} bytes expected", "restart")
    if size < wanted.size:
        raise Broken(f"it sent {size} of {wanted.size} bytes")


def _receive(response, archive, start, wanted):
    """Append what comes, at once, so that nothing of it is lost; one byte too many at most."""
    with _on_disk(archive):
        file = archive.open("ab", buffering=0)
    with file, _Progress(start, wanted.size) as progress:
        size, checked, size_then = start, time.monotonic(), start
        while size <= wanted.size and (chunk := response.read1(min(_CHUNK, wanted.size + 1 - size))):
            with _on_disk(archive):
                rest = memoryview(chunk)
                while rest:
                    rest = rest[file.write(rest):]
            size += len(chunk)
            progress.show(size)
            if (now := time.monotonic()) - checked > wanted.stall:
                if size - size_then < _SLOWEST * wanted.stall:
                    raise TimeoutError
                checked, size_then = now, size


@contextmanager
def _on_disk(archive):
    try:
        yield
    except OSError as error:
        raise Broken(f"{archive} cannot be written ({error.strerror})", "give up") from None


def _certificates():
    """What an https server's certificate is checked with: the system's list, and the one that pip brings, if any."""
    context = ssl.create_default_context()
    with suppress(ImportError, OSError):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _named(error, wanted):
    """A Broken that says what an exception of the network means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Broken("this Python cannot check the server's certificate (from python.org, on macOS: run Install "
                      "Certificates.command in its folder)", "give up")
    if isinstance(error, TimeoutError):
        return Broken(f"the transfer stood still for {wanted.stall} s")
    if isinstance(error, socket.gaierror):
        return Broken("the server's name is not known")
    if isinstance(error, ConnectionRefusedError):
        return Broken("the server does not answer")
    if isinstance(error, FileNotFoundError):
        return Broken("the file is not there", "give up")
    if isinstance(error, str):
        return Broken(error, "give up" if error.startswith("unknown url type") else "wait")
    return Broken(f"the transfer broke off ({getattr(error, 'strerror', None) or type(error).__name__})")


class _Progress:
    """How far a download is: one line that changes on a terminal, else a plain line now and then."""

    def __init__(self, start, size):
        self._start, self._size, self._terminal = start, size, sys.stderr.isatty()
        self._begun = self._shown = time.monotonic()

    def show(self, done):
        now = time.monotonic()
        if now - self._shown < (0.2 if self._terminal else 10):
            return
        self._shown = now
        speed = (done - self._start) / (now - self._begun) / 1e6
        line = f"  {_megabytes(done)} of {_megabytes(self._size)}, {speed:.1f} MB/s"
        print(f"\r{line:<40}" if self._terminal else line, end="" if self._terminal else "\n", flush=True,
              file=sys.stderr if self._terminal else sys.stdout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._terminal:
            print(f"\r{'':<40}\r", end="", flush=True, file=sys.stderr)


def _size(path):
    return path.stat().st_size if path.is_file() else 0


def _megabytes(size):
    return f"{round(size / 2**20)} MB"
