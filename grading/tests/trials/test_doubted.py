"""A mistake that is known by nothing but where it raises is named only where the function raises for its reason."""

import pytest

from grading.engine import causes
from grading.release import assignment as assignments
from grading.trials import trial, variants
from grading.trials.catalogue import Entry
from grading.trials.naming import Names

ONE_ROW = "The whole mini-batch is laid out as one row; each example becomes a row of its own."


@pytest.fixture(scope="module")
def said():
    """What stands in affine_forward -> the sentences on it, where it has lost a test."""
    assignment = assignments.load("assignment1")
    names = Names(assignment)

    def said(body):
        entry = Entry("another", "layers.py", "affine_forward", body=body, later=assignment.later)
        asked = {"": (trial.entry_source(entry), [("layers.py", "affine_forward")])}
        graded = {"two_layer_net-affine_forward-check": {"outcome": "failed", "message": ""}}
        return [one["says"] for one in names.name(graded, variants.answers(assignment, asked)[""])]

    return said


def test_a_function_that_raises_for_the_mistakes_own_reason_goes_by_its_name(said):
    assert said("rows = x.reshape(1, -1)\nreturn rows.dot(w) + b, (x, w, b)") == [ONE_ROW]


def test_a_function_that_raises_there_for_another_reason_is_told_that_one(said):
    body = "N = x.shape[0]\nreturn x.reshape(N, np.prod(x.shape)).dot(w) + b, (x, w, b)"
    assert said(body) == [causes.cause("reshape").says]
