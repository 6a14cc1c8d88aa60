"""`python -m cs231n.check`, run as a student runs it: in the release's folder, without the kit and without data."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cs231n import _check as checks
from cs231n._check import names, needed


def check(folder, *arguments):
    return subprocess.run([sys.executable, "-m", "cs231n.check", *arguments], cwd=folder, capture_output=True,
                          text=True, timeout=300, env={"PATH": "/usr/bin:/bin"})


def rows(printed):
    """{question: (points, outcome, message)}"""
    found, last = {}, ""
    for line in printed.splitlines()[2:-1]:
        if line.startswith("    "):
            found[last][2] += f"{line.strip()}\n"
        else:
            last, points, outcome = line.split(None, 2)
            found[last] = [points, outcome, ""]
    return found


def edit(path, *changes):
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def test_a_perfect_submission_passes_and_leaves_nothing_behind(perfect):
    assignment, folder = perfect
    before = sorted(folder.rglob("*"))
    done = check(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {outcome for _, outcome, _ in rows(done.stdout).values()} == {"passed"}
    found = rows(done.stdout)
    described = json.loads((folder / "cs231n" / "assignment.json").read_text())
    seen = {name: points for notebook in assignment.notebooks
            for name, points in checks.in_the_open(described, notebook).items()}
    assert found.keys() == set(map(checks.topic, seen))
    won, points = sum(seen.values()), sum(described["points"].values())
    assert f"{won:g} of {won:g} points that are decided in the open; {points - won:g} more" in done.stdout
    assert sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts) == before


def test_an_untouched_release_has_everything_not_written_yet(released, tmp_path):
    assignment, course = released
    done = check(shutil.copytree(course.release(assignment.name), tmp_path / "work"), "knn", "two_layer_net.ipynb")
    found = rows(done.stdout)
    assert done.returncode == 1
    assert {topic.partition("-")[0] for topic in found} == {"knn", "two_layer_net"}
    assert {outcome for _, outcome, _ in found.values()} == {"not written yet"}
    assert found["two_layer_net-svm_loss"][::2] == ["0/1", "svm_loss is not implemented yet\n"]
    assert found["two_layer_net-best_model"][2] == "this cell is not written yet\n"


@pytest.fixture
def faulty(perfect):
    """A submission with one thing wrong in each notebook, and nothing of the rest of it."""
    _, folder = perfect
    classifiers = folder / "cs231n" / "classifiers"
    edit(classifiers / "k_nearest_neighbor.py", ("np.sqrt(dists, out=dists)", "dists"))
    edit(classifiers / "linear_svm.py", ("import numpy as np", "import numpy as np\nwhile True:\n    pass\n"))
    edit(classifiers / "softmax.py", ("def softmax_loss_naive(", "def softmax_loss_naive)"))
    return folder


def test_what_is_wrong_is_said_where_it_matters_and_costs_nothing_else(faulty):
    done = check(faulty, "knn", "svm-vectorized", "softmax", "--limit", "2")
    found = rows(done.stdout)
    assert done.returncode == 1
    assert found["knn-no_loops"][1] == "failed" and "the square of the expected value" in found["knn-no_loops"][2]
    assert found["knn-two_loops"][1] == found["knn-predict_labels"][1] == "passed"
    assert found["svm-vectorized"][1] == "failed" and "took more than 2 s" in found["svm-vectorized"][2]
    assert "svm-naive" not in found
    assert "cs231n/classifiers/softmax.py line " in found["softmax-vectorized"][2]
    assert found["softmax-log_uniform"][1] == "passed"
    assert found["softmax-results"][1] == "failed" and "softmax-search-solution, which it needs" in found[
        "softmax-results"][2]


def test_a_name_that_nothing_has_and_a_notebook_that_is_none_are_said(perfect):
    _, folder = perfect
    done = check(folder, "knnn")
    assert done.returncode == 2 and "Name notebooks (knn, svm" in done.stderr
    (folder / "knn.ipynb").write_text("{")
    (folder / "svm.ipynb").unlink()
    done = check(folder, "knn-two_loops", "svm-naive")
    assert done.returncode == 1 and done.stderr == ""
    assert "knn.ipynb is corrupt" in done.stdout and "svm.ipynb: No such file" in done.stdout


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf", "soon", ""])
def test_a_limit_that_is_no_number_of_seconds_is_wrong_use(perfect, limit):
    done = check(perfect[1], "--limit", limit)
    assert done.returncode == 2 and f"{limit!r} is not a number of seconds above 0" in done.stderr


def test_a_locked_check_that_was_edited_is_run_as_it_was_handed_out(perfect):
    _, folder = perfect
    edit(folder / "cs231n" / "classifiers" / "k_nearest_neighbor.py", ("np.sqrt(dists, out=dists)", "dists"))
    notebook = json.loads((folder / "knn.ipynb").read_text())
    for cell in notebook["cells"]:
        if cell["id"] == "knn-no_loops-check":
            cell["source"] = "pass"
    (folder / "knn.ipynb").write_text(json.dumps(notebook))
    assert rows(check(folder, "knn-no_loops").stdout)["knn-no_loops"][1] == "failed"


def test_a_saved_file_has_what_it_concerns_run_again(perfect):
    _, folder = perfect
    module = folder / "cs231n" / "classifiers" / "softmax.py"
    watching = subprocess.Popen([sys.executable, "-m", "cs231n.check", "--watch", "knn-one_loop", "softmax-vectorized"],
                                cwd=folder, stdout=subprocess.PIPE, text=True, env={"PATH": "/usr/bin:/bin"})
    try:
        assert "knn-one_loop" in _until_total(watching)
        edit(module, ("def softmax_loss_vectorized(W, X, y, reg):", "def softmax_loss_vectorized(W, X, y):"))
        printed = _until_total(watching)
        assert "knn-one_loop" not in printed
        assert "failed" in printed and "0/1" in printed
    finally:
        watching.kill()
        watching.communicate()


def _until_total(process) -> str:
    lines = []
    while not lines or "points that are decided" not in lines[-1]:
        line = process.stdout.readline()
        assert line, lines
        lines.append(line)
    return "".join(lines)


# What a check needs

@pytest.mark.parametrize("cells, expected", [
    (["x = 1", "y = 2", "x"], [0]),
    (["x = 1", "x = 2", "x"], [1]),
    (["x = []", "x.append(1)", "z = 3", "x"], [0, 1]),
    (["x = {}", "for k in (1, 2):\n    x[k] = k", "x"], [0, 1]),
    (["x = {}", "print(x.values(), len(x))", "x"], [0]),
    (["net = Net()", "solver = Solver(net)", "solver.train()", "net.params"], [0, 1, 2]),
    (["results = {}", "def keep(k):\n    results[k] = 1", "keep(3)", "results"], [0, 1, 2]),
    (["a = 1", "def f():\n    return a", "a = 2", "f()"], [0, 1, 2]),
    (["import numpy as np\nslow = 1", "np.ones(3)"], []),
    (["%%time\nx = 1", "!ls\n%timeit -n 3 y = 2", "x + y"], [0, 1]),
    (["x = (", "other = 1", "x"], [0]),
    (["x = 1", "print('lr=%f' % x)", "files = !ls\ny = files", "x"], [0]),
    (["from somewhere import *", "y = 2", "x"], [0]),
    (["x = 1", "for i in range(3):\n    x = x + i", "x"], [0, 1]),
    (["x = 1", "if flag:\n    x = 2", "x"], [0, 1]),
    (["rng = np.random.default_rng(1)", "p = np.arange(3)", "rng.shuffle(p)", "p"], [0, 1, 2]),
    (["import matplotlib.pyplot as plt", "x = [1]", "plt.plot(x)\nplt.show()", "x"], [1]),
    (["count_starts(Net)", "Net()"], [0]),
])
def test_cells_that_bind_or_change_what_is_read_are_needed(cells, expected):
    found, _ = needed.needed([names.read(cell) for cell in cells], len(cells) - 1)
    assert found[:-1] == expected


def test_an_import_is_done_where_it_is_read_without_the_rest_of_its_cell():
    facts = [names.read(text) for text in ("import numpy as np\nslow()", "import numpy as np\nx = 1", "np.ones(x)")]
    assert needed.needed(facts, 2) == ([1, 2], {1: [], 2: ["import numpy as np"]})


def test_every_check_in_the_open_runs_fewer_cells_than_its_notebook_has(perfect):
    _, folder = perfect
    described = json.loads((Path(folder) / "cs231n" / "assignment.json").read_text())
    for notebook, cells in described["cells"].items():
        code = sum(cell["kind"] == "code" for cell in cells)
        for one in checks.read(folder, described, notebook):
            assert one.cells[-1].name == one.name and len(one.cells) < code


def test_stopped_while_cells_run_it_ends_at_once_and_so_do_they(perfect, tmp_path):
    _, folder = perfect
    mark = tmp_path / "running"
    with (folder / "cs231n" / "classifiers" / "softmax.py").open("a") as file:
        file.write(f"import os, time\ndef softmax_loss_naive(*args):\n    with open({str(mark)!r}, 'a') as file:\n"
                   "        file.write(f'{os.getpid()}\\n')\n    time.sleep(600)\n")
    process = subprocess.Popen([sys.executable, "-m", "cs231n.check", "softmax"], cwd=folder, stderr=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, env={"PATH": "/usr/bin:/bin"})
    try:
        while not (mark.exists() and mark.read_text().endswith("\n")):
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60) == ("", "check: stopped before its end. Run it again.\n")
    finally:
        process.kill()
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text().split()[-1]), 0)


def test_where_ipython_is_missing_it_is_said(perfect):
    _, folder = perfect
    (folder / "IPython.py").write_text("raise ImportError(\"No module named 'IPython'\")\n")
    done = check(folder, "knn-two_loops")
    assert "cannot run cells (No module named 'IPython'): use the Python that your notebooks use" in done.stdout


def test_an_assignment_of_questions_alone_has_no_checks_and_says_so(perfect):
    _, folder = perfect
    described = folder / "cs231n" / "assignment.json"
    described.write_text(json.dumps(json.loads(described.read_text()) | {"points": {}}))
    for what in ((), ("knn",)):
        done = check(folder, *what)
        assert (done.returncode, done.stdout) == (0, "check: this assignment has no checks: people read its answers.\n")


def test_where_numpy_is_missing_it_is_said_in_one_sentence(perfect):
    _, folder = perfect
    (folder / "numpy.py").write_text("raise ModuleNotFoundError(\"No module named 'numpy'\")\n")
    done = check(folder, "knn-two_loops")
    assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"check: {sys.executable} cannot run checks (No module named 'numpy'): use the ")


def test_a_module_that_cannot_be_read_is_named(perfect):
    _, folder = perfect
    module = folder / "cs231n" / "classifiers" / "softmax.py"
    module.unlink()
    module.symlink_to("gone.py")
    assert "cs231n/classifiers/softmax.py: No such file or directory" in check(folder, "softmax").stdout


def test_what_checks_say_is_no_command_for_a_terminal(perfect):
    _, folder = perfect
    with (folder / "cs231n" / "classifiers" / "softmax.py").open("a") as file:
        file.write("\n\ndef softmax_loss_naive(*_):\n    raise ValueError('\\x1b]0;HOSTILE\\x07\\x1b[2J')\n")
    done = check(folder, "softmax-naive")
    assert "HOSTILE" in done.stdout and not {sign for sign in done.stdout if not sign.isprintable()} - {"\n"}


def test_files_that_are_no_work_of_anybodys_hold_nothing_up(perfect):
    """A notebook and a module of gigabytes, and a pipe in the package, which would be waited for."""
    _, folder = perfect
    for path in (folder / "knn.ipynb", folder / "cs231n" / "large.py"):
        with path.open("ab") as file:
            file.truncate(6_000_000_000)
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "cs231n" / "softmax.py")
    edit(folder / "softmax.ipynb", ("import numpy", "import cs231n.large\\nimport numpy"))
    done = check(folder, "knn", "softmax-naive", "--limit", "20")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "knn.ipynb is 6,000.0 MB, and may be 50; clear the outputs of its cells" in done.stdout
    assert "softmax-naive" in rows(done.stdout)


def test_a_notebook_that_is_too_much_to_be_read_is_told_without_reading_it(perfect):
    _, folder = perfect
    (folder / "knn.ipynb").write_text('{"cells":[' + "[]," * 4_000_000 + "[]]}")
    done = check(folder, "knn-two_loops")
    assert done.returncode == 1 and "knn.ipynb is corrupt (more than 3,000,000 parts)" in done.stdout


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_a_pipe_or_a_device_in_a_notebooks_place_is_told_and_not_read(perfect):
    _, folder = perfect
    place = folder / "knn.ipynb"
    for make in (lambda: os.mkfifo(place), lambda: place.symlink_to("/dev/zero")):
        place.unlink()
        make()
        done = check(folder, "knn-two_loops")
        assert done.returncode == 1 and "knn.ipynb is no ordinary file" in done.stdout
