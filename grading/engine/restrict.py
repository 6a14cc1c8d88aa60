"""What a forked child does to itself before it touches a submission.

The order matters: mounts need the capabilities that the zygote has in its own user namespace, a child's is made after
them and has no say over them; seccomp comes last because it forbids the rest. Whatever fails raises, and the child ends
without having run anything.
"""

import os
import resource
import signal
import tempfile
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from grading.engine import kernel, landlock

NOBODY = 65534
MEMORY = 3 * 2**30
DISK = 64 * 2**20
INODES = 4096
DISK_FULL = f"it had written more than {DISK >> 20} MB, or more than {INODES} files"
FILE = 32 * 2**20
THREADS = 64
OPEN_FILES = 64
SIGNALS = 1024                           # that wait to be delivered; each timer keeps one
CPU_SECONDS = 3600                       # wall clock limits are the parent's; this ends what the parent forgot
STACK = 8 * 2**20

_NAMESPACES = kernel.CLONE_NEWUSER | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS | kernel.CLONE_NEWNET
_QUIET = kernel.MS_NOSUID | kernel.MS_NODEV
# Of /proc/self, what tells of the process and not of the machine. Not `root`, which leads to everything.
_ITSELF = tuple(Path("/proc/self", name) for name in (
    "auxv", "cmdline", "comm", "environ", "fd", "fdinfo", "io", "limits", "maps", "oom_score_adj", "smaps",
    "smaps_rollup", "stat", "statm", "status"))
_DEVICES = tuple(Path("/dev", name) for name in ("null", "zero", "random", "urandom"))


@dataclass(frozen=True)
class Place:
    """Where children live, and what they are left with."""

    level: str
    work: Path                           # a child's folder; at levels landlock and none, the folder of their folders
    caches: Path                         # made by the zygote, read by its children
    readable: tuple[Path, ...] = ()      # at level landlock: what else may be read
    threads: int = THREADS
    kept: tuple[int, ...] = ()           # capabilities


def drop_root(keep: tuple[int, ...] = ()) -> None:
    """Become nobody, for good."""
    if keep:
        kernel.keep_capabilities()
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    kernel.drop_capabilities(keep)


def enter_namespaces(flags: int = _NAMESPACES) -> None:
    """Leave the namespaces that this process is in; in the new user namespace it is who it was."""
    user, group = os.getuid(), os.getgid()
    kernel.set_dumpable(True)            # else the maps belong to root
    kernel.unshare(flags)
    for name, line in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        file = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(file, line.encode())
        os.close(file)


def mounted_apart(mount: Callable[[], None]) -> int:
    """Have `mount` do its work in a mount namespace of its own, and return a descriptor of its root for `enter_root`.

    This process stays in another one. /proc/self/mountinfo and its like tell of what is mounted in the namespace that a
    process is in, and can be reached from its root: nothing, so that no path of the host's is told. The namespace in
    which it is keeps the one that it sees.
    """
    with _on_one_processor():
        outer = _new_mounts()
        inner = _new_mounts()
    mount()
    root = os.open("/", os.O_PATH | os.O_DIRECTORY)
    kernel.setns(outer, kernel.CLONE_NEWNS)
    kernel.mount(f"/proc/self/fd/{inner}", os.devnull, flags=kernel.MS_BIND)
    os.close(outer)
    os.close(inner)
    return root


def _new_mounts() -> int:
    """A descriptor of the mount namespace that this process now is in."""
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    return os.open("/proc/self/ns/mnt", os.O_RDONLY)


@contextmanager
def _on_one_processor():
    """While this lasts. Only a namespace with a greater number can be kept by another, and where each processor gives
    numbers of its own (from Linux 6.18 on), the later one has the greater if the same processor gave both.
    """
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {kernel.processor()})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def enter_root(root: int) -> None:
    """After `enter_namespaces`: a process in another root than its mount namespace's may not make a user namespace."""
    os.fchdir(root)
    os.chroot(".")
    os.close(root)


