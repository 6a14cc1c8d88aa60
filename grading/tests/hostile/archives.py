"""Attacks on `kit collect`: what a hostile student packs. The plain cases are in intake/test_collect.py.

Each function lays one or more submissions into the folder `inbox`; its docstring says what it tries. `outside` is a
folder that no submission may reach.
"""

import os
import socket
import stat
import struct
import zipfile
import zlib
from pathlib import Path

NOTEBOOK, MODULE = "softmax.ipynb", "cs231n/classifiers/softmax.py"
EVIL = "\x1b]0;HOSTILE\x07\x1b[2J\r\n"


def _zip(path: Path, members: dict, method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def _folder(path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


def _patched(path: Path, change) -> None:
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)


def absolute_paths(inbox: Path, outside: Path) -> None:
    """Members with absolute names, with drives, with network shares and with leading blanks."""
    for number, name in enumerate((f"{outside}/HOSTILE", f"//{outside}/HOSTILE", "C:\\HOSTILE", "\\\\host\\HOSTILE",
                                   "C:HOSTILE")):
        _zip(inbox / f"student{number}.zip", {NOTEBOOK: "{}", name: "x"})


def paths_upwards(inbox: Path, outside: Path) -> None:
    """Members that climb out of the archive, also behind the names that are taken."""
    ups = "/".join([".."] * 12)
    for number, name in enumerate((f"{ups}{outside}/HOSTILE", f"cs231n/{ups}{outside}/HOSTILE", "cs231n/../../HOSTILE",
                                   "..\\..\\HOSTILE", f"{NOTEBOOK}/../../../HOSTILE", "./.././HOSTILE", "a/..", "..")):
        _zip(inbox / f"student{number}.zip", {NOTEBOOK: "{}", name: "x"})


def links_in_a_zip(inbox: Path, outside: Path) -> None:
    """A folder that is a link to elsewhere, and a file that is written through it; a device; a pipe; a set-uid file."""
    for number, kind in enumerate((stat.S_IFLNK, stat.S_IFBLK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK,
                                   stat.S_IFREG | stat.S_ISUID)):
        link = zipfile.ZipInfo("cs231n")
        link.create_system, link.external_attr = 3, (kind | 0o777) << 16
        _zip(inbox / f"student{number}.zip", {link: str(outside), "cs231n/secret.txt": "HOSTILE", NOTEBOOK: "{}"})


def links_of_other_systems(inbox: Path, outside: Path) -> None:
    """Links that claim to come from other systems than Unix, whose attributes are not looked at."""
    for number, system in enumerate((0, 10, 19, 255)):
        link = zipfile.ZipInfo(NOTEBOOK)
        link.create_system, link.external_attr = system, (stat.S_IFLNK | 0o777) << 16 | 0x400
        _zip(inbox / f"student{number}.zip", {link: f"{outside}/secret.txt", MODULE: "x"})


def links_in_a_folder(inbox: Path, outside: Path) -> None:
    """Folders and files that are links, relative, broken and in a ring; a submission that is a link itself."""
    for number, target in enumerate((outside, "../..", "/proc/self/root", "nowhere", ".")):
        (inbox / f"student{number}").mkdir()
        os.symlink(target, inbox / f"student{number}" / "cs231n")
        (inbox / f"student{number}" / NOTEBOOK).write_text("{}")
    os.symlink(outside, inbox / "student9")


def hard_links(inbox: Path, outside: Path) -> None:
    """A notebook and a module that are other names of files that lie elsewhere."""
    (inbox / "student" / "cs231n" / "classifiers").mkdir(parents=True)
    os.link(outside / "secret.txt", inbox / "student" / NOTEBOOK)
    os.link(outside / "secret.txt", inbox / "student" / MODULE)


def devices_in_a_folder(inbox: Path, outside: Path) -> None:
    """Pipes and sockets in place of files: reading them would wait for ever."""
    (inbox / "student1" / "cs231n" / "classifiers").mkdir(parents=True)
    os.mkfifo(inbox / "student1" / NOTEBOOK)
    (inbox / "student2").mkdir()
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(inbox / "student2")             # a socket's path is short
        try:
            made.bind(NOTEBOOK)
        finally:
            os.chdir(here)
    os.mkfifo(inbox / "student3.zip")
    os.mkfifo(inbox / "student4")


def bombs(inbox: Path, outside: Path) -> None:
    """A few kilobytes that unpack to gigabytes, by every method that zip knows."""
    for number, method in enumerate((zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)):
        path = inbox / f"student{number}.zip"
        with zipfile.ZipFile(path, "w", method) as packed, packed.open(NOTEBOOK, "w") as member:
            for _ in range(200):
                member.write(bytes(1 << 20))


def sizes_that_lie(inbox: Path, outside: Path) -> None:
    """A member that claims to hold a few bytes and unpacks to many, and one that claims exabytes."""
    for number, size in enumerate((2, (1 << 32) - 2)):
        path = _zip(inbox / f"student{number}.zip", {NOTEBOOK: bytes(60_000_000), MODULE: "x"}, zipfile.ZIP_DEFLATED)

        def change(content: bytearray, size: int = size) -> None:
            place = content.index(b"PK\x01\x02")
            content[place + 24:place + 28] = struct.pack("<I", size)
            content[22:26] = struct.pack("<I", size)
        _patched(path, change)


def many_members(inbox: Path, outside: Path) -> None:
    """A zip of forty thousand members, one whose directory says that it has none, and a folder of many files."""
    path = _zip(inbox / "student1.zip", {f"x/{n}": "" for n in range(40_000)} | {NOTEBOOK: "{}"})
    (inbox / "student2.zip").write_bytes(path.read_bytes())
    _patched(inbox / "student2.zip", lambda content: content.__setitem__(slice(-14, -10), bytes(4)))
    _folder(inbox / "student3", {NOTEBOOK: "{}"} | {f"x/{n}": "" for n in range(10_500)})


def members_that_overlap(inbox: Path, outside: Path) -> None:
    """Many members of the directory are one and the same bytes of the file."""
    path = _zip(inbox / "student.zip", {NOTEBOOK: "{}" * 1000, MODULE: "x", "cs231n/layers.py": "y"})

    def change(content: bytearray) -> None:
        place = content.index(b"PK\x01\x02")
        while place >= 0:
            content[place + 42:place + 46] = bytes(4)
            place = content.find(b"PK\x01\x02", place + 1)
    _patched(path, change)


def damaged_streams(inbox: Path, outside: Path) -> None:
    """Members of every method whose compressed bytes are noise; unknown methods; LZMA that asks for four gigabytes."""
    for number, method in enumerate((zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)):
        path = _zip(inbox / f"noise{number}.zip", {NOTEBOOK: os.urandom(5000), MODULE: "x"}, method)
        start = 30 + len(NOTEBOOK)
        _patched(path, lambda content, start=start: content.__setitem__(slice(start + 9, start + 900), b"\xff" * 891))
    path = _zip(inbox / "dictionary.zip", {NOTEBOOK: "{}" * 500, MODULE: "x"}, zipfile.ZIP_LZMA)
    start = 30 + len(NOTEBOOK) + 5
    _patched(path, lambda content: content.__setitem__(slice(start, start + 4), b"\xff" * 4))
    for number, method in enumerate((1, 6, 9, 93, 95, 97, 98, 99, 65535)):
        path = _zip(inbox / f"method{number}.zip", {NOTEBOOK: "{}", MODULE: "x"})

        def change(content: bytearray, method: int = method) -> None:
            place = content.index(b"PK\x01\x02")
            content[8:10] = content[place + 10:place + 12] = struct.pack("<H", method)
        _patched(path, change)


def directories_that_lie(inbox: Path, outside: Path) -> None:
    """Directories of the zip that point nowhere, into each other, behind the end; dates and names that cannot be."""
    good = _zip(inbox / "good.zip", {NOTEBOOK: "{}", MODULE: "x"}).read_bytes()
    (inbox / "good.zip").unlink()
    central, end = good.index(b"PK\x01\x02"), good.index(b"PK\x05\x06")
    large, all_ones = b"\xff\xff\xff\x7f", b"\xff" * 4
    changes = {"offset": (end + 16, large), "size": (end + 12, large), "count": (end + 8, all_ones),
               "header": (central + 42, large), "date": (central + 12, all_ones), "version": (central + 6, b"\xff\0"),
               "extra": (central + 30, b"\xff\xff"), "name": (central + 28, b"\xff\xff"),
               "flags": (central + 8, b"\xff\xff"), "disk": (end + 4, b"\x07\x00")}
    for name, (place, value) in changes.items():
        content = bytearray(good)
        content[place:place + len(value)] = value
        (inbox / f"{name}.zip").write_bytes(content)
    (inbox / "twice.zip").write_bytes(good + good)
    (inbox / "text.zip").write_bytes(b"#!/bin/sh\ntouch HOSTILE\n" + good)
    (inbox / "empty.zip").write_bytes(b"")
    (inbox / "comment.zip").write_bytes(good[:-2] + struct.pack("<H", 65535) + b"PK\x05\x06" * 16383)


def encrypted(inbox: Path, outside: Path) -> None:
    """Members that say they are encrypted, the notebook or only what nobody asked for."""
    for number, which in enumerate((0, 1)):
        path = _zip(inbox / f"student{number}.zip", {NOTEBOOK: "{}", "other": "x"})

        def change(content: bytearray, which: int = which) -> None:
            place = [content.index(b"PK\x01\x02"), content.rindex(b"PK\x01\x02")][which]
            content[place + 8] |= 1
        _patched(path, change)


def nested(inbox: Path, outside: Path) -> None:
    """A zip in a zip in a zip; a zip that is named like the notebook; a folder that is named like a zip."""
    content = _zip(inbox / "inner.zip", {NOTEBOOK: "{}"}).read_bytes()
    (inbox / "inner.zip").unlink()
    for number in range(5):
        content = _zip(inbox / "student0.zip", {f"{number}.zip": content}).read_bytes()
    _zip(inbox / "student1.zip", {NOTEBOOK: content, MODULE: content})
    _folder(inbox / "student2.zip", {NOTEBOOK: "{}"})
    _folder(inbox / "student3", {f"{NOTEBOOK}/{NOTEBOOK}": "{}", f"{MODULE}/x": "x"})


def names_twice(inbox: Path, outside: Path) -> None:
    """The same file under names that differ by slashes, dots, case, Unicode form, blanks and dots at the end."""
    for number, name in enumerate((
            f"./{NOTEBOOK}", f".//{NOTEBOOK}", NOTEBOOK.upper(), f"{NOTEBOOK}.", f"{NOTEBOOK} ", "so\ufb05max.ipynb",
            "softmax\u200b.ipynb", f"{NOTEBOOK}\x00.txt", f"{NOTEBOOK}::$DATA", "CS231N/classifiers/softmax.py",
            "a/" + NOTEBOOK)):
        _zip(inbox / f"student{number}.zip", {NOTEBOOK: "{}", name: "HOSTILE"})


def names_of_terminals(inbox: Path, outside: Path) -> None:
    """Names inside the submission carry escape sequences and new lines, which a message would show."""
    _zip(inbox / "student1.zip", {f"{EVIL}/{NOTEBOOK}": "{}" * 500, f"{EVIL}/../x": "x"})
    _zip(inbox / "student2.zip", {f"{EVIL}/{NOTEBOOK}": bytes(51_000_000)}, zipfile.ZIP_DEFLATED)
    path = _zip(inbox / "student3.zip", {f"{EVIL}/{NOTEBOOK}": "{}" * 500})
    _patched(path, lambda content: content.__setitem__(slice(70, 90), bytes(20)))
    _folder(inbox / "student4", {NOTEBOOK: "{}"})
    os.symlink("x", inbox / "student4" / f"{EVIL}link")
    _folder(inbox / "student5", {NOTEBOOK: "{}"})
    os.mkfifo(inbox / "student5" / "\u202epipe\u2028")
    twice = zipfile.ZipInfo(f"{EVIL}x")
    with zipfile.ZipFile(inbox / "student6.zip", "w") as packed:
        packed.writestr(NOTEBOOK, "{}")
        packed.writestr(twice, "1")
        packed.fp.flush()
        packed.filelist.append(twice)            # the directory names it twice


def names_of_students(inbox: Path, outside: Path) -> None:
    """Folders and zips named like paths, options, formulas and markup, and with characters that are not seen."""
    for name in ("=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-rf", "<script>hostile()", "..zip", "...zip", "a%2f..%2fb.zip",
                 "a\\b.zip", "$(touch HOSTILE)", "`id`", "a;b", "a\nb", EVIL, "\u202eann", "ann\u200b", "\uff41nn",
                 "ann ", "ann.", "a" * 101, ".zip", "~root", "*", "a'b", 'a"b', "ann\x7f"):
        if name.endswith(".zip"):
            _zip(inbox / name, {NOTEBOOK: "{}"})
        else:
            _folder(inbox / name, {NOTEBOOK: "{}"})


def names_that_are_no_text(inbox: Path, outside: Path) -> None:
    """Names of bytes that are no UTF-8, of the submission and inside it; names as long as a file system takes."""
    os.makedirs(os.fsencode(inbox) + b"/\xff\xfe")
    _folder(inbox / "student1", {NOTEBOOK: "{}", "a" * 255: "x"})
    with open(os.fsencode(inbox / "student1") + b"/\xff\xfe\x1b", "wb") as file:
        file.write(b"x")
    os.symlink(b"x", os.fsencode(inbox / "student1") + b"/\xff")
    path = _zip(inbox / "student2.zip", {NOTEBOOK: "{}", "ab": "x"})
    start = path.read_bytes().index(b"ab")
    _patched(path, lambda content: content.__setitem__(slice(start, start + 2), b"\xff\xff"))
    _zip(inbox / "student3.zip", {NOTEBOOK: "{}", "x/" * 30_000: "x", "y" * 60_000: "y"})


def folders_of_great_depth(inbox: Path, outside: Path) -> None:
    """Folders in folders, a thousand and more deep."""
    _folder(inbox / "student", {NOTEBOOK: "{}"})
    here = os.getcwd()
    os.chdir(inbox / "student")
    try:
        for _ in range(1500):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)


