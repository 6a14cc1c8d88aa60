"""The system calls that Python has no name for, each raising OSError as the os module does."""

import contextlib
import ctypes
import os
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 0x20, 0x1000, 0x4000, 0x40000

CAP_DAC_READ_SEARCH = 2

_MADV_HUGEPAGE = 14

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_KEEPCAPS, _PR_SET_SECCOMP = 1, 4, 8, 22
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 24, 38, 47
_PR_CAP_AMBIENT_CLEAR_ALL, _SECCOMP_MODE_FILTER, _CAPABILITY_VERSION_3 = 4, 2, 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def unshare(flags: int) -> None:
    _check(_libc.unshare(ctypes.c_int(flags)), "unshare")


def setns(descriptor: int, kind: int) -> None:
    _check(_libc.setns(ctypes.c_int(descriptor), ctypes.c_int(kind)), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    _check(_libc.mount(source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags),
                       options.encode() or None), f"mount {target}")


def processor() -> int:
    """The number of the one that this runs on now."""
    return _check(_libc.sched_getcpu(), "sched_getcpu")


def syscall(number: int, *arguments) -> int:
    return _check(_libc.syscall(ctypes.c_long(number), *arguments), f"system call {number}")


def prefer_huge_pages() -> None:
    """What malloc hands out anew, here and in forked children, comes in pages of 2 MB where the kernel has them: one
    fault in place of 512, and each costs some microseconds on a virtual machine."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
            if line.endswith("[heap]"):
                first, end = (int(address, 16) for address in line.split()[0].split("-"))
                _libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(end - first), _MADV_HUGEPAGE)    # a wish


def die_with_parent() -> None:
    """SIGKILL when the thread that forked this process ends. A later change of uid takes that back."""
    _prctl(_PR_SET_PDEATHSIG, 9)


def set_dumpable(yes: bool) -> None:
    """A process that is not dumpable cannot be traced, nor its memory and descriptors opened, by others of its uid."""
    _prctl(_PR_SET_DUMPABLE, int(yes))


def no_new_privileges() -> None:
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def keep_capabilities() -> None:
    """Through the next change of uid."""
    _prctl(_PR_SET_KEEPCAPS, 1)


def holds(capability: int) -> bool:
    """Root in a container holds some capabilities only."""
    header, data = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    _check(_libc.capget(header, data), "capget")
    return bool((data[1] | data[4] << 32) >> capability & 1)        # the permitted set


def drop_capabilities(keep: tuple[int, ...] = ()) -> None:
    """Give up every capability but `keep`, and where that is allowed the right to get one back by exec."""
    for capability in range(64):
        if capability not in keep and _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break                        # the first that the kernel does not know, or no right to: exec is denied too
    _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    kept = sum(1 << capability for capability in keep)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    low, high = kept & 0xFFFFFFFF, kept >> 32
    _check(_libc.capset(header, (ctypes.c_uint32 * 6)(low, low, 0, high, high, 0)), "capset")


def load_filter(program: bytes) -> None:
    """Put a seccomp program (BPF instructions of 8 bytes) before every later system call of this process."""
    instructions = ctypes.create_string_buffer(program, len(program))
    loaded = _Program(len(program) // 8, ctypes.cast(instructions, ctypes.c_void_p))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(loaded))


def _prctl(option: int, *arguments) -> None:
    given = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments]
    _check(_libc.prctl(option, *given, *[ctypes.c_ulong(0)] * (4 - len(given))), f"prctl {option}")


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
