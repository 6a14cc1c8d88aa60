"""A worker's place for a run: what comes in and goes out, and that it closes."""

import pickle
import zlib

import msgspec
import nbformat
import pytest
from sandboxed import alive, folders

from grading.autograde import parcel
from grading.autograde.job import Done, Job, Task
from grading.autograde.parcel import Answer, Parcel
from grading.autograde.station import Station
from grading.books.seeds import Seeds
from grading.engine.cleaned import Output
from grading.engine.processes import Submission as Modules
from grading.engine.sandbox import Sandbox, probe
from grading.errors import KitError
from grading.release import assignment as assignments
from grading.trials.asking import Asking

NOTHING = Modules({}, {})


@pytest.fixture
def packed(tmp_path):
    given, data = folders(tmp_path)
    task = Task({}, {}, NOTHING, Asking(assignments.load("assignment1")), 5.0)
    return Parcel(task, parcel.files_below(given), parcel.files_below(data)).pack()


@pytest.fixture
def sandbox():
    found = probe()
    if found.level == "none":
        pytest.skip(f"no sandbox here: {found.why}")
    return found


def pids(station):
    return [pid for zygote in station._worker._zygotes for pid in zygote.processes()]


def test_a_job_is_done_and_what_goes_wrong_comes_back_in_words(packed, sandbox, tmp_path):
    station = Station(packed, sandbox, tmp_path)
    answer = parcel.unpack_answer(station.grade(parcel.pack(Job(NOTHING, Seeds(b"key"), {}, {}))))
    assert answer == Answer(Done({}, {}), sandbox.level)
    unknown = Job(NOTHING, Seeds(b"key"), {"gone": nbformat.v4.new_notebook()}, {"gone": {}})
    answer = parcel.unpack_answer(station.grade(parcel.pack(unknown)))
    assert answer.done is None and answer.error == "KeyError: 'gone'" and "Traceback" in answer.trace
    running = pids(station) if station._worker else []
    station.close()
    assert alive(running) == [] and station.grade(b"anything") == b""
    assert not list(tmp_path.glob("kit-station-*"))


def test_a_station_that_hears_nothing_closes_by_itself(packed, sandbox, tmp_path):
    """As after a parent that was killed."""
    station = Station(packed, sandbox, tmp_path, idle=3600)
    running = pids(station)
    assert alive(running)
    station._timer.cancel()
    station._idle = 0.01
    station._rest()
    station._timer.join(30)
    assert station.closed and alive(running) == []


def test_a_station_without_a_sandbox_is_not_opened_unless_the_instructor_said_so(packed):
    with pytest.raises(KitError, match="no sandbox works here: because"):
        Station(packed, Sandbox("none", "because"))


def test_jobs_and_answers_arrive_as_they_were_sent():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output(
        "display_data", {"application/json": {"a": [float("inf"), -1, None, "\N{SNOWMAN}"]}})])])
    job = Job(Modules({"a.py": b"\xff"}, {"a": "\ufffd"}), Seeds(b"key"), {"knn": notebook},
              {"knn": {"a": [Output("stream", text="1")], "b": None}}, {"x": {"outcome": "failed"}})
    assert parcel.unpack_job(parcel.pack(job)) == job
    answer = Answer(Done({"knn": notebook}, {"f": {"all": ["n", [2], False, b"\0" * 16]}}), "full")
    back = parcel.unpack_answer(parcel.pack(answer))
    assert back == answer and type(back.done.notebooks["knn"].cells[0]) is nbformat.NotebookNode


def test_what_comes_back_is_data_and_is_never_run():
    for forged in (pickle.dumps(Answer()), msgspec.msgpack.encode({"done": {"notebooks": [1], "answers": {}}})):
        with pytest.raises(msgspec.DecodeError):
            parcel.unpack_answer(zlib.compress(forged))
