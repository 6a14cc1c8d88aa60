"""Attacks on the examiner by one who knows how the two sides talk: they cost the submission, and the examiner goes on.

What is forged here goes where the answer to a test's call is waited for.
"""

import pytest
from conftest import check, notebook, solution
from sandboxed import strongest

from grading.engine import plan, run
from grading.engine.processes import Submission
from grading.engine.raised import MOST_MESSAGE
from grading.engine.run import NOTE

FORGE = """
import os, stat, time
import msgspec, numpy as np
def is_socket(number):
    try: return stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError: return False
def say(tree, *buffers):
    header = msgspec.msgpack.encode([tree, list(map(len, buffers))])
    send(len(header).to_bytes(4, "little") + header + b"".join(buffers))
def send(frame):
    frame = len(frame).to_bytes(8, "little") + frame
    peer = [number for number in range(3, 64) if is_socket(number)][-1]
    os.set_blocking(peer, True)
    while frame: frame = frame[os.write(peer, frame):]
    os._exit(0)
def answer(value, printed=""):
    say(["l", "done", ["l", value], ["l"], printed])
def exception(kinds, message, lines):
    say(["l", "raised", ["l", kinds, message, lines], ["l"], ""])
def f():
    {}
"""
FORGED = {
    "message": "exception(['l', 'ValueError'], 'x' * 12_000_000, 'y')",
    "lines": "exception(['l', 'ValueError'], 'x', 'y' * 12_000_000)",
    "kinds": "exception(['l', *['K%d' % n for n in range(300_000)]], 'x', 'y')",
    "kind": "exception(['l', 'K' * 12_000_000], 'x', 'y')",
    "message_of_lists": "exception(['l', 'E'], ['l', *[['l']] * 100_000], 'y')",
    "printed": "answer(1, 'p' * 15_000_000)",
    "empty_lists": "answer(['l', *[['l']] * 300_000])",
    "rows_of_nothing": "answer(['a', 'd', [2**39, 0], 0])",
    "int": "answer(['i', '9' * 10_000_000])",
    "depth": "say(None, b'\\x91' * 15_000_000)",
    "colliding_keys": "answer(['d', *[part for n in range(4999) for part in (n * (2**61 - 1) % 2**63, 1)]])",
    "colliding_map": "import itertools\n    of_one_hash = [(n * (2**61 - 1)).to_bytes(8, 'big') for n in range(8)]\n"
                     "    keys = [b''.join([b'\\x95', *(b'\\xcf' + part for part in parts), b'\\1'])"
                     " for parts in itertools.product(of_one_hash, repeat=5)]\n"
                     "    header = b'\\x92\\xdf' + len(keys).to_bytes(4, 'big') + b''.join(keys) + b'\\x90'\n"
                     "    send(len(header).to_bytes(4, 'little') + header)",
    "changed": "say(['l', 'done', ['l', 1], ['l', *[['l', 7, 1]] * 100_000], ''])",
}


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    with strongest(tmp_path_factory.mktemp("kit")) as made:
        yield made


@pytest.fixture
def graded(worker):
    def grade(*cells, limit=10.0, budget=None, look=None):
        made = notebook(*cells)
        planned = plan.make(notebook(*(one for one in cells if "nbgrader" in one.metadata)))
        answers = run.grade(worker, [(made, planned)], Submission({}, {}), limit, budget=budget, look=look)
        return {one.id: one.metadata[NOTE] for one in made.cells if NOTE in one.metadata}, answers

    return grade


@pytest.mark.parametrize("attack", FORGED)
def test_what_is_forged_costs_its_own_test_and_fits_into_a_result(graded, attack):
    notes, _ = graded(solution("a", "x = 1"), solution("f", FORGE.format(FORGED[attack])),
                      check("t", "assert f() == 'what nobody answers'"), check("finds_out", "assert x == 1"),
                      check("after", "assert x == 1"))
    assert notes["t"]["outcome"] in ("error", "failed") and "lost" not in notes["t"]
    assert len(notes["t"]["message"]) <= MOST_MESSAGE
    assert notes["after"]["outcome"] == "passed"


def test_an_answer_that_comes_byte_by_byte_is_late(graded):
    slow = FORGE.format("answer(1)").replace("while frame: frame = frame[os.write(peer, frame):]",
                                             "for byte in frame: os.write(peer, bytes([byte])); time.sleep(0.2)")
    notes, _ = graded(solution("f", slow), check("t", "f()"), solution("a", "x = 1"), check("after", "assert x == 1"),
                      limit=1.0)
    assert notes["t"]["outcome"] == "timed_out" and notes["after"]["outcome"] == "passed"


def test_names_that_the_candidate_chooses_are_cut(graded):
    """They would be kept for as long as the submission is graded, and go to every new examiner."""
    params = ("import os\nclass Parameter:\n    def __getattr__(self, name): os._exit(1)\nclass Net: pass\n"
              "net = Net()\nnet.params = {'k' * 8_000_000: Parameter()}\ndef f(): return net")
    notes, _ = graded(solution("a", params), check("t", "for key in f().params: f().params[key].value"),
                      check("after", "pass"))
    assert notes["t"]["outcome"] == "error" and len(notes["t"]["message"]) < 1000
    assert notes["after"]["outcome"] == "passed"


def test_a_message_that_a_test_quotes_is_cut(graded):
    notes, _ = graded(solution("a", "def f(): return 'x' * 9_000_000"),
                      *[check(f"t{n}", "assert f() == 'y', f()") for n in range(3)], check("after", "pass"))
    assert {len(notes[f"t{n}"]["message"]) for n in range(3)} == {4000}
    assert notes["after"]["outcome"] == "passed"


def test_bits_that_stand_for_no_number_are_none_when_they_arrive(graded):
    """Such a long double is finite, and no comparison with it comes out true: nothing is too far from it."""
    notes, _ = graded(
        solution("a", "import numpy as np\ndef f():\n    found = np.ones(2, np.longdouble)\n"
                      "    if found.itemsize == 16: found.view(np.uint8)[7] = 1\n    else: found[0] = np.nan\n"
                      "    return found\ndef g(): return np.frombuffer(b'\\2\\1', bool)"),
        check("finite", "import numpy as np\nassert np.isfinite(f()).all()"),
        check("truth", "import numpy as np\nassert g().view(np.uint8).tolist() == [1, 1]"))
    assert {name: note["outcome"] for name, note in notes.items()} == {"finite": "failed", "truth": "passed"}
