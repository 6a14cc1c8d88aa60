"""Submissions that are broken, or hostile: changes to the files that a perfect one consists of.

The hostile ones are of the hostile class that the tests grade: those that take a second or two, and that come to the
same end each time.
"""

import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass

from grading import ROOT
from grading.errors import KitError
from grading.release.assignment import Assignment

Files = dict[str, bytes]                 # a submission: path -> content

HOSTILE = ROOT / "grading" / "tests" / "hostile"
CHEAP = {
    "desk": ("code_of_html", "html_output", "javascript_output", "messages_of_html", "picture_outputs",
             "syntax_errors_speak", "tracebacks_of_html", "widget_output"),
    "machine": ("crash_in_c", "daemon_left_behind", "devices_opened", "disk_of_holes", "fork_bomb", "group_killed",
                "kernel_knocked_at", "network_in", "picture_of_a_terabyte", "priorities_raised", "signals_to_all",
                "terminal_typed_into"),
    "objects": ("class_attribute_lies", "containers_lie", "dtypes_of_no_number", "equals_everything",
                "ndarray_subclass_lies"),
    "scores": ("arguments_overwritten", "channels_taken_over", "frames_replayed", "import_ends_well",
               "module_is_an_object", "process_ends_well", "raises_lookalikes", "raises_what_ends_a_cell_well",
               "server_rewired"),
}


@dataclass(frozen=True)
class Attack:
    """What it adds to a submission that is perfect, or to the untouched release (`base`); code goes into `module`."""

    name: str
    base: str
    module: str = "classifiers/softmax.py"
    top: str = ""
    code: str = ""
    cell: str = ""

    def on(self, files: Files, assignment: Assignment) -> Files:
        name, changed = f"cs231n/{self.module}", dict(files)
        changed[name] = f"{self.top}\n".encode() + files[name] + f"\n{self.code}".encode()
        return in_front(changed, assignment, self.cell) if self.cell else changed


def attacks(names: dict[str, tuple[str, ...]] = CHEAP) -> list[Attack]:
    """Of the hostile class, by file and name."""
    found = []
    for file, wanted in names.items():
        path = HOSTILE / f"{file}.toml"
        entries = {entry["name"]: entry for entry in tomllib.loads(path.read_text(encoding="utf-8"))["attack"]}
        if gone := sorted(set(wanted) - entries.keys()):
            raise KitError(f"{path} has no attack {gone[0]!r}, which {__name__} names.")
        found += [Attack(**{key: value for key, value in entries[name].items()
                            if key in Attack.__dataclass_fields__}) for name in wanted]
    return found


def in_front(files: Files, assignment: Assignment, source: str) -> Files:
    """With a code cell of the student's before all others of the first notebook."""
    name = assignment.notebook_files[0]
    notebook = json.loads(files[name])
    notebook["cells"].insert(0, {"cell_type": "code", "id": "own", "metadata": {}, "source": source, "outputs": [],
                                 "execution_count": None})
    return files | {name: json.dumps(notebook).encode()}


# What goes wrong without anybody's intention; each takes the files of a perfect submission, and returns others

def _first_module(files: Files, assignment: Assignment, change: Callable[[bytes], bytes]) -> Files:
    name = assignment.student_files[0]
    return files | {name: change(files[name])}


def syntax_error(files: Files, assignment: Assignment) -> Files:
    return _first_module(files, assignment, lambda text: re.sub(rb"(?m)^( *def .*):$", rb"\1", text, count=1))


def empty_module(files: Files, assignment: Assignment) -> Files:
    return _first_module(files, assignment, lambda text: b"")


def no_text(files: Files, assignment: Assignment) -> Files:
    return _first_module(files, assignment, lambda text: b"\x00\xff\xfe" + bytes(range(256)) + text)


def exit_on_import(files: Files, assignment: Assignment) -> Files:
    return _first_module(files, assignment, lambda text: text + b"\nimport os\nos._exit(3)\n")


def raise_on_import(files: Files, assignment: Assignment) -> Files:
    return _first_module(files, assignment, lambda text: text + b"\nraise RuntimeError('not finished yet')\n")


def missing_module(files: Files, assignment: Assignment) -> Files:
    return {name: content for name, content in files.items() if name != assignment.student_files[0]}


def missing_notebook(files: Files, assignment: Assignment) -> Files:
    return {name: content for name, content in files.items() if name != assignment.notebook_files[-1]}


def cut_notebook(files: Files, assignment: Assignment) -> Files:
    name = assignment.notebook_files[0]
    return files | {name: files[name][:-400]}


def other_json(files: Files, assignment: Assignment) -> Files:
    return files | {assignment.notebook_files[0]: b'[{"cells": 7}, null]'}


def deleted_cells(files: Files, assignment: Assignment) -> Files:
    name = assignment.notebook_files[0]
    notebook = json.loads(files[name])
    notebook["cells"] = notebook["cells"][::2]
    return files | {name: json.dumps(notebook).encode()}


def failing_cell(files: Files, assignment: Assignment) -> Files:
    return in_front(files, assignment, "1 / 0")


def killed_cell(files: Files, assignment: Assignment) -> Files:
    return in_front(files, assignment, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")


def long_output(files: Files, assignment: Assignment) -> Files:
    return in_front(files, assignment, "for n in range(20_000):\n    print('x' * 100, n)")


FAULTS: tuple[Callable[[Files, Assignment], Files], ...] = (
    syntax_error, empty_module, no_text, exit_on_import, raise_on_import, missing_module, missing_notebook,
    cut_notebook, other_json, deleted_cells, failing_cell, killed_cell, long_output)
