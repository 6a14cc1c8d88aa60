"""Get the data set, without a shell: `python -m cs231n.get_data`, or with --synthetic a stand-in without a download.

What arrives lies in data/ beside the package. A download is checked, unpacked beside, and renamed into place, so that
the data set is whole or absent. Needs nothing but Python (the stand-in needs numpy), on Linux, macOS and Windows;
./get_datasets.sh calls it.
"""

import argparse
import gzip
import os
import re
import shutil
import signal
import sys
import tarfile
import tempfile
import time
import zlib
from contextlib import contextmanager
from pathlib import Path

from cs231n._download import Failed, Wanted, download

NAME = "cifar-10-batches-py"
BATCHES = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")
URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
MD5 = "c58f30108f718f92721af3b95e74349a"
BYTES = 170498071

_FOLDER = Path(__file__).resolve().parents[1]
_STALE = 3600                    # seconds after which a temporary folder belongs to no run any more
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")     # the name of a file, on every system
_HELP = f"""\
Downloads CIFAR-10 (python version, 163 MB, 178 MB unpacked) into data/{NAME}.
A download that breaks off is resumed, by itself or by the next run."""
_ENVIRONMENT = """\
Environment:
  CIFAR10_URL            another mirror of cifar-10-python.tar.gz
  CIFAR10_MD5            the checksum expected of it
  CIFAR10_BYTES          the size expected of it
  CIFAR10_STALL_SECONDS  give up a transfer that stood still so long (default 60)
  CIFAR10_TRIES          transfers to start before giving up (default 5)"""


class Misused(Failed):
    """An argument or a setting makes no sense."""


