"""The engine's shell beside a real kernel, and what the real one does not have: limits, silence, broken machinery."""

import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from hashlib import sha256
from io import BytesIO

import matplotlib.image
import nbformat
import pytest
from nbclient import NotebookClient

from grading import ROOT
from grading.engine.outputs import MOST_DATA, MOST_OUTPUTS, MOST_TEXT

# Run one after the other, in the shell and in a kernel, by name.
CELLS = {
    "names a notebook begins with": "sorted(name for name in globals() if name != '_i')",
    "expression": "1 + 1",
    "only a comment": "# nothing to do",
    "blank": "   \n",
    "previous results": "print(_, __, Out, In[2]); _2",
    "semicolon hides the result": "40 + 2;",
    "underscore once bound by the user stays": "_ = 'mine'\n5",
    "its own underscore": "_",
    "unbind the underscore": "del _",
    "several expressions, only the last is shown": "'a'\n'b'",
    "both streams": (
        "import sys, warnings\nprint('out 1')\nprint('err 1', file=sys.stderr)\nprint('out 2')\n"
        "warnings.warn('careful')"),
    "flushed streams keep their order": (
        "print('a', flush=True)\nprint('b', file=sys.stderr, flush=True)\nprint('c', flush=True)"),
    "text around a display": "print('before')\ndisplay({'k': 1})\nprint('after', end='')\n'result'",
    "warning from numpy": "import numpy as np\nnp.array([1.0]) / 0",
    "runtime settings last": "np.set_printoptions(precision=2)\nold = np.seterr(divide='ignore')\nnp.array([1.0]) / 0",
    "settings still there": "np.array([np.pi]) / 0 + np.geterr()['divide'].count('ignore'), np.array([np.pi])",
    "error": "def fail(x):\n    return 1 / x\n\nprint('so far')\nfail(0)",
    "error with a cause": (
        "try:\n    fail(0)\nexcept ZeroDivisionError as e:\n    raise ValueError('worse\\nthan that') from e"),
    "error in a library": "np.zeros((2, 3)) @ np.zeros((2, 3))",
    "exception class of the notebook": "class Mine(Exception):\n    pass\n\nraise Mine('π', 3)",
    "exception group": "raise ExceptionGroup('several', [ValueError(1), KeyError('k')])",
    "failed assertion": "assert np.allclose([1], [2]), 'not the same'",
    "syntax error": "def f(:\n    pass",
    "indentation error": "if True:\npass",
    "indentation that was not there before": "if True:\n    if True:\n        pass\n  pass",
    "unfinished string": "x = 'abc",
    "unknown magic": "%no_such_magic",
    "unknown name": "no_such_name",
    "deep recursion": (
        "import sys\nlimit = sys.getrecursionlimit()\nsys.setrecursionlimit(250)\ndef deep(n):\n"
        "    return deep(n + 1)\n"
        "try:\n    deep(0)\nfinally:\n    sys.setrecursionlimit(limit)"),
    "system exit": "raise SystemExit(3)",
    "sys.exit": "sys.exit('done')",
    "keyboard interrupt": "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(5)",
    "interrupt of an await": (
        "import asyncio, threading\n"
        "threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\nawait asyncio.sleep(30)"),
    "input": "name = input('who? ')",
    "getpass": "import getpass\ngetpass.getpass()",
    "time": "%time sum(range(10))",
    "time of a cell": "%%time\ntotal = sum(range(10))\nprint(total)",
    "timeit": "%timeit -n 10 -r 2 sum(range(10))",
    "captured": "%%capture held\nprint('kept')\nprint('also', file=sys.stderr)\ndisplay('rich')\n1",
    "captured and shown": "print(repr(held.stdout), repr(held.stderr), len(held.outputs))\nheld.show()",
    "redirected": (
        "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as text:\n"
        "    print('x')\ntext.getvalue()"),
    "top-level await": "async def double(x):\n    await asyncio.sleep(0)\n    return 2 * x\n\nawait double(21)",
    "await that fails": "await asyncio.sleep(0)\nraise ValueError('after the await')",
    "await with output": (
        "print('one')\nawait asyncio.sleep(0.01)\nprint('two')\nawait asyncio.gather(double(1), double(2))"),
    "a loop is running": "waiting = double(1)\ntry:\n    asyncio.run(waiting)\nfinally:\n    waiting.close()",
    "task made in a cell": "task = asyncio.create_task(double(4))",
    "task awaited in the next": "await task",
    "html and latex": "from IPython.display import HTML, Latex, Markdown, Image, clear_output, update_display\n"
                      "display(HTML('<b>x</b>'), Latex('$x$'))\nMarkdown('*x*')",
    "several representations": (
        "class Rich:\n    def __repr__(self): return 'plain'\n    def _repr_html_(self): return '<i>rich</i>'\n"
        "    def _repr_png_(self): return b'\\x89PNG\\r\\n\\x1a\\n' + bytes(40)\n"
        "    def _repr_json_(self): return {'a': [1, 2.5, None, True]}, {'expanded': True}\n\nRich()"),
    "broken repr": "class Broken:\n    def __repr__(self): raise RuntimeError('no repr')\n\nBroken()",
    "broken html repr": (
        "class Half:\n    def __repr__(self): return 'fine'\n"
        "    def _repr_html_(self): raise RuntimeError('no html')\n\nHalf()"),
    "raw display": "from IPython.display import publish_display_data\n"
                   "publish_display_data({'text/plain': 'p', 'application/json': {'a': (1, 2)}}, {'m': 1})",
    "display that is no JSON": "publish_display_data({'text/plain': object()})",
    "image from bytes": "Image(data=b'\\x89PNG\\r\\n\\x1a\\n' + bytes(range(200)), format='png')",
    "display id": "handle = display('first', display_id='one')\ndisplay('other')\nhandle.update('second')",
    "display id of an earlier cell": "update_display('third', display_id='one')\nprint('updated')",
    "display id without a display": "update_display('nobody', display_id='none')",
    "cleared output": "print('gone')\ndisplay('gone')\nclear_output()\nprint('stays')",
    "cleared later": "for i in range(3):\n    clear_output(wait=True)\n    print('step', i)\n    display(i)",
    "cleared at the next output, and there is none": "print('stays')\nclear_output(wait=True)",
    "line magic with a result": "x = %time 6 * 7\nx",
    "run a shell command in a variable": "home = %env HOME\ntype(home)",
    "who": "%who_ls function",
    "help": "len?",
    "next input": "get_ipython().set_next_input('1 + 1')",
    "error before the traceback": "fail(0)",
    "last traceback": "%tb",
    "history": "%history -n 2-4",
    "environment": "type(get_ipython()).__name__, type(get_ipython()).__module__, "
                   "sys.stdout.isatty(), sys.stdout.encoding, "
                   "type(sys.stdout).__name__, os.environ.get('MPLBACKEND'), '' in sys.path",
    "get_ipython": "import IPython\nIPython.get_ipython() is get_ipython()",
    "main module": "import __main__\n__name__, __main__.fail is fail, type(__main__).__name__",
    "pickle": (
        "import pickle\n\nclass Point:\n    def __init__(self, x): self.x = x\n\n"
        "pickle.loads(pickle.dumps(Point(3))).x"),
    "dataclass": (
        "from dataclasses import dataclass\n\n@dataclass\nclass Pair:\n    a: int\n    b: 'Pair' = None\n\n"
        "Pair(1, Pair(2))"),
    "source of a function": "import inspect\ninspect.getsource(double)",
    "future import": "from __future__ import annotations\ndef typed(x: no_such_type): pass\ntyped.__annotations__",
    "warning of the compiler": "x = 6\nx is 5, '\\d', (1 < 2)",
    "warning about a cell that awaits": "import asyncio\nawait asyncio.sleep(0)\nassert (x is 6, 'never fails')",
    "arguments": "import argparse\nargparse.ArgumentParser().parse_args()",
    "logging": "import logging\nlogging.warning('logged')\nlogging.getLogger('x').info('not shown')",
    "pprint": "import pprint\npprint.pprint({'b': 1, 'a': [1, 2]})\n{'b': 1, 'a': list(range(40))}",
    "carriage returns": "for i in range(3):\n    print(f'\\r{i}', end='')",
    "write and writelines": "sys.stdout.write('abc\\n')\nsys.stdout.writelines(['d', 'e'])\nsys.stdout.write('12345')",
    "write of bytes": "sys.stdout.write(b'abc')",
    "no buffer": "sys.stdout.buffer",
    "print in a thread": "t = threading.Thread(target=print, args=('from a thread',)); t.start(); t.join()",
    "error in a thread": "t = threading.Thread(name='T', target=fail, args=(0,)); t.start(); t.join()",
    "backend before any figure": "import matplotlib\nmatplotlib.get_backend(), matplotlib.is_interactive()",
    "figure without the magic": "import matplotlib.pyplot as plt\nplt.figure(figsize=(2, 1))\nplt.plot([1, 2])",
    "matplotlib inline": "%matplotlib inline\nplt.rcParams['figure.figsize'] = (2.0, 1.5)\nplt.rcParams['image.cmap']",
    "figure flushed at the end": "print('text')\nplt.plot([1, 2, 3]);",
    "figures shown": "for k in range(2):\n    plt.plot([k, 2])\n    plt.show()\n    print('after', k)",
    "figure as result": "fig, ax = plt.subplots(figsize=(2, 1))\nax.set_title('t')\nfig",
    "figure after an error": "plt.plot([3, 1])\nraise ValueError('with a figure')",
    "figure that cannot be drawn": "plt.title('$\\\\nosuch{$')\nplt.show()",
    "closed figure": "plt.plot([1])\nplt.close()",
    "imshow and savefig": (
        "plt.imshow(np.eye(3))\nplt.savefig(io.BytesIO(), format='png')\nplt.gca().axis('off')\nplt.show()"),
    "svg": "%config InlineBackend.figure_format = 'retina'\nplt.plot([1, 2])\nplt.show()",
    "magic with a bad option": "%matplotlib nosuch",
    "autoreload": "%load_ext autoreload\n%autoreload 2",
    "autoreload again": "%load_ext autoreload",
    "module of the folder": (
        "from pathlib import Path\nPath('helper_module.py').write_text('def answer(): return 1\\n')\n"
        "os.utime('helper_module.py', (1, 1))\nfrom helper_module import answer\nanswer()"),
    "edited module": "Path('helper_module.py').write_text('def answer(): return 2\\n')",
    "reloaded module": "answer()",
    "module with an error": (
        "Path('helper_module.py').write_text('def answer(: return 3\\n')\nos.utime('helper_module.py')"),
    "answer of the last good one": "answer()",
    "%%writefile": "%%writefile made.py\nvalue = 7",
    "import of a written file": "import made\nmade.value",
    "%run": "%run made.py\nvalue",
    "shell command": "!echo hello",
    "captured shell command": "lines = !echo hello\nlines",
    "a long sequence": "list(range(2000))",
    "tqdm-like": "for i in range(3):\n    sys.stderr.write(f'\\r{i}/3')\n    sys.stderr.flush()",
    "matplotlib tk": "%matplotlib tk",
    "stream closed by the user": "sys.stdout.flush(); sys.stderr.fileno() >= 0",
    "ask to exit": "print('last words')\nexit()",
}

