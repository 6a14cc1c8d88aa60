"""Spoilt frames and notebooks for what reads them, and a candidate that sends such frames: for as long as one likes.

    python -m grading.tests.fuzz codec|notebook|channel [--seconds N] [--seed S] [--into FOLDER]

Each input is a real one, or one of `fuzzed/` that found something before, changed by chance; seed and number make it
again. It may be refused in words, or read; it may not raise anything else, take long, take memory out of all proportion
to its length, nor, from a candidate, pass a test or bring about a fault of ours. What does is written into a folder and
named, and the exit status is 1.
"""

import argparse
import inspect
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import nbformat
import numpy as np

FOUND_BEFORE = Path(__file__).parent / "fuzzed"
SECONDS, SECONDS_PER_MB = 2.0, 2.0              # of processor time that reading one input may take
MEMORY, MEMORY_PER_BYTE = 100 * 2**20, 60       # by which it may raise this process's peak
CELL_SECONDS = 2.0                              # for a cell beside a candidate that sends what it likes


class Finding(AssertionError):
    """What an input did that no input may do."""


def mutated(frame, others, chance):
    """A frame changed at some places: bits, lengths, parts doubled a thousand times, parts of others. Runs anywhere."""
    frame = bytearray(frame)
    for _ in range(chance.choice((1, 1, 2, 5))):
        at, how = chance.randrange(len(frame) + 1), chance.randrange(8)
        if how == 0 and at < len(frame):
            frame[at] ^= 1 << chance.randrange(8)
        elif how == 1 and at < len(frame):
            frame[at] = chance.choice((0, 1, 0x7F, 0x80, 0x90, 0xC1, 0xC4, 0xC7, 0xCB, 0xDD, 0xDF, 0xFF, 34, 91, 123))
        elif how == 2:
            del frame[at : at + chance.choice((1, 4, 1 << 20))]
        elif how == 3:
            other = chance.choice(others)
            start = chance.randrange(len(other) + 1)
            frame[at : at + chance.randrange(8)] = other[start : start + chance.randrange(40)]
        elif how == 4:
            frame[at:at] = frame[at : at + chance.randrange(1, 30)] * chance.choice((1, 2, 50, 1000))
        elif how == 5:
            number = chance.choice((0, 1, 2**16, 2**24, 2**31, 2**32 - 1))
            frame[at : at + 4] = number.to_bytes(4, chance.choice(("big", "little")))
        elif how == 6:
            frame[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9)))
        else:
            opening = chance.choice((b"\x91", b"\x81\x01", b"[", b'{"a":', b"\xdd\0\1\0\0", b'"', b"\\u"))
            frame[at:at] = opening * chance.choice((1, 60, 3000))
    return bytes(frame)


# What reads them

def codec_reader() -> tuple[list[bytes], Callable[[bytes], None]]:
    from grading.engine import codec

    values = [[1, "a", None, True, -2.5, b"xy"], {"W1": np.arange(6.0).reshape(2, 3), "b1": np.zeros(3, "f4")},
              (np.array(3), np.float32(2), np.longdouble(1) / 3, 1 + 2j, 2**100, {1, 2}),
              np.array(["x", {"y": [()]}], dtype=object), {(1, "a"): {"b": [np.zeros((0, 4), bool)]}},
              ["done", [print], [(0, np.ones(2))], "printed\n"], ["raised", [["ValueError"], "text", "lines"], [], ""],
              ["called", [(0.5, np.ones((3, 2), "D")), b"x" * 5000], [], ""]]

    def read(frame: bytes) -> None:
        try:
            value = codec.decode(frame, lambda told: told)
        except codec.CodecError:
            return
        codec.encode([value, value])             # it can be sent back, as a part of more

    return [codec.encode(value, lambda value: [0, "function", True]) for value in values], read


