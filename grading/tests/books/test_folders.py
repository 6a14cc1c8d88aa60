"""Replacing a folder whole or not at all."""

import os

import pytest
from forked import die, fork

from grading.books.folders import set_aside, swap_in


def fill(folder, text):
    folder.mkdir()
    (folder / "text").write_text(text)
    return folder


def read(folder):
    return (folder / "text").read_text()


def test_a_folder_made_anew_replaces_the_former_one(tmp_path):
    folder = fill(tmp_path / "release", "former")
    with set_aside(folder):
        assert not folder.exists()
        fill(folder, "new")
    assert read(folder) == "new" and os.listdir(tmp_path) == ["release"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_the_former_folder_comes_back_when_the_block_fails(tmp_path, error):
    folder = fill(tmp_path / "release", "former")
    with pytest.raises(error), set_aside(folder):
        fill(folder, "half")
        raise error
    assert read(folder) == "former" and os.listdir(tmp_path) == ["release"]


def test_a_first_folder_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(ValueError), set_aside(tmp_path / "release"):
        fill(tmp_path / "release", "half")
        raise ValueError
    assert os.listdir(tmp_path) == []


def killed_half_way(folder):
    with set_aside(folder):
        fill(folder, "half")
        die()


def test_what_a_killed_run_set_aside_comes_back_before_the_next_one_can_lose_it(tmp_path):
    folder = fill(tmp_path / "release", "former")
    fork(killed_half_way, folder).join()
    assert read(folder) == "half"
    with pytest.raises(ValueError), set_aside(folder):
        raise ValueError
    assert read(folder) == "former" and os.listdir(tmp_path) == ["release"]


def test_a_finished_folder_is_swapped_in_and_a_failure_leaves_the_former_one(tmp_path):
    folder = fill(tmp_path / "release", "former")
    with pytest.raises(FileNotFoundError):
        swap_in(tmp_path / "missing", folder)
    assert read(folder) == "former"
    swap_in(fill(tmp_path / "new", "new"), folder)
    assert read(folder) == "new" and os.listdir(tmp_path) == ["release"]
