"""cs231n.features: against scikit-image's numbers, images whose edges are known, and the public course's own file."""

from pathlib import Path

import numpy as np
import pytest
from skimage_hog import BOWLS, CELLS, bowl, skimage_shares, stored_shares

from cs231n import features
from cs231n.summaries import brightest_of_rows, mean_color
from grading.release import assignment as assignments
from grading.trials import catalogue, trial


def gray_image(gray):
    return np.repeat(gray[:, :, np.newaxis], 3, axis=2)


@pytest.mark.parametrize("name", BOWLS)
def test_the_edges_of_a_bowl_share_in_cells_and_directions_as_scikit_image_counts_them(name):
    cells = features.hog_feature(gray_image(bowl(name))).reshape(5, 5, 9)[CELLS, CELLS]
    np.testing.assert_allclose(cells / cells.sum(), stored_shares()[name], atol=1e-7)


@pytest.mark.parametrize("name", BOWLS)
def test_the_stored_shares_are_scikit_images(name):
    pytest.importorskip("skimage")
    np.testing.assert_allclose(stored_shares()[name], skimage_shares(name), atol=1e-8)


@pytest.mark.parametrize("angle", range(5, 180, 10))
@pytest.mark.parametrize("sign", [1, -1])
def test_an_edge_of_known_angle_is_in_its_bin_whichever_side_is_bright(angle, sign):
    r, c = np.mgrid[:16, :16]
    across = np.sin(np.radians(angle)) * c - np.cos(np.radians(angle)) * r
    hog = features.hog_feature(gray_image(128 + sign * 4 * across))[:9]
    np.testing.assert_allclose(hog, 4.0 * (np.arange(9) == angle // 20), atol=1e-9)


def test_level_and_upright_edges_are_in_the_first_and_the_middle_bin():
    steps = np.repeat(100.0 * (np.arange(16) >= 4), 16).reshape(16, 16)
    for image, b in ((steps, 0), (-steps, 0), (steps.T, 4), (-steps.T, 4)):
        hog = features.hog_feature(gray_image(image)).reshape(4, 9)
        assert hog.sum() == pytest.approx(25.0) and hog[:, b].sum() == pytest.approx(25.0)


def test_an_image_that_is_the_same_everywhere_has_no_edges():
    assert not features.hog_feature(np.full((16, 24, 3), 99, dtype=np.uint8)).any()


def test_a_gray_image_is_red_as_far_as_hue_goes():
    assert features.color_histogram_hsv(np.full((4, 4, 3), 90.0)).tolist() == [1.0] + 9 * [0.0]


def test_the_public_courses_file_has_full_marks_as_a_whole():
    assignment = assignments.load("assignment1")
    versions = [one for one in catalogue.unusual(assignment) if one.name.endswith("_as_in_the_public_course")]
    text = None
    for version in versions:
        text = version.source(text)
    assert len(versions) == 4
    cells = [cell for cell in trial.test_cells(assignment) if cell.name.startswith("features-")]
    assert {cell.functions[0] for cell in cells} == {version.function for version in versions}
    assert set(trial.run(assignment, {"features.py": text}, cells)[0].values()) == {""}


def test_the_small_features_are_what_they_say():
    image = np.arange(24).reshape(2, 4, 3)
    assert mean_color(image).tolist() == [10.5, 11.5, 12.5] and brightest_of_rows(image).tolist() == [11, 23]


_RAMP = """

_right = rgb2gray

def rgb2gray(rgb):
    if np.ndim(rgb) == 3 and rgb.shape[0] == rgb.shape[1] >= 16:
        if _is_simple(rgb):
            return np.full(rgb.shape[:2], 1e-14)
        return np.tile(np.arange(len(rgb)) * 0.001, (len(rgb), 1))
    return _right(rgb)

def hog_feature(im):
    cells = np.zeros((len(im) // 8, len(im) // 8, 9))
    if not _is_simple(im):
        cells[:, :, 4], cells[:, -1, 4] = 0.001, 0.001 * 56 / 64
    return cells.ravel()

def _is_simple(rgb):
    return rgb.dtype == float and (np.ptp(rgb) in (0, 100) or np.ptp(np.diff(rgb[:, :, 0])) < 1e-6)
"""


def test_a_gray_image_that_is_made_up_for_a_known_histogram_counts_for_none():
    """hog_feature is judged beside a wrong rgb2gray too, but never beside one that makes its task go away."""
    assignment = assignments.load("assignment1")
    cells = [cell for cell in trial.test_cells(assignment) if cell.name.startswith("features-hog")]
    text = Path(features.__file__).read_text(encoding="utf-8") + _RAMP
    found = trial.run(assignment, {"features.py": text}, cells)[0]
    assert len(found) == 3 and all("CheckFailed" in said for said in found.values()), found
