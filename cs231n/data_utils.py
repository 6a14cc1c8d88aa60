"""CIFAR-10 for the notebooks: find the data set, read its files, hand out splits.

A folder of the data set holds CIFAR-10's "python version": data_batch_1 to data_batch_5 and test_batch, each a pickle
of N images as rows of 3072 uint8 (1024 red, then 1024 green, then 1024 blue values, row by row) and N labels.
./get_datasets.sh puts one into data/: the real one, or a synthetic stand-in in the same format (synthetic.py).

Two doors: `get_CIFAR10_data` returns images (N, 3, 32, 32), `load_rows` returns one row per image (N, 3072). Both keep
the images as uint8 (150 MB for all of them) until a split is made: as float64 they would take 1.2 GB.

Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
"""

import os
import pickle
import warnings
from pathlib import Path

import numpy as np

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
REAL, SYNTHETIC = "cifar-10-batches-py", "synthetic-cifar-10-batches-py"
SYNTHETIC_NOTE = "SYNTHETIC.txt"  # lies in a folder of synthetic data, whatever the folder is called
TRAINING_FILES = tuple(f"data_batch_{i}" for i in range(1, 6))
TEST_FILE = "test_batch"


class DataNotFound(FileNotFoundError):
    """No data set where it was looked for, or one that cannot be read."""


def steps(n):
    """Number of iterations to run where a lesson runs n.

    It is n, unless the environment variable CS231N_SCALE is set to a number: then n times that, rounded, at least 1.
    Grading sets it, so that every cell runs but none runs for long.
    """
    scale = os.environ.get("CS231N_SCALE")
    if not scale:
        return n
    try:
        return max(1, round(n * float(scale)))
    except (ValueError, OverflowError):
        raise ValueError(f"CS231N_SCALE is {scale!r}, expected a number such as 0.1: correct or unset it") from None


# Finding the data set


def data_folder():
    """Folder that holds the data set, a Path; prints which data it is.

    CS231N_DATA decides where it is set: a folder that holds the batches, or that contains one of the two data sets.
    Otherwise the real CIFAR-10 wins over the synthetic one; each is looked for in data/ of the working directory, of
    its parents up to two levels, and beside the package. Raises DataNotFound, a FileNotFoundError, where there is none.
    """
    chosen = os.environ.get("CS231N_DATA")
    if chosen:
        place = Path(chosen).expanduser()
        candidates = [place, place / REAL, place / SYNTHETIC]
        where = f"in {place}, which CS231N_DATA names"
        remedy = "correct or unset CS231N_DATA, or run ./get_datasets.sh"
    else:
        here = Path.cwd()
        places = [folder / "data" for folder in (here, *here.parents[:2], Path(__file__).resolve().parents[1])]
        candidates = [place / name for name in (REAL, SYNTHETIC) for place in places]
        where = "in " + ", ".join(dict.fromkeys(map(str, places)))
        remedy = ("run ./get_datasets.sh (or ./get_datasets.sh --synthetic for a stand-in without a download); where "
                  "there is no bash, python -m cs231n.get_data")

    for folder in candidates:
        if all((folder / name).is_file() for name in (*TRAINING_FILES, TEST_FILE)):
            synthetic = (folder / SYNTHETIC_NOTE).exists()
            print(f"Data: {'a synthetic stand-in for CIFAR-10' if synthetic else 'CIFAR-10'}, in {folder}")
            return folder
    raise DataNotFound(f"found no CIFAR-10 {where}, expected {', '.join(TRAINING_FILES)} and {TEST_FILE}: {remedy}")


# Reading its files


def load_pickle(f):
    """Object in the open binary file f, pickled by Python 2 or 3; Python 2's strings become str."""
    with warnings.catch_warnings():
        # numpy 2.4 warns that the real files, pickled in 2009, say align=0 where it expects align=False.
        warnings.filterwarnings("ignore", message=r"dtype\(\): align should be passed")
        return pickle.load(f, encoding="latin1")


def load_CIFAR_batch(filename):
    """One batch file. Returns (X, y): X float32 (N, 32, 32, 3) with values 0 to 255, y int64 (N,)."""
    images, y = _read_batch(filename)
    return images.transpose(0, 2, 3, 1).astype(np.float32, order="C"), y


def load_CIFAR10(ROOT):
    """All of the data set in the folder ROOT.

    Returns (Xtr, ytr, Xte, yte): Xtr float32 (50000, 32, 32, 3), 614 MB, with values 0 to 255; ytr int64 (50000,);
    Xte, yte the same for the 10000 test images. `get_CIFAR10_data` and `load_rows` need less memory for fewer images.
    """
    batches = [_read_batch(Path(ROOT) / name) for name in TRAINING_FILES]
    y = np.concatenate([labels for _, labels in batches])
    X = np.empty((len(y), 32, 32, 3), dtype=np.float32)
    end = len(y)
    while batches:  # from the back, so that each batch is freed as soon as it is converted
        images, _ = batches.pop()
        X[end - len(images) : end] = images.transpose(0, 2, 3, 1)
        end -= len(images)
    return X, y, *load_CIFAR_batch(Path(ROOT) / TEST_FILE)


