"""A job is values alone: what goes in and what comes out may cross to another machine."""

import pickle

import pytest
import two_notebooks

from grading.autograde import job
from grading.autograde.job import Job, Task
from grading.autograde.workers import Workers
from grading.books.seeds import Seeds
from grading.engine import sandbox
from grading.intake import reference
from grading.intake.submission import lessons, load, modules, staged
from grading.trials.asking import Asking


def sent(value):
    """As it is when it has been sent."""
    return pickle.loads(pickle.dumps(value))


def test_what_a_job_is_made_of_and_what_comes_of_it_can_be_sent(tmp_path):
    found = sandbox.probe()
    if found.level == "none":
        pytest.skip("no sandbox here")
    assignment, course = two_notebooks.released(tmp_path)
    with course.nbgrader() as nbgrader:
        read, beside = lessons(assignment, course, nbgrader["config"]), staged(assignment, course)
    complete = reference.complete(assignment, course, read, beside)
    task = Task({name: lesson.plan for name, lesson in read.items()}, complete.notebooks,
                modules(assignment, complete), Asking(assignment), 10.0)
    handed_in = load(assignment, course, "cem", read, beside)
    one = Job(modules(assignment, handed_in), Seeds(b"key"), handed_in.notebooks, handed_in.handed)
    assert sent(task).plans == task.plans and sent(one) == one
    with Workers(assignment, course, found) as workers, workers.take() as worker:
        done = sent(job.do(worker, sent(task), sent(one)))
        outcomes = {cell.id: cell.metadata.kit.outcome for notebook in done.notebooks.values()
                    for cell in notebook.cells if "kit" in cell.metadata}
        assert outcomes == {"first-loss-check": "failed", "second-half-check": "failed"}
        assert set(done.answers) == {"softmax_loss_vectorized"}
        assert one == sent(one) and "kit" not in str(one.notebooks)                 # it can be done once more
