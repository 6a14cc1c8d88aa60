"""Landlock: a process gives up every file but a few, without any privilege (Linux 6.2 and newer).

Where user namespaces are refused, this is what keeps a student's code from the instructor's files.
"""

import ctypes
import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from grading.engine import kernel

OLDEST = 3                               # the first version that minds truncation, also by open()

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_TCP = 3                                 # bind and connect
_SCOPES = 3                              # abstract sockets, signals: only among one's own


def version() -> int:
    """0 where Landlock is missing or switched off."""
    try:
        return kernel.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    except OSError:
        return 0


def restrict(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """From now on this process opens nothing but what is at or under these paths; a path may be missing.

    Needs no_new_privileges. Not covered: the attributes of files (stat, chmod), and sockets that have a path.
    """
    known = version()
    handled = (1 << 13) - 1 | 1 << 13 | _TRUNCATE | (_IOCTL_DEV if known >= 5 else 0)
    attributes = struct.pack("QQQ", handled, _TCP if known >= 4 else 0, _SCOPES if known >= 6 else 0)
    size = 8 if known < 4 else 16 if known < 6 else 24
    rules = kernel.syscall(_CREATE, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for paths, access in ((readable, _READ), (writable, handled & ~_EXECUTE)):
            for path in paths:
                with suppress(FileNotFoundError):
                    _allow(rules, path, access & handled)
        kernel.syscall(_RESTRICT, ctypes.c_int(rules), ctypes.c_uint32(0))
    finally:
        os.close(rules)


def _allow(rules: int, path: Path, access: int) -> None:
    there = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not path.is_dir():
            access &= _ON_FILES
        rule = struct.pack("=Qi", access, there)
        kernel.syscall(_ADD, ctypes.c_int(rules), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(there)