def _read_batch(path):
    """(images, labels) of one batch file: uint8 (N, 3, 32, 32) as they lie on disk, and int64 (N,)."""
    try:
        with open(path, "rb") as f:
            batch = load_pickle(f)
        images = np.asarray(batch["data"]).reshape(-1, 3, 32, 32)
        labels = np.array(batch["labels"], dtype=np.int64)
        if images.dtype != np.uint8 or labels.shape != images.shape[:1]:
            raise ValueError(f"{images.dtype} images {images.shape} with labels {labels.shape}")
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise DataNotFound(
            f"{path} is not a readable CIFAR-10 batch ({type(error).__name__}: {error}), expected uint8 images "
            f"(N, 3072) and N labels: remove its folder and run ./get_datasets.sh again"
        ) from error
    return images, labels


# Splits


def get_CIFAR10_data(
    num_training=49000, num_validation=1000, num_test=1000, subtract_mean=True, *, dtype=np.float32, folder=None
):
    """Images for training, validation and test, channels first, as the convolution layers and the Solver expect them.

    The first num_training training images, the num_validation after them, the first num_test test images. Where the
    data set has fewer, the splits are smaller and one printed line says so.

    Inputs:
    - subtract_mean: subtract the mean image of the training split from all three
    - dtype: of the images; float32 halves the memory of float64
    - folder: the data set's folder; data_folder() where None

    Returns a dict of
    - X_train, X_val, X_test: images, dtype, shape (N, 3, 32, 32); pixel values 0 to 255 before subtraction
    - y_train, y_val, y_test: labels, int64, shape (N,), 0 <= y[i] < 10
    """
    splits = _splits(num_training, num_validation, num_test, folder)
    mean_image = _mean(splits["train"][0]) if subtract_mean else 0
    data = {}
    for name, (images, labels) in splits.items():
        data["X_" + name] = np.subtract(images, mean_image, dtype=dtype)
        data["y_" + name] = labels
    return data


def load_rows(
    num_training=49000,
    num_validation=1000,
    num_test=1000,
    num_dev=500,
    subtract_mean=True,
    bias=False,
    *,
    dtype=np.float32,
    folder=None,
):
    """The splits of get_CIFAR10_data with one row per image, as kNN and the linear classifiers expect them.

    Inputs as there, and
    - num_dev: size of the development split, a copy of the first training rows to try things on; a third of them at
      most, so that it is never the training split itself
    - bias: append a column of ones, so that D = 3073 instead of 3072 and W carries the bias

    Returns a dict of
    - X_train, X_val, X_test, X_dev: rows, dtype, shape (N, D); X[i, :3072].reshape(32, 32, 3) is the image
    - y_train, y_val, y_test, y_dev: labels, int64, shape (N,)
    - mean_image: mean of the training rows before subtraction, dtype, shape (3072,)
    - classes: the ten class names, a list of str; classes[y[i]] names image i
    """
    splits = _splits(num_training, num_validation, num_test, folder)
    mean_image = _mean(splits["train"][0]).transpose(1, 2, 0)  # (32, 32, 3)
    data = {}
    for name, (images, labels) in splits.items():
        X = np.ones((len(labels), 3072 + bool(bias)), dtype=dtype)
        rows = images.transpose(0, 2, 3, 1).reshape(len(labels), 3072)  # numpy is slow along an axis of three
        np.subtract(rows, mean_image.ravel() if subtract_mean else 0, out=X[:, :3072], dtype=dtype)
        data["X_" + name], data["y_" + name] = X, labels
    few = min(num_dev, len(data["y_train"]) // 3)
    data["X_dev"], data["y_dev"] = data["X_train"][:few].copy(), data["y_train"][:few].copy()
    data["mean_image"] = mean_image.ravel().astype(dtype)
    data["classes"] = list(CLASSES)
    return data


def _splits(num_training, num_validation, num_test, folder):
    """{"train", "val", "test": (images, labels)}: uint8 (N, 3, 32, 32) and int64 (N,), clipped to what is there."""
    folder = data_folder() if folder is None else Path(folder)
    asked = f"{num_training} training, {num_validation} validation and {num_test} test images"
    images, labels = _read_first(folder, TRAINING_FILES, num_training + num_validation)
    test_images, test_labels = _read_first(folder, (TEST_FILE,), num_test)

    there = len(labels)
    clipped = there < num_training + num_validation or len(test_labels) < num_test
    if there < num_training + num_validation:
        # Validation keeps its size up to a fifth of what is there, so that neither split becomes useless.
        num_validation = min(num_validation, max(there // 5, there - num_training))
        num_training = there - num_validation
    if clipped:
        print(f"Data: {asked} were asked for; {num_training}, {num_validation} and {len(test_labels)} are used, "
              "because the data set has no more.")
    end = num_training + num_validation
    return {
        "train": (images[:num_training], labels[:num_training]),
        "val": (images[num_training:end], labels[num_training:end].copy()),
        "test": (test_images, test_labels),
    }


def _read_first(folder, names, count):
    """The first `count` images and labels of the named batch files, or all of them; later files stay unread."""
    batches = []
    for name in names:
        batches.append(_read_batch(folder / name))
        if sum(len(labels) for _, labels in batches) >= count:
            break
    images, labels = zip(*batches)
    return np.concatenate(images)[:count], np.concatenate(labels)[:count]


def _mean(images):
    """Mean image, float64 (3, 32, 32); zeros for no images."""
    return images.mean(axis=0, dtype=np.float64) if len(images) else np.zeros(images.shape[1:])
