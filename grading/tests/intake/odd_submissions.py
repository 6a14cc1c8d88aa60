"""What students hand in: each is good work in an odd shape, or lacks something, and says what must come of it."""

import base64
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Callable
from typing import NamedTuple

from odd_lesson import HALF, LOSS, MODULE, NOTEBOOK, WHERE, WHY, WORDS

Files = dict[str, bytes]
GOOD = "all tests passed"
EMPTY = "YOUR ANSWER HERE"


class Odd(NamedTuple):
    """- make: files of a perfect submission -> files as handed in; one called `.zip` or so alone is the archive
    - says: a part of what the tables say of it; lost: cells that do not get their points, or are not answered
    """

    name: str
    make: Callable[[Files], Files]
    says: str
    lost: tuple[str, ...] = ()


CORPUS: list[Odd] = []


def odd(says: str = GOOD, lost: tuple[str, ...] = ()):
    """Of a function from files to files."""
    def enter(make):
        CORPUS.append(Odd(make.__name__, make, says, lost))
        return make
    return enter


def cells(says: str = GOOD, lost: tuple[str, ...] = ()):
    """Of a function that changes the list of cells, sources in one piece, or returns another."""
    def enter(change):
        def make(files: Files) -> Files:
            notebook = json.loads(files[NOTEBOOK])
            for one in notebook["cells"]:
                one["source"] = "".join(one["source"])
            notebook["cells"] = change(notebook["cells"]) or notebook["cells"]
            return files | {NOTEBOOK: json.dumps(notebook, ensure_ascii=False).encode()}
        return odd(says, lost)(_named(make, change))
    return enter


def book(says: str = GOOD, lost: tuple[str, ...] = ()):
    """Of a function from the decoded notebook to what the file holds: bytes, or another one to encode."""
    def enter(change):
        def make(files: Files) -> Files:
            made = change(json.loads(files[NOTEBOOK]))
            return files | {NOTEBOOK: made if isinstance(made, bytes) else json.dumps(made).encode()}
        return odd(says, lost)(_named(make, change))
    return enter


def module(says: str = GOOD, lost: tuple[str, ...] = ()):
    """Of a function from the module's text to text or bytes."""
    def enter(change):
        def make(files: Files) -> Files:
            made = change(files[MODULE].decode())
            return files | {MODULE: made if isinstance(made, bytes) else made.encode()}
        return odd(says, lost)(_named(make, change))
    return enter


def _named(make, like):
    make.__name__ = like.__name__
    return make


def at(cells: list, name: str) -> int:
    return next(number for number, cell in enumerate(cells) if cell.get("id") == name)


def own(kind: str, source: str) -> dict:
    return {"cell_type": kind, "source": source, "metadata": {}, "id": f"x{abs(hash(source)) % 10**7}"} | (
        {"outputs": [], "execution_count": None} if kind == "code" else {})


def zipped(files: Files) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tarred(files: Files) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), 1_760_000_000
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


# Encodings and formats of notebooks

@book()
def utf_8_with_a_mark(notebook):
    return json.dumps(notebook, ensure_ascii=False).encode("utf-8-sig")


@book()
def utf_16(notebook):
    return json.dumps(notebook, ensure_ascii=False).encode("utf-16")


@book()
def latin_1(notebook):
    return json.dumps(notebook, ensure_ascii=False).encode("latin-1")


@book()
def lines_of_windows(notebook):
    return json.dumps(notebook, indent=1, ensure_ascii=False).replace("\n", "\r\n").encode()


@cells()
def sources_with_returns(cells):
    for cell in cells:
        cell["source"] = cell["source"].replace("\n", "\r\n")


@book()
def format_3(notebook):
    found = []
    for cell in notebook["cells"]:
        old = {"cell_type": cell["cell_type"], "metadata": cell["metadata"]}
        old["input" if cell["cell_type"] == "code" else "source"] = cell["source"]
        found.append(old | ({"outputs": [], "language": "python"} if cell["cell_type"] == "code" else {}))
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": found}]}


