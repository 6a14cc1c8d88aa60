"""The filter for the kernel, run here instruction by instruction: for this processor, and for one that is not here."""

import errno
import fcntl
import struct

import pytest

from grading.engine import seccomp

ALLOWED, KILLED = 0x7FFF0000, 0x80000000
EPERM, ENOSYS = (0x00050000 | number for number in (errno.EPERM, errno.ENOSYS))
AUDIT = {"X86_64": 0xC000003E, "AARCH64": 0xC00000B7, "X86": 0x40000003}
# As the kernel's tables have them: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h.
NUMBERS = {
    "X86_64": {"read": 0, "open": 2, "mmap": 9, "ioctl": 16, "socket": 41, "clone": 56, "fork": 57, "execve": 59,
               "kill": 62, "fcntl": 72, "flock": 73, "chmod": 90, "ptrace": 101, "prctl": 157, "mount": 165,
               "tkill": 200, "futex": 202, "io_setup": 206, "fadvise64": 221, "openat": 257, "unshare": 272,
               "prlimit64": 302, "memfd_create": 319, "bpf": 321, "membarrier": 324, "preadv2": 327, "statx": 332,
               "rseq": 334, "mincore": 27},
    "AARCH64": {"io_setup": 0, "fcntl": 25, "ioctl": 29, "flock": 32, "mount": 40, "fchmodat": 53, "openat": 56,
                "read": 63, "unshare": 97, "futex": 98, "ptrace": 117, "kill": 129, "tkill": 130, "prctl": 167,
                "socket": 198, "clone": 220, "execve": 221, "mmap": 222, "prlimit64": 261, "fadvise64": 223,
                "memfd_create": 279, "bpf": 280, "membarrier": 283, "preadv2": 286, "statx": 291, "rseq": 293,
                "mincore": 232},
}
LATER = {"pidfd_open": 434, "clone3": 435, "close_range": 436, "openat2": 437, "faccessat2": 439, "futex_waitv": 449,
         "statmount": 457, "listmount": 458, "of the next kernel": 600, "of the x32 machine": 0x40000000}
THREAD, FILE_LEASE, TIOCSTI, SET_DUMPABLE = 0x3D0F00, fcntl.F_SETLEASE, 0x5412, 4


def run(program: bytes, number: int, arguments: tuple[int, ...] = (), processor: str = "X86_64") -> int:
    """What the kernel would do with this call."""
    data = struct.pack("<iIQ6Q", number, AUDIT[processor], 0, *arguments, *[0] * (6 - len(arguments)))
    steps, at, accumulator = list(struct.iter_unpack("HBBI", program)), 0, 0
    while True:
        code, then, otherwise, value = steps[at]
        at += 1
        if code == 0x20:
            accumulator = struct.unpack_from("<I", data, value)[0]
        elif code == 0x54:
            accumulator &= value
        elif code == 0x05:
            at += value
        elif code == 0x06:
            return value
        else:
            holds = {0x15: accumulator == value, 0x25: accumulator > value, 0x35: accumulator >= value}[code]
            at += then if holds else otherwise


@pytest.fixture(params=NUMBERS)
def judged(request):
    """Of a call by name, with its arguments: what becomes of it on this processor."""
    program = seccomp.program(processor=request.param)
    return lambda name, *arguments: run(program, (NUMBERS[request.param] | LATER)[name], arguments, request.param)


@pytest.mark.parametrize("name", ["read", "openat", "mmap", "futex", "statx", "rseq", "close_range", "faccessat2",
                                  "futex_waitv", "kill", "tkill"])
def test_what_honest_code_calls_is_allowed(judged, name):
    assert judged(name) == ALLOWED


@pytest.mark.parametrize("name", ["execve", "socket", "ptrace", "mount", "unshare", "bpf", "io_setup", "memfd_create",
                                  "mincore"])
def test_what_is_not_on_the_list_is_not_permitted(judged, name):
    assert judged(name) == EPERM


@pytest.mark.parametrize("name", ["pidfd_open", "clone3", "openat2", "statmount", "listmount", "of the next kernel",
                                  "of the x32 machine"])
def test_what_came_since_one_numbering_for_all_processors_is_not_there(judged, name):
    assert judged(name) == ENOSYS


@pytest.mark.parametrize(("name", "good", "bad"), [
    ("clone", (THREAD,), (THREAD & ~0x10000,)), ("clone", (THREAD,), (THREAD & ~0x400,)), ("clone", (THREAD,), (17,)),
    ("fcntl", (3, 1), (3, FILE_LEASE)), ("ioctl", (0, 0x5401), (0, TIOCSTI)),
    ("ioctl", (0, 0x5401), (0, 1 << 32 | TIOCSTI)),
    ("prctl", (15,), (SET_DUMPABLE,)), ("prctl", (15,), (1 << 32 | SET_DUMPABLE,)), ("prlimit64", (0,), (7,)),
    ("mmap", (0, 4096, 3, 0x22), (0, 4096, 3, 0x40022)), ("membarrier", (8,), (2,)), ("membarrier", (16,), (1,)),
    ("preadv2", (0, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 8)),
])
def test_arguments_are_judged(judged, name, good, bad):
    assert judged(name, *good) == ALLOWED and judged(name, *bad) == EPERM


@pytest.mark.parametrize(("name", "arguments"), [
    ("flock", (3, fcntl.LOCK_EX)), ("fadvise64", (3, 0, 0, 4)), ("fcntl", (3, 6)), ("fcntl", (3, 7)),
    ("fcntl", (3, 37)), ("fcntl", (3, 38))])
def test_a_lock_and_advice_about_a_file_are_said_to_be_done_and_are_not(judged, name, arguments):
    assert judged(name, *arguments) == 0x00050000


@pytest.mark.parametrize("processor", NUMBERS)
def test_one_among_others_signals_itself_only_and_changes_no_attributes(processor):
    program, numbers = seccomp.program(77, no_attributes=True, processor=processor), NUMBERS[processor]
    assert run(program, numbers["kill"], (77, 9), processor) == ALLOWED
    for name, *arguments in (("kill", 78), ("kill", 2**64 - 1), ("tkill", 77)):
        assert run(program, numbers[name], tuple(arguments), processor) == EPERM
    assert run(program, numbers.get("chmod") or numbers["fchmodat"], (), processor) == EPERM


def test_calls_of_a_32_bit_program_end_it():
    assert run(seccomp.program(processor="X86_64"), 11, (), "X86") == KILLED
