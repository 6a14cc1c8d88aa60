"""The loaders of CIFAR-10: where they look, what they return, what it costs."""

import pickle
import shutil
import subprocess
import sys
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest

import cs231n.data_utils as data_utils
from cs231n.data_utils import (
    CLASSES,
    REAL,
    SYNTHETIC,
    SYNTHETIC_NOTE,
    TEST_FILE,
    TRAINING_FILES,
    DataNotFound,
    data_folder,
    get_CIFAR10_data,
    load_CIFAR10,
    load_CIFAR_batch,
    load_pickle,
    load_rows,
    steps,
)
from cs231n.synthetic import write_synthetic_cifar10


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """500 training images, 100 in each batch, and 60 test images."""
    return write_synthetic_cifar10(tmp_path_factory.mktemp("small") / "batches", num_train=500, num_test=60)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return write_synthetic_cifar10(tmp_path_factory.mktemp("large") / "batches", num_train=10000, num_test=500)


@pytest.fixture
def raw(folder):
    """The images and labels of data_batch_1 as they lie on disk."""
    with open(folder / "data_batch_1", "rb") as f, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        batch = pickle.load(f, encoding="latin1")
    return batch["data"].reshape(-1, 3, 32, 32), np.array(batch["labels"])


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A working directory three folders below `home`, which has a package but no data anywhere."""
    monkeypatch.delenv("CS231N_DATA", raising=False)
    work = tmp_path / "kit" / "assignments" / "assignment1"
    work.mkdir(parents=True)
    monkeypatch.chdir(work)
    monkeypatch.setattr(data_utils, "__file__", str(tmp_path / "installed" / "cs231n" / "data_utils.py"))
    return tmp_path


def place(folder, target, synthetic=False):
    shutil.copytree(folder, target)
    if not synthetic:
        (target / SYNTHETIC_NOTE).unlink()
    return target


# Files


def test_a_batch_is_images_with_channels_last(folder, raw):
    X, y = load_CIFAR_batch(folder / "data_batch_1")
    assert X.dtype == np.float32 and X.shape == (100, 32, 32, 3) and X.flags.c_contiguous
    assert y.dtype == np.int64 and np.array_equal(y, raw[1])
    assert np.array_equal(X[7, :, :, 2], raw[0][7, 2])


def test_load_CIFAR10_joins_the_batches_in_order(folder):
    X, y, X_test, y_test = load_CIFAR10(str(folder))
    assert X.shape == (500, 32, 32, 3) and X_test.shape == (60, 32, 32, 3)
    assert X.dtype == X_test.dtype == np.float32 and y.dtype == y_test.dtype == np.int64
    for i, name in enumerate(TRAINING_FILES):
        Xi, yi = load_CIFAR_batch(folder / name)
        assert np.array_equal(X[100 * i : 100 * (i + 1)], Xi) and np.array_equal(y[100 * i : 100 * (i + 1)], yi)


def test_load_pickle_reads_old_and_new_pickles_without_a_warning(folder, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with open(folder / "batches.meta", "rb") as f:
            assert load_pickle(f)["label_names"] == list(CLASSES)
        with open(folder / TEST_FILE, "rb") as f:
            assert load_pickle(f)["data"].shape == (60, 3072)
        (tmp_path / "new").write_bytes(pickle.dumps({"data": np.arange(3)}))
        with open(tmp_path / "new", "rb") as f:
            assert load_pickle(f)["data"].sum() == 3


@pytest.mark.parametrize(
    "content",
    [b"", b"not a pickle", pickle.dumps({"labels": [1]}), pickle.dumps({"data": np.zeros((2, 3072)), "labels": [1, 2]}),
     pickle.dumps({"data": np.zeros((2, 3072), np.uint8), "labels": [1]})],
    ids=["empty", "no pickle", "no images", "float images", "a label missing"],
)  # fmt: skip
def test_a_damaged_batch_is_named_with_its_remedy(tmp_path, content):
    (tmp_path / "data_batch_1").write_bytes(content)
    with pytest.raises(DataNotFound, match=r"data_batch_1 is not a readable .* run \./get_datasets\.sh again"):
        load_CIFAR_batch(tmp_path / "data_batch_1")


# Finding the folder


def test_without_data_the_error_names_the_script_that_gets_it(home):
    with pytest.raises(FileNotFoundError, match=r"\./get_datasets\.sh") as failure:
        data_folder()
    assert str(Path.cwd() / "data") in str(failure.value)
    assert "\n" not in str(failure.value)


def test_data_is_found_in_the_parents_and_named(home, folder, capsys):
    found = place(folder, home / "kit" / "data" / REAL)
    assert data_folder() == found
    assert capsys.readouterr().out == f"Data: CIFAR-10, in {found}\n"


def test_data_three_folders_up_is_not_looked_for(home, folder):
    place(folder, home / "data" / REAL)
    with pytest.raises(DataNotFound):
        data_folder()


def test_data_beside_the_package_is_found(home, folder):
    expected = place(folder, home / "installed" / "data" / REAL)
    assert data_folder() == expected


def test_real_data_further_up_wins_over_synthetic_data_at_hand(home, folder, capsys):
    synthetic = place(folder, Path("data") / SYNTHETIC, synthetic=True)
    assert data_folder() == synthetic.absolute()
    assert "synthetic stand-in" in capsys.readouterr().out
    expected = place(folder, home / "kit" / "data" / REAL)
    assert data_folder() == expected
    assert "synthetic" not in capsys.readouterr().out


def test_an_incomplete_data_set_is_passed_over(home, folder):
    (place(folder, home / "kit" / "data" / REAL) / "data_batch_3").unlink()
    expected = place(folder, home / "kit" / "data" / SYNTHETIC, synthetic=True)
    assert data_folder() == expected


def test_the_environment_names_the_batches_or_the_folder_around_them(home, folder, monkeypatch):
    place(folder, home / "kit" / "data" / REAL)
    elsewhere = place(folder, home / "elsewhere" / SYNTHETIC, synthetic=True)
    for value in (elsewhere, elsewhere.parent):
        monkeypatch.setenv("CS231N_DATA", str(value))
        assert data_folder() == elsewhere
    expected = place(folder, home / "elsewhere" / REAL)
    assert data_folder() == expected


def test_an_environment_without_data_is_an_error_and_not_passed_over(home, folder, monkeypatch):
    place(folder, home / "kit" / "data" / REAL)
    monkeypatch.setenv("CS231N_DATA", str(home / "nowhere"))
    with pytest.raises(DataNotFound, match="CS231N_DATA"):
        data_folder()


def test_an_empty_environment_variable_counts_as_unset(home, folder, monkeypatch):
    monkeypatch.setenv("CS231N_DATA", "")
    expected = place(folder, home / "kit" / "data" / REAL)
    assert data_folder() == expected


# Splits


def test_get_CIFAR10_data_returns_the_public_course_dict(folder, raw):
    data = get_CIFAR10_data(80, 30, 10, folder=folder)
    assert list(data) == ["X_train", "y_train", "X_val", "y_val", "X_test", "y_test"]
    for name, size in (("train", 80), ("val", 30), ("test", 10)):
        assert data["X_" + name].shape == (size, 3, 32, 32) and data["X_" + name].dtype == np.float32
        assert data["X_" + name].flags.c_contiguous
        assert data["y_" + name].shape == (size,) and data["y_" + name].dtype == np.int64
    mean = raw[0][:80].astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(data["X_train"], raw[0][:80] - mean, atol=1e-4)
    np.testing.assert_allclose(data["X_val"][:20], raw[0][80:] - mean, atol=1e-4)


def test_pixels_stay_as_they_are_without_mean_subtraction(folder, raw):
    data = get_CIFAR10_data(80, 20, 10, subtract_mean=False, dtype=np.float64, folder=folder)
    assert data["X_train"].dtype == np.float64
    assert np.array_equal(data["X_train"], raw[0][:80])


def test_a_folder_may_be_a_string_and_is_looked_for_where_none_is_given(folder, monkeypatch, capsys):
    monkeypatch.setenv("CS231N_DATA", str(folder))
    found, given = get_CIFAR10_data(50, 10, 10), get_CIFAR10_data(50, 10, 10, folder=str(folder))
    assert all(np.array_equal(found[key], given[key]) for key in given)
    assert capsys.readouterr().out.count("Data:") == 1


def test_load_rows_returns_a_row_per_image_and_a_development_split(folder, raw):
    data = load_rows(80, 30, 10, num_dev=20, subtract_mean=False, folder=folder)
    for name, size in (("train", 80), ("val", 30), ("test", 10), ("dev", 20)):
        assert data["X_" + name].shape == (size, 3072) and data["X_" + name].dtype == np.float32
        assert data["y_" + name].shape == (size,) and data["y_" + name].dtype == np.int64
    assert np.array_equal(data["X_train"][7].reshape(32, 32, 3), raw[0][7].transpose(1, 2, 0))
    assert data["classes"] == list(CLASSES) and data["mean_image"].shape == (3072,)

    data["X_dev"][:] = 0
    assert data["X_train"][:20].any(), "the development split is a copy"


def test_load_rows_subtracts_the_training_mean_and_appends_the_bias(folder):
    plain = load_rows(80, 30, 10, subtract_mean=False, dtype=np.float64, folder=folder)
    data = load_rows(80, 30, 10, bias=True, dtype=np.float64, folder=folder)
    for name in ("train", "val", "test", "dev"):
        X = data["X_" + name]
        assert X.shape[1] == 3073 and (X[:, 3072] == 1).all()
        np.testing.assert_allclose(X[:, :3072] + data["mean_image"], plain["X_" + name])
    np.testing.assert_allclose(data["X_train"][:, :3072].mean(axis=0), 0, atol=1e-9)


def test_the_two_doors_give_the_same_images(folder):
    images, rows = get_CIFAR10_data(80, 30, 10, folder=folder), load_rows(80, 30, 10, folder=folder)
    for name in ("train", "val", "test"):
        assert np.array_equal(images["X_" + name].transpose(0, 2, 3, 1).reshape(-1, 3072), rows["X_" + name])
        assert np.array_equal(images["y_" + name], rows["y_" + name])


@pytest.mark.parametrize(
    "asked, given",
    [
        ((49000, 1000, 1000), (400, 100, 60)),
        ((5000, 0, 500), (500, 0, 60)),
        ((450, 100, 60), (400, 100, 60)),
        ((450, 90, 60), (410, 90, 60)),
        ((100, 5000, 60), (100, 400, 60)),
        ((300, 200, 61), (300, 200, 60)),
    ],
    ids=str,
)
def test_fewer_images_than_asked_are_shared_out_and_said(folder, capsys, asked, given):
    data = load_rows(*asked, num_dev=500, folder=folder)
    assert tuple(len(data["X_" + name]) for name in ("train", "val", "test")) == given
    assert len(data["X_dev"]) == given[0] // 3                 # never the training split itself
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert all(str(number) in lines[0] for number in asked + given)


def test_nothing_is_said_where_there_is_enough(folder, capsys):
    load_rows(400, 100, 60, folder=folder)
    assert capsys.readouterr().out == ""


def test_only_the_batches_that_are_needed_are_read(folder, tmp_path):
    partial = place(folder, tmp_path / "partial")
    (partial / "data_batch_3").unlink()
    assert len(load_rows(150, 50, 10, folder=partial)["X_train"]) == 150
    with pytest.raises(DataNotFound, match="data_batch_3"):
        load_rows(150, 51, 10, folder=partial)


def test_an_empty_split_is_an_empty_array(folder):
    data = load_rows(0, 10, 0, num_dev=0, folder=folder)
    assert data["X_train"].shape == data["X_dev"].shape == data["X_test"].shape == (0, 3072)
    assert np.isfinite(data["X_val"]).all()


@pytest.mark.parametrize("load", [get_CIFAR10_data, load_rows, lambda *_, folder: load_CIFAR10(folder)],
                         ids=["get_CIFAR10_data", "load_rows", "load_CIFAR10"])  # fmt: skip
def test_memory_stays_near_the_size_of_the_images(large, load):
    as_float32 = 10500 * 3072 * 4
    tracemalloc.start()
    try:
        data = load(9000, 1000, 500, folder=large)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.75 * as_float32, f"{peak / as_float32:.2f} times the images"
    assert data is not None


# Steps


@pytest.mark.parametrize(
    "scale, expected", [(None, 1500), ("", 1500), ("1", 1500), ("0.01", 15), ("1e-9", 1), ("2", 3000)]
)
def test_steps_are_scaled_by_the_environment(monkeypatch, scale, expected):
    monkeypatch.delenv("CS231N_SCALE", raising=False)
    if scale is not None:
        monkeypatch.setenv("CS231N_SCALE", scale)
    found = steps(1500)
    assert found == expected and isinstance(found, int)


@pytest.mark.parametrize("scale", ["much", "nan", "inf"])
def test_a_scale_that_is_no_number_is_named(monkeypatch, scale):
    monkeypatch.setenv("CS231N_SCALE", scale)
    with pytest.raises(ValueError, match="CS231N_SCALE"):
        steps(10)


def test_the_module_needs_nothing_but_numpy():
    code = "import sys, cs231n.data_utils; sys.exit(bool({'matplotlib', 'scipy'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], cwd=Path(data_utils.__spec__.origin).parents[1], check=True)