DIFFERENT = {
    "deep recursion": (
        "a kernel has more frames below the cell, so its recursion, and its traceback, is a little shorter"),
    "display that is no JSON": "the traceback runs through our session instead of the one with sockets",
    "write of bytes": "the traceback ends in our stream instead of ipykernel's",
    "magic with a bad option": "figures are drawn inline, whatever is asked for",
    "matplotlib tk": "the same",
}

# Makes a shell, then answers each line of cells from a child forked for it.
SERVER = """
import builtins, json, os, signal, sys
import numpy, scipy
from grading.engine.compiled import compiled
from grading.engine.ipython import is_plain
from grading.engine.shell import Shell
shell = Shell()
assert len(os.listdir("/proc/self/task")) == 1, "a shell must start no thread"
for line in sys.stdin:
    child = os.fork()
    if child:
        if os.waitpid(child, 0)[1]:
            print("null", flush=True)
        continue
    signal.alarm(20)
    asked = json.loads(line)
    answer = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.chdir(asked["folder"])
    dumps, cells, builtin = json.dumps, [], dict(vars(builtins))
    plain = {source for source in asked["cells"] if type(source) is str and is_plain(source)}
    for source in asked["cells"]:
        if type(source) is dict:                # not isinstance: a cell may have broken it
            cell = shell.run(source["silent"], silent=True)
        else:
            known = compiled(source) if asked["compiled"] and source in plain else None
            cell = shell.run(source, plain=source in plain, code=known)
        cells.append([cell.outputs, cell.execution_count, cell.error and type(cell.error).__name__, cell.asked_exit])
    vars(builtins).update(builtin)
    answer.write(dumps(cells) + chr(10))
    answer.flush()
    os._exit(0)
"""


