import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.intake.finding import find

WANTED = ("knn.ipynb", "svm.ipynb", "softmax.ipynb", "cs231n/layers.py", "cs231n/classifiers/softmax.py")


def found(*names, wanted=WANTED, untouched=()):
    return find(names, wanted, lambda _, name: name not in untouched)


def test_what_is_laid_out_like_the_release_is_found_without_a_word():
    assert found(*WANTED, "cs231n/testing.py", "data/x.bin") == ({name: name for name in WANTED}, [])


@pytest.mark.parametrize("name", [
    "knn (1).ipynb", "knn(2).ipynb", "KNN.ipynb", "Knn.IPYNB", "knn-Copy1.ipynb", "Copy of knn.ipynb", "knn.ipynb.json",
    "knn.ipynb.txt", "knn-1.ipynb", "knn - Copy.ipynb", "knn_final.ipynb", "jane_doe_knn.ipynb", "knn.ipynb (1).txt",
    "my assignment/Knn (3).ipynb"])
def test_what_systems_and_people_do_to_names_is_seen_through(name):
    assert found("svm.ipynb", name).files == {"svm.ipynb": "svm.ipynb", "knn.ipynb": name}


@pytest.mark.parametrize("name", ["knn.html", "knn.pdf", "knnx.ipynb", "k.ipynb", "knn.py", "knn", "ipynb"])
def test_other_files_are_not_taken_for_the_assignments(name):
    assert found("svm.ipynb", name).files == {"svm.ipynb": "svm.ipynb"}


@pytest.mark.parametrize("name", ["a" + 300_000 * " " + "b.ipynb", "a" + 100_000 * " _-" + "(1)x.py",
                                  75_000 * "(1)" + ".py", "copy" + 150_000 * " -" + "x.py",
                                  "knn.ipynb" + 75_000 * ".txt"])
def test_a_name_takes_time_in_proportion_to_its_length(name):
    began = time.process_time()
    found(name)
    assert time.process_time() - began < 5              # of the square, ten minutes


def test_the_folder_with_most_of_the_assignment_counts_and_what_it_lacks_comes_from_elsewhere():
    names = [f"final/{name}" for name in WANTED[1:]] + ["knn.ipynb", "other/svm.ipynb"]
    files, remarks = found(*names)
    assert files == {name: f"final/{name}" for name in WANTED[1:]} | {"knn.ipynb": "knn.ipynb"}
    assert remarks == ["knn.ipynb was taken from knn.ipynb"]


def test_a_backup_is_passed_over_and_named():
    files, remarks = found(*[f"{top}/{name}" for name in WANTED for top in ("backup", "work")])
    assert files == {name: f"work/{name}" for name in WANTED}
    assert remarks == ["taken from work/, passed over: backup/"]


def test_of_two_copies_the_one_with_work_in_it_counts():
    files, remarks = found("knn.ipynb", "knn (1).ipynb", untouched=("knn.ipynb",))
    assert files == {"knn.ipynb": "knn (1).ipynb"}
    assert remarks == ["knn.ipynb was taken from knn (1).ipynb", "passed over beside what was taken: knn.ipynb"]


def test_modules_without_their_folders_are_found():
    assert found("knn.ipynb", "layers.py", "classifiers/softmax.py").files == {
        "knn.ipynb": "knn.ipynb", "cs231n/layers.py": "layers.py",
        "cs231n/classifiers/softmax.py": "classifiers/softmax.py"}


def test_a_package_in_capitals_is_the_package():
    assert found("CS231N/layers.py", "CS231n/classifiers/softmax.py").files == {
        "cs231n/layers.py": "CS231N/layers.py", "cs231n/classifiers/softmax.py": "CS231n/classifiers/softmax.py"}


folders = st.lists(st.sampled_from(["a", "my work", "assignment1", "CS231n course", "x.zip"]), max_size=4)
noise = st.lists(st.sampled_from(["README.md", "cs231n/testing.py", "notes.ipynb", "backup/knn.ipynb", "old/layers.py",
                                  "plot.png", "a/b/c.py"]), max_size=4)


@given(folders, noise, st.sets(st.sampled_from(WANTED), min_size=1), st.sampled_from(["", "cs231n", "knn"]))
def test_wherever_the_work_lies_all_of_it_is_found(above, others, there, recased):
    prefix = "".join(f"{folder}/" for folder in above)
    laid = {name: prefix + (name.replace(recased, recased.upper()) if recased else name) for name in there}
    beside = {f"{prefix}{name}" for name in others} - set(laid.values())
    files = found(*laid.values(), *beside).files
    assert {name: files.get(name) for name in there} == laid
