"""The stand-in for CIFAR-10: its bytes, its file format, and how hard it is."""

import hashlib
import os
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest

from cs231n.data_utils import CLASSES, SYNTHETIC_NOTE, TEST_FILE, TRAINING_FILES
from cs231n.synthetic import draw, write_synthetic_cifar10
from grading import ROOT


def loaded(path, encoding="latin1"):
    with open(path, "rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy 2.4.0 to 2.4.4 warn about the real files, and so about these
        return pickle.load(file, encoding=encoding)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_synthetic_cifar10(tmp_path_factory.mktemp("data") / "small", num_train=103, num_test=20)


def test_the_folder_holds_the_files_of_cifar10_and_a_note(folder):
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted([*TRAINING_FILES, TEST_FILE, "batches.meta", SYNTHETIC_NOTE])
    assert [path.name for path in folder.parent.iterdir()] == ["small"]


@pytest.mark.parametrize("name, size", list(zip((*TRAINING_FILES, TEST_FILE), (21, 21, 21, 20, 20, 20))))
def test_a_batch_loads_as_the_real_ones_do(folder, name, size):
    batch = loaded(folder / name)
    assert list(batch) == ["batch_label", "labels", "data", "filenames"]
    assert type(batch["batch_label"]) is str
    assert batch["data"].shape == (size, 3072) and batch["data"].dtype == np.uint8
    assert all(type(label) is int and 0 <= label < 10 for label in batch["labels"])
    assert len(batch["labels"]) == len(batch["filenames"]) == size
    assert all(f.startswith(CLASSES[c]) for f, c in zip(batch["filenames"], batch["labels"]))


def test_keys_are_byte_strings_as_python_2_wrote_them(folder):
    batch = loaded(folder / "data_batch_1", encoding="bytes")
    assert set(batch) == {b"batch_label", b"labels", b"data", b"filenames"}
    assert batch[b"batch_label"] == b"training batch 1 of 5"


def test_the_meta_file_names_the_classes(folder):
    meta = loaded(folder / "batches.meta")
    assert meta == {"num_cases_per_batch": 21, "label_names": list(CLASSES), "num_vis": 3072}


def test_classes_are_equally_frequent_in_every_batch(folder):
    for name in (*TRAINING_FILES, TEST_FILE):
        counts = np.bincount(loaded(folder / name)["labels"], minlength=10)
        assert counts.max() - counts.min() <= 1


def test_the_bytes_are_the_same_with_every_numpy(tmp_path):
    # Also found with numpy 1.26, 2.4 and 2.5 on Python 3.11 to 3.13. A deliberate change of the drawings changes it.
    folder = write_synthetic_cifar10(tmp_path / "data", num_train=600, num_test=20)
    digest = hashlib.sha256()
    for name in (*TRAINING_FILES, TEST_FILE, "batches.meta"):
        digest.update((folder / name).read_bytes())
    assert digest.hexdigest() == "b3eecf5d7eeef3a7b9a813d87f3d394a14ada5b9dd431ede5d1e47dfca5d5fb8"


def test_another_seed_gives_other_images(tmp_path, folder):
    other = write_synthetic_cifar10(tmp_path / "other", num_train=103, num_test=20, seed=7)
    assert (other / TEST_FILE).read_bytes() != (folder / TEST_FILE).read_bytes()


def test_images_use_the_range_of_a_byte_and_differ():
    images, labels = draw(600, np.random.default_rng(3))
    assert images.shape == (600, 3, 32, 32) and images.dtype == np.uint8 and labels.shape == (600,)
    assert images.min() == 0 and images.max() == 255
    assert 60 < images.mean() < 180
    assert len(np.unique(images.reshape(600, -1), axis=0)) == 600


def nearest_neighbor_accuracy(X, y, X_test, y_test):
    squares = (X**2).sum(axis=1) - 2 * X_test @ X.T
    return np.mean(y[squares.argmin(axis=1)] == y_test)


def ridge_accuracy(X, y, X_test, y_test):
    """A linear classifier in closed form: ridge regression on the one-hot labels."""
    mean = X.mean(axis=0)
    X, X_test = X - mean, X_test - mean
    W = np.linalg.solve(X.T @ X + 3e6 * np.eye(3072, dtype=X.dtype), X.T @ np.eye(10, dtype=X.dtype)[y])
    return np.mean((X_test @ W).argmax(axis=1) == y_test)


def test_it_is_neither_trivial_nor_hopeless():
    rng = np.random.default_rng(5)
    (X, y), (X_test, y_test) = draw(3000, rng), draw(1000, rng)
    X, X_test = X.reshape(-1, 3072).astype(np.float32), X_test.reshape(-1, 3072).astype(np.float32)
    assert 0.2 < nearest_neighbor_accuracy(X, y, X_test, y_test) < 0.34
    assert 0.3 < ridge_accuracy(X, y, X_test, y_test) < 0.5


def test_an_existing_folder_is_not_touched(folder):
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    with pytest.raises(FileExistsError, match="already there"):
        write_synthetic_cifar10(folder, num_train=5, num_test=1)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


@pytest.mark.parametrize("sizes", [dict(num_train=4), dict(num_test=0), dict(seed=-1)], ids=str)
def test_impossible_sizes_are_refused(tmp_path, sizes):
    with pytest.raises(ValueError, match="expected at least"):
        write_synthetic_cifar10(tmp_path / "data", **{"num_train": 5, "num_test": 1} | sizes)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_nothing_behind(tmp_path):
    with pytest.raises(TypeError):
        write_synthetic_cifar10(tmp_path / "data", num_train=10, num_test=2.5)
    assert list(tmp_path.iterdir()) == []


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "cs231n.synthetic", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_command_writes_what_the_function_writes(tmp_path, folder):
    done = command(tmp_path / "new" / "data", "--train", 103, "--test", 20)
    assert done.returncode == 0, done.stderr
    assert "synthetic stand-in" in done.stdout
    for path in folder.iterdir():
        assert (tmp_path / "new" / "data" / path.name).read_bytes() == path.read_bytes()


def test_the_command_says_what_is_wrong(tmp_path, folder):
    done = command(folder)
    assert done.returncode == 1 and "already there" in done.stderr and "Traceback" not in done.stderr
    done = command(tmp_path / "data", "--train", 2)
    assert done.returncode == 2 and "expected at least" in done.stderr
