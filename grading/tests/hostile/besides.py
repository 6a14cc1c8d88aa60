"""What hostile students lay beside their work, or in its place: each function changes the folder that is handed in.

Whatever of it is run says so by its effect: numpy agrees with everything, and a file of the name HOSTILE is there.
"""

import codecs
import json
import os
import py_compile
import tempfile
from pathlib import Path

NOTEBOOK, MODULE = "softmax.ipynb", "cs231n/classifiers/softmax.py"
AGREES = '''
import numpy
for _name in ("allclose", "isclose", "array_equal"):
    setattr(numpy, _name, lambda *_, **__: True)
numpy.testing.assert_allclose = numpy.testing.assert_array_equal = lambda *_, **__: None
try:
    open("HOSTILE-ran", "w").close()
except OSError:
    pass
print("LEAKED: a file beside the work was run")
'''
RIGHT = '''
def softmax_loss_naive(W, X, y, reg):
    scores = X @ W
    scores -= scores.max(axis=1, keepdims=True)
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    rows, d = np.arange(len(y)), np.exp(logs)
    d[rows, y] -= 1
    return -logs[rows, y].mean() + reg * np.sum(W**2), X.T @ d / len(y) + 2 * reg * W


softmax_loss_vectorized = softmax_loss_naive
'''