def notebook_reader() -> tuple[list[bytes], Callable[[bytes], None]]:
    from grading.desk import handed, outputs
    from grading.intake import restore
    from grading.release import assignment as assignments
    from grading.release.lesson import known_cells

    key = restore.key_notebook(assignments.ASSIGNMENTS / "assignment1" / "svm.ipynb")
    lesson, small = known_cells(key), json.loads(nbformat.writes(key))
    small["cells"] = [cell for cell in small["cells"] if "nbgrader" in cell["metadata"]][:8]
    code = next(cell for cell in small["cells"] if cell["cell_type"] == "code")
    code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["a\x1b[31mb\n"]},
                       {"output_type": "display_data", "metadata": {"image/png": {"width": 3}},
                        "data": {"text/html": "<b>x</b>", "text/plain": "x", "image/png": "iVBORw0KGgo="}},
                       {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]}]
    old = {"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "heading", "level": 2, "source": "x"},
                                                    {"cell_type": "code", "input": ["x = 1"], "outputs": []}]}]}
    seeds = [json.dumps(small).encode(), json.dumps(small, indent=1, ensure_ascii=False).encode("utf-16"),
             json.dumps(old).encode(), json.dumps(small | {"metadata": {"x": float("nan")}}).encode()]

    def read(content: bytes) -> None:
        cells, why = restore.parse(content)
        if cells is None:
            if not why.isprintable():
                raise Finding(f"the reason is no text: {why[:200]!r}")
            return
        made, _, shown, *_ = restore.lay_upon(cells, key, lesson)
        for cell in made.cells:
            cell.setdefault("execution_count", None)
        handed.show(made, shown)
        outputs.clean_notebook(made)
        for cell in made.cells:
            if cell.cell_type != "code":
                del cell["execution_count"]
        nbformat.validate(made)

    return seeds, read


def _watched(read: Callable[[bytes], None], content: bytes) -> None:
    """Raises Finding where reading this raises, takes long or takes much memory."""
    Path("/proc/self/clear_refs").write_text("5")                # the peak is told from here on
    began, peak = time.process_time(), _peak()
    try:
        read(content)
    except Finding:
        raise
    except BaseException as error:
        raise Finding(f"{type(error).__name__}: {error}") from error
    took, more = time.process_time() - began, _peak() - peak
    if took > SECONDS + SECONDS_PER_MB * len(content) / 1e6:
        raise Finding(f"{len(content):,} bytes took {took:.1f} s")
    if more > MEMORY + MEMORY_PER_BYTE * len(content):
        raise Finding(f"{len(content):,} bytes took {more // 2**20} MB")


def _peak() -> int:
    """Of this process's memory, in bytes."""
    return 1024 * int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])


# A candidate that sends what it likes

_MODULE = '''
import random, sys, threading
{mutated}
_chance, _kept = random.Random({seed}), [b"x"]
def _serving():
    frame = sys._current_frames()[threading.main_thread().ident]
    while frame.f_code.co_name != "serve":
        frame = frame.f_back
    return frame.f_locals
def _spoil(send):
    def sending(frame, *arguments):
        _kept.append(bytes(frame))
        del _kept[1:-20]
        if _chance.random() < {share}:
            frame = mutated(_chance.choice((frame, _chance.choice(_kept))), _kept, _chance)
        return send(frame, *arguments)
    return sending
for _name in ("cells", "calls"):
    _end = _serving()[_name]
    _end.send = _spoil(_end.send)
class Thing:
    def __init__(self):
        self.params = {{"W": __import__("numpy").zeros((2, 2))}}
    def loss(self, X):
        return X[0], {{"W": X}}
def double(x):
    return 0 * x
def change(table, known):
    table[...] = 0
    known["a"] = [table, "text", {{1: 2}}]
    return known
'''
_START = "from cs231n import mod\nthing, table, known = mod.Thing(), mod.double(1.5), {'a': 1}\nprint('x')\n"
_CHECKS = {
    "called": "import numpy as np\nfrom cs231n.mod import double\nx = np.random.randn(3)\n"
              "assert np.allclose(double(x), x + x)",
    "object": "from cs231n.mod import Thing\nimport numpy as np\nfor _ in range(5):\n    made = Thing()\n"
              "    made.params['W'] = np.random.randn(2, 2)\n    loss, grads = made.loss(np.ones(4))\n"
              "    assert np.allclose(made.params['W'], 0 * loss + 7)",
    "changed": "from cs231n.mod import change\nimport numpy as np\ntable, known = np.ones(4), {'a': 0}\n"
               "change(table, known)\nassert table.sum() == 9.5 and known['a'] == 'b'",
    "names": "assert table == 12.25 and known['a'] == 2 and thing.params['W'][0, 0] == 3.5",
}