class Ran:
    """A cell that ran in the shell."""

    def __init__(self, outputs, execution_count, error, asked_exit):
        self.outputs, self.execution_count, self.error, self.asked_exit = outputs, execution_count, error, asked_exit

    def text(self, name="stdout"):
        return "".join(o["text"] for o in self.outputs if o.get("name") == name)

    def results(self):
        return [o["data"]["text/plain"] for o in self.outputs if "data" in o]

    def errors(self):
        return [o["ename"] for o in self.outputs if o["output_type"] == "error"]


@pytest.fixture(scope="module")
def server():
    with subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT, text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def run(server, tmp_path):
    """Run cells in a fresh child."""
    def run(*cells, compiled=False):
        server.stdin.write(json.dumps({"cells": cells, "folder": str(tmp_path), "compiled": compiled}) + "\n")
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        assert answer is not None, "the child died"
        return [Ran(*cell) for cell in answer]
    return run


def in_kernel(cells, folder):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    # ipykernel captures file descriptors only where no test of pytest's seems to run
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    NotebookClient(made, allow_errors=True, timeout=60, kernel_name="python3",
                   resources={"metadata": {"path": str(folder)}}).execute(
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return made.cells


def comparable(outputs):
    """Outputs without what differs from run to run: addresses, durations, process ids, folders."""
    merged = []
    for output in json.loads(json.dumps(outputs)):
        if "image/png" in output.get("data", {}):
            output["data"]["image/png"] = pixels(output["data"]["image/png"])
        if merged and output["output_type"] == "stream" and merged[-1].get("name") == output["name"]:
            merged[-1]["text"] += output["text"]        # a kernel sends what was printed in pieces
        else:
            merged.append(output)
    text = json.dumps(merged, ensure_ascii=False)
    for pattern, name in ((r"0x[0-9a-f]{6,}", "ADDRESS"), (r"ipykernel_\d+", "ipykernel_PID"),
                          (r"/[^ '\"\\]*helper_module", "helper_module"),
                          (r"\d+(\.\d+)? ?(ns|[uμµ]s|ms|s)\b", "TIME"), (r"\(\d+ times\)", "(N times)"),
                          (r"(CPU times|Compiler) *:[^\\]*\\n", ""),      # told if it was longer than the clock sees
                          (r"The slowest run took [^\\]*\\n", ""),       # or if the machine was busy
                          (r"arguments: -f [^\\]*", "arguments: -f FILE")):
        text = re.sub(pattern, name, text)
    return json.loads(text)


def pixels(png):
    try:
        image = matplotlib.image.imread(BytesIO(b64decode(png)))
        return str(image.shape) + sha256(image.tobytes()).hexdigest()
    except Exception:                       # a made-up image
        return png


def test_every_cell_puts_out_what_it_would_in_a_real_kernel(run, tmp_path):
    ours = run(*CELLS.values())
    folder = tmp_path / "kernel"
    folder.mkdir()
    theirs = in_kernel(CELLS.values(), folder)
    different = {name for name, *pair in zip(CELLS, ours, theirs)
                 if len({json.dumps([comparable(cell.outputs), cell.execution_count]) for cell in pair}) == 2}
    assert different == set(DIFFERENT)
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_code_cell(source, outputs=nbformat.from_dict(cell.outputs))
                  for source, cell in zip(CELLS.values(), ours)]
    nbformat.validate(made)
    assert [name for name, cell in zip(CELLS, ours) if cell.asked_exit] == ["ask to exit"]