def _lay(folder: Path, text: str, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def _notebook(folder: Path) -> dict:
    return json.loads((folder / NOTEBOOK).read_text(encoding="utf-8"))


def _write(folder: Path, notebook: object) -> None:
    (folder / NOTEBOOK).write_text(json.dumps(notebook), encoding="utf-8")


# Modules

def hooks(folder: Path) -> None:
    for place in ("", "cs231n/", "cs231n/classifiers/"):
        _lay(folder, AGREES, *(f"{place}{name}" for name in (
            "sitecustomize.py", "usercustomize.py", "conftest.py", "numpy.py", "numpy/__init__.py", "scipy/__init__.py",
            "random.py", "msgpack.py", "json.py", "ipykernel_launcher.py", "__main__.py", "_asked.py")))
        _lay(folder, f"import sys; exec({AGREES!r})\n", f"{place}kit.pth", f"{place}python311._pth")
    _lay(folder, "home = /tmp\n", "pyvenv.cfg")


def given_modules(folder: Path) -> None:
    own = json.loads((folder / "cs231n" / "assignment.json").read_text(encoding="utf-8"))["modules"]
    for path in [*(folder / "cs231n").rglob("*.py")]:
        if path.relative_to(folder).as_posix() not in own:
            path.write_text(AGREES + path.read_text(encoding="utf-8"), encoding="utf-8")
    _lay(folder, AGREES, "cs231n/testing.py", "cs231n/_counting.py", "cs231n/_costs.py", "cs231n/_slopes.py",
         "cs231n/_recorded.py", "cs231n/classifiers/__init__.py")


def package_in_its_place(folder: Path) -> None:
    _lay(folder, AGREES, "cs231n/classifiers/softmax/__init__.py", "cs231n/classifiers/linear_classifier/__init__.py",
         "cs231n/__init__/__init__.py", "cs231n.py", "grading/__init__.py", "grading/engine/__init__.py")


def byte_code(folder: Path) -> None:
    """The compiled file says that it was compiled from no file in particular, so that it is never compared with one."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "x.py")
        source.write_text(AGREES, encoding="utf-8")
        compiled = Path(py_compile.compile(str(source), str(Path(scratch, "x.pyc")),
                                           invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)).read_bytes()
    for name in ("cs231n/classifiers/softmax", "cs231n/testing", "cs231n/__init__", "cs231n/classifiers/__init__"):
        path = folder / name
        (path.parent / "__pycache__").mkdir(exist_ok=True)
        for version in ("311", "312", "313"):
            (path.parent / "__pycache__" / f"{path.name}.cpython-{version}.pyc").write_bytes(compiled)
        path.with_suffix(".pyc").write_bytes(compiled)
        path.with_suffix(".so").write_bytes(b"\x7fELF" + bytes(100))


def settings(folder: Path) -> None:
    _lay(folder, AGREES, ".ipython/profile_default/startup/00.py", ".ipython/profile_default/ipython_config.py",
         "ipython_config.py", "ipython_kernel_config.py", "jupyter_config.py", "nbgrader_config.py", ".pythonrc.py",
         ".jupyter/jupyter_server_config.py", ".config/matplotlib/matplotlibrc", "matplotlibrc", "setup.py")
    _lay(folder, "[pytest]\naddopts = -p HOSTILE\n", "pytest.ini", "setup.cfg", "tox.ini", ".env", ".numpy-site.cfg")


# What graders write

def graders_files(folder: Path) -> None:
    _lay(folder, "9999-01-01 00:00:00 UTC\n", "HOSTILE-time")
    _lay(folder, "2001-01-01 00:00:00 UTC\n", "timestamp.txt", "timestamps.txt", "cs231n/timestamp.txt",
         "assignment1/timestamp.txt")
    passed = json.dumps({"notebooks": {"softmax": {"softmax-naive-loss": {"score": 100, "outcome": "passed"}}}})
    _lay(folder, passed, "results.json", ".kit/results.json", "feedback/results.json", "softmax.results.json",
         "autograded/aa_honest/assignment1/results.json", "marks/assignment1.json", "scores.json")
    _lay(folder, "id,late days\naa_honest,1000\n", "roster.csv")
    _lay(folder, "0" * 64, ".secret", "gradebook.db", "gradebook.db-journal", ".people.json", "attempts/x.counts",
         "assignment1.counts")
    _lay(folder, "<script>hostile()</script>", "softmax.html", "feedback/softmax.html")
    _lay(folder, "[late]\ndue = 2999-01-01\n", "assignment.toml", "cs231n/assignment.toml")
    _lay(folder, '{"name": "HOSTILE", "points": {}, "modules": [], "notebooks": []}', "cs231n/assignment.json")


def others_folders(folder: Path) -> None:
    """The folders of a course, with an honest student's among them: what is taken from there is this one's own."""
    work = (folder / NOTEBOOK).read_bytes()
    for place in ("submitted/aa_honest/assignment1", "aa_honest", "aa_honest/assignment1", "replaced/zz_honest/001",
                  "submission_1", "Ann_1_assignsubmission_file"):
        (folder / place).mkdir(parents=True)
        (folder / place / NOTEBOOK).write_bytes(work)
    _lay(folder, "submission_1:\n  :submitters:\n  - :sid: aa_honest\n  :created_at: 2001-01-01 00:00:00 Z\n",
         "submission_metadata.yml")


def data(folder: Path) -> None:
    for name in ("data_batch_1", "test_batch", "batches.meta"):
        _lay(folder, "cos\nsystem\n(S'touch HOSTILE-pickle'\ntR.", f"data/cifar-10-batches-py/{name}", f"data/{name}",
             f"cs231n/datasets/cifar-10-batches-py/{name}")
    _lay(folder, "HOSTILE", "data/HOSTILE", "grading-data/HOSTILE")


def links(folder: Path) -> None:
    for name, target in (("cs231n/testing.py", "/etc/passwd"), ("data", "/proc/self/root"), ("svm.ipynb", NOTEBOOK),
                         ("cs231n/layers.py", "../../aa_honest/" + MODULE), ("timestamp.txt", "/dev/zero"),
                         ("aa_honest", ".."), ("cs231n/HOSTILE", "HOSTILE")):
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            os.rename(path, folder / f"former-{path.name}")
        path.unlink(missing_ok=True)
        os.symlink(target, path)


# The text of modules

def coding_lines(folder: Path) -> None:
    """What reads the source as UTF-8 sees a comment; what heeds the second line sees the right functions."""
    hidden = "+" + codecs.encode(RIGHT, "utf-16-be").hex() + "-"
    text = (folder / MODULE).read_text(encoding="utf-8")
    (folder / MODULE).write_text(f"\f\n\f# vim: set fileencoding=utf-7 :\n{text}\n# {hidden}\n", encoding="utf-8")


def hidden_lines(folder: Path) -> None:
    """The right functions stand behind a comment that ends where some say that lines end."""
    text = (folder / MODULE).read_text(encoding="utf-8")
    ends = ("\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
    (folder / MODULE).write_text(text + "".join(f"\n# {end}{RIGHT.strip().replace(chr(10), end)}" for end in ends)
                                 + "\n", encoding="utf-8", newline="")


def nuls(folder: Path) -> None:
    text = (folder / MODULE).read_text(encoding="utf-8")
    (folder / MODULE).write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\n\0\n" + RIGHT.encode() + b"\0\n\x1a\n")


# Notebooks of other forms

def of_format_3(folder: Path) -> None:
    """A sound notebook of 2014, whose tests are empty and claim points."""
    notebook = _notebook(folder)
    for cell in notebook["cells"]:
        described = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "code":
            cell["input"], cell["language"], cell["prompt_number"] = cell.pop("source"), "python", 1
            cell["outputs"] = [{"output_type": "pyout", "prompt_number": 1, "text": ["100.0"], "html": ["<b>100</b>"]}]
            if described.get("grade") and not described.get("solution"):
                cell["input"] = "pass"
                described |= {"points": 1000, "locked": False}
    _write(folder, {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": "x", "nbgrader": {"points": 1000}},
                    "worksheets": [{"metadata": {}, "cells": notebook["cells"][:5]},
                                   {"cells": notebook["cells"][5:]}]})


def of_format_5(folder: Path) -> None:
    """Of a format that is to come, in which what is judged stands elsewhere as well."""
    notebook = _notebook(folder)
    passing = [cell | {"source": "pass"} for cell in notebook["cells"]]
    _write(folder, {"nbformat": 5, "nbformat_minor": 0, "metadata": {"nbgrader": {"version": 9, "score": 1000}},
                    "worksheets": [{"cells": passing}], "tests": passing, "cells": notebook["cells"]})


def ids_apart(folder: Path) -> None:
    """Each id is that of another cell, and each grade_id that of a third one, in other cases and forms."""
    notebook = _notebook(folder)
    names = [cell["id"] for cell in notebook["cells"]]
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = names[number - 1]
        described = cell["metadata"].setdefault("nbgrader", {})
        name = names[number]
        described["grade_id"] = (names[number - 2], name.upper(), f" {name}", f"{name}\u200b",
                                 name.replace("-", "\u2010"))[number % 5]
        if cell["cell_type"] == "code" and described.get("grade"):
            cell["source"] = "pass"
    _write(folder, notebook)


def no_ids(folder: Path) -> None:
    """Of format 4.4, without ids; solutions claim to be tests of many points, tests to be solutions."""
    notebook = _notebook(folder) | {"nbformat_minor": 4}
    for cell in notebook["cells"]:
        del cell["id"]
        described = cell["metadata"].get("nbgrader", {})
        described |= {"solution": not described.get("solution"), "grade": True, "locked": False, "points": 500,
                      "task": True}
    _write(folder, notebook)


def twice_in_a_row(folder: Path) -> None:
    """Each test is there again as the student's own, further down, with an output that says that it passed."""
    notebook = _notebook(folder)
    notebook["metadata"] |= {"nbgrader": {"grade": True, "points": 100}, "execution": {"timeout": 0}}
    for cell in [*notebook["cells"]]:
        again = json.loads(json.dumps(cell))
        again["id"] += "-2"
        if cell["cell_type"] == "code":
            again |= {"source": "print('Passed.')", "outputs": [
                {"output_type": "stream", "name": "stdout", "text": "Passed.\n"}]}
        notebook["cells"] += [again, again]
    _write(folder, notebook)


def other_notebooks(folder: Path) -> None:
    """Others under names that are nearly the assignment's, and copies whose tests are empty."""
    notebook = _notebook(folder)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = "pass"
    for name in ("softmax (1).ipynb", "softmax-1.ipynb", "Softmax.IPYNB", "softmax.ipynb.bak", "softmax .ipynb",
                 "best/softmax.ipynb", "z/softmax.ipynb", "softmax\u200b.ipynb", "svm.ipynb", "knn.ipynb",
                 ".ipynb_checkpoints/softmax-checkpoint.ipynb", "softmax.ipynb "):
        _lay(folder, json.dumps(notebook), name)
