"""The system calls that a forked child may not make, as a program for the kernel.

A list of what is denied, not of what is allowed: numpy, scipy and matplotlib of any version must keep working. What is
denied is what starts processes, reaches other processes, changes mounts or namespaces, opens sockets, holds memory
past the limits, or is known for its holes. A denied call fails with EPERM, so that honest code gets an exception.
"""

import errno
import os
import socket
import struct
from types import ModuleType

_PROCESSES = ["fork", "vfork", "execve", "execveat"]
_OTHERS = [
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "pidfd_open",
    "pidfd_getfd", "pidfd_send_signal", "kcmp", "setpriority", "ioprio_set", "migrate_pages", "move_pages",
]
_MOUNTS = [
    "mount", "umount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "open_tree_attr", "fsopen",
    "fsconfig", "fsmount", "fspick", "mount_setattr", "unshare", "setns", "name_to_handle_at", "open_by_handle_at",
    "fanotify_init", "fanotify_mark", "inotify_init", "inotify_init1", "inotify_add_watch", "quotactl", "quotactl_fd",
    "mknod", "mknodat",
]
_MACHINE = [
    "bpf", "perf_event_open", "add_key", "request_key", "keyctl", "userfaultfd", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "seccomp", "swapon", "swapoff", "reboot", "kexec_load", "kexec_file_load", "init_module",
    "finit_module", "delete_module", "acct", "syslog", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
    "sethostname", "setdomainname", "iopl", "ioperm", "modify_ldt", "vhangup", "lookup_dcookie", "nfsservctl",
    "personality", "remap_file_pages",
]
_MEMORY = [
    "memfd_create", "memfd_secret", "shmget", "shmat", "shmctl", "shmdt", "msgget", "msgsnd", "msgrcv", "msgctl",
    "semget", "semop", "semtimedop", "semctl", "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify",
    "mq_getsetattr", "mlock", "mlock2", "mlockall", "vmsplice",
]
_SOCKETS = ["socket", "bind", "listen", "accept", "accept4", "connect"]
# Landlock looks at what is opened, not at these: without them a student could chmod the instructor's own files.
_ATTRIBUTES = [
    "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchown", "fchownat", "utime", "utimes", "utimensat",
    "futimesat", "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr", "lremovexattr", "fremovexattr",
    "removexattrat", "file_setattr", "truncate",
]

# Newer than some libseccomp in use; from 424 on, a number is the same on every processor.
_LATER = {
    "mount_setattr": 442, "quotactl_fd": 443, "memfd_secret": 447, "process_mrelease": 448, "fchmodat2": 452,
    "setxattrat": 463, "removexattrat": 466, "open_tree_attr": 467, "file_setattr": 469,
}
# Load the call's number; below 470 go on, else return ENOSYS: what later kernels bring is not there.
_CEILING = b"".join(struct.pack("HBBI", *step) for step in (
    (0x20, 0, 0, 0), (0x35, 0, 1, 470), (0x06, 0, 0, 0x00050000 | errno.ENOSYS)))

_CLONE_THREAD = 0x10000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_PTRACER = 1, 4, 0x59616D61
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX = 8, 10, 15
_FIOSETOWN, _SIOCSPGRP, _TIOCSTI, _TIOCLINUX = 0x8901, 0x8902, 0x5412, 0x541C


class Missing(Exception):
    """libseccomp, or its Python binding, is not on this machine."""


def library() -> ModuleType:
    """pyseccomp, which looks for the shared library when it is imported: the zygote does that before it forks."""
    try:
        import pyseccomp
    except (ImportError, RuntimeError) as error:      # RuntimeError: there is the binding, but no libseccomp
        raise Missing(f"seccomp cannot be used: {error}") from None
    return pyseccomp


def program(own_pid: int = 0, *, no_attributes: bool = False) -> bytes:
    """The filter as BPF.

    With `own_pid`, signals go to that process only: for a child that shares its pid namespace with others. With
    `no_attributes`, modes, owners and times of files stay as they are: for a child that shares its mounts.
    """
    seccomp = library()
    built = seccomp.SyscallFilter(seccomp.ALLOW)
    built.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)     # 32-bit calls have other numbers
    denied = seccomp.ERRNO(errno.EPERM)

    def deny(name: str, *conditions: seccomp.Arg, action: int = denied) -> None:
        number = _LATER.get(name) or seccomp.resolve_syscall(seccomp.Arch.NATIVE, name)
        if number >= 0:                               # below 0: not on this processor
            built.add_rule(action, number, *conditions)

    def equals(index: int, value: int, mask: int = 0xFFFFFFFF) -> seccomp.Arg:
        """The kernel reads 32 bits of these arguments: a value with more bits set must not slip through."""
        return seccomp.Arg(index, seccomp.MASKED_EQ, mask, value)

    def differs(index: int, value: int) -> seccomp.Arg:
        return seccomp.Arg(index, seccomp.NE, value)

    attributes = _ATTRIBUTES if no_attributes else []
    for name in [*_PROCESSES, *_OTHERS, *_MOUNTS, *_MACHINE, *_MEMORY, *_SOCKETS, *attributes]:
        deny(name)
    deny("clone", equals(0, 0, _CLONE_THREAD))
    deny("clone3", action=seccomp.ERRNO(errno.ENOSYS))    # glibc then starts threads by clone, whose flags can be read
    deny("socketpair", differs(0, socket.AF_UNIX))
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):         # these could be sent to an address later
        deny("socketpair", equals(1, kind, 0xF))
    for option in (_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_PTRACER):
        deny("prctl", equals(0, option))
    for command in (_F_SETOWN, _F_SETSIG, _F_SETOWN_EX):      # a signal to another process by way of a pipe
        deny("fcntl", equals(1, command))
    for request in (_FIOSETOWN, _SIOCSPGRP, _TIOCSTI, _TIOCLINUX):
        deny("ioctl", equals(1, request))
    for name in ("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr"):
        deny(name, differs(0, 0))                             # 0 is the process itself
    if own_pid:
        for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
            deny(name, differs(0, own_pid))
        deny("tkill")
    return _CEILING + _exported(built)


def _exported(built) -> bytes:
    with os.fdopen(os.memfd_create("filter"), "w+b") as file:      # the sandbox may have no folder to write to
        built.export_bpf(file)
        file.seek(0)
        return file.read()
