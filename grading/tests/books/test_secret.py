"""Seeds of hidden tests: the same for the same submission, others after any change, and none that can be known."""

import stat
import subprocess

import pytest

from grading import ROOT
from grading.books import seeds
from grading.books.course import Course
from grading.errors import KitError

CELL = """# Random numbers.
a = np.random.default_rng(5)
### BEGIN HIDDEN TESTS
b, c = np.random.default_rng(5), np.random.default_rng(seed = 7_001)
d, e = np.random.default_rng(number), np.random.RandomState(5)
np.random.seed(5)
### END HIDDEN TESTS"""
FILES = {"cs231n/layers.py": b"x = 1\n", "svm.ipynb": b"{}"}


def asked(secret=b"s" * 32, files=FILES, cell="svm-naive-loss"):
    return seeds.of_submission(secret, files).asked(cell, CELL)


def test_only_literal_seeds_in_what_is_hidden_are_others():
    before, after = CELL.splitlines(), asked().splitlines()
    assert [number for number in range(7) if before[number] != after[number]] == [3, 4, 5]
    assert "default_rng(number)" in after[4]
    assert after[0:3] == before[0:3]


def test_the_same_literal_in_one_cell_stays_the_same_seed():
    drawn = {word.rstrip("),") for word in asked().replace("(", " ").split() if word.rstrip("),").isdigit()}
    assert len(drawn - {"5"}) == 2 and max(map(int, drawn)) < 2**32


def test_the_same_submission_has_the_same_seeds_whatever_the_order_of_its_files():
    assert asked() == asked(files=dict(reversed(FILES.items())))


@pytest.mark.parametrize("changed", [
    {"secret": b"t" * 32},
    {"cell": "svm-naive-gradient"},
    {"files": FILES | {"cs231n/layers.py": b"x = 1  # one\n"}},
    {"files": FILES | {"svm.ipynb": b"{ }"}},
    {"files": {"svm.ipynb": b"{}"}},
    {"files": {"cs231n/layers.py": b"{}", "svm.ipynb": b"x = 1\n"}},
])
def test_another_secret_cell_or_content_has_other_seeds(changed):
    assert asked(**changed) != asked()


def test_the_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    course = Course(tmp_path / "course")
    first = seeds.secret(course)
    assert len(first) == seeds.LENGTH and seeds.secret(course) == first
    assert seeds.secret(Course(tmp_path / "other")) != first
    assert stat.S_IMODE(course.secret.stat().st_mode) == 0o600
    course.secret.chmod(0o644)
    assert seeds.secret(course) == first
    assert stat.S_IMODE(course.secret.stat().st_mode) == 0o600
    assert {path.name for path in course.root.iterdir()} == {".secret", "nbgrader_config.py"}


def test_git_ignores_the_secret():
    asked = ["git", "check-ignore", "-q", str(Course().secret)]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, check=False)
    if done.returncode == 128:
        pytest.skip("this is no git repository")
    assert done.returncode == 0


def test_a_secret_that_was_cut_off_is_said_and_not_used(tmp_path):
    course = Course(tmp_path)
    course.secret.write_bytes(b"short")
    with pytest.raises(KitError, match="does not hold the 32 bytes"):
        seeds.secret(course)


def test_what_draws_seeds_does_not_show_its_key():
    made = seeds.of_submission(b"s" * 32, FILES)
    assert repr(made) == "Seeds()"
