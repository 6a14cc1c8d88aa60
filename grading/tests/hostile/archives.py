"""Attacks on `kit collect`: what a hostile student packs. The plain cases are in intake/test_collect.py.

Each function lays one or more submissions into the folder `inbox`; its docstring says what it tries. `outside` is a
folder that no submission may reach.
"""

import bz2
import gzip
import io
import json
import lzma
import os
import socket
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

from grading.release import assignment as assignments
from grading.release.lesson import read_known

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


# Second part

def _tar(path: Path, members: list[tuple[str, bytes, dict]], mode: str = "w", **options) -> Path:
    """members: (name, content, attributes of its TarInfo)."""
    with tarfile.open(path, mode, **options) as packed:
        for name, content, attributes in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            for attribute, value in attributes.items():
                setattr(member, attribute, value)
            packed.addfile(member, io.BytesIO(content))
    return path


def tar_of_holes(inbox: Path, outside: Path) -> None:
    """Sparse members: each is a few bytes in the archive and nearly as large as a file may be once it is read."""
    with tarfile.open(inbox / "student.tar", "w", format=tarfile.GNU_FORMAT) as packed:
        for number in range(12):
            member = tarfile.TarInfo(f"x{number}/{NOTEBOOK}")
            member.type, member.size = tarfile.GNUTYPE_SPARSE, 512
            block = bytearray(member.tobuf(tarfile.GNU_FORMAT))
            block[386:410] = b"%011o\0%011o\0" % (0, 512)                        # one piece: where, and how long
            block[483:495] = b"%011o\0" % 49_000_000                             # the size of the whole
            block[148:156] = b" " * 8
            block[148:156] = b"%06o\0 " % sum(block)
            packed.fileobj.write(bytes(block) + bytes(512))
            packed.offset += 1024


def tar_of_headers(inbox: Path, outside: Path) -> None:
    """Extended headers of many keys, global ones and ones that lie about size, path and link; names of megabytes."""
    many = {f"k{n}": "v" for n in range(30_000)}
    for number, headers in enumerate((
            many, {"path": f"../{outside}/HOSTILE"}, {"size": "7" * 30}, {"path": "x" * 500_000},
            {"GNU.sparse.size": "1" * 400}, {"mtime": "9" * 300}, {"path": "a\0b"})):
        with tarfile.open(inbox / f"student{number}.tar.gz", "w:gz", format=tarfile.PAX_FORMAT,
                          pax_headers=headers if number % 2 else {}) as packed:
            member = tarfile.TarInfo(NOTEBOOK)
            member.size, member.pax_headers = 2, {} if number % 2 else headers
            packed.addfile(member, io.BytesIO(b"{}"))


def names_without_end(inbox: Path, outside: Path) -> None:
    """Names of a megabyte whose ends look like what systems add to a copy's, again and again."""
    names = (f"a{1_000_000 * ' '}b.ipynb", f"knn{300_000 * '(1)'}.ipynb", f"{500_000 * 'a/'}knn.ipynb",
             f"softmax.ipynb{250_000 * '.txt'}", f"copy{500_000 * ' -'}softmax.py")
    for number, name in enumerate(names):
        _tar(inbox / f"student{number}.tar.gz", [(name, b"{}", {}), (NOTEBOOK, b"{}", {})], "w:gz",
             format=tarfile.PAX_FORMAT)
    _zip(inbox / "student5.zip", {f"{n}{280 * ' '}b.ipynb": b"{}" for n in range(3_000)} | {NOTEBOOK: b"{}"})


def tar_of_links(inbox: Path, outside: Path) -> None:
    """Links that other members are written through, hard links to what is outside, devices, and rings of links."""
    link, hard = {"type": tarfile.SYMTYPE}, {"type": tarfile.LNKTYPE}
    _tar(inbox / "student1.tar", [("cs231n", b"", link | {"linkname": str(outside)}), ("cs231n/HOSTILE", b"x", {}),
                                  (NOTEBOOK, b"{}", {})])
    _tar(inbox / "student2.tar", [(NOTEBOOK, b"", hard | {"linkname": f"{outside}/secret.txt"}), (MODULE, b"x", {})])
    _tar(inbox / "student3.tar", [("a", b"", link | {"linkname": "b"}), ("b", b"", link | {"linkname": "a"}),
                                  (NOTEBOOK, b"", link | {"linkname": "a"}), (MODULE, b"x", {})])
    _tar(inbox / "student4.tar", [(NOTEBOOK, b"", {"type": tarfile.FIFOTYPE}), (MODULE, b"x", {"mode": 0o6777}),
                                  ("dev", b"", {"type": tarfile.BLKTYPE, "devmajor": 8})])
    _tar(inbox / "student5.tar", [(f"../{outside}/HOSTILE", b"x", {}), (NOTEBOOK, b"{}", {})])
    _tar(inbox / "student6.tar", [(f"{outside}/HOSTILE", b"x", {}), (NOTEBOOK, b"{}", {})])