def test_a_cell_that_comes_with_its_code_puts_out_what_it_does_without(run):
    without, with_code = run(*CELLS.values()), run(*CELLS.values(), compiled=True)
    different = {name for name, *pair in zip(CELLS, without, with_code) if len({
        re.sub(r"_PID/\d+\.py", "_PID/CELL.py", json.dumps([comparable(cell.outputs), cell.execution_count]))
        for cell in pair}) == 2}
    # the file is there the second time, and there is a frame less below the cell
    assert different == {"%%writefile", "deep recursion"}
    assert [cell.error for cell in without] == [cell.error for cell in with_code]


def test_each_child_begins_at_in_1_with_no_names_of_its_own(run):
    first, names = "x = 1\nIn, Out, get_ipython().execution_count", "[n for n in globals() if not n.startswith('_')]"
    again = [run(first, names) for _ in range(2)]
    assert [[cell.results() for cell in cells] for cells in again] == [
        [[r"(['', 'x = 1\nIn, Out, get_ipython().execution_count'], {}, 2)"],
         ["['In', 'Out', 'get_ipython', 'exit', 'quit', 'open', 'x']"]]] * 2


def test_endless_printing_is_cut_while_it_runs_and_fills_no_memory(run):
    cell, grown = run("import resource\nbefore = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
                      "for i in range(200_000):\n    print('x' * 999)",
                      "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before")
    assert len(cell.outputs) == 1
    assert MOST_TEXT < len(cell.text()) < MOST_TEXT + 200
    assert "a cell keeps at most 1,000,000 printed characters" in cell.text()
    assert int(grown.results()[0]) < 30_000             # kilobytes; 200,000 of text went through


