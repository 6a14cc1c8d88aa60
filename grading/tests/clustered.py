"""A scheduler and workers in processes of their own, and runs of the small class on them, in others.

    python clustered.py COURSE ADDRESS [CERTIFICATE]    grade it there; lines as small_class.py has them
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import small_class
from small_class import say

from grading import ROOT
from grading.autograde import autograde, door
from grading.autograde.cluster import Cluster
from grading.books.course import Course
from grading.engine.looking import with_descendants
from grading.errors import KitError

HERE = Path(__file__).parent


def certificate(folder: Path) -> Path | None:
    """One that signed itself, with its key; None on a machine without openssl."""
    if not shutil.which("openssl"):
        return None
    path, key = folder / "cluster.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=cs231n", "-keyout", str(key), "-out", str(path)],
                   check=True, capture_output=True)
    path.write_bytes(key.read_bytes() + path.read_bytes())
    return path


def _start(*command: str, root: Path = ROOT, **environment: str) -> subprocess.Popen:
    paths = os.pathsep.join(map(str, (root, HERE)))
    return subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env=os.environ | {"PYTHONPATH": paths, **environment})


def _end(process: subprocess.Popen) -> str:
    process.send_signal(signal.SIGTERM)
    return process.communicate(timeout=60)[0]


def descendants(process: subprocess.Popen) -> list[int]:
    return with_descendants(process.pid)


def command(pid: int) -> str:
    """The command line of a process; "" once it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode()
    return ""


@dataclass
class Running:
    """On this machine; over TLS where there is a certificate."""

    certificate: Path | None
    address: str = ""
    scheduler: subprocess.Popen = field(init=False)
    workers: subprocess.Popen = field(init=False)

    def __post_init__(self) -> None:
        self.start_scheduler(f"{'tls' if self.certificate else 'tcp'}://127.0.0.1:0")
        self.workers = _start("-m", "grading", "worker", self.address, "--jobs", "3", *self._tls,
                              DASK_DISTRIBUTED__WORKER__PRELOAD=json.dumps([str(HERE / "in_a_worker.py")]))

    @property
    def _tls(self) -> tuple[str, ...]:
        return ("--tls-cert", str(self.certificate)) if self.certificate else ()

    def start_scheduler(self, address: str) -> None:
        self.scheduler = _start("-m", "grading", "scheduler", address, *self._tls)
        line = self.scheduler.stdout.readline()
        assert line.startswith("scheduler: "), line + self.scheduler.communicate()[0]
        self.address = line.split()[1].rstrip(";")

    def grade(self, course: Course, root: Path = ROOT) -> subprocess.Popen:
        """A run in a process of its own, with the kit in `root`."""
        return _start(__file__, str(course.root), self.address, *self._tls[1:], root=root)

    def processes(self) -> list[int]:
        """Those that grade."""
        return [pid for pid in descendants(self.workers) if "spawn_main" in command(pid)]

    def end(self) -> str:
        return _end(self.workers) + _end(self.scheduler)


class Lines(small_class.Lines):
    """Faults too: here, they are what is asked for."""

    def done(self, result, number: int, of: int) -> None:
        say("fault" if result.fault else "done", result.student, result.fault)


def grade(course: Course, address: str, certificate: Path | None) -> None:
    assignment = small_class.small_assignment(course.root.parent / "small")
    with Cluster(door.at(address, certificate=certificate), tell=say) as cluster:
        autograde.autograde(assignment, course, workers=cluster, listener=Lines())


if __name__ == "__main__":
    try:
        grade(Course(Path(sys.argv[1])), sys.argv[2], Path(sys.argv[3]) if sys.argv[3:] else None)
    except KitError as error:
        sys.exit(f"kit: {error}")