def tar_that_is_damaged(inbox: Path, outside: Path) -> None:
    """Compressed streams that are cut, followed by junk, empty, of two parts, or of another kind than they say."""
    good = _tar(inbox / "good.tar", [(NOTEBOOK, b"{}", {}), (MODULE, b"x", {})]).read_bytes()
    (inbox / "good.tar").unlink()
    packed = gzip.compress(good)
    for number, content in enumerate((packed[:-20], packed + b"junk" * 500, b"", packed + packed, good,
                                      bz2.compress(good), lzma.compress(good), gzip.compress(bytes(1 << 28)),
                                      good[:700], good[:512] * 400)):
        (inbox / f"student{number}.tar.gz").write_bytes(content)
        (inbox / f"other{number}.tar.xz").write_bytes(content)


def _many(path: Path, member: str, content: bytes, names: list[str], others: dict) -> None:
    """A zip of `others`, and of `content`, packed once and there under each of the names, as long as `member` is."""
    one = _zip(path, {member: content}, zipfile.ZIP_BZIP2).read_bytes()
    central, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    local, entry, directory = one[:central], one[central:end], b""
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in others.items():
            packed.writestr(name, text)
    before = path.read_bytes()
    first, tail = before.index(b"PK\x01\x02"), before.index(b"PK\x05\x06")
    packed, places = before[:first], before[first:tail]
    for name in names:
        named = entry.replace(member.encode(), name.encode())
        directory += named[:42] + struct.pack("<I", len(packed)) + named[46:]
        packed += local.replace(member.encode(), name.encode(), 1)
    count = len(others) + len(names)
    path.write_bytes(packed + places + directory + struct.pack(
        "<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(places + directory), len(packed), 0))


def pictures_that_are_none(inbox: Path, outside: Path) -> None:
    """Every answer shows a hundred pictures, each of which is a few bytes that unpack to as much as a file may have."""
    assignment, others, names = assignments.load("assignment1"), {}, [f"p{n:03}.png" for n in range(100)]
    shown = "\n".join(f"![x]({name})" for name in names)
    for notebook in assignment.notebooks:
        cells = [{"cell_type": known.kind, "id": known.name, "metadata": {}, "source": shown}
                 for known in read_known(assignment.notebook_path(notebook)) if known.role == "answer"]
        others[f"{notebook}.ipynb"] = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    _many(inbox / "student.zip", names[0], bytes(49_000_000), names, others)


def copies_that_are_blank(inbox: Path, outside: Path) -> None:
    """Fifteen hundred copies of the notebook, blanks by the million, none of which is the one that was worked on."""
    names = [f"softmax ({n}).ipynb" for n in range(1_000, 2_500)]
    _many(inbox / "student.zip", names[0], b" " * 45_000_000, names, {MODULE: "x"})


def names_of_two_forms(inbox: Path, outside: Path) -> None:
    """One name in two Unicode forms, in two cases, and with marks that are not seen, as folders and as zips."""
    for name in ("ren\u00e9e", "rene\u0301e", "Ren\u00e9e", "REN\u00c9E", "ren\u00e9e\u200d", "ren\u0435e",
                 "ann", "ANN"):
        _folder(inbox / name, {NOTEBOOK: "{}", MODULE: name})
    _zip(inbox / "ann.zip", {NOTEBOOK: "{}", MODULE: "zip"})
    _zip(inbox / "rene\u0301e.zip", {NOTEBOOK: "{}", MODULE: "zip"})


def names_that_systems_keep(inbox: Path, outside: Path) -> None:
    """Names that Windows keeps for devices, with streams, dots and blanks at their end, of the student and inside."""
    for number, name in enumerate(("CON", "nul.ipynb", "aux", "COM1.txt", "a.", "b..", "lpt1.softmax", "x" * 100)):
        _folder(inbox / name, {NOTEBOOK: "{}"})
        _zip(inbox / f"student{number}.zip", {f"{name}/{NOTEBOOK}": "{}", f"{name}::$INDEX_ALLOCATION/x": "x",
                                              f"{name}/\n[2Jline\r\u2028": "x"})


def sizes_of_64_bits(inbox: Path, outside: Path) -> None:
    """Members and directories whose sizes and places are told in 64 bits, and are negative, endless or each other's."""
    for number, value in enumerate((2**63, 2**64 - 1, 2**40, 0)):
        path = _zip(inbox / f"student{number}.zip", {NOTEBOOK: "{}", MODULE: "x"})

        def change(content: bytearray, value: int = value) -> None:
            place = content.index(b"PK\x01\x02")
            extra = struct.pack("<HHQQQ", 1, 24, value, value, value)
            content[place + 20:place + 28] = content[place + 42:place + 46] * 0 + b"\xff" * 8
            content[place + 30:place + 32] = struct.pack("<H", len(extra))
            name = struct.unpack("<H", content[place + 28:place + 30])[0]
            content[place + 46 + name:place + 46 + name] = extra
            end = content.index(b"PK\x05\x06")
            record = struct.pack("<IQHHIIQQQQ", 0x06064B50, value, 45, 45, 0, 0, value, value, value, value)
            content[end:end] = record + struct.pack("<IIQI", 0x07064B50, 0, value, 1)
        _patched(path, change)


def directories_of_one_file(inbox: Path, outside: Path) -> None:
    """A zip whose directory names one small file sixty thousand times, under other names, folders and cases."""
    path = _zip(inbox / "student.zip", {NOTEBOOK: "{}", "0123456": "x"})
    content = path.read_bytes()
    central, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    last = content.index(b"PK\x01\x02", central + 1)
    entry, many = content[last:end], b""
    many = b"".join(entry[:46] + b"%07d" % n + entry[53:] for n in range(60_000))
    directory = content[central:last] + many
    record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 60_001, 60_001, len(directory), central)
    tail = record + struct.pack("<IIQI", 0x07064B50, 0, central + len(directory), 1) + (
        content[end:end + 8] + b"\xff" * 12 + content[end + 20:])
    path.write_bytes(content[:central] + directory + tail)


def many_copies(inbox: Path, outside: Path) -> None:
    """Hundreds of copies of the notebook, in folders of their own, each of megabytes once it is unpacked."""
    with zipfile.ZipFile(inbox / "student.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(20):
            packed.writestr(f"copy{number}/{NOTEBOOK}", '{"cells": []}' + " " * 6_000_000)


def archives_in_archives(inbox: Path, outside: Path) -> None:
    """Archives of archives of archives, a hundred side by side, each of which unpacks to megabytes, or holds itself."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("notes.txt", bytes(12_000_000))
    middle = _zip(inbox / "middle.zip", {f"{n}.zip": inner.getvalue() for n in range(100)}).read_bytes()
    (inbox / "middle.zip").unlink()
    _zip(inbox / "student1.zip", {f"{n}.zip": middle for n in range(100)})
    packed = gzip.compress(bytes(10_000_000))
    _zip(inbox / "student2.zip", {f"{n}.tar.gz": packed for n in range(100)} | {MODULE: "x"})


def folders_that_look_like_downloads(inbox: Path, outside: Path) -> None:
    """A student's own folder and archive are laid out like a platform's download of other students' work."""
    others = {f"Ann Other_{n}_assignsubmission_file/{NOTEBOOK}": "{}" for n in (12345, 12346)} | {
        f"other_{n}_{n}_{NOTEBOOK}": "{}" for n in (77, 78)} | {"submission_metadata.yml": "submission_1: {}"}
    _zip(inbox / "student1.zip", others)
    _folder(inbox / "student2", others)


def files_that_change_their_kind(inbox: Path, outside: Path) -> None:
    """Folders without rights, with the sticky and group bits, files of others' rights, and names of many dots."""
    for number, mode in enumerate((0o000, 0o7777, 0o2755, 0o111, 0o444)):
        folder = _folder(inbox / f"student{number}", {NOTEBOOK: "{}", MODULE: "x"})
        (folder / NOTEBOOK).chmod(mode)
        (folder / "cs231n").chmod(mode | 0o500)
        folder.chmod(mode | 0o500)


ATTACKS = [value for value in list(globals().values()) if callable(value)
           and getattr(value, "__module__", "") == __name__ and not value.__name__.startswith("_")]