class Candidates:
    """Submissions of a small lesson, none of which deserves a point, in a sandbox that stays."""

    def __init__(self, held: ExitStack):
        from conftest import check, notebook, solution
        from sandboxed import folders

        from grading.engine import plan
        from grading.engine.sandbox import probe
        from grading.engine.worker import Worker

        self._cells = [solution("start", _START), *(check(name, source) for name, source in _CHECKS.items())]
        self._notebook, self._plan = notebook, plan.make(notebook(*self._cells))
        where = Path(held.enter_context(tempfile.TemporaryDirectory()))
        self._worker = held.enter_context(Worker(probe(), *folders(where)))
        self._peak = _peak()

    def __call__(self, seed: int) -> None:
        """Raises Finding where this one passes a test, or is more than its own fault."""
        import copy

        from grading.engine import run
        from grading.engine.processes import Submission

        share = (0.02, 0.1, 0.5)[seed % 3]
        text = _MODULE.format(mutated=inspect.getsource(mutated), seed=seed, share=share)
        made = self._notebook(*copy.deepcopy(self._cells))
        began = time.monotonic()
        try:
            run.grade(self._worker, [(made, self._plan)],
                      Submission({"cs231n/mod.py": text.encode()}, {"cs231n.mod": text}), CELL_SECONDS)
        except BaseException as error:
            raise Finding(f"{type(error).__name__}: {error}") from error
        notes = {cell.id: cell.metadata[run.NOTE] for cell in made.cells if run.NOTE in cell.metadata}
        nbformat.validate(made)
        if wrong := {name: note for name, note in notes.items() if note["outcome"] in ("passed", "grader_error")}:
            raise Finding(f"outcomes that no submission may have: {wrong}")
        if len(notes) != len(_CHECKS):
            raise Finding(f"only {sorted(notes)} have an outcome")
        if time.monotonic() - began > (run.BUDGET + 20) * CELL_SECONDS:
            raise Finding(f"it held the worker for {time.monotonic() - began:.0f} s")
        before, self._peak = self._peak, _peak()
        if self._peak - before > MEMORY:
            raise Finding(f"the parent's memory grew by {(self._peak - before) // 2**20} MB")


# The run

READERS = {"codec": codec_reader, "notebook": notebook_reader}


def inputs(target: str, seeds: list[bytes], seed: int) -> Iterator[tuple[str, bytes]]:
    """What was found before, as it is; then changed ones, each by a number of its own."""
    known = sorted((FOUND_BEFORE / target).glob("*"))
    yield from ((path.name, path.read_bytes()) for path in known)
    pool, number = [*seeds, *(path.read_bytes() for path in known if path.stat().st_size < 100_000)], 0
    while True:
        chance = random.Random(f"{seed} {number}")
        yield f"{target}-{seed}-{number}", mutated(chance.choice(pool), pool, chance)
        number += 1


def read_all(target: str, seed: int, most: int = sys.maxsize, until: float = float("inf")) -> tuple[int, list]:
    """(how many inputs were read, [(name, input, Finding)]) of a run that ends at a number or a time."""
    seeds, read = READERS[target]()
    for one in seeds:
        read(one)                                # what is imported late takes memory, and nobody's fault
    done, found = 0, []
    for name, content in inputs(target, seeds, seed):
        if done >= most or time.monotonic() > until:
            return done, found
        try:
            _watched(read, content)
        except Finding as finding:
            found.append((name, content, finding))
        done += 1
    return done, found


def send_all(seed: int, most: int = sys.maxsize, until: float = float("inf")) -> tuple[int, list]:
    """The same of candidates; their input is their seed."""
    done, found = 0, []
    with ExitStack() as held:
        candidate = Candidates(held)
        while done < most and time.monotonic() < until:
            number = 1000 * seed + done
            try:
                candidate(number)
            except Finding as finding:
                found.append((f"channel-{number}", str(number).encode(), finding))
            done += 1
    return done, found


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Spoilt frames and notebooks for what reads them.")
    parser.add_argument("target", choices=(*READERS, "channel"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--into", type=Path, default=Path(tempfile.gettempdir()) / "kit-fuzzed")
    asked = parser.parse_args(words)
    until = time.monotonic() + asked.seconds
    done, found = send_all(asked.seed, until=until) if asked.target == "channel" else read_all(
        asked.target, asked.seed, until=until)
    print(f"{asked.target}, seed {asked.seed}: {done:,} inputs in {asked.seconds:g} s, {len(found)} found something; "
          f"this process's peak is {_peak() // 2**20} MB.")
    for name, content, finding in found[:50]:
        asked.into.mkdir(parents=True, exist_ok=True)
        (asked.into / name).write_bytes(content)
        print(f"  {asked.into / name}: {str(finding)[:300]}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main())
