"""The system calls that a forked child may make, as a program for the kernel.

A list of what is allowed: what a later kernel brings is not there until somebody has thought about it. It holds what
Python's standard library, numpy, scipy, matplotlib, OpenBLAS and the C libraries of 64-bit distributions make in a
process that starts no other: files that it may open anyway, its own memory, threads, signals, clocks and descriptors.
Left out is what starts processes, reaches other processes, changes mounts or namespaces, opens sockets, locks or leases
what lies outside, holds memory past the limits (a descriptor that is sent counts for nobody), tells what others have
read of a file (mincore, where it belongs to who runs the kit), or is known for its holes.

A call that is left out fails with EPERM, so that honest code gets an exception. From Linux 5.1 on, where the numbers
are the same on every processor, it fails with ENOSYS: that is how a C library learns to do without (clone3, openat2).

Locks and advice about files come back as done and are not: a process that is alone has nobody to lock out, and files
that can be read lie outside, where a lock would stop programs of the host, and be seen in another sandbox.
"""

import ctypes.util
import errno
import os
import socket
import struct
import termios
from types import ModuleType

_FILES = """
    read write readv writev pread64 pwrite64 preadv pwritev lseek open openat creat close close_range
    stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat getdents getdents64
    getcwd chdir fchdir mkdir mkdirat rmdir rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat
    ftruncate fallocate fsync fdatasync sendfile copy_file_range umask dup dup2 dup3 pipe pipe2
    getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
"""
# Landlock looks at what is opened, not at these: with them a student could chmod the instructor's own files.
_ATTRIBUTES = "chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat utime utimes utimensat futimesat truncate"
_WAITING = """
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2
    signalfd signalfd4 timerfd_create timerfd_settime timerfd_gettime
"""
_OWN_SOCKETS = """
    sendto recvfrom recvmsg recvmmsg shutdown getsockname getpeername getsockopt setsockopt
"""
_MEMORY = "munmap mprotect mremap madvise msync brk munlock munlockall"
_THREADS = """
    futex futex_waitv set_robust_list get_robust_list set_tid_address rseq arch_prctl riscv_hwprobe riscv_flush_icache
    sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_getattr sched_get_priority_max
    sched_get_priority_min sched_rr_get_interval getcpu exit exit_group
"""
_SIGNALS = """
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack pause
    restart_syscall alarm getitimer setitimer timer_create timer_delete timer_gettime timer_settime timer_getoverrun
    wait4 waitid
"""
_TIME = "time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep times getrusage"
_ABOUT = """
    getpid getppid gettid getpgid getpgrp getsid getuid geteuid getgid getegid getresuid getresgid getgroups getpriority
    getrlimit setrlimit capget uname sysinfo getrandom
"""
_SENT = "kill tgkill rt_sigqueueinfo rt_tgsigqueueinfo".split()
_SELF = "prlimit64 sched_setaffinity".split()              # of the process whose number is 0: this one

# The flags with which a thread shares all that the limits count: memory, folder, descriptors.
_THREAD = 0x10000 | 0x100 | 0x200 | 0x400
_HUGE = 0x40000                                            # MAP_HUGETLB: pages of a store that the whole machine has
_PRCTL = {                                                 # what asks, names, or concerns this process's own arithmetic
    "PR_GET_PDEATHSIG": 2, "PR_GET_DUMPABLE": 3, "PR_GET_KEEPCAPS": 7, "PR_SET_NAME": 15, "PR_GET_NAME": 16,
    "PR_GET_SECCOMP": 21, "PR_CAPBSET_READ": 23, "PR_GET_TSC": 25, "PR_SET_TIMERSLACK": 29, "PR_GET_TIMERSLACK": 30,
    "PR_GET_CHILD_SUBREAPER": 37, "PR_SET_NO_NEW_PRIVS": 38, "PR_GET_NO_NEW_PRIVS": 39, "PR_GET_TID_ADDRESS": 40,
    "PR_SET_THP_DISABLE": 41, "PR_GET_THP_DISABLE": 42, "PR_SVE_SET_VL": 50, "PR_SVE_GET_VL": 51,
    "PR_GET_SPECULATION_CTRL": 52, "PR_PAC_RESET_KEYS": 54, "PR_GET_TAGGED_ADDR_CTRL": 56, "PR_SME_SET_VL": 63,
    "PR_SME_GET_VL": 64, "PR_GET_AUXV": 0x41555856, "PR_SET_VMA": 0x53564D41,
}
_FCNTL = {                                                 # no lease, no signal for another, no larger pipe
    "F_DUPFD": 0, "F_GETFD": 1, "F_SETFD": 2, "F_GETFL": 3, "F_SETFL": 4, "F_GETLK": 5, "F_GETOWN": 9,
    "F_GETSIG": 11, "F_GETOWN_EX": 16, "F_OFD_GETLK": 36,
    "F_GETLEASE": 1025, "F_DUPFD_QUERY": 1027, "F_DUPFD_CLOEXEC": 1030, "F_GETPIPE_SZ": 1032, "F_GET_SEALS": 1034,
}
_LOCKS = {"F_SETLK": 6, "F_SETLKW": 7, "F_OFD_SETLK": 37, "F_OFD_SETLKW": 38}
_IOCTL = {                                                 # asked of a descriptor that may be a terminal, and is none
    "TCGETS": termios.TCGETS, "TCGETS2": 0x802C542A, "TIOCGWINSZ": termios.TIOCGWINSZ, "TIOCGPGRP": termios.TIOCGPGRP,
    "FIONREAD": termios.FIONREAD, "FIONBIO": termios.FIONBIO, "FIOCLEX": termios.FIOCLEX,
    "FIONCLEX": termios.FIONCLEX, "FICLONE": 0x40049409,
}
_BARRIER = {                                               # which stop no processor but those that run this process
    "QUERY": 0, "PRIVATE": 8, "REGISTER_PRIVATE": 16, "PRIVATE_SYNC_CORE": 32, "REGISTER_PRIVATE_SYNC_CORE": 64,
}
_LATER = 424                                               # from here on the same number on every processor
_UNKNOWN = -1                                              # to this libseccomp
_LOAD, _AT_LEAST, _EQUAL, _RETURN, _ENOSYS = 0x20, 0x35, 0x15, 0x06, 0x00050000 | errno.ENOSYS      # as BPF has them