def times_that_cannot_be(inbox: Path, outside: Path) -> None:
    """Files of the year 40,000, of before 1900 and of no year at all."""
    for number, seconds in enumerate((1 << 40, -(1 << 33), (1 << 34) - 1)):
        _folder(inbox / f"student{number}", {NOTEBOOK: "{}"})
        _zip(inbox / f"packed{number}.zip", {NOTEBOOK: "{}"})
        for path in (inbox / f"student{number}" / NOTEBOOK, inbox / f"packed{number}.zip"):
            os.utime(path, (seconds, seconds))


def files_besides(inbox: Path, outside: Path) -> None:
    """Files that Python, nbgrader and the kit would read if they were taken: packages, hooks, time stamps, results."""
    _folder(inbox / "student", {name: "HOSTILE" for name in (
        NOTEBOOK, MODULE, "numpy.py", "sitecustomize.py", "conftest.py", "nbgrader_config.py", "timestamp.txt",
        "results.json", "gradebook.db", "kit.pth", "cs231n/testing.py", "cs231n/__init__.py", "cs231n.py", "svm.ipynb",
        "cs231n/classifiers/__pycache__/softmax.cpython-311.pyc", "cs231n/classifiers/softmax.so",
        "cs231n/classifiers/softmax/__init__.py", ".ipython/profile_default/startup/0.py", "data/data_batch_1")})


def crc_of_another(inbox: Path, outside: Path) -> None:
    """The checksum of a member is wrong, and its name differs between the directory and the member itself."""
    path = _zip(inbox / "student0.zip", {NOTEBOOK: "{}"})
    _patched(path, lambda content: content.__setitem__(slice(14, 18), struct.pack("<I", zlib.crc32(b"x"))))
    path = _zip(inbox / "student1.zip", {NOTEBOOK: "{}"})
    _patched(path, lambda content: content.__setitem__(slice(30, 43), b"../../HOSTILE"))


ATTACKS = [value for value in list(globals().values())
           if callable(value) and getattr(value, "__module__", "") == __name__ and not value.__name__.startswith("_")]
