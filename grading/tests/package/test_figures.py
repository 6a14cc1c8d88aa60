"""What the lessons draw: each figure is told in words as well, and the difficulties are what their names say."""

import nbformat
import numpy as np
import pytest

from cs231n import difficulties
from grading.release import assignment as assignments


@pytest.mark.parametrize("notebook", ["knn", "svm", "softmax"])
def test_every_cell_with_a_figure_has_an_alternative_text_for_those_who_do_not_see_it(notebook):
    cells = nbformat.read(assignments.load("assignment1").notebook_path(notebook), as_version=4).cells
    silent = [cell.id for cell in cells if "plt.show()" in cell.source and len(cell.metadata.get("alt", "")) < 40]
    assert not silent


def test_plain_drawings_are_the_same_every_time_and_one_of_each_class():
    plain = difficulties.draw()
    assert plain.shape == (10, 32, 32, 3) and np.array_equal(plain, difficulties.draw())
    assert len(np.unique(plain.reshape(10, -1), axis=0)) == 10


@pytest.mark.parametrize("name", difficulties.NAMES)
def test_a_difficulty_changes_every_drawing_and_turns_out_differently_each_time(name):
    rng = np.random.default_rng(3)
    plain, first, second = difficulties.draw(), difficulties.draw(name, rng), difficulties.draw(name, rng)
    assert first.shape == plain.shape and first.min() >= 0 and first.max() <= 255
    for one, other in ((plain, first), (first, second)):
        assert np.all(np.abs(one - other).max(axis=(1, 2, 3)) > 5)


def test_an_unknown_difficulty_is_refused_with_the_names_of_those_there_are():
    with pytest.raises(ValueError, match="'fog', expected None or one of viewpoint, scale"):
        difficulties.draw("fog", np.random.default_rng())