def main(arguments=None, called="python -m cs231n.get_data"):
    """Run the command line; returns 0 done, 1 failed, 2 wrong use, 130 or 143 when stopped. called: the command."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))      # so that the temporary folder is removed
    for stream in (sys.stdout, sys.stderr):                      # a console's own alphabet may lack letters of a path
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace", line_buffering=True)
    parser = argparse.ArgumentParser(prog=called, description=_HELP, epilog=_ENVIRONMENT, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--synthetic", action="store_true",
                        help=f"draw a stand-in, without a download, into data/synthetic-{NAME}")
    options, unknown = parser.parse_known_args(arguments)
    try:
        if unknown:
            raise Misused(f"found the argument {unknown[-1]!r}, expected --synthetic, --help or nothing.")
        wanted = _wanted(os.environ)
        _get(_FOLDER / "data", wanted, options.synthetic, called)
    except Failed as failure:
        print(f"{Path(called).name if '/' in called else 'get_data'}: {failure}", file=sys.stderr)
        return 2 if isinstance(failure, Misused) else 1
    except KeyboardInterrupt:
        return 130
    return 0


def _wanted(environment):
    """The settings of a run. Raises Misused for a number that is none."""
    numbers = {}
    for name, usual in (("CIFAR10_BYTES", BYTES), ("CIFAR10_STALL_SECONDS", 60), ("CIFAR10_TRIES", 5)):
        text = environment.get(name) or str(usual)
        if not re.fullmatch("[1-9][0-9]*", text):
            raise Misused(f"found {name}={text}, expected a whole number above 0.")
        numbers[name] = int(text)
    return Wanted(environment.get("CIFAR10_URL") or URL, environment.get("CIFAR10_MD5") or MD5, *numbers.values())


def _get(data, wanted, synthetic, called):
    try:
        data.mkdir(exist_ok=True)
        tempfile.TemporaryFile(dir=data).close()
    except OSError:
        raise Failed(f"{data} cannot be written, expected a folder of yours: check its permissions, or copy this "
                     "folder elsewhere.") from None
    for left in data.glob("*.part*"):                            # by a run that was killed outright
        if left.is_dir() and time.time() - left.stat().st_mtime > _STALE:
            shutil.rmtree(left, ignore_errors=True)

    real, stand_in = data / NAME, data / f"synthetic-{NAME}"
    if not synthetic:
        if not _ready(real, "CIFAR-10"):
            with _half_file(data) as archive:
                download(wanted, archive, called)
                _unpack(archive, real, wanted.url)
            print(f"CIFAR-10 is in {real}.")
        return
    if not _ready(stand_in, "The synthetic stand-in"):
        _draw(stand_in)
        print(f"The synthetic stand-in is in {stand_in}.")
    print(f"It is NOT CIFAR-10 but drawings in the same format, to learn and test with; {called} gets CIFAR-10.")
    if _is_complete(real):
        print(f"The notebooks use the real CIFAR-10 as long as it is in {real}.")


@contextmanager
def _half_file(data):
    """What to download into: the file that the next run resumes, or one's own while another run writes that one."""
    half, lock, is_ours = data / "cifar-10-python.tar.gz.part", None, True
    try:
        if os.name == "nt":                                      # Windows removes it however this process ends
            lock = os.open(data / "downloading.part", os.O_CREAT | os.O_EXCL | os.O_TEMPORARY)
        else:
            import fcntl

            lock = os.open(data, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (FileExistsError, PermissionError, BlockingIOError):
        is_ours = False
    except OSError:
        pass                                                     # a file system that knows no locks
    try:
        if is_ours:
            yield half
        else:
            with tempfile.TemporaryDirectory(prefix="downloading.part.", dir=data) as own:
                yield Path(own) / half.name
    finally:
        if lock is not None:
            os.close(lock)


def _is_complete(folder):
    return all((folder / batch).is_file() and (folder / batch).stat().st_size for batch in BATCHES)


def _ready(folder, what):
    """Whether the data set is there. Raises Failed when it is there in part."""
    if not folder.exists():
        return False
    if not _is_complete(folder):
        raise Failed(f"{folder} is incomplete, expected {' '.join(BATCHES)} in it: remove the folder and run this "
                     "again.")
    print(f"{what} is already in {folder}.")
    return True


def _draw(folder):
    if not (_FOLDER / "cs231n" / "synthetic.py").is_file():
        raise Failed(f"found no cs231n/synthetic.py in {_FOLDER}, expected it there: unpack the assignment again.")
    try:
        from cs231n.synthetic import write_synthetic_cifar10
    except ImportError as error:
        raise Failed(f"{sys.executable} cannot draw the stand-in ({error}), expected a Python with numpy: run "
                     "pip install -r requirements.txt with it first.") from None
    print("Drawing 60000 images (some seconds)")
    try:
        write_synthetic_cifar10(folder)
    except OSError as error:
        raise Failed(f"the stand-in cannot be written to {folder} ({error.strerror or error}), expected room for "
                     "184 MB there: make room and run this again.") from None


def _unpack(archive, target, url):
    """Put the archive's files into `target`, by way of a folder beside it, and remove the archive.

    They are written one by one under a plain name of their own: nothing can land elsewhere, by path or by link.
    """
    print(f"Unpacking into {target}")
    work = Path(tempfile.mkdtemp(prefix="unpacking.part.", dir=target.parent))
    try:
        folder = work / NAME
        folder.mkdir()
        if why := _unfit(archive, folder):
            archive.unlink()
            raise Failed(f"{url}: {why}, expected an archive of one folder {NAME} with {' '.join(BATCHES)}: the file "
                         "is removed; set CIFAR10_URL to another mirror.")
        if not target.exists():
            os.rename(folder, target)
        elif not _is_complete(target):
            raise Failed(f"{target} appeared meanwhile and is incomplete, expected {' '.join(BATCHES)} in it: remove "
                         "the folder and run this again.")
    except OSError as error:
        raise Failed(f"{archive} cannot be unpacked into {target.parent} ({error.strerror or error}), expected room "
                     "for 178 MB: make room there and run this again.") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    archive.unlink()


def _unfit(archive, folder):
    """Write the archive's files into `folder`; returns why the archive is none of the data set's, or ""."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                parent, _, name = member.name.rpartition("/")
                if not member.isreg() and not member.isdir():
                    return f"it has a link or a device, {member.name!r}"
                if member.isdir() and member.name == NAME:
                    continue
                if not member.isreg() or parent != NAME or not _PLAIN.fullmatch(name):
                    return f"it has the member {member.name!r}"
                with tar.extractfile(member) as source, (folder / name).open("wb") as file:
                    shutil.copyfileobj(source, file)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        return f"it cannot be read ({error})"
    return "" if _is_complete(folder) else "a batch is missing"


if __name__ == "__main__":
    sys.exit(main())
