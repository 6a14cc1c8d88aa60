"""Grids of images: everything where it belongs, and every brightness in range."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cs231n.vis_utils import vis_grid, vis_nn, visualize_grid


def images(n, height=3, width=2, channels=3):
    return np.random.default_rng(n).normal(size=(n, height, width, channels))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(n=st.integers(1, 17), padding=st.integers(0, 2), channels=st.sampled_from([1, 3]))
def test_every_image_is_in_the_grid_once_in_reading_order(n, padding, channels):
    Xs = images(n, channels=channels)
    grid = visualize_grid(Xs, ubound=1.0, padding=padding)
    columns = int(np.ceil(np.sqrt(n)))
    rows = int(np.ceil(n / columns))
    assert grid.shape == (rows * (3 + padding) - padding, columns * (2 + padding) - padding, channels)
    for i, image in enumerate(Xs):
        top, left = i // columns * (3 + padding), i % columns * (2 + padding)
        found = grid[top:top + 3, left:left + 2]
        np.testing.assert_allclose(found, (image - image.min()) / np.ptp(image), atol=1e-12)
        grid[top:top + 3, left:left + 2] = 0
    assert not grid.any()


def test_each_image_of_visualize_grid_has_the_full_range():
    Xs = images(4) * np.array([1.0, 10.0, 100.0, 1e-3])[:, None, None, None]
    grid = visualize_grid(Xs, padding=0)
    for part in (grid[:3, :2], grid[:3, 2:], grid[3:, :2], grid[3:, 2:]):
        assert (part.min(), part.max()) == (0.0, 255.0)


@pytest.mark.parametrize("value", [0, 7, 255])
def test_images_of_one_color_are_gray_without_a_warning(value):
    Xs = np.full((3, 2, 2, 3), value, dtype=np.uint8)
    with np.errstate(all="raise"):
        assert (visualize_grid(Xs, padding=0)[:2] == 127.5).all()
        assert (vis_grid(Xs) == 0.5).all()
        assert (vis_nn([Xs]) == 0.5).all()


def test_vis_grid_has_one_range_for_all_images():
    Xs = np.stack([np.zeros((2, 2, 1)), np.full((2, 2, 1), 4), np.full((2, 2, 1), 8)]).astype(np.uint8)
    grid = vis_grid(Xs)
    assert grid.shape == (6, 6, 1)
    assert (grid[:2, :2] == 0).all() and (grid[:2, 3:5] == 0.5).all() and (grid[3:5, :2] == 1).all()
    assert (grid[2] == 0).all() and (grid[:, 2] == 0).all()


def test_vis_nn_shows_rows_of_unequal_length():
    Xs = images(4)
    grid = vis_nn([Xs[:1], Xs[1:]])
    assert grid.shape == (2 * 4, 3 * 3, 3)
    assert (grid.min(), grid.max()) == (0.0, 1.0)
    background = grid[3, 0, 0]
    assert (grid[:3, 3:] == background).all()
    np.testing.assert_allclose(grid[4:7, 3:5], (Xs[2] - Xs.min()) / np.ptp(Xs))


@pytest.mark.parametrize("draw", [visualize_grid, vis_grid, lambda Xs: vis_nn([Xs])])
def test_the_images_are_not_modified(draw):
    Xs = images(5)
    Xs.flags.writeable = False
    draw(Xs)


@pytest.mark.parametrize("draw", [visualize_grid, vis_grid, lambda Xs: vis_nn([Xs])])
@pytest.mark.parametrize("shape", [(0, 4, 4, 3), (2, 48)])
def test_anything_but_one_or_more_images_is_refused(draw, shape):
    with pytest.raises(ValueError, match="expected one or more images"):
        draw(np.zeros(shape))