def mount_own(place: Place) -> None:
    """The child's own folders in memory, its own /proc, and the caches as they are."""
    kernel.mount("tmpfs", "/tmp", "tmpfs", _QUIET, f"size={DISK // 4},nr_inodes={INODES // 4},mode=0700")
    kernel.mount("tmpfs", str(place.work), "tmpfs", _QUIET, f"size={DISK},nr_inodes={INODES},mode=0700")
    kernel.mount("none", str(place.caches), flags=_QUIET | kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY)
    mount_proc("subset=pid")


def mount_for_one(place: Place) -> None:
    """The same before the fork, by a zygote that has one child only."""
    mount_proc("hidepid=2,subset=pid")
    for path, share in ((place.work, 1), (Path("/tmp"), 4), (place.caches, 4)):
        kernel.mount("tmpfs", str(path), "tmpfs", _QUIET, f"size={DISK // share},nr_inodes={INODES // share},mode=0700")


def mount_proc(options: str) -> None:
    """A /proc with this pid namespace's processes and, from Linux 5.8 on, nothing about the machine."""
    quiet = _QUIET | kernel.MS_NOEXEC | kernel.MS_RDONLY
    try:
        kernel.mount("proc", "/proc", "proc", quiet, options)
    except OSError:
        kernel.mount("proc", "/proc", "proc", quiet)


def limit(threads: int = THREADS) -> None:
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, FILE),
                       (resource.RLIMIT_NOFILE, OPEN_FILES), (resource.RLIMIT_NPROC, threads),
                       (resource.RLIMIT_STACK, STACK), (resource.RLIMIT_MEMLOCK, 0), (resource.RLIMIT_MSGQUEUE, 0),
                       (resource.RLIMIT_SIGPENDING, SIGNALS)):
        _lower(kind, most, most)
    _lower(resource.RLIMIT_CPU, CPU_SECONDS, CPU_SECONDS + 2)


def _lower(kind: int, soft: int, hard: int) -> None:
    allowed = resource.getrlimit(kind)[1]
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    resource.setrlimit(kind, (soft, hard))


def reset_signals() -> None:
    """As in a fresh Python: what the zygote ignores or handles is its own affair. A signal to a group stays here."""
    os.setsid()                          # no namespace bounds a process group
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if signal.getsignal(number) is not None:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def close_all_but(kept: list[int]) -> None:
    """Keep these descriptors, and null devices for the first three."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    first = 3
    for number in sorted(kept):
        os.closerange(first, number)
        first = number + 1
    os.closerange(first, max(first, os.sysconf("SC_OPEN_MAX")))


def settle(place: Place, folder: Path, program: bytes) -> None:
    """Take the last steps: from here on this process can do what a submission may do, and no more."""
    os.chdir(folder)
    os.environ["HOME"] = os.environ["PWD"] = str(folder)
    if place.level in ("landlock", "none"):
        os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None              # what the zygote found out about temporary folders no longer holds
    limit(place.threads)
    kernel.no_new_privileges()
    if place.level == "landlock":
        landlock.restrict([*place.readable, place.caches, *_DEVICES, *_ITSELF], [folder, Path(os.devnull)])
    kernel.drop_capabilities(place.kept)
    kernel.die_with_parent()
    kernel.set_dumpable(place.level == "landlock")       # there the zygote counts what it keeps, and files are guarded
    if program:
        kernel.load_filter(program)


def prove() -> None:
    """Try what must fail now. Raises AssertionError when this kernel lets it pass."""
    with suppress(OSError):
        if os.fork() == 0:
            os._exit(0)
        raise AssertionError("a restricted process can still fork")
    with suppress(OSError):
        kernel.unshare(kernel.CLONE_NEWUSER)
        raise AssertionError("a restricted process can still make namespaces")
    for path in ("/", "/usr", "/etc", "/dev/shm"):
        with suppress(OSError):
            os.close(os.open(os.path.join(path, "kit-probe"), os.O_CREAT | os.O_WRONLY))
            raise AssertionError(f"a restricted process can still write to {path}")
    with suppress(OSError):
        os.close(os.open("/etc/hostname", os.O_RDONLY))
        raise AssertionError("a restricted process can still read /etc")
