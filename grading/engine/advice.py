"""What to do about an error, guessed from its message and from the submission's own text.

A guess is added to a sentence only where the text bears it out: a name that is nearly another one, a method that stands
outside of its class, a file that is something else than Python.
"""

import ast
import difflib
import re
from collections.abc import Mapping
from functools import lru_cache

from grading.engine import parsing, renamed

_NAME = re.compile(r"name '(\w+)' is not defined")
_MODULE = re.compile(r"No module named '([\w.]+)'")
_ATTRIBUTE = re.compile(r"'(\w+)' object has no attribute '(\w+)'")
_METHOD = re.compile(r"(\w+)\.(\w+)\(\) (?:got multiple values for argument|takes \d+ positional argument)")
ALIASES = {"np": "import numpy as np", "numpy": "import numpy", "plt": "import matplotlib.pyplot as plt",
           "math": "import math", "random": "import random", "os": "import os", "itertools": "import itertools",
           "Counter": "from collections import Counter", "defaultdict": "from collections import defaultdict"}
NEVER_RUNS = "what stands below it never runs"
MOST, MOST_NAMES = 100_000, 2000           # characters of a file that are searched, and names among them
LONGEST = 60                   # characters of a name


def nature(text: str) -> str:
    """What a file is that is no Python at all; "" where nobody can tell."""
    start = text[:2000].lstrip("\ufeff \t\r\n")
    if "\0" in text[:2000]:
        return "the file has null bytes, so it is no plain text: save it as UTF-8"
    if start.startswith("{") and re.search(r'"(cells|nbformat|cell_type|metadata)"\s*:', start):
        return "the file is a notebook, not a module: copy the code of its cells into the module"
    if re.match(r"<(!doctype|html|\?xml)", start, re.IGNORECASE):
        return "the file is a web page, not a module: download the file itself"
    return "the file is a PDF, not a module" if start.startswith("%PDF") else ""


def of(kind: str, message: str, files: Mapping[str, str], file: str = "") -> str:
    """An end for the sentence on an error, with a semicolon before it, or "".

    - files: the submission's modules, path -> text
    - file: where it was raised
    """
    told = _of(kind, message, files, files.get(file, "")[:MOST])
    return f"; {told}" if told else ""


def _of(kind: str, message: str, files: Mapping[str, str], text: str) -> str:
    if other := renamed.instead(message):
        return f"write {other} instead"
    if kind == "EOFError" and "reading a line" in message:
        return "input() waits for somebody who types, and nobody is there: take it out"
    if kind == "BdbQuit":
        return "a debugger was started: take it out"
    if kind == "SystemExit":
        return "exit() or sys.exit() ends the program: take it out"
    if kind == "RecursionError" and "maximum" in message:
        return "the function calls itself again and again"
    if found := _MODULE.search(message):
        return _instead_of_module(found[1], files)
    if (found := _NAME.search(message)) and text:
        if found[1] in ALIASES:
            return f"write {ALIASES[found[1]]} at the top of the file"
        if re.search(rf"\bself\.{found[1]}\b", text):
            return f"write self.{found[1]}"
        near = nearest(found[1], set(re.findall(r"\b[A-Za-z_]\w*\b", text)))
        return f"is {near} meant?" if near else ""
    if found := _ATTRIBUTE.search(message):
        return _instead_of_attribute(*found.groups(), files, text)
    if found := _METHOD.search(message):
        return _about_self(*found.groups(), files)
    if kind == "SyntaxError" and "invalid character" in message:
        return "type it again on the keyboard: it was copied from a formatted text"
    return "type the space again: it was copied from a formatted text" if "U+00A0" in message else ""


def lacking(name: str, text: str | None) -> str:
    """The same for a module that has not what is imported from it; `text`: of the module, if it is the submission's."""
    if text is None:
        return ""
    if not text.strip():
        return "; the file is empty"
    if what := nature(text):
        return f"; {what}"
    near = nearest(name, _defined(text))
    return f"; it has {near}: is that it?" if near else ""


def left_standing(text: str, line: int) -> str:
    """An end for the sentence on a stub's own line, where code stands below it that it keeps from running."""
    for node in ast.walk(_parsed(text[:MOST])):
        body = [node.body, getattr(node, "orelse", [])] if isinstance(getattr(node, "body", None), list) else []
        for one, after in ((one, after) for part in body for one, after in zip(part, part[1:], strict=False)):
            if one.lineno <= line <= one.end_lineno and isinstance(one, ast.Raise) and isinstance(
                    after, (ast.Assign, ast.AugAssign, ast.Return)):
                return f", says the line that the stub came with: {NEVER_RUNS}, so take it out"
    return ""


def nearest(name: str, others: set[str]) -> str:
    """The one of the others that is nearly the name: a letter more or less, or another case."""
    if len(name) > LONGEST:
        return ""
    likely = sorted(other for other in others if other != name and abs(len(other) - len(name)) <= 3)
    if len(likely) > MOST_NAMES:
        return ""
    found = [other for other in likely if other.lower() == name.lower()]
    found = found or difflib.get_close_matches(name, likely, 1, 0.75)
    return found[0] if found else ""


def _parsed(text: str) -> ast.Module:
    try:
        return parsing.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


@lru_cache(maxsize=16)
def _defined(text: str) -> set[str]:
    return {node.name for node in _parsed(text[:MOST]).body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and len(node.name) <= LONGEST}


def _instead_of_module(name: str, files: Mapping[str, str]) -> str:
    """For a module of the package that was imported as if it stood beside, or that is nobody's but the student's."""
    own = [file for file in files if file.rpartition("/")[2] == f"{name.rpartition('.')[2]}.py"]
    if own and name.partition(".")[0] != "cs231n":
        return f"write {own[0].removesuffix('.py').replace('/', '.')} instead"
    return "modules besides the assignment's are not taken: put what it has into this one" * name.startswith("cs231n.")


def _instead_of_attribute(kind: str, name: str, files: Mapping[str, str], text: str) -> str:
    for other in files.values():
        if name in _defined(other) and kind in _defined(other):
            return f"{name} stands outside of the class {kind}: is it indented as the other methods are?"
    near = nearest(name, set(re.findall(r"\bself\.(\w+)", text)))
    return f"is {near} meant?" if near else ""


def _about_self(kind: str, name: str, files: Mapping[str, str]) -> str:
    return "self is missing as its first argument" if any(
        (kind, name) in _without_self(text[:MOST]) for text in files.values()) else ""


@lru_cache(maxsize=16)
def _without_self(text: str) -> set[tuple[str, str]]:
    """(class, method) where the first argument goes by another name."""
    return {(node.name, one.name) for node in ast.walk(_parsed(text)) if isinstance(node, ast.ClassDef)
            for one in node.body if isinstance(one, ast.FunctionDef) and not one.decorator_list
            and one.args.args and one.args.args[0].arg != "self"}