@book()
def format_4_0_without_ids(notebook):
    for cell in notebook["cells"]:
        del cell["id"]
    return notebook | {"nbformat_minor": 0}


@book()
def of_colab(notebook):
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] = {"id": f"aB{number}", "colab": {"base_uri": "https://localhost:8080/"}}
        del cell["id"]
    return notebook | {"nbformat_minor": 0, "metadata": {"colab": {"provenance": [], "toc_visible": True},
                                                         "accelerator": "GPU", "kernelspec": {"name": "python3"}}}


@book()
def of_vs_code(notebook):
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] = {"vscode": {"languageId": "python"}, "tags": []}
        cell["id"] = f"{number:08x}"
    return notebook


@book()
def of_kaggle(notebook):
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] = {"execution": {"iopub.status.busy": "2025-10-08T12:00:00Z"}, "trusted": True,
                            "_uuid": f"{number:040x}", "_cell_guid": "b1076dfc-b9ad-4769-8c92-a6c4dae69d19"}
        cell["id"] = f"{number:08x}"
    return notebook


@book()
def no_metadata_and_no_ids_at_all(notebook):
    return notebook | {"cells": [{key: cell[key] for key in ("cell_type", "source")} for cell in notebook["cells"]],
                       "metadata": {}}


@book()
def numbers_that_are_none(notebook):
    notebook["metadata"]["best"] = float("nan")
    return json.dumps(notebook).encode()


@book()
def a_format_of_the_future(notebook):
    return notebook | {"nbformat": 5, "nbformat_minor": 9, "extra": [1]}


@book()
def ids_twice(notebook):
    for cell in notebook["cells"][-3:]:
        if "nbgrader" not in cell["metadata"]:
            cell["id"] = "same"
    return notebook


@book()
def five_megabytes_of_output(notebook):
    shown = next(cell for cell in notebook["cells"] if cell.get("outputs"))
    shown["outputs"][0]["text"] = ["0.123456789\n"] * 400_000
    return notebook


