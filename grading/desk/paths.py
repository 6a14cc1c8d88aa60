"""Text without the paths of the machine that graded: a student knows other ones, and nobody needs these.

A file of the package becomes `cs231n/layers.py`, one of an installed library `numpy/linalg/_linalg.py`, a cell "this
notebook"; of any other path from the root of a file system the last name stays. What is no such path stays as it is.
"""

import os
import re
from functools import cache

_PART = r"[\w.+@%-]"                                 # of a path; what begins one is none of these, so each is read once
_START = r"((?:\A|[^\w.+@%/<~-]|\x1b\[[\d;]*m))"
_QUOTED = re.compile(r"([\"'])~?/(?!/)[^\"'\n]*?/(cs231n/)")
_CELL = re.compile(rf"{_START}~?(?:/{_PART}+)*/ipykernel_\d+/\d+\.py")
_PACKAGE = re.compile(rf"{_START}~?(?:/{_PART}+)*/(cs231n/)")
_INSTALLED = re.compile(rf"{_START}~?(?:/{_PART}+)*/(?:(?:site|dist)-packages|python3[\w.]*(?:/lib-dynload)?)/")
_ANY = re.compile(rf"{_START}(~?/(?:{_PART}+/)*)({_PART}+)(?![\w/])")
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{5,16}\b")
_USUAL = {"home", "Users", "root", "tmp", "private", "usr", "opt", "var", "etc", "proc", "sys", "dev", "mnt", "media",
          "srv", "run", "lib", "lib64", "kit", "work", "snap", "nix", "workspace", "workspaces", "content", "kaggle"}


def without_paths(text: str) -> str:
    """The text with the paths in it made short, and without addresses in memory."""
    if "0x" in text:
        text = _ADDRESS.sub("at 0x...", text)
    if "/" not in text:
        return text
    text = _CELL.sub(r"\1this notebook", text)
    text = _INSTALLED.sub(r"\1", text)
    text = _PACKAGE.sub(r"\1\2", text)
    text = _QUOTED.sub(r"\1\2", text)
    return _ANY.sub(_short, text)


def _short(found: re.Match) -> str:
    start, folder, name = found.groups()
    first = folder.split("/")[1]
    if folder[0] == "~" or first in _roots():
        return f"{start}.../{name}"
    return found[0]


@cache
def _roots() -> set[str]:
    """Names of folders at the root of a file system."""
    try:
        return _USUAL | set(os.listdir("/"))
    except OSError:
        return _USUAL
