"""The glovebox: what hostile data may cost, and what comes of it where it costs more."""

import os
import signal
import subprocess
import sys
from contextlib import suppress

import msgspec
import pytest
from sandboxed import LEVELS, alive, box

from grading.desk.outputs import clean_outputs
from grading.engine.cleaned import BYTES, OUTPUTS, Cleaning, Room, left_out
from grading.engine.glovebox import LOSSES, Refused
from grading.engine.worker import Worker

PARENT_MB = 300
TAGS = "".join(f"<p><font color=c{number}>" for number in range(4_000))      # 80 KB; sanitizing them takes a minute
CLEAN = "grading.desk.handling.clean"


def frame(*outputs) -> bytes:
    """As a candidate sends them."""
    return msgspec.msgpack.encode({"outputs": outputs, "error": False, "exit": False})


def printed(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def shown(data):
    return {"output_type": "display_data", "data": data, "metadata": {}}


@pytest.fixture(scope="module", params=LEVELS)
def worker(request):
    with Worker(box(request.param)) as started:
        yield started


@pytest.fixture
def gloves(worker):
    worker.box.begin()
    return worker.box


def test_what_is_cleaned_there_is_what_would_be_cleaned_here(gloves):
    told = [printed("loss 2.3\n\x1b[31mred\x1b[0m /home/ann/knn.py"), shown({"text/html": "<b onclick=x()>7</b>"}),
            {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["a", "b"]},
            {"output_type": "execute_result", "data": {"text/plain": "7"}, "metadata": {}, "execution_count": 3}]
    outputs, said = Cleaning(gloves).clean(frame(*told), ("in /home/ann/x.py", "\x1b]0;t\x07", ""))
    assert [output.node() for output in outputs] == clean_outputs(told)
    assert said == ["in .../x.py", "", ""]


def test_what_takes_too_long_costs_its_own_cell_the_outputs(gloves):
    cleaning = Cleaning(gloves)
    outputs, said = cleaning.clean(frame(printed("before"), shown({"text/html": TAGS})), ("it \x1b[2J failed",))
    assert len(outputs) == 1 and "takes more" in outputs[0].text and "\x1b" not in said[0]
    assert cleaning.clean(frame(printed("after")))[0][0].text == "after"


@pytest.mark.parametrize("garbage", [b"", b"\xc1", msgspec.msgpack.encode(7), msgspec.msgpack.encode({"outputs": 7}),
                                     b"\x81\xa7outputs\xdd\xff\xff\xff\xff", b"\x91" * 10_000_000])
def test_what_is_no_frame_costs_its_own_cell_the_outputs(gloves, garbage):
    outputs, said = Cleaning(gloves).clean(garbage, ("why",))
    assert [output.output_type for output in outputs] in (["stream"], []) and said == ["why"]


def test_what_one_submission_has_used_up_is_there_for_the_next(gloves):
    for _ in range(LOSSES):
        with pytest.raises(Refused, match="more than 0.1 s"):
            gloves.do(CLEAN, b"[]", [frame(shown({"text/html": TAGS}))], seconds=0.1, most=1000)
    with pytest.raises(Refused, match="what came before"):
        gloves.do(CLEAN, b"[]", [frame(printed("x"))], seconds=5, most=1000)
    gloves.begin()
    assert b"x" in gloves.do(CLEAN, b"[]", [frame(printed("x"))], seconds=5, most=1000)


def test_what_would_come_back_too_large_does_not_come(gloves):
    with pytest.raises(Refused, match="too large"):
        gloves.do(CLEAN, b"[]", [frame(printed("x" * 2_000))], seconds=5, most=1_000)


def test_nothing_is_left_of_gloves_that_were_taken_off(worker):
    worker.box.begin()
    Cleaning(worker.box).clean(frame(printed("x")))
    before = worker.processes()
    worker.box.begin()
    assert len(alive(before)) == len(worker.processes()) < len(before)


def test_gloves_that_are_lost_with_their_sandbox_are_made_anew(worker):
    worker.box.begin()
    cleaning = Cleaning(worker.box)
    assert cleaning.clean(frame(printed("before")))[0][0].text == "before"
    for pid in worker.processes():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    worker.box.begin()
    assert cleaning.clean(frame(printed("after")))[0][0].text == "after"


def test_a_notebook_and_a_submission_hold_only_so_much():
    of_all = Room(3 * BYTES // 2, OUTPUTS)
    first, second = Room(of=of_all), Room(of=of_all)
    large, small = left_out("x" * (BYTES - 500)), left_out("x" * 400)
    assert first.takes([large]) and not first.takes([small])
    assert not second.takes([large]) and second.takes([small])
    assert not Room().takes([left_out("")] * (OUTPUTS + 1))
    assert not Room().takes([left_out("\U0001f600" + "x" * (BYTES // 4))])


# The process that judges

OUTSIDE = """
import re, sys
import msgspec
from grading.engine.cleaned import Cleaning
from grading.engine.sandbox import probe
from grading.engine.worker import Worker

with Worker(probe()) as worker:
    worker.box.begin()
    cleaning, kept = Cleaning(worker.box), 0
    for frame in FRAMES():
        kept += sum(output.size + 100 for output in cleaning.clean(frame)[0])
print(kept, int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) // 1024)
"""
NOTHINGS = "def FRAMES(): yield b'\\x81\\xa7outputs\\xdd\\x01\\x00\\x00\\x00' + b'\\x90' * 2**24\n"
CRUMBS = """def FRAMES():
    one = [{"output_type": "stream", "name": name, "text": "x"} for name in ("stdout", "stderr")] * 995
    for _ in range(60):
        yield msgspec.msgpack.encode({"outputs": one})
"""


@pytest.mark.parametrize("frames", [NOTHINGS, CRUMBS], ids=["nothings by the million", "crumbs by the thousand"])
def test_the_process_that_judges_stays_small(frames):
    done = subprocess.run([sys.executable, "-c", frames + OUTSIDE], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    kept, megabytes = map(int, done.stdout.split())
    assert megabytes < PARENT_MB and kept < 2_000_000