def test_one_text_longer_than_a_cell_may_keep_is_cut_too(run):
    cell, = run(f"print('x' * {MOST_TEXT * 3})\nprint('more')\nimport sys\nprint('also', file=sys.stderr)")
    assert cell.text().startswith("x" * MOST_TEXT + "\n... output cut here")
    assert cell.text().count("cut here") == 1 and not cell.text("stderr")


def test_figures_and_results_beyond_the_limit_are_dropped(run):
    cell, grown = run("import resource\nbefore = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
                      "for i in range(100):\n    display({'text/plain': 'y' * 1_000_000}, raw=True)\n1 / 0",
                      "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before")
    assert len(cell.results()) == MOST_DATA // 1_000_000 - 1        # JSON adds a few bytes to each
    assert "5,000,000 bytes of figures and results" in cell.text()
    assert cell.errors() == ["ZeroDivisionError"]
    assert int(grown.results()[0]) < 60_000


def test_many_tiny_outputs_are_cut_and_the_error_is_still_shown(run):
    loop = "import sys\nfor i in range(5000):\n    print(i, flush=True)\n    print(i, file=sys.stderr, flush=True)\n"
    for cell in run(loop + "1 / 0", "for i in range(5000):\n    display(i)\n1 / 0"):
        assert MOST_OUTPUTS - 5 < len(cell.outputs) <= MOST_OUTPUTS
        assert "2,000 outputs" in cell.text()
        assert cell.errors() == ["ZeroDivisionError"]


def test_an_error_with_an_endless_message_is_cut(run):
    cell, = run("raise ValueError('x' * 30_000_000)")
    assert cell.errors() == ["ValueError"] and cell.error == "ValueError"
    assert len(json.dumps(cell.outputs)) < MOST_DATA


def test_output_that_is_cleared_makes_room(run):
    cell, = run("from IPython.display import clear_output\nfor i in range(10):\n    clear_output(wait=i % 2 == 0)\n"
                "    display({'text/plain': 'y' * 3_000_000}, raw=True)\n    print('x' * 600_000)")
    assert [output["output_type"] for output in cell.outputs] == ["display_data", "stream"]
    assert len(cell.text()) == 600_001


def test_updates_of_a_display_stay_within_its_cells_limit(run):
    cell, _ = run("handles = [display(i, display_id=str(i)) for i in range(20)]; None",
                  "for handle in handles:\n    handle.update({'text/plain': 'z' * 1_000_000}, raw=True)")
    assert len(json.dumps(cell.outputs)) < MOST_DATA + 10_000


def test_a_silent_cell_shows_nothing_and_has_no_number(run):
    setup = "import matplotlib.pyplot as plt\nplt.ioff()\nkept = plt.figure()"
    silent, failed, after = run({"silent": setup + "\nprint('x')\ndisplay(1)\n1"}, {"silent": "y = 5\n1 / 0"},
                                "y, plt.get_fignums(), get_ipython().execution_count")
    assert (silent.outputs, silent.execution_count, silent.error) == ([], None, None)
    assert (failed.outputs, failed.error) == ([], "ZeroDivisionError")
    assert (after.results(), after.execution_count) == (["(5, [], 2)"], 1)


@pytest.mark.parametrize("end", ["exit", "quit()", "get_ipython().ask_exit()",
                                 "get_ipython().kernel.do_shutdown(True)"])