@book()
def outputs_of_a_lost_kernel(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [{"output_type": "error", "ename": "Dead", "evalue": "",
                                                         "traceback": []}, {"odd": 1}, None], "*"
    return notebook


# Notebooks that are none

def lost_notebook(says: str):
    return odd(f"small.ipynb {says}", (HALF, WHY, WHERE))


@lost_notebook("is corrupt (no valid notebook JSON)")
def cut_in_the_middle(files):
    return files | {NOTEBOOK: files[NOTEBOOK][:len(files[NOTEBOOK]) // 2]}


@lost_notebook("is empty")
def an_empty_file(files):
    return files | {NOTEBOOK: b""}


@lost_notebook("is corrupt (a web page")
def a_web_page_saved_as_notebook(files):
    return files | {NOTEBOOK: b"<!DOCTYPE html>\n<html><head><title>small</title></head><body>404</body></html>"}


@lost_notebook("is corrupt (git's pointer to a large file, not the file itself")
def a_pointer_of_git_lfs(files):
    return files | {NOTEBOOK: b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 12345\n"}


@lost_notebook("is corrupt (a merge of git's left both versions in it)")
def a_merge_that_was_not_ended(files):
    lines = files[NOTEBOOK].split(b"\n")
    return files | {NOTEBOOK: b"\n".join([*lines[:9], b"<<<<<<< HEAD", lines[9], b"=======", lines[9],
                                          b">>>>>>> theirs", *lines[10:]])}


@lost_notebook("is corrupt (JSON, but no notebook")
def a_list_of_cells(files):
    return files | {NOTEBOOK: json.dumps([1, "cells", None]).encode()}


@book()
def a_bare_list_of_all_cells(notebook):
    return notebook["cells"]


@lost_notebook("is missing")
def only_the_module(files):
    return {MODULE: files[MODULE]}


@lost_notebook("is missing")
def only_a_converted_script_beside(files):
    return {MODULE: files[MODULE], "small.py": b"# coding: utf-8\n# In[1]:\nimport numpy as np\n"}


@lost_notebook("is corrupt (a PDF")
def a_pdf_saved_as_notebook(files):
    return files | {NOTEBOOK: b"%PDF-1.7\n%\xe2\xe3\n"}


@lost_notebook("is corrupt (a zip")
def an_archive_saved_as_notebook(files):
    return files | {NOTEBOOK: zipped(files)}


@odd()
def a_converted_script_and_a_page_beside_the_notebook(files):
    return files | {"small.py": b"# In[1]:\nhalf = None\n", "small.html": b"<html></html>", "small.pdf": b"%PDF-1.4"}


# Cells

@cells("not answered", (WHY,))
def an_answer_that_was_cleared(cells):
    cells[at(cells, WHY)]["source"] = ""


@cells("not answered", (WHY,))
def an_answer_left_as_it_was(cells):
    cells[at(cells, WHY)]["source"] = EMPTY


@cells("not answered", (WHERE,))
def an_answer_whose_cell_is_gone(cells):
    del cells[at(cells, WHERE)]


@cells()
def an_answer_in_the_questions_cell(cells):
    cells[at(cells, WHY)]["source"] = EMPTY
    cells[at(cells, "small-why-question")]["source"] += f"\n\n**Your answer:** {WORDS[WHY]}"


@cells()
def an_answer_in_the_questions_cell_and_its_own_cell_gone(cells):
    cells[at(cells, "small-why-question")]["source"] += f"\n\n{WORDS[WHY]}"
    del cells[at(cells, WHY)]


@cells()
def an_answer_in_a_new_cell_below(cells):
    place = at(cells, WHY)
    cells[place]["source"] = EMPTY
    cells.insert(place + 1, own("markdown", WORDS[WHY]))


@cells()
def an_answer_above_its_cell(cells):
    place = at(cells, WHY)
    cells[place]["source"] = EMPTY
    cells.insert(place, own("markdown", WORDS[WHY]))


@cells()
def an_answer_above_its_question(cells):
    place = at(cells, "small-where-question")
    cells[at(cells, WHERE)]["source"] = EMPTY
    cells.insert(place, own("markdown", f"Answer to question 2: {WORDS[WHERE]}"))


@cells()
def an_answer_in_a_copy(cells):
    place = at(cells, WHERE)
    cells.insert(place + 1, dict(cells[place]))
    cells[place] = cells[place] | {"source": EMPTY}


@cells()
def an_answer_written_as_a_comment(cells):
    place = at(cells, WHY)
    cells[place]["source"] = EMPTY
    cells.insert(place + 1, own("code", f"# {WORDS[WHY]}"))


@cells()
def an_answer_that_became_code(cells):
    cells[at(cells, WHY)] |= {"cell_type": "code", "outputs": [], "execution_count": None}


@cells()
def an_answer_that_became_raw(cells):
    cells[at(cells, WHY)]["cell_type"] = "raw"


@cells()
def an_answer_of_twelve_thousand_characters(cells):
    cells[at(cells, WHY)]["source"] = WORDS[WHY] + "\n\n" + "A long story of halves. " * 500


@cells()
def an_answer_in_two_cells(cells):
    place = at(cells, WHY)
    first, _, second = cells[place]["source"].partition(", ")
    cells[place]["source"] = first + ","
    cells.insert(place + 1, own("markdown", second))


@cells()
def an_answer_that_is_a_pasted_picture(cells):
    png = base64.b64encode(PNG).decode()
    cells[at(cells, WHY)]["source"] = f"{WORDS[WHY]}\n\n![plot](data:image/png;base64,{png})"


@odd("small.ipynb shows gone.png, which is missing")
def a_picture_beside_and_one_that_is_not(files):
    made = json.loads(files[NOTEBOOK])
    made["cells"][at(made["cells"], WHY)]["source"] = f"{WORDS[WHY]} ![](img/plot.png) ![](gone.png)"
    return files | {NOTEBOOK: json.dumps(made).encode(), "img/plot.png": PNG}


@cells("all tests passed; of 2 inline questions 2 not marked yet")
def answers_under_the_placeholder(cells):
    for name, text in WORDS.items():
        cells[at(cells, name)]["source"] = f"*{EMPTY}*\n\n{text}"


@cells("stopped with an error: small-half-check", (HALF,))
def code_left_as_it_was(cells):
    cells[at(cells, "small-half-solution")]["source"] = (
        "# YOUR CODE HERE: replace the next line.\nraise NotImplementedError(\"this cell is not written yet\")")


@cells("1 cell missing and put back: small-half-solution", (HALF,))
def code_whose_cell_is_gone(cells):
    del cells[at(cells, "small-half-solution")]


@cells("1 repeated cell left out: small-half-solution")
def code_in_a_copy_below_the_stub(cells):
    place = at(cells, "small-half-solution")
    cells.insert(place, cells[place] | {"source": "# YOUR CODE HERE: replace the next line.\n"
                                                  "raise NotImplementedError(\"this cell is not written yet\")"})


@cells()
def code_split_in_two(cells):
    place = at(cells, "small-half-solution")
    cells.insert(place + 1, own("code", "def half(x):\n    return divided(x)"))
    cells[place]["source"] = "def divided(x):\n    return x / SCALE"


@cells()
def code_merged_with_its_test(cells):
    place = at(cells, "small-half-solution")
    cells[place]["source"] += "\n\n" + cells[place + 1]["source"]
    del cells[place + 1]


@cells()
def code_merged_with_the_set_up(cells):
    place = at(cells, "small-half-solution")
    cells[at(cells, "small-setup-given")]["source"] += "\n\n" + cells[place]["source"]
    del cells[place]


@cells()
def cells_in_another_order(cells):
    return cells[:7] + cells[9:12] + cells[7:9] + cells[12:]


@cells("3 cells missing and put back")
def tests_and_set_up_deleted(cells):
    return [cell for cell in cells if not cell["id"].endswith(("-check", "-given"))]


@cells("2 repeated cells left out")
def tests_twice(cells):
    return [copy for cell in cells for copy in [cell] * (2 if cell["id"].endswith("-check") else 1)]


@cells("locked cell changed and put back: small-half-check")
def a_test_that_was_weakened(cells):
    cells[at(cells, HALF)]["source"] = "# Half of four.\nassert True"


@cells("small-setup-given was put back, and with it went math (import math)", (HALF,))
def an_import_in_the_locked_set_up(cells):
    cells[at(cells, "small-setup-given")]["source"] = "import math\n" + cells[1]["source"]
    cells[at(cells, "small-half-solution")]["source"] = "def half(x):\n    return math.floor(x / 2)"


@cells("the locked cell small-setup-given had SCALE = 4 and was graded as it was handed out", (HALF,))
def a_setting_in_the_locked_set_up(cells):
    cells[at(cells, "small-setup-given")]["source"] = cells[1]["source"].replace("SCALE = 2", "SCALE = 4")
    cells[at(cells, "small-half-solution")]["source"] = "def half(x):\n    return 2 * x / SCALE"


@cells()
def questions_that_were_reworded(cells):
    cells[at(cells, "small-why-question")]["source"] = "**Question 1.** Why is half of four two, and who says so??"


@cells()
def magics_and_shells_of_colab_in_front(cells):
    cells.insert(0, own("code", "from google.colab import drive\ndrive.mount('/content/drive')\n%cd /content/drive\n"
                                "!pip install numpy"))


@cells()
def trials_that_fail_everywhere(cells):
    return [one for cell in cells for one in (cell, own("code", f"1 / 0  # {cell['id']}"))]


@cells()
def emojis_and_letters_of_many_scripts(cells):
    cells[at(cells, WHY)]["source"] += " \U0001f600 \u738b \u0645\u0631\u062d\u0628\u0627 e\u0301 \u200b"
    cells[at(cells, "small-half-solution")]["source"] += "  # \u5347 \U0001f600"


# Modules

@module()
def module_with_a_mark(text):
    return text.encode("utf-8-sig")


@module()
def module_of_latin_1(text):
    return ("# -*- coding: latin-1 -*-\n# Zo\u00eb\n" + text.replace("\u2014", "-")).encode("latin-1", "replace")


@module()
def module_of_utf_16(text):
    return text.encode("utf-16")


@module()
def module_with_lines_of_windows(text):
    return text.replace("\n", "\r\n")


@module()
def module_with_lines_of_old_macs(text):
    return text.replace("\n", "\r")


@module()
def module_with_tabs(text):
    return re.sub(r"(?m)^( {4})+", lambda match: "\t" * (len(match[0]) // 4), text)


@module("line 1: Missing parentheses in call to 'print'", (LOSS, HALF))
def module_of_python_2(text):
    return "print 'loaded'\n" + text


@module("module 'numpy' has no attribute 'float'; write float instead", (LOSS, HALF))
def module_with_a_type_that_numpy_lost(text):
    return text + "\nDTYPE = np.float\n"


@module("a merge conflict is left in the file", (LOSS, HALF))
def module_with_a_conflict(text):
    return "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n" + text


@module("the file is a web page, not a module", (LOSS, HALF))
def module_that_is_a_web_page(text):
    return "<!DOCTYPE html>\n<html></html>\n"


@module("the file is a notebook, not a module", (LOSS, HALF))
def module_that_is_a_notebook(text):
    return json.dumps({"cells": [], "metadata": {}, "nbformat": 4})


@odd("cs231n/classifiers/softmax.py is missing; nothing of it is implemented", (LOSS,))
def only_the_notebook(files):
    return {NOTEBOOK: files[NOTEBOOK]}


@module("No module named 'cPickle'; write pickle instead", (LOSS, HALF))
def module_with_a_library_of_old(text):
    return "import cPickle\n" + text


@module()
def module_with_bridges_to_python_3(text):
    return ("from __future__ import print_function\nfrom builtins import range\n"
            "from past.builtins import xrange\n" + text)


# Where the files lie

@odd()
def in_a_folder_of_the_assignment(files):
    return {f"assignment1/{name}": content for name, content in files.items()}


@odd("small.ipynb was taken from small (1).ipynb")
def downloaded_twice(files):
    return {"small (1).ipynb": files[NOTEBOOK], MODULE: files[MODULE]}


@odd("small.ipynb was taken from Small.ipynb.json")
def saved_by_a_browser(files):
    return {"Small.ipynb.json": files[NOTEBOOK], "CS231n/classifiers/softmax.py": files[MODULE]}


@odd("taken from final/, passed over: backup/")
def a_backup_beside(files):
    old = {NOTEBOOK: b'{"cells": []}', MODULE: b"x = 1\n"}
    return {f"final/{name}": content for name, content in files.items()} | {
        f"backup/{name}": content for name, content in old.items()}


@odd("cs231n/classifiers/softmax.py was taken from softmax.py")
def without_folders(files):
    return {NOTEBOOK: files[NOTEBOOK], "softmax.py": files[MODULE]}


@odd()
def with_an_environment_and_checkpoints(files):
    return files | {".ipynb_checkpoints/small-checkpoint.ipynb": b"{}", "venv/lib/site-packages/softmax.py": b"",
                    "__pycache__/softmax.cpython-311.pyc": b"\0", ".git/HEAD": b"ref"}


@odd()
def an_archive(files):
    return {".zip": zipped(files)}


@odd()
def an_archive_of_a_mac(files):
    return {".zip": zipped({f"my work/{name}": content for name, content in files.items()} | {
        "__MACOSX/my work/._small.ipynb": b"\0\5\x16\7", "my work/.DS_Store": b"\0"})}


@odd()
def an_archive_with_backslashes(files):
    return {".zip": zipped({f"work\\{name}".replace("/", "\\"): content for name, content in files.items()})}


@odd()
def an_archive_in_an_archive_in_an_archive(files):
    return {".zip": zipped({"inner.zip": zipped({"work.tar.gz": tarred(files)})})}


@odd()
def a_tar(files):
    return {".tar.gz": tarred({f"./{name}": content for name, content in files.items()})}


@odd()
def an_archive_beside_an_empty_notebook_of_that_name(files):
    return {"work.zip": zipped(files)}


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
