"""A warm process that tries variants of the package: it has imported what is slow to import, and forks for each.

Whoever asks may have threads, as a run of the tests has, and a process that is forked from among threads may wait for
a lock that nobody will ever release. So the one that forks is started afresh, has one thread, and keeps it. A variant's
package is a folder of its own, laid down by links to the reference, which is written and compiled once.

Asker and process talk in lines of JSON over a socket; when the asker is gone, the process ends, and the variant in it.
"""

import atexit
import compileall
import functools
import hashlib
import importlib.util
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from grading import ROOT

_LIBRARIES = ("numpy", "scipy.spatial.distance", "scipy.special")
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM", "NUMEXPR")}

Sources = dict[str, str]                 # path under cs231n/ -> source


def run(reference: Sources, changed: Sources | None, work: str, **arguments: Any) -> Any:
    """What `work` ("module:function") returns for `arguments`, where `cs231n` is the reference with modules changed.

    None for `changed`: nothing is laid down, and the work gets the reference itself besides, as `package`.
    Arguments and answer are JSON. Raises RuntimeError when the function raises, or when its process dies.
    """
    return _warm(os.getpid()).run(reference, changed, work, arguments)


@functools.cache
def _warm(_process: int) -> "Warm":
    """This process's own; a forked one does not inherit it."""
    made = Warm()
    atexit.register(made.close)
    return made


class Warm:
    """The asker's side. Ends with `close`, or with the process that made it."""

    def __init__(self) -> None:
        self._socket, its = socket.socketpair()
        with its:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(its.fileno())], pass_fds=[its.fileno()], cwd=ROOT,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                env=os.environ | _ONE_THREAD | {"PYTHONPATH": str(ROOT)})
        self._lines = self._socket.makefile(encoding="utf-8")
        self._laid_down: set[str] = set()
        self._turn = threading.Lock()

    def run(self, reference: Sources, changed: Sources | None, work: str, arguments: dict[str, Any]) -> Any:
        name = digest(reference)
        asked = {"reference": name, "changed": changed, "work": work, "arguments": arguments}
        with self._turn:
            if name not in self._laid_down:
                asked["sources"] = reference
            try:
                self._socket.sendall(json.dumps(asked).encode() + b"\n")
                line = self._lines.readline()
            except OSError:
                line = ""
            if not line:
                raise RuntimeError(f"the process that tries variants has ended ({self._process.poll()})")
            self._laid_down.add(name)
        told = json.loads(line)
        if "failed" in told:
            raise RuntimeError(told["failed"])
        return told["answer"]

    def close(self) -> None:
        self._lines.close()
        self._socket.close()
        self._process.wait()


def digest(sources: Sources) -> str:
    return hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()


# In the warm process

def serve(asker: socket.socket, folder: Path) -> None:
    """Answer line by line until the asker is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)          # meant for the asker
    for name in _LIBRARIES:
        importlib.import_module(name)
    packages: dict[str, Sources] = {}
    for line in asker.makefile(encoding="utf-8"):
        asked = json.loads(line)
        reference = folder / asked["reference"]
        if "sources" in asked:
            packages[asked["reference"]] = asked["sources"]
            _lay_down(asked["sources"], reference)
        if asked["changed"] is None:
            asked["arguments"]["package"] = packages[asked["reference"]]
        name, _, function = asked["work"].partition(":")
        module = importlib.import_module(name)
        work = getattr(module, function)
        told = _prepared(module, asked["arguments"])
        if not told:
            with tempfile.TemporaryDirectory(dir=folder, prefix="variant-") as place:
                if asked["changed"] is not None:
                    _link(reference, Path(place), asked["changed"])
                told = _in_a_child(asker, Path(place), work, asked["arguments"])
        try:
            asker.sendall((told or json.dumps({"failed": "the process that tried a variant died"})).encode() + b"\n")
        except ConnectionError:                  # the asker has gone meanwhile
            return


def _prepared(module: ModuleType, arguments: dict[str, Any]) -> str:
    """Do what the children share, where a module has something of the kind; "", or a line that tells how it failed."""
    try:
        getattr(module, "prepare", lambda **_: None)(**arguments)
        _refuse_a_package(module.__name__)
    except Exception:
        return json.dumps({"failed": traceback.format_exc()})
    return ""


def _refuse_a_package(name: str) -> None:
    """Children would inherit it, and try it in place of their own."""
    if "cs231n" in sys.modules:
        raise RuntimeError(f"{name} has imported {sys.modules['cs231n'].__file__}: what a variant is tried with may "
                           "import cs231n only in the variant's own process, inside a function")


def _in_a_child(asker: socket.socket, place: Path, work, arguments: dict[str, Any]) -> str:
    """What the child tells, a line; "" when it dies. Ends this process when the asker is gone before the child is."""
    if threading.active_count() > 1 or sys.platform == "linux" and len(os.listdir("/proc/self/task")) > 1:
        raise RuntimeError("an import started a thread, and a fork would lose it")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(writing, place, work, arguments)
    os.close(writing)
    told = []
    while True:
        ready, _, _ = select.select([reading, asker], [], [])
        if asker in ready:                       # it never asks before it is answered: it is gone
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            sys.exit()
        part = os.read(reading, 1 << 16)
        if not part:
            break
        told.append(part)
    os.close(reading)
    os.waitpid(child, 0)
    return b"".join(told).decode()


def _work(writing: int, place: Path, work, arguments: dict[str, Any]) -> NoReturn:
    try:
        sys.dont_write_bytecode = True
        sys.path.insert(0, str(place))
        os.chdir(place)
        try:
            told = {"answer": work(**arguments)}
        except BaseException:
            told = {"failed": traceback.format_exc()}
        with os.fdopen(writing, "w", encoding="utf-8") as answer:
            answer.write(json.dumps(told))
    finally:
        os._exit(0)


def _lay_down(sources: Sources, folder: Path) -> None:
    _write(sources, folder)
    compileall.compile_dir(folder, quiet=2)


def _link(reference: Path, folder: Path, changed: Sources) -> None:
    """The reference's files and their byte code; of the changed ones neither: byte code goes by seconds and sizes."""
    replaced = {folder / "cs231n" / module for module in changed}
    replaced |= {Path(importlib.util.cache_from_source(path)) for path in replaced}
    for here, _, names in os.walk(reference):
        there = folder / Path(here).relative_to(reference)
        there.mkdir(exist_ok=True)
        for name in names:
            if there / name not in replaced:
                os.link(os.path.join(here, name), there / name)
    _write(changed, folder)


def _write(sources: Sources, folder: Path) -> None:
    for module, source in sources.items():
        path = folder / "cs231n" / module
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="trials-") as scratch:
        serve(socket.socket(fileno=int(sys.argv[1])), Path(scratch))