class Missing(Exception):
    """libseccomp, or its Python binding, is not on this machine."""


def library() -> ModuleType:
    """pyseccomp, for which this finds the shared library: it would run ldconfig, which is not in the sandbox."""
    looking, ctypes.util.find_library = ctypes.util.find_library, {"seccomp": "libseccomp.so.2"}.get
    try:
        import pyseccomp
    except (ImportError, OSError) as error:           # OSError: there is the binding, but no libseccomp
        raise Missing(f"seccomp cannot be used: {error}") from None
    finally:
        ctypes.util.find_library = looking
    return pyseccomp


def program(own_pid: int = 0, *, no_attributes: bool = False, processor: str = "") -> bytes:
    """The filter as BPF.

    With `own_pid`, signals go to that process only: for a child that shares its pid namespace with others. With
    `no_attributes`, modes, owners and times of files stay as they are: for a child that shares its mounts.
    `processor` is another than this one, as libseccomp calls it.
    """
    seccomp = library()
    built = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    if processor:
        built.remove_arch(seccomp.Arch.NATIVE)
        built.add_arch(getattr(seccomp.Arch, processor))
    built.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)     # 32-bit calls have other numbers
    later = []

    def allow(name: str, *conditions: seccomp.Arg) -> None:
        number = seccomp.resolve_syscall(seccomp.Arch.NATIVE, name)
        if number != _UNKNOWN:
            built.add_rule(seccomp.ALLOW, name, *conditions)
        if number >= _LATER:
            later.append(number)

    def pretend(name: str, *conditions: seccomp.Arg) -> None:
        """It returns 0, and nothing is done."""
        built.add_rule(seccomp.ERRNO(0), name, *conditions)

    def equals(index: int, value: int, mask: int = 0xFFFFFFFF) -> seccomp.Arg:
        """The kernel reads 32 bits of these arguments."""
        return seccomp.Arg(index, seccomp.MASKED_EQ, mask, value)

    for name in " ".join([_FILES, _WAITING, _OWN_SOCKETS, _MEMORY, _THREADS, _SIGNALS, _TIME, _ABOUT,
                          "" if no_attributes else _ATTRIBUTES]).split():
        allow(name)
    allow("clone", equals(0, _THREAD, _THREAD))
    allow("mmap", equals(3, 0, _HUGE))
    allow("socketpair", equals(0, socket.AF_UNIX), equals(1, socket.SOCK_STREAM, 0xF))
    allow("socketpair", equals(0, socket.AF_UNIX), equals(1, socket.SOCK_SEQPACKET, 0xF))
    for name, index, values in (("prctl", 0, _PRCTL), ("fcntl", 1, _FCNTL), ("ioctl", 1, _IOCTL),
                                ("membarrier", 0, _BARRIER)):
        for value in values.values():
            allow(name, equals(index, value))
    for name in ("preadv2", "pwritev2"):
        allow(name, equals(5, 0))        # with flags they tell what others have read of a file
    for name in ("flock", "fadvise64"):
        pretend(name)
    for value in _LOCKS.values():
        pretend("fcntl", equals(1, value))
    for name in _SELF:
        allow(name, equals(0, 0))
    for name in (*_SENT, *([] if own_pid else ["tkill"])):
        allow(name, *([equals(0, own_pid)] if own_pid else []))
    return _not_yet_there(later) + _exported(built)


def _not_yet_there(later: list[int]) -> bytes:
    """Load the call's number; below 424 and for these go on, else return ENOSYS."""
    steps = [(_LOAD, 0, 0, 0), (_AT_LEAST, 0, len(later) + 1, _LATER)]
    steps += [(_EQUAL, len(later) - place, 0, number) for place, number in enumerate(later)]
    return b"".join(struct.pack("HBBI", *step) for step in [*steps, (_RETURN, 0, 0, _ENOSYS)])


def _exported(built) -> bytes:
    with os.fdopen(os.memfd_create("filter"), "w+b") as file:      # the sandbox may have no folder to write to
        built.export_bpf(file)
        file.seek(0)
        return file.read()