def test_a_cell_can_ask_for_the_end_of_the_process(run, end):
    assert [cell.asked_exit for cell in run("1", end, "2")] == [False, True, False]


def test_an_interrupt_ends_a_cell_that_computes_inside_an_await(run):
    cell, after = run("import asyncio, os, signal, threading\nawait asyncio.sleep(0)\n"
                      "threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\nwhile True: pass", "1 + 1")
    assert (cell.error, cell.errors(), after.results()) == ("KeyboardInterrupt", ["KeyboardInterrupt"], ["2"])


@pytest.mark.parametrize("source", [
    "import sys\nsys.stdout = sys.stderr = None",
    "import sys\nsys.displayhook = None",
    "sys = __import__('sys')\nsys.stdout.write = sys.stderr.flush = None",
    "get_ipython().run_cell = lambda *a, **k: 3",
    "get_ipython().displayhook = 3",
    "get_ipython().events = None",
    "get_ipython().display_pub.session = None",
    "get_ipython().displayhook.session = None",
    "get_ipython().payload_manager = None",
    "get_ipython().user_ns = None",
    "get_ipython().compile = None",
    "get_ipython().showtraceback = lambda *a, **k: None",
    "get_ipython().kernel.session.pack = None",
    "get_ipython().__class__.clear_instance()",
    "import builtins\nbuiltins.isinstance = builtins.len = builtins.print = None",
    "import json\njson.dumps = json.loads = None",
    "import asyncio\nasyncio.get_running_loop().stop()",
    "import asyncio\nawait asyncio.sleep(0)\nasyncio.get_running_loop().stop()\nawait asyncio.sleep(1)",
    "import sys\nsys.modules.clear()",
    "class Odd(BaseException):\n    def __str__(self): raise SystemExit\nraise Odd",
    "class Empty(Exception):\n    def __bool__(self): raise KeyError\nraise Empty",
])
def test_code_that_breaks_the_display_machinery_still_gets_a_cell(run, source):
    cells = run(source, "1 / 0")
    assert cells[1].error and cells[1].errors()


def test_text_that_utf8_cannot_hold_is_escaped(run):
    printed, failed = run("print('\\ud800')", "raise ValueError('\\ud800')")
    assert printed.text() == "\\ud800\n"
    assert failed.outputs[0]["evalue"] == "\\ud800"


def test_displayed_data_is_made_valid(run):
    cell, = run("from IPython.display import publish_display_data\npublish_display_data("
                "{'text/plain': 5, 'text/html': ['a', 6], 'application/json': [10**30, 2**60, 7]})")
    assert cell.outputs[0]["data"] == {"text/plain": "5", "text/html": ["a", "6"],
                                       "application/json": [1e30, float(2**60), 7]}


ELSEWHERE = """
import shutil
from grading.engine.shell import Shell
shutil.which = lambda name: None                 # as in the sandbox
shell = Shell()
for number, line in enumerate(["!ls", "!pip install x", "files = !ls", "%sx ls", "%store x", "%load_ext line_profiler",
                               "%lprun -f x x()", "%matplotlib widget", "%matplotlib notebook", "%matplotlib tk",
                               "%matplotlib", "%matplotlib qt5", "import matplotlib; matplotlib.use('TkAgg')",
                               "import matplotlib.pyplot as plt; plt.switch_backend('nbAgg')"]):
    cell = shell.run(f"{line}\\nx = {number}")
    assert cell.error is None and shell.namespace["x"] == number, line
    told = "".join(output.get("text", "") for output in cell.outputs)
    assert line == "%matplotlib" or "while grading" in told, line
    if "matplotlib" in line:
        shown = shell.run("import matplotlib.pyplot as plt\\nplt.plot([1, 2])\\nplt.show()").outputs
        assert "image/png" in shown[0]["data"], line
shell.run("import matplotlib\\nmatplotlib.use('Agg')")
assert not shell.run("plt.plot([1, 2])\\nplt.show()\\nx = matplotlib.get_backend()").error
assert shell.namespace["x"].lower() == "agg"
assert shell.namespace["files"] == [] and shell.run("%no_such_magic\\nx = 99").error and shell.namespace["x"] != 99
"""


def test_what_only_a_students_machine_has_stops_no_cell():
    done = subprocess.run([sys.executable, "-c", ELSEWHERE], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
